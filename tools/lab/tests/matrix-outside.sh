#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# limit: 300
#
# A pause of the VM in warp: no watchdog inside sees it, the lab has seen it hold, and
# what counts the host's time is not run, with the reason. A link that is down, which
# nobody minds, and which is one only if the guest has noticed.
#
# usage: tools/lab/tests/matrix-outside.sh, from the top folder

# shellcheck source=tools/lab/tests/pug-lib.sh
. tools/lab/tests/pug-lib.sh

echo 'TAP version 13'
echo '1..6'
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
[ "$FAILURES" -eq 0 ]
