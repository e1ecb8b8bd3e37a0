// SPDX-License-Identifier: GPL-2.0
/* Why a machine last reset, as a table: what each row changes, and the cause. */
#include "reset-base.h"

static void last_words(struct reset_evidence *ev)
{
	panic_words(ev);
	unmarked(ev);
}

static void last_proven(struct reset_evidence *ev)
{
	strcpy(ev->boots.proven, ESB);
}

static void last_other_proven(struct reset_evidence *ev)
{
	strcpy(ev->boots.proven, "iTCO_wdt");
}

static void last_unknown(struct reset_evidence *ev)
{
	last_proven(ev);
	ev->boots.known = false;
}

static void last_damaged(struct reset_evidence *ev)
{
	last_proven(ev);
	ev->boots.damaged = true;
}

static void last_not_loaded(struct reset_evidence *ev)
{
	last_proven(ev);
	ev->boots.dogs.n = 0;
}

static void last_rebooted(struct reset_evidence *ev)
{
	unmarked(ev);
	strcpy(ev->boots.stop, "reboot");
}

static void last_halted(struct reset_evidence *ev)
{
	unmarked(ev);
	strcpy(ev->boots.stop, "poweroff");
}

static void last_rebooted_marked(struct reset_evidence *ev)
{
	last_proven(ev);
	strcpy(ev->boots.stop, "reboot");
}

static void last_wtmp(struct reset_evidence *ev)
{
	unmarked(ev);
	ev->boots.known = false;
	ev->wtmp = WTMP_SHUTDOWN;
}

static void last_wtmp_abrupt(struct reset_evidence *ev)
{
	unmarked(ev);
	ev->boots.known = false;
	ev->wtmp = WTMP_ABRUPT;
}

static void last_old_panic(struct reset_evidence *ev)
{
	last_words(ev);
	ev->last.at_s = 900;
}

static void last_panic_unknown(struct reset_evidence *ev)
{
	last_words(ev);
	ev->boots.known = false;
}

static void last_panic_marked(struct reset_evidence *ev)
{
	last_proven(ev);
	panic_words(ev);
}

static const struct {
	const char *name;
	void (*change)(struct reset_evidence *ev);
	enum cause cause;
} last_rows[] = {
	{ "a mark, of an unproved dog", as_it_is, CAUSE_CANNOT_TELL },
	{ "a mark, of a proved one", last_proven, CAUSE_WATCHDOG },
	{ "a mark, another one proved", last_other_proven, CAUSE_CANNOT_TELL },
	{ "a mark, no record of the boot", last_unknown, CAUSE_CANNOT_TELL },
	{ "a mark, damaged records", last_damaged, CAUSE_CANNOT_TELL },
	{ "a mark, driver not loaded then", last_not_loaded, CAUSE_CANNOT_TELL },
	{ "nothing", unmarked, CAUSE_CANNOT_TELL },
	{ "a reboot", last_rebooted, CAUSE_REBOOT },
	{ "a poweroff", last_halted, CAUSE_POWEROFF },
	{ "a reboot and a mark", last_rebooted_marked, CAUSE_CANNOT_TELL },
	{ "a shutdown in wtmp", last_wtmp, CAUSE_SHUTDOWN },
	{ "none in wtmp", last_wtmp_abrupt, CAUSE_CANNOT_TELL },
	{ "a panic", last_words, CAUSE_PANIC },
	{ "an old panic", last_old_panic, CAUSE_CANNOT_TELL },
	{ "a panic, no record of the boot", last_panic_unknown, CAUSE_CANNOT_TELL },
	{ "a panic and a mark", last_panic_marked, CAUSE_CANNOT_TELL },
	{ "softdog's words", softdog_words, CAUSE_WATCHDOG },
};

static void table_of_last_reboot(void **state)
{
	struct reset_verdict verdict;
	struct reset_evidence ev;
	int wrong = 0;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(last_rows); i++) {
		base(&ev);
		last_rows[i].change(&ev);
		reset_judge_last(&ev, &verdict);
		if (verdict.cause == last_rows[i].cause && verdict.n_reasons &&
		    (verdict.cause != CAUSE_WATCHDOG || *verdict.who))
			continue;
		explain(last_rows[i].name, &verdict);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_of_last_reboot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
