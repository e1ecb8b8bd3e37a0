// SPDX-License-Identifier: GPL-2.0
/* A machine that went back to a snapshot: its clock shows each time twice. */
#include "fixture.h"

#define RECORDED "vm-snapshot-softdog"

static struct fixture fx;

static int teardown(void **state)
{
	(void)state;
	fixture_close(&fx);
	return 0;
}

static void is_error(const char *reason)
{
	fixture_judge(&fx);
	assert_int_equal(fx.seen.when, VERDICT_ERROR);
	if (!strstr(fx.seen.reason, reason))
		fail_msg("'%s' does not say '%s'", fx.seen.reason, reason);
}

static void nobody_minds(void **state)
{
	(void)state;
	fixture_open(&fx, RECORDED);
	fixture_judge(&fx);
	assert_int_equal(fx.seen.when, VERDICT_NEVER);
	assert_int_equal(fx.seen.protected, PROTECTED_NA);
	assert_true(fx.met);
}

/* Counted by hand: stamps between 9355140774 and 9695532844 before byte 3882 */
static void what_was_undone_is_counted(void **state)
{
	(void)state;
	fixture_open(&fx, RECORDED);
	fixture_judge(&fx);
	if (!strstr(fx.seen.reason, "of the time that was undone 34 writes had left"))
		fail_msg("%s", fx.seen.reason);
}

/* By its clock alone its end would lie 3.4 s earlier, and its writes among the undone */
static void what_comes_after_it_is_later(void **state)
{
	const struct event *travel, *done, *off;
	struct timeline tl = { 0 };
	int64_t last = 0;

	(void)state;
	fixture_open(&fx, RECORDED);
	evidence_read(&tl, fx.dir);
	travel = timeline_first(&tl, EVENT_TRAVEL, 1);
	done = timeline_first(&tl, EVENT_DONE, 1);
	off = timeline_first(&tl, EVENT_POWEROFF, 1);
	assert_non_null(travel);
	assert_non_null(done);
	assert_non_null(off);
	assert_true(travel->t_ns < done->t_ns && done->t_ns < off->t_ns);
	for (size_t i = 0; i < tl.n; i++) {
		if (tl.events[i].source != SOURCE_CANARY)
			continue;
		/* Those of two CPUs are milliseconds apart */
		assert_true(tl.events[i].t_ns > last - NSEC_PER_SEC / 10);
		last = tl.events[i].t_ns;
	}
	assert_true(last > travel->t_ns + NSEC_PER_SEC);
	timeline_free(&tl);
}

static void who_was_not_reverted_is_an_error(void **state)
{
	(void)state;
	fixture_open(&fx, RECORDED);
	fixture_drop(&fx, EVIDENCE_LAB, "\"event\":\"travel\"");
	is_error("was to go back to a snapshot, and did not");
}

/* Its plan was over before the lab came to it */
static void who_was_too_quick_to_be_reverted_is_an_error(void **state)
{
	(void)state;
	fixture_open(&fx, RECORDED);
	fixture_drop(&fx, EVIDENCE_LAB, "\"event\":\"travel\"");
	fixture_drop(&fx, EVIDENCE_LAB, "\"event\":\"fault-over\"");
	is_error("was to go back to a snapshot, and did not");
}

static void nobody_else_travels(void **state)
{
	(void)state;
	fixture_open(&fx, RECORDED);
	fixture_replace(&fx, EVIDENCE_CELL, "\"fault\": \"vm-snapshot\"",
			"\"fault\": \"vm-pause\"");
	is_error("went back in time, unasked");
}

static void a_travel_beyond_the_evidence(void **state)
{
	(void)state;
	fixture_open(&fx, RECORDED);
	fixture_replace(&fx, EVIDENCE_LAB, "\"canary.jsonl\":3882", "\"canary.jsonl\":99999999");
	is_error("ends before the travel");
}

/* The lab says so, and the guest's stamps go on */
static void canaries_have_to_show_it(void **state)
{
	(void)state;
	fixture_open(&fx, RECORDED);
	fixture_replace(&fx, EVIDENCE_LAB, "\"from\":9695532844", "\"from\":9355140775");
	is_error("its canaries did not");
}

static void a_travel_that_is_none(void **state)
{
	static const char * const spoilt[] = {
		"\"from\":1", "\"from\":-1", "\"from\":\"x\"", "\"from\":9355140774",
		"\"from\":99999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(spoilt); i++) {
		fixture_open(&fx, RECORDED);
		fixture_replace(&fx, EVIDENCE_LAB, "\"from\":9695532844", spoilt[i]);
		is_error("has a travel that is none");
	}
	fixture_open(&fx, RECORDED);
	fixture_replace(&fx, EVIDENCE_LAB, "\"canary.jsonl\":3882", "\"canary.jsonl\":-3882");
	is_error("has a travel that is none");
	/* Nobody travels twice */
	fixture_open(&fx, RECORDED);
	fixture_insert(&fx, EVIDENCE_LAB, "\"fault-over\"",
		       "{\"event\":\"travel\",\"hpet\":5,\"from\":6,\"agent.jsonl\":1,\"canary.jsonl\":1}\n");
	is_error("has a travel that is none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(nobody_minds, teardown),
		cmocka_unit_test_teardown(what_was_undone_is_counted, teardown),
		cmocka_unit_test_teardown(what_comes_after_it_is_later, teardown),
		cmocka_unit_test_teardown(who_was_not_reverted_is_an_error, teardown),
		cmocka_unit_test_teardown(who_was_too_quick_to_be_reverted_is_an_error, teardown),
		cmocka_unit_test_teardown(nobody_else_travels, teardown),
		cmocka_unit_test_teardown(a_travel_beyond_the_evidence, teardown),
		cmocka_unit_test_teardown(canaries_have_to_show_it, teardown),
		cmocka_unit_test_teardown(a_travel_that_is_none, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
