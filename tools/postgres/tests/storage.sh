#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A file system that hangs, that is slow, that is full; a lock that is held for
# ever; a recovery that is long. See shim.c for how file systems are played.

set -u
# shellcheck source=tools/postgres/tests/lib.sh
. tools/postgres/tests/lib.sh

# level N: and proved at it
level() {
	setting pug_watchdog.level "$1"
	until_true status_is 'state, level, proved' "alive|$1|$1" || note "level $1 is not proved"
}

probes() {
	pg_sql "$SERVER" "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pug_watchdog'"
}

# Longer than the watchdog's interval: two of them
let_pass() { sleep $((2 * USEC / 1000000)); }

test_hang() {
	level 2
	shim hang
	goes_on 'the file system hangs: level 2 does not see it' 4
	unshim hang
	level 3
	shim hang
	fires 'the file system hangs: level 3 fires'
	like "$(status 'state, reason')" '^silent[|]level 3: a WAL flush does not end within 1000 ms' \
		'the view says what hangs'
	unshim hang
	again
	status_is state alive
	ok $? 'it ends, and notifications begin again'
}

test_grace() {
	setting pug_watchdog.grace 6s
	again
	shim hang
	mark
	until_true status_is state grace
	goes_on 'with grace a hang above level 1 is forgiven'
	status_is state grace
	ok $? 'and the view says so'
	fires 'but not for ever'
	setting pug_watchdog.grace 0
	setting pug_watchdog.limit_flush 20ms
	let_pass
	[ "$(probes)" -le 3 ]
	ok $? 'no more than three backends are left hanging'
	note "$(probes) backends hang"
	unshim hang
	setting pug_watchdog.limit_flush 0
	again
	is "$(probes)" 0 'and none when it is over'
}

test_slow() {
	local i pid sql=''

	level 3
	for i in $(seq 30); do
		sql+="CREATE TABLE t$i AS SELECT generate_series(1, 10) AS i;"
	done
	pg_sql "$SERVER" "$sql"
	shim slow 300
	pg_sql "$SERVER" CHECKPOINT &
	pid=$!
	goes_on 'a long checkpoint: it goes on at level 3'
	kill -0 "$pid" 2>/dev/null
	ok $? 'the checkpoint took longer than that'
	setting pug_watchdog.limit_flush 100ms
	fires 'a flush that takes longer than its limit: it fires'
	setting pug_watchdog.limit_flush 0
	again
	goes_on 'with the limit as it was it goes on'
	unshim slow
	wait "$pid"
}

test_full() {
	shim full
	like "$(pg_sql "$SERVER" 'CREATE TABLE u AS SELECT generate_series(1, 100000)' 2>&1)" \
		'No space left on device' 'the disk is full'
	goes_on 'and it goes on at level 3'
	unshim full
}

# lock NAME: a backend holds it; its pid in HOLDER
lock() {
	pg_sql "$SERVER" 'SELECT pg_backend_pid()' "SELECT pug_hold('$1')" \
		>"$WORK/holder" 2>"$WORK/held" &
	until_true grep -q 'holds it' "$WORK/held"
	HOLDER=$(<"$WORK/holder")
}

# A holder ends by a crash of the server, which is another case
end_of_lock() {
	kill -KILL "$HOLDER"
	until_true accepts
	again
}

test_locks() {
	pg_sql "$SERVER" "CREATE FUNCTION pug_hold(text) RETURNS void
		LANGUAGE C AS '\$libdir/pug_hold'"
	level 1
	lock ProcArray
	goes_on 'ProcArrayLock held for ever: level 1 does not see it'
	setting pug_watchdog.level 2
	fires 'ProcArrayLock held for ever: level 2 fires'
	log_has 'level 2: a backend does not answer SELECT 1 within 1000 ms'
	ok $? 'and says that a backend does not answer'
	end_of_lock
	lock WALWrite
	goes_on 'WALWriteLock held for ever: level 2 does not see it'
	setting pug_watchdog.level 3
	fires 'WALWriteLock held for ever: level 3 fires'
	end_of_lock
}

recovers() { child startup >/dev/null; }

# long_recovery: crash, and the startup process waits for fsync() of the data. Not
# the postmaster: it writes its lock file anew before, and would hang itself.
long_recovery() {
	shim hang startup
	mark
	pg_sql "$SERVER" 'SELECT pg_sleep(600)' >/dev/null 2>&1 &
	until_true child '.*SELECT' >/dev/null
	kill -KILL "$(child '.*SELECT')"
	until_true recovers
	let_pass
}

test_recovery() {
	level 2
	long_recovery
	recovers && ! child pug_watchdog >/dev/null
	ok $? 'in crash recovery PostgreSQL runs no worker'
	! notified 2 && ! fired
	ok $? 'a recovery that is longer than the interval does not fire'
	unshim hang
	until_true accepts
	goes_on 'when it is over it goes on'
	setting pug_watchdog.crash_recovery 0
	until_true log_has 'pug_watchdog.crash_recovery" changed to "0"'
	long_recovery
	until_true fired
	ok $? 'without crash_recovery the same one fires'
	unshim hang
	until_true accepts
	again
}

ENV=()
plan 24
begin
ENV=(LD_PRELOAD="$WORK/shim.so")
play_systemd d
start_server d -c fsync=on -c autovacuum=off
pg_sql d 'CREATE EXTENSION pug_watchdog'
test_hang
test_grace
test_slow
test_full
test_locks
test_recovery
stop_server
finish
