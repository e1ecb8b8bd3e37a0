// SPDX-License-Identifier: GPL-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compare.h"
#include "util.h"

static void on_found(enum compare_kind kind, char *const *key, void *data)
{
	static const char signs[] = { '-', '+', '!' };

	fprintf(data, "%c%s/%s ", signs[kind], key[0], key[1]);
}

struct rows {
	size_t n;
	const char *keys[16];
	int64_t digests[8];
};

static void check(const struct rows *a, const struct rows *b, const char *wanted)
{
	const struct compare_leaf leaves[2] = {
		{ (char **)a->keys, (int64_t *)a->digests, a->n, 2 },
		{ (char **)b->keys, (int64_t *)b->digests, b->n, 2 },
	};
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	compare_leaves(&leaves[0], &leaves[1], on_found, out);
	fclose(out);
	assert_string_equal(text, wanted);
	free(text);
}

static void test_leaves(void **state)
{
	const struct rows empty = { 0 };
	const struct rows two = { 2, { "a", "b", "a", "c" }, { 1, 2 } };
	const struct rows two_turned = { 2, { "a", "c", "a", "b" }, { 2, 1 } };
	const struct rows one = { 1, { "a", "c" }, { 2 } };
	const struct rows other = { 2, { "a", "b", "a", "c" }, { 1, 3 } };
	const struct rows less = { 1, { "", "c" }, { 2 } };

	(void)state;
	check(&empty, &empty, "");
	check(&two, &two, "");
	check(&two, &two_turned, "");
	check(&two, &empty, "-a/b -a/c ");
	check(&empty, &two, "+a/b +a/c ");
	check(&two, &one, "-a/b ");
	check(&one, &two, "+a/b ");
	check(&two, &other, "!a/c ");
	check(&less, &one, "-/c +a/c ");
}

/* Where the key is none: the same rows, as often */
static void test_doubles(void **state)
{
	const struct rows twice = { 3, { "a", "b", "a", "b", "a", "c" }, { 1, 5, 2 } };
	const struct rows turned = { 3, { "a", "b", "a", "c", "a", "b" }, { 5, 2, 1 } };
	const struct rows once = { 2, { "a", "b", "a", "c" }, { 1, 2 } };
	const struct rows changed = { 3, { "a", "b", "a", "b", "a", "c" }, { 1, 6, 2 } };

	(void)state;
	check(&twice, &turned, "");
	check(&twice, &once, "!a/b ");
	check(&once, &twice, "!a/b ");
	check(&twice, &changed, "!a/b ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leaves),
		cmocka_unit_test(test_doubles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
