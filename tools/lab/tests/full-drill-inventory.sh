#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# pug drill --inventory on a cluster that is not played: pug drill practice has three
# Patronis in VMs, reached over ssh. What is asked of them, what is refused, and a freeze
# of the leader that its watchdog ends.
#
# usage: tools/lab/tests/full-drill-inventory.sh, from the top folder
# limit: 1700

set -u

# shellcheck source=tools/check/tests/lib.sh
. tools/check/tests/lib.sh
# shellcheck source=tools/lab/tests/drill-lib.sh
. tools/lab/tests/drill-lib.sh

# drill ARGUMENT...: its exit status is RC
drill() {
	RC=0
	"$PUG" drill --inventory "$T/cluster/inventory.ini" "$@" >"$T/stdout" 2>"$T/stderr" \
		</dev/null || RC=$?
}

# with WORDS ...: all of them in what it said
with() {
	local words

	for words; do
		grep -qF -- "$words" "$T/stdout" "$T/stderr" || return
	done
}

said() {
	note "$(cat "$T/stdout" "$T/stderr")"
}

plan 13
"$PUG" drill practice --watchdog i6300esb --mode required --out "$T/cluster" \
	>"$T/practice" 2>"$T/practice.err" </dev/null &
PIDS=($!)
for _ in $(seq 900); do
	! grep -q Ctrl-C "$T/practice" || break
	kill -0 "${PIDS[0]}" 2>/dev/null || break
	sleep 1
done
grep -q Ctrl-C "$T/practice"
ok $? 'there is a cluster'
[ "$(stat -c %a "$T/cluster/ssh_key")" = 600 ]
ok $? 'the key to it is for its owner'

drill --dry-run
ok "$RC" 'a dry run has nothing against it'
[ "$RC" -eq 0 ] || said
with alt01 alt02 alt03 pug_drill_
ok $? 'and tells the plan'
drill --yes-drill another-cluster
[ "$RC" -eq 2 ] && with 'not the scope'
ok $? 'another scope is refused'
drill --freeze 20 --dry-run
[ "$RC" -eq 2 ] && with '--freeze 40 is the least here'
ok $? 'a freeze in which nobody would take over is refused'
sed 's/^scope = .*/scope = another-cluster/' "$T/cluster/inventory.ini" >"$T/cluster/other.ini"
chmod 600 "$T/cluster/other.ini"
RC=0
"$PUG" drill --inventory "$T/cluster/other.ini" --dry-run >"$T/stdout" 2>"$T/stderr" || RC=$?
[ "$RC" -eq 2 ] && with "belongs to the cluster 'alt-cluster'"
ok $? 'an inventory of another cluster is refused'

drill --yes-drill alt-cluster --freeze 60 --out "$T/drill" --json "$T/json"
ok "$RC" 'the leader is frozen, and no acknowledged row is lost'
said
has() {
	python3 -c "import json, sys; r = json.load(open('$T/json')); sys.exit(not ($1))"
}
has 'r["leader_reset"] is True and r["boot_id_before"] != r["boot_id_after"]'
ok $? 'its watchdog has reset it'
has 'r["leader_before"] == "alt01" and r["leader_after"] == "alt02" and r["acked"] > 100'
ok $? 'another leads, and rows were acknowledged'
has 'r["lost"] == 0 and r["schema_removed"] is True'
ok $? 'none is lost, and the schema is gone'
"$PUG" explain --json "$T/drill" >"$T/again" 2>"$T/stderr"
is "$(value "$T/again" "d == json.load(open('$T/json'))")" True \
	'what is kept says the same, without the cluster'
kill -INT "${PIDS[0]}"
RC=0
wait "${PIDS[0]}" || RC=$?
PIDS=()
ok "$RC" 'Ctrl-C ends the cluster'
finish
