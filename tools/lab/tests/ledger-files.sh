#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Journals that are garbage, cut short, in use, another's or on a full disk;
# arguments that are wrong, above all passwords. One clear error each.

# shellcheck source=tools/lab/tests/ledger-lib.sh
. tools/lab/tests/ledger-lib.sh

plan 40
servers a
ledger init --dsn "$(dsn a)"
ledger run --journal "$D/j" --rows 50 --interval 0 --client one="$(dsn a)"
J=$D/j/one.jsonl
cp "$J" "$D/whole"

# A disk that is full: nothing is sent that is not written down
tries=$(pg_sql a 'SELECT count(*) FROM pug_ledger')
blocks=$(($(stat -c %s "$J") / 1024 + 4))
RC=0
OUT=$(ulimit -f "$blocks" && "$PUG" ledger run --journal "$D/j" --interval 0 \
	--client one="$(dsn a)" 2>&1) || RC=$?
is "$RC" 2 'a journal that may not grow ends the client'
like "$OUT" 'one.jsonl: File too large: the client one stops' 'and that is said'
grew=$(($(pg_sql a 'SELECT count(*) FROM pug_ledger') - tries))
is "$([ "$grew" -gt 0 ] && [ "$grew" -lt 100 ] && echo yes)" yes 'it had sent some rows, then no more'
like "$(settle_found)" '^0:( phantom one:[0-9]+)?$' 'all of them are accounted for'
is "$(tail -c 1 "$J" | tr '\n' N | grep -c N)" 0 'the last line was cut off'
ledger run --journal "$D/j" --rows 5 --interval 0 --client one="$(dsn a)"
is "$RC" 0 'with room again the client goes on'
is "$(grep -c '"torn":true' "$J")" 1 'and marks the line that was cut off'
settle_found >"$D/found"
like "$(cat "$D/found")" '^0:( phantom one:[0-9]+)?$' 'still all there'
is "$(json "o['clients'][0]['torn_lines']"):$(json "o['clients'][0]['damaged_lines']")" 1:0 \
	'a line cut off is no damage'
if unshare -m true 2>/dev/null; then
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare -m sh -c 'mount -t tmpfs -o size=64k none "$1" && cp "$2" "$1/one.jsonl" &&
		shift 2 && exec "$@"' sh "$D/j" "$D/whole" "$PUG" ledger run --interval 0 \
		--journal "$D/j" --client one="$(dsn a)" >"$D/out" 2>&1
	is "$?" 2 'a full disk'
	like "$(cat "$D/out")" 'No space left on device: the client one stops' 'is called that'
	pg_sql a "DELETE FROM pug_ledger WHERE ctid NOT IN
		(SELECT min(ctid) FROM pug_ledger GROUP BY id)"
else
	skip 'full disk' 'no mount namespace'
	skip 'full disk: message' 'no mount namespace'
fi
cp "$J" "$D/whole"
last=$(json "o['clients'][0]['tried']")
pg_sql a "DELETE FROM pug_ledger WHERE id > $last"

# Cut short anywhere: what is left is judged for what it is
for bytes in 0 1 100 1000; do
	truncate -s "-$bytes" "$J"
	settle_found >"$D/found"
	like "$(cat "$D/found")" '^[01]:( foreign one:[0-9]+)*( phantom one:[0-9]+)*$' \
		"a journal without its last $bytes bytes loses no row"
done
cp "$D/whole" "$J"
sed -i '20s/./x/' "$J"
settle_found >"$D/found"
like "$(cat "$D/found")" '^2:' 'a damaged line: could not tell'
ledger settle --journal "$J" --node a="$(dsn a)"
like "$OUT" 'DAMAGED: [0-9]+ lines .* the first is line 20: no JSON object' 'and which'
pg_sql a 'CREATE TABLE kept AS TABLE pug_ledger' 'DELETE FROM pug_ledger WHERE id = 3'
settle_found >"$D/found"
like "$(cat "$D/found")" '^1: lost one:3( |$)' 'but what is lost for certain is'
pg_sql a 'TRUNCATE pug_ledger' 'INSERT INTO pug_ledger TABLE kept'
ledger run --journal "$D/j" --rows 1 --client one="$(dsn a)"
is "$RC" 2 'a damaged journal is not gone on with'
like "$ERR" 'no journal or a damaged one: use another file' 'and that is said'
head -c 100000 /dev/urandom >"$J"
ledger settle --journal "$D/j" --node a="$(dsn a)"
is "$RC:$ERR" "2:pug: ledger settle: $J is no journal" 'garbage is no journal'
ledger settle --journal "$D/nothing" --node a="$(dsn a)"
like "$RC:$ERR" '^2:.*nothing: No such file' 'nor is what is not there'
mkdir "$D/empty"
ledger settle --journal "$D/empty" --node a="$(dsn a)"
is "$RC:$ERR" "2:pug: ledger settle: $D/empty has no journal" 'nor an empty folder'
cp "$D/whole" "$J"
cp "$D/whole" "$D/j/again.jsonl"
ledger settle --journal "$D/j" --node a="$(dsn a)"
like "$RC:$ERR" '^2:.*there is another journal of client one' 'two journals of one client'
mv "$D/j/again.jsonl" "$D/j/two.jsonl"
ledger run --journal "$D/j" --rows 1 --client two="$(dsn a)"
like "$RC:$ERR" "^2:.*two.jsonl: is another client's journal" "another client's journal"
rm "$D/j/two.jsonl"

"$PUG" ledger run --journal "$D/j" --client one="$(dsn a)" >/dev/null 2>&1 &
OURS=("$!")
started() { [ "$(events "$J" start)" -gt "$(events "$D/whole" start)" ]; }
until_true started
ledger settle --journal "$D/j" --node a="$(dsn a)"
like "$RC:$ERR" '^2:.*its client is still running: stop it first' 'a client that runs'
ledger run --journal "$D/j" --rows 1 --client one="$(dsn a)"
like "$RC:$ERR" '^2:.*another client is writing it' 'two clients of one journal'
kill -TERM "${OURS[0]}"
wait "${OURS[0]}"
is "$?" 0 'SIGTERM ends a run well'
OURS=()
settle_found >"$D/found"
like "$(cat "$D/found")" '^0:' 'with all there'

# Passwords
for dsn in 'host=h password=s3cret' 'postgresql://u:s3cret@h/db'; do
	ledger init --dsn "$dsn"
	like "$RC:$ERR" '^2:.*can be read by everyone.*PGPASSFILE.*@FILE' "refused: ${dsn/s3cret/...}"
	ledger run --journal "$D/j3" --client one="$dsn"
	is "$RC:$(grep -c s3cret <<<"$ERR"):$(ls "$D/j3")" 2:0: 'and not repeated, nothing is run'
done
ledger settle --journal "$D/j" --node a='postgresql://u:s3cret@h/db'
like "$RC:$(grep '^node a' <<<"$OUT")" '^2:node a: NOT KNOWN: .*can be read by everyone' 'a node with a password is not asked'
ledger compare --dsn 'host=h password=s3cret' --dsn "$(dsn a)"
like "$RC:$ERR" '^2:.*A: a password in an argument' 'nor compared'
pg_sql a "CREATE ROLE secret LOGIN PASSWORD 's3cret'" 'GRANT ALL ON pug_ledger TO secret'
sed -i '1i local all secret scram-sha-256' "$D/a/data/pg_hba.conf"
pg_sql a 'SELECT pg_reload_conf()' >/dev/null
secret="host=$D/a/socket user=secret dbname=postgres"
printf '%s password=s3cret\n' "$secret" >"$D/dsn"
chmod 644 "$D/dsn"
ledger run --journal "$D/j4" --rows 1 --client four=@"$D/dsn"
like "$RC:$ERR" '^2:.*may be read by others: chmod 600' 'a file that others can read'
chmod 600 "$D/dsn"
refused() { pg_sql a 'SELECT pg_reload_conf()' >/dev/null; ! "$PG_HOME/bin/psql" -w "$secret" -c '' 2>/dev/null; }
until_true refused
ledger run --journal "$D/j4" --rows 1 --client four=@"$D/dsn"
is "$RC:$OUT" '0:four: tried 1, acknowledged 1, refused 0, no answer 0' 'the same in a private file'
printf '*:*:*:secret:s3cret\n' >"$D/pgpass"
chmod 600 "$D/pgpass"
PGPASSFILE=$D/pgpass ledger run --journal "$D/j5" --rows 1 --client five="$secret"
is "$RC:$OUT" '0:five: tried 1, acknowledged 1, refused 0, no answer 0' 'a password file'
is "$(cat "$D"/j?/*.jsonl | grep -c s3cret)" 0 'no journal has a password in it'

# Arguments
for bad in 'run' 'run --journal x' 'run --journal x --client y' 'run --client ../x=y' \
	'run --interval soon' 'run --rows 0' 'settle --journal x' 'compare --dsn x' 'nonsense' ''; do
	# shellcheck disable=SC2086 # words
	ledger $bad
	[ "$RC:$OUT:${ERR:+said}" = 2::said ] || break
done
is "$bad" '' 'wrong arguments: status 2, and only standard error says why'

finish
