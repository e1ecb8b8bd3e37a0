#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kill -9 of the client at random moments, 200 times: no acknowledged row is
# unaccounted for, and no row is there that the journal does not know of.
# limit: 180

# shellcheck source=tools/lab/tests/ledger-lib.sh
. tools/lab/tests/ledger-lib.sh

KILLS=200

plan 9
servers a
ledger init --dsn "$(dsn a)"
[ "$RC" -eq 0 ] || { echo "Bail out! $ERR"; exit 1; }

pid_of() { sed -nE '$!d; s/.*"pid":([0-9]+),.*/\1/p' <(grep '"event":"start"' "$D/j/one.jsonl"); }
starts() { grep -c '"event":"start"' "$D/j/one.jsonl" 2>/dev/null; }
has_started() { [ "$(starts)" -eq "$1" ] 2>/dev/null; }

# Of every second client the parent is killed: its child must go with it
killed=0
for ((n = 1; n <= KILLS; n++)); do
	"$PUG" ledger run --journal "$D/j" --interval 0.001 --client one="$(dsn a)" \
		>/dev/null 2>&1 &
	parent=$!
	until_true has_started "$n" || break
	sleep "0.0$((RANDOM % 40 + 10))"
	if [ $((n % 2)) -eq 0 ]; then
		kill -KILL "$parent"
	else
		kill -KILL "$(pid_of)" && killed=$((killed + 1))
	fi
	wait "$parent" 2>/dev/null
done
is "$(starts)" "$KILLS" "$KILLS clients have run"
is "$killed" $((KILLS / 2)) 'half were killed themselves'
# The server may be in the middle of the last insert still
idle() { [ "$(pg_sql a "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pug'")" = 0 ]; }
until_true idle
ok $? 'no client is left'

settle_found >"$D/found"
note "$(sed 's/ phantom.*/ and phantoms/' "$D/found")"
like "$(cat "$D/found")" '^0:( phantom one:[0-9]+)*$' 'all acknowledged rows are there, none is foreign'
acked=$(json "o['acked_rows']")
tried=$(json "o['clients'][0]['tried']")
open=$(json "o['clients'][0]['open']")
phantoms=$(json "len(o['phantom'])")
note "$tried tried, $acked acknowledged, $open open, $phantoms of these there"
is "$((acked + open))" "$tried" 'every number is acknowledged or in doubt'
is "$([ "$acked" -gt "$KILLS" ] && [ "$open" -le "$KILLS" ] && [ "$phantoms" -le "$open" ] && echo yes)" \
	yes 'at most one a kill is in doubt'
is "$(pg_sql a 'SELECT count(*) FROM pug_ledger')" $((acked + phantoms)) \
	'the server counts as the ledger does'

# The proof that this can fail: one acknowledged row taken away, one doubled
victim=$(pg_sql a "SELECT id FROM pug_ledger ORDER BY id OFFSET $((acked / 2)) LIMIT 1")
while grep -q "\"event\":\"try\",\"id\":$victim," "$D/j/one.jsonl" &&
      ! grep -q "\"event\":\"ack\",\"id\":$victim," "$D/j/one.jsonl"; do
	victim=$((victim + 1))
done
pg_sql a "DELETE FROM pug_ledger WHERE id = $victim"
settle_found >"$D/found"
like "$(cat "$D/found")" "^1: lost one:$victim( phantom|\$)" 'one taken away is found'
# Acknowledged means that the server said so: the journal has its line
is "$(grep -c "\"event\":\"ack\",\"id\":$victim," "$D/j/one.jsonl")" 1 'its acknowledgment is in the journal'

finish
