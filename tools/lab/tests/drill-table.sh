#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The table of drills is what its record says, and every statement of the page that has it
# rests on rows of it. Records and pages that are wrong must be found.

set -u

# shellcheck source=tools/check/tests/lib.sh
. tools/check/tests/lib.sh

PUG=$(realpath "${PUG:-./pug}")
RECORD=Documentation/configuration.json
TABLE=Documentation/drill-table.rst
PAGE=Documentation/configuration.rst
T=$(mktemp -d -t pug-drill-table.XXXXXX)
trap 'rm -rf -- "$T"' EXIT

# edit FROM TO EXPRESSION: of the record `d', in Python
edit() {
	python3 -c '
import copy, json, sys
d = json.load(open(sys.argv[1]))
exec(sys.argv[3])
json.dump(d, open(sys.argv[2], "w"), indent=1)' "$@"
}

# refuses REGEX NAME: of $T/record, two results
refuses() {
	local out rc=0

	out=$("$PUG" drill table "$T/record" 2>&1) || rc=$?
	is "$rc" 2 "$2: exit status"
	like "$out" "$1" "$2: says why"
}

# Drills are added to the record: what comes after all that it has
last=$(python3 -c 'import json, sys; print(max(int(r["id"][1:]) for r in json.load(open(sys.argv[1]))))' \
	"$RECORD")
next=$(printf 'D%02d' $((last + 1)))
after=$(printf 'D%02d' $((last + 2)))
run=$(($(grep -c '^:Run [0-9]*: ' "$TABLE") + 1))

plan 35

is "$("$PUG" drill table --rst "$RECORD" | cmp - "$TABLE" 2>&1)" '' \
	'the table is that of its record: make drill-table'
edit "$RECORD" "$T/record" 'd[0]["observed"]["lost_rows"] += 1'
"$PUG" drill table --rst "$T/record" | cmp -s - "$TABLE"
is $? 1 'another result is another table'
"$PUG" drill table --record "$T/again" "$RECORD" "$RECORD"
is "$(cmp "$RECORD" "$T/again" 2>&1)" '' 'a record and itself are the same record'

# More drills, of what this program does not know
edit "$RECORD" "$T/more" '
one = copy.deepcopy(d[0])
for key in ("id", "date", "versions"):
    del one[key]
one.update(watchdog="itco", mode="required", fault="vm-migrate", manager="repmgr", release="trixie",
           sbd="disk", watch=True, interval_ms=500, nothing=None, empty="", zero=0, no=False)
one["observed"]["verdict"] = "SAFE"
one["observed"]["fired_by"] = "*itco_|"
one["observed"].update(lost_rows=7, acked_rows=90, salvaged_rows=5)
bad = copy.deepcopy(one)
bad["observed"]["verdict"] = "ERROR"
bad["wall_s"] = 1
d = [one, bad, d[1]]'
out=$("$PUG" drill table --record "$T/both" --date 2027-01-02 --versions 'V 4.0' "$RECORD" "$T/more" 2>&1)
is $? 0 'a run is added: exit status'
like "$out" '1 drills could not be judged: they are left out' 'what could not be judged is not'
is "$(python3 -c '
import json, sys
old, new = (json.load(open(f)) for f in sys.argv[1:])
print(new[:-1] == old, new[-1]["date"], new[-1]["versions"], int(new[-1]["id"][1:]) - len(old))
' "$RECORD" "$T/both")" 'True 2027-01-02 V 4.0 1' 'the next name, the day, the versions; old rows stay'
like "$("$PUG" drill table "$T/both" | tail -n 1)" \
	"^$next +itco required, repmgr, trixie, sbd disk, watch, interval_ms 500 +vm-migrate " \
	'words that this program does not know are told'
like "$("$PUG" drill table "$T/both" | tail -n 1)" ' 7 of 90, 5 back ' 'and how many rows came back'
is "$("$PUG" drill table "$T/both" | tail -n 1 | grep -cE 'nothing|empty|zero|no no')" 0 \
	'and what is none is not'
"$PUG" drill table --rst "$T/both" >"$T/both.rst"
like "$(<"$T/both.rst")" "^:Run $run: 2027-01-02, V 4\.0\$" 'of what run it is'
like "$(<"$T/both.rst")" '^     - \\\*itco\\_\\\|$' 'no markup comes from a record'

# Renaming, and what is no record
edit "$RECORD" "$T/record" 'd[3]["id"] = d[4]["id"]'
refuses 'is the name of two drills' 'a name twice'
edit "$RECORD" "$T/record" 'd[3]["id"] = "D1:\n.. raw"'
refuses 'is the name of no drill' 'a name that is none'
edit "$RECORD" "$T/record" 'd[3]["id"] = 7'
refuses 'is the name of no drill' 'a name that is a number'
edit "$RECORD" "$T/record" 'del d[3]["observed"]["verdict"]'
refuses 'row 4 is no result of a drill' 'half a result'
echo '"a"' >"$T/record"
refuses 'expected' 'a string'
echo '[1]' >"$T/record"
refuses 'row 1 is no result' 'a number'
printf '[{' >"$T/record"
refuses 'record: ' 'half a file'
"$PUG" drill table >"$T/out" 2>&1
is $? 2 'no file: exit status'
like "$(<"$T/out")" 'which drills' 'no file: says so'
"$PUG" drill table --rst --record "$T/x" "$RECORD" >"$T/out" 2>&1
is $? 2 'a table or a record'
is "$("$PUG" drill table --record "$T/none/x" "$RECORD" 2>&1)" "pug: $T/none/x can't be written" \
	'a record that can not be written'

# finds REGEX NAME STATEMENT: once the page has that, too
finds() {
	local out

	{ cat "$PAGE"; printf '\n* %s\n' "$3"; } >"$T/page"
	out=$(tools/check/drill-links "$T/page" "$TABLE")
	like "$? $out" "^1 .*$1" "$2"
}

is "$(tools/check/drill-links "$PAGE" "$TABLE")" '' 'every statement rests on drills of the table'
finds "$next is not in the table" 'a drill that there is not' "One. (${next}_)"
# Only the range says that name
finds "$next is not in the table" 'nor among several' "Several. (D01_ to ${after}_)"
finds 'line [0-9]+ rests on no drill: . None\.' 'a statement without one' 'None.'
finds 'D07 is no link' 'one that is not linked' 'One. (D07)'
head -n 5 "$TABLE" >"$T/table"
like "$(tools/check/drill-links "$PAGE" "$T/table")" 'no drills' 'a table without a row'
finish
