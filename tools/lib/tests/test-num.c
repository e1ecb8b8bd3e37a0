// SPDX-License-Identifier: GPL-2.0
/* Strict numbers: what is taken, and above all what is not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "compiler.h"
#include "num.h"

#define UNTOUCHED 424242u

static void u64_takes_plain_digits(void **state)
{
	uint64_t value;

	(void)state;
	assert_int_equal(num_u64("0", 0, &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(num_u64("007", 10, &value), 0);
	assert_int_equal(value, 7);
	assert_int_equal(num_u64("60000", 60000, &value), 0);
	assert_int_equal(value, 60000);
	assert_int_equal(num_u64("18446744073709551615", UINT64_MAX, &value),
			 0);
	assert_true(value == UINT64_MAX);
}

static void u64_refuses_the_rest(void **state)
{
	static const char * const bad[] = {
		"", " 1", "1 ", "+1", "-1", "1.0", "0x10", "1e3", "10s",
		"1\n", "\xef\xbc\x91",
	};
	uint64_t value = UNTOUCHED;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(num_u64(bad[i], UINT64_MAX, &value), -EINVAL);
	assert_int_equal(num_u64("11", 10, &value), -ERANGE);
	assert_int_equal(num_u64("1", 0, &value), -ERANGE);
	assert_int_equal(num_u64("18446744073709551616", UINT64_MAX, &value),
			 -ERANGE);
	assert_int_equal(num_u64("99999999999999999999999", UINT64_MAX, &value),
			 -ERANGE);
	/* rubbish stays rubbish, however large the number in front */
	assert_int_equal(num_u64("99999999999999999999999x", 1, &value),
			 -EINVAL);
	assert_int_equal(value, UNTOUCHED);
}

static void seconds_take_decimals(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = {
		{ "0", 0 }, { "10", 10 * NSEC_PER_SEC }, { "0.5", 500000000 },
		{ "2.25", 2250000000 }, { "0.000000001", 1 },
		{ "1.000000000", NSEC_PER_SEC }, { "00.1", 100000000 },
	};
	uint64_t ns;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(num_seconds_ns(good[i].text, UINT64_MAX, &ns),
				 0);
		assert_true(ns == good[i].ns);
	}
}

static void seconds_refuse_the_rest(void **state)
{
	static const char * const bad[] = {
		"", ".", ".5", "5.", "1.0000000001", "1,5", "-1", "1.5s",
		"1..5", "1.5.5", "inf", "nan", " 1",
	};
	uint64_t ns = UNTOUCHED;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(num_seconds_ns(bad[i], UINT64_MAX, &ns),
				 -EINVAL);
	assert_int_equal(num_seconds_ns("2", NSEC_PER_SEC, &ns), -ERANGE);
	assert_int_equal(num_seconds_ns("1.000000001", NSEC_PER_SEC, &ns),
			 -ERANGE);
	assert_int_equal(num_seconds_ns("18446744074", UINT64_MAX, &ns),
			 -ERANGE);
	assert_int_equal(ns, UNTOUCHED);
}

static void json_integers(void **state)
{
	static const char * const good[] = {
		"0", "1", "-1", "60000", "9223372036854775807",
		"-9223372036854775808",
	};
	static const char * const bad[] = {
		"", "-", "-0", "00", "007", "+1", "1.0", "1e3", " 1", "1 ",
		"0x1", "9223372036854775808", "-9223372036854775809", "--1",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(num_is_json_integer(good[i], strlen(good[i])));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(num_is_json_integer(bad[i], strlen(bad[i])));
	/* the length counts, not a terminating zero */
	assert_true(num_is_json_integer("12x", 2));
	assert_false(num_is_json_integer("1\0", 2));
}

static void put_writes_what_was_meant(void **state)
{
	char text[NUM_U64_TEXT];

	(void)state;
	assert_int_equal(num_put_u64(text, 0), 1);
	assert_memory_equal(text, "0", 1);
	assert_int_equal(num_put_u64(text, 1234567890), 10);
	assert_memory_equal(text, "1234567890", 10);
	assert_int_equal(num_put_u64(text, UINT64_MAX), 20);
	assert_memory_equal(text, "18446744073709551615", 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(u64_takes_plain_digits),
		cmocka_unit_test(u64_refuses_the_rest),
		cmocka_unit_test(seconds_take_decimals),
		cmocka_unit_test(seconds_refuse_the_rest),
		cmocka_unit_test(json_integers),
		cmocka_unit_test(put_writes_what_was_meant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
