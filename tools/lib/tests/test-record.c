// SPDX-License-Identifier: GPL-2.0
/* Lines with a checksum: what was written is read, anything else is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "compiler.h"
#include "record.h"

static void make(struct record *rec)
{
	record_begin(rec, "armed", 7);
	record_text(rec, "identity", "i6300ESB timer 100%\n=\x1b");
	record_i64(rec, "timeout", 10);
	record_i64(rec, "behind", -5);
	record_end(rec);
}

static void what_was_written_is_read(void **state)
{
	struct record_view view;
	struct record rec;
	const char *cursor;
	char text[64];

	(void)state;
	make(&rec);
	/* the checksum is what `printf %s BODY | gzip | tail -c8` has, too */
	assert_memory_equal(rec.text,
			    "pug1 defc7bef 7 armed identity=i6300ESB%20timer%20100%25%0a=%1b timeout=10 behind=-5\n",
			    rec.len);
	cursor = rec.text;
	assert_int_equal(record_next(&cursor, rec.text + rec.len, &view),
			 RECORD_GOOD);
	assert_string_equal(view.event, "armed");
	assert_int_equal(view.n, 7);
	assert_true(record_get_text(&view, "identity", text, sizeof(text)));
	assert_string_equal(text, "i6300ESB timer 100%\n=\x1b");
	assert_int_equal(record_get(&view, "timeout"), 10);
	assert_int_equal(record_get(&view, "behind"), -1);
	assert_int_equal(record_get(&view, "time"), -1);
	assert_int_equal(record_get(&view, "identity"), -1);
	assert_false(record_get_text(&view, "none", text, sizeof(text)));
	assert_true(record_get_text(&view, "identity", text, 4));
	assert_string_equal(text, "i63");
	assert_int_equal(record_next(&cursor, rec.text + rec.len, &view),
			 RECORD_END);
}

/* Every cut is torn, every flipped bit is bad. */
static void what_is_damaged_is_not(void **state)
{
	struct record_view view;
	struct record rec;
	const char *cursor;
	size_t i;
	int bit;

	(void)state;
	make(&rec);
	for (i = 1; i < rec.len; i++) {
		cursor = rec.text;
		assert_int_equal(record_next(&cursor, rec.text + i, &view),
				 RECORD_TORN);
		assert_ptr_equal(cursor, rec.text + i);
	}
	for (i = 0; i < rec.len - 1; i++) {
		for (bit = 0; bit < 8; bit++) {
			rec.text[i] ^= 1 << bit;
			cursor = rec.text;
			assert_int_equal(record_next(&cursor,
						     rec.text + rec.len, &view),
					 RECORD_BAD);
			rec.text[i] ^= 1 << bit;
		}
	}
}

static void lines_that_are_none(void **state)
{
	static const char * const lines[] = {
		"\n", "pug1\n", "pug1 \n", "pug1 00000000\n",
		"pug1 00000000 \n", "pug1 00000000 1 x\n",
		"pug2 b9265ed3 7 armed\n", "\0\0\0\n",
	};
	struct record_view view;
	const char *cursor;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		cursor = lines[i];
		assert_int_equal(record_next(&cursor, cursor + strlen(cursor),
					     &view),
				 *lines[i] ? RECORD_BAD : RECORD_END);
	}
}

/* A field that does not fit is left out whole; the line stays a good one. */
static void too_much(void **state)
{
	char longer[RECORD_MAX];
	struct record_view view;
	struct record rec;
	const char *cursor;

	(void)state;
	memset(longer, ' ', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	record_begin(&rec, "an-event-with-a-very-long-name", UINT64_MAX);
	record_text(&rec, "a", longer);
	record_text(&rec, "b", "1");
	assert_true(rec.truncated);
	record_end(&rec);
	cursor = rec.text;
	assert_int_equal(record_next(&cursor, rec.text + rec.len, &view),
			 RECORD_GOOD);
	assert_int_equal(view.n, UINT64_MAX);
	assert_string_equal(view.event, "an-event-with-a-very-lo");
	assert_int_equal(record_get(&view, "a"), -1);
	assert_int_equal(record_get(&view, "b"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(what_is_damaged_is_not),
		cmocka_unit_test(lines_that_are_none),
		cmocka_unit_test(too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
