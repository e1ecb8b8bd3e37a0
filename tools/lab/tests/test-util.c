// SPDX-License-Identifier: GPL-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util.h"

static void check_escape(const char *text, const char *wanted)
{
	char *seen = text_escape(text);

	assert_string_equal(seen, wanted);
	free(seen);
}

static void test_escape(void **state)
{
	(void)state;
	check_escape("", "");
	check_escape(" softdog: {\"a\":\"b\\n\"}~", " softdog: {\"a\":\"b\\n\"}~");
	check_escape("\033[2J\r\n\t\b\177", "\\x1b[2J\\x0d\\x0a\\x09\\x08\\x7f");
	/* The C1 controls, as a byte and as UTF-8; a letter; a turn of direction */
	check_escape("\233m \302\233m", "\\x9bm \\xc2\\x9bm");
	check_escape("\303\274 \342\200\256", "\\xc3\\xbc \\xe2\\x80\\xae");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
