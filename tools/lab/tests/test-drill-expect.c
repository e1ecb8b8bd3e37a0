// SPDX-License-Identifier: GPL-2.0
/* What must come of a drill, and of which nobody has written that down. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compiler.h"
#include "drill-expect.h"
#include "drill-fixture.h"

/* Without a watchdog no number of synchronous standbys keeps what the new leader took */
static void test_expectations_of_two(void **state)
{
	struct drill drill = default_drill();
	struct drill_expectation e;

	(void)state;
	for (int sync = DRILL_TWO; sync <= DRILL_ANY; sync++) {
		drill.sync = sync;
		drill.dog = DRILL_NO_DOG;
		drill.mode = DRILL_OFF;
		assert_int_equal(drill_expect(&e, &drill), 0);
		assert_int_equal(e.kind, DRILL_LOST);
		assert_non_null(strstr(e.reason, "follows the new leader"));
		drill.dog = DRILL_I6300ESB;
		drill.mode = DRILL_REQUIRED;
		assert_int_equal(drill_expect(&e, &drill), 0);
		assert_int_equal(e.kind, DRILL_SAFE);
		assert_int_equal(e.also, sync == DRILL_ANY ? 1u << DRILL_LOST : 0);
	}
}

/* Patroni 4 looks whose lock it is: only what the thawed leader takes by itself is lost */
static void test_expectations_of_trixie(void **state)
{
	struct drill drill = default_drill();
	struct drill_expectation e;

	(void)state;
	drill.release = DRILL_TRIXIE;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_int_equal(e.kind, DRILL_LOST);
	assert_int_equal(e.also, 1u << DRILL_SPLIT_BRAIN | 1u << DRILL_SAFE);
	assert_non_null(strstr(e.reason, "_update_leader (4.0)"));
	drill.sync = DRILL_QUORUM;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_int_equal(e.kind, DRILL_SPLIT_BRAIN);
	assert_int_equal(e.also, 1u << DRILL_SAFE);
	drill.sync = DRILL_ANY;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_int_equal(e.kind, DRILL_SPLIT_BRAIN);
	assert_int_equal(e.also, 1u << DRILL_SAFE | 1u << DRILL_LOST);
}

/* The watchdog comes before the fence where it can, and where it can't the fence does */
static void test_expectations_of_both(void **state)
{
	static const struct {
		enum drill_fault fault;
		enum drill_fence fence;
		enum drill_kind kind;
		unsigned int also;
		const char *by, *or_by;
	} rows[] = {
		{ DRILL_STOP_MACHINE, DRILL_FENCE_STRICT, DRILL_SAFE, 0, "i6300esb", "fence" },
		{ DRILL_RT_HOG, DRILL_FENCE_STRICT, DRILL_SAFE, 0, "i6300esb", "fence" },
		{ DRILL_VM_PAUSE, DRILL_FENCE_STRICT, DRILL_SAFE, 0, "fence", "" },
		{ DRILL_DISK_FULL, DRILL_FENCE_STRICT, DRILL_SAFE, 0, "fence", "" },
		{ DRILL_PATRONI_HANG, DRILL_FENCE_STRICT, DRILL_SAFE, 1u << DRILL_LOST,
		  "i6300esb", "fence" },
		{ DRILL_PATRONI_HANG, DRILL_NO_FENCE, DRILL_SAFE, 1u << DRILL_LOST,
		  "i6300esb", "" },
		{ DRILL_PARTITION, DRILL_FENCE_STRICT, DRILL_LOST, 0, "fence", "i6300esb" },
		{ DRILL_PARTITION, DRILL_NO_FENCE, DRILL_LOST, 0, "", "i6300esb" },
	};
	struct drill drill = default_drill();
	struct drill_expectation e;

	(void)state;
	drill.dog = DRILL_I6300ESB;
	drill.mode = DRILL_REQUIRED;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		drill.fault = rows[i].fault;
		drill.fence = rows[i].fence;
		assert_int_equal(drill_expect(&e, &drill), 0);
		assert_int_equal(e.kind, rows[i].kind);
		assert_int_equal(e.also, rows[i].also);
		assert_string_equal(e.by, rows[i].by);
		assert_string_equal(e.or_by ? e.or_by : "", rows[i].or_by);
		assert_true(!*e.by || e.fence_min_ms < e.fence_max_ms);
	}
	/* Of these nobody has written it down */
	drill.fault = DRILL_PARTITION;
	drill.fence = DRILL_FENCE_TALK;
	assert_int_equal(drill_expect(&e, &drill), -1);
	drill.fence = DRILL_FENCE_STRICT;
	drill.dog = DRILL_SOFTDOG;
	assert_int_equal(drill_expect(&e, &drill), -1);
	drill.fault = DRILL_STOP_MACHINE;
	drill.dog = DRILL_I6300ESB;
	drill.unit = DRILL_IMPROVED;
	assert_int_equal(drill_expect(&e, &drill), -1);
}

/* Whatever resets the leader, nothing of repmgr keeps it from leading again */
static void test_expectations_of_repmgr(void **state)
{
	struct drill_verdict v = { .kind = DRILL_LOST, .by = "i6300esb", .fenced_ms = 12600,
				   .right = RIGHT_YES };
	struct drill drill = default_drill();
	struct drill_expectation e;

	(void)state;
	drill.manager = DRILL_REPMGR;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_int_equal(e.kind, DRILL_LOST);
	assert_int_equal(e.right, RIGHT_NO);
	assert_string_equal(e.by, "");
	drill.dog = DRILL_I6300ESB;
	drill.mode = DRILL_AUTOMATIC;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_true(drill_met(&e, &v));
	v.fenced_ms = 10000;
	assert_false(drill_met(&e, &v));
	v.fenced_ms = 20000;
	v.kind = DRILL_SAFE;
	assert_false(drill_met(&e, &v));
	/* No time passes for a paused watchdog */
	drill.fault = DRILL_VM_PAUSE;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_string_equal(e.by, "");
	drill.fault = DRILL_PARTITION;
	assert_int_equal(drill_expect(&e, &drill), -1);
	drill.fault = DRILL_STOP_MACHINE;
	drill.dog = DRILL_SOFTDOG;
	assert_int_equal(drill_expect(&e, &drill), -1);
}

static void test_expectations(void **state)
{
	struct drill_expectation e;
	struct drill_verdict v = { .kind = DRILL_SAFE, .by = "i6300esb", .fenced_ms = 20000 };
	struct drill drill = default_drill();

	(void)state;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_int_equal(e.kind, DRILL_LOST);
	assert_false(drill_met(&e, &v));
	/* Caught in a request to etcd, it demotes itself */
	assert_int_equal(e.also, 1u << DRILL_SPLIT_BRAIN);
	drill.dog = DRILL_I6300ESB;
	drill.mode = DRILL_REQUIRED;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_int_equal(e.kind, DRILL_SAFE);
	assert_true(drill_met(&e, &v));
	/* The right verdict for another reason is a surprise */
	v.fenced_ms = 40000;
	assert_false(drill_met(&e, &v));
	v.fenced_ms = 20000;
	strcpy(v.by, "softdog");
	assert_false(drill_met(&e, &v));
	strcpy(v.by, "i6300esb");
	v.kind = DRILL_ERROR;
	assert_false(drill_met(&e, &v));
	/* A clock that wraps loses the freeze, and softdog with it */
	drill.dog = DRILL_SOFTDOG;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_string_equal(e.by, "softdog");
	drill.clock = clocksource_find("acpi_pm");
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_int_equal(e.kind, DRILL_LOST);
	assert_string_equal(e.by, "");
	/* What hpet shows of a minute is 17 s: more or less than the timeout? */
	drill.clock = clocksource_find("hpet");
	assert_int_equal(drill_expect(&e, &drill), -1);
	drill.dog = DRILL_I6300ESB;
	assert_int_equal(drill_expect(&e, &drill), 0);
	/* Half of ttl, less up to a loop and what that took */
	drill.unit = DRILL_IMPROVED;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_true(e.fence_max_ms < drill.ttl_s * 1000 * 2 / 3);
	/* A guest that lost the time is late; with a standby to wait for nobody is told */
	for (int fault = 0; fault < DRILL_FAULTS; fault++) {
		drill.fault = fault;
		if (!drill_faults[fault].stops_time)
			continue;
		drill.sync = DRILL_ASYNC;
		assert_int_equal(drill_expect(&e, &drill), 0);
		assert_int_equal(e.kind, DRILL_LOST);
		assert_string_equal(e.by, "");
		drill.sync = DRILL_STRICT;
		assert_int_equal(drill_expect(&e, &drill), 0);
		assert_int_equal(e.kind, DRILL_SPLIT_BRAIN);
		assert_false(e.also & 1u << DRILL_LOST);
	}
	drill.fault = DRILL_STOP_MACHINE;
	/* About as long as ttl: the phase decides, nobody wrote that down */
	drill.freeze_ms = drill.ttl_s * 1000;
	assert_int_equal(drill_expect(&e, &drill), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expectations_of_two),
		cmocka_unit_test(test_expectations_of_trixie),
		cmocka_unit_test(test_expectations),
		cmocka_unit_test(test_expectations_of_both),
		cmocka_unit_test(test_expectations_of_repmgr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
