#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Must fail: a disk that hangs, and a QEMU whose time is stolen, and somebody else lets
# them go on. The lab has ordered it, and it did not hold: an error, and no verdict.
#
# usage: tools/lab/tests/full-outside-let-go.sh, from the top folder

# shellcheck source=tools/lab/tests/pug-lib.sh
. tools/lab/tests/pug-lib.sh

HELPER=

# begun CELL: waits until the lab has seen the fault hold
begun() {
	while ! grep -q '"event": *"fault"' "$1/lab.jsonl" 2>/dev/null; do
		sleep 0.02
	done
}

# who_works_in FOLDER: there QEMU is the only one
who_works_in() {
	for process in /proc/[0-9]*; do
		[ "$(readlink "$process/cwd" 2>/dev/null)" != "$1" ] || echo "${process##*/}"
	done
}

let_disk_go() {
	begun "$1"
	kill -CONT "$(cat "$1/disk.pid")"
}

let_qemu_go() {
	begun "$1"
	pid=$(who_works_in "$1")
	while kill -CONT "$pid"; do
		sleep 0.01
	done
}

# play FAULT MSECS HELPER OPTION...
play() {
	fault=$1
	msecs=$2
	helper=$3
	shift 3
	"$helper" "$T/$fault/$fault.softdog.tsc.pc.debian-6.1.${msecs}ms.6000ms" 2>/dev/null &
	HELPER=$!
	run_pug matrix --preset outside --faults "$fault" --watchdogs softdog --msecs "$msecs" \
		--jobs 1 --out "$T/$fault" "$@"
	kill "$HELPER" 2>/dev/null
}

echo 'TAP version 13'
echo '1..4'
# A minute of the guest's takes some seconds
play disk-hang 60000 let_disk_go
[ "$RC" -eq 2 ]
ok $? 'a disk that somebody else let go is no fault'
grep -Eq 'every write to the disk came back|the write came back before' "$T/stdout"
ok $? 'and the guest says why'
play cpu-steal 10000 let_qemu_go --real-time --no-return
[ "$RC" -eq 2 ]
ok $? 'nor is time that was given back'
grep -q 'could be stolen' "$T/stdout"
ok $? 'and the lab says why'
[ "$FAILURES" -eq 0 ]
