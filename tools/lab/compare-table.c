// SPDX-License-Identifier: GPL-2.0
/* What a server says of a table: its key, its columns, what orders its texts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "compiler.h"
#include "util.h"

#define TABLE_SQL \
	"SELECT c.oid, format('%I.%I', n.nspname, c.relname), c.relkind, " \
	"(SELECT string_agg(quote_ident(attname), ', ' ORDER BY attname COLLATE \"C\") " \
	"FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped), " \
	"(SELECT string_agg(quote_ident(attname) || ' ' || format_type(atttypid, atttypmod), ', ' " \
	"ORDER BY attname COLLATE \"C\") " \
	"FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped), " \
	"pg_encoding_to_char(d.encoding) " \
	"FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace " \
	"JOIN pg_database d ON d.datname = current_database() " \
	"WHERE c.oid = to_regclass($1)"

/*
 * A collation is the same on two servers if name, provider, locale and the
 * library's version are: a newer libc orders some texts differently. to_jsonb()
 * gives NULL for columns that a release does not have.
 */
#define COLLATION_SQL \
	"CASE WHEN a.attcollation = 0 THEN '' ELSE (SELECT concat_ws('/', l.collname, " \
	"to_jsonb(l)->>'collprovider', to_jsonb(l)->>'collcollate', to_jsonb(l)->>'colllocale', " \
	"to_jsonb(l)->>'colliculocale', pg_collation_actual_version(l.oid), " \
	"CASE WHEN l.oid = 100 THEN (SELECT concat_ws('/', datcollate, " \
	"to_jsonb(d)->>'datlocprovider', to_jsonb(d)->>'daticulocale', to_jsonb(d)->>'datlocale') " \
	"FROM pg_database d WHERE datname = current_database()) END) " \
	"FROM pg_collation l WHERE l.oid = a.attcollation) END"

#define KEY_COLUMNS_SQL \
	"SELECT quote_ident(a.attname), format_type(a.atttypid, a.atttypmod), " COLLATION_SQL " "

#define PRIMARY_SQL \
	KEY_COLUMNS_SQL \
	"FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k(n, o), pg_attribute a " \
	"WHERE i.indrelid = $1::oid AND i.indisprimary AND k.o <= i.indnkeyatts " \
	"AND a.attrelid = i.indrelid AND a.attnum = k.n ORDER BY k.o"

#define KEYS_SQL \
	KEY_COLUMNS_SQL \
	"FROM unnest(string_to_array($2, ',')) WITH ORDINALITY AS k(name, o), pg_attribute a " \
	"WHERE a.attrelid = $1::oid AND a.attname = k.name AND a.attnum > 0 " \
	"AND NOT a.attisdropped ORDER BY k.o"

static int __printf(2, 3)
fail(char **why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	*why = xvasprintf(fmt, ap);
	va_end(ap);
	return -1;
}

static int take_keys(struct compare_table *t, const PGresult *rows, const char *keys, char **why)
{
	size_t n = PQntuples(rows), wanted = 1;

	for (const char *p = keys; p && *p; p++)
		wanted += *p == ',';
	if (!keys && !n)
		return fail(why, "%s has no primary key: --key COLUMN,COLUMN names another one",
			    t->name);
	if (keys && n != wanted)
		return fail(why, "%s does not have all of the columns %s, each once", t->name,
			    keys);
	if (n > COMPARE_KEYS_MAX)
		return fail(why, "%s: a key of more than %d columns", t->name, COMPARE_KEYS_MAX);
	for (size_t i = 0; i < n; i++) {
		t->keys[i] = xstrdup(PQgetvalue(rows, i, 0));
		t->types[i] = xstrdup(PQgetvalue(rows, i, 1));
		t->collations[i] = xstrdup(PQgetvalue(rows, i, 2));
	}
	t->keys_n = n;
	return 0;
}

static int take_table(struct compare_table *t, const PGresult *row, const char *table, char **why)
{
	if (!PQntuples(row))
		return fail(why, "there is no table %s (in the search path)", table);
	if (!strchr("rpm", *PQgetvalue(row, 0, 2)))
		return fail(why, "%s is no table", table);
	if (PQgetisnull(row, 0, 3))
		return fail(why, "%s has no columns", table);
	t->name = xstrdup(PQgetvalue(row, 0, 1));
	t->columns = xstrdup(PQgetvalue(row, 0, 3));
	t->signature = xstrdup(PQgetvalue(row, 0, 4));
	t->encoding = xstrdup(PQgetvalue(row, 0, 5));
	return 0;
}

/**
 * compare_describe() - ask a server about a table
 * @t: filled in; compare_table_free() it whatever comes
 * @pg: connected
 * @table: its name, as in SQL
 * @keys: columns that make up the key, separated by commas; NULL for the
 *	primary key
 * @limit_ns: time limit of a statement
 * @why: what went wrong, to be freed; set on failure only
 *
 * Return: 0 or -1.
 */
int compare_describe(struct compare_table *t, struct pg *pg, const char *table, const char *keys,
		     int64_t limit_ns, char **why)
{
	const char *params[2] = { table, keys };
	PGresult *row, *rows = NULL;
	int ret;

	memset(t, 0, sizeof(*t));
	if (pg_query(pg, TABLE_SQL, 1, params, limit_ns, &row) != PG_OK)
		return fail(why, "%s", pg->error);
	ret = take_table(t, row, table, why);
	if (!ret) {
		params[0] = PQgetvalue(row, 0, 0);
		if (pg_query(pg, keys ? KEYS_SQL : PRIMARY_SQL, keys ? 2 : 1, params, limit_ns,
			     &rows) != PG_OK)
			ret = fail(why, "%s", pg->error);
		else
			ret = take_keys(t, rows, keys, why);
	}
	PQclear(rows);
	PQclear(row);
	return ret;
}

/**
 * compare_table_free() - free a description
 * @t: described, or zeroed
 */
void compare_table_free(struct compare_table *t)
{
	for (size_t i = 0; i < t->keys_n; i++) {
		free(t->keys[i]);
		free(t->types[i]);
		free(t->collations[i]);
	}
	free(t->name);
	free(t->columns);
	free(t->signature);
	free(t->encoding);
	memset(t, 0, sizeof(*t));
}
