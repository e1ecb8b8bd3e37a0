# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# PostgreSQL servers for tests: that of vm/fetch, never one of this machine. Version
# 15, or PG_MAJOR.
# Each has a folder of its own and listens on a unix socket in it, and nowhere
# else. The server refuses root, so root runs it as nobody.
#
# Needs TOP. pg_begin DIR once, then pg_init NAME and pg_start NAME; the socket,
# data and log are $PG_DIR/NAME/{socket,data,log}. pg_end in the exit trap.

PG_MAJOR=${PG_MAJOR:-15}
PG_HOME=
PG_DIR=
PG_AS=()
PG_OPTIONS=(-c fsync=off -c shared_buffers=16MB -c listen_addresses=
	-c max_connections=30 -c log_timezone=UTC)

# pg_begin DIR: DIR is made, for the server's user; it has to be on a path that
# everyone may search (mktemp -t), and short: a socket's path has 107 bytes.
pg_begin() {
	PG_DIR=$1
	PG_HOME=$TOP/build/guest/postgresql/$PG_MAJOR
	if [ ! -x "$PG_HOME/bin/postgres" ]; then
		echo "Bail out! no PostgreSQL: vm/fetch fetches it (postgresql-$PG_MAJOR)"
		return 1
	fi
	mkdir -p "$PG_DIR" && chmod 755 "$PG_DIR" || return 1
	[ "$(id -u)" -eq 0 ] || return 0
	PG_AS=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	# A clone in /root: nobody may not even look into it
	if ! "${PG_AS[@]}" "$PG_HOME/bin/postgres" --version >/dev/null 2>&1; then
		cp -a "$PG_HOME" "$PG_DIR/postgresql" || return 1
		PG_HOME=$PG_DIR/postgresql
	fi
}

# pg_as COMMAND...: as the server's user, in a folder that it may be in
pg_as() { (cd / && exec "${PG_AS[@]}" "$@"); }

# pg_init NAME: makes a server's data, its superuser is postgres
pg_init() {
	local dir=$PG_DIR/$1

	mkdir -p "$dir/socket" "$dir/data" && chmod 700 "$dir/data" || return 1
	[ ${#PG_AS[@]} -eq 0 ] || chown -R 65534:65534 "$dir" || return 1
	# Made once, then copied: initdb takes a second or two
	if [ ! -d "$PG_DIR/template/data/base" ] && [ "$1" != template ]; then
		pg_init template || return 1
	fi
	if [ "$1" = template ]; then
		pg_as "$PG_HOME/bin/initdb" -D "$dir/data" -U postgres -A trust \
			-E UTF8 --locale=C --no-sync >"$PG_DIR/initdb.log" 2>&1
	else
		cp -a "$PG_DIR/template/data/." "$dir/data/"
	fi
}

# pg_start NAME [OPTION...]: returns when it takes connections
pg_start() {
	local dir=$PG_DIR/$1

	shift
	pg_as "$PG_HOME/bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 60 -s \
		-o "-k $dir/socket ${PG_OPTIONS[*]@Q} ${*@Q}" start
}

# pg_pid NAME: of the postmaster
pg_pid() { head -n 1 "$PG_DIR/$1/data/postmaster.pid"; }

# pg_stop NAME [fast|immediate]
pg_stop() {
	pg_as "$PG_HOME/bin/pg_ctl" -D "$PG_DIR/$1/data" -w -t 60 -s \
		-m "${2:-immediate}" stop
}

# pg_sql NAME SQL...: prints rows as they are
pg_sql() {
	local name=$1 args=() sql

	shift
	for sql; do
		args+=(-c "$sql")
	done
	"$PG_HOME/bin/psql" -h "$PG_DIR/$name/socket" -U postgres -d postgres \
		-XqAt -v ON_ERROR_STOP=1 "${args[@]}"
}

# pg_end: stops what still runs
pg_end() {
	local pid

	for pid in "$PG_DIR"/*/data/postmaster.pid; do
		[ -e "$pid" ] || continue
		kill -CONT "$(head -n 1 "$pid")" 2>/dev/null || true
		pid=${pid%/data/postmaster.pid}
		pg_stop "${pid##*/}" >/dev/null 2>&1 || true
	done
}
