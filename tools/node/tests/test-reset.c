// SPDX-License-Identifier: GPL-2.0
/*
 * Verdicts from evidence, as a table: what each row changes in the evidence of a
 * run in which i6300esb (10 s) resets a machine that was frozen for 30 s, and
 * what the verdict must be then.
 */
#include "reset-base.h"

static void same_boot(struct reset_evidence *ev)
{
	strcpy(ev->boot_id, "boot-1");
	ev->story.phase = PHASE_ENDED;
	ev->now = (struct moment){ 1060000, 120000, 1060 };
	unmarked(ev);
}

static void same_boot_marked(struct reset_evidence *ev)
{
	same_boot(ev);
	ev->dogs.list[0].marked = true;
}

static void same_boot_running(struct reset_evidence *ev)
{
	same_boot(ev);
	ev->story.phase = PHASE_FAULT;
}

static void same_boot_over(struct reset_evidence *ev)
{
	same_boot(ev);
	ev->story.phase = PHASE_OVER;
}

static void same_boot_failed(struct reset_evidence *ev)
{
	same_boot(ev);
	ev->story.phase = PHASE_FAILED;
}

static void same_boot_damaged(struct reset_evidence *ev)
{
	same_boot(ev);
	ev->story.state = STORY_DAMAGED;
}

/* Firmware of a server: two minutes */
static void slow(struct reset_evidence *ev)
{
	back_after(ev, 132000);
}

static void slow_known(struct reset_evidence *ev)
{
	slow(ev);
	ev->story.turnaround_ms = 121000;
}

/* A dud ran out, somebody cut the power 15 s later, still in the freeze */
static void dud_and_cut(struct reset_evidence *ev)
{
	back_after(ev, 26000);
	ev->story.turnaround_ms = 2500;
}

/* The same, and nobody knows how long this machine takes to come back */
static void dud_and_cut_unknown(struct reset_evidence *ev)
{
	back_after(ev, 26000);
}

/* A dud, a disk that hangs after the thaw, an operator half an hour later */
static void dud_and_operator(struct reset_evidence *ev)
{
	back_after(ev, 1800000);
	ev->story.turnaround_ms = 2500;
}

static void dud_and_operator_slow(struct reset_evidence *ev)
{
	back_after(ev, 1800000);
}

static void dud_then_reset(struct reset_evidence *ev)
{
	ev->story.phase = PHASE_OVER;
	ev->story.alive_ms = 90010;
	back_after(ev, 40000);
}

static void torn(struct reset_evidence *ev)
{
	ev->story.state = STORY_TORN;
	back_after(ev, 31500);
}

static void torn_early(struct reset_evidence *ev)
{
	ev->story.state = STORY_TORN;
}

static void damaged(struct reset_evidence *ev)
{
	ev->story.state = STORY_DAMAGED;
}

static void foreign(struct reset_evidence *ev)
{
	strcpy(ev->machine, "m2");
}

static void foreign_by_name(struct reset_evidence *ev)
{
	ev->machine[0] = '\0';
	strcpy(ev->hostname, "db2");
}

static void renamed(struct reset_evidence *ev)
{
	strcpy(ev->hostname, "db1-new");
}

static void no_journal(struct reset_evidence *ev)
{
	ev->story.state = STORY_NONE;
}

static void no_boot_id(struct reset_evidence *ev)
{
	ev->boot_id[0] = '\0';
}

static void planned(struct reset_evidence *ev)
{
	ev->story.phase = PHASE_PLANNED;
	unmarked(ev);
}

static void planned_marked(struct reset_evidence *ev)
{
	ev->story.phase = PHASE_PLANNED;
}

static void armed_marked(struct reset_evidence *ev)
{
	ev->story.phase = PHASE_ARMED;
}

static void armed_cut(struct reset_evidence *ev)
{
	ev->story.phase = PHASE_ARMED;
	unmarked(ev);
}

static void armed_rebooted(struct reset_evidence *ev)
{
	ev->story.phase = PHASE_ARMED;
	unmarked(ev);
	strcpy(ev->boots.stop, "reboot");
}

static void rebooted_and_marked(struct reset_evidence *ev)
{
	ev->story.phase = PHASE_OVER;
	strcpy(ev->boots.stop, "reboot");
}

static void thawed_rebooted(struct reset_evidence *ev)
{
	ev->story.phase = PHASE_ENDED;
	unmarked(ev);
	strcpy(ev->boots.stop, "poweroff");
}

static void cut_at_once(struct reset_evidence *ev)
{
	unmarked(ev);
	back_after(ev, 3000);
}

static void marked_too_early(struct reset_evidence *ev)
{
	back_after(ev, 3000);
}

static void clock_back(struct reset_evidence *ev)
{
	ev->now.realtime_ms = 500000;
	ev->now.rtc_s = 500;
}

/* NTP corrected an hour after the boot, the RTC did not */
static void clocks_apart(struct reset_evidence *ev)
{
	ev->now.realtime_ms += 3600000;
}

static void realtime_back(struct reset_evidence *ev)
{
	ev->now.realtime_ms -= 100000;
}

static void no_rtc(struct reset_evidence *ev)
{
	ev->now.rtc_s = -1;
}

static void no_clock(struct reset_evidence *ev)
{
	ev->now.rtc_s = -1;
	ev->story.at.realtime_ms = -1;
}

static void other_boots(struct reset_evidence *ev)
{
	back_after(ev, 3600000);
	ev->boots.between = 2;
}

static void boots_unknown(struct reset_evidence *ev)
{
	back_after(ev, 3600000);
	ev->boots.known = false;
	ev->boots.between = -1;
}

static void boots_unknown_quick(struct reset_evidence *ev)
{
	ev->boots.known = false;
	ev->boots.between = -1;
}

static void panicked(struct reset_evidence *ev)
{
	panic_words(ev);
	unmarked(ev);
}

static void old_panic(struct reset_evidence *ev)
{
	panic_words(ev);
	ev->last.at_s = 900;
}

static void undated_panic(struct reset_evidence *ev)
{
	panic_words(ev);
	ev->last.at_s = -1;
}

static void not_loaded(struct reset_evidence *ev)
{
	ev->dogs.n = 0;
}

static void softdog_silent(struct reset_evidence *ev)
{
	softdog(ev);
	back_after(ev, 31500);
}

static void softdog_cut(struct reset_evidence *ev)
{
	softdog(ev);
	back_after(ev, 15000);
}

static void both_marks(struct reset_evidence *ev)
{
	softdog_words(ev);
	ev->dogs.list[0].marked = true;
}

static void itco(struct reset_evidence *ev)
{
	other_dog(ev, "iTCO_wdt", "iTCO_wdt");
	back_after(ev, 22000);
}

static void itco_known(struct reset_evidence *ev)
{
	itco(ev);
	ev->story.turnaround_ms = 2500;
}

static void itco_cut_late(struct reset_evidence *ev)
{
	itco_known(ev);
	back_after(ev, 28000);
}

static void other_marked(struct reset_evidence *ev)
{
	other_dog(ev, "iTCO_wdt", "iTCO_wdt");
	ev->dogs.n = 2;
	strcpy(ev->dogs.list[1].identity, ESB);
	ev->dogs.list[1].marked = true;
	ev->story.turnaround_ms = 2500;
}

static void two_of_a_name(struct reset_evidence *ev)
{
	ev->dogs.n = 2;
	ev->dogs.list[1] = ev->dogs.list[0];
}

/* No freeze: keepalives stop and the machine goes on */
static void starved(struct reset_evidence *ev)
{
	ev->story.fault = FAULT_NO_KEEPALIVE;
	ev->story.alive_ms = 59990 + 10050;
}

static void starved_slow(struct reset_evidence *ev)
{
	starved(ev);
	back_after(ev, 132000);
}

/* A dud ran out, the machine went on for 10 s, somebody cut the power */
static void starved_dud_and_cut(struct reset_evidence *ev)
{
	starved(ev);
	ev->story.alive_ms = 59990 + 20000;
	back_after(ev, 22000);
}

static void starved_itco(struct reset_evidence *ev)
{
	itco(ev);
	ev->story.fault = FAULT_NO_KEEPALIVE;
	ev->story.turnaround_ms = 2500;
	ev->story.alive_ms = 59990 + 20000;
}

static void starved_softdog(struct reset_evidence *ev)
{
	softdog_words(ev);
	ev->story.fault = FAULT_NO_KEEPALIVE;
	ev->story.alive_ms = 59990 + 10050;
	ev->last.at_s = 1010;
	back_after(ev, 12000);
}

static void absurd_numbers(struct reset_evidence *ev)
{
	ev->story.timeout_s = INT64_MAX;
	ev->story.msecs = INT64_MAX;
	ev->story.turnaround_ms = INT64_MAX;
	ev->story.at.rtc_s = INT64_MAX;
	ev->story.at.realtime_ms = INT64_MAX;
	ev->story.at.boottime_ms = INT64_MAX;
	ev->story.alive_ms = INT64_MAX;
	ev->story.keepalive_ms = 0;
}

#define CT	WHEN_CANNOT_TELL
#define C_CT	CAUSE_CANNOT_TELL
#define A_CT	ANSWER_CANNOT_TELL

static const struct {
	const char *name;
	void (*change)(struct reset_evidence *ev);
	enum when when;
	enum cause cause;
	enum answer proved;
} rows[] = {
	{ "i6300esb", as_it_is, WHEN_IN_FAULT, CAUSE_WATCHDOG, ANSWER_YES },
	{ "slow firmware", slow, CT, C_CT, A_CT },
	{ "slow firmware, known", slow_known, WHEN_IN_FAULT, CAUSE_WATCHDOG,
	  ANSWER_YES },
	{ "a dud, and the power cut in the freeze", dud_and_cut, WHEN_IN_FAULT,
	  C_CT, A_CT },
	{ "a dud, and the power cut in the freeze, way unknown",
	  dud_and_cut_unknown, WHEN_IN_FAULT, C_CT, A_CT },
	{ "a dud, and an operator", dud_and_operator, CT, C_CT, A_CT },
	{ "a dud, and an operator, way unknown", dud_and_operator_slow, CT,
	  C_CT, A_CT },
	{ "a dud, reset after the thaw", dud_then_reset, WHEN_AFTER_FAULT, C_CT,
	  ANSWER_NO },
	{ "no mark", unmarked, WHEN_IN_FAULT, C_CT, A_CT },
	{ "its driver not loaded", not_loaded, WHEN_IN_FAULT, C_CT, A_CT },
	{ "the power cut at once", cut_at_once, WHEN_IN_FAULT, C_CT, A_CT },
	{ "marked, but not due yet", marked_too_early, WHEN_IN_FAULT, C_CT,
	  A_CT },
	{ "never", same_boot, WHEN_NEVER, CAUSE_NOTHING, ANSWER_NO },
	{ "marked in the same boot", same_boot_marked, WHEN_NEVER,
	  CAUSE_NOTHING, ANSWER_NO },
	{ "still running", same_boot_running, CT, C_CT, A_CT },
	{ "thawed, no end", same_boot_over, CT, C_CT, ANSWER_NO },
	{ "the fault failed", same_boot_failed, WHEN_UNARMED, CAUSE_NOTHING,
	  A_CT },
	{ "damaged, same boot", same_boot_damaged, CT, C_CT, A_CT },
	{ "torn after the thaw", torn, CT, C_CT, A_CT },
	{ "torn, but soon back", torn_early, CT, C_CT, A_CT },
	{ "damaged in the middle", damaged, CT, C_CT, A_CT },
	{ "another machine's journal", foreign, CT, C_CT, A_CT },
	{ "another machine's name", foreign_by_name, CT, C_CT, A_CT },
	{ "renamed since", renamed, WHEN_IN_FAULT, CAUSE_WATCHDOG, ANSWER_YES },
	{ "no journal", no_journal, CT, C_CT, A_CT },
	{ "no boot_id", no_boot_id, CT, C_CT, A_CT },
	{ "planned only", planned, WHEN_UNARMED, C_CT, A_CT },
	{ "planned only, marked", planned_marked, WHEN_UNARMED, C_CT, A_CT },
	{ "fired before the fault", armed_marked, WHEN_BEFORE_FAULT,
	  CAUSE_WATCHDOG, A_CT },
	{ "cut before the fault", armed_cut, WHEN_BEFORE_FAULT, C_CT, A_CT },
	{ "rebooted before the fault", armed_rebooted, WHEN_BEFORE_FAULT,
	  CAUSE_REBOOT, A_CT },
	{ "rebooted after it, and marked", rebooted_and_marked,
	  WHEN_AFTER_FAULT, C_CT, ANSWER_NO },
	{ "switched off after it", thawed_rebooted, WHEN_AFTER_FAULT,
	  CAUSE_POWEROFF, ANSWER_NO },
	{ "the clocks set back", clock_back, CT, C_CT, A_CT },
	{ "the clocks apart", clocks_apart, CT, C_CT, A_CT },
	{ "CLOCK_REALTIME set back", realtime_back, CT, C_CT, A_CT },
	{ "no RTC", no_rtc, WHEN_IN_FAULT, CAUSE_WATCHDOG, ANSWER_YES },
	{ "no clock", no_clock, CT, C_CT, A_CT },
	{ "boots in between", other_boots, CT, C_CT, A_CT },
	{ "boots not counted", boots_unknown, CT, C_CT, A_CT },
	{ "boots not counted, soon back", boots_unknown_quick, WHEN_IN_FAULT,
	  CAUSE_WATCHDOG, ANSWER_YES },
	{ "panic", panicked, WHEN_IN_FAULT, CAUSE_PANIC, A_CT },
	{ "panic and mark (inject-nmi)", panic_words, WHEN_IN_FAULT,
	  CAUSE_PANIC, ANSWER_YES },
	{ "an old panic", old_panic, WHEN_IN_FAULT, CAUSE_WATCHDOG,
	  ANSWER_YES },
	{ "a panic without a date", undated_panic, WHEN_IN_FAULT,
	  CAUSE_WATCHDOG, ANSWER_YES },
	{ "softdog's words", softdog_words, WHEN_AT_THAW, CAUSE_WATCHDOG,
	  ANSWER_NO },
	{ "softdog, no words", softdog_silent, CT, C_CT, A_CT },
	{ "softdog, the power cut in the freeze", softdog_cut, WHEN_IN_FAULT,
	  C_CT, A_CT },
	{ "softdog's words and a mark", both_marks, CT, C_CT, A_CT },
	{ "iTCO", itco, WHEN_IN_FAULT, C_CT, A_CT },
	{ "iTCO, way known", itco_known, WHEN_IN_FAULT, C_CT, ANSWER_YES },
	{ "iTCO a dud, cut late in the freeze", itco_cut_late, WHEN_IN_FAULT,
	  C_CT, A_CT },
	{ "another one's mark", other_marked, WHEN_IN_FAULT, C_CT, A_CT },
	{ "two devices of one name", two_of_a_name, WHEN_IN_FAULT, C_CT, A_CT },
	{ "no keepalive", starved, WHEN_IN_FAULT, CAUSE_WATCHDOG, ANSWER_YES },
	{ "no keepalive, slow firmware", starved_slow, WHEN_IN_FAULT,
	  CAUSE_WATCHDOG, ANSWER_YES },
	{ "no keepalive, a dud, and the power cut", starved_dud_and_cut,
	  WHEN_IN_FAULT, C_CT, ANSWER_NO },
	{ "no keepalive, iTCO, which takes twice its time", starved_itco,
	  WHEN_IN_FAULT, C_CT, ANSWER_YES },
	{ "no keepalive, softdog's words", starved_softdog, WHEN_IN_FAULT,
	  CAUSE_WATCHDOG, ANSWER_YES },
	{ "absurd numbers", absurd_numbers, CT, C_CT, A_CT },
};

static bool is_named_rightly(const struct reset_verdict *verdict)
{
	bool named = *verdict->who;

	return verdict->cause == CAUSE_WATCHDOG ? named : !named;
}

static void table_of_verify(void **state)
{
	struct reset_verdict verdict;
	struct reset_evidence ev;
	int wrong = 0;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		base(&ev);
		rows[i].change(&ev);
		reset_judge_verify(&ev, &verdict);
		/* each verdict says how it knows, and a watchdog has a name */
		if (verdict.when == rows[i].when &&
		    verdict.cause == rows[i].cause &&
		    verdict.proved == rows[i].proved && verdict.n_reasons &&
		    is_named_rightly(&verdict))
			continue;
		explain(rows[i].name, &verdict);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static bool has_reason(const struct reset_verdict *verdict, const char *text)
{
	int i;

	for (i = 0; i < verdict->n_reasons; i++) {
		if (strstr(verdict->reasons[i], text))
			return true;
	}
	return false;
}

/* Their absence says nothing, and what would keep them is named */
static void words_that_are_expected_absent(void **state)
{
	struct reset_verdict verdict;
	struct reset_evidence ev;

	(void)state;
	base(&ev);
	softdog_silent(&ev);
	reset_judge_verify(&ev, &verdict);
	assert_true(has_reason(&verdict, "absent, as expected: no pstore"));
	ev.pstore = true;
	reset_judge_verify(&ev, &verdict);
	assert_true(has_reason(&verdict, "absent, as expected unless printk.always_kmsg_dump"));
	softdog_words(&ev);
	reset_judge_verify(&ev, &verdict);
	assert_false(has_reason(&verdict, "absent"));
}

static void expect_span(const struct span *span, int64_t from, int64_t to)
{
	assert_int_equal(span->from_ms, from);
	assert_int_equal(span->to_ms, to);
}

/* 12 s by both, told to the second they are known to */
static void range_of_time(void **state)
{
	struct moment then = { 1000400, 60000, 1000 };
	struct moment now = { 1017000, 5000, 1017 };
	struct span span;

	(void)state;
	moment_to_start(&then, 10, &now, &span);
	/* by the RTC 12.010 +- 1.05, by the other 11.610 +- 1.05 */
	expect_span(&span, 10560, 13060);
	assert_int_equal(span.apart_ms, 0);
	now.realtime_ms += 60000;
	moment_to_start(&then, 10, &now, &span);
	expect_span(&span, 10960, 73660);
	assert_int_equal(span.apart_ms, -59600);
	now.realtime_ms -= 120000;
	moment_to_start(&then, 10, &now, &span);
	expect_span(&span, -1, -1);
	assert_true(span.back);
	now.realtime_ms += 60000;
	now.rtc_s = -1;
	moment_to_start(&then, 10, &now, &span);
	/* alone, +- 2.05 */
	expect_span(&span, 9560, 13660);
	now.realtime_ms = -1;
	moment_to_start(&then, 10, &now, &span);
	expect_span(&span, -1, -1);
	assert_false(span.back);
}

/* A reset that takes no time: by the RTC -0.259 s, by CLOCK_REALTIME -1.345 s */
static void a_clock_that_starts_at_half_a_second(void **state)
{
	struct moment then = { 858286, 60000, 857 };
	struct moment now = { 913200, 56259, 913 };
	struct span span;

	(void)state;
	moment_to_start(&then, 0, &now, &span);
	assert_false(span.back);
	expect_span(&span, 0, 1562);
	/* CLOCK_BOOTTIME may be fast by a hundredth, and no more */
	now.realtime_ms -= 1200;
	moment_to_start(&then, 0, &now, &span);
	assert_false(span.back);
	now.realtime_ms -= 20;
	moment_to_start(&then, 0, &now, &span);
	assert_true(span.back);
	/* nor is it after a day, where a clock was put back by five minutes */
	now = (struct moment){ 858286 + 86100000, 86400000, 857 + 86100 };
	moment_to_start(&then, 0, &now, &span);
	assert_true(span.back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clock_that_starts_at_half_a_second),
		cmocka_unit_test(table_of_verify),
		cmocka_unit_test(words_that_are_expected_absent),
		cmocka_unit_test(range_of_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
