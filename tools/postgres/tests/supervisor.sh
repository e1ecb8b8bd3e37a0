#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# pug-pgwatch, for servers that Patroni starts: systemd watches it, and it passes
# on what the module says.

set -u
# shellcheck source=tools/postgres/tests/lib.sh
. tools/postgres/tests/lib.sh

supervise() {
	# shellcheck disable=SC2016 # the shell inside expands it: its pid stays
	"${PG_AS[@]}" env NOTIFY_SOCKET="$SOCKET" WATCHDOG_USEC="$USEC" \
		bash -c 'export WATCHDOG_PID=$$; exec "$@"' - "$WORK/pug-pgwatch" \
		--data "$WORK/p/data" --socket "$WORK/p/pgwatch" &
	MANAGERS+=($!)
}

# As Patroni would: nothing of systemd in the environment that is the server's
start() {
	ENV=(-u NOTIFY_SOCKET -u WATCHDOG_USEC)
	start_server p "$@"
}

WATCHED=(-c "pug_watchdog.watchdog_interval=2s")

gone() { ! kill -0 "$1" 2>/dev/null; }

killed() {
	local pid

	for pid in "$@"; do
		until_true gone "$pid" || return 1
	done
}

plan 16
begin
cp "$TOP/build/bin/pug-pgwatch" "$WORK/"
pg_init p
WATCHED+=(-c "pug_watchdog.notify_socket=$WORK/p/pgwatch")
play_systemd p
"$WORK/pug-pgwatch" --data "$WORK/p/data" --kill >"$WORK/out" 2>&1
is "$? $(<"$WORK/out")" "3 pug-pgwatch: no postmaster runs in: $WORK/p/data" \
	'where no server runs there is none to kill'
env -u NOTIFY_SOCKET "$WORK/pug-pgwatch" --data / --socket /nowhere >"$WORK/out" 2>&1
is "$?" 2 'it wants to be started by systemd'
SERVER=p
supervise
until_true grep -q 'READY=1' "$WORK/p/notify.log"
ok $? 'it is ready'
goes_on 'no server runs: systemd is notified'
# shellcheck disable=SC2016 # perl's
pg_as perl -MSocket -e 'socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die;
	send($s, "WATCHDOG=1", 0, sockaddr_un($ARGV[0])) or die' "$WORK/p/pgwatch"
until_true grep -q 'STATUS=wrong --data: nothing is watched' "$WORK/p/notify.log"
ok $? 'a server of another folder notifies: the status says so'
goes_on 'and systemd is notified'
start
goes_on 'a server without a supervisor in its settings: systemd is notified'
stop_server
start "${WATCHED[@]}"
pg_sql p 'CREATE EXTENSION pug_watchdog'
until_true grep -q 'STATUS=pug_watchdog: PostgreSQL is alive' "$WORK/p/notify.log"
ok $? 'what the module says is passed on'
goes_on 'a server with it: systemd is notified'
is "$(pg_sql p 'SELECT state, watchdog_ms FROM pug_watchdog_status')" 'alive|2000' \
	'and the module knows of it'
server=$(postmaster)
all="$server $(children "$server")"
kill -STOP "$server"
fires 'the postmaster stopped: systemd fires'
pg_as "$WORK/pug-pgwatch" --data "$WORK/p/data" --kill >"$WORK/out" 2>&1
is "$? $(<"$WORK/out")" "0 pug-pgwatch: killed the postmaster $server, which was silent" \
	'then the postmaster is killed'
# shellcheck disable=SC2086 # one pid a word
killed $all
ok $? 'and all its children'
goes_on 'no server runs again: systemd is notified'
start "${WATCHED[@]}"
ok $? 'a new server starts on the data'
goes_on 'and systemd is notified'
stop_server
finish
