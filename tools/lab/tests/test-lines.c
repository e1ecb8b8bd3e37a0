// SPDX-License-Identifier: GPL-2.0
/* What comes from a guest is cut into lines, whatever it is, and stamped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>

#include "lines.h"

static char heard[4 * LINES_MAX];
static int n_heard;

static void on_line(struct lines *lines, const char *text, void *data)
{
	(void)lines;
	(void)data;
	n_heard++;
	strncat(heard, text, sizeof(heard) - strlen(heard) - 2);
	strcat(heard, "|");
}

static struct lines *fresh(void)
{
	static struct lines lines;

	memset(&lines, 0, sizeof(lines));
	lines.fd = -1;
	lines.on_line = on_line;
	heard[0] = '\0';
	n_heard = 0;
	return &lines;
}

static void feed(struct lines *lines, const char *text)
{
	lines_feed(lines, text, strlen(text));
}

static void test_pieces(void **state)
{
	struct lines *lines = fresh();

	(void)state;
	feed(lines, "on");
	feed(lines, "e\r\n\n\ntw");
	assert_string_equal(heard, "one|");
	feed(lines, "o\nthree");
	assert_string_equal(heard, "one|two|");
	lines_feed(lines, "\0\n", 2);
	assert_string_equal(heard, "one|two|three|");
}

static void test_endless(void **state)
{
	struct lines *lines = fresh();

	(void)state;
	for (int i = 0; i < 3 * LINES_MAX; i++)
		feed(lines, "x");
	assert_int_equal(n_heard, 2);
	feed(lines, "\n");
	assert_int_equal(n_heard, 3);
}

/* The log is JSON also where a guest sends no UTF-8, and JSON that is none is text */
static void test_log(void **state)
{
	struct lines *lines = fresh();
	size_t size = 0;
	char *text = NULL, *end;
	json_t *line;

	(void)state;
	lines->log = open_memstream(&text, &size);
	feed(lines, "caf\xe9 \"quoted\"\n");
	lines->json = true;
	feed(lines, "{\"http\":200}\n{broken\n");
	fclose(lines->log);
	lines->log = NULL;
	end = strchr(text, '\n');
	line = json_loadb(text, end - text, 0, NULL);
	assert_true(json_is_real(json_object_get(line, "host_s")));
	assert_string_equal(json_string_value(json_object_get(line, "text")), "caf? \"quoted\"");
	json_decref(line);
	assert_non_null(strstr(text, "\"json\":{\"http\":200}"));
	assert_non_null(strstr(text, "\"text\":\"{broken\""));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces), cmocka_unit_test(test_endless),
		cmocka_unit_test(test_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
