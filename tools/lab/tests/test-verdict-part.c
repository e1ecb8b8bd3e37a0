// SPDX-License-Identifier: GPL-2.0
/* verdict() where a fault hangs part of the machine: on recorded evidence, and spoilt. */
#include "fixture.h"

static struct fixture fx;

static int teardown(void **state)
{
	(void)state;
	fixture_close(&fx);
	return 0;
}

static void judged(enum verdict_when when, enum verdict_effect effect,
		   enum verdict_protected protected)
{
	fixture_judge(&fx);
	if (fx.seen.when != when || fx.seen.effect != effect || fx.seen.protected != protected)
		fail_msg("%s, %s, protected %s: %s", verdict_when_name(fx.seen.when),
			 verdict_effect_name(fx.seen.effect),
			 verdict_protected_name(fx.seen.protected), fx.seen.reason);
}

static int64_t begun_ns(void)
{
	return fixture_console_ns(&fx, "lockup: freeze", " hpet=");
}

static void is_error(const char *reason)
{
	judged(VERDICT_ERROR, EFFECT_NONE, PROTECTED_NA);
	if (!strstr(fx.seen.reason, reason))
		fail_msg("'%s' does not say '%s'", fx.seen.reason, reason);
	assert_false(fx.met);
}

/* The fault's CPU has softdog's timer; the others write for 20 s after the deadline */
static void one_cpu_hangs_and_the_others_are_zombies(void **state)
{
	(void)state;
	fixture_open(&fx, "irqs-off-dog-softdog");
	judged(VERDICT_AT_THAW, EFFECT_RESET, PROTECTED_NO);
	assert_string_equal(fx.seen.by, "softdog");
	assert_true(fx.seen.zombie_writes > 100);
	/* From the last keepalive's deadline of 10 s to the thaw after 30 */
	assert_true(fx.seen.zombie_ns > 20 * NSEC_PER_SEC);
	assert_true(fx.seen.zombie_ns < 22 * NSEC_PER_SEC);
	assert_true(fx.met);
}

static void without_their_writes_it_was_luck(void **state)
{
	(void)state;
	fixture_open(&fx, "irqs-off-dog-softdog");
	fixture_silence(&fx, begun_ns() + 10 * NSEC_PER_SEC);
	judged(VERDICT_AT_THAW, EFFECT_RESET, PROTECTED_BY_LUCK);
}

static void a_cpu_that_hangs_is_silent(void **state)
{
	(void)state;
	fixture_open(&fx, "irqs-off-dog-softdog");
	fixture_canary(&fx, begun_ns() + 5 * NSEC_PER_SEC, 1);
	is_error("it did not hold");
}

static void the_others_need_not_be(void **state)
{
	(void)state;
	fixture_open(&fx, "irqs-off-dog-softdog");
	fixture_canary(&fx, begun_ns() + 5 * NSEC_PER_SEC, 2);
	judged(VERDICT_AT_THAW, EFFECT_RESET, PROTECTED_NO);
}

/* Keepalives go on: nothing fires, and nothing had to */
static void who_is_kept_alive_is_nobodys_zombie(void **state)
{
	(void)state;
	fixture_open(&fx, "irqs-off-cpu0-softdog");
	judged(VERDICT_NEVER, EFFECT_NONE, PROTECTED_NA);
	assert_non_null(strstr(fx.seen.reason, "keepalives went on"));
	assert_true(fx.met);
}

/* The same silence of the watchdog, and no keepalive in the fault: not protected */
static void who_fell_silent_is(void **state)
{
	(void)state;
	fixture_open(&fx, "irqs-off-cpu0-softdog");
	fixture_replace(&fx, EVIDENCE_AGENT, "\"event\":\"keepalive\"", "\"event\":\"kept\"");
	fixture_insert(&fx, EVIDENCE_AGENT, "\"event\":\"freeze\"",
		       "{\"event\":\"keepalive\",\"hpet\":9000000000,\"n\":1}\n");
	judged(VERDICT_NEVER, EFFECT_NONE, PROTECTED_NO);
}

static void a_fault_without_its_line_is_an_error(void **state)
{
	(void)state;
	fixture_open(&fx, "irqs-off-cpu0-softdog");
	fixture_drop(&fx, EVIDENCE_CONSOLE, "lockup: freeze");
	is_error("no trace of the fault");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(one_cpu_hangs_and_the_others_are_zombies, teardown),
		cmocka_unit_test_teardown(without_their_writes_it_was_luck, teardown),
		cmocka_unit_test_teardown(a_cpu_that_hangs_is_silent, teardown),
		cmocka_unit_test_teardown(the_others_need_not_be, teardown),
		cmocka_unit_test_teardown(who_is_kept_alive_is_nobodys_zombie, teardown),
		cmocka_unit_test_teardown(who_fell_silent_is, teardown),
		cmocka_unit_test_teardown(a_fault_without_its_line_is_an_error, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
