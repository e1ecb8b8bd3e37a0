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

/* From outside: nobody inside minds */
static void a_link_that_is_down_is_felt(void **state)
{
	(void)state;
	fixture_open(&fx, "link-down-softdog");
	judged(VERDICT_NEVER, EFFECT_NONE, PROTECTED_NA);
	assert_non_null(strstr(fx.seen.reason, "keepalives went on"));
	assert_true(fx.met);
}

/* Ordered, and QEMU has said yes: but the guest's carrier did not change */
static void what_was_only_ordered_is_an_error(void **state)
{
	(void)state;
	fixture_open(&fx, "link-down-softdog");
	fixture_drop(&fx, EVIDENCE_AGENT, "\"event\":\"felt\"");
	is_error("did not notice the fault");
}

/* The guest's first word stands, its last is from after the end */
static void what_was_over_too_soon_is_an_error(void **state)
{
	(void)state;
	fixture_open(&fx, "link-down-softdog");
	fixture_replace(&fx, EVIDENCE_LAB, "\"hpet\":10623399731", "\"hpet\":9800000000");
	is_error("the fault lasted 2.186 s instead of 8.000");
	fixture_open(&fx, "link-down-softdog");
	fixture_replace(&fx, EVIDENCE_AGENT, "\"felt\",\"hpet\":10586000627",
			"\"felt\",\"hpet\":10686000627");
	is_error("did not notice the fault, or not to its end");
}

static void nobody_ordered_it(void **state)
{
	(void)state;
	fixture_open(&fx, "link-down-softdog");
	fixture_drop(&fx, EVIDENCE_LAB, "\"event\":\"fault\"");
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
		cmocka_unit_test_teardown(a_link_that_is_down_is_felt, teardown),
		cmocka_unit_test_teardown(what_was_only_ordered_is_an_error, teardown),
		cmocka_unit_test_teardown(what_was_over_too_soon_is_an_error, teardown),
		cmocka_unit_test_teardown(nobody_ordered_it, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
