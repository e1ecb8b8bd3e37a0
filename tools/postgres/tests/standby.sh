#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A standby: level 3 looks at its replay.

set -u
# shellcheck source=tools/postgres/tests/lib.sh
. tools/postgres/tests/lib.sh

make_standby() {
	pg_sql primary 'CREATE EXTENSION pug_watchdog' 'CREATE TABLE t (i int)'
	mkdir -p "$WORK/standby/socket"
	[ ${#PG_AS[@]} -eq 0 ] || chown -R 65534:65534 "$WORK/standby"
	pg_as "$PG_HOME/bin/pg_basebackup" -h "$WORK/primary/socket" -U postgres -c fast -R \
		-D "$WORK/standby/data"
}

# write: WAL that the standby has to replay
write() { pg_sql primary 'INSERT INTO t SELECT generate_series(1, 100)' >/dev/null; }

replayed() {
	[ "$(pg_sql standby 'SELECT count(*) FROM t')" = "$(pg_sql primary 'SELECT count(*) FROM t')" ]
}

ENV=()
plan 9
begin
play_systemd primary
start_server primary -c wal_receiver_timeout=60s
make_standby
ok $? 'a standby is made'
play_systemd standby
ENV=(LD_PRELOAD="$WORK/shim.so")
start_server standby -c pug_watchdog.level=3 -c fsync=on
goes_on 'a standby is notified at level 3'
is "$(status 'state, level, proved')" 'alive|3|2' 'where level 2 is what can be proved'
setting pug_watchdog.replay_limit 500ms
goes_on 'with nothing to replay it goes on'
pid=$(child startup)
kill -STOP "$pid"
write
fires 'replay stands still: it fires'
like "$(status reason)" 'level 3: replay has not moved for 500 ms' 'the view says so'
kill -CONT "$pid"
until_true replayed
again
pg_sql standby 'SELECT pg_wal_replay_pause()' >/dev/null
write
goes_on 'replay paused by an administrator: it goes on'
pg_sql standby 'SELECT pg_wal_replay_resume()' >/dev/null
until_true replayed
shim hang
write
fires "the standby's file system hangs: it fires"
unshim hang
until_true replayed
again
goes_on 'and when that is over it goes on'
stop_server
SERVER=primary
stop_server
finish
