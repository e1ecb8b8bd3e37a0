// SPDX-License-Identifier: GPL-2.0
/* A name that is typed: whole, alone on its line, or nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "compiler.h"
#include "confirm.h"

static const struct {
	const char *typed;
	const char *name;
} typings[] = {
	{ "db1\n", "db1" },
	{ "db12345\n", "" },		/* does not fit: not a part of it */
	{ "db1234\n", "db1234" },
	{ " db1\n", " db1" },
	{ "\n", "" },
	{ "db1", "" },			/* the terminal went away */
	{ "", "" },
};

static void takes_a_whole_line(void **state)
{
	char name[7];
	int in[2], out[2];
	char asked[64];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(typings); i++) {
		assert_int_equal(pipe(in), 0);
		assert_int_equal(pipe(out), 0);
		assert_int_equal(write(in[1], typings[i].typed,
				       strlen(typings[i].typed)),
				 strlen(typings[i].typed));
		close(in[1]);
		memset(name, 'x', sizeof(name));
		confirm_ask(in[0], out[1], name, sizeof(name));
		assert_string_equal(name, typings[i].name);
		assert_in_range(read(out[0], asked, sizeof(asked)), 10, 64);
		close(in[0]);
		close(out[0]);
		close(out[1]);
	}
}

/* Where it cannot be asked nothing is read. */
static void no_question_no_answer(void **state)
{
	char name[7] = "db1";
	int in[2];

	(void)state;
	assert_int_equal(pipe(in), 0);
	assert_int_equal(write(in[1], "db1\n", 4), 4);
	confirm_ask(in[0], -1, name, sizeof(name));
	assert_string_equal(name, "");
	close(in[0]);
	close(in[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_a_whole_line),
		cmocka_unit_test(no_question_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
