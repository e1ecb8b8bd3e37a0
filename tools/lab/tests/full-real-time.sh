#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The host's time and warp must give the same verdicts: the frozen cells of
# preset quick in both, and in warp by guests that are booted instead of forked.
#
# usage: tools/lab/tests/full-real-time.sh, from the top folder
# limit: 900

set -u

PUG=${PUG:-./pug}
T=$(mktemp -d -t pug-real.XXXXXX)
PID=
TESTS=0
FAILURES=0

cleanup() {
	trap - EXIT INT TERM
	[ -z "$PID" ] || kill "$PID" 2>/dev/null
	wait
	rm -rf -- "$T"
}
trap cleanup EXIT
trap 'cleanup; exit 130' INT TERM

# is SEEN WANTED NAME
is() {
	TESTS=$((TESTS + 1))
	if [ "$1" = "$2" ]; then
		echo "ok $TESTS - $3"
		return
	fi
	FAILURES=$((FAILURES + 1))
	printf 'not ok %d - %s\n# seen:   %s\n# wanted: %s\n' "$TESTS" "$3" "$1" "$2"
	sed 's/^/# /' "$T/stdout" "$T/stderr"
}

# matrix NAME ARGUMENT...: its evidence in $T/NAME; sets RC
matrix() {
	name=$1
	shift
	"$PUG" matrix --preset quick --out "$T/$name" "$@" >"$T/stdout" 2>"$T/stderr" </dev/null &
	PID=$!
	wait "$PID"
	RC=$?
	PID=
}

# verdicts NAME: a line a cell
verdicts() {
	for file in "$T/$1"/*/result.json; do
		dir=${file%/*}
		echo "${dir##*/} $(sed -n '/"observed"/,$s/^ *"\(verdict\|effect\|by\)": "\(.*\)",/\2/p' \
			"$file" | tr '\n' ' ')"
	done
}

DOGS=none,i6300esb,i6300esb-none,softdog

echo 'TAP version 13'
echo 1..6

matrix warp --warp --faults stop-machine --watchdogs "$DOGS"
is "$RC" 0 'forked in warp: all as expected'
matrix boot --warp --boot --return --faults stop-machine --watchdogs "$DOGS"
is "$RC" 0 'booted in warp: all as expected'
matrix real --real-time --return --faults stop-machine --watchdogs "$DOGS"
is "$RC" 0 'in real time: all as expected'
is "$(verdicts boot)" "$(verdicts warp)" 'booted and forked guests: the same verdicts'
is "$(verdicts real)" "$(verdicts warp)" 'real time and warp: the same verdicts'
is "$(grep -l '"boot_ids_differ": true' "$T"/boot/*/result.json "$T"/real/*/result.json | wc -l)" 4 \
	'what was reset came back'

[ "$FAILURES" -eq 0 ]
