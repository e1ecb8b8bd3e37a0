#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# limit: 60
#
# The protection table is what its record says, and advice is what the table says:
# no VM is run here. Records that are wrong must be refused.

set -euo pipefail

# shellcheck source=tools/check/tests/lib.sh
. tools/check/tests/lib.sh

PUG=$PWD/${PUG:-build/bin/pug}
RECORD=Documentation/protection.json
PAGE=Documentation/protection-table.rst
TMP=$(mktemp -d -t pug-protection.XXXXXX)
trap 'rm -rf -- "$TMP"' EXIT

# edit EXPRESSION: of the record, `d' in Python
edit() {
	python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
exec(sys.argv[3])
json.dump(d, open(sys.argv[2], "w"))' "$RECORD" "$TMP/record" "$1"
}

# advise ARGUMENT...: sets RC
advise() {
	RC=0
	"$PUG" advise "$@" >"$TMP/out" 2>"$TMP/err" || RC=$?
}

plan 28
is "$("$PUG" protection --page "$RECORD" | cmp - "$PAGE" 2>&1)" '' \
	'the page is that of its record'
CELL='next(c for c in d["cells"] if c["fault"] == "stop-machine" and c["watchdog"] == "softdog")'
edit "c = $CELL; c['observed'].update(verdict='in-fault', protected='yes', zombie_ms=0)"
RC=0
"$PUG" protection --page "$TMP/record" | cmp -s - "$PAGE" || RC=$?
is "$RC" 1 'another result is another page'

DATE=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["date"])' "$RECORD")
"$PUG" protection --date "$DATE" --record "$TMP/again" "$RECORD"
is "$(cmp "$RECORD" "$TMP/again" 2>&1)" '' 'a record of a record is the same'
python3 -c '
import json, sys
cells = json.load(open(sys.argv[1]))["cells"]
run = {"time": "real", "qemu": "11.0", "cells": [dict(cells[0], kernel="debian-5.10", id="more")]}
json.dump(run, open(sys.argv[2], "w"))' "$RECORD" "$TMP/run"
"$PUG" protection --date "$DATE" --record "$TMP/more" "$RECORD" "$TMP/run"
is "$(python3 -c '
import json, sys
old, new = (json.load(open(f))["cells"] for f in sys.argv[1:])
print(new[:-1] == old, new[-1]["qemu"], new[-1]["time"])' "$RECORD" "$TMP/more")" 'True 11.0 real' \
	'a run is added to a record'
# Must fail: a record of a version that nobody knows, and a cell that does not say how it was run
edit "d['version'] = 9"
is "$("$PUG" protection --record "$TMP/no" "$TMP/record" 2>&1 || true)" \
	"pug: $TMP/record: no results of a run" 'a record of an unknown version is not added to'
edit "del d['cells'][0]['qemu']"
like "$("$PUG" protection --record "$TMP/no" "$TMP/record" 2>&1 || true)" \
	'does not say how it was run' 'nor one that does not say how it was made'

advise --watchdog softdog --ttl 30
is "$RC" 1 'softdog has holes'
like "$(<"$TMP/out")" 'stop-machine .*: fires too late.*\[stop-machine\.softdog\.tsc\.' \
	'a freeze is one, with its cell'
like "$(<"$TMP/out")" 'add i6300esb \[stop-machine\.i6300esb\.tsc\.' 'and what to add, with its cell'
is "$(grep -E '^  [a-z]' "$TMP/out" | grep -vE '\[[a-z].*\]$|: not measured$' || true)" '' \
	'every sentence names its cell'
advise --watchdog i6300esb --ttl 30 --json
is "$(python3 -c '
import json, sys
cells = {c["id"] for c in json.load(open(sys.argv[1]))["cells"]}
said = json.load(open(sys.argv[2]))["faults"]
print([f["fault"] for f in said if f["cell"] and f["cell"] not in cells],
      [f["fault"] for f in said if (f["says"] == "not-measured") != (f["cell"] is None)])' \
	"$RECORD" "$TMP/out")" '[] []' 'each cell that is named is in the record'
like "$(<"$TMP/out")" 'at a timeout of 25 s that is 25\.[0-9] s after the last keepalive' \
	'its firing at this timeout'
advise --watchdog i6300esb --ttl 30 --timeout 40
like "$(<"$TMP/out")" 'it would fire 40\.[0-9] s after the last keepalive, and the lock ends after 30 s' \
	'a timeout beyond the ttl is a hole'

advise --watchdog nonesuch --ttl 30
is "$RC" 2 'an unknown watchdog'
like "$(<"$TMP/err")" "no watchdog 'nonesuch'; there are: none, i6300esb" 'with those that there are'
advise --watchdog softdog --ttl 30 --clock sundial
is "$RC" 2 'an unknown clock'
advise --watchdog softdog
is "$RC" 2 'without a ttl'
advise --watchdog softdog --ttl 4
like "$RC $(<"$TMP/err")" '2 .*give --timeout' 'a ttl below the margin'

edit "d['cells'] = [c for c in d['cells'] if c['fault'] != 'stop-machine']"
advise --watchdog softdog --ttl 30 --table "$TMP/record"
like "$(<"$TMP/out")" '^  stop-machine .*: not measured$' 'a missing cell is not guessed'
advise --watchdog softdog --ttl 30 --kernel debian-4.0
is "$RC" 2 'a kernel of which nothing was measured'
edit "import copy; c = copy.deepcopy($CELL); c['observed'].update(verdict='in-fault', protected='yes', zombie_ms=0); d['cells'].append(c)"
advise --watchdog softdog --ttl 30 --table "$TMP/record"
is "$RC" 2 'a table that contradicts itself'
like "$(<"$TMP/err")" 'there twice, and they contradict each other' 'with which cell'
edit "c = $CELL; c['observed'].update(protected='yes')"
advise --watchdog softdog --ttl 30 --table "$TMP/record"
like "$RC $(<"$TMP/err")" '2 .*stop-machine\.softdog.*contradicts itself' \
	'a cell that was late and protected'
for wrong in "d['version'] = 9" "d['cells'] = []" "d['cells'][0]['fault'] = 'meteorite'" \
	"d['cells'][0]['observed']['verdict'] = 'maybe'"; do
	edit "$wrong"
	advise --watchdog softdog --ttl 30 --table "$TMP/record"
	is "$RC $(wc -l <"$TMP/out")" '2 0' "refused: $wrong"
done
printf '{"version"' >"$TMP/record"
advise --watchdog softdog --ttl 30 --table "$TMP/record"
is "$RC" 2 'half a file'
finish
