#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is done behind the ledger's back is what it reports, exactly: rows
# deleted, inserted, doubled, changed, on the leader and on another node.

# shellcheck source=tools/lab/tests/ledger-lib.sh
. tools/lab/tests/ledger-lib.sh

plan 29
servers a

# change SQL...: done, settled, undone; prints what was found
change() {
	pg_sql a 'CREATE TABLE kept AS TABLE pug_ledger' "$@"
	settle_found
	pg_sql a 'TRUNCATE pug_ledger' 'INSERT INTO pug_ledger TABLE kept' 'DROP TABLE kept'
}

ledger init --dsn "$(dsn a)"
is "$RC:$OUT:$ERR" '0::' 'the table is made'
ledger init --dsn "$(dsn a)"
is "$RC" 0 'and made again while it is empty'
ledger run --journal "$D/j" --rows 100 --interval 0 \
	--client one="$(dsn a)" --cling two="$(dsn a)"
is "$RC:$(grep -c 'tried 100, acknowledged 100, refused 0, no answer 0' <<<"$OUT")" 0:2 \
	'two clients insert a hundred rows each'
ledger init --dsn "$(dsn a)"
is "$RC" 2 'a table with rows is left alone'
like "$ERR" '--empty removes them' 'and that is said'

is "$(settle_found)" 0: 'all there'
ledger settle --journal "$D/j" --node a="$(dsn a)"
like "$OUT" '^node a: leader, timeline 1, count 200, sum 10100$' 'count and sum'
like "$OUT" '^ALL THERE: 200 acknowledged$' 'in words'

is "$(change "DELETE FROM pug_ledger WHERE client = 'one' AND id IN (1, 50, 100)")" \
	'1: lost one:1 lost one:50 lost one:100' 'deleted rows are lost'
is "$(change 'DELETE FROM pug_ledger' | wc -w)" 401 'all of them'
is "$(change "INSERT INTO pug_ledger TABLE pug_ledger")" \
	"1:$(for c in one two; do printf " twice $c:%d" {1..100}; done)" 'everything twice'
change "INSERT INTO pug_ledger SELECT p.* FROM pug_ledger p, generate_series(1, 2)
	WHERE client = 'two' AND id = 7" >"$D/found"
is "$(cat "$D/found")" '1: twice two:7' 'a row three times'
is "$(json "o['twice'][0]['times']['a']")" 3 'is counted'
is "$(change "INSERT INTO pug_ledger VALUES ('one', 101), ('three', 1), ('one', -5)")" \
	'1: foreign one:-5 foreign one:101 foreign three:1' 'rows that nobody tried'
is "$(change "UPDATE pug_ledger SET id = 1000 WHERE client = 'one' AND id = 3")" \
	'1: lost one:3 foreign one:1000' 'a changed number is one lost and one foreign'
is "$(settle_found)" 0: 'all there again'

# A second node: a copy, which then goes its own way
pg_stop a fast
mkdir -p "$D/b/socket"
cp -a "$D/a/data" "$D/b/data"
[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 "$D/b"
pg_start a
pg_start b
both=(--node b="$(dsn b)")
settle_found "${both[@]}" >"$D/found"
is "$(cat "$D/found")" 2: 'two nodes that take writes: not settled'
both+=(--leader a)
is "$(settle_found "${both[@]}")" 0: 'unless one is chosen'
pg_sql b "DELETE FROM pug_ledger WHERE client = 'one' AND id = 9" \
	"UPDATE pug_ledger SET at = at + interval '1 second' WHERE client = 'two' AND id = 4" \
	"INSERT INTO pug_ledger SELECT * FROM pug_ledger WHERE client = 'two' AND id = 5"
is "$(settle_found "${both[@]}")" '1: differs one:9 differs two:4 differs two:5' \
	'less, changed and doubled on another node'
pg_sql a "DELETE FROM pug_ledger WHERE client = 'one' AND id = 8"
is "$(settle_found "${both[@]}" | tr ' ' '\n' | grep -c one:8)" 2 \
	'what the leader lost and another has: lost and different'
pg_stop b fast
settle_found "${both[@]}" >"$D/found"
is "$(cat "$D/found")" '1: lost one:8' 'a node that is down hides no loss'
like "$(json "o['nodes'][1]['why']")" 'No such file' 'and is said to be down'
pg_sql a "INSERT INTO pug_ledger (client, id) VALUES ('one', 8)"
is "$(settle_found "${both[@]}")" '2:' 'with nothing lost one could not tell'

# A standby that is behind: it is waited for, or is not judged
rm -rf "$D/b"
mkdir -p "$D/b/socket" && chmod 755 "$D/b"
[ "$(id -u)" -ne 0 ] || chown 65534:65534 "$D/b" "$D/b/socket"
pg_as "$PG_HOME/bin/pg_basebackup" -h "$D/a/socket" -U postgres -D "$D/b/data" -R -c fast
pg_start b -c recovery_min_apply_delay=1h
ledger run --journal "$D/j" --rows 5 --interval 0 --client one="$(dsn a)"
both=(--node b="$(dsn b)")
settle_found "${both[@]}" --wait 0.2 >"$D/found"
is "$(cat "$D/found")" 2: 'a standby that has not replayed: could not tell'
settle_found "${both[@]}" --wait 0 >"$D/found"
like "$(json "o['nodes'][1].get('why')")" 'has replayed up to .*, the leader is at' 'and why'
pg_stop b fast
pg_start b -c recovery_min_apply_delay=0
is "$(settle_found "${both[@]}")" 0: 'once it follows, all is there'
ledger settle --journal "$D/j" --node a="$(dsn a)" --node b="$(dsn b)"
like "$OUT" '^node b: standby, timeline 1, count 205, ' 'on the standby too'
ledger settle --json --journal "$D/j" --node b="$(dsn b)"
is "$RC:$(json "o['no_leader']")" '2:none of the 1 nodes that answer takes writes' \
	'no leader: could not tell'

# Another cluster, by mistake
mkdir -p "$D/other/data" "$D/other/socket"
[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 "$D/other"
pg_as "$PG_HOME/bin/initdb" -D "$D/other/data" -U postgres -A trust --no-sync \
	>"$D/initdb.log" 2>&1
pg_start other
ledger settle --json --journal "$D/j" --node a="$(dsn a)" --node x="$(dsn other)" --leader a
like "$RC:$(json "o['nodes'][1]['why']")" '^2:is of another cluster' 'another cluster is told from this one'

finish
