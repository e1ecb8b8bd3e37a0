// SPDX-License-Identifier: GPL-2.0
/* What must happen, by the rows and their boundaries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "compiler.h"
#include "expect.h"

static struct cell cell_of(const char *fault, const char *watchdog)
{
	struct cell cell;

	memset(&cell, 0, sizeof(cell));
	cell.fault = fault_find(fault);
	cell.watchdog = watchdog_find(watchdog);
	assert_non_null(cell.fault);
	assert_non_null(cell.watchdog);
	cell.clock = clocksource_find("tsc");
	cell.machine = machine_find("pc");
	cell.action = cell.watchdog->action;
	cell.msecs = 8000;
	cell.timeout_ms = 3000;
	cell.interval_ms = 500;
	cell.settle_ms = 5000;
	cell.cpus = 2;
	return cell;
}

static void assert_expected(const struct cell *cell, enum verdict_when when,
			    enum verdict_when or_when, enum verdict_effect effect, const char *by)
{
	struct expectation e;

	assert_int_equal(expect(&e, cell), 0);
	assert_string_equal(verdict_when_name(e.when), verdict_when_name(when));
	assert_string_equal(verdict_when_name(e.or_when), verdict_when_name(or_when));
	assert_string_equal(verdict_effect_name(e.effect), verdict_effect_name(effect));
	assert_string_equal(e.by, by);
	assert_non_null(e.reason);
	assert_true(strlen(e.reason) > 10);
}

static bool is_stall_unread(const struct watchdog *wd)
{
	return wd->pretimeout || wd->mode == DOG_DETECTOR || wd->mode == DOG_KERNEL;
}

/* Two watchdogs, of which each may be the first; or a reset before any fault */
static bool is_open(const struct cell *cell)
{
	const struct fault *fault = cell->fault;

	if (cell->watchdog->mode == DOG_STARTED)
		return fault->has_duration;
	/* What a stall of the host does to what counts only in the guest's kernel */
	if (fault->outside == OUTSIDE_STALL && is_stall_unread(cell->watchdog))
		return true;
	if (cell->watchdog->mode == DOG_DAEMON)
		return !strcmp(fault->name, "keepalive-stuck");
	return cell->watchdog->second && fault->has_duration && fault->silent != SILENT_ALL;
}

static void every_cell_of_the_tables_has_a_row(void **state)
{
	struct expectation e;

	(void)state;
	for (size_t f = 0; faults[f].name; f++) {
		for (size_t w = 0; watchdogs[w].name; w++) {
			struct cell cell = cell_of(faults[f].name, watchdogs[w].name);

			/* Longer than the 5 s after which kernel.panic=5 resets */
			cell.timeout_ms = 10000;
			cell.msecs = 60000;
			if (expect(&e, &cell) && !is_open(&cell))
				fail_msg("no row for %s x %s", faults[f].name, watchdogs[w].name);
		}
	}
}

static void no_row_no_expectation(void **state)
{
	static const struct fault strange = { .name = "meteorite", .has_duration = true };
	struct cell cell = cell_of("stop-machine", "i6300esb");
	struct expectation e;

	(void)state;
	cell.fault = &strange;
	assert_int_equal(expect(&e, &cell), -1);
}

static void controls_are_quiet(void **state)
{
	(void)state;
	for (size_t w = 0; watchdogs[w].name; w++) {
		const struct watchdog *wd = &watchdogs[w];
		struct cell cell = cell_of("none", wd->name);
		enum verdict_when when = wd->mode == DOG_CLOSED || wd->mode == DOG_UNOPENED ?
					 VERDICT_UNARMED : VERDICT_NEVER;

		if (wd->mode == DOG_STARTED) {
			when = VERDICT_BEFORE_FAULT;
			assert_expected(&cell, when, when, EFFECT_RESET, "softdog");
			continue;
		}
		assert_expected(&cell, when, when, EFFECT_NONE, "");
		/* However long they are watched */
		cell.msecs = 600000;
		assert_expected(&cell, when, when, EFFECT_NONE, "");
	}
}

/* By the sums of the kernels' sources, for the lengths around each cliff */
static void clocks_that_lose_the_freeze(void **state)
{
	static const struct {
		const char *clock, *kernel;
		unsigned int msecs, timeout_ms;
		int64_t seen_ms;
		enum verdict_when when;
	} rows[] = {
		{ "tsc", "debian-6.1", 60000, 10000, 60000, VERDICT_AT_THAW },
		{ "hpet", "debian-6.1", 20000, 10000, 20000, VERDICT_AT_THAW },
		{ "hpet", "debian-6.1", 25000, 10000, 0, VERDICT_NEVER },
		{ "hpet", "debian-6.1", 50000, 10000, 7050, VERDICT_NEVER },
		{ "hpet", "debian-6.1", 60000, 10000, 17050, VERDICT_AT_THAW },
		{ "hpet", "debian-6.12", 25000, 10000, 25000, VERDICT_AT_THAW },
		{ "hpet", "debian-6.12", 40000, 10000, 40000, VERDICT_AT_THAW },
		{ "hpet", "debian-6.12", 50000, 10000, 7050, VERDICT_NEVER },
		{ "acpi_pm", "debian-6.1", 2000, 1000, 2000, VERDICT_AT_THAW },
		{ "acpi_pm", "debian-6.1", 3000, 1000, 0, VERDICT_NEVER },
		{ "acpi_pm", "debian-6.12", 3000, 1000, 3000, VERDICT_AT_THAW },
		{ "acpi_pm", "debian-6.12", 5000, 1000, 313, VERDICT_NEVER },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cell cell = cell_of("stop-machine", "softdog");
		const char *why;

		cell.clock = clocksource_find(rows[i].clock);
		strcpy(cell.kernel, rows[i].kernel);
		cell.msecs = rows[i].msecs;
		cell.timeout_ms = rows[i].timeout_ms;
		assert_int_equal(expect_seen_ms(&cell, &why), rows[i].seen_ms);
		assert_expected(&cell, rows[i].when, rows[i].when,
				rows[i].when == VERDICT_NEVER ? EFFECT_NONE : EFFECT_RESET,
				rows[i].when == VERDICT_NEVER ? "" : "softdog");
		/* A device of QEMU's does not care for the guest's clock */
		cell.watchdog = watchdog_find("ib700");
		cell.action = cell.watchdog->action;
		assert_expected(&cell, VERDICT_IN_FAULT, VERDICT_IN_FAULT, EFFECT_RESET, "ib700");
	}
}

/* Whose source nobody has read, of that nothing is expected beyond the cliff */
static void unknown_kernels_are_not_guessed(void **state)
{
	struct cell cell = cell_of("stop-machine", "softdog");
	struct expectation e;

	(void)state;
	cell.clock = clocksource_find("hpet");
	strcpy(cell.kernel, "custom");
	cell.msecs = 20000;
	assert_int_equal(expect(&e, &cell), 0);
	cell.msecs = 30000;
	assert_int_equal(expect(&e, &cell), -1);
}

static void freezes_that_outlast_the_deadline(void **state)
{
	struct cell cell = cell_of("stop-machine", "none");

	(void)state;
	assert_expected(&cell, VERDICT_NEVER, VERDICT_NEVER, EFFECT_NONE, "");
	cell = cell_of("stop-machine", "i6300esb");
	assert_expected(&cell, VERDICT_IN_FAULT, VERDICT_IN_FAULT, EFFECT_RESET, "i6300esb");
	cell = cell_of("stop-machine", "i6300esb-none");
	assert_expected(&cell, VERDICT_IN_FAULT, VERDICT_IN_FAULT, EFFECT_NONE, "i6300esb");
	cell = cell_of("stop-machine", "softdog");
	assert_expected(&cell, VERDICT_AT_THAW, VERDICT_AT_THAW, EFFECT_RESET, "softdog");
}

static void deadlines(void **state)
{
	struct cell cell = cell_of("stop-machine", "i6300esb");

	(void)state;
	/* 2 x (3 << 9) << 15 x 30 ns = 3.0199 s */
	assert_int_equal(expect_deadline_ms(&cell), 3019);
	cell.timeout_ms = 30000;
	assert_int_equal(expect_deadline_ms(&cell), 30198);
	/* The greatest timeout does not overflow the sum */
	cell.timeout_ms = 2046000;
	assert_int_equal(expect_deadline_ms(&cell), 2059571);
	cell = cell_of("stop-machine", "softdog");
	cell.timeout_ms = 65535000;
	assert_int_equal(expect_deadline_ms(&cell), 65535000);
	/* Ticks of 0.6 s, twice */
	cell = cell_of("stop-machine", "itco");
	cell.timeout_ms = 10000;
	assert_int_equal(expect_deadline_ms(&cell), 19200);
	cell.timeout_ms = 30000;
	assert_int_equal(expect_deadline_ms(&cell), 60000);
	cell = cell_of("stop-machine", "none");
	assert_int_equal(expect_deadline_ms(&cell), 0);
}

/*
 * The last keepalive came between one interval and no time before the freeze:
 * shorter than deadline - interval never fires, longer than the deadline always
 * does, what lies between depends on the phase.
 */
static void boundaries(void **state)
{
	static const struct {
		const char *watchdog;
		unsigned int msecs;
		enum verdict_when when;
		enum verdict_when or_when;
	} rows[] = {
		{ "i6300esb", 1, VERDICT_NEVER, VERDICT_NEVER },
		{ "i6300esb", 2518, VERDICT_NEVER, VERDICT_NEVER },
		{ "i6300esb", 2519, VERDICT_IN_FAULT, VERDICT_NEVER },
		{ "i6300esb", 3019, VERDICT_IN_FAULT, VERDICT_NEVER },
		{ "i6300esb", 3020, VERDICT_IN_FAULT, VERDICT_IN_FAULT },
		{ "softdog", 2499, VERDICT_NEVER, VERDICT_NEVER },
		{ "softdog", 2500, VERDICT_AT_THAW, VERDICT_NEVER },
		{ "softdog", 3000, VERDICT_AT_THAW, VERDICT_NEVER },
		{ "softdog", 3001, VERDICT_AT_THAW, VERDICT_AT_THAW },
		{ "softdog", 600000, VERDICT_AT_THAW, VERDICT_AT_THAW },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cell cell = cell_of("stop-machine", rows[i].watchdog);
		bool fires = rows[i].when != VERDICT_NEVER;

		cell.msecs = rows[i].msecs;
		assert_expected(&cell, rows[i].when, rows[i].or_when,
				fires ? EFFECT_RESET : EFFECT_NONE,
				fires ? cell.watchdog->fires_as : "");
	}
}

/* On PREEMPT_RT softdog's timer is a thread's work, and so is the keepalive */
static void on_preempt_rt_a_keepalive_may_win(void **state)
{
	static const struct {
		const char *watchdog;
		const char *kernel;
		enum verdict_when when;
		enum verdict_when or_when;
	} rows[] = {
		{ "softdog", "debian-6.1-rt", VERDICT_AT_THAW, VERDICT_NEVER },
		{ "softdog", "debian-6.12-rt", VERDICT_AT_THAW, VERDICT_NEVER },
		{ "softdog", "debian-6.12", VERDICT_AT_THAW, VERDICT_AT_THAW },
		{ "softdog", "custom", VERDICT_AT_THAW, VERDICT_AT_THAW },
		{ "i6300esb+softdog", "debian-6.12-rt", VERDICT_IN_FAULT, VERDICT_IN_FAULT },
		{ "hangcheck-timer", "debian-6.12-rt", VERDICT_AT_THAW, VERDICT_AT_THAW },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cell cell = cell_of("stop-machine", rows[i].watchdog);

		cell.msecs = 60000;
		snprintf(cell.kernel, sizeof(cell.kernel), "%s", rows[i].kernel);
		assert_expected(&cell, rows[i].when, rows[i].or_when, EFFECT_RESET,
				cell.watchdog->fires_as);
	}
}

static void effects_per_action(void **state)
{
	static const struct {
		const char *action;
		enum verdict_effect effect;
	} rows[] = {
		{ "reset", EFFECT_RESET },
		{ "poweroff", EFFECT_OFF },
		{ "pause", EFFECT_PAUSED },
		{ "inject-nmi", EFFECT_PANICKED },
		{ "none", EFFECT_NONE },
	};
	size_t known = 0;

	(void)state;
	while (watchdog_actions[known])
		known++;
	assert_int_equal(known, ARRAY_SIZE(rows));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cell cell = cell_of("stop-machine", "i6300esb");

		cell.action = watchdog_action_find(rows[i].action);
		assert_non_null(cell.action);
		assert_expected(&cell, VERDICT_IN_FAULT, VERDICT_IN_FAULT, rows[i].effect,
				"i6300esb");
	}
}

static struct verdict seen(enum verdict_when when, enum verdict_effect effect, const char *by)
{
	struct verdict v;

	memset(&v, 0, sizeof(v));
	v.when = when;
	v.effect = effect;
	strcpy(v.by, by);
	return v;
}

/* Who falls silent, and whether softdog's timer runs: the rest follows */
static void parts_of_a_machine(void **state)
{
	static const struct {
		const char *fault, *watchdog;
		enum verdict_when when;
		enum verdict_effect effect;
		const char *by;
	} rows[] = {
		{ "irqs-off-dog", "i6300esb", VERDICT_IN_FAULT, EFFECT_RESET, "i6300esb" },
		{ "irqs-off-dog", "softdog", VERDICT_AT_THAW, EFFECT_RESET, "softdog" },
		{ "irqs-off-dog", "softdog-noboot", VERDICT_AT_THAW, EFFECT_NONE, "softdog" },
		{ "irqs-off-dog", "itco-noreboot", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "irqs-off-dog", "none", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "irqs-off-dog", "i6300esb-closed", VERDICT_UNARMED, EFFECT_NONE, "" },
		{ "irqs-off-cpu0", "softdog", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "preempt-off-all", "softdog", VERDICT_IN_FAULT, EFFECT_RESET, "softdog" },
		{ "keepalive-stopped", "i6300esb-none", VERDICT_IN_FAULT, EFFECT_NONE,
		  "i6300esb" },
		{ "keepalive-closed", "softdog", VERDICT_UNARMED, EFFECT_NONE, "" },
		{ "panic", "i6300esb", VERDICT_IN_FAULT, EFFECT_RESET, "i6300esb" },
		{ "panic", "softdog", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "programs-stopped", "i6300esb", VERDICT_IN_FAULT, EFFECT_RESET, "i6300esb" },
		{ "programs-stopped", "itco-running", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "fifo-hog", "itco-running", VERDICT_IN_FAULT, EFFECT_RESET, "itco" },
		{ "fifo-hog", "itco", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "fifo-hog", "i6300esb", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "fifo-hog", "i6300esb-daemon", VERDICT_IN_FAULT, EFFECT_RESET, "i6300esb" },
		{ "preempt-off-dog", "i6300esb-daemon", VERDICT_IN_FAULT, EFFECT_RESET,
		  "i6300esb" },
		{ "reboot-hangs", "i6300esb", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "reboot-hangs", "ib700", VERDICT_IN_FAULT, EFFECT_RESET, "ib700" },
		{ "reboot-hangs", "softdog-pretimeout", VERDICT_IN_FAULT, EFFECT_PANICKED,
		  "pretimeout" },
		{ "reboot-hangs", "hung-task", VERDICT_IN_FAULT, EFFECT_PANICKED, "hung-task" },
		{ "dstate", "hung-task", VERDICT_IN_FAULT, EFFECT_PANICKED, "hung-task" },
		{ "dstate", "softlockup", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "preempt-off-all", "softlockup", VERDICT_IN_FAULT, EFFECT_PANICKED,
		  "softlockup" },
		{ "irqs-off-dog", "rcu-stall", VERDICT_IN_FAULT, EFFECT_PANICKED, "rcu-stall" },
		{ "irqs-off-but-one", "hardlockup-buddy", VERDICT_IN_FAULT, EFFECT_PANICKED,
		  "hardlockup-buddy" },
		{ "stop-machine", "hardlockup-buddy", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "preempt-off-all", "hardlockup-buddy", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "thrash", "none", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "thrash", "i6300esb", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "thrash-locked", "softdog", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "memory-leak", "none", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "memory-leak", "i6300esb", VERDICT_IN_FAULT, EFFECT_RESET, "i6300esb" },
		{ "memory-leak", "ib700", VERDICT_IN_FAULT, EFFECT_RESET, "ib700" },
		{ "memory-leak", "softdog", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "oom", "ib700", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "panic-reboots", "rcu-stall", VERDICT_IN_FAULT, EFFECT_RESET, "panic" },
		{ "panic-reboots", "none", VERDICT_IN_FAULT, EFFECT_RESET, "panic" },
		{ "panic-reboots", "softdog", VERDICT_IN_FAULT, EFFECT_RESET, "panic" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cell cell = cell_of(rows[i].fault, rows[i].watchdog);

		cell.msecs = 30000;
		cell.timeout_ms = 10000;
		assert_expected(&cell, rows[i].when, rows[i].when, rows[i].effect, rows[i].by);
	}
}

static void parts_that_are_not_derived(void **state)
{
	struct cell cell = cell_of("irqs-off-dog", "softdog");
	struct expectation e;

	(void)state;
	strcpy(cell.kernel, "debian-6.1-rt");
	assert_int_equal(expect(&e, &cell), -1);
	/* A watchdog that might be as quick as kernel.panic */
	cell = cell_of("panic-reboots", "i6300esb");
	cell.timeout_ms = 6000;
	assert_int_equal(expect(&e, &cell), -1);
	/* Too short for any deadline; and one that the last keepalive decides */
	cell = cell_of("irqs-off-dog", "softdog");
	cell.msecs = 2400;
	assert_expected(&cell, VERDICT_NEVER, VERDICT_NEVER, EFFECT_NONE, "");
	cell.msecs = 2800;
	assert_expected(&cell, VERDICT_AT_THAW, VERDICT_NEVER, EFFECT_RESET, "softdog");
}

static void met_means_verdict_effect_and_author(void **state)
{
	struct cell cell = cell_of("stop-machine", "i6300esb");
	struct expectation e;
	struct verdict v;

	(void)state;
	assert_int_equal(expect(&e, &cell), 0);
	v = seen(VERDICT_IN_FAULT, EFFECT_RESET, "i6300esb");
	assert_true(expect_met(&e, &v));
	v = seen(VERDICT_IN_FAULT, EFFECT_RESET, "unknown");
	assert_false(expect_met(&e, &v));
	v = seen(VERDICT_IN_FAULT, EFFECT_RESET, "softdog");
	assert_false(expect_met(&e, &v));
	v = seen(VERDICT_IN_FAULT, EFFECT_RESET, "");
	assert_false(expect_met(&e, &v));
	v = seen(VERDICT_IN_FAULT, EFFECT_OFF, "i6300esb");
	assert_false(expect_met(&e, &v));
	v = seen(VERDICT_IN_FAULT, EFFECT_NONE, "i6300esb");
	assert_false(expect_met(&e, &v));
	for (int when = 0; when < VERDICT_NR; when++) {
		v = seen(when, EFFECT_RESET, "i6300esb");
		assert_int_equal(expect_met(&e, &v), when == VERDICT_IN_FAULT);
	}
	v = seen(VERDICT_NEVER, EFFECT_NONE, "");
	assert_false(expect_met(&e, &v));
}

static void either_is_met_by_both_and_by_nothing_else(void **state)
{
	struct cell cell = cell_of("stop-machine", "softdog");
	struct expectation e;
	struct verdict v;

	(void)state;
	cell.msecs = 2800;
	assert_int_equal(expect(&e, &cell), 0);
	v = seen(VERDICT_AT_THAW, EFFECT_RESET, "softdog");
	assert_true(expect_met(&e, &v));
	v = seen(VERDICT_NEVER, EFFECT_NONE, "");
	assert_true(expect_met(&e, &v));
	v = seen(VERDICT_NEVER, EFFECT_RESET, "");
	assert_false(expect_met(&e, &v));
	v = seen(VERDICT_IN_FAULT, EFFECT_RESET, "softdog");
	assert_false(expect_met(&e, &v));
	v = seen(VERDICT_AT_THAW, EFFECT_RESET, "i6300esb");
	assert_false(expect_met(&e, &v));
}

static void an_error_is_never_as_expected(void **state)
{
	struct verdict v;

	(void)state;
	for (size_t f = 0; faults[f].name; f++) {
		for (size_t w = 0; watchdogs[w].name; w++) {
			struct cell cell = cell_of(faults[f].name, watchdogs[w].name);
			struct expectation e;

			cell.timeout_ms = 10000;
			cell.msecs = 60000;
			if (expect(&e, &cell))
				continue;
			v = seen(VERDICT_ERROR, e.effect, e.by);
			assert_false(expect_met(&e, &v));
			v = seen(VERDICT_UNARMED, e.effect, e.by);
			assert_int_equal(expect_met(&e, &v), e.when == VERDICT_UNARMED);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_of_the_tables_has_a_row),
		cmocka_unit_test(no_row_no_expectation),
		cmocka_unit_test(controls_are_quiet),
		cmocka_unit_test(clocks_that_lose_the_freeze),
		cmocka_unit_test(unknown_kernels_are_not_guessed),
		cmocka_unit_test(freezes_that_outlast_the_deadline),
		cmocka_unit_test(deadlines),
		cmocka_unit_test(boundaries),
		cmocka_unit_test(on_preempt_rt_a_keepalive_may_win),
		cmocka_unit_test(effects_per_action),
		cmocka_unit_test(parts_of_a_machine),
		cmocka_unit_test(parts_that_are_not_derived),
		cmocka_unit_test(met_means_verdict_effect_and_author),
		cmocka_unit_test(either_is_met_by_both_and_by_nothing_else),
		cmocka_unit_test(an_error_is_never_as_expected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
