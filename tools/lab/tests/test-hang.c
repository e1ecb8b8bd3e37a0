// SPDX-License-Identifier: GPL-2.0
/* Drill hang-postgres: who has to notice, and who did. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "compiler.h"
#include "drill-hang.h"

#define FAULT 100.0
#define NOTHING_LOST \
	"{\"verdict\":\"all-there\",\"acked_rows\":50,\"leader\":\"alt01\",\"lost\":[],\"phantom\":[],\"twice\":[],\"differs\":[],\"nodes\":[{\"known\":true},{\"known\":true}]}"

static struct drill hang(enum drill_fault fault, enum drill_keeper keeper, bool alone)
{
	struct drill drill;

	drill_default(&drill);
	drill.fault = fault;
	drill.keeper = keeper;
	drill.alone = alone;
	drill.dog = DRILL_I6300ESB;
	drill.mode = DRILL_REQUIRED;
	drill.freeze_ms = 75000;
	return drill;
}

static void rows(struct drill_timeline *tl, enum moment_kind kind, double from, double to)
{
	for (double t = from; t < to; t++)
		drill_add(tl, kind, 0, t, 1, "row");
}

static void begin(struct drill_timeline *tl)
{
	memset(tl, 0, sizeof(*tl));
	drill_add(tl, MOMENT_HEALTHY, MOMENT_LAB, 90, 0, "healthy");
	drill_add(tl, MOMENT_KEY, 3, 91, 0, "key");
	rows(tl, MOMENT_ACK, 95, FAULT);
	rows(tl, MOMENT_LOGIN, 95, FAULT);
	drill_add(tl, MOMENT_FAULT, MOMENT_LAB, 99.5, 0, "fault");
	drill_add(tl, MOMENT_HUNG, 0, FAULT, 0, "agent: pug-hang: begun");
	drill_add(tl, MOMENT_END, MOMENT_LAB, 190, 0, "settle");
	tl->settled = json_loads(NOTHING_LOST, 0, NULL);
}

static struct drill_verdict judge(struct drill_timeline *tl, const struct drill *drill)
{
	struct drill_verdict v;

	drill_sort(tl);
	drill_judge(&v, drill, tl);
	drill_timeline_free(tl);
	return v;
}

static bool is_expected(const struct drill *drill, const struct drill_verdict *v)
{
	struct drill_expectation e;

	assert_int_equal(drill_expect(&e, drill), 0);
	assert_non_null(e.reason);
	return drill_met(&e, v);
}

static void test_killed_and_restarted(void **state)
{
	struct drill drill = hang(HANG_POSTMASTER, KEEPER_LEVEL_2, false);
	struct drill_timeline tl;
	struct drill_verdict v;

	(void)state;
	begin(&tl);
	rows(&tl, MOMENT_ACK, FAULT, 122);
	drill_add(&tl, MOMENT_SILENT, 0, 122, 1, "pug-pgwatch@15-main.service: Watchdog timeout");
	drill_add(&tl, MOMENT_RESTARTED, 0, 124, 0, "starting as readonly");
	rows(&tl, MOMENT_ACK, 130, 190);
	rows(&tl, MOMENT_LOGIN, 130, 190);
	v = judge(&tl, &drill);
	assert_int_equal(v.kind, DRILL_SAFE);
	assert_string_equal(v.by, "pug-pgwatch");
	assert_int_equal(v.noticed_ms, 22000);
	assert_int_equal(v.outage_ms, 9000);
	assert_int_equal(v.no_login_ms, 31000);
	assert_int_equal(v.two_leaders_ms, 0);
	assert_string_equal(v.old_leader, "killed");
	assert_true(is_expected(&drill, &v));
	/* The same is a surprise where the keeper is not the module, or comes too late */
	drill.keeper = KEEPER_NONE;
	assert_false(is_expected(&drill, &v));
	drill.keeper = KEEPER_LEVEL_2;
	v.noticed_ms = 40000;
	assert_false(is_expected(&drill, &v));
}

/* Sessions go on, and nobody gets a new one: an outage although rows are acknowledged */
static void test_nobody_notices(void **state)
{
	struct drill drill = hang(HANG_POSTMASTER, KEEPER_NONE, false);
	struct drill_timeline tl;
	struct drill_verdict v;
	char text[64];

	(void)state;
	begin(&tl);
	rows(&tl, MOMENT_ACK, FAULT, 190);
	rows(&tl, MOMENT_LOGIN, 176, 190);
	v = judge(&tl, &drill);
	assert_int_equal(v.kind, DRILL_OUTAGE);
	assert_string_equal(v.by, "");
	assert_int_equal(v.noticed_ms, DRILL_NO_TIME);
	assert_int_equal(v.outage_ms, 1000);
	assert_int_equal(v.no_login_ms, 77000);
	drill_sentence(&v, text, sizeof(text));
	assert_string_equal(text, "OUTAGE 77 s");
	assert_true(is_expected(&drill, &v));
	drill.keeper = KEEPER_LEVEL_1;
	assert_false(is_expected(&drill, &v));
}

static void test_false_kill(void **state)
{
	struct drill drill = hang(HANG_CHECKPOINT, KEEPER_LEVEL_3, true);
	struct drill_timeline tl;
	struct drill_verdict v;

	(void)state;
	begin(&tl);
	rows(&tl, MOMENT_ACK, FAULT, 190);
	rows(&tl, MOMENT_LOGIN, FAULT, 190);
	drill_add(&tl, MOMENT_SILENT, 0, 140, 0, "postgresql@15-main.service: Watchdog timeout");
	v = judge(&tl, &drill);
	assert_int_equal(v.kind, DRILL_FALSE_KILL);
	assert_string_equal(v.by, "systemd");
	assert_false(is_expected(&drill, &v));
	/* Level 2 has no business with a lock that only who writes waits for */
	drill.fault = HANG_LOCK_WAL;
	assert_false(hang_is_false_kill(&v, &drill));
	drill.keeper = KEEPER_LEVEL_2;
	assert_true(hang_is_false_kill(&v, &drill));
}

/* Patroni hangs with PostgreSQL: either may be quicker */
static void test_two_dogs(void **state)
{
	static const struct {
		enum moment_kind kind;
		double t;
		const char *by;
		bool met;
	} cases[] = {
		{ MOMENT_SILENT, 117, "pug-pgwatch", true },
		{ MOMENT_WATCHDOG, 116, "i6300esb", true },
		{ MOMENT_KEY, 116, "ttl", false },
		{ MOMENT_DEMOTED, 116, "patroni", false },
	};
	struct drill drill = hang(HANG_LOCK, KEEPER_LEVEL_2, false);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct drill_timeline tl;
		struct drill_verdict v;

		begin(&tl);
		drill_add(&tl, cases[i].kind, 0, cases[i].t, 1, "noticed");
		/* Before the fault, and later, is another story */
		drill_add(&tl, MOMENT_DEMOTED, 0, 92, 0, "Demoting self");
		drill_add(&tl, MOMENT_WATCHDOG, 0, 125, 0, "WATCHDOG");
		rows(&tl, MOMENT_ACK, 135, 190);
		rows(&tl, MOMENT_LOGIN, 135, 190);
		v = judge(&tl, &drill);
		assert_string_equal(v.by, cases[i].by);
		assert_int_equal(is_expected(&drill, &v), cases[i].met);
	}
}

static void test_not_done(void **state)
{
	struct drill drill = hang(HANG_DISK, KEEPER_LEVEL_3, false);
	struct drill_timeline tl;
	struct drill_verdict v;

	(void)state;
	begin(&tl);
	for (size_t i = 0; i < tl.n; i++)
		if (tl.moments[i].kind == MOMENT_HUNG)
			tl.moments[i].kind = MOMENT_WORD;
	v = judge(&tl, &drill);
	assert_int_equal(v.kind, DRILL_ERROR);
	assert_non_null(strstr(v.reason, "did not say that the fault was done"));
}

static void test_nonsense(void **state)
{
	struct drill_expectation e;
	struct drill drill = hang(HANG_POSTMASTER, KEEPER_PATCH, false);

	(void)state;
	assert_int_equal(drill_expect(&e, &drill), -1);
	drill.alone = true;
	assert_int_equal(drill_expect(&e, &drill), 0);
	drill.freeze_ms = 60000;
	assert_int_equal(drill_expect(&e, &drill), -1);
	drill = hang(HANG_WORKER, KEEPER_NONE, false);
	assert_int_equal(drill_expect(&e, &drill), -1);
	drill = hang(HANG_PATRONI, KEEPER_LEVEL_2, true);
	assert_int_equal(drill_expect(&e, &drill), -1);
	drill = hang(HANG_ALL, KEEPER_NONE, false);
	drill.dog = DRILL_NO_DOG;
	assert_int_equal(drill_expect(&e, &drill), -1);
}

/* A level notices what those below it do */
static void test_levels(void **state)
{
	struct drill_expectation e;

	(void)state;
	for (int f = HANG_FIRST; f < DRILL_FAULTS; f++) {
		bool before = false;

		if (f == HANG_PATRONI)
			continue;
		for (int k = KEEPER_LEVEL_1; k <= KEEPER_LEVEL_3; k++) {
			struct drill drill = hang(f, k, true);

			assert_int_equal(drill_expect(&e, &drill), 0);
			assert_true(!before || *e.by);
			before = *e.by;
		}
	}
}

static void test_json(void **state)
{
	struct drill drill = hang(HANG_LOCK_WAL, KEEPER_LEVEL_3, true), again;
	json_t *json = drill_to_json(&drill);
	const char *why = NULL;

	(void)state;
	assert_int_equal(drill_from_json(&again, json, &why), 0);
	assert_int_equal(again.fault, HANG_LOCK_WAL);
	assert_int_equal(again.keeper, KEEPER_LEVEL_3);
	assert_true(again.alone);
	assert_string_equal(drill_name(&again), "hang-postgres");
	/* A fault of one drill under the name of the other */
	json_object_set_new(json, "drill", json_string("freeze-leader"));
	assert_int_equal(drill_from_json(&again, json, &why), -1);
	json_object_set_new(json, "drill", json_string("hang-postgres"));
	json_object_set_new(json, "keeper", json_string("cat"));
	assert_int_equal(drill_from_json(&again, json, &why), -1);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_killed_and_restarted),
		cmocka_unit_test(test_nobody_notices),
		cmocka_unit_test(test_false_kill),
		cmocka_unit_test(test_two_dogs),
		cmocka_unit_test(test_not_done),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
