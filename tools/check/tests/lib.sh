# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# TAP for tests in bash: plan first, then one ok, is or like per result.

TESTS=0
FAILURES=0

plan() { printf 'TAP version 13\n1..%d\n' "$1"; }

# ok STATUS NAME
ok() {
	TESTS=$((TESTS + 1))
	if [ "$1" -eq 0 ]; then
		printf 'ok %d - %s\n' "$TESTS" "$2"
	else
		FAILURES=$((FAILURES + 1))
		printf 'not ok %d - %s\n' "$TESTS" "$2"
	fi
}

skip() {
	TESTS=$((TESTS + 1))
	printf 'ok %d - %s # SKIP %s\n' "$TESTS" "$1" "$2"
}

note() { printf '# %s\n' "${1//$'\n'/$'\n# '}"; }

# is SEEN WANTED NAME
is() {
	local rc=0

	[ "$1" = "$2" ] || rc=1
	ok "$rc" "$3"
	[ "$rc" -eq 0 ] || note "seen:   $1"
	[ "$rc" -eq 0 ] || note "wanted: $2"
}

# like SEEN REGEX NAME
like() {
	local rc=0

	grep -qE -- "$2" <<<"$1" || rc=1
	ok "$rc" "$3"
	[ "$rc" -eq 0 ] || note "no match of $2 in:
$1"
}

finish() { [ "$FAILURES" -eq 0 ]; }
