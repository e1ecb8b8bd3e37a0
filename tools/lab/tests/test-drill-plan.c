// SPDX-License-Identifier: GPL-2.0
/* Plans of drills: ours mean something, and are what they say when printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compiler.h"
#include "drill-expect.h"
#include "drill-plan.h"

static const char * const ours[] = { "talk", "configuration" };

static void read_text(struct drill_plan *plan, const char *text)
{
	FILE *in = fmemopen((char *)text, strlen(text), "r");

	memset(plan, 0, sizeof(*plan));
	drill_plan_read(plan, in, "text");
	fclose(in);
}

static void test_ours(void **state)
{
	struct drill_expectation e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++) {
		struct drill_plan plan = { 0 };

		assert_int_equal(drill_plan_open(&plan, ours[i]), 0);
		for (size_t k = 0; k < plan.n; k++) {
			if (drill_expect(&e, &plan.rows[k].drill))
				fail_msg("%s: nothing is expected", plan.rows[k].words);
			/* A folder is one drill's */
			for (size_t n = 0; n < k; n++)
				assert_string_not_equal(plan.rows[n].name, plan.rows[k].name);
		}
		drill_plan_free(&plan);
	}
}

static void test_parts(void **state)
{
	struct drill_plan plan;

	(void)state;
	read_text(&plan, "# no drill\n\n==  one \t\n  3x  freeze-leader --ttl\t40\t\n"
		  "freeze-leader --watchdog=i6300esb\n== two\nhang-postgres --alone");
	assert_int_equal(plan.n, 3);
	assert_string_equal(plan.rows[0].group, "one");
	assert_string_equal(plan.rows[0].words, "freeze-leader --ttl 40");
	assert_string_equal(plan.rows[0].name, "freeze-leader_ttl_40");
	assert_int_equal(plan.rows[0].repeat, 3);
	assert_int_equal(plan.rows[0].drill.ttl_s, 40);
	assert_string_equal(plan.rows[1].group, "one");
	assert_string_equal(plan.rows[1].name, "freeze-leader_watchdog_i6300esb");
	assert_int_equal(plan.rows[1].repeat, 1);
	assert_int_equal(plan.rows[1].drill.dog, DRILL_I6300ESB);
	assert_string_equal(plan.rows[2].group, "two");
	assert_true(plan.rows[2].drill.alone);
	drill_plan_free(&plan);
}

/* What is printed, read and printed again is the same */
static void test_print(void **state)
{
	char *text[2];
	struct drill_plan plan = { 0 };

	(void)state;
	assert_int_equal(drill_plan_open(&plan, "configuration"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(text); i++) {
		size_t size;
		FILE *out = open_memstream(&text[i], &size);

		drill_plan_print(&plan, out);
		fclose(out);
		drill_plan_free(&plan);
		read_text(&plan, text[i]);
	}
	assert_string_equal(text[0], text[1]);
	assert_non_null(strstr(text[0], "3x freeze-leader\n"));
	drill_plan_free(&plan);
	free(text[0]);
	free(text[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ours),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_print),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
