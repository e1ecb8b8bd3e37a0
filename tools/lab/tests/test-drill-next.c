// SPDX-License-Identifier: GPL-2.0
/* Drills whose new leader is frozen as well, and those whose VM is moved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "compiler.h"
#include "drill-expect.h"
#include "drill-fixture.h"

static struct drill next_drill(void)
{
	struct drill drill = default_drill();

	drill.fault = DRILL_NEW_LEADER;
	return drill;
}

/* Both lead: only while the user space of both runs */
static void test_sleeper_leads_not(void **state)
{
	static const struct {
		double frozen, thaw, gone;
		long both, from;
	} rows[] = {
		/* It stands when the first goes on: from its own thaw */
		{ 136, 195.98, 197, 1000, 96000 },
		/* It stands in the middle of that */
		{ 165, 174.98, 180, 10000, 60000 },
		/* It never stood beside it */
		{ 140, 149.98, 170, 10000, 60000 },
		/* It never goes on */
		{ 136, 0, 197, 0, DRILL_NO_TIME },
	};
	struct drill drill = next_drill();
	struct drill_timeline tl;
	struct drill_verdict v;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		begin(&tl, TWO_LOST);
		drill_add(&tl, MOMENT_FREEZE, 1, rows[i].frozen, 0, "freeze");
		drill_add(&tl, MOMENT_THAW, 0, 159.98, 0, "thaw");
		drill_add(&tl, MOMENT_WORD, 0, 160.1, 0, "agent: end");
		drill_add(&tl, MOMENT_KEY, 3, 160.8, 0, "key");
		if (rows[i].thaw)
			drill_add(&tl, MOMENT_THAW, 1, rows[i].thaw, 0, "thaw");
		drill_add(&tl, MOMENT_DEMOTED, 0, rows[i].gone, 0, "Demoting self");
		v = judge(&tl, &drill);
		assert_int_equal(v.kind, DRILL_LOST);
		assert_int_equal(v.two_leaders_ms, rows[i].both);
		assert_int_equal(v.two_from_ms, rows[i].from);
		assert_int_equal(v.next_frozen_ms, (long)((rows[i].frozen - FAULT) * 1000));
		assert_int_equal(v.next_fenced_ms, DRILL_NO_TIME);
	}
}

/* Reset in its freeze it does not thaw, whatever its console says later */
static void test_both_are_reset(void **state)
{
	struct drill drill = next_drill();
	struct drill_timeline tl;
	struct drill_verdict v;

	(void)state;
	for (int off = 0; off < 2; off++) {
		begin(&tl, NOTHING_LOST);
		drill_add(&tl, MOMENT_WATCHDOG, 0, 121, 0, "WATCHDOG");
		drill_add(&tl, MOMENT_RESET, 0, 121.05, 0, "RESET");
		drill_add(&tl, MOMENT_FREEZE, 1, 136, 0, "freeze");
		drill_add(&tl, off ? MOMENT_OFF : MOMENT_RESET, 1, 161, 0, "RESET");
		drill_add(&tl, MOMENT_THAW, 1, 180, 0, "thaw");
		v = judge(&tl, &drill);
		assert_int_equal(v.kind, DRILL_SAFE);
		assert_string_equal(v.by, "i6300esb");
		assert_int_equal(v.fenced_ms, 21050);
		assert_int_equal(v.next_frozen_ms, 36000);
		assert_int_equal(v.next_fenced_ms, 61000);
		assert_int_equal(v.two_leaders_ms, 0);
		assert_non_null(strstr(v.reason, "alt02 took over, froze after 36.0 s"));
		assert_non_null(strstr(v.reason, "and was reset or ended after 61.0 s"));
	}
}

/* Ended from outside while it stands it was not healthy; before, and after its thaw, it was */
static void test_whom_the_fence_hits(void **state)
{
	static const struct {
		double kill;
		long healthy;
	} rows[] = { { 134, 1 }, { 150, 0 }, { 170, 1 } };
	struct drill drill = next_drill();
	struct drill_timeline tl;
	struct drill_verdict v;

	(void)state;
	drill.fence = DRILL_FENCE_STRICT;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		begin(&tl, NOTHING_LOST);
		tl.has_hypervisor = true;
		drill_add(&tl, MOMENT_PG_PROMOTED, 1, 130, 0, "received promote request");
		drill_add(&tl, MOMENT_FREEZE, 1, 136, 0, "freeze");
		drill_add(&tl, MOMENT_THAW, 1, 160, 0, "thaw");
		drill_add(&tl, MOMENT_KILL, 1, rows[i].kill, 0, "stop 102 alt02");
		v = judge(&tl, &drill);
		assert_string_equal(v.stopped, "alt02");
		assert_int_equal(v.healthy_stopped, rows[i].healthy);
	}
}

/* Without the second freeze it was another drill */
static void test_nobody_to_freeze(void **state)
{
	struct drill drill = next_drill();
	struct drill_timeline tl;
	struct drill_verdict v;

	(void)state;
	begin(&tl, NOTHING_LOST);
	/* Before it led it was no new leader */
	drill_add(&tl, MOMENT_FREEZE, 1, 120, 0, "freeze");
	v = judge(&tl, &drill);
	assert_int_equal(v.kind, DRILL_ERROR);
	assert_non_null(strstr(v.reason, "no new leader was frozen: no line"));
	begin(&tl, NOTHING_LOST);
	for (size_t i = 0; i < tl.n; i++)
		if (tl.moments[i].node == 1)
			tl.moments[i].kind = MOMENT_OTHER;
	v = judge(&tl, &drill);
	assert_int_equal(v.kind, DRILL_ERROR);
	assert_non_null(strstr(v.reason, "no new leader was frozen: nobody took over"));
}

/* Who gets a lock that has expired meanwhile has not taken it back */
static void test_lock_that_expired(void **state)
{
	struct drill drill = next_drill();
	struct drill_timeline tl;
	struct drill_verdict v;

	(void)state;
	for (int expired = 0; expired < 2; expired++) {
		begin(&tl, TWO_LOST);
		drill_add(&tl, MOMENT_FREEZE, 1, 136, 0, "freeze");
		drill_add(&tl, MOMENT_THAW, 0, 159.98, 0, "thaw");
		if (expired)
			drill_add(&tl, MOMENT_KEY, 3, 166, -1, "key");
		drill_add(&tl, MOMENT_KEY, 3, 170, 0, "key");
		v = judge(&tl, &drill);
		assert_string_equal(v.old_leader, expired ? "went on" : "took the lock back");
	}
}

/* A VM that stood, and whose state went nowhere, was only paused */
static void test_state_is_written(void **state)
{
	static const enum drill_fault moved[] = { DRILL_VM_SNAPSHOT, DRILL_LIVE_MIGRATION };
	struct drill drill = default_drill();
	struct drill_timeline tl;
	struct drill_verdict v;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(moved); i++) {
		for (int k = 0; k < 3; k++) {
			drill.fault = moved[i];
			begin(&tl, TWO_LOST);
			for (size_t m = 0; m < tl.n; m++)
				if (tl.moments[m].kind == MOMENT_FREEZE)
					tl.moments[m].kind = MOMENT_STOP;
			/* A warm cluster is loaded before the fault */
			drill_add(&tl, MOMENT_MOVED, 0, 80, 0, "QMP MIGRATION completed");
			if (k)
				drill_add(&tl, MOMENT_MOVED, k - 1, 162, 0,
					  "QMP MIGRATION completed");
			v = judge(&tl, &drill);
			assert_int_equal(v.kind, k == 1 ? DRILL_LOST : DRILL_ERROR);
			if (k != 1)
				assert_non_null(strstr(v.reason, "state was not written"));
		}
	}
}

static void test_migration_in_qmp(void **state)
{
	static const char text[] =
		"{\"host_s\":5.0,\"msg\":{\"event\":\"MIGRATION\",\"data\":"
		"{\"status\":\"pre-switchover\"}}}\n"
		"{\"host_s\":6.0,\"msg\":{\"event\":\"MIGRATION\",\"data\":"
		"{\"status\":\"completed\"}}}\n";
	struct drill_timeline tl = { 0 };
	FILE *in = fmemopen((char *)text, strlen(text), "r");

	(void)state;
	drill_qmp(&tl, 0, in);
	fclose(in);
	assert_int_equal(tl.n, 2);
	assert_int_equal(tl.moments[0].kind, MOMENT_OTHER);
	assert_int_equal(tl.moments[1].kind, MOMENT_MOVED);
	assert_string_equal(tl.moments[1].text, "QMP MIGRATION completed");
	drill_timeline_free(&tl);
}

static void test_expectations_of_next(void **state)
{
	struct drill_verdict v = { .kind = DRILL_SAFE, .by = "i6300esb", .fenced_ms = 20000,
				   .next_fenced_ms = 61000 };
	struct drill drill = next_drill();
	struct drill_expectation e;

	(void)state;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_int_equal(e.kind, DRILL_LOST);
	assert_false(e.next_fenced);
	drill.dog = DRILL_I6300ESB;
	drill.mode = DRILL_REQUIRED;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_int_equal(e.kind, DRILL_SAFE);
	assert_int_equal(e.also, 1u << DRILL_LOST);
	assert_true(drill_met(&e, &v));
	/* The first was reset, the second was not: half of what it is for */
	v.next_fenced_ms = DRILL_NO_TIME;
	assert_false(drill_met(&e, &v));
	v.next_fenced_ms = 61000;
	/* Whose standby must have it loses nothing, but may wait */
	drill.sync = DRILL_SYNC;
	for (int fence = 0; fence < 2; fence++) {
		drill.fence = fence ? DRILL_FENCE_STRICT : DRILL_NO_FENCE;
		drill.freeze_ms = 60000;
		assert_int_equal(drill_expect(&e, &drill), 0);
		v.kind = DRILL_OUTAGE;
		v.right = RIGHT_YES;
		assert_true(drill_met(&e, &v));
		v.kind = DRILL_LOST;
		assert_false(drill_met(&e, &v));
	}
	/* Nobody has thought these through */
	drill.sync = DRILL_ASYNC;
	assert_int_equal(drill_expect(&e, &drill), -1);
	drill = next_drill();
	drill.sync = DRILL_SYNC;
	assert_int_equal(drill_expect(&e, &drill), -1);
	drill = next_drill();
	drill.release = DRILL_TRIXIE;
	assert_int_equal(drill_expect(&e, &drill), -1);
}

static void test_expectations_of_migration(void **state)
{
	struct drill drill = default_drill();
	struct drill_expectation e;

	(void)state;
	drill.fault = DRILL_LIVE_MIGRATION;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_int_equal(e.kind, DRILL_LOST);
	/* A watchdog's time stands with the VM's */
	drill.dog = DRILL_I6300ESB;
	drill.mode = DRILL_REQUIRED;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_int_equal(e.kind, DRILL_LOST);
	assert_string_equal(e.by, "");
	/* As most are: over before anybody misses it */
	drill.freeze_ms = 1000;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_int_equal(e.kind, DRILL_SAFE);
	assert_int_equal(e.also, 0);
	assert_string_equal(e.by, "");
	/* Between the two the phase of the loop decides */
	drill.freeze_ms = 20000;
	assert_int_equal(drill_expect(&e, &drill), -1);
	/* Of others nothing short is written down */
	drill.freeze_ms = 1000;
	drill.fault = DRILL_VM_PAUSE;
	assert_int_equal(drill_expect(&e, &drill), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sleeper_leads_not), cmocka_unit_test(test_both_are_reset),
		cmocka_unit_test(test_whom_the_fence_hits),
		cmocka_unit_test(test_nobody_to_freeze), cmocka_unit_test(test_lock_that_expired),
		cmocka_unit_test(test_state_is_written), cmocka_unit_test(test_migration_in_qmp),
		cmocka_unit_test(test_expectations_of_next),
		cmocka_unit_test(test_expectations_of_migration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
