#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# PostgreSQL alone under a real systemd: a stopped postmaster is killed and comes
# back, and a lock that level 1 must not see is left alone. Then the verdict once
# more from evidence that was tampered with.
#
# usage: tools/lab/tests/full-drill-hang.sh, from the top folder
# limit: 900

set -u

# shellcheck source=tools/check/tests/lib.sh
. tools/check/tests/lib.sh
# shellcheck source=tools/lab/tests/drill-lib.sh
. tools/lab/tests/drill-lib.sh

# drill NAME ARGUMENT...: in the background, for each is a machine of its own
drill() {
	local name=$1

	shift
	"$PUG" drill hang-postgres --alone --freeze 60 --out "$T/$name" --json "$T/$name.json" \
		"$@" >"$T/$name.out" 2>&1 &
	PIDS+=($!)
}

make --no-print-directory cluster >&2 || exit 1
plan 9
# The first makes the warm node that the others are forks of
drill stopped --keeper level-2
wait "${PIDS[0]}"
is $? 0 'the postmaster stopped: as expected'
note "$(cat "$T/stopped.out")"
PIDS=()
is "$(value "$T/stopped.json" 'o["fired_by"], o["verdict"], o["lost_rows"]')" \
	"('systemd', 'SAFE', 0)" 'systemd kills it, and it is back'
is "$(value "$T/stopped.json" 'o["no_login_ms"] > o["noticed_after_ms"] > 0')" True \
	'nobody could log in before'
drill lock --keeper level-1 --fault lock-held
drill disk --keeper level-2 --fault disk-hang
for name in lock disk; do
	wait "${PIDS[0]}"
	is $? 0 "$name: as expected"
	note "$(cat "$T/$name.out")"
	PIDS=("${PIDS[@]:1}")
	is "$(value "$T/$name.json" 'o["fired_by"], o["verdict"]')" "(None, 'OUTAGE')" \
		"$name: nobody notices, for that wants a higher level"
done
sed -i '/Watchdog timeout/d' "$T/stopped/hang-postgres.1/alt01.log.jsonl"
"$PUG" explain "$T/stopped/hang-postgres.1" >"$T/out"
is $? 1 'without what systemd said it is a surprise'
sed -i '/pug-hang: begun/d' "$T/stopped/hang-postgres.1/alt01.agent.jsonl"
"$PUG" explain "$T/stopped/hang-postgres.1" >"$T/out"
is $? 2 'a fault that was not done is not judged'
finish
