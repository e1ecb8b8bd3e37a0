/* SPDX-License-Identifier: GPL-2.0 */
/* Two tables on two servers, compared by ranges of their key. */
#ifndef PUG_COMPARE_H
#define PUG_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pg.h"

#define COMPARE_KEYS_MAX 16
/* Rows that are looked at one by one when their checksums differ */
#define COMPARE_LEAF_ROWS 4096
/* Into how many pieces a longer range is cut */
#define COMPARE_PIECES 16
/* The first ranges are of so many rows, or more where there would be too many */
#define COMPARE_FIRST_ROWS 4096
#define COMPARE_FIRST_PIECES 1024

/**
 * struct compare_table - a table on one server, as that server describes it
 * @name: schema and name, quoted
 * @keys: its key's columns, quoted
 * @types: their types
 * @collations: what orders them: "" or name, provider and version
 * @keys_n: how many
 * @columns: all columns, quoted, by name
 * @signature: the same with their types
 * @encoding: of the database
 */
struct compare_table {
	char *name;
	char *keys[COMPARE_KEYS_MAX];
	char *types[COMPARE_KEYS_MAX];
	char *collations[COMPARE_KEYS_MAX];
	size_t keys_n;
	char *columns;
	char *signature;
	char *encoding;
};

int compare_describe(struct compare_table *t, struct pg *pg, const char *table, const char *keys,
		     int64_t limit_ns, char **why);
void compare_table_free(struct compare_table *t);

/**
 * struct compare_leaf - rows of a short range on one server
 * @keys: the key's columns as text, @keys_n a row
 * @digests: of the whole rows
 * @n: rows
 * @keys_n: columns a key
 */
struct compare_leaf {
	char **keys;
	int64_t *digests;
	size_t n;
	size_t keys_n;
};

enum compare_kind {
	COMPARE_ONLY_A,
	COMPARE_ONLY_B,
	COMPARE_DIFFERENT,
	COMPARE_KINDS,
};

/**
 * typedef compare_found_t - called for each key that differs
 * @kind: how
 * @key: its columns as text
 * @data: given
 */
typedef void compare_found_t(enum compare_kind kind, char *const *key, void *data);

void compare_leaves(const struct compare_leaf *a, const struct compare_leaf *b,
		    compare_found_t *found, void *data);

/**
 * struct compare - what is compared, and how
 * @pg: connected to A and B, each in its snapshot
 * @tables: on A and B
 * @limit_ns: time limit of a statement
 * @bytewise: compare texts by their bytes: the servers order them differently
 * @found: called for each key that differs: range by range, by bytes in one
 * @data: given to it
 * @rows: on A and B
 * @counts: keys of each kind
 * @queries: statements that were run on each side
 * @error: what went wrong, "" if nothing
 */
struct compare {
	struct pg pg[2];
	struct compare_table tables[2];
	int64_t limit_ns;
	bool bytewise;
	compare_found_t *found;
	void *data;
	uint64_t rows[2];
	uint64_t counts[COMPARE_KINDS];
	uint64_t queries;
	char error[768];
};

int compare_begin(struct compare *c, const struct dsn dsns[2], const char *table,
		  const char *keys);
int compare_run(struct compare *c);
void compare_end(struct compare *c);

#endif
