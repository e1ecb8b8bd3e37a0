// SPDX-License-Identifier: GPL-2.0
/* When a cluster is well: with Patroni, and with repmgr, whose old leader may lead on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "compiler.h"
#include "drill-seen.h"
#include "drill-timeline.h"
#include "util.h"

#define ANSWER(role, timeline) \
	"{\"body\":{\"role\":\"" role "\",\"state\":\"running\",\"timeline\":" timeline "}}"
#define LEADS(timeline) ANSWER("primary", timeline)
#define FOLLOWS(timeline) ANSWER("replica", timeline)
#define SILENT "{\"error\":\"Timeout was reached\"}"

/* Two managers look at the same three answers */
static const struct {
	const char *answers[DRILL_DATABASES];
	bool patroni;
	bool repmgr;
	int promoted;
} rows[] = {
	{ { LEADS("1"), FOLLOWS("1"), FOLLOWS("1") }, true, true, 0 },
	/* The old leader follows; the third may stay behind where Patroni decides */
	{ { FOLLOWS("2"), LEADS("2"), FOLLOWS("2") }, true, true, 1 },
	{ { FOLLOWS("2"), LEADS("2"), FOLLOWS("1") }, true, false, 1 },
	/* It leads on, or is silent: that is all that becomes of it with repmgr */
	{ { LEADS("1"), LEADS("2"), FOLLOWS("2") }, false, true, 1 },
	{ { SILENT, LEADS("2"), FOLLOWS("2") }, false, true, 1 },
	{ { SILENT, FOLLOWS("1"), FOLLOWS("1") }, false, false, 0 },
	{ { LEADS("1"), LEADS("2"), SILENT }, false, false, 1 },
	{ { LEADS("1"), LEADS("2"), LEADS("2") }, false, false, 1 },
	{ { "nonsense", "{}", "[]" }, false, false, 0 },
};

static void test_calm(void **state)
{
	struct drill drill;

	(void)state;
	drill_default(&drill);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct seen seen[DRILL_DATABASES] = { 0 };

		for (int k = 0; k < DRILL_DATABASES; k++)
			seen_answer(NULL, rows[i].answers[k], &seen[k]);
		assert_int_equal(seen_promoted(seen), rows[i].promoted);
		drill.manager = DRILL_PATRONI;
		assert_int_equal(seen_calm(seen, &drill), rows[i].patroni);
		drill.manager = DRILL_REPMGR;
		assert_int_equal(seen_calm(seen, &drill), rows[i].repmgr);
	}
}

/* What was said long ago is no answer; who was ended has none to give */
static void test_stale(void **state)
{
	struct seen seen[DRILL_DATABASES] = { 0 };
	struct drill drill;

	(void)state;
	drill_default(&drill);
	seen_answer(NULL, FOLLOWS("2"), &seen[0]);
	seen_answer(NULL, LEADS("2"), &seen[1]);
	seen_answer(NULL, FOLLOWS("2"), &seen[2]);
	assert_true(seen_calm(seen, &drill));
	seen[1].at_s = now_s() - 100;
	assert_false(seen_calm(seen, &drill));
	assert_int_equal(seen_promoted(seen), 0);
	seen_answer(NULL, LEADS("2"), &seen[1]);
	seen[0].at_s = 0;
	assert_false(seen_calm(seen, &drill));
	seen[0].off = true;
	assert_true(seen_calm(seen, &drill));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calm),
		cmocka_unit_test(test_stale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
