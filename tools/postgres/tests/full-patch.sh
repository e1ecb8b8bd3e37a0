#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What the patch of the talk notices, for the comparison in
# Documentation/postgres.rst. It notifies once a minute, so this takes minutes;
# all its servers run at once, each with a fault of its own.
#
# limit: 900

set -u
# shellcheck source=tools/postgres/tests/lib.sh
. tools/postgres/tests/lib.sh

USEC=65000000		# as in the talk
LIMIT=200
PATCHED=		# the server's program

# Into the tree of the unpacked server: that is how it finds its libraries
build_patched() {
	tools/postgres/patch/build && cp "$TOP/build/postgres/patched/src/backend/postgres" \
		"$TOP/build/guest/postgresql/15/tree/usr/lib/postgresql/15/bin/postgres-patched"
}

# patched NAME [OPTION...]: started, and a fault done to it behind its back
patched() {
	local dir=$WORK/$1

	play_systemd "$1"
	SERVER=$1
	shift
	pg_init "$SERVER" || return 1
	mkdir -p "$dir/shim"
	chmod 755 "$dir/shim"
	# shellcheck disable=SC2016 # the shell inside expands it: its pid stays
	pg_as env PUG_SHIM="$dir/shim" LD_PRELOAD="$WORK/shim.so" NOTIFY_SOCKET="$SOCKET" \
		WATCHDOG_USEC="$USEC" bash -c 'export WATCHDOG_PID=$$; exec "$@"' - \
		"$PATCHED" -D "$dir/data" -k "$dir/socket" "${PG_OPTIONS[@]}" -c fsync=on \
		"$@" >>"$dir/log" 2>&1 &
	LIMIT=20 until_true accepts
}

# lock SERVER NAME
lock() {
	pg_sql "$1" "CREATE FUNCTION pug_hold(text) RETURNS void LANGUAGE C AS '\$libdir/pug_hold'"
	pg_sql "$1" "SELECT pug_hold('$2')" >/dev/null 2>"$WORK/held.$1" &
	until_true grep -q 'holds it' "$WORK/held.$1"
}

all_notified() {
	local name

	for name in "${NAMES[@]}"; do
		SERVER=$name MARK=0
		notified 1 || fired || return 1
	done
}

# decided NAME: it fired, or was notified twice since its fault
decided() { SERVER=$1 MARK=${MARKS[$1]}; fired || notified 2; }

# saw NAME fires|'goes on' TEXT
saw() {
	local what='goes on'

	until_true decided "$1"
	! fired || what=fires
	is "$what" "$2" "the patch: $3: $2"
	[ "$what" = "$2" ] || explain
}

declare -A MARKS
NAMES=(quiet once postmaster everything filesystem procarray walwrite)
plan 8
build_patched >&2
ok $? 'a patched PostgreSQL is built'
[ "$FAILURES" -eq 0 ] || exit 1
begin
PATCHED=$PG_HOME/tree/usr/lib/postgresql/15/bin/postgres-patched
for name in "${NAMES[@]}"; do
	patched "$name" -c autovacuum=off || { echo "Bail out! $name does not start"; exit 1; }
done
# Before the first notification: a connection late in its minute is the case "once"
lock procarray ProcArray
lock walwrite WALWrite
until_true all_notified
for name in "${NAMES[@]}"; do
	SERVER=$name
	mark
	MARKS[$name]=$MARK
done
kill -STOP "$(pg_pid postmaster)"
# shellcheck disable=SC2046 # one pid a word
kill -STOP "$(pg_pid everything)" $(children "$(pg_pid everything)")
SERVER=filesystem shim hang
sleep 20		# a third of the patch's minute
pg_sql once 'SELECT 1' >/dev/null
saw quiet 'goes on' 'a server that nobody connects to'
saw once fires 'a healthy server that is connected to once, 20 s after a notification'
saw postmaster fires 'the postmaster stopped'
saw everything fires 'all stopped'
saw filesystem 'goes on' 'the file system hangs'
saw procarray 'goes on' 'ProcArrayLock held for ever'
saw walwrite 'goes on' 'WALWriteLock held for ever'
finish
