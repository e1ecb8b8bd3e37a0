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
	/* With a standby to wait for nothing is lost in a partition, nor by a hung Patroni */
	drill.fence = DRILL_FENCE_STRICT;
	drill.sync = DRILL_SYNC;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		drill.fault = rows[i].fault;
		assert_int_equal(drill_expect(&e, &drill), 0);
		assert_int_equal(e.kind, DRILL_SAFE);
		assert_int_equal(e.also, 0);
	}
	drill.sync = DRILL_ASYNC;
	/* A snapshot stuns a VM as a pause does; whom pug watch takes it for is another matter */
	drill.fault = DRILL_VM_SNAPSHOT;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_string_equal(e.by, "fence");
	drill.fence = DRILL_NO_FENCE;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_int_equal(e.kind, DRILL_LOST);
	assert_int_equal(e.also, 1u << DRILL_SPLIT_BRAIN);
	drill.outside_s = 15;
	assert_int_equal(drill_expect(&e, &drill), -1);
	drill.outside_s = 0;
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

/* It must expire twice, so it comes after another leads; and after a freeze that is shorter */
static void test_expectations_of_itco(void **state)
{
	struct drill drill = default_drill();
	struct drill_verdict v = { .kind = DRILL_SAFE, .by = "itco", .fenced_ms = 45000,
				   .right = RIGHT_NO };
	struct drill_expectation e;

	(void)state;
	drill.dog = DRILL_ITCO;
	drill.mode = DRILL_REQUIRED;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_int_equal(e.kind, DRILL_SAFE);
	assert_int_equal(e.right, RIGHT_NO);
	/* 25 s are 41 ticks of 0.6 s, twice: 49.2 s */
	assert_int_equal(e.fence_max_ms, 49200 + 1500);
	assert_true(drill_met(&e, &v));
	v.fenced_ms = 25000;
	assert_false(drill_met(&e, &v));
	v.fenced_ms = 45000;
	strcpy(v.by, "i6300esb");
	assert_false(drill_met(&e, &v));
	drill.fault = DRILL_RT_HOG;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_string_equal(e.by, "itco");
	drill.fault = DRILL_STOP_MACHINE;
	/* About as long as it takes: the phase decides */
	drill.freeze_ms = 45000;
	assert_int_equal(drill_expect(&e, &drill), -1);
	/* Half of ttl, twice: whether it or the key is first nobody says */
	drill.unit = DRILL_IMPROVED;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_int_equal(e.fence_max_ms, 30000 + 1500);
	assert_int_equal(e.right, RIGHT_UNKNOWN);
	/* The case that must fail: it is as if there were none */
	drill.unit = DRILL_TALK;
	drill.ttl_s = 60;
	drill.freeze_ms = 75000;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_int_equal(e.kind, DRILL_LOST);
	assert_string_equal(e.by, "");
}

/* Whether Patroni is above the hog or below: it waits for who is below in any case */
static void test_expectations_of_hogs(void **state)
{
	struct drill_expectation e, other;
	struct drill drill = default_drill();

	(void)state;
	drill.fault = DRILL_RT_HOG_50;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_int_equal(e.kind, DRILL_LOST);
	drill.dog = DRILL_I6300ESB;
	drill.mode = DRILL_REQUIRED;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_int_equal(e.kind, DRILL_SAFE);
	assert_string_equal(e.by, "i6300esb");
	assert_non_null(strstr(e.reason, "ha.py:update_lock (3.0.2)"));
	drill.fault = DRILL_RT_HOG;
	assert_int_equal(drill_expect(&other, &drill), 0);
	assert_int_equal(other.fence_max_ms, e.fence_max_ms);
	drill.fault = DRILL_RT_HOG_50;
	drill.unit = DRILL_IMPROVED;
	assert_int_equal(drill_expect(&other, &drill), 0);
	assert_string_equal(other.by, "i6300esb");
	assert_true(other.fence_max_ms < e.fence_max_ms);
	assert_null(strstr(other.reason, "update_lock"));
}

/* Beside the VM: whatever stops the machine, and before another may lead if it is quick */
static void test_expectations_of_outside(void **state)
{
	static const enum drill_fault seen[] = {
		DRILL_STOP_MACHINE, DRILL_VM_PAUSE, DRILL_DISK_FULL, DRILL_RT_HOG, DRILL_RT_HOG_50,
	};
	struct drill_verdict v = { .kind = DRILL_SAFE, .by = "pug-watch", .fenced_ms = 15400,
				   .right = RIGHT_YES };
	struct drill drill = default_drill();
	struct drill_expectation e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(seen); i++) {
		drill.fault = seen[i];
		drill.outside_s = 15;
		assert_int_equal(drill_expect(&e, &drill), 0);
		assert_int_equal(e.kind, DRILL_SAFE);
		assert_string_equal(e.by, "pug-watch");
		assert_true(drill_met(&e, &v));
		/* Another may lead by then; it is gone before it would go on */
		drill.outside_s = 30;
		assert_int_equal(drill_expect(&e, &drill), 0);
		assert_int_equal(e.right, RIGHT_UNKNOWN);
		assert_false(drill_met(&e, &v));
		/* Who comes first, it or the end of the fault? */
		drill.outside_s = 58;
		assert_int_equal(drill_expect(&e, &drill), -1);
	}
	drill.fault = DRILL_VM_PAUSE;
	drill.outside_s = 15;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_int_equal(e.right, RIGHT_YES);
	v.right = RIGHT_NO;
	assert_false(drill_met(&e, &v));
	/* What it does not see it does not stop */
	drill.fault = DRILL_PATRONI_HANG;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_int_equal(e.kind, DRILL_LOST);
	assert_string_equal(e.by, "");
	/* A watchdog that fires by itself, too: who comes first nobody has written down */
	drill.fault = DRILL_STOP_MACHINE;
	drill.dog = DRILL_I6300ESB;
	drill.mode = DRILL_REQUIRED;
	assert_int_equal(drill_expect(&e, &drill), -1);
	drill.fault = DRILL_VM_PAUSE;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_string_equal(e.by, "pug-watch");
}

/* A frozen machine does not feed its watchdog; one that stands still reads its pill too late */
static void test_expectations_of_sbd(void **state)
{
	static const struct {
		enum drill_fault fault;
		int ret;
		enum drill_kind kind;
		const char *by;
		enum drill_right right;
	} rows[] = {
		{ DRILL_STOP_MACHINE, 0, DRILL_SAFE, "i6300esb", RIGHT_UNKNOWN },
		{ DRILL_RT_HOG, 0, DRILL_SAFE, "i6300esb", RIGHT_UNKNOWN },
		{ DRILL_VM_PAUSE, 0, DRILL_LOST, "sbd", RIGHT_NO },
		{ DRILL_DISK_FULL, 0, DRILL_LOST, "sbd", RIGHT_NO },
		{ DRILL_PARTITION, 0, DRILL_LOST, "sbd", RIGHT_YES },
		{ DRILL_PATRONI_HANG, 0, DRILL_SAFE, "sbd", RIGHT_YES },
		/* It runs beside such a hog, and what it calls does not */
		{ DRILL_RT_HOG_50, -1, 0, "", 0 },
		{ DRILL_CLEAN_STOP, -1, 0, "", 0 },
	};
	struct drill drill = default_drill();
	struct drill_expectation e;

	(void)state;
	drill.fence = DRILL_FENCE_SBD;
	drill.dog = DRILL_I6300ESB;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		drill.fault = rows[i].fault;
		assert_int_equal(drill_expect(&e, &drill), rows[i].ret);
		if (rows[i].ret)
			continue;
		assert_int_equal(e.kind, rows[i].kind);
		assert_string_equal(e.by, rows[i].by);
		assert_int_equal(e.right, rows[i].right);
	}
	/* A second after the thaw at the latest, and not in the fault */
	drill.fault = DRILL_VM_PAUSE;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_in_range(e.fence_min_ms, 55000, 60000);
	assert_in_range(e.fence_max_ms, 61000, 65000);
	/* By sbd's timeout, not by Patroni's */
	drill.fault = DRILL_STOP_MACHINE;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_in_range(e.fence_max_ms, 5000, 8000);
	drill.freeze_ms = 50000;
	assert_int_equal(drill_expect(&e, &drill), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expectations_of_two),
		cmocka_unit_test(test_expectations_of_trixie),
		cmocka_unit_test(test_expectations),
		cmocka_unit_test(test_expectations_of_both),
		cmocka_unit_test(test_expectations_of_itco),
		cmocka_unit_test(test_expectations_of_sbd),
		cmocka_unit_test(test_expectations_of_outside),
		cmocka_unit_test(test_expectations_of_hogs),
		cmocka_unit_test(test_expectations_of_repmgr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
