# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# For tests that run pug for real: a folder $T that goes at the end, a pug that is
# ended with the test, and TAP. To be sourced from the top folder.

set -u

PUG=${PUG:-./pug}
T=$(mktemp -d -t pug-test.XXXXXX)
PID=
TESTS=0
FAILURES=0

cleanup() {
	trap - EXIT INT TERM
	# It takes its QEMUs along
	[ -z "$PID" ] || kill "$PID" 2>/dev/null
	wait
	rm -rf -- "$T"
}
trap cleanup EXIT
trap 'cleanup; exit 130' INT TERM

# run_pug ARGUMENT...: sets RC; in the background, so that a signal is heeded
run_pug() {
	"$PUG" "$@" >"$T/stdout" 2>"$T/stderr" </dev/null &
	PID=$!
	wait "$PID"
	# shellcheck disable=SC2034 # for who sources this
	RC=$?
	PID=
}

# ok STATUS NAME
ok() {
	TESTS=$((TESTS + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $TESTS - $2"
		return
	fi
	FAILURES=$((FAILURES + 1))
	echo "not ok $TESTS - $2"
	sed 's/^/# /' "$T/stdout" "$T/stderr"
}

# is SEEN WANTED NAME
is() {
	[ "$1" = "$2" ]
	ok $? "$3"
	[ "$1" = "$2" ] || printf '# seen:   %s\n# wanted: %s\n' "$1" "$2"
}
