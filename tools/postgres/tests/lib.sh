# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A PostgreSQL server with the module, and a program that plays systemd for it.
# Faults are done to its processes; whether notifications go on is asked of the
# other's log. Nothing is concluded from wall time: a case ends when what it
# waits for has been written down, or fails at a limit.

TOP=$PWD
# shellcheck source=tools/check/tests/lib.sh
. tools/check/tests/lib.sh
# shellcheck source=tools/check/tests/postgresql.sh
. tools/check/tests/postgresql.sh

MODULE_DIR=$TOP/tools/postgres/pug_watchdog
TESTS_DIR=$TOP/tools/postgres/tests
LIMIT=30		# seconds for what should take a few
USEC=2000000		# WATCHDOG_USEC
SERVER=			# the one that is asked
SERVER_PID=
MARK=0			# lines of its log that are history
MANAGERS=()
WORK=

# Build what is tested and what tests it; install into the unpacked server
build_module() {
	local out=$TOP/build/postgres/$PG_MAJOR home=$TOP/build/guest/postgresql/$PG_MAJOR

	mkdir -p "$out/hold"
	make -s -C "$out" -f "$MODULE_DIR/Makefile" PG_CONFIG="$home/bin/pg_config" \
		PUG_CFLAGS='-Wextra -Wshadow -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers -Werror' \
		all install &&
	make -s -C "$out/hold" -f "$TESTS_DIR/hold/Makefile" \
		PG_CONFIG="$home/bin/pg_config" all install &&
	gcc -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -O2 -I "$TOP/tools/postgres" \
		-o "$out/manager" "$TESTS_DIR/manager.c" "$TOP/tools/postgres/notify.c" &&
	gcc -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -O2 -fPIC -shared \
		-o "$out/shim.so" "$TESTS_DIR/shim.c" -ldl
}

begin() {
	local out=$TOP/build/postgres/$PG_MAJOR

	# What `make check' runs at the same time may want the same
	(exec 9>"$TOP/build/postgres.lock" && flock 9 && build_module) >&2 || {
		echo 'Bail out! the module does not build'
		exit 1
	}
	WORK=$(mktemp -d -t pug-pg.XXXXXX)
	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	chmod 755 "$WORK"
	pg_begin "$WORK" || exit 1
	cp "$out/manager" "$out/shim.so" "$WORK/"
}

cleanup() {
	local pid

	trap - EXIT INT TERM
	# Stopped ones do not stop
	for pid in "$WORK"/*/data/postmaster.pid; do
		[ -e "$pid" ] || continue
		rm -f "${pid%/data/*}"/shim/*
		# shellcheck disable=SC2046 # one pid a word
		kill -CONT $(children "$(head -n 1 "$pid")") 2>/dev/null || true
	done
	pg_end
	# One that has not yet written its pid
	[ -z "$SERVER_PID" ] || kill -QUIT "$SERVER_PID" 2>/dev/null || true
	[ ${#MANAGERS[@]} -eq 0 ] || kill "${MANAGERS[@]}" 2>/dev/null || true
	wait
	rm -rf -- "$WORK"
}

# until_true COMMAND...: true once it is, false at the limit
until_true() {
	local end=$((SECONDS + LIMIT))

	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

# --- the server ---------------------------------------------------------------

# play_systemd NAME [SOCKET]: its log is $WORK/NAME/notify.log
play_systemd() {
	local name=$1 socket=${2:-$WORK/$1/notify}

	mkdir -p "$WORK/$name"
	rm -f "$WORK/$name/notify"
	"$WORK/manager" "$socket" "$USEC" "$WORK/$name/notify.log" &
	MANAGERS+=($!)
	until_true test -e "$WORK/$name/notify.log"
	SOCKET=$socket
}

# start_server NAME [OPTION...]: as systemd would; returns when it is ready. ENV
# has what is set besides NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
start_server() {
	local dir=$WORK/$1

	SERVER=$1
	shift
	[ -e "$dir/data/PG_VERSION" ] || pg_init "$SERVER" || return 1
	mkdir -p "$dir/shim"
	chmod 755 "$dir/shim"
	# shellcheck disable=SC2016 # the shell inside expands it: its pid stays
	pg_as env PUG_SHIM="$dir/shim" NOTIFY_SOCKET="$SOCKET" WATCHDOG_USEC="$USEC" \
		bash -c 'export WATCHDOG_PID=$$; exec "$@"' - env "${ENV[@]}" \
		"$PG_HOME/bin/postgres" -D "$dir/data" -k "$dir/socket" "${PG_OPTIONS[@]}" \
		-c shared_preload_libraries=pug_watchdog "$@" >>"$dir/log" 2>&1 &
	SERVER_PID=$!
	until_true accepts_or_gone
	mark
	accepts
}

accepts_or_gone() { accepts || ! kill -0 "$SERVER_PID" 2>/dev/null; }

accepts() { pg_sql "$SERVER" 'SELECT 1' >/dev/null 2>&1; }

stop_server() { pg_stop "$SERVER" fast; }

postmaster() { pg_pid "$SERVER"; }

children() { cat "/proc/$1/task/$1/children" 2>/dev/null; }

# child WORD: the first of the postmaster's children whose title has it
child() {
	local pid

	for pid in $(children "$(postmaster)"); do
		if grep -qza "^postgres: .*$1" "/proc/$pid/cmdline" 2>/dev/null; then
			echo "$pid"
			return
		fi
	done
	return 1
}

log_has() { grep -qE -- "$1" "$WORK/$SERVER/log"; }

status() { pg_sql "$SERVER" "SELECT ${1:-state} FROM pug_watchdog_status"; }

# status_is COLUMNS VALUE
status_is() { [ "$(status "$1" 2>/dev/null)" = "$2" ]; }

# setting NAME VALUE: in postgresql.conf, and reloaded; without SQL, which may hang
setting() {
	echo "$1 = '$2'" >>"$WORK/$SERVER/data/postgresql.conf"
	kill -HUP "$(postmaster)"
}

# shim WORD [TEXT], unshim WORD
shim() { printf '%s' "${2:-}" >"$WORK/$SERVER/shim/$1"; }
unshim() { rm -f "$WORK/$SERVER/shim/$1"; }

# --- what systemd saw ---------------------------------------------------------

since_mark() { tail -n +$((MARK + 1)) "$WORK/$SERVER/notify.log"; }

mark() { MARK=$(wc -l <"$WORK/$SERVER/notify.log"); }

notified() { [ "$(since_mark | grep -c 'WATCHDOG=1|')" -ge "$1" ]; }

fired() { since_mark | grep -q ' fired$'; }

explain() {
	note "systemd: $(since_mark | tail -n 5 | tr '\n' ';')"
	note "server: $(tail -n 8 "$WORK/$SERVER/log")"
}

# goes_on NAME [N]: N more notifications, and it did not fire
goes_on() {
	local rc=0

	mark
	until_true notified "${2:-3}" || rc=1
	! fired || rc=1
	ok $rc "$1"
	[ $rc -eq 0 ] || explain
}

# fires NAME: notifications end for the whole interval
fires() {
	local rc=0

	mark
	until_true fired || rc=1
	ok $rc "$1"
	[ $rc -eq 0 ] || explain
}

# again: it is notified again, so that the next case begins in health
again() { mark; until_true notified 1 || note 'no notification after the case'; mark; }
