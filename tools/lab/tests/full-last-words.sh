#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is left of a guest that was frozen and reset: its last words, in ACPI ERST
# (QEMU's acpi-erst, a file). Each guest is frozen by stop-machine.ko and gone; a
# second one with the same file reads what the first has left.
#
# Written before the first run, from Linux 6.1 and QEMU 10.0:
# - a panic is always kept: kernel/panic.c:panic calls kmsg_dump(KMSG_DUMP_PANIC),
#   inside the freeze too, where i6300esb's NMI makes one;
# - softdog's is kept only with printk.always_kmsg_dump=1: kernel/reboot.c:emergency_restart
#   calls kmsg_dump(KMSG_DUMP_EMERG), and kernel/printk/printk.c:kmsg_dump asks a
#   dumper without a reason of its own for an oops at most;
# - with soft_panic=1 softdog's is a panic, and kept;
# - a device that resets leaves nothing: nobody is there to say it.
#
# usage: tools/lab/tests/full-last-words.sh, from the top folder
# limit: 2400

set -u

# shellcheck source=tools/check/tests/lib.sh
. tools/check/tests/lib.sh

T=$(mktemp -d -t pug-words.XXXXXX)
trap 'rm -rf -- "$T"' EXIT

# A watchdog of 5 s, frozen for 12 s; $1 is its module, the rest its parameters
cat >"$T/frozen" <<'EOF'
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
echo 1 >/proc/sys/kernel/unknown_nmi_panic
read -r module more </dog
# shellcheck disable=SC2086
modprobe $module $more || exit 1
insmod /lib/pug/stop-machine.ko || exit 1
[ "$(cat /sys/module/pstore/parameters/backend)" = erst ] || exit 2
pug-node keepalive /dev/watchdog --timeout 5 --interval 1 >/dev/null &
sleep 3
echo 12000 >/sys/kernel/debug/stop-machine/freeze
sleep 20
exit 3
EOF
cat >"$T/after" <<'EOF'
mkdir -p /pstore
mount -t pstore pstore /pstore || exit 1
cat /pstore/dmesg-erst-* 2>/dev/null
exit 0
EOF

# guest NAME SCRIPT [OPTION...]: with the ERST of that name
guest() {
	local name=$1 script=$2

	shift 2
	vm/run-guest --script "$T/$script" --file "$T/dog:/dog" --timeout 400 "$@" \
		-object "memory-backend-file,id=erst,size=64K,share=on,mem-path=$T/$name.erst" \
		-device acpi-erst,memdev=erst -device i6300esb -no-reboot 2>"$T/$name.$script.err"
}

# words NAME APPEND ACTION DOG...: play it, then what was kept is in $T/NAME
words() {
	local name=$1 append=$2 action=$3

	shift 3
	echo "$*" >"$T/dog"
	guest "$name" frozen --append "$append" -- -action "watchdog=$action"
	is $? 125 "$name: the guest is reset before it can end"
	guest "$name" after -- -action watchdog=reset >"$T/$name"
	is $? 0 "$name: the next one finds the backend"
}

kept() { grep -q "$1" "$T/$2"; }

plan 16
words nmi '' inject-nmi i6300esb
kept 'Kernel panic - not syncing: NMI' nmi
ok $? 'nmi: the panic inside the freeze is kept'
kept multi_cpu_stop nmi
ok $? 'nmi: with the stack of the freeze'
words softdog '' none softdog
is "$(grep -c 'softdog: Initiating' "$T/softdog")" 0 'softdog: its last words are lost'
words always printk.always_kmsg_dump=1 none softdog
kept 'softdog: Initiating system reboot' always
ok $? 'always: with printk.always_kmsg_dump=1 they are kept'
words panics '' none softdog soft_panic=1
kept 'softdog: Initiating panic' panics
ok $? 'panics: with soft_panic=1 they are, too'
words device '' reset i6300esb
is "$(cat "$T/device")" '' 'device: nothing is kept'
finish
