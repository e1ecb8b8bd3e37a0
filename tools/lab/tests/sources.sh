#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Expectations cite the kernel as FILE:FUNCTION. Each that cites Linux must be
# found in the distribution's linux-source of that version: a definition of the
# function, in that file. QEMU's source is no package of its own here.
#
# usage: [SOURCES="sources-6.12 ..."] tools/lab/tests/sources.sh, from the top folder

set -u

PUG=${PUG:-./pug}
SOURCES=${SOURCES:-sources}
LEAST=${LEAST:-8}
T=$(mktemp -d -t pug-sources.XXXXXX)
trap 'rm -rf "$T"' EXIT

# The version of what lies in $DIR: a newer one wants to be read before it is cited
version() { sed -n 's/^linux-source-\([0-9.]*\)_.*/\1/p' "$DIR/stamp"; }

# A version holds for what is cited behind it
citations() {
	grep -oE '(Linux|QEMU) [0-9.]+|\b(arch|drivers|kernel|mm)/[a-zA-Z0-9_/.-]+\.[ch]:[a-zA-Z0-9_]+' |
		awk -v wanted="Linux $(version)" '
			/^(Linux|QEMU) / { version = $0; next }
			version == wanted' | sort -u
}

# In column one begins a definition, and a declaration, which ends in a semicolon
is_there() {
	grep -E "^([a-zA-Z_].*[^a-zA-Z0-9_])?${1#*:}\(" "$DIR/${1%:*}" 2>/dev/null |
		grep -qv ';$'
}

# shellcheck disable=SC2086 # words
vm/fetch $SOURCES >&2 || exit 1
"$PUG" matrix --preset full --list >"$T/list" || exit 1
"$PUG" matrix --preset faults --list >>"$T/list" || exit 1
"$PUG" matrix --preset memory --list >>"$T/list" || exit 1
n=0
ok() {
	n=$((n + 1))
	echo "ok $n $1"
}
not_ok() {
	n=$((n + 1))
	echo "not ok $n $1"
}

# Each version's: what is cited is there, and a list that cites little proves nothing
check_version() {
	citations <"$T/list" >"$T/cited"
	while read -r citation; do
		if is_there "$citation"; then
			ok "Linux $(version) $citation"
		else
			not_ok "Linux $(version) $citation"
		fi
	done <"$T/cited"
	if [ "$(wc -l <"$T/cited")" -ge "$LEAST" ]; then
		ok "at least $LEAST functions of Linux $(version) are cited"
	else
		not_ok "at least $LEAST functions of Linux $(version) are cited"
	fi
}

# A search that finds anything would prove nothing either
check_absent() {
	if is_there "$1"; then
		not_ok "$2"
	else
		ok "$2"
	fi
}

for DIR in $SOURCES; do
	DIR=build/guest/$DIR
	check_version
done
check_absent drivers/watchdog/softdog.c:softdog_bark 'a function that is not there is not found'
check_absent drivers/watchdog/softcat.c:softdog_fire 'nor one in a file that is not there'
check_absent kernel/time/hrtimer.c:clockevents_program_event 'nor one that is only called there'
echo "1..$n"
