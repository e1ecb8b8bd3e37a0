#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# pug ledger compare: keys of several columns and types, what is missing, extra
# and different, large tables with little memory, snapshots, other collations.

# shellcheck source=tools/lab/tests/ledger-lib.sh
. tools/lab/tests/ledger-lib.sh

plan 37
servers a b

both() {
	pg_sql a "$@"
	pg_sql b "$@"
}

# compare ARGUMENT...
compare() { ledger compare --dsn "$(dsn a)" --dsn "$(dsn b)" "$@"; }

# keys: "rc: -1 +2 !3", - only on A, + only on B, ! different
keys() {
	compare --json "$@"
	printf '%s:' "$RC"
	[ "$RC" -eq 2 ] || json "''.join(' %s%s' % (sign, '/'.join(key.values()))
		for sign, kind in (('-', 'only_a'), ('+', 'only_b'), ('!', 'different'))
		for key in o[kind])"
}

# A primary key of one number, more rows than one range
both 'CREATE TABLE one (id int PRIMARY KEY, t text, at timestamptz, f float8, b bytea)' \
	"INSERT INTO one SELECT i, 'row ' || i, '2026-01-01'::timestamptz + i * interval '1 s',
		i / 3.0, int4send(i) FROM generate_series(1, 20000) i" 'ANALYZE'
is "$(keys --table one)" 0: 'two tables that are the same'
compare --table one
is "$OUT" 'public.one: 20000 rows on A, 20000 on B: THE SAME' 'in words'
pg_sql b 'DELETE FROM one WHERE id IN (1, 7777, 20000)'
pg_sql a 'DELETE FROM one WHERE id IN (2, 9999)'
pg_sql b "UPDATE one SET t = t || '!' WHERE id = 12345" "UPDATE one SET b = NULL WHERE id = 5"
is "$(keys --table one)" '1: -1 -7777 -20000 +2 +9999 !5 !12345' 'missing, extra and different'
compare --table one
like "$OUT" '^different  id=12345$' 'each in a line'
like "$OUT" '19998 rows on A, 19997 on B: DIFFERENT: 3 only on A, 2 only on B, 2 different$' \
	'and counted'
compare --table one --limit 2
like "$OUT" '^\.\.\. and 5 more \(--limit\)$' 'no more lines than wanted'
is "$(wc -l <<<"$OUT")" 4 'that is'
PGOPTIONS='-c timezone=Asia/Tokyo -c extra_float_digits=0 -c bytea_output=escape -c datestyle=German' \
	keys --table one >"$D/keys"
is "$(cat "$D/keys")" '1: -1 -7777 -20000 +2 +9999 !5 !12345' 'whatever the session was set to'

# Outside of all that the other has, on both sides, in more than one range
pg_sql a 'TRUNCATE one' "INSERT INTO one SELECT i FROM generate_series(1, 10) i"
pg_sql b 'TRUNCATE one' "INSERT INTO one SELECT i FROM generate_series(1, 100000) i"
compare --table one --limit 1
like "$OUT" '10 rows on A, 100000 on B: DIFFERENT: 0 only on A, 99990 only on B, 0 different$' \
	'ten rows against many'
pg_sql a 'TRUNCATE one'
compare --table one --limit 1
like "$OUT" '0 rows on A, 100000 on B: DIFFERENT: 0 only on A, 100000 only on B' 'none against many'
pg_sql b 'TRUNCATE one'
is "$(keys --table one)" 0: 'none against none'
# One long range of A's holds a gap of B's: it is cut again and again
pg_sql a 'INSERT INTO one SELECT i * 100 FROM generate_series(1, 5000) i'
pg_sql b 'INSERT INTO one SELECT i * 100 FROM generate_series(1, 5000) i' \
	'INSERT INTO one SELECT 250000 + i FROM generate_series(1, 99) i' \
	'INSERT INTO one SELECT -i FROM generate_series(1, 30000) i'
compare --table one --limit 1
like "$OUT" 'DIFFERENT: 0 only on A, 30099 only on B, 0 different$' 'rows before the first and in a gap'

# Composite and text keys, with values that want care
both 'CREATE TABLE two (name text, n numeric, v int, "odd "" column" text, PRIMARY KEY (name, n))' \
	"INSERT INTO two SELECT chr(64 + i % 50) || 'x' || i, i / 7.0, i FROM generate_series(1, 9000) i" \
	"INSERT INTO two VALUES ('', 0, 0), ('it''s', 1, 0), ('ä/ö', 1, 0), (E'a\\nb', 1, 0), ('Z', 'NaN', 0)"
is "$(keys --table two)" 0: 'text and numeric key'
pg_sql b "DELETE FROM two WHERE name IN ('', 'it''s')" "UPDATE two SET v = 9 WHERE name = 'ä/ö'" \
	"INSERT INTO two VALUES ('Z', 1, 1)" "UPDATE two SET \"odd \"\" column\" = 'x' WHERE v = 500"
is "$(keys --table two)" "1: -/0 -it's/1 +Z/1 !@x500/71.4285714285714286 !ä/ö/1" \
	'composite, empty, quoted, not ASCII'
pg_sql b "UPDATE two SET v = 8 WHERE n = 'NaN'" "DELETE FROM two WHERE name = E'a\\nb'"
compare --table two
is "$(grep -c '^only on A  name=a\\x0ab n=1$' <<<"$OUT"):$(grep -c '^different  name=Z n=NaN$' <<<"$OUT")" \
	1:1 'a newline is not let out'
compare --json --table two --key n,name
is "$(json "o['only_a_rows'], o['only_b_rows'], o['different_rows']")" '3 1 3' 'another order of the key'

# Other collations order texts differently; the keys are the same
both 'CREATE TABLE text_key (k text COLLATE "C" PRIMARY KEY, v int)' \
	"INSERT INTO text_key SELECT md5(i::text), i FROM generate_series(1, 10000) i" \
	"INSERT INTO text_key SELECT upper(md5(i::text)), i FROM generate_series(10001, 20000) i"
pg_sql b 'ALTER TABLE text_key ALTER k TYPE text COLLATE "und-x-icu"' \
	"DELETE FROM text_key WHERE v = 4711" "UPDATE text_key SET v = -1 WHERE v = 10815"
compare --table text_key
is "$RC:$(grep -c "^only on A  k=$(printf 4711 | md5sum | cut -c 1-32)$" <<<"$OUT"):$(wc -l <<<"$OUT")" \
	1:1:3 'another collation: only the differences'
like "$ERR" 'order texts differently .* comparing by bytes' 'with a word about it'

# Many types as keys
for type in uuid timestamptz bytea 'varchar(20)' 'char(20)' date boolean inet; do
	case $type in
	uuid) value='md5(i::text)::uuid' ;;
	timestamptz | date) value="('2026-01-01'::timestamptz + i * interval '25 h')::$type" ;;
	bytea) value='int4send(i)' ;;
	boolean) value='i > 1' ;;
	inet) value="'10.0.0.0'::inet + i" ;;
	*) value="('k' || i)::$type" ;;
	esac
	rows=5000
	[ "$type" != boolean ] || rows=2
	both "CREATE TABLE typed (k $type PRIMARY KEY, v int)" \
		"INSERT INTO typed SELECT $value, i FROM generate_series(1, $rows) i"
	pg_sql b 'DELETE FROM typed WHERE v = 2'
	compare --json --table typed
	is "$RC:$(json "o['only_a_rows'], o['only_b_rows'], o['different_rows']")" '1:1 0 0' \
		"a key of type $type"
	both 'DROP TABLE typed'
done

# No key, and one that is none
both 'CREATE TABLE bag (id int, v int)' 'INSERT INTO bag SELECT i / 2, i FROM generate_series(1, 9000) i'
compare --table bag
like "$RC:$ERR" '^2:.*has no primary key: --key' 'a table without a key'
is "$(keys --table bag --key id)" 0: 'with columns that are not unique'
pg_sql b 'INSERT INTO bag SELECT * FROM bag WHERE v = 10' 'DELETE FROM bag WHERE v = 20'
is "$(keys --table bag --key id)" '1: !10 !5' 'a row twice, one of two missing'
both 'UPDATE bag SET id = 7'
is "$(keys --table bag --key id)" '1: !7' 'all rows with the same'
pg_sql b 'UPDATE bag SET id = NULL WHERE v = 30'
compare --table bag --key id
like "$RC:$ERR" '^2:.*B: the key is NULL in 1 rows' 'NULL in a key would be passed over'

# What can't be compared
compare --table nowhere
like "$RC:$ERR" '^2:.*A: there is no table nowhere' 'no such table'
compare --table one --key id,cat
like "$RC:$ERR" '^2:.*does not have all of the columns id,cat' 'no such column'
pg_sql b 'ALTER TABLE one DROP COLUMN t'
compare --table one
like "$RC:$ERR" '^2:.*the columns differ: A has .*; B has ' 'other columns'
pg_sql b 'ALTER TABLE one ADD COLUMN t text'
compare --table one --limit 1
like "$RC:$(tail -n 1 <<<"$OUT")" '^1:public.one: .*DIFFERENT: 0 only on A, 30099 only on B, 0 different$' 'in another order they are the same'
compare --table "one; DROP TABLE two"
like "$RC" 2 'a name is a name'

# The ledger's own table wants no arguments
for node in a b; do
	ledger init --dsn "$(dsn $node)"
done
ledger run --journal "$D/j" --rows 100 --interval 0 --client one="$(dsn a)"
compare
like "$RC:$OUT" '100 rows on A, 0 on B: DIFFERENT: 100 only on A, 0 only on B' \
	'the ledger by client and number'

finish
