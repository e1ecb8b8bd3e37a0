// SPDX-License-Identifier: GPL-2.0
/*
 * Two tables by ranges of their key: count and checksum of each range in SQL, on
 * both servers at once; what differs is cut into pieces until the rows of one
 * can be looked at here. What is held here is a leaf on each side and some
 * ranges, whatever the size of the tables.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "compiler.h"
#include "ledger.h"
#include "util.h"

#define DENSE_MAX 1000000

/*
 * How values become text must not depend on what a server or a role is set to.
 * Starting parallel workers took 8 of 12 ms of a range's statement.
 */
#define SETTINGS_SQL \
	"SELECT set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO', false), " \
	"set_config('IntervalStyle', 'postgres', false), set_config('bytea_output', 'hex', false), " \
	"set_config('extra_float_digits', '3', false), set_config('statement_timeout', '0', false), " \
	"set_config('idle_in_transaction_session_timeout', '0', false), " \
	"set_config('max_parallel_workers_per_gather', '0', false)"

/**
 * struct range - rows with keys above @lo, up to and with @hi
 * @lo: columns as text, NULL for no limit
 * @hi: the same
 */
struct range {
	char **lo;
	char **hi;
};

struct stack {
	struct range *ranges;
	size_t n;
	size_t cap;
};

static int __printf(2, 3)
fail(struct compare *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->error, sizeof(c->error), fmt, ap);
	va_end(ap);
	return -1;
}

static char **copy_key(const struct compare *c, char *const *key)
{
	char **copy;

	if (!key)
		return NULL;
	copy = xcalloc(c->tables[0].keys_n, sizeof(*copy));
	for (size_t i = 0; i < c->tables[0].keys_n; i++)
		copy[i] = xstrdup(key[i]);
	return copy;
}

static void free_key(const struct compare *c, char **key)
{
	for (size_t i = 0; key && i < c->tables[0].keys_n; i++)
		free(key[i]);
	free(key);
}

static bool same_key(const struct compare *c, char *const *a, char *const *b)
{
	for (size_t i = 0; a && b && i < c->tables[0].keys_n; i++)
		if (strcmp(a[i], b[i]))
			return false;
	return a && b;
}

static void push(struct stack *stack, char **lo, char **hi)
{
	if (stack->n == stack->cap) {
		stack->cap = stack->cap ? 2 * stack->cap : 64;
		stack->ranges = xrealloc(stack->ranges, stack->cap * sizeof(*stack->ranges));
	}
	stack->ranges[stack->n++] = (struct range) { lo, hi };
}

/* "a, b COLLATE "C"", with @suffix behind each column */
static void put_keys(FILE *out, const struct compare *c, int side, const char *suffix)
{
	const struct compare_table *t = &c->tables[side];

	for (size_t i = 0; i < t->keys_n; i++)
		fprintf(out, "%s%s%s%s", i ? ", " : "", t->keys[i],
			c->bytewise && t->collations[i][0] ? " COLLATE \"C\"" : "", suffix);
}

static void put_limit(FILE *out, const struct compare *c, int side, const char *operator,
		      size_t first)
{
	const struct compare_table *t = &c->tables[side];

	fputs("(", out);
	put_keys(out, c, side, "");
	fprintf(out, ") %s (", operator);
	for (size_t i = 0; i < t->keys_n; i++)
		fprintf(out, "%s$%zu::%s", i ? ", " : "", first + i + 1, t->types[i]);
	fputs(")", out);
}

/* " FROM table WHERE ..."; the parameters are those of range_params() */
static void put_range(FILE *out, const struct compare *c, int side, const struct range *r)
{
	fprintf(out, " FROM %s", c->tables[side].name);
	if (r->lo || r->hi)
		fputs(" WHERE ", out);
	if (r->lo)
		put_limit(out, c, side, ">", 0);
	if (r->lo && r->hi)
		fputs(" AND ", out);
	if (r->hi)
		put_limit(out, c, side, "<=", r->lo ? c->tables[side].keys_n : 0);
}

static int range_params(const struct compare *c, const struct range *r,
			const char *params[2 * COMPARE_KEYS_MAX])
{
	int n = 0;

	for (size_t i = 0; r->lo && i < c->tables[0].keys_n; i++)
		params[n++] = r->lo[i];
	for (size_t i = 0; r->hi && i < c->tables[0].keys_n; i++)
		params[n++] = r->hi[i];
	return n;
}

/*
 * Half of md5 as a number. Sums of these don't depend on the order of rows, and
 * md5 is the same in every release, which the faster hash functions need not be.
 */
static void put_digest(FILE *out, const struct compare *c, int side)
{
	bool same = !strcmp(c->tables[0].encoding, c->tables[1].encoding);

	fprintf(out, "('x' || left(md5(%sROW(%s)::text%s), 16))::bit(64)::bigint",
		same ? "" : "convert_to(", c->tables[side].columns, same ? "" : ", 'UTF8')");
}

static int send_range(struct compare *c, int side, const char *sql, const struct range *r)
{
	const char *params[2 * COMPARE_KEYS_MAX];
	int n = range_params(c, r, params);

	if (pg_send(&c->pg[side], sql, n, params) == PG_OK)
		return 0;
	return fail(c, "%c: %s", 'A' + side, c->pg[side].error);
}

static int collect(struct compare *c, int side, PGresult **result)
{
	if (pg_collect(&c->pg[side], pg_now_ns() + c->limit_ns, result) == PG_OK)
		return 0;
	return fail(c, "%c: %s", 'A' + side, c->pg[side].error);
}

typedef void put_t(FILE *out, const struct compare *c, int side);

/* SELECT what() FROM the range, on both servers at once */
static int ask_both(struct compare *c, put_t *what, const struct range *r, PGresult *results[2])
{
	int ret = 0;

	results[0] = NULL;
	results[1] = NULL;
	for (int side = 0; side < 2 && !ret; side++) {
		char *sql;
		size_t size;
		FILE *out = open_memstream(&sql, &size);

		fputs("SELECT ", out);
		what(out, c, side);
		put_range(out, c, side, r);
		fclose(out);
		ret = send_range(c, side, sql, r);
		free(sql);
	}
	c->queries++;
	for (int side = 0; side < 2 && !ret; side++)
		ret = collect(c, side, &results[side]);
	if (!ret)
		return 0;
	PQclear(results[0]);
	PQclear(results[1]);
	return ret;
}

static void put_counts(FILE *out, const struct compare *c, int side)
{
	const struct compare_table *t = &c->tables[side];

	fputs("count(*), count(*) FILTER (WHERE ", out);
	for (size_t i = 0; i < t->keys_n; i++)
		fprintf(out, "%s%s IS NULL", i ? " OR " : "", t->keys[i]);
	fputs(")", out);
}

static void put_checksum(FILE *out, const struct compare *c, int side)
{
	fputs("count(*), coalesce(sum(", out);
	put_digest(out, c, side);
	fputs("), 0)", out);
}

static void put_rows(FILE *out, const struct compare *c, int side)
{
	put_keys(out, c, side, "::text");
	fputs(", ", out);
	put_digest(out, c, side);
}

static uint64_t number(const PGresult *row, int column)
{
	return strtoull(PQgetvalue(row, 0, column), NULL, 10);
}

static int count_all(struct compare *c)
{
	const struct range all = { NULL, NULL };
	PGresult *counts[2];
	int ret = 0;

	if (ask_both(c, put_counts, &all, counts))
		return -1;
	for (int side = 0; side < 2; side++) {
		c->rows[side] = number(counts[side], 0);
		if (number(counts[side], 1))
			ret = fail(c, "%c: the key is NULL in %s rows: another --key is needed",
				   'A' + side, PQgetvalue(counts[side], 0, 1));
		PQclear(counts[side]);
	}
	return ret;
}

static void take_leaf(struct compare_leaf *leaf, PGresult *rows, size_t keys_n)
{
	leaf->n = PQntuples(rows);
	leaf->keys_n = keys_n;
	leaf->keys = xcalloc(leaf->n * keys_n + 1, sizeof(*leaf->keys));
	leaf->digests = xcalloc(leaf->n + 1, sizeof(*leaf->digests));
	for (size_t i = 0; i < leaf->n; i++) {
		for (size_t k = 0; k < keys_n; k++)
			leaf->keys[i * keys_n + k] = PQgetvalue(rows, i, k);
		leaf->digests[i] = strtoll(PQgetvalue(rows, i, keys_n), NULL, 10);
	}
}

static void count_found(enum compare_kind kind, char *const *key, void *data)
{
	struct compare *c = data;

	c->counts[kind]++;
	c->found(kind, key, c->data);
}

static int compare_short(struct compare *c, const struct range *r)
{
	struct compare_leaf leaves[2];
	PGresult *rows[2];

	if (ask_both(c, put_rows, r, rows))
		return -1;
	for (int side = 0; side < 2; side++)
		take_leaf(&leaves[side], rows[side], c->tables[side].keys_n);
	compare_leaves(&leaves[0], &leaves[1], count_found, c);
	for (int side = 0; side < 2; side++) {
		free(leaves[side].keys);
		free(leaves[side].digests);
		PQclear(rows[side]);
	}
	return 0;
}

/* Every @step-th key of the range, on the side that has more of them */
static int ask_cuts(struct compare *c, int side, const struct range *r, uint64_t step,
		    PGresult **cuts)
{
	size_t size, n = c->tables[side].keys_n;
	char *sql;
	FILE *out = open_memstream(&sql, &size);
	int ret;

	fputs("SELECT ", out);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%spug_k%zu::text", i ? ", " : "", i);
	fputs(" FROM (SELECT ", out);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s AS pug_k%zu, ", c->tables[side].keys[i], i);
	fputs("row_number() OVER (ORDER BY ", out);
	put_keys(out, c, side, "");
	fputs(") AS pug_n", out);
	put_range(out, c, side, r);
	fprintf(out, ") AS pug WHERE pug_n %% %llu = 0 ORDER BY pug_n", (unsigned long long)step);
	fclose(out);
	ret = send_range(c, side, sql, r);
	free(sql);
	c->queries++;
	return ret ? ret : collect(c, side, cuts);
}

/*
 * Pushes the pieces, the first on top. Returns how many, 0 if there is nothing
 * to cut at: every row has the same key.
 */
static size_t push_pieces(struct compare *c, struct stack *stack, struct range *r,
			  const PGresult *cuts)
{
	char **keys[COMPARE_FIRST_PIECES + 2], **last = r->lo;
	size_t n = 0;

	for (int i = 0; i < PQntuples(cuts) && n < ARRAY_SIZE(keys); i++) {
		char *key[COMPARE_KEYS_MAX];

		for (size_t k = 0; k < c->tables[0].keys_n; k++)
			key[k] = PQgetvalue(cuts, i, k);
		if (same_key(c, key, last) || same_key(c, key, r->hi))
			continue;
		keys[n++] = copy_key(c, key);
		last = keys[n - 1];
	}
	if (!n)
		return 0;
	push(stack, copy_key(c, keys[n - 1]), r->hi);
	for (size_t i = n; i-- > 0;)
		push(stack, i ? copy_key(c, keys[i - 1]) : r->lo, keys[i]);
	r->lo = NULL;
	r->hi = NULL;
	return n + 1;
}

/* Cuts the range, which then belongs to its pieces, or looks at its rows */
static int cut(struct compare *c, struct stack *stack, struct range *r, const uint64_t rows[2],
	       uint64_t step)
{
	int side = rows[1] > rows[0];
	PGresult *cuts;
	size_t pieces;

	if (ask_cuts(c, side, r, step, &cuts))
		return -1;
	pieces = push_pieces(c, stack, r, cuts);
	PQclear(cuts);
	if (pieces)
		return 0;
	if (rows[side] > DENSE_MAX)
		return fail(c, "%llu rows have the same key: it is none",
			    (unsigned long long)rows[side]);
	return compare_short(c, r);
}

static int compare_range(struct compare *c, struct stack *stack, struct range *r)
{
	PGresult *sums[2];
	uint64_t rows[2], most;
	bool same;

	if (ask_both(c, put_checksum, r, sums))
		return -1;
	same = !strcmp(PQgetvalue(sums[0], 0, 0), PQgetvalue(sums[1], 0, 0)) &&
	       !strcmp(PQgetvalue(sums[0], 0, 1), PQgetvalue(sums[1], 0, 1));
	for (int side = 0; side < 2; side++) {
		rows[side] = number(sums[side], 0);
		PQclear(sums[side]);
	}
	most = rows[0] > rows[1] ? rows[0] : rows[1];
	if (same)
		return 0;
	if (most <= COMPARE_LEAF_ROWS)
		return compare_short(c, r);
	return cut(c, stack, r, rows, (most + COMPARE_PIECES - 1) / COMPARE_PIECES);
}

/**
 * compare_run() - compare
 * @c: begun
 *
 * Return: 0 if all was compared: @c's @counts say what differs. -1 with @error.
 */
int compare_run(struct compare *c)
{
	struct range all = { NULL, NULL };
	struct stack stack = { 0 };
	uint64_t most, step;
	int ret = count_all(c);

	most = c->rows[0] > c->rows[1] ? c->rows[0] : c->rows[1];
	step = most / COMPARE_FIRST_PIECES + 1;
	if (step < COMPARE_FIRST_ROWS)
		step = COMPARE_FIRST_ROWS;
	if (!ret && most > step)
		ret = cut(c, &stack, &all, c->rows, step);
	else if (!ret)
		push(&stack, NULL, NULL);
	while (stack.n) {
		struct range r = stack.ranges[--stack.n];

		if (!ret)
			ret = compare_range(c, &stack, &r);
		free_key(c, r.lo);
		free_key(c, r.hi);
	}
	free(stack.ranges);
	return ret;
}

static int begin_side(struct compare *c, int side, const struct dsn *dsn, const char *table,
		      const char *keys)
{
	struct pg *pg = &c->pg[side];
	char *why;

	if (pg_connect(pg, dsn, LEDGER_ASK_NS) != PG_OK)
		return fail(c, "%c: %s: %s", 'A' + side, pg->peer, pg->error);
	if (pg_query(pg, SETTINGS_SQL, 0, NULL, c->limit_ns, NULL) != PG_OK ||
	    pg_query(pg, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", 0, NULL, c->limit_ns,
		     NULL) != PG_OK)
		return fail(c, "%c: %s", 'A' + side, pg->error);
	if (!compare_describe(&c->tables[side], pg, table, keys, c->limit_ns, &why))
		return 0;
	fail(c, "%c: %s", 'A' + side, why);
	free(why);
	return -1;
}

static int check_alike(struct compare *c)
{
	const struct compare_table *a = &c->tables[0], *b = &c->tables[1];
	bool same = a->keys_n == b->keys_n;

	if (strcmp(a->signature, b->signature))
		return fail(c, "the columns differ: A has %.280s; B has %.280s", a->signature,
			    b->signature);
	for (size_t i = 0; same && i < a->keys_n; i++)
		same = !strcmp(a->keys[i], b->keys[i]);
	if (!same)
		return fail(c, "the primary keys differ: --key COLUMN,COLUMN names one for both");
	for (size_t i = 0; i < a->keys_n; i++)
		if (strcmp(a->collations[i], b->collations[i]))
			c->bytewise = true;
	return 0;
}

/**
 * compare_begin() - connect, and take a snapshot on each side
 * @c: with @limit_ns, @found and @data set, else zeroed; compare_end() it
 *	whatever comes
 * @dsns: of A and B
 * @table: name, as in SQL
 * @keys: columns separated by commas, NULL for the primary key
 *
 * Return: 0 or -1 with @error.
 */
int compare_begin(struct compare *c, const struct dsn dsns[2], const char *table,
		  const char *keys)
{
	pg_init(&c->pg[0]);
	pg_init(&c->pg[1]);
	for (int side = 0; side < 2; side++)
		if (begin_side(c, side, &dsns[side], table, keys))
			return -1;
	return check_alike(c);
}

/**
 * compare_end() - let go of snapshots and connections
 * @c: begun, with or without success
 */
void compare_end(struct compare *c)
{
	for (int side = 0; side < 2; side++) {
		pg_close(&c->pg[side]);
		compare_table_free(&c->tables[side]);
	}
}
