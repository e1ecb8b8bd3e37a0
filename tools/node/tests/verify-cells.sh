# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# Cells of verify-lib.sh: one way for a machine to go, and what must be said of
# it. To be sourced.
#
# cell NAME OPTIONS PLAN HOST TRUTH VERIFY LAST: QEMU's options and the guest's
# plan; what the machine's owner does; what must really happen; when/cause/proved
# as `verify --verdict' must have it ("-": no verify ran); cause as `last-reboot'
# must. Each answer was written down before the cell's first run, from what the
# drivers leave behind (tools/node/dogs.c).

ESB='-device i6300esb'
BEACON='args="--beacon serial:/dev/ttyS2" told="--beacon serial:/dev/ttyS2"'
LONG='args="--timeout 120 --msecs 300000"'
ERST='-object memory-backend-file,id=erst,size=64K,share=on,mem-path=ERST -device acpi-erst,memdev=erst'
SPARE='-object memory-backend-file,id=spare,share=on,mem-path=SPARE,size=16M,align=2M
	-device nvdimm,id=nvdimm2,memdev=spare'
# shellcheck disable=SC2016 # the dollar is the kernel's
RAMOOPS='memmap=1M$0xb000000 ramoops.mem_address=0xb000000 ramoops.mem_size=0x100000'
CT='cannot tell'

cells() {
	# --- the watchdog fires in a freeze, by its action
	cell i6300esb-reset "$ESB" "modules=i6300esb acts=verify $BEACON" '' \
		'watchdog reset' in-fault/watchdog/yes watchdog
	cell i6300esb-pause "$ESB -action watchdog=pause" 'modules=i6300esb acts=verify' operator \
		'watchdog pause' in-fault/watchdog/yes watchdog
	cell i6300esb-poweroff "$ESB -action watchdog=poweroff" 'modules=i6300esb acts=verify' '' \
		'watchdog poweroff' "$CT/$CT/$CT" "$CT"
	cell i6300esb-panics "$ESB $ERST -action watchdog=inject-nmi" \
		'modules=i6300esb acts=verify nmi_panics=1' '' \
		'watchdog inject-nmi' in-fault/panic/yes "$CT"
	cell ib700-reset '-device ib700' 'modules=ib700wdt acts=verify' '' \
		'watchdog reset' "in-fault/$CT/$CT" "$CT"
	cell ib700-way-known '-device ib700' 'modules=ib700wdt acts="reboot verify"' '' \
		'watchdog reset' "in-fault/$CT/yes" "$CT"
	cell itco-way-known '-M q35 -global ICH9-LPC.noreboot=false' \
		'modules="i2c-i801 lpc_ich iTCO_wdt" acts="reboot verify"' '' \
		'watchdog reset' "in-fault/$CT/yes" "$CT"
	cell softdog '' 'modules=softdog acts=verify' '' \
		softdog "$CT/$CT/$CT" "$CT"
	cell softdog-pstore "$ERST" 'modules=softdog acts=verify dump_always=1' '' \
		softdog at-thaw/watchdog/no watchdog
	# (what always_kmsg_dump does not do for ramoops: fs/pstore/ram.c, linux 6.1)
	CMDLINE="$RAMOOPS ramoops.max_reason=4" cell softdog-ramoops '' \
		'modules="ramoops softdog" acts=verify' '' \
		softdog at-thaw/watchdog/no watchdog
	CMDLINE=$RAMOOPS cell softdog-ramoops-oops '' \
		'modules="ramoops softdog" acts=verify dump_always=1' '' \
		softdog "$CT/$CT/$CT" "$CT"

	# --- it does not
	cell i6300esb-dud "$ESB -action watchdog=none" 'modules=i6300esb acts=verify after=tell' '' \
		dud never/nothing/no -
	cell itco-dud '-M q35 -global ICH9-LPC.noreboot=true' \
		'modules="i2c-i801 lpc_ich iTCO_wdt" acts=verify after=tell' '' \
		nothing never/nothing/no -
	cell i6300esb-dud-cut "$ESB -action watchdog=none" 'modules=i6300esb acts=verify after=cut' '' \
		'dud, then cut' "after-thaw/$CT/no" "$CT"
	# It ran out in the freeze, and somebody cut the power a while later
	cell i6300esb-dud-cut-frozen "$ESB -action watchdog=none" \
		'modules=i6300esb acts=verify args="--timeout 20 --msecs 120000"' cut-dud \
		'dud, then cut' "in-fault/$CT/$CT" "$CT"
	cell i6300esb-dud-starved "$ESB -action watchdog=none" \
		'modules=i6300esb acts=verify-cut-late args="--fault no-keepalive"' '' \
		'dud, then cut' "in-fault/$CT/no" "$CT"

	# --- something else is faster
	# (long enough for a hand on a busy host)
	cell i6300esb-cut-frozen "$ESB" "modules=i6300esb acts=verify $LONG" cut-frozen \
		cut "in-fault/$CT/$CT" "$CT"
	cell softdog-cut-frozen '' "modules=softdog acts=verify $LONG" cut-frozen \
		cut "in-fault/$CT/$CT" "$CT"
	cell cut-before "$ESB" 'modules=i6300esb acts=verify-while-cut' '' \
		cut "before-fault/$CT/$CT" "$CT"
	cell reboot-before "$ESB" 'modules=i6300esb acts=verify-while-reboot' '' \
		'guest reset' "before-fault/reboot/$CT" reboot
	cell panic-before "$ESB $ERST" 'modules=i6300esb acts=verify-while-panic' '' \
		panic "before-fault/panic/$CT" panic

	# --- keepalives stop and the machine goes on
	cell i6300esb-starved "$ESB" 'modules=i6300esb acts=verify args="--fault no-keepalive"' '' \
		'watchdog reset' in-fault/watchdog/yes watchdog
	cell softdog-starved "$ERST" \
		'modules=softdog acts=verify args="--fault no-keepalive" dump_always=1' '' \
		softdog in-fault/watchdog/yes watchdog

	# --- the run ends in its fault: its second process thaws /mnt, and disarms in time
	cell dead-man-killed "$ESB $SPARE -action watchdog=none" \
		'modules=i6300esb acts=dead-man-KILL args="--fault no-keepalive --fsfreeze /mnt" after=tell' \
		'' nothing "$CT/$CT/$CT" -
	cell dead-man-hung "$ESB $SPARE -action watchdog=none" \
		'modules=i6300esb acts=dead-man-STOP args="--fault no-keepalive --fsfreeze /mnt" after=tell' \
		'' dud "$CT/$CT/$CT" -

	# --- no test ran: why did it reset?
	cell last-reboot "$ESB" 'modules=i6300esb acts=reboot' '' \
		'guest reset' - reboot
	cell last-poweroff "$ESB" 'modules=i6300esb acts=poweroff' '' \
		'guest poweroff' - poweroff
	cell last-i6300esb "$ESB" 'modules=i6300esb acts=starve' '' \
		'watchdog reset' - "$CT"
	cell last-i6300esb-proved "$ESB" 'modules=i6300esb acts="verify starve"' '' \
		'watchdog reset' "$CT/$CT/$CT" watchdog
	cell last-softdog '' 'modules=softdog acts=starve' '' \
		softdog - "$CT"
	cell last-softdog-pstore "$ERST" 'modules=softdog acts=starve dump_always=1' '' \
		softdog - watchdog
	cell last-panic '' 'modules=softdog acts=panic' '' \
		panic - "$CT"
	cell last-panic-pstore "$ERST" 'modules=softdog acts=panic' '' \
		panic - panic
	cell last-cut "$ESB" 'modules=i6300esb acts=cut' '' \
		cut - "$CT"
	cell last-quit "$ESB" 'modules=i6300esb acts=quit' '' \
		cut - "$CT"
	cell last-sysrq-b "$ESB" 'modules=i6300esb acts=sysrq-b' '' \
		'guest reset' - "$CT"
}
