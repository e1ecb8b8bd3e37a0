#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# eslint on the page's script; and on a line that it must not let through.

ESLINT='build/guest/browser/eslint --format unix --no-eslintrc -c tools/lab/tests/browser/eslint.json'

echo 'TAP version 13'
echo 1..2
rc=0
# shellcheck disable=SC2086 # a command with its options
out=$($ESLINT tools/lab/report-page.js 2>&1) || rc=1
if [ "$rc" -eq 0 ]; then
	echo 'ok 1 - eslint has nothing against the script'
else
	echo 'not ok 1 - eslint has nothing against the script'
	printf '%s\n' "$out" | sed 's/^/# /'
fi
# shellcheck disable=SC2086
if echo 'document.body.innerHTML = location.hash;' | $ESLINT --stdin 2>&1 | grep -q innerHTML; then
	echo 'ok 2 - and would have against markup from data'
else
	echo 'not ok 2 - and would have against markup from data'
	rc=1
fi
exit "$rc"
