# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For ledger-*.sh: a folder, servers, and pug ledger with its output kept.

set -uo pipefail

TOP=$PWD
PUG=${PUG:-$TOP/pug}
# shellcheck source=tools/check/tests/lib.sh
. "$TOP/tools/check/tests/lib.sh"
# shellcheck source=tools/check/tests/postgresql.sh
. "$TOP/tools/check/tests/postgresql.sh"

D=$(mktemp -d -t pug-ledger.XXXXXX)
OURS=()

# shellcheck disable=SC2317 # called by the trap
ledger_cleanup() {
	local pid

	for pid in "${OURS[@]}"; do
		kill -KILL "$pid" 2>/dev/null
	done
	pg_end
	rm -rf -- "$D"
}
trap ledger_cleanup EXIT

# servers NAME...: made and started
servers() {
	local name

	pg_begin "$D" || exit 1
	for name; do
		if ! pg_init "$name" || ! pg_start "$name"; then
			echo "Bail out! no server: $(tail -n 3 "$D/$name/log" "$D/initdb.log" 2>&1)"
			exit 1
		fi
	done
}

dsn() { printf 'host=%s/%s/socket user=postgres dbname=postgres' "$D" "$1"; }

# ledger ARGUMENT...: sets RC, OUT and ERR
# shellcheck disable=SC2034 # tests use ERR
ledger() {
	RC=0
	OUT=$("$PUG" ledger "$@" 2>"$D/stderr") || RC=$?
	ERR=$(cat "$D/stderr")
}

# json FILTER: of OUT
json() { python3 -c "import json, sys; o = json.load(sys.stdin); print($1)" <<<"$OUT"; }

# settle_found [ARGUMENT...]: "rc: lost one:17, ..." of D/j and the server a
# shellcheck disable=SC2120 # mostly without one
settle_found() {
	ledger settle --json --journal "$D/j" --node a="$(dsn a)" "$@"
	printf '%s:' "$RC"
	json "''.join(' %s %s:%d' % (kind, row['client'], row['id'])
		for kind in ('lost', 'twice', 'foreign', 'differs', 'phantom')
		for row in o[kind])"
}

# events JOURNAL EVENT: how many
events() {
	[ -e "$1" ] || { echo 0; return; }
	awk -v event="\"event\":\"$2\"" 'index($0, event) { n++ } END { print n + 0 }' "$1"
}

# until_true COMMAND...: for 30 s
until_true() {
	local n

	for n in {1..1500}; do
		! "$@" || return 0
		sleep 0.02
	done
	note "gave up after $n tries: $*"
	return 1
}
