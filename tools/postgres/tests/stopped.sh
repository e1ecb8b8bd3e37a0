#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Processes that are stopped or killed: of which it is told, and of which not.

set -u
# shellcheck source=tools/postgres/tests/lib.sh
. tools/postgres/tests/lib.sh

pause() { kill -STOP "$@"; }
resume() { kill -CONT "$@"; }

# hold NAME: a session that stays open, and idle: so its backend sees it end
CLIENTS=()
hold() {
	PGAPPNAME=$1 "$PG_HOME/bin/psql" -h "$WORK/$SERVER/socket" -U postgres -d postgres \
		-Xq <&7 >/dev/null 2>&1 &
	CLIENTS+=($!)
}

let_go() {
	kill "${CLIENTS[@]}" 2>/dev/null || true
	wait "${CLIENTS[@]}" 2>/dev/null
	CLIENTS=()
}

# backend NAME: of the session of hold NAME
backend() {
	pg_sql "$SERVER" "SELECT pid FROM pg_stat_activity WHERE application_name = '$1'"
}

has_backend() { [ -n "$(backend "$1")" ]; }

test_stopped() {
	local pid all

	pid=$(postmaster)
	pause "$pid"
	fires 'the postmaster stopped: it fires'
	resume "$pid"
	again
	until_true log_has 'level 1: the postmaster does not answer within 1000 ms'
	ok $? 'the log says what was not proved'
	goes_on 'resumed, it is notified again'

	setting pug_watchdog.grace 1h
	again
	pause "$pid"
	fires 'grace does not forgive a stopped postmaster'
	resume "$pid"
	again
	setting pug_watchdog.grace 0

	pid=$(child pug_watchdog)
	pause "$pid"
	fires 'the worker stopped: it fires, for nobody could tell'
	resume "$pid"
	again

	pid=$(postmaster)
	all="$pid $(children "$pid")"
	# shellcheck disable=SC2086 # one pid a word
	pause $all
	fires 'all stopped: it fires'
	# shellcheck disable=SC2086
	resume $all
	again
	goes_on 'all resumed, it is notified again'
}

test_not_ours() {
	local pid name

	hold held
	until_true has_backend held
	pid=$(backend held)
	pause "$pid"
	goes_on "a client's backend stopped: it goes on"
	resume "$pid"
	let_go
	for name in checkpointer walwriter; do
		pid=$(child "$name")
		pause "$pid"
		goes_on "the $name stopped: it goes on at level 2"
		resume "$pid"
	done
}

full_up() { log_has 'pug_watchdog: PostgreSQL answers.*level 2: 53300'; }

test_slots() {
	local i

	for i in $(seq 35); do
		hold "slot$i"
	done
	until_true full_up
	ok $? 'with all connections used up, that is what it is told'
	goes_on 'and it goes on'
	let_go
	until_true status_is state alive
	ok $? 'with connections free again it is proved again'
}

gone() { ! kill -0 "$1" 2>/dev/null; }

test_crash() {
	local worker

	worker=$(child pug_watchdog)
	hold crash
	until_true has_backend crash
	mark
	kill -KILL "$(backend crash)"
	until_true gone "$worker"
	let_go
	until_true notified 3
	ok $? 'after a crash a new worker notifies'
	! fired
	ok $? 'and it did not fire in between'
	like "$(since_mark | grep -o 'WATCHDOG_USEC=.*' | tr '\n' ' ')" \
		"^WATCHDOG_USEC=3600000000[|] WATCHDOG_USEC=${USEC}[|]WATCHDOG=1[|] " \
		'the interval was longer for the recovery, and is what it was'
}

test_worker_killed() {
	local worker

	worker=$(child pug_watchdog)
	mark
	kill -KILL "$worker"
	until_true gone "$worker"
	until_true notified 3
	ok $? 'the worker killed: the server recovers, a new one notifies'
	! fired
	ok $? 'and it did not fire'
	until_true accepts
	worker=$(child pug_watchdog)
	mark
	kill -TERM "$worker"
	until_true gone "$worker"
	until_true notified 3
	ok $? 'the worker terminated: another notifies'
	! fired
	ok $? 'and it did not fire either'
	until_true accepts
	[ "$(child pug_watchdog)" != "$worker" ]
	ok $? 'it is another process'
	is "$(grep -c 'terminating any other active server processes' "$WORK/$SERVER/log")" \
		2 'only kills were crashes'
}

ENV=()
plan 22
begin
mkfifo "$WORK/nothing"
exec 7<>"$WORK/nothing"
play_systemd s
start_server s
pg_sql s 'CREATE EXTENSION pug_watchdog'
again
test_stopped
test_not_ours
test_slots
test_crash
test_worker_killed
stop_server
finish
