#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Faults from outside, and the watchdog beside the VM, in real time: all as the
# sources have it, and each fault leaves its mark in the evidence.
#
# usage: tools/lab/tests/full-outside.sh, from the top folder

# shellcheck source=tools/lab/tests/pug-lib.sh
. tools/lab/tests/pug-lib.sh

echo 'TAP version 13'
echo '1..4'
run_pug matrix --preset outside --real-time --no-return --out "$T/run"
ok "$RC" 'all cells are as expected'
marks=0
for dir in "$T"/run/vm-pause.* "$T"/run/host-stall.* "$T"/run/link-down.* "$T"/run/disk-hang.* \
	"$T"/run/cpu-steal.* "$T"/run/vm-migrate.* "$T"/run/vm-snapshot.*
do
	[ -d "$dir" ] && grep -q '"event": *"fault"' "$dir/lab.jsonl" || marks=1
done
ok "$marks" 'each fault was seen to hold'

# Must fail: the same evidence without the lab's word that the fault held
cell=$T/run/vm-pause.none.tsc.pc.debian-6.1.20000ms.6000ms
sed -i '/"event": *"fault/d' "$cell/lab.jsonl"
run_pug explain "$cell"
grep -q 'no trace of the fault' "$T/stdout"
ok $? 'without its mark a cell is an error'
# And a reset of which nobody beside the VM says that it was his
cell=$T/run/vm-pause.pug-watch.tsc.pc.debian-6.1.20000ms.6000ms
sed -i '/"event": *"acts"/d' "$cell/watch.jsonl"
run_pug explain "$cell"
grep -q 'unknown' "$T/stdout"
ok $? 'a reset that nobody owns up to is nobody'"'"'s'
[ "$FAILURES" -eq 0 ]
