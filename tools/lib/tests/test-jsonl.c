// SPDX-License-Identifier: GPL-2.0
/* Whatever goes in, what comes out is one valid line of JSON: jansson reads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "jsonl.h"

static json_t *finish(struct jsonl *line)
{
	size_t len = jsonl_end(line);
	json_error_t error;
	json_t *json;

	assert_true(len <= JSONL_MAX);
	assert_int_equal(line->buf[len - 1], '\n');
	assert_null(memchr(line->buf, '\n', len - 1));
	json = json_loadb(line->buf, len, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		fail_msg("%s in: %.*s", error.text, (int)len, line->buf);
	return json;
}

static void fields_as_written(void **state)
{
	static const char expected[] =
		"{\"a\":18446744073709551615,\"b\":-5,\"c\":null,\"d\":true,\"f\":null}\n";
	struct jsonl line;

	(void)state;
	jsonl_begin(&line);
	jsonl_u64(&line, "a", UINT64_MAX);
	jsonl_i64(&line, "b", -5);
	jsonl_null(&line, "c");
	jsonl_bool(&line, "d", true);
	jsonl_string(&line, "f", NULL);
	assert_int_equal(jsonl_end(&line), sizeof(expected) - 1);
	assert_memory_equal(line.buf, expected, sizeof(expected) - 1);
}

static void least_number(void **state)
{
	struct jsonl line;
	json_t *json;

	(void)state;
	jsonl_begin(&line);
	jsonl_i64(&line, "least", INT64_MIN);
	json = finish(&line);
	assert_true(json_integer_value(json_object_get(json, "least")) ==
		    INT64_MIN);
	json_decref(json);
}

static void strings_survive(void **state)
{
	static const char nasty[] =
		"\"quoted\" back\\slash\n\t\r\b\x01\x1b[31m\x7f </b> \xd0\xbc \xf0\x9f\x90\xb6";
	struct jsonl line;
	json_t *json;

	(void)state;
	jsonl_begin(&line);
	jsonl_string(&line, "s", nasty);
	jsonl_string(&line, nasty, "as key");
	assert_null(memchr(line.buf, 0x1b, line.len));
	assert_null(memchr(line.buf, 0x7f, line.len));
	json = finish(&line);
	assert_string_equal(json_string_value(json_object_get(json, "s")),
			    nasty);
	assert_string_equal(json_string_value(json_object_get(json, nasty)),
			    "as key");
	json_decref(json);
}

static void check_replaced(const char *bytes, size_t len, const char *expected)
{
	struct jsonl line;
	json_t *json;

	jsonl_begin(&line);
	jsonl_text(&line, "s", bytes, len);
	json = finish(&line);
	assert_string_equal(json_string_value(json_object_get(json, "s")),
			    expected);
	json_decref(json);
}

#define FFFD "\xef\xbf\xbd"

static void what_is_no_utf8_is_replaced(void **state)
{
	(void)state;
	check_replaced("a\xffz", 3, "a" FFFD "z");
	check_replaced("\x80", 1, FFFD);
	/* cut off at the end of the text */
	check_replaced("a\xd0", 2, "a" FFFD);
	check_replaced("\xf0\x9f\x90", 3, FFFD FFFD FFFD);
	/* overlong '/', a surrogate, beyond U+10FFFF */
	check_replaced("\xc0\xaf", 2, FFFD FFFD);
	check_replaced("\xe0\x80\xaf", 3, FFFD FFFD FFFD);
	check_replaced("\xed\xa0\x80", 3, FFFD FFFD FFFD);
	check_replaced("\xf4\x90\x80\x80", 4, FFFD FFFD FFFD FFFD);
	/* the greatest and least of each length are right */
	check_replaced("\xc2\x80", 2, "\xc2\x80");
	check_replaced("\xe0\xa0\x80", 3, "\xe0\xa0\x80");
	check_replaced("\xed\x9f\xbf", 3, "\xed\x9f\xbf");
	check_replaced("\xf0\x90\x80\x80", 4, "\xf0\x90\x80\x80");
	check_replaced("\xf4\x8f\xbf\xbf", 4, "\xf4\x8f\xbf\xbf");
}

static void numbers_by_their_looks(void **state)
{
	struct jsonl line;
	json_t *json;

	(void)state;
	jsonl_begin(&line);
	jsonl_auto(&line, "n", "60000", 5);
	jsonl_auto(&line, "s", "007", 3);
	jsonl_auto(&line, "e", "", 0);
	json = finish(&line);
	assert_true(json_is_integer(json_object_get(json, "n")));
	assert_string_equal(json_string_value(json_object_get(json, "s")),
			    "007");
	assert_string_equal(json_string_value(json_object_get(json, "e")), "");
	json_decref(json);
}

static void nesting(void **state)
{
	static const char expected[] =
		"{\"list\":[{\"pid\":1},{\"pid\":2},3],\"none\":[],\"z\":0}\n";
	struct jsonl line;

	(void)state;
	jsonl_begin(&line);
	jsonl_array(&line, "list");
	jsonl_object(&line, "");
	jsonl_u64(&line, "pid", 1);
	jsonl_close(&line);
	jsonl_object(&line, "");
	jsonl_u64(&line, "pid", 2);
	jsonl_close(&line);
	jsonl_u64(&line, "", 3);
	jsonl_close(&line);
	jsonl_array(&line, "none");
	jsonl_close(&line);
	jsonl_u64(&line, "z", 0);
	assert_int_equal(jsonl_end(&line), sizeof(expected) - 1);
	assert_memory_equal(line.buf, expected, sizeof(expected) - 1);
}

static void unclosed_and_overclosed(void **state)
{
	struct jsonl line;
	json_t *json;

	(void)state;
	jsonl_begin(&line);
	jsonl_array(&line, "a");
	jsonl_object(&line, "");
	json_decref(finish(&line));

	jsonl_begin(&line);
	jsonl_close(&line);
	jsonl_close(&line);
	json = finish(&line);
	assert_int_equal(json_object_size(json), 0);
	json_decref(json);
}

/* A field that is too long is left out whole, and the line says so. */
static void too_long(void **state)
{
	char big[JSONL_MAX];
	struct jsonl line;
	json_t *json;

	(void)state;
	memset(big, '\x01', sizeof(big));
	jsonl_begin(&line);
	jsonl_string(&line, "before", "1");
	jsonl_text(&line, "big", big, sizeof(big));
	jsonl_string(&line, "after", "2");
	json = finish(&line);
	assert_null(json_object_get(json, "big"));
	assert_non_null(json_object_get(json, "before"));
	assert_non_null(json_object_get(json, "after"));
	assert_true(json_is_true(json_object_get(json, "truncated")));
	json_decref(json);

	jsonl_begin(&line);
	jsonl_text(&line, "big", big, sizeof(big));
	json = finish(&line);
	assert_int_equal(json_object_size(json), 1);
	json_decref(json);
}

static void fill(struct jsonl *line, size_t len)
{
	char text[JSONL_MAX];

	memset(text, 'x', len);
	jsonl_text(line, "fill", text, len);
}

/* Every length up to the brim, with brackets open and opened at the brim. */
static void at_the_brim(void **state)
{
	struct jsonl line;
	json_t *json;
	size_t len;
	int i;

	(void)state;
	for (len = JSONL_MAX - 120; len < JSONL_MAX; len++) {
		jsonl_begin(&line);
		jsonl_array(&line, "a");
		for (i = 0; i < 10; i++)
			jsonl_object(&line, "o");
		fill(&line, len);
		for (i = 0; i < 10; i++)
			jsonl_close(&line);
		jsonl_close(&line);
		for (i = 0; i < 40; i++) {
			jsonl_array(&line, "b");
			jsonl_close(&line);
		}
		assert_true(jsonl_end(&line) <= JSONL_MAX);
		json = json_loadb(line.buf, line.len, 0, NULL);
		assert_non_null(json);
		assert_true(json_is_true(json_object_get(json, "truncated")));
		json_decref(json);
	}
}

static void skipped_brackets_skip_their_content(void **state)
{
	struct jsonl line;
	json_t *json;
	int i;

	(void)state;
	jsonl_begin(&line);
	for (i = 0; i < 12; i++)
		jsonl_object(&line, "o");
	jsonl_u64(&line, "lost", 1);
	for (i = 0; i < 12; i++)
		jsonl_close(&line);
	jsonl_u64(&line, "kept", 1);
	json = finish(&line);
	assert_non_null(json_object_get(json, "kept"));
	assert_null(json_object_get(json, "lost"));
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_as_written),
		cmocka_unit_test(least_number),
		cmocka_unit_test(strings_survive),
		cmocka_unit_test(what_is_no_utf8_is_replaced),
		cmocka_unit_test(numbers_by_their_looks),
		cmocka_unit_test(nesting),
		cmocka_unit_test(unclosed_and_overclosed),
		cmocka_unit_test(too_long),
		cmocka_unit_test(at_the_brim),
		cmocka_unit_test(skipped_brackets_skip_their_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
