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
		if (!off)
			drill_add(&tl, MOMENT_WATCHDOG, 1, 160.9, 0, "WATCHDOG");
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
		assert_string_equal(v.next_by, off ? "fence" : "i6300esb");
		assert_non_null(strstr(v.reason, off ? "and was ended by fence after 61.0 s" :
				       "and was reset by i6300esb after 61.0 s"));
	}
}

/* Once it goes on it leads beside the first, which was reset and leads again */
static void test_leads_on_beside_the_first(void **state)
{
	static const struct {
		double ack, word, demoted, reset;
		long both;
	} rows[] = {
		{ 170, 196.1, 197, 0, 1000 },
		/* Reset after its thaw it was not in time */
		{ 170, 196.1, 0, 198.5, 2500 },
		/* Reset at it, before it said a word */
		{ 170, 196.1, 0, 196.05, 0 },
		/* The first leads not: nobody is acknowledged anything there */
		{ 0, 196.1, 197, 0, 0 },
	};
	struct drill drill = next_drill();
	struct drill_timeline tl;
	struct drill_verdict v;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		begin(&tl, NOTHING_LOST);
		drill_add(&tl, MOMENT_WATCHDOG, 0, 121, 0, "WATCHDOG");
		drill_add(&tl, MOMENT_RESET, 0, 121.05, 0, "RESET");
		drill_add(&tl, MOMENT_FREEZE, 1, 136, 0, "freeze");
		drill_add(&tl, MOMENT_THAW, 1, 195.98, 0, "thaw");
		drill_add(&tl, MOMENT_WORD, 1, rows[i].word, 0, "agent: end");
		for (double t = rows[i].ack; t && t < 199; t += 2)
			drill_add(&tl, MOMENT_ACK, 0, t, 3, "row");
		if (rows[i].demoted)
			drill_add(&tl, MOMENT_DEMOTED, 1, rows[i].demoted, 0, "Demoting self");
		if (rows[i].reset)
			drill_add(&tl, MOMENT_RESET, 1, rows[i].reset, 0, "RESET");
		v = judge(&tl, &drill);
		assert_int_equal(v.kind, rows[i].both ? DRILL_SPLIT_BRAIN : DRILL_SAFE);
		assert_int_equal(v.two_leaders_ms, rows[i].both);
		/* It went on: whoever reset it then was late */
		assert_int_equal(v.next_fenced_ms, DRILL_NO_TIME);
		assert_string_equal(v.next_by, "");
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
	/* Demoted, or out of the key, in the five seconds before */
	for (int key = 0; key < 2; key++) {
		begin(&tl, NOTHING_LOST);
		drill_add(&tl, key ? MOMENT_KEY : MOMENT_DEMOTED, key ? 3 : 1, 133, 0, "gone");
		drill_add(&tl, MOMENT_FREEZE, 1, 136, 0, "freeze");
		v = judge(&tl, &drill);
		assert_int_equal(v.kind, DRILL_ERROR);
		assert_non_null(strstr(v.reason, "no new leader was frozen: it led no more"));
	}
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

/* While it is copied it runs, and may be reset, or lose its key: then another drill was played */
static void test_led_until_it_stood(void **state)
{
	static const struct {
		enum moment_kind kind;
		int node;
		long value;
		bool bad;
	} rows[] = {
		{ MOMENT_RESET, 0, 0, true }, { MOMENT_DEMOTED, 0, 0, true },
		{ MOMENT_PROMOTED, 1, 0, true }, { MOMENT_KEY, 3, 1, true },
		{ MOMENT_KEY, 3, -1, true }, { MOMENT_KEY, 3, 0, false },
		{ MOMENT_DEMOTED, 1, 0, false }, { MOMENT_ACK, 0, 1, false },
	};
	struct drill drill = default_drill();
	struct drill_timeline tl;
	struct drill_verdict v;

	(void)state;
	drill.fault = DRILL_LIVE_MIGRATION;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		begin(&tl, TWO_LOST);
		for (size_t m = 0; m < tl.n; m++)
			if (tl.moments[m].kind == MOMENT_FREEZE)
				tl.moments[m].kind = MOMENT_STOP;
		drill_add(&tl, MOMENT_MOVED, 0, 162, 0, "QMP MIGRATION completed");
		drill_add(&tl, rows[i].kind, rows[i].node, 99.95, rows[i].value, "moment");
		v = judge(&tl, &drill);
		assert_int_equal(v.kind, rows[i].bad ? DRILL_ERROR : DRILL_LOST);
		if (rows[i].bad)
			assert_non_null(strstr(v.reason, "led no more when its VM was stopped"));
	}
}

/* That nobody answers for etcd does not mean that the key is gone */
static void test_key_of_nobody(void **state)
{
	static const char text[] =
		"{\"host_s\":5.0,\"json\":{\"body\":{\"header\":{},\"kvs\":[{\"value\":\"YWx0MDI=\"}]}}}\n"
		"{\"host_s\":6.0,\"json\":{\"body\":{\"error\":\"no leader\",\"code\":14}}}\n"
		"{\"host_s\":7.0,\"json\":{\"body\":{\"header\":{}}}}\n";
	struct drill_timeline tl = { 0 };
	FILE *in = fmemopen((char *)text, strlen(text), "r");

	(void)state;
	drill_key(&tl, 3, in);
	fclose(in);
	assert_int_equal(tl.n, 2);
	assert_int_equal(tl.moments[0].value, 1);
	assert_int_equal(tl.moments[1].value, -1);
	assert_true(tl.moments[1].t > 6.5);
	drill_timeline_free(&tl);
}

#define MIGRATION(t, status) \
	"{\"host_s\":" t ",\"msg\":{\"event\":\"MIGRATION\",\"data\":{\"status\":\"" status "\"}}}\n"

static void test_migration_in_qmp(void **state)
{
	static const char text[] = MIGRATION("5.0", "pre-switchover") MIGRATION("6.0", "completed");
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
				   .next_frozen_ms = 36000, .next_fenced_ms = 56000,
				   .next_by = "i6300esb" };
	struct drill drill = next_drill();
	struct drill_expectation e;

	(void)state;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_int_equal(e.kind, DRILL_LOST);
	assert_false(e.next_fenced);
	drill.dog = DRILL_I6300ESB;
	drill.mode = DRILL_REQUIRED;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_int_equal(e.kind, DRILL_LOST);
	assert_true(drill_met(&e, &v));
	v.kind = DRILL_SPLIT_BRAIN;
	assert_false(drill_met(&e, &v));
	v.kind = DRILL_LOST;
	assert_true(drill_met(&e, &v));
	/* The first was reset, the second was not, or late, or by another: half of it */
	v.next_fenced_ms = DRILL_NO_TIME;
	assert_false(drill_met(&e, &v));
	v.next_fenced_ms = 66000;
	assert_false(drill_met(&e, &v));
	v.next_fenced_ms = 56000;
	strcpy(v.next_by, "fence");
	assert_false(drill_met(&e, &v));
	strcpy(v.next_by, "i6300esb");
	/* The first would be back before the second stands */
	drill.freeze_ms = 45000;
	assert_int_equal(drill_expect(&e, &drill), -1);
	drill.freeze_ms = 60000;
	drill.outside_s = 15;
	assert_int_equal(drill_expect(&e, &drill), -1);
	drill.outside_s = 0;
	/* Who is on the old timeline may not lead */
	drill.check_timeline = true;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_int_equal(e.kind, DRILL_OUTAGE);
	assert_false(drill_met(&e, &v));
	drill.check_timeline = false;
	/* Whose standby must have it loses nothing, but may wait */
	drill.sync = DRILL_SYNC;
	for (int fence = 0; fence < 2; fence++) {
		drill.fence = fence ? DRILL_FENCE_STRICT : DRILL_NO_FENCE;
		drill.freeze_ms = 60000;
		assert_int_equal(drill_expect(&e, &drill), 0);
		v.kind = DRILL_OUTAGE;
		v.right = RIGHT_YES;
		assert_true(drill_met(&e, &v));
		strcpy(v.next_by, "fence");
		assert_int_equal(drill_met(&e, &v), fence);
		strcpy(v.next_by, "i6300esb");
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
	/* What looks after the first QEMU is left behind */
	drill.freeze_ms = 60000;
	drill.outside_s = 15;
	assert_int_equal(drill_expect(&e, &drill), -1);
	drill.outside_s = 0;
	drill.fence = DRILL_FENCE_SBD;
	assert_int_equal(drill_expect(&e, &drill), -1);
	/* A VM that is on its way is locked: nobody may lead until it has arrived */
	drill.fence = DRILL_FENCE_STRICT;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_int_equal(e.kind, DRILL_OUTAGE);
	assert_int_equal(e.also, 1u << DRILL_LOST);
	assert_string_equal(e.by, "");
	drill.sync = DRILL_SYNC;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_int_equal(e.kind, DRILL_OUTAGE);
	assert_int_equal(e.also, 0);
	drill.sync = DRILL_ASYNC;
	drill.fence = DRILL_NO_FENCE;
	/* Of others nothing short is written down */
	drill.freeze_ms = 1000;
	drill.fault = DRILL_VM_PAUSE;
	assert_int_equal(drill_expect(&e, &drill), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sleeper_leads_not), cmocka_unit_test(test_both_are_reset),
		cmocka_unit_test(test_leads_on_beside_the_first),
		cmocka_unit_test(test_whom_the_fence_hits),
		cmocka_unit_test(test_led_until_it_stood), cmocka_unit_test(test_key_of_nobody),
		cmocka_unit_test(test_nobody_to_freeze), cmocka_unit_test(test_lock_that_expired),
		cmocka_unit_test(test_state_is_written), cmocka_unit_test(test_migration_in_qmp),
		cmocka_unit_test(test_expectations_of_next),
		cmocka_unit_test(test_expectations_of_migration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
