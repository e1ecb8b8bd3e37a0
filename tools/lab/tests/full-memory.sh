#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Memory runs out, in real time: all as the sources have it, and the guest has noticed
# each of it.
#
# usage: tools/lab/tests/full-memory.sh, from the top folder

# shellcheck source=tools/lab/tests/pug-lib.sh
. tools/lab/tests/pug-lib.sh

echo 'TAP version 13'
echo '1..4'
run_pug matrix --preset memory --real-time --no-return --out "$T/run"
ok "$RC" 'all cells are as expected'

# Must fail: a thrash of which nothing had to be read back, an OOM killer that killed
# nobody, a leak after which the kernel went on
cell=$T/run/thrash.i6300esb.tsc.pc.debian-6.1.40000ms.6000ms
sed -i '/"felt"/d' "$cell/agent.jsonl"
run_pug explain "$cell"
grep -q 'did not notice the fault' "$T/stdout"
ok $? 'pages that nobody read back are no thrash'
cell=$T/run/oom.i6300esb.tsc.pc.debian-6.1.40000ms.6000ms
sed -i '/"felt"/d' "$cell/agent.jsonl"
run_pug explain "$cell"
grep -q 'did not notice the fault' "$T/stdout"
ok $? 'and an OOM killer that killed nobody none'
cell=$T/run/memory-leak.none.tsc.pc.debian-6.1.40000ms.6000ms
sed -i '/Kernel panic/d' "$cell/console.log"
run_pug explain "$cell"
grep -q 'was to panic, and did not say that it does' "$T/stdout"
ok $? 'nor a leak that the kernel outlived'
[ "$FAILURES" -eq 0 ]
