# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Guests that are reset in some way, in warp: what pug-node says of it afterwards,
# and what QEMU, the console and this script know to be true. To be sourced from
# the top folder.

# shellcheck source=tools/check/tests/lib.sh
. tools/check/tests/lib.sh

BUILD=${PUG_BUILD:-$PWD/build}
KERNEL=${KERNEL:-debian-6.1}
QEMU=${PUG_QEMU:-$BUILD/guest/qemu/qemu-system-x86_64}
[ -x "$QEMU" ] || QEMU=$(command -v qemu-system-x86_64)
T=$(mktemp -d -t pug-verify.XXXXXX)
VM=
# What costs a booting guest most and is not under test: patches of its own code, 64
# MB of bounce buffers (for memory that might come), a walk through all page tables
FAST='mitigations=off init_on_alloc=0 swiotlb=512 rodata=off'
# A stall report at the thaw, which comes or does not, pushes softdog's words out of a
# small record of ramoops
QUIET=rcupdate.rcu_cpu_stall_suppress=1
# The RTC of a guest that is switched on once more has gone on meanwhile
EPOCH=1767268800

cleanup() {
	[ -z "$VM" ] || kill -KILL "$VM" 2>/dev/null || true
	wait
	rm -rf -- "$T"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

prepare() {
	vm/mkinitramfs --modules "$BUILD/guest/kernels/$KERNEL/modules" \
		--fault "$BUILD/modules/$KERNEL/stop-machine.ko" \
		--pug-node "$BUILD/bin/pug-node" \
		--init tools/node/tests/verify-init \
		--wanted tools/node/tests/verify-modules --output "$T/initramfs"
	truncate -s 16M "$T/disk.new"
	PATH=$PATH:/sbin:/usr/sbin mke2fs -q -t ext4 -F \
		-E lazy_itable_init=0 "$T/disk.new"
}

# start_vm SECONDS-LATER QEMU-OPTION...
start_vm() {
	local later=$1

	shift
	rm -f "$T"/{lines,out.in,out.out,qmp.in,qmp.out}
	mkfifo "$T"/{lines,out.in,out.out,qmp.in,qmp.out}
	exec 3<>"$T/lines" 4<>"$T/qmp.in"
	# Each line in one write(2), so that the two do not mix
	sed -u 's/^/guest /' <"$T/out.out" >"$T/lines" &
	sed -u 's/^/qmp /' <"$T/qmp.out" >"$T/lines" &
	setpriv --pdeathsig KILL "$QEMU" -nodefaults -no-user-config -display none \
		-accel tcg,thread=single -icount shift=5,sleep=off \
		-rtc "base=$(date -u -d "@$((EPOCH + later))" +%FT%T),clock=vm" \
		-cpu max -smp 1 -m 192M,slots=2,maxmem=512M -M nvdimm=on \
		-kernel "$BUILD/guest/kernels/$KERNEL/vmlinux" -initrd "$T/initramfs" \
		-append "console=ttyS0 tsc=reliable clocksource=tsc no_timer_check panic=5 quiet $QUIET $FAST ${CMDLINE:-}" \
		-fw_cfg "name=opt/pug/plan,file=$T/plan" \
		-object "memory-backend-file,id=disk,share=on,mem-path=$T/disk,size=16M,align=2M" \
		-device nvdimm,id=nvdimm,memdev=disk \
		-chardev "file,id=console,path=$T/console,append=on" -serial chardev:console \
		-chardev "pipe,id=out,path=$T/out" -serial chardev:out \
		-chardev "file,id=beacon,path=$T/beacon,append=on" -serial chardev:beacon \
		-chardev "pipe,id=qmp,path=$T/qmp" -mon chardev=qmp,mode=control \
		"$@" </dev/null >"$T/qemu.log" 2>&1 &
	VM=$!
	echo '{"execute":"qmp_capabilities"}' >&4
}

# qmp COMMAND: what this script does to the machine is in the log, too
qmp() {
	echo "host $1" >>"$T/log"
	echo "{\"execute\":\"$1\"}" >&4
}

# ticks_of LINE: HPET's counter (10 ns) from what xp prints
ticks_of() {
	local words

	words=$(sed -n 's/.*fed000f0: 0x\([0-9a-f]*\) 0x\([0-9a-f]*\).*/\2\1/p' <<<"$1")
	echo "$((16#${words:-0}))"
}

# cut_dud LINE: 15 s of the machine's own time after a dud has run out
cut_dud() {
	case $1 in
	*'"event": "WATCHDOG"'*) RAN_OUT= ;;
	*fed000f0:*)
		: "${RAN_OUT:=$(ticks_of "$1")}"
		if [ "$(ticks_of "$1")" -gt "$((RAN_OUT + 1500000000))" ]; then
			qmp system_reset
			return
		fi
		sleep 0.1 ;;
	*) return ;;
	esac
	echo '{"execute":"human-monitor-command","arguments":{"command-line":"xp /2wx 0xfed000f0"}}' >&4
}

# react LINE: HOST says what this machine's owner does
react() {
	case $HOST:$1 in
	*:'guest say cut-me') qmp system_reset ;;
	*:'guest say quit-me') qmp quit ;;
	cut-frozen:'guest freezing for'*) qmp system_reset ;;
	cut-dud:*) cut_dud "$1" ;;
	operator:'qmp '*'"event": "STOP"'*) qmp system_reset; qmp cont ;;
	esac
}

# Until the machine is off. The limit ends what hangs. A read that times out in the
# middle of a line has taken what there was of it.
attend() {
	local part line='' end=$((SECONDS + 600))

	while [ "$SECONDS" -lt "$end" ]; do
		if read -r -t 0.5 -u 3 part; then
			line+=$part
			printf '%s\n' "$line" >>"$T/log"
			react "$line"
			line=
			continue
		fi
		line+=$part
		kill -0 "$VM" 2>/dev/null || break
	done
	kill -KILL "$VM" 2>/dev/null || true
	wait
	VM=
}

has() { grep -q -- "$1" "$T/log"; }

# run_guest PLAN HOST QEMU-OPTION...: leaves $T/log and $T/console
run_guest() {
	printf 'modules= softdog= args= acts= after= more= nmi_panics= dump_always= told=\n%s\n' \
		"$1" >"$T/plan"
	HOST=$2
	shift 2
	: >"$T/log"
	: >"$T/console"
	: >"$T/beacon"
	cp "$T/disk.new" "$T/disk"
	start_vm 0 "$@"
	attend
	# Somebody comes and switches it on
	if ! has '^guest say end'; then
		start_vm 600 "$@"
		attend
	fi
}

# What really happened, from the outside alone
truth() {
	awk -v console="$(grep -oE 'softdog: Initiating|Kernel panic' "$T/console" | head -n 1)" '
	/^guest say go/ { go = 1; truth = dud = ""; next }
	/^guest say end/ { exit }
	!go || truth { next }
	/"event": "WATCHDOG"/ {
		action = $0
		sub(/.*"action": "/, "", action)
		sub(/".*/, "", action)
		if (action == "none")
			dud = "dud"
		else
			truth = "watchdog " action
	}
	/^host system_reset/ || /^host quit/ { truth = dud ? dud ", then cut" : "cut" }
	/"event": "(RESET|SHUTDOWN)"/ && /guest/ {
		truth = console ~ /^softdog/ ? "softdog" : console ~ /^Kernel/ ? "panic" : \
			/RESET/ ? "guest reset" : "guest poweroff"
	}
	END { print truth ? truth : dud ? dud : "nothing" }' "$T/log"
}

# answer verdict|last KEY: of the last answer given
answer() {
	sed -n "s/^guest say $1 //p" "$T/log" | tail -n 1 |
		sed -n "s/.*\"$2\":\(null\|\"\([^\"]*\)\"\|-\{0,1\}[0-9]*\).*/\1/p" | tr -d '"'
}

# accuses TRUTH DOG CAUSE WHO: is that a wrong accusation?
accuses() {
	case $3 in
	'cannot tell' | '') return 1 ;;
	watchdog)
		case $1:$4 in
		'watchdog none:'*) return 0 ;;
		'watchdog '*:"$2") return 1 ;;
		'softdog:Software Watchdog') return 1 ;;
		esac
		return 0 ;;
	panic) [[ $1 != panic && $1 != 'watchdog inject-nmi' ]] ;;
	reboot) [[ $1 != 'guest reset' || $ORDERED != reboot ]] ;;
	poweroff) [[ $1 != 'guest poweroff' || $ORDERED != poweroff ]] ;;
	nothing) [[ $1 != dud && $1 != nothing ]] ;;
	*) return 0 ;;
	esac
}

# praises TRUTH PROVED WHEN: does it praise what did not protect, or blame what did?
praises() {
	case $2:$1 in
	yes:'watchdog none' | no:'watchdog '*) return 0 ;;
	yes:'watchdog '*) return 1 ;;
	yes:*) [[ $1 = softdog && $FAULT = no-keepalive ]] || return 0 ;;
	esac
	# (one that was cut in the fault was reset in it: the cells say when)
	[[ $3 = in-fault && $1 = dud ]]
}

# Who is accused, by the driver in a plan
declare -A DOGS=([i6300esb]='i6300ESB timer' [softdog]='Software Watchdog'
	[iTCO_wdt]=iTCO_wdt [ib700wdt]=ib700wdt)

dog_of() {
	local driver

	for driver in "${!DOGS[@]}"; do
		[[ $1 != *"$driver"* ]] || printf %s "${DOGS[$driver]}"
	done
}

# The answers of the last guest against the truth: what is wrong with them?
judge() {
	local truth=$1 dog=$2 kind out=

	for kind in verdict last; do
		! accuses "$truth" "$dog" "$(answer $kind cause)" "$(answer $kind who)" ||
			out+="$kind accuses wrongly; "
	done
	! praises "$truth" "$(answer verdict proved)" "$(answer verdict when)" ||
		out+='a wrong proof; '
	printf %s "$out"
}

range() {
	local from to

	from=$(answer verdict from_ms)
	to=$(answer verdict to_ms)
	awk -v from="${from:-null}" -v to="${to:-null}" 'BEGIN {
		if (from == "null") print "-"
		else printf "%.2f..%s\n", from / 1000, to == "null" ? "?" : sprintf("%.2f s", to / 1000) }'
}

row() { printf '# %-21s %-19s | %-12s %-11s %-11s %-13s | %s\n' "$@"; }

head_of_table() { row CELL TRUTH WHEN CAUSE PROVED 'AFTER' LAST-REBOOT; }

# cell: see verify-cells.sh. Runs only what CELLS names, if anything. CMDLINE is more
# for its kernel.
cell() {
	local name=$1 options=$2 plan=$3 host=$4 truth=$5 verify=$6 last=$7 said seen wrong

	[ -z "${CELLS:-}" ] || [[ " $CELLS " = *" $name "* ]] || return 0
	ORDERED=
	[[ $plan != *acts=*reboot* || $plan = *'reboot verify'* ]] || ORDERED=reboot
	[[ $plan != *acts=poweroff* ]] || ORDERED=poweroff
	FAULT=stop-machine
	[[ $plan != *no-keepalive* ]] || FAULT=no-keepalive
	rm -f "$T/erst"
	cp "$T/disk.new" "$T/spare"
	# shellcheck disable=SC2046 # options are words
	run_guest "$plan" "$host" $(sed "s|=ERST|=$T/erst|; s|=SPARE|=$T/spare|" <<<"$options")
	seen=$(truth)
	wrong=$(judge "$seen" "$(dog_of "$plan")")
	said="$(answer verdict when)/$(answer verdict cause)/$(answer verdict proved)"
	[ "$verify" != - ] || said=-
	row "$name" "$seen" "$(answer verdict when)" "$(answer verdict cause)" \
		"$(answer verdict proved)" "$(range)" "$(answer last cause)"
	is "$seen; $said; $(answer last cause)${wrong:+; $wrong}" \
		"$truth; $verify; ${last/#-/$(answer last cause)}" "$name"
	[[ "$seen; $said" = "$truth; $verify" && -z $wrong ]] ||
		note "$(cat "$T/log" "$T/qemu.log"; tail -n 20 "$T/console")"
	[ -z "${KEEP:-}" ] || { cp "$T/log" "$KEEP/$name.log"; cp "$T/beacon" "$KEEP/$name.beacon"; }
}

# The judge is no yes-man: what it must object to
check_judge() {
	local bad=0

	ORDERED='' FAULT=stop-machine
	accuses cut "${DOGS[i6300esb]}" watchdog "${DOGS[i6300esb]}" || bad=1
	accuses softdog "${DOGS[softdog]}" watchdog "${DOGS[i6300esb]}" || bad=2
	accuses 'watchdog reset' "${DOGS[i6300esb]}" watchdog "${DOGS[softdog]}" || bad=3
	accuses 'dud, then cut' "${DOGS[i6300esb]}" watchdog "${DOGS[i6300esb]}" || bad=4
	accuses 'watchdog reset' "${DOGS[i6300esb]}" panic '' || bad=5
	accuses 'guest reset' "${DOGS[i6300esb]}" reboot '' || bad=6
	accuses cut "${DOGS[i6300esb]}" poweroff '' || bad=7
	accuses cut "${DOGS[i6300esb]}" nothing '' || bad=8
	! accuses 'watchdog reset' "${DOGS[i6300esb]}" watchdog "${DOGS[i6300esb]}" || bad=9
	! accuses cut "${DOGS[i6300esb]}" 'cannot tell' '' || bad=10
	praises cut yes in-fault || bad=11
	praises dud yes in-fault || bad=12
	praises softdog yes in-fault || bad=13
	praises 'watchdog reset' no never || bad=14
	! praises 'watchdog reset' yes in-fault || bad=15
	is "$bad" 0 'a wrong accusation would be noticed'
}
