#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A small real sweep: from which length of a freeze on does softdog fire at the
# thaw? With a timeout of 3 s and keepalives every 0.5 s that is 2.5 to 3 s, for
# its timer runs from the last keepalive; and bisection must find it.
#
# usage: tools/lab/tests/matrix-sweep.sh, from the top folder
# limit: 220

# shellcheck source=tools/lab/tests/pug-lib.sh
. tools/lab/tests/pug-lib.sh

# Of a line "msecs A to B ms: OUTCOME": A or B
edge() {
	sed -n "s/^msecs \([0-9]*\) to \([0-9]*\) ms: $1 .*/\\$2/p" "$T/stdout"
}

echo 'TAP version 13'
echo 1..5

run_pug sweep --timeout 3 --msecs 2000:4000:1000 --within 20 --out "$T/out" --json "$T/json"
ok "$RC" 'a sweep ends as expected'
last=$(edge never 2)
first=$(edge 'at-thaw, reset' 1)
[ "${first:-0}" -gt "${last:-0}" ] && [ $((first - last)) -le 20 ]
ok $? "the change is narrowed down (${last:-?} to ${first:-?} ms)"
[ "${last:-0}" -ge 2400 ] && [ "${first:-9999}" -le 3000 ]
ok $? 'to where the timeout, less one interval, puts it'
[ "$(grep -c '"below":' "$T/json")" = 1 ] && grep -q "\"below\": $last" "$T/json"
ok $? 'the JSON has the same change'
[ "$(find "$T/out" -name result.json | wc -l)" -ge 7 ]
ok $? 'each cell tried has its evidence'

[ "$FAILURES" -eq 0 ]
