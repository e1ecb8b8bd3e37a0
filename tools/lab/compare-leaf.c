// SPDX-License-Identifier: GPL-2.0
/*
 * The rows of a short range, side by side. They are ordered here, by bytes: how
 * the servers order text is no concern then. A key may come more than once.
 */
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "util.h"

static int compare_keys(const struct compare_leaf *a, size_t i, const struct compare_leaf *b,
			size_t j)
{
	for (size_t k = 0; k < a->keys_n; k++) {
		int ret = strcmp(a->keys[i * a->keys_n + k], b->keys[j * b->keys_n + k]);

		if (ret)
			return ret;
	}
	return 0;
}

static int compare_rows(const void *x, const void *y, void *data)
{
	const struct compare_leaf *leaf = data;
	const size_t *i = x, *j = y;
	int ret = compare_keys(leaf, *i, leaf, *j);

	if (ret || leaf->digests[*i] == leaf->digests[*j])
		return ret;
	return leaf->digests[*i] < leaf->digests[*j] ? -1 : 1;
}

static size_t *order_of(const struct compare_leaf *leaf)
{
	size_t *order = xcalloc(leaf->n + 1, sizeof(*order));

	for (size_t i = 0; i < leaf->n; i++)
		order[i] = i;
	qsort_r(order, leaf->n, sizeof(*order), compare_rows, (void *)leaf);
	return order;
}

/* The end of the rows that have the key of the one at @from */
static size_t end_of_key(const struct compare_leaf *leaf, const size_t *order, size_t from)
{
	size_t end = from + 1;

	while (end < leaf->n && !compare_keys(leaf, order[from], leaf, order[end]))
		end++;
	return end;
}

static bool same_digests(const struct compare_leaf *a, const size_t *i, const size_t *i_end,
			 const struct compare_leaf *b, const size_t *j, const size_t *j_end)
{
	if (i_end - i != j_end - j)
		return false;
	for (; i < i_end; i++, j++)
		if (a->digests[*i] != b->digests[*j])
			return false;
	return true;
}

/**
 * compare_leaves() - compare two lists of rows
 * @a: rows on A, in any order
 * @b: rows on B, in any order
 * @found: called for each key that differs
 * @data: given to it
 */
void compare_leaves(const struct compare_leaf *a, const struct compare_leaf *b,
		    compare_found_t *found, void *data)
{
	size_t *x = order_of(a), *y = order_of(b), i = 0, j = 0;

	while (i < a->n || j < b->n) {
		size_t i_end = i < a->n ? end_of_key(a, x, i) : i;
		size_t j_end = j < b->n ? end_of_key(b, y, j) : j;
		int order = i == a->n ? 1 : j == b->n ? -1 : compare_keys(a, x[i], b, y[j]);

		if (order < 0)
			found(COMPARE_ONLY_A, &a->keys[x[i] * a->keys_n], data);
		else if (order > 0)
			found(COMPARE_ONLY_B, &b->keys[y[j] * b->keys_n], data);
		else if (!same_digests(a, x + i, x + i_end, b, y + j, y + j_end))
			found(COMPARE_DIFFERENT, &a->keys[x[i] * a->keys_n], data);
		if (order <= 0)
			i = i_end;
		if (order >= 0)
			j = j_end;
	}
	free(x);
	free(y);
}
