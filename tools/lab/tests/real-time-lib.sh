# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The host's time and warp must give the same verdicts. For tests that compare
# them: set PRESET and source this.

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
	"$PUG" matrix --preset "$PRESET" --out "$T/$name" "$@" >"$T/stdout" 2>"$T/stderr" </dev/null &
	PID=$!
	wait "$PID"
	# shellcheck disable=SC2034 # for who sources this
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
