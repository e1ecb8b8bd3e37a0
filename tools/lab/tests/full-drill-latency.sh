#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What a commit costs, on a real cluster: settings are switched and seen to be in force, the
# result is computed again from what was kept, and Ctrl-C leaves what was measured until then.
#
# usage: tools/lab/tests/full-drill-latency.sh, from the top folder
# limit: 900

set -u

# shellcheck source=tools/check/tests/lib.sh
. tools/check/tests/lib.sh
# shellcheck source=tools/lab/tests/drill-lib.sh
. tools/lab/tests/drill-lib.sh

# start NAME ARGUMENT...: in the background
start() {
	local name=$1

	shift
	"$PUG" drill commit-latency --out "$T/$name" "$@" >"$T/$name.out" 2>"$T/$name.err" &
	PIDS=($!)
}

make --no-print-directory cluster >&2 || exit 1
plan 10

start all --settings off,on,two,any-1 --rounds 1 --seconds 1 --json "$T/all.json"
wait "${PIDS[0]}"
is $? 0 'measured: exit status'
PIDS=()
note "$(cat "$T/all.out" "$T/all.err")"
is "$(value "$T/all.json" '[(m["setting"], m["rounds"]) for m in d["measured"]]')" \
	"[('off', 5), ('off', 1), ('on', 1), ('two', 1), ('any-1', 1)]" 'a round of each, and those beside'
is "$(value "$T/all.json" 'min(m["commits"] for m in d["measured"]) > 5, d["error"]')" '(True, None)' \
	'with commits'
"$PUG" explain --json "$T/all" >"$T/again.json"
is "$(value "$T/again.json" "d == json.load(open('$T/all.json'))")" True \
	'explain computes the same from what was kept'
# The third round says that nobody was waited for
sed -i '5s/"sync_state":"sync"/"sync_state":"async"/g' "$T/all/rounds.jsonl"
out=$("$PUG" explain "$T/all" 2>&1)
is $? 2 'a setting that did not take: exit status'
like "$out" 'round 4 \(on\) is none: before it: pg_stat_replication has' 'says so'
is "$(grep -c '^on ' <<<"$out")" 0 'and there is no number of it'

# Ended by hand in the middle, once there is something
start cut --settings on --rounds 100 --seconds 1
for ((i = 0; i < 3000; i++)); do
	grep -q '^round 3 of 201' "$T/cut.err" && break
	sleep 0.1
done
kill -INT "${PIDS[0]}"
wait "${PIDS[0]}"
is $? 2 'Ctrl-C: exit status'
PIDS=()
like "$(<"$T/cut.err")" 'it ended before its end: [0-9]+ of 201 rounds' 'Ctrl-C: says how far it came'
like "$(<"$T/cut.out")" '^on +[1-9]' 'Ctrl-C: what was measured is told'
note "$(cat "$T/cut.out" "$T/cut.err")"
finish
