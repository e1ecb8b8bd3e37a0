// SPDX-License-Identifier: GPL-2.0
/* key=value lines as the kernel writes them, and as it hopefully does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kv.h"

static void check_pair(const struct kv *pair, const char *key,
		       const char *value)
{
	assert_int_equal(pair->key_len, strlen(key));
	assert_memory_equal(pair->key, key, pair->key_len);
	assert_int_equal(pair->value_len, strlen(value));
	assert_memory_equal(pair->value, value, pair->value_len);
}

static void pairs_in_order(void **state)
{
	static const char text[] =
		"result=ok\n\nno equals\n=no key\nempty=\na=b=c\nlast= x ";
	const char *cursor = text;
	const char *end = text + strlen(text);
	struct kv pair;

	(void)state;
	assert_true(kv_next(&cursor, end, &pair));
	check_pair(&pair, "result", "ok");
	assert_true(kv_next(&cursor, end, &pair));
	check_pair(&pair, "empty", "");
	assert_true(kv_next(&cursor, end, &pair));
	check_pair(&pair, "a", "b=c");
	assert_true(kv_next(&cursor, end, &pair));
	check_pair(&pair, "last", " x ");
	assert_false(kv_next(&cursor, end, &pair));
	assert_false(kv_next(&cursor, end, &pair));
}

static void nothing_behind_the_end_is_read(void **state)
{
	static const char text[] = "a=1\nb=2\n";
	const char *cursor = text;
	struct kv pair;

	(void)state;
	/* the end is in the middle of the first value */
	assert_true(kv_next(&cursor, text + 2, &pair));
	check_pair(&pair, "a", "");
	assert_false(kv_next(&cursor, text + 2, &pair));
	cursor = text;
	assert_false(kv_next(&cursor, text, &pair));
}

static void finds_whole_keys_only(void **state)
{
	static const char text[] = "DEVNAMES=no\nXDEVNAME=no\nDEVNAME=yes\n"
				   "DEVNAME=second\n";
	struct kv pair;

	(void)state;
	assert_true(kv_find(text, strlen(text), "DEVNAME", &pair));
	check_pair(&pair, "DEVNAME", "yes");
	assert_false(kv_find(text, strlen(text), "DEV", &pair));
	assert_false(kv_find(text, strlen(text), "", &pair));
	assert_false(kv_find("", 0, "DEVNAME", &pair));
}

static void plain_keys(void **state)
{
	(void)state;
	assert_true(kv_key_is_plain("a", 1));
	assert_true(kv_key_is_plain("_", 1));
	assert_true(kv_key_is_plain("hpet_entry2", 11));
	assert_false(kv_key_is_plain("", 0));
	assert_false(kv_key_is_plain("2a", 2));
	assert_false(kv_key_is_plain("A", 1));
	assert_false(kv_key_is_plain("a-b", 3));
	assert_false(kv_key_is_plain("a b", 3));
	assert_false(kv_key_is_plain("a\"", 2));
	assert_false(kv_key_is_plain("a\0", 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_in_order),
		cmocka_unit_test(nothing_behind_the_end_is_read),
		cmocka_unit_test(finds_whole_keys_only),
		cmocka_unit_test(plain_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
