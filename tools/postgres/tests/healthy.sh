#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A healthy server notifies at half of the interval; settings change while it
# runs; one that nobody watches says so once and does nothing.

set -u
# shellcheck source=tools/postgres/tests/lib.sh
. tools/postgres/tests/lib.sh

# median_gap NAME: milliseconds between two notifications
median_gap() {
	awk '/WATCHDOG=1\|/ { if (last) print $1 - last; last = $1 }' \
		"$WORK/$1/notify.log" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# within VALUE LOW HIGH
within() { awk -v v="$1" -v low="$2" -v high="$3" 'BEGIN { exit !(v >= low && v <= high) }'; }

test_rate() {
	local fast slow pid

	# Two at once, so that what the machine does, it does to both
	USEC=4000000
	play_systemd slow
	start_server slow
	USEC=1000000
	play_systemd fast
	start_server fast
	ok $? 'a watched server starts'
	until_true notified 16
	SERVER=slow MARK=0 until_true notified 5
	slow=$(median_gap slow)
	fast=$(median_gap fast)
	within "$(awk "BEGIN { print $slow / $fast }")" 3.2 4.4
	ok $? 'four times the interval, a fourth of the notifications'
	note "median gaps: $slow ms of 4000, $fast ms of 1000"
	within "$(awk "BEGIN { print $fast / 1000 }")" 0.4 0.9
	ok $? 'the gap is about half of the interval'
	! grep -q ' fired$' "$WORK/slow/notify.log" "$WORK/fast/notify.log"
	ok $? 'a healthy server is not fired at'
	pid=$(child pug_watchdog)
	is "$(awk '/WATCHDOG=1\|/ { print $3 }' "$WORK/fast/notify.log" | sort -u)" "$pid" \
		'it is the worker that notifies'
	SERVER=slow
	stop_server
	like "$(tail -n 1 "$WORK/slow/notify.log")" 'STOPPING=1' \
		'the postmaster tells of its end itself'
	SERVER=fast
	stop_server
}

test_view() {
	USEC=2000000
	play_systemd view
	start_server view
	until_true notified 1
	pg_sql view 'CREATE EXTENSION pug_watchdog'
	ok $? 'the extension is created'
	# The first answer may have been that it is starting up
	until_true status_is state alive
	is "$(status 'state, level, proved, watchdog_ms, pid')" \
		"alive|2|2|2000|$(child pug_watchdog)" 'the view shows what is proved'
	is "$(status 'level1_ms > 0, level2_ms > 0, level3_ms IS NULL, last_notification <= now()')" \
		't|t|t|t' 'and how long it took'
	pg_sql view 'CREATE ROLE nosy LOGIN' 'CREATE ROLE monitor LOGIN IN ROLE pg_monitor'
	like "$("$PG_HOME/bin/psql" -h "$WORK/view/socket" -U nosy -d postgres -Xqc \
		'SELECT * FROM pug_watchdog_status' 2>&1)" 'permission denied' \
		'it is not for everybody'
	"$PG_HOME/bin/psql" -h "$WORK/view/socket" -U monitor -d postgres -Xqc \
		'SELECT * FROM pug_watchdog_status' >/dev/null 2>&1
	ok $? 'it is for monitoring'
}

told_of_password() { since_mark | grep -q 'STATUS=.*asks for authentication'; }

# The server of test_view
test_reload() {
	local before

	before=$(wc -l <"$WORK/view/log")
	goes_on 'it goes on'
	is "$(tail -n +$((before + 1)) "$WORK/view/log")" '' 'and a server that stays healthy logs nothing'
	setting pug_watchdog.level 3
	until_true status_is 'level, proved, level3_ms > 0' '3|3|t'
	ok $? 'level 3 after a reload'
	goes_on 'it is notified with level 3'
	setting pug_watchdog.level 1
	until_true status_is 'level, proved' '1|1'
	ok $? 'level 1 after a reload'
	setting pug_watchdog.level 4
	until_true log_has 'pug_watchdog.level.*(1 .. 3)'
	ok $? 'level 4 is refused'
	status_is level 1
	ok $? 'and changes nothing'
	setting pug_watchdog.level 2
	setting pug_watchdog.role nobody_of_that_name
	until_true status_is 'state, proved' 'answering|1'
	ok $? 'a role that does not exist is an answer'
	goes_on 'and a sign of life'
	like "$(status reason)" 'level 2: 28000 .*nobody_of_that_name' 'the view says which'
	is "$(grep -c 'pug_watchdog: PostgreSQL answers.*nobody_of_that_name' "$WORK/view/log")" 1 'the log says it once'
	like "$(grep 'STATUS=' "$WORK/view/notify.log" | tail -n 1)" 'nobody_of_that_name' \
		'systemctl status can show it'
	setting pug_watchdog.role postgres
	until_true status_is state alive
	ok $? 'with the role set right it is proved again'
	printf 'local all all scram-sha-256\n' >"$WORK/view/data/pg_hba.conf"
	mark
	kill -HUP "$(postmaster)"
	until_true told_of_password
	ok $? 'a password that is asked for is an answer'
	goes_on 'and a sign of life too'
	stop_server
}

# off NAME REASON: it starts, notifies nobody, and says once why
off() {
	local name=$1 reason=$2

	start_server "$name"
	ok $? "$name: the server starts"
	is "$(grep -c "pug_watchdog does nothing: .*$reason" "$WORK/$name/log")" 1 "$name: it says so once"
	child pug_watchdog >/dev/null
	is "$?" 1 "$name: it has no worker"
	pg_sql "$name" 'CREATE EXTENSION pug_watchdog'
	like "$(status 'state, reason, pid')" "^off[|].*$reason.*[|]$" "$name: the view says why"
	stop_server
	is "$(grep -c 'WATCHDOG=1' "$WORK/$name/notify.log")" 0 "$name: nobody was notified"
}

test_off() {
	play_systemd pid
	ENV=(WATCHDOG_PID=1)
	off pid 'WATCHDOG_PID is another process'
	play_systemd socket
	ENV=(-u NOTIFY_SOCKET)
	off socket 'NOTIFY_SOCKET is not set'
	play_systemd usec
	ENV=(WATCHDOG_USEC=2s)
	off usec 'WATCHDOG_USEC is not a number'
	ENV=()
}

test_abstract() {
	play_systemd abstract "@pug-watchdog-test-$$"
	start_server abstract
	goes_on 'an abstract socket is notified'
	stop_server
}

# Misconfigured, it would be killed again and again: so it does not start
test_refusals() {
	play_systemd workers
	! start_server workers -c max_worker_processes=0
	ok $? 'no room for the worker: the server does not start'
	like "$(cat "$WORK/workers/log")" 'FATAL: .*pug_watchdog got no background worker' \
		'and says why'
	like "$(cat "$WORK/workers/log")" 'Raise max_worker_processes' 'and what to do'
}

ENV=()
plan 45
begin
test_rate
test_view
test_reload
test_off
test_abstract
test_refusals
finish
