#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Expectations cite the kernel as FILE:FUNCTION. Each that cites Linux must be
# found in the distribution's linux-source: the function, in that file.

set -u

PUG=${PUG:-./pug}
SOURCES=build/guest/sources
T=$(mktemp -d -t pug-sources.XXXXXX)
trap 'rm -rf "$T"' EXIT

# The kernel's files only: QEMU's source is no package of its own here
citations() {
	grep -oE '\b(arch|drivers|kernel)/[a-zA-Z0-9_/.-]+\.[ch]:[a-zA-Z0-9_]+' | sort -u
}

is_there() {
	grep -qE "(^|[^a-zA-Z0-9_])${1#*:}\(" "$SOURCES/${1%:*}" 2>/dev/null
}

vm/fetch sources >&2 || exit 1
"$PUG" matrix --preset full --list >"$T/list" || exit 1
citations <"$T/list" >"$T/cited"

echo "1..$(($(wc -l <"$T/cited") + 3))"
n=0
ok() {
	n=$((n + 1))
	echo "ok $n $1"
}
not_ok() {
	n=$((n + 1))
	echo "not ok $n $1"
}

while read -r citation; do
	if is_there "$citation"; then
		ok "$citation"
	else
		not_ok "$citation"
	fi
done <"$T/cited"

# A list that cites little, or a search that finds anything, would prove nothing
if [ "$(wc -l <"$T/cited")" -ge 8 ]; then
	ok 'at least eight functions are cited'
else
	not_ok 'at least eight functions are cited'
fi
if is_there drivers/watchdog/softdog.c:softdog_bark; then
	not_ok 'a function that is not there is not found'
else
	ok 'a function that is not there is not found'
fi
if is_there drivers/watchdog/softcat.c:softdog_fire; then
	not_ok 'nor one in a file that is not there'
else
	ok 'nor one in a file that is not there'
fi
