#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# limit: 300
#
# A pause of the VM in warp: no watchdog inside sees it, the lab has seen it hold, and
# what counts the host's time is not run, with the reason. A link that is down, which
# nobody minds, and which is one only if the guest has noticed. A VM that is migrated, and
# one that goes back to a snapshot; and QEMUs that die of it.
#
# usage: tools/lab/tests/matrix-outside.sh, from the top folder

# shellcheck source=tools/lab/tests/pug-lib.sh
. tools/lab/tests/pug-lib.sh

echo 'TAP version 13'
echo '1..15'
run_pug matrix --preset outside --faults vm-pause --watchdogs i6300esb,pug-watch --msecs 3000 \
	--timeout 2 --interval 500 --settle 3000 --out "$T/run"
ok "$RC" 'as expected'
grep -q '^2 cells: 1 as expected, 0 surprises, 0 errors, 1 not run' "$T/stdout"
ok $? 'the watchdog outside is not run in warp'
cell=$T/run/vm-pause.i6300esb.tsc.pc.debian-6.1.3000ms.2000ms
[ "$(grep -c '"fault\(-over\)\?"' "$cell/lab.jsonl")" -eq 2 ]
ok $? 'the lab has seen the fault begin and end'
# Must fail: without that there was none
sed -i '/"fault"/d' "$cell/lab.jsonl"
run_pug explain "$cell"
grep -q 'no trace of the fault' "$T/stdout"
ok $? 'without its mark a cell is an error'

run_pug matrix --preset outside --faults link-down --watchdogs i6300esb --msecs 6000 \
	--timeout 2 --interval 500 --settle 3000 --out "$T/link"
ok "$RC" 'a link that is down is as expected'
# Must fail: the lab has ordered it, and the guest says nothing of it
cell=$T/link/link-down.i6300esb.tsc.pc.debian-6.1.6000ms.2000ms
sed -i '/"felt"/d' "$cell/agent.jsonl"
run_pug explain "$cell"
grep -q 'did not notice the fault' "$T/stdout"
ok $? 'what the guest did not notice is an error'

# move FAULT NAME [OPTION...]: its cell, whose VM goes on in a second QEMU
move() {
	fault=$1
	name=$2
	shift 2
	run_pug matrix --preset outside --faults "$fault" --watchdogs i6300esb --msecs 3000 \
		--timeout 2 --interval 500 --settle 3000 --out "$T/$name" "$@"
	cell=$T/$name/$fault.i6300esb.tsc.pc.debian-6.1.3000ms.2000ms
}

moved() {
	move "$1" "$1"
	ok "$RC" "$1 is as expected"
}

# broken NAME REASON: with the QEMU that $T/qemu is; nothing of what was saved is left
broken() {
	chmod +x "$T/qemu"
	move vm-migrate "$1" --qemu "$T/qemu"
	[ "$RC" -eq 2 ] && grep -qF "$2" "$T/stdout" && grep -q '"verdict": "error"' "$cell/result.json"
	ok $? "$1: an error that says so"
	[ -s "$cell/qmp.jsonl" ] && [ ! -e "$cell/moved.state" ]
	ok $? "$1: nothing is left of the state"
}

moved vm-migrate
[ -s "$cell/cmdline.2" ] && [ ! -e "$cell/moved.state" ]
ok $? 'the second QEMU has its command line, and the state is gone'
moved vm-snapshot
run_pug explain "$cell"
grep -q 'of the time that was undone [1-9][0-9]* writes had left' "$T/stdout"
ok $? 'what left the VM in the time that was undone is counted'
# Must fail: the lab says that it was reverted, and the guest shows that it went on
sed -i 's/"from":[0-9]*/"from":99/; s/"hpet":\([0-9]*\),"from"/"hpet":98,"from"/' "$cell/lab.jsonl"
run_pug explain "$cell"
grep -q 'its canaries did not' "$T/stdout"
ok $? 'a guest that did not go back is an error'

# Must fail, both. QEMU runs in the cell's folder
QEMU=$PWD/build/guest/qemu/qemu-system-x86_64
cat >"$T/qemu" <<EOF
#!/bin/sh
(
	until [ -e moved.state ]; do
		kill -0 \$\$ 2>/dev/null || exit
		sleep 0.01
	done
	kill -KILL \$\$
) >/dev/null 2>&1 &
exec "$QEMU" "\$@"
EOF
broken killed-while-it-saves 'QEMU ended by itself (signal 9)'
cat >"$T/qemu" <<EOF
#!/bin/sh
[ ! -e cmdline.2 ] || { echo 'qemu: no memory' >&2; exit 3; }
exec "$QEMU" "\$@"
EOF
broken second-that-fails-at-once 'QEMU ended by itself (status 3): qemu: no memory'
[ "$FAILURES" -eq 0 ]
