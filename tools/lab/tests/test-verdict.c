// SPDX-License-Identifier: GPL-2.0
/*
 * verdict() and expect_met() on recorded evidence, whole and spoilt. What must
 * be an error is in test-verdict-error.c.
 */
#include "fixture.h"

/* Two copies at hand for each test; closed whatever becomes of it */
static struct fixture fx, other;

static int teardown(void **state)
{
	(void)state;
	fixture_close(&fx);
	fixture_close(&other);
	return 0;
}

static void assert_verdict(const struct verdict *v, enum verdict_when when,
			   enum verdict_effect effect, const char *by)
{
	if (v->when != when || v->effect != effect || strcmp(v->by, by))
		fail_msg("%s, %s by '%s' instead of %s, %s by '%s': %s",
			 verdict_when_name(v->when), verdict_effect_name(v->effect), v->by,
			 verdict_when_name(when), verdict_effect_name(effect), by, v->reason);
}

static void assert_between(int64_t ns, double least_ms, double most_ms)
{
	if (ns < least_ms * NSEC_PER_MSEC || ns > most_ms * NSEC_PER_MSEC)
		fail_msg("%.6f ms is not from %.6f to %.6f ms", (double)ns / NSEC_PER_MSEC,
			 least_ms, most_ms);
}

/* --- as recorded: the numbers stay with the recordings --------------------- */

static void control_is_quiet(void **state)
{
	(void)state;
	fixture_open(&fx, "control");
	fixture_judge(&fx);
	assert_verdict(&fx.seen, VERDICT_NEVER, EFFECT_NONE, "");
	assert_int_equal(fx.seen.protected, PROTECTED_NA);
	assert_int_equal(fx.seen.zombie_writes, 0);
	assert_int_equal(fx.seen.frozen_ns, 0);
	assert_int_equal(fx.seen.keepalive_to_fire_ns, -1);
	assert_true(fx.met);
}

static void frozen_without_watchdog(void **state)
{
	(void)state;
	fixture_open(&fx, "no-watchdog");
	fixture_judge(&fx);
	assert_verdict(&fx.seen, VERDICT_NEVER, EFFECT_NONE, "");
	assert_int_equal(fx.seen.protected, PROTECTED_NO);
	assert_int_equal(fx.seen.zombie_ns, -1);
	assert_true(fx.seen.zombie_writes > 10);
	assert_between(fx.seen.frozen_ns, 7999, 8001);
	assert_int_equal(fx.seen.fault_to_fire_ns, -1);
	assert_false(fx.seen.came_back);
	assert_true(fx.met);
}

static void i6300esb_fires_in_the_freeze(void **state)
{
	(void)state;
	fixture_open(&fx, "i6300esb");
	fixture_judge(&fx);
	assert_verdict(&fx.seen, VERDICT_IN_FAULT, EFFECT_RESET, "i6300esb");
	assert_string_equal(fx.seen.action, "reset");
	assert_int_equal(fx.seen.protected, PROTECTED_YES);
	/* 3 s x 1.006633, and the way from the stamp to the device's register */
	assert_between(fx.seen.keepalive_to_fire_ns, 3019.8, 3020.5);
	assert_false(fx.seen.fire_is_upper_bound);
	assert_int_equal(fx.seen.zombie_ns, 0);
	assert_int_equal(fx.seen.zombie_writes, 0);
	assert_int_equal(fx.seen.frozen_ns, fx.seen.fault_to_fire_ns);
	assert_true(fx.seen.came_back);
	assert_true(fx.seen.boot_ids_differ);
	assert_int_equal(fx.seen.bootstatus, 0x20);
	assert_true(fx.met);
}

static void i6300esb_pauses_for_good(void **state)
{
	(void)state;
	fixture_open(&fx, "i6300esb-pause");
	fixture_judge(&fx);
	assert_verdict(&fx.seen, VERDICT_IN_FAULT, EFFECT_PAUSED, "i6300esb");
	assert_string_equal(fx.seen.action, "pause");
	assert_int_equal(fx.seen.protected, PROTECTED_YES);
	assert_between(fx.seen.keepalive_to_fire_ns, 3019.8, 3020.5);
	assert_false(fx.seen.came_back);
	assert_true(fx.met);
}

static void dud_fires_and_protects_nobody(void **state)
{
	(void)state;
	fixture_open(&fx, "i6300esb-none");
	fixture_judge(&fx);
	assert_verdict(&fx.seen, VERDICT_IN_FAULT, EFFECT_NONE, "i6300esb");
	assert_string_equal(fx.seen.action, "none");
	assert_int_equal(fx.seen.protected, PROTECTED_NO);
	/* The VM runs on while its clock is read */
	assert_true(fx.seen.fire_is_upper_bound);
	assert_between(fx.seen.keepalive_to_fire_ns, 3019.8, 3500);
	assert_int_equal(fx.seen.zombie_ns, -1);
	assert_true(fx.seen.zombie_writes > 10);
	assert_between(fx.seen.frozen_ns, 7999, 8001);
	assert_true(fx.met);
}

static void softdog_fires_at_the_thaw(void **state)
{
	(void)state;
	fixture_open(&fx, "softdog");
	fixture_judge(&fx);
	assert_verdict(&fx.seen, VERDICT_AT_THAW, EFFECT_RESET, "softdog");
	/* One canary was quicker than softdog */
	assert_int_equal(fx.seen.zombie_writes, 1);
	assert_int_equal(fx.seen.protected, PROTECTED_NO);
	assert_between(fx.seen.zombie_ns, 0.001, 100);
	assert_between(fx.seen.frozen_ns, 7999, 8001);
	assert_between(fx.seen.fault_to_fire_ns - fx.seen.frozen_ns - fx.seen.zombie_ns, 0, 0);
	assert_true(fx.seen.came_back);
	assert_int_equal(fx.seen.bootstatus, 0);
	assert_true(fx.met);
}

static void forks_are_judged_as_what_was_booted(void **state)
{
	(void)state;
	fixture_open(&fx, "i6300esb-fork");
	fixture_judge(&fx);
	assert_verdict(&fx.seen, VERDICT_IN_FAULT, EFFECT_RESET, "i6300esb");
	assert_between(fx.seen.keepalive_to_fire_ns, 3019.8, 3020.5);
	assert_int_equal(fx.seen.protected, PROTECTED_YES);
	assert_false(fx.seen.return_watched);
	assert_true(fx.met);

	fixture_open(&fx, "softdog-fork");
	fixture_judge(&fx);
	assert_verdict(&fx.seen, VERDICT_AT_THAW, EFFECT_RESET, "softdog");
	assert_int_equal(fx.seen.zombie_writes, 0);
	assert_int_equal(fx.seen.protected, PROTECTED_BY_LUCK);
	assert_true(fx.met);
}

static void same_evidence_same_verdict(void **state)
{
	struct verdict first;

	(void)state;
	fixture_open(&fx, "softdog");
	fixture_judge(&fx);
	first = fx.seen;
	fixture_judge(&fx);
	assert_memory_equal(&first, &fx.seen, sizeof(first));
}

/* --- whose evidence is it? -------------------------------------------------- */

static const char * const all[] = {
	"control", "no-watchdog", "i6300esb", "i6300esb-pause", "i6300esb-none", "softdog",
};

#define N_ALL ARRAY_SIZE(all)

static void swapped_evidence_changes_the_verdict(void **state)
{
	struct verdict own;

	(void)state;
	fixture_open(&fx, "i6300esb");
	fixture_judge(&fx);
	own = fx.seen;
	fixture_swap(&fx, "softdog");
	fixture_judge(&fx);
	assert_verdict(&fx.seen, VERDICT_AT_THAW, EFFECT_RESET, "softdog");
	assert_int_not_equal(fx.seen.when, own.when);
	assert_false(fx.met);

	fixture_open(&other, "softdog");
	fixture_judge(&other);
	own = other.seen;
	fixture_swap(&other, "i6300esb");
	fixture_judge(&other);
	/* A softdog cell has no device that could have sent the WATCHDOG event */
	assert_verdict(&other.seen, VERDICT_IN_FAULT, EFFECT_RESET, "unknown");
	assert_int_not_equal(other.seen.when, own.when);
	assert_false(other.met);
}

static void no_cell_takes_anothers_evidence(void **state)
{
	(void)state;
	for (size_t a = 0; a < N_ALL; a++) {
		for (size_t b = 0; b < N_ALL; b++) {
			fixture_open(&fx, all[a]);
			fixture_swap(&fx, all[b]);
			fixture_judge(&fx);
			if ((a == b && !fx.met) || (a != b && fx.met))
				fail_msg("cell %s with the evidence of %s: %s", all[a], all[b],
					 fx.seen.reason);
		}
	}
}

static void without_watchdog_event_i6300esb_is_a_surprise(void **state)
{
	(void)state;
	fixture_open(&fx, "i6300esb");
	fixture_drop(&fx, EVIDENCE_QMP, "\"event\":\"WATCHDOG\"");
	fixture_judge(&fx);
	assert_verdict(&fx.seen, VERDICT_IN_FAULT, EFFECT_RESET, "unknown");
	assert_string_equal(fx.seen.action, "");
	assert_false(fx.met);
}

static void without_its_line_softdog_is_a_surprise(void **state)
{
	(void)state;
	fixture_open(&fx, "softdog");
	fixture_drop(&fx, EVIDENCE_CONSOLE, "softdog: Initiating");
	fixture_judge(&fx);
	assert_verdict(&fx.seen, VERDICT_AT_THAW, EFFECT_RESET, "unknown");
	assert_false(fx.met);
}

static void softdogs_line_without_a_reset_is_no_firing(void **state)
{
	(void)state;
	fixture_open(&fx, "no-watchdog");
	fixture_append(&fx, EVIDENCE_CONSOLE,
		       "[  240.000000] softdog: Initiating system reboot\r\n");
	fixture_judge(&fx);
	assert_verdict(&fx.seen, VERDICT_NEVER, EFFECT_NONE, "");
	assert_true(fx.met);
}

static void user_space_cannot_play_the_kernel(void **state)
{
	(void)state;
	fixture_open(&fx, "softdog");
	fixture_replace(&fx, EVIDENCE_CONSOLE, "] softdog: Initiating",
			"] init: softdog: Initiating");
	fixture_append(&fx, EVIDENCE_CONSOLE, "softdog: Initiating system reboot\r\n");
	fixture_judge(&fx);
	assert_string_equal(fx.seen.by, "unknown");
	assert_false(fx.met);
}

static void a_panic_is_no_watchdogs_reset(void **state)
{
	(void)state;
	fixture_open(&fx, "softdog");
	fixture_drop(&fx, EVIDENCE_CONSOLE, "softdog: Initiating");
	fixture_replace(&fx, EVIDENCE_QMP, "\"reason\":\"guest-reset\"",
			"\"reason\":\"guest-panic\"");
	fixture_judge(&fx);
	assert_int_equal(fx.seen.effect, EFFECT_PANICKED);
	assert_string_equal(fx.seen.by, "unknown");
	assert_false(fx.met);
}

/* --- what the lab does is nobody's firing ----------------------------------- */

#define LAB_RESET								\
	"{\"host_s\":1.0,\"from\":\"lab\",\"msg\":{\"execute\":\"system_reset\",\"id\":\"system_reset\"}}\n" \
	"{\"host_s\":1.0,\"from\":\"qemu\",\"msg\":{\"event\":\"RESET\",\"data\":{\"guest\":false,\"reason\":\"host-qmp-system-reset\"}}}\n"

static void the_labs_reset_is_nobodys(void **state)
{
	(void)state;
	fixture_open(&fx, "no-watchdog");
	fixture_insert(&fx, EVIDENCE_QMP, "\"guest-shutdown\"", LAB_RESET);
	fixture_judge(&fx);
	assert_verdict(&fx.seen, VERDICT_NEVER, EFFECT_NONE, "");

	/* The guest's own request gone, the lab's alone makes no firing */
	fixture_open(&fx, "softdog");
	fixture_drop(&fx, EVIDENCE_QMP, "\"reason\":\"guest-reset\"");
	fixture_drop(&fx, EVIDENCE_QMP, "\"event\":\"STOP\"");
	fixture_judge(&fx);
	assert_int_equal(fx.seen.when, VERDICT_ERROR);
	assert_string_equal(fx.seen.by, "");
	assert_false(fx.met);
}

static void the_labs_stop_is_nobodys(void **state)
{
	(void)state;
	fixture_open(&fx, "no-watchdog");
	fixture_insert(&fx, EVIDENCE_QMP, "\"guest-shutdown\"",
		       "{\"host_s\":1.0,\"from\":\"lab\",\"msg\":{\"execute\":\"stop\",\"id\":\"s\"}}\n"
		       "{\"host_s\":1.0,\"from\":\"qemu\",\"msg\":{\"event\":\"STOP\"}}\n"
		       "{\"host_s\":1.0,\"from\":\"lab\",\"msg\":{\"execute\":\"cont\",\"id\":\"c\"}}\n"
		       "{\"host_s\":1.0,\"from\":\"qemu\",\"msg\":{\"event\":\"RESUME\"}}\n");
	fixture_judge(&fx);
	assert_verdict(&fx.seen, VERDICT_NEVER, EFFECT_NONE, "");
	assert_true(fx.met);
}

static void somebodys_stop_is_a_surprise(void **state)
{
	char text[512];

	(void)state;
	fixture_open(&fx, "no-watchdog");
	snprintf(text, sizeof(text),
		 "{\"host_s\":1.0,\"from\":\"qemu\",\"msg\":{\"event\":\"STOP\"}}\n"
		 "{\"host_s\":1.0,\"from\":\"lab\",\"msg\":{\"execute\":\"x\",\"id\":\"hpet-stop\"}}\n"
		 "{\"host_s\":1.0,\"from\":\"qemu\",\"msg\":{\"return\":\"00000000fed000f0: 0x%016llx\",\"id\":\"hpet-stop\"}}\n",
		 (fixture_freeze_ns(&fx) + 9000 * NSEC_PER_MSEC) / HPET_NS_PER_TICK);
	fixture_insert(&fx, EVIDENCE_QMP, "\"guest-shutdown\"", text);
	fixture_judge(&fx);
	assert_int_equal(fx.seen.effect, EFFECT_PAUSED);
	assert_string_equal(fx.seen.by, "unknown");
	assert_false(fx.met);
}

static void the_operators_quit_is_nobodys(void **state)
{
	(void)state;
	fixture_open(&fx, "softdog");
	fixture_replace(&fx, EVIDENCE_QMP, "\"reason\":\"guest-reset\"",
			"\"reason\":\"host-signal\"");
	fixture_judge(&fx);
	assert_string_equal(fx.seen.by, "");
	assert_false(fx.met);
}

/* --- when it fired ------------------------------------------------------------ */

static void without_thaw_line_the_thaw_is_where_it_was_due(void **state)
{
	int64_t zombie_ns;

	(void)state;
	fixture_open(&fx, "softdog");
	fixture_judge(&fx);
	zombie_ns = fx.seen.zombie_ns;
	fixture_drop(&fx, EVIDENCE_CONSOLE, "stop-machine: thaw");
	fixture_judge(&fx);
	assert_verdict(&fx.seen, VERDICT_AT_THAW, EFFECT_RESET, "softdog");
	/* The freeze is counted from the line before it: the CPUs' gathering is in it */
	assert_between(fx.seen.zombie_ns - zombie_ns, 0, 10);
	assert_between(fx.seen.frozen_ns, 8000, 8000);
	assert_true(fx.met);
}

/* Softdog with nothing that got out, its reset at T after the freeze began */
static void judge_fire_at(int64_t t_ns)
{
	fixture_open(&fx, "softdog");
	fixture_silence(&fx, fixture_console_ns(&fx, "stop-machine: thaw", "hpet_due="));
	fixture_fire_at(&fx, fixture_console_ns(&fx, "stop-machine: thaw", "hpet_entry=") + t_ns);
	fixture_judge(&fx);
}

static void late_but_nothing_got_out_is_luck(void **state)
{
	int64_t due;

	(void)state;
	fixture_open(&fx, "softdog");
	due = fixture_console_ns(&fx, "stop-machine: thaw", "hpet_due=");
	fixture_silence(&fx, due);
	fixture_judge(&fx);
	assert_verdict(&fx.seen, VERDICT_AT_THAW, EFFECT_RESET, "softdog");
	assert_int_equal(fx.seen.zombie_writes, 0);
	assert_int_equal(fx.seen.protected, PROTECTED_BY_LUCK);
	assert_true(fx.met);

	/* One write at the very thaw, and it was none */
	fixture_canary(&fx, due, 0);
	fixture_judge(&fx);
	assert_int_equal(fx.seen.zombie_writes, 1);
	assert_int_equal(fx.seen.protected, PROTECTED_NO);
}

static void fire_time_decides(void **state)
{
	static const struct {
		int64_t ms;
		enum verdict_when when;
		enum verdict_protected protected;
	} rows[] = {
		{ 100, VERDICT_IN_FAULT, PROTECTED_YES },
		{ 7990, VERDICT_IN_FAULT, PROTECTED_YES },
		{ 8001, VERDICT_AT_THAW, PROTECTED_BY_LUCK },
		{ 8999, VERDICT_AT_THAW, PROTECTED_BY_LUCK },
		{ 9001, VERDICT_AFTER_THAW, PROTECTED_BY_LUCK },
		{ 60000, VERDICT_AFTER_THAW, PROTECTED_BY_LUCK },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		judge_fire_at(rows[i].ms * NSEC_PER_MSEC);
		assert_verdict(&fx.seen, rows[i].when, EFFECT_RESET, "softdog");
		assert_int_equal(fx.seen.protected, rows[i].protected);
		assert_between(fx.seen.fault_to_fire_ns, rows[i].ms, rows[i].ms);
		assert_int_equal(fx.met, rows[i].when == VERDICT_AT_THAW);
	}
}

/* The boundary itself: up to 1000 ms after the thaw is "at the thaw" */
static void at_thaw_ends_after_a_second(void **state)
{
	int64_t entry, due;

	(void)state;
	fixture_open(&fx, "softdog");
	entry = fixture_console_ns(&fx, "stop-machine: thaw", "hpet_entry=");
	due = fixture_console_ns(&fx, "stop-machine: thaw", "hpet_due=");
	judge_fire_at(due - entry);
	assert_int_equal(fx.seen.when, VERDICT_AT_THAW);
	judge_fire_at(due - entry - HPET_NS_PER_TICK);
	assert_int_equal(fx.seen.when, VERDICT_IN_FAULT);
	judge_fire_at(due - entry + NSEC_PER_SEC);
	assert_int_equal(fx.seen.when, VERDICT_AT_THAW);
	judge_fire_at(due - entry + NSEC_PER_SEC + HPET_NS_PER_TICK);
	assert_int_equal(fx.seen.when, VERDICT_AFTER_THAW);
}

static void fired_before_the_freeze(void **state)
{
	(void)state;
	judge_fire_at(-1000 * NSEC_PER_MSEC);
	assert_int_equal(fx.seen.when, VERDICT_BEFORE_FAULT);
	assert_int_equal(fx.seen.protected, PROTECTED_NO);
	assert_false(fx.met);
}

/* A healthy machine reset before anybody asked for a freeze */
static void fired_before_it_could_be_frozen(void **state)
{
	(void)state;
	fixture_open(&fx, "i6300esb");
	fixture_cut_at(&fx, EVIDENCE_AGENT, "\"event\":\"freeze\"");
	fixture_cut_at(&fx, EVIDENCE_CONSOLE, "stop-machine: freeze");
	fixture_judge(&fx);
	assert_verdict(&fx.seen, VERDICT_BEFORE_FAULT, EFFECT_RESET, "i6300esb");
	assert_int_equal(fx.seen.protected, PROTECTED_NO);
	assert_false(fx.met);
}

static void a_control_that_is_reset_is_a_surprise(void **state)
{
	(void)state;
	fixture_open(&fx, "control");
	fixture_drop(&fx, EVIDENCE_AGENT, "\"event\":\"done\"");
	fixture_drop(&fx, EVIDENCE_AGENT, "\"event\":\"disarmed\"");
	fixture_replace(&fx, EVIDENCE_QMP, "\"reason\":\"guest-shutdown\"",
			"\"reason\":\"guest-reset\"");
	fixture_judge(&fx);
	assert_verdict(&fx.seen, VERDICT_BEFORE_FAULT, EFFECT_RESET, "unknown");
	assert_int_equal(fx.seen.protected, PROTECTED_NA);
	assert_false(fx.met);
}

/* The recorded STOP came 0.8 ms behind; a millisecond and more is late */
static void a_vm_stopped_late_is_dated_by_a_bound(void **state)
{
	(void)state;
	fixture_open(&fx, "i6300esb");
	fixture_judge(&fx);
	assert_false(fx.seen.fire_is_upper_bound);

	fixture_open(&fx, "i6300esb");
	fixture_replace(&fx, EVIDENCE_QMP, "\"microseconds\":303094", "\"microseconds\":302800");
	fixture_judge(&fx);
	assert_verdict(&fx.seen, VERDICT_IN_FAULT, EFFECT_RESET, "i6300esb");
	assert_true(fx.seen.fire_is_upper_bound);
	assert_true(fx.met);
}

static void nothing_armed_is_unarmed(void **state)
{
	(void)state;
	fixture_open(&fx, "i6300esb-none");
	fixture_drop(&fx, EVIDENCE_QMP, "\"event\":\"WATCHDOG\"");
	fixture_drop(&fx, EVIDENCE_AGENT, "\"event\":\"armed\"");
	fixture_judge(&fx);
	assert_int_equal(fx.seen.when, VERDICT_UNARMED);
	assert_int_equal(fx.seen.protected, PROTECTED_NO);
	assert_false(fx.met);

	fixture_open(&fx, "i6300esb-none");
	fixture_drop(&fx, EVIDENCE_QMP, "\"event\":\"WATCHDOG\"");
	fixture_drop(&fx, EVIDENCE_AGENT, "\"event\":\"keepalive\"");
	fixture_judge(&fx);
	assert_int_equal(fx.seen.when, VERDICT_UNARMED);
	assert_false(fx.met);
}

static void a_reset_that_does_not_come_back_still_protected(void **state)
{
	(void)state;
	fixture_open(&fx, "i6300esb");
	fixture_cut_at(&fx, EVIDENCE_AGENT, "\"n\":2,\"boot_id\"");
	fixture_judge(&fx);
	assert_verdict(&fx.seen, VERDICT_IN_FAULT, EFFECT_RESET, "i6300esb");
	assert_int_equal(fx.seen.protected, PROTECTED_YES);
	assert_false(fx.seen.came_back);
	assert_int_equal(fx.seen.bootstatus, -1);
}

/* The dud fires, the guest thaws, and then somebody else resets it */
static void what_comes_long_after_a_dud_is_not_its_doing(void **state)
{
	char text[512];

	(void)state;
	fixture_open(&fx, "i6300esb-none");
	snprintf(text, sizeof(text),
		 "{\"host_s\":1.0,\"from\":\"qemu\",\"msg\":{\"event\":\"SHUTDOWN\",\"data\":{\"guest\":true,\"reason\":\"guest-reset\"}}}\n"
		 "{\"host_s\":1.0,\"from\":\"lab\",\"msg\":{\"execute\":\"x\",\"id\":\"hpet-stop\"}}\n"
		 "{\"host_s\":1.0,\"from\":\"qemu\",\"msg\":{\"return\":\"00000000fed000f0: 0x%016llx\",\"id\":\"hpet-stop\"}}\n",
		 (fixture_freeze_ns(&fx) + 9000 * NSEC_PER_MSEC) / HPET_NS_PER_TICK);
	fixture_insert(&fx, EVIDENCE_QMP, "\"guest-shutdown\"", text);
	fixture_judge(&fx);
	assert_verdict(&fx.seen, VERDICT_IN_FAULT, EFFECT_NONE, "i6300esb");
	assert_int_equal(fx.seen.protected, PROTECTED_NO);
}

static void keepalives_in_the_thaw_do_not_count(void **state)
{
	int64_t before;

	(void)state;
	fixture_open(&fx, "i6300esb-none");
	fixture_judge(&fx);
	before = fx.seen.keepalive_to_fire_ns;
	/* Recorded: the eighth is the first after the thaw, and so are all behind */
	for (int n = 9; n <= 15; n++) {
		char needle[24];

		snprintf(needle, sizeof(needle), "\"n\":%d,", n);
		fixture_drop(&fx, EVIDENCE_AGENT, needle);
	}
	fixture_judge(&fx);
	assert_int_equal(fx.seen.keepalive_to_fire_ns, before);
}

#define test(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(control_is_quiet),
		test(frozen_without_watchdog),
		test(i6300esb_fires_in_the_freeze),
		test(i6300esb_pauses_for_good),
		test(dud_fires_and_protects_nobody),
		test(softdog_fires_at_the_thaw),
		test(forks_are_judged_as_what_was_booted),
		test(same_evidence_same_verdict),
		test(swapped_evidence_changes_the_verdict),
		test(no_cell_takes_anothers_evidence),
		test(without_watchdog_event_i6300esb_is_a_surprise),
		test(without_its_line_softdog_is_a_surprise),
		test(softdogs_line_without_a_reset_is_no_firing),
		test(user_space_cannot_play_the_kernel),
		test(a_panic_is_no_watchdogs_reset),
		test(the_labs_reset_is_nobodys),
		test(the_labs_stop_is_nobodys),
		test(somebodys_stop_is_a_surprise),
		test(the_operators_quit_is_nobodys),
		test(without_thaw_line_the_thaw_is_where_it_was_due),
		test(late_but_nothing_got_out_is_luck),
		test(fire_time_decides),
		test(at_thaw_ends_after_a_second),
		test(fired_before_the_freeze),
		test(fired_before_it_could_be_frozen),
		test(a_control_that_is_reset_is_a_surprise),
		test(a_vm_stopped_late_is_dated_by_a_bound),
		test(nothing_armed_is_unarmed),
		test(a_reset_that_does_not_come_back_still_protected),
		test(what_comes_long_after_a_dud_is_not_its_doing),
		test(keepalives_in_the_thaw_do_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
