#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# pug drill commit-latency without a cluster: what it refuses, and what pug explain says of a
# run's folder that is whole, was cut short, or has a setting that did not take.

set -u

# shellcheck source=tools/check/tests/lib.sh
. tools/check/tests/lib.sh

PUG=$(realpath "${PUG:-./pug}")
T=$(mktemp -d -t pug-latency.XXXXXX)
trap 'rm -rf -- "$T"' EXIT

# refuses REGEX ARGUMENT...: two results
refuses() {
	local regex=$1 out rc=0

	shift
	out=$("$PUG" drill commit-latency "$@" 2>&1 </dev/null) || rc=$?
	is "$rc" 2 "commit-latency $*: exit status"
	like "$out" "$regex" "commit-latency $*: says why"
}

plan 28

refuses "no 'maybe'" --settings off,maybe
refuses "'on' is there twice" --settings on,off,on
refuses "no ''" --settings off,
refuses 'wants Patroni 4' --settings quorum
refuses 'number from 1 to 200' --rounds 0
refuses 'number from 1 to 300' --seconds 5s
refuses "no 'sid'" --release sid
# No image there, whatever goes wrong: nothing is booted here
mkdir "$T/empty"
export PUG_TOPDIR=$T/empty
qemu=$PWD/build/guest/qemu/qemu-system-x86_64
[ -x "$qemu" ] || qemu='qemu-system-x86_64'
out=$("$PUG" drill commit-latency --qemu "$qemu" --out "$T/none" 2>&1)
is $? 2 'without an image: exit status'
like "$out" 'make cluster' 'without an image: says what makes it'
like "$("$PUG" drill commit-latency --qemu "$qemu" --out "$T/none" 2>&1)" 'evidence already' \
	'evidence is not written over'

# run NAME EXPRESSION: a run's folder, whose lines are changed by Python
run() {
	mkdir "$T/$1"
	python3 - "$T/$1" "$2" <<-'END'
	import json, sys
	def state(sync, role):
	    return {"replicas": [{"name": "alt02", "state": "streaming", "sync_state": sync},
	                         {"name": "alt03", "state": "streaming", "sync_state": "async"}],
	            "members": [{"name": "alt01", "role": "leader"}, {"name": "alt02", "role": role}]}
	def line(setting, beside, sync, role, us):
	    return {"setting": setting, "beside": beside, "before": state(sync, role),
	            "after": state(sync, role), "commit_us": us}
	beside = line("off", True, "async", "replica", [1000, 2000, 3000])
	lines = [{"server": {"postgresql": "15.20", "patroni": "3.0.2"}}, beside,
	         line("off", False, "async", "replica", [2000]), beside,
	         line("on", False, "sync", "sync_standby", [3000, 5000]), beside]
	exec(sys.argv[2])
	json.dump({"drill": "commit-latency", "release": "bookworm", "cpus": 1, "rounds": 1,
	           "seconds": 5, "settings": ["off", "on"], "qemu": "7.2"},
	          open(sys.argv[1] + "/commit-latency.json", "w"))
	with open(sys.argv[1] + "/rounds.jsonl", "w") as out:
	    for one in lines:
	        out.write(one if isinstance(one, str) else json.dumps(one) + "\n")
	END
}

# explain NAME: sets RC, OUT, ERR
explain() {
	RC=0
	OUT=$("$PUG" explain "$T/$1" 2>"$T/err") || RC=$?
	ERR=$(<"$T/err")
}

run whole ''
explain whole
is "$RC $ERR" '0 ' 'a whole run'
is "$(grep -E '^(off|on)' <<<"$OUT" | tr -s ' ')" \
'off 1 1 2.00 ms 1.00 1.00 to 1.00 2.00 ms 0.67 0.67 to 0.67
on 1 2 4.00 ms 2.00 2.00 to 2.00 5.00 ms 1.67 1.67 to 1.67' 'its numbers'
is "$("$PUG" explain --json "$T/whole" | python3 -c '
import json, sys
d = json.load(sys.stdin)
print(d["error"], [(m["setting"], m["commits"], m.get("ratio")) for m in d["measured"]])')" \
	"None [('off', 9, None), ('off', 1, 1.0), ('on', 2, 2.0)]" 'the same for programs'

run async 'lines[4]["before"] = lines[1]["before"]'
explain async
is "$RC $(grep -c '^on' <<<"$OUT")" '2 0' 'a setting that did not take is no number'
like "$ERR" 'round 4 .on. is none: before it: pg_stat_replication has alt02 async, alt03 async' 'but an error'
run lapsed 'lines[4]["after"] = lines[1]["before"]'
explain lapsed
like "$RC $(grep -c '^on' <<<"$OUT") $ERR" '^2 0 .*after it: ' 'nor one that did not last'
run error 'lines[2] = {"setting": "off", "beside": False, "error": "\x1b[31mno luck"}'
explain error
like "$RC $ERR" '^2 .*round 2 .off. is none: .*no luck' 'what went wrong is told'
is "$(grep -c $'\x1b' <<<"$ERR")" 0 'and is no command to a terminal'
run cut 'lines = lines[:4] + ["{\"setting\": \"on\", \"bes"]'
explain cut
like "$RC $ERR $OUT" '^2 .*ended before its end: 3 of 5 rounds' 'a run that was cut short'
is "$(grep -cE '^off +1 ' <<<"$OUT")" 1 'has what came before'
echo '{}' >"$T/cut/commit-latency.json"
explain cut
like "$RC $ERR" '^2 .*lacks a key' 'a folder that does not say what was asked'
finish
