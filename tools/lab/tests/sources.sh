#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Expectations cite the kernel as FILE:FUNCTION. Each that cites Linux must be
# found in the distribution's linux-source of that version: a definition of the
# function, in that file. QEMU's source is no package of its own here.
#
# usage: [VERSION=6.12] tools/lab/tests/sources.sh, from the top folder

set -u

PUG=${PUG:-./pug}
VERSION=${VERSION:-6.1}
TARGET=sources-$VERSION
[ "$VERSION" != 6.1 ] || TARGET=sources
SOURCES=build/guest/$TARGET
LEAST=${LEAST:-8}
T=$(mktemp -d -t pug-sources.XXXXXX)
trap 'rm -rf "$T"' EXIT

# A version holds for what is cited behind it
citations() {
	grep -oE '(Linux|QEMU) [0-9.]+|\b(arch|drivers|kernel)/[a-zA-Z0-9_/.-]+\.[ch]:[a-zA-Z0-9_]+' |
		awk -v wanted="Linux $VERSION" '
			/^(Linux|QEMU) / { version = $0; next }
			version == wanted' | sort -u
}

# In column one begins a definition, and a declaration, which ends in a semicolon
is_there() {
	grep -E "^([a-zA-Z_].*[^a-zA-Z0-9_])?${1#*:}\(" "$SOURCES/${1%:*}" 2>/dev/null |
		grep -qv ';$'
}

vm/fetch "$TARGET" >&2 || exit 1
"$PUG" matrix --preset full --list >"$T/list" || exit 1
"$PUG" matrix --preset faults --list >>"$T/list" || exit 1
citations <"$T/list" >"$T/cited"

echo "1..$(($(wc -l <"$T/cited") + 4))"
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
if [ "$(wc -l <"$T/cited")" -ge "$LEAST" ]; then
	ok "at least $LEAST functions are cited"
else
	not_ok "at least $LEAST functions are cited"
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
if is_there kernel/time/hrtimer.c:clockevents_program_event; then
	not_ok 'nor one that is only called there'
else
	ok 'nor one that is only called there'
fi
