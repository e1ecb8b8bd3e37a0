// SPDX-License-Identifier: GPL-2.0
/* Regular intervals: the grid is kept, bursts are not made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pace.h"

static void keeps_the_grid(void **state)
{
	struct pace pace;
	int i;

	(void)state;
	pace_start(&pace, 100, 1000);
	assert_int_equal(pace.due_ns, 1000);
	for (i = 1; i <= 5; i++) {
		/* each a little late, by less than an interval */
		pace_next(&pace, pace.due_ns + 30 + i);
		assert_int_equal(pace.due_ns, 1000 + 100 * i);
	}
	assert_int_equal(pace.missed, 0);
}

/* A freeze of 50 intervals: the next is due one interval later, once. */
static void no_burst_after_a_freeze(void **state)
{
	struct pace pace;

	(void)state;
	pace_start(&pace, 100, 1000);
	pace_next(&pace, 6050);
	assert_int_equal(pace.due_ns, 6150);
	assert_int_equal(pace.missed, 50);
	pace_next(&pace, 6151);
	assert_int_equal(pace.due_ns, 6250);
	assert_int_equal(pace.missed, 50);
}

static void exactly_one_interval_late(void **state)
{
	struct pace pace;

	(void)state;
	pace_start(&pace, 100, 1000);
	pace_next(&pace, 1100);
	assert_int_equal(pace.due_ns, 1200);
	assert_int_equal(pace.missed, 1);
}

static void sleeps_until_due(void **state)
{
	struct pace pace;
	uint64_t start = pace_now();

	(void)state;
	pace_start(&pace, 20000000, start);
	pace_sleep(&pace);	/* due already */
	pace_next(&pace, pace_now());
	pace_sleep(&pace);
	assert_true(pace_now() - start >= 20000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_grid),
		cmocka_unit_test(no_burst_after_a_freeze),
		cmocka_unit_test(exactly_one_interval_late),
		cmocka_unit_test(sleeps_until_due),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
