#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Must fail: a disk that hangs and is let go by somebody else. The lab has ordered it, and
# it did not hold: an error, and no verdict.
#
# usage: tools/lab/tests/full-outside-let-go.sh, from the top folder

# shellcheck source=tools/lab/tests/pug-lib.sh
. tools/lab/tests/pug-lib.sh

echo 'TAP version 13'
echo '1..2'
cell=$T/run/disk-hang.softdog.tsc.pc.debian-6.1.60000ms.6000ms

# It is stopped when the lab says so; a minute of the guest's takes some seconds
let_go() {
	while ! grep -q '"event": *"fault"' "$cell/lab.jsonl" 2>/dev/null; do
		sleep 0.02
	done
	kill -CONT "$(cat "$cell/disk.pid")"
}

let_go &
helper=$!
run_pug matrix --preset outside --faults disk-hang --watchdogs softdog --msecs 60000 --jobs 1 \
	--out "$T/run"
kill "$helper" 2>/dev/null
[ "$RC" -eq 2 ]
ok $? 'a disk that somebody else let go is no fault'
grep -Eq 'every write to the disk came back|the write came back before' "$T/stdout"
ok $? 'and the guest says why'
[ "$FAILURES" -eq 0 ]
