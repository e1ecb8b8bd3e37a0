#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A small real matrix, forked in warp: verdicts, exit status, every key of the
# results, and the same verdicts again from the evidence alone. Then evidence
# that was tampered with, which must be a surprise or an error.
#
# usage: tools/lab/tests/matrix-small.sh, from the top folder
# limit: 220

# shellcheck source=tools/lab/tests/pug-lib.sh
. tools/lab/tests/pug-lib.sh

note() {
	sed 's/^/# /' "$@"
}

matrix() {
	run_pug matrix --preset quick --msecs 30000 "$@"
}

# Values of KEY in FILE, in order; jansson writes a key a line
values() {
	sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" "$2"
}

folder() {
	echo "$T/out/$1.tsc.pc.debian-6.1.30000ms.3000ms"
}

echo 'TAP version 13'
echo 1..25

matrix --faults none,stop-machine --watchdogs i6300esb,softdog --out "$T/more" --list
is "$RC $(tail -n 1 "$T/stdout")" '0 4 cells' '--list runs nothing'

# Not a product: the control of one dog is enough here
matrix --faults none --watchdogs i6300esb --out "$T/out" --json "$T/control.json"
is "$RC" 0 'the control: exit status'
[ "$RC" -eq 0 ] || note "$T/stderr" "$T/stdout"
is "$(values verdict "$(folder none.i6300esb)/result.json" | tail -n 1)" never \
	'the control is quiet'

matrix --faults stop-machine --watchdogs i6300esb,i6300esb-none,softdog --out "$T/out" \
	--json "$T/json"
is "$RC" 0 'three frozen guests: exit status'
[ "$RC" -eq 0 ] || note "$T/stderr" "$T/stdout"
is "$(grep -c ' as expected, 0 surprises, 0 errors' "$T/stdout")" 1 'the last line counts'
is "$(grep -c '^!\|^E' "$T/stdout")" 0 'nothing is marked'

# cell NAME: its verdict, effect, author and protection
cell() {
	for key in verdict effect by protected; do
		values "$key" "$(folder "$1")/result.json" | tail -n 1
	done | tr '\n' ' '
}

is "$(cell stop-machine.i6300esb)" 'in-fault reset i6300esb yes ' i6300esb
is "$(cell stop-machine.i6300esb-none)" 'in-fault none i6300esb no ' 'the dud'
case $(cell stop-machine.softdog) in
'at-thaw reset softdog no ' | 'at-thaw reset softdog by luck ') ok 0 softdog ;;
*) ok 1 softdog; echo "# $(cell stop-machine.softdog)" ;;
esac

# between LEAST MOST VALUE NAME: milliseconds
between() {
	awk -v v="$3" -v least="$1" -v most="$2" 'BEGIN { exit !(v >= least && v <= most) }'
	ok $? "$4 ($3 ms)"
}

# By the sum 3019.9 ms; firing and keepalive lie between two readings of the
# counter each, 0.8 ms apart. What QEMU does not trace may be read late, and says so.
esb=$(folder stop-machine.i6300esb)/result.json
case $(values fire_is_upper_bound "$esb") in
false) most=3021 ;;
*) most=30000 ;;
esac
between 3019 $most "$(values keepalive_to_fire_ms "$esb")" \
	'i6300esb fires 3 s x 1.0066 after the last keepalive'
between 30000 31000 "$(values fault_to_fire_ms "$(folder stop-machine.softdog)/result.json")" \
	'softdog fires when the freeze of 30 s is over'

# --- results for programs ---------------------------------------------------------

missing=
for key in id fault watchdog clock kernel machine timeout_ms msecs as_expected wall_s \
	virtual_s expected observed effect reason verdict protected by action \
	keepalive_to_fire_ms fault_to_fire_ms zombie_ms zombie_writes; do
	n=$(grep -c "^ *\"$key\":" "$T/json")
	[ "$n" -ge 3 ] || missing="$missing $key ($n)"
done
is "$missing" '' 'each cell has every key'
missing=
for key in cells virtual_s wall_s frozen_s frozen_per_wall_s accel qemu; do
	grep -q "^  \"$key\":" "$T/json" || missing="$missing $key"
done
is "$missing" '' 'the run has every key'
is "$(values as_expected "$T/json" | sort -u | tr '\n' ' ')" '3 true ' 'all as expected, in JSON'
is "$(cmp "$T/json" "$T/out/run.json" 2>&1)" '' '--json is what is kept beside the evidence'

run_pug matrix --preset quick --faults none --watchdogs none --out "$T/ktap" --ktap
is "$RC $(grep -v '^#' "$T/stdout" | tr '\n' ' ')" \
	'0 KTAP version 1 1..1 ok 1 none.none.tsc.pc.debian-6.1.8000ms.3000ms ' KTAP

# --- and once more, from the evidence -----------------------------------------------

for name in none.i6300esb stop-machine.i6300esb stop-machine.i6300esb-none \
	stop-machine.softdog; do
	"$PUG" explain --json "$(folder "$name")" 2>&1 | grep -v '"wall_s"' >"$T/again"
	grep -v '"wall_s"' "$(folder "$name")/result.json" >"$T/first"
	# result.json has no newline at its end
	echo >>"$T/first"
	is "$(diff -B "$T/first" "$T/again")" '' "$name is explained the same"
done

cp -r "$(folder stop-machine.i6300esb)" "$T/tampered"
grep -v '"event":"WATCHDOG"' "$T/tampered/qmp.jsonl" >"$T/qmp"
cp "$T/qmp" "$T/tampered/qmp.jsonl"
"$PUG" explain "$T/tampered" >"$T/stdout" 2>&1
is "$? $(tail -n 1 "$T/stdout")" '2 ERROR' \
	'a WATCHDOG event that only the trace has is an error'
grep -v '^watchdog_perform_action' "$T/tampered/trace.log" >"$T/trace"
cp "$T/trace" "$T/tampered/trace.log"
"$PUG" explain "$T/tampered" >"$T/stdout" 2>&1
is "$? $(tail -n 1 "$T/stdout")" '1 SURPRISE' 'without its WATCHDOG event i6300esb is a surprise'

EVIDENCE='agent.jsonl canary.jsonl console.log lab.jsonl qmp.jsonl trace.log'
for file in $EVIDENCE; do
	cp "$(folder stop-machine.softdog)/$file" "$T/tampered/$file"
done
"$PUG" explain "$T/tampered" >"$T/stdout" 2>&1
is "$? $(tail -n 1 "$T/stdout")" '1 SURPRISE' "with softdog's evidence it is one too"

rm "$T/tampered/canary.jsonl"
"$PUG" explain "$T/tampered" >"$T/stdout" 2>&1
is "$? $(tail -n 1 "$T/stdout")" '2 ERROR' 'without canaries it is an error'

case $(values verdict "$(folder stop-machine.softdog)/result.json" | tail -n 1) in
at-thaw) swapped=$(folder stop-machine.i6300esb) ;;
*) swapped=/nowhere ;;
esac
cp -r "$(folder stop-machine.softdog)" "$T/swapped"
for file in $EVIDENCE; do
	cp "$swapped/$file" "$T/swapped/$file"
done
"$PUG" explain "$T/swapped" >"$T/stdout" 2>&1
is "$? $(tail -n 1 "$T/stdout")" '1 SURPRISE' "softdog with i6300esb's evidence is one"

[ "$FAILURES" -eq 0 ]
