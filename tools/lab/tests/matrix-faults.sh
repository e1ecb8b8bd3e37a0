#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Part of a machine hangs: one CPU, with a softdog that is too late and others that
# write meanwhile; one process; and a panic that nobody ends, watched from outside.
#
# usage: tools/lab/tests/matrix-faults.sh, from the top folder
# limit: 220

# shellcheck source=tools/lab/tests/pug-lib.sh
. tools/lab/tests/pug-lib.sh

# value KEY CELL: of its result, the last one with that name
value() {
	sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" \
		"$T/out/$2.tsc.pc.debian-6.1.12000ms.3000ms/result.json" | tail -n 1
}

echo 'TAP version 13'
echo 1..9

run_pug matrix --preset quick --msecs 12000 --watchdogs softdog \
	--faults irqs-off-dog,keepalive-stopped,panic --out "$T/out"
ok "$RC" 'three faults with softdog end as expected'
is "$(value verdict irqs-off-dog.softdog) $(value protected irqs-off-dog.softdog)" \
	'at-thaw no' 'one CPU without interrupts: too late'
[ "$(value zombie_writes irqs-off-dog.softdog)" -gt 10 ]
ok $? 'and the other one wrote after the deadline'
is "$(value verdict keepalive-stopped.softdog) $(value protected keepalive-stopped.softdog)" \
	'in-fault yes' 'a stopped keepalive process: in time'
is "$(value verdict panic.softdog) $(value protected panic.softdog)" 'never yes' \
	'a panic: it never fires, and nothing runs any more'
is "$(grep -c '"watched"' "$T/out/panic.softdog.tsc.pc.debian-6.1.12000ms.3000ms/lab.jsonl")" 1 \
	'which the lab has watched from outside'
grep -v '"watched"' "$T/out/panic.softdog.tsc.pc.debian-6.1.12000ms.3000ms/lab.jsonl" >"$T/lab"
cp "$T/lab" "$T/out/panic.softdog.tsc.pc.debian-6.1.12000ms.3000ms/lab.jsonl"
"$PUG" explain "$T/out/panic.softdog.tsc.pc.debian-6.1.12000ms.3000ms" >"$T/stdout" 2>&1
is "$? $(tail -n 1 "$T/stdout")" '2 ERROR' 'had it not, that were an error'

run_pug matrix --preset quick --msecs 12000 --watchdogs softdog-on-boot --faults none --out "$T/out"
ok "$RC" 'softdog that nobody feeds: as expected'
is "$(value verdict none.softdog-on-boot) $(value by none.softdog-on-boot)" 'before-fault softdog' \
	'it resets a healthy machine'

[ "$FAILURES" -eq 0 ]
