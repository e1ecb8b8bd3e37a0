// SPDX-License-Identifier: GPL-2.0
/* When a watchdog outside of a VM acts, and when it must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "compiler.h"
#include "record.h"
#include "watch.h"

#define S 1000

static struct watch well(bool heart)
{
	struct watch w = { .has_qmp = true, .has_heart = heart };

	w.limits.boot_ms = 120 * S;
	w.limits.tries = 3;
	w.limits.after_ms[WATCH_UNREACHABLE] = WATCH_NEVER;
	assert_int_equal(watch_set_limits(&w.limits, "30"), 0);
	watch_init(&w, 0);
	watch_status(&w, "running", 0);
	return w;
}

static enum watch_beat beat_of(struct watch *w, const char *event, const char *boot, uint64_t n,
			       int64_t now_ms)
{
	struct record rec;
	size_t len;

	record_begin(&rec, event, n);
	record_text(&rec, "hostname", "db1");
	record_text(&rec, "boot_id", boot);
	len = record_end(&rec);
	return watch_beat(w, rec.text, len, now_ms);
}

static enum watch_cause cause_at(struct watch *w, int64_t now_ms)
{
	int64_t since_ms;

	return watch_cause(w, now_ms, &since_ms);
}

/* QAPI run-state.json:RunState: what each means for a machine that should run */
static void states(void **state)
{
	static const struct {
		const char *status;
		enum watch_cause cause;
	} rows[] = {
		{ "running", WATCH_WELL }, { "paused", WATCH_PAUSED },
		{ "io-error", WATCH_IO_ERROR }, { "guest-panicked", WATCH_DEAD },
		{ "internal-error", WATCH_DEAD }, { "watchdog", WATCH_DEAD },
		{ "prelaunch", WATCH_WELL }, { "inmigrate", WATCH_WELL },
		{ "postmigrate", WATCH_WELL }, { "finish-migrate", WATCH_WELL },
		{ "save-vm", WATCH_WELL }, { "restore-vm", WATCH_WELL },
		{ "shutdown", WATCH_WELL }, { "suspended", WATCH_WELL }, { "debug", WATCH_WELL },
		{ "colo", WATCH_WELL }, { "of-a-later-qemu", WATCH_WELL },
		{ "a-word-that-is-longer-than-any-of-qemu-s", WATCH_WELL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct watch w = well(false);

		watch_status(&w, rows[i].status, 1 * S);
		assert_int_equal(cause_at(&w, 2 * S), rows[i].cause);
		assert_int_equal(watch_due(&w, 31 * S - 1), false);
		assert_int_equal(watch_due(&w, 31 * S), rows[i].cause != WATCH_WELL);
	}
}

static void another_state_counts_anew(void **state)
{
	struct watch w = well(false);

	(void)state;
	watch_status(&w, "paused", 0);
	watch_status(&w, "paused", 29 * S);
	watch_status(&w, "running", 29 * S);
	watch_status(&w, "paused", 29 * S + 1);
	assert_false(watch_due(&w, 31 * S));
	assert_true(watch_due(&w, 59 * S + 1));
}

static void silence(void **state)
{
	struct watch w = well(true);

	(void)state;
	/* Who was never heard has nothing that could send */
	assert_false(watch_due(&w, 3600 * S));
	assert_int_equal(beat_of(&w, "alive", "one", 1, 3600 * S), BEAT_FIRST);
	assert_int_equal(beat_of(&w, "alive", "one", 2, 3601 * S), BEAT_ALIVE);
	assert_false(watch_due(&w, 3631 * S - 1));
	assert_int_equal(cause_at(&w, 3631 * S), WATCH_FROZEN);
	assert_true(watch_due(&w, 3631 * S));
}

static void silence_on_purpose(void **state)
{
	struct watch w = well(true);

	(void)state;
	beat_of(&w, "alive", "one", 1, 0);
	assert_int_equal(beat_of(&w, "leaving", "one", 2, 1 * S), BEAT_LEAVING);
	assert_false(watch_due(&w, 3600 * S));
	beat_of(&w, "alive", "one", 1, 3600 * S);
	assert_true(watch_due(&w, 3630 * S));
}

static void silence_after_a_pause(void **state)
{
	struct watch w = well(true);

	(void)state;
	beat_of(&w, "alive", "one", 1, 0);
	watch_status(&w, "paused", 1 * S);
	watch_status(&w, "running", 29 * S);
	assert_false(watch_due(&w, 58 * S));
	assert_true(watch_due(&w, 59 * S));
}

static void time_travel(void **state)
{
	struct watch w = well(true);

	(void)state;
	beat_of(&w, "alive", "one", 7, 0);
	assert_int_equal(beat_of(&w, "alive", "one", 8, 1 * S), BEAT_ALIVE);
	assert_int_equal(beat_of(&w, "alive", "one", 3, 2 * S), BEAT_REWOUND);
	assert_int_equal(beat_of(&w, "alive", "two", 1, 3 * S), BEAT_FIRST);
}

static void rubbish(void **state)
{
	static const char * const lines[] = { "", "\n", "pug1 00000000 1 alive\n", "alive" };
	struct watch w = well(true);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		assert_int_equal(watch_beat(&w, lines[i], strlen(lines[i]), 0), BEAT_BAD);
	assert_int_equal(beat_of(&w, "back", "one", 1, 0), BEAT_BAD);
	assert_false(w.heard);
}

static void it_acts_again_but_not_for_ever(void **state)
{
	struct watch w = well(true);

	(void)state;
	beat_of(&w, "alive", "one", 1, 0);
	assert_true(watch_due(&w, 30 * S));
	watch_acted(&w, 30 * S);
	/* It boots, and may be silent meanwhile */
	assert_false(watch_due(&w, 150 * S));
	assert_true(watch_due(&w, 150 * S + 1));
	watch_acted(&w, 151 * S);
	assert_true(watch_due(&w, 272 * S));
	watch_acted(&w, 272 * S);
	assert_false(watch_due(&w, 3600 * S));
	/* It has helped after all */
	beat_of(&w, "alive", "two", 1, 3600 * S);
	assert_true(watch_due(&w, 3630 * S));
}

/* Whoever reset it: it boots */
static void a_reset_by_others(void **state)
{
	struct watch w = well(true);

	(void)state;
	beat_of(&w, "alive", "one", 1, 0);
	watch_was_reset(&w, 20 * S);
	assert_false(watch_due(&w, 140 * S));
	assert_true(watch_due(&w, 140 * S + 1));
}

static void a_pause_that_no_reset_ends(void **state)
{
	struct watch w = well(false);

	(void)state;
	watch_status(&w, "paused", 0);
	assert_true(watch_due(&w, 30 * S));
	watch_acted(&w, 30 * S);
	assert_false(watch_due(&w, 60 * S - 1));
	assert_true(watch_due(&w, 60 * S));
}

static void maintenance(void **state)
{
	struct watch w = well(true);

	(void)state;
	beat_of(&w, "alive", "one", 1, 0);
	watch_status(&w, "paused", 0);
	watch_maintain(&w, true, 29 * S);
	assert_int_equal(cause_at(&w, 100 * S), WATCH_WELL);
	assert_false(watch_due(&w, 100 * S));
	watch_maintain(&w, false, 100 * S);
	assert_false(watch_due(&w, 130 * S - 1));
	assert_true(watch_due(&w, 130 * S));
}

static void we_stood_still_ourselves(void **state)
{
	struct watch w = well(true);

	(void)state;
	beat_of(&w, "alive", "one", 1, 0);
	watch_skip(&w, 100 * S);
	assert_false(watch_due(&w, 129 * S));
	assert_true(watch_due(&w, 130 * S));
}

static void qemu_hangs(void **state)
{
	struct watch w = well(true);

	(void)state;
	beat_of(&w, "alive", "one", 1, 0);
	watch_lost(&w, 1 * S);
	watch_lost(&w, 20 * S);
	assert_int_equal(cause_at(&w, 21 * S), WATCH_UNREACHABLE);
	/* Nobody has asked for that */
	assert_false(watch_due(&w, 3600 * S));
	assert_int_equal(watch_set_limits(&w.limits, "unreachable=10"), 0);
	assert_true(watch_due(&w, 11 * S));
	/* As long as it is heard it is not hung, whatever QEMU's monitor does */
	beat_of(&w, "alive", "one", 2, 11 * S);
	assert_false(watch_due(&w, 20 * S));
	assert_true(watch_due(&w, 21 * S));
	/* What was seen before it hung decides nothing */
	watch_status(&w, "paused", 21 * S);
	watch_lost(&w, 22 * S);
	assert_int_equal(cause_at(&w, 23 * S), WATCH_UNREACHABLE);
	watch_status(&w, "running", 24 * S);
	assert_int_equal(cause_at(&w, 24 * S), WATCH_WELL);
}

static void qemu_begins(void **state)
{
	struct watch w = well(true);

	(void)state;
	watch_set_limits(&w.limits, "unreachable=10");
	watch_init(&w, 0);
	watch_lost(&w, 0);
	assert_int_equal(cause_at(&w, 3600 * S), WATCH_WELL);
	watch_status(&w, "running", 3600 * S);
	watch_lost(&w, 3601 * S);
	assert_true(watch_due(&w, 3611 * S));
}

static void it_has_ended(void **state)
{
	struct watch w = well(true);

	(void)state;
	beat_of(&w, "alive", "one", 1, 0);
	watch_status(&w, "paused", 0);
	watch_gone(&w);
	assert_int_equal(cause_at(&w, 3600 * S), WATCH_WELL);
	assert_false(watch_due(&w, 3600 * S));
	/* Started anew */
	watch_status(&w, "running", 4000 * S);
	assert_false(watch_due(&w, 9000 * S));
	beat_of(&w, "alive", "two", 1, 9000 * S);
	assert_true(watch_due(&w, 9030 * S));
}

static void without_qmp(void **state)
{
	struct watch w = well(true);

	(void)state;
	w.has_qmp = false;
	w.status[0] = '\0';
	beat_of(&w, "alive", "one", 1, 0);
	assert_int_equal(cause_at(&w, 30 * S), WATCH_FROZEN);
	assert_true(watch_due(&w, 30 * S));
}

static void limits(void **state)
{
	static const char * const bad[] = {
		"", "x", "0", "-1", "86401", "paused=", "paused", "=5", "well=5", "frozen=5,x",
		"frozen=1e3", "Paused=5",
	};
	struct watch_limits l = { .boot_ms = 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(watch_set_limits(&l, bad[i]), -1);
	assert_int_equal(watch_set_limits(&l, "20,paused=never,io-error=5,unreachable=60"), 0);
	assert_int_equal(l.after_ms[WATCH_PAUSED], WATCH_NEVER);
	assert_int_equal(l.after_ms[WATCH_IO_ERROR], 5 * S);
	assert_int_equal(l.after_ms[WATCH_FROZEN], 20 * S);
	assert_int_equal(l.after_ms[WATCH_DEAD], 20 * S);
	assert_int_equal(l.after_ms[WATCH_UNREACHABLE], 60 * S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states),
		cmocka_unit_test(another_state_counts_anew),
		cmocka_unit_test(silence),
		cmocka_unit_test(silence_on_purpose),
		cmocka_unit_test(silence_after_a_pause),
		cmocka_unit_test(time_travel),
		cmocka_unit_test(rubbish),
		cmocka_unit_test(it_acts_again_but_not_for_ever),
		cmocka_unit_test(a_reset_by_others),
		cmocka_unit_test(a_pause_that_no_reset_ends),
		cmocka_unit_test(maintenance),
		cmocka_unit_test(we_stood_still_ourselves),
		cmocka_unit_test(qemu_hangs),
		cmocka_unit_test(qemu_begins),
		cmocka_unit_test(it_has_ended),
		cmocka_unit_test(without_qmp),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
