#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# pug drill matrix without a cluster: plans that mean nothing, drills that were
# played already, were cut short, or are of another plan.

set -u

# shellcheck source=tools/check/tests/lib.sh
. tools/check/tests/lib.sh

PUG=$(realpath "${PUG:-./pug}")
DRILLS=$(realpath tools/lab/tests/drills)
T=$(mktemp -d -t pug-drill-matrix.XXXXXX)
trap 'rm -rf -- "$T"' EXIT
# No image there: whatever has to be played fails
mkdir "$T/empty"
export PUG_TOPDIR=$T/empty
qemu=$PWD/build/guest/qemu/qemu-system-x86_64
[ -x "$qemu" ] || qemu='qemu-system-x86_64'

# matrix DIR [OPTION...]
matrix() { "$PUG" drill matrix --qemu "$qemu" --plan "$T/plan" --out "$@"; }

plan 27

# refuses REGEX LINE...: a plan of these lines, two results
refuses() {
	local regex=$1 out rc=0

	shift
	printf '%s\n' "$@" >"$T/plan"
	out=$("$PUG" drill matrix --plan "$T/plan" --list 2>&1 </dev/null) || rc=$?
	is "$rc" 2 "plan '$*': exit status"
	like "$out" "$regex" "plan '$*': says why"
}

refuses "plan:2: --watchdog: there is no 'poodle'" freeze-leader 'freeze-leader --watchdog poodle'
refuses "plan:1: .*unrecognized option|plan:1: .*--poodle" 'freeze-leader --poodle'
refuses "plan:1: 0x: a whole number" '0x freeze-leader'
refuses "plan:3: there is no drill 'freeze'" '# one' '' freeze
refuses 'there is no drill in this plan' '# nothing'
out=$("$PUG" drill matrix --plan "$T/absent" --list 2>&1)
is $? 2 'no such plan: exit status'
like "$out" 'configuration' 'no such plan: says which there are'
like "$("$PUG" drill matrix --ttl 40 2>&1)" 'not told what is drilled' \
	'what is drilled stands in the plan'
like "$("$PUG" drill freeze-leader --list 2>&1)" 'are for the matrix' 'a plan is for the matrix'
# A fault that is too short: found before anything is played
printf 'freeze-leader\nfreeze-leader --freeze 20\n' >"$T/plan"
out=$(matrix "$T/none" 2>&1)
is "$? $(ls "$T/none")" '2 ' 'nothing is played of a plan that has no expectation'

# keep NAME FOLDER: a recorded drill as if it had been played there
keep() {
	mkdir -p "$T/run"
	cp -r "$DRILLS/$1" "$T/run/$2"
	"$PUG" explain --json "$T/run/$2" >"$T/run/$2/result.json"
}

keep none freeze-leader.1
keep none freeze-leader.2
keep i6300esb freeze-leader_watchdog_i6300esb_mode_required.1
printf '== kept\n2x freeze-leader\nfreeze-leader --watchdog i6300esb --mode required\n' >"$T/plan"
out=$(matrix "$T/run" --json "$T/all.json" 2>"$T/err")
is $? 0 'drills that were played: exit status'
like "$out" '^kept$' 'the heading'
like "$out" '^  freeze-leader  .*LOST 2 ' 'two of a kind are one line'
like "$out" 'i6300esb --mode required .* SAFE ' 'and the other'
like "$out" '^3 drills: 3 as expected, 0 surprises, 0 errors, 0 not played$' 'the sum'
is "$(python3 -c '
import json, sys
for one in json.load(open(sys.argv[1])):
    print(one["folder"], one["group"], one["observed"]["verdict"], one["observed"]["commits_before"] > 5,
          0 < one["observed"]["commit_median_ms"] <= one["observed"]["commit_p99_ms"])
' "$T/all.json" | paste -sd ' ')" \
	'freeze-leader.1 kept LOST True True freeze-leader.2 kept LOST True True freeze-leader_watchdog_i6300esb_mode_required.1 kept SAFE True True' \
	'the results, with what a commit took'

# Cut short, damaged, or another drill: put aside, played again, which fails here
rm "$T/run/freeze-leader.2/result.json"
sed -i 's/"ttl_s": 30/"ttl_s": 40/' \
	"$T/run/freeze-leader_watchdog_i6300esb_mode_required.1/drill.json"
out=$(matrix "$T/run" 2>"$T/err")
is $? 2 'what is not complete is played again: exit status'
like "$(<"$T/err")" 'freeze-leader.2 is put aside as freeze-leader.2.failed-1' 'the old is put aside'
like "$(<"$T/err")" 'mode_required.1.failed-1' 'also that of another drill'
like "$out" '^3 drills: 1 as expected, 0 surprises, 2 errors, 0 not played$' 'the sum then'
like "$(<"$T/err")" 'goes on there' 'and what to do'
[ -e "$T/run/freeze-leader.2.failed-1/ledger" ]
ok $? 'nothing of it is lost'
finish
