// SPDX-License-Identifier: GPL-2.0
/* What people and programs get to read of a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compiler.h"
#include "plan.h"
#include "report.h"
#include "util.h"

static struct guest guest = { .name = "debian-6.1", .release = "6.1.0-56-amd64" };
static struct host host = { .qemu_version = "10.0.2", .time = TIME_WARP };
static struct run run;

static void see(struct result *r, enum verdict_when when, enum verdict_effect effect,
		const char *by, enum verdict_protected protected)
{
	struct verdict *v = &r->seen;

	memset(v, 0, sizeof(*v));
	v->when = when;
	v->effect = effect;
	v->protected = protected;
	strcpy(v->by, by);
	strcpy(v->reason, "so it is");
	v->keepalive_to_fire_ns = *by ? 3020 * NSEC_PER_MSEC : -1;
	v->fault_to_fire_ns = *by ? 2876 * NSEC_PER_MSEC : -1;
	v->zombie_ns = when == VERDICT_NEVER ? -1 : 0;
	v->bootstatus = -1;
	v->virtual_ns = 20 * NSEC_PER_SEC;
	v->frozen_ns = 8 * NSEC_PER_SEC;
	r->met = expect_met(&r->expected, v);
}

/* Preset quick, all as expected; cells 4 to 7 are the frozen ones */
static int setup(void **state)
{
	struct plan plans[PRESET_PLANS_MAX];
	struct cells made = { 0 };
	struct cell *cells;
	bool sparing;
	char why[256];
	size_t count;

	(void)state;
	memset(&run, 0, sizeof(run));
	if (plan_preset(plans, &count, &sparing, "quick") ||
	    plan_cells(&plans[0], sparing, &made, why, sizeof(why)))
		return -1;
	cells = made.cell;
	run.n = made.n;
	run.results = xcalloc(run.n, sizeof(*run.results));
	run.host = &host;
	run.jobs = 2;
	run.wall_s = 23.6;
	for (size_t i = 0; i < run.n; i++) {
		struct result *r = &run.results[i];
		const struct expectation *e = &r->expected;
		bool fires;

		r->cell = cells[i];
		r->guest = &guest;
		r->wall_s = 3.5;
		r->dir = xasprintf("out/%s", cells[i].id);
		if (expect(&r->expected, &r->cell))
			return -1;
		fires = e->when != VERDICT_NEVER;
		see(r, e->when, e->effect, e->by,
		    !r->cell.fault->has_duration ? PROTECTED_NA :
		    fires && e->effect != EFFECT_NONE && e->when == VERDICT_IN_FAULT ?
		    PROTECTED_YES : PROTECTED_NO);
	}
	cells_free(&made);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < run.n; i++)
		free(run.results[i].dir);
	free(run.results);
	return 0;
}

static char *table(bool colour)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	report_table(&run, out, colour);
	fclose(out);
	return text;
}

static char *line_of(char *text, size_t number)
{
	while (number--) {
		text = strchr(text, '\n');
		assert_non_null(text);
		text++;
	}
	return strndup(text, strcspn(text, "\n"));
}

static struct result *cell_named(const char *start)
{
	for (size_t i = 0; i < run.n; i++)
		if (!strncmp(run.results[i].cell.id, start, strlen(start)))
			return &run.results[i];
	fail_msg("no cell %s", start);
	return NULL;
}

/* --- the table ----------------------------------------------------------------- */

static void columns_are_aligned(void **state)
{
	static const char * const headings[] = {
		"FAULT", "WATCHDOG", "CLOCK", "KERNEL", "EXPECTED", "SEEN", "FIRED AFTER",
		"PROTECTED", "WALL",
	};
	char *text, *head;

	(void)state;
	/* A row of each kind, one of them as wide as it gets */
	see(&run.results[0], VERDICT_ERROR, EFFECT_NONE, "", PROTECTED_NA);
	see(cell_named("stop-machine.softdog"), VERDICT_NEVER, EFFECT_NONE, "", PROTECTED_NO);
	cell_named("stop-machine.none")->seen.zombie_writes = 123456789;
	text = table(false);
	head = line_of(text, 0);
	for (size_t h = 0; h < ARRAY_SIZE(headings); h++) {
		char *at = strstr(head, headings[h]);
		size_t column = at ? at - head : 0;

		if (!at)
			fail_msg("no column %s", headings[h]);
		for (size_t i = 1; i <= run.n; i++) {
			char *row = line_of(text, i);

			if (strlen(row) <= column || row[column] == ' ' ||
			    row[column - 1] != ' ' || row[column - 2] != ' ')
				fail_msg("column %s is not at %zu of '%s'", headings[h], column,
					 row);
			free(row);
		}
	}
	assert_null(strchr(text, '\t'));
	assert_null(strchr(text, 0x1b));
	free(head);
	free(text);
}

static void a_row_says_what_was_seen(void **state)
{
	char *text;

	(void)state;
	text = table(false);
	assert_non_null(strstr(text, "i6300esb-none  "));
	assert_non_null(strstr(text, "in-fault, reset"));
	assert_non_null(strstr(text, "in-fault, no effect"));
	assert_non_null(strstr(text, "at-thaw, reset"));
	assert_non_null(strstr(text, "3.02 s"));
	assert_non_null(strstr(text, "yes"));
	assert_null(strstr(text, "\n!"));
	assert_null(strstr(text, "\nE"));
	free(text);
}

static void surprises_are_marked_and_explained(void **state)
{
	struct result *r = cell_named("stop-machine.i6300esb.");
	char *text, *found;

	(void)state;
	see(r, VERDICT_AT_THAW, EFFECT_RESET, "softdog", PROTECTED_BY_LUCK);
	assert_false(r->met);
	text = table(false);
	assert_non_null(strstr(text, "\n! "));
	found = strstr(text, "\n! stop-machine.i6300esb.tsc.pc.debian-6.1.8000ms.3000ms\n");
	assert_non_null(found);
	assert_non_null(strstr(found, "believed: in-fault, reset by i6300esb: QEMU 10.0 hw/"));
	assert_non_null(strstr(found, "seen:     at-thaw, reset by softdog: so it is"));
	assert_non_null(strstr(found, "evidence: out/stop-machine.i6300esb.tsc"));
	assert_non_null(strstr(text, "by luck"));
	assert_non_null(strstr(text, "8 cells: 7 as expected, 1 surprise, 0 errors"));
	free(text);
}

static void errors_are_marked_and_explained(void **state)
{
	struct result *r = cell_named("stop-machine.none");
	char *text;

	(void)state;
	see(r, VERDICT_ERROR, EFFECT_NONE, "", PROTECTED_NA);
	strcpy(r->seen.reason, "QEMU ended by itself");
	text = table(false);
	assert_non_null(strstr(text, "\nE  stop-machine"));
	assert_non_null(strstr(text, "\nE stop-machine.none.tsc.pc.debian-6.1.8000ms.3000ms: "));
	assert_non_null(strstr(text, "ms: QEMU ended by itself\n"));
	assert_non_null(strstr(text, "8 cells: 7 as expected, 0 surprises, 1 error, 0 not run;"));
	free(text);
}

static void the_last_line_counts(void **state)
{
	char *text, *last;

	(void)state;
	text = table(false);
	text[strlen(text) - 1] = '\0';
	last = strrchr(text, '\n') + 1;
	assert_non_null(strstr(last, "8 cells: 8 as expected, 0 surprises, 0 errors"));
	assert_non_null(strstr(last, "measured under TCG"));
	assert_non_null(strstr(last, "QEMU 10.0.2"));
	assert_non_null(strstr(last, "kernel 6.1.0-56-amd64"));
	free(text);
	host.time = TIME_REAL;
	host.kvm = KVM_USABLE;
	text = table(false);
	assert_non_null(strstr(text, "measured under KVM (real time)"));
	free(text);
	host.time = TIME_WARP;
	host.kvm = KVM_NONE;
}

static void colours_only_where_wanted(void **state)
{
	char *plain, *colour, *p, *q;

	(void)state;
	plain = table(false);
	colour = table(true);
	assert_null(strchr(plain, 0x1b));
	assert_non_null(strstr(colour, "\033[32m"));
	assert_non_null(strstr(colour, "\033[31m"));
	/* Without its colours it is the same table */
	for (p = q = colour; *p; p++) {
		if (*p == 0x1b)
			p = strchr(p, 'm');
		else
			*q++ = *p;
	}
	*q = '\0';
	assert_string_equal(plain, colour);
	free(plain);
	free(colour);
}

static void bounds_are_bounds(void **state)
{
	struct result *r = cell_named("stop-machine.i6300esb-none");
	char *text;

	(void)state;
	r->seen.fire_is_upper_bound = true;
	text = table(false);
	assert_non_null(strstr(text, "<= 3.02 s"));
	free(text);
}

/* --- KTAP ------------------------------------------------------------------------ */

static void ktap(void **state)
{
	char *text = NULL;
	size_t size = 0, ok = 0, not_ok = 0;
	FILE *out = open_memstream(&text, &size);
	char *save = NULL;

	(void)state;
	see(&run.results[0], VERDICT_ERROR, EFFECT_NONE, "", PROTECTED_NA);
	see(&run.results[7], VERDICT_NEVER, EFFECT_NONE, "", PROTECTED_NO);
	report_ktap(&run, out);
	fclose(out);
	assert_ptr_equal(strstr(text, "KTAP version 1\n1..8\n"), text);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		bool good = !strncmp(line, "ok ", 3);
		char *number = good ? line + 3 : line + 7;

		if (!good && strncmp(line, "not ok ", 7))
			continue;
		assert_int_equal(strtoul(number, NULL, 10), ok + not_ok + 1);
		assert_non_null(strstr(line, run.results[ok + not_ok].cell.id));
		ok += good;
		not_ok += !good;
	}
	assert_int_equal(ok, 6);
	assert_int_equal(not_ok, 2);
	free(text);
}

/* An error is not ok, whatever "met" says */
static void ktap_of_an_error(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	run.results[3].seen.when = VERDICT_ERROR;
	run.results[3].met = true;
	report_ktap(&run, out);
	fclose(out);
	assert_non_null(strstr(text, "\nnot ok 4 "));
	free(text);
}

/* --- JSON ------------------------------------------------------------------------- */

static json_t *want(json_t *object, const char *key, json_type type)
{
	json_t *value = json_object_get(object, key);

	if (!value)
		fail_msg("no key %s", key);
	if (json_typeof(value) != type && !(type == JSON_TRUE && json_is_false(value)))
		fail_msg("%s is of the wrong type", key);
	return value;
}

/* Null where there is no such time */
static void want_ms(json_t *object, const char *key, double value)
{
	json_t *ms = json_object_get(object, key);

	if (!ms)
		fail_msg("no key %s", key);
	if (value < 0)
		assert_true(json_is_null(ms));
	else
		assert_true(json_is_real(ms) && json_real_value(ms) == value);
}

static void check_cell(json_t *cell, const struct result *r)
{
	static const char * const texts[] = {
		"id", "fault", "watchdog", "clock", "kernel", "machine",
	};
	static const char * const seen_texts[] = {
		"verdict", "effect", "protected", "by", "action",
	};
	bool fired = *r->seen.by;
	json_t *expected, *observed;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		want(cell, texts[i], JSON_STRING);
	want(cell, "timeout_ms", JSON_INTEGER);
	want(cell, "msecs", JSON_INTEGER);
	want(cell, "as_expected", JSON_TRUE);
	want(cell, "wall_s", JSON_REAL);
	want(cell, "virtual_s", JSON_REAL);
	expected = want(cell, "expected", JSON_OBJECT);
	want(expected, "verdict", JSON_STRING);
	want(expected, "effect", JSON_STRING);
	want(expected, "reason", JSON_STRING);
	observed = want(cell, "observed", JSON_OBJECT);
	for (size_t i = 0; i < ARRAY_SIZE(seen_texts); i++)
		want(observed, seen_texts[i], JSON_STRING);
	want(observed, "zombie_writes", JSON_INTEGER);
	want_ms(observed, "keepalive_to_fire_ms", fired ? 3020 : -1);
	want_ms(observed, "fault_to_fire_ms", fired ? 2876 : -1);
	want_ms(observed, "zombie_ms", r->seen.when == VERDICT_NEVER ? -1 : 0);
}

static void json_has_every_key(void **state)
{
	json_t *json = report_json(&run);
	json_t *cells;

	(void)state;
	assert_non_null(json);
	cells = want(json, "cells", JSON_ARRAY);
	assert_int_equal(json_array_size(cells), 8);
	want(json, "virtual_s", JSON_REAL);
	want(json, "wall_s", JSON_REAL);
	want(json, "frozen_s", JSON_REAL);
	want(json, "accel", JSON_STRING);
	want(json, "qemu", JSON_STRING);
	assert_true(json_real_value(json_object_get(json, "virtual_s")) == 160);
	assert_true(json_real_value(json_object_get(json, "frozen_s")) == 64);
	assert_string_equal(json_string_value(json_object_get(json, "accel")), "tcg");
	for (size_t i = 0; i < 8; i++)
		check_cell(json_array_get(cells, i), &run.results[i]);
	json_decref(json);
}

static void json_of_any_outcome(void **state)
{
	(void)state;
	for (int when = 0; when < VERDICT_NR; when++) {
		for (int effect = 0; effect < EFFECT_NR; effect++) {
			json_t *json;

			see(&run.results[0], when, effect, when > VERDICT_UNARMED ? "x" : "",
			    PROTECTED_BY_LUCK);
			json = result_to_json(&run.results[0]);
			check_cell(json, &run.results[0]);
			json_decref(json);
		}
	}
}

/* A reason holds what QEMU printed: any bytes, cut off anywhere */
static void json_of_a_reason_that_is_no_utf8(void **state)
{
	static const char * const reasons[] = {
		"QEMU ended: \xff\xfe", "cut off: \xc3", "\xed\xa0\x80", "\x80",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		json_t *json;

		see(&run.results[0], VERDICT_ERROR, EFFECT_NONE, "", PROTECTED_NA);
		strcpy(run.results[0].seen.reason, reasons[i]);
		strcpy(run.results[0].seen.action, "pau\xc3");
		json = report_json(&run);
		assert_non_null(json);
		check_cell(json_array_get(json_object_get(json, "cells"), 0), &run.results[0]);
		json_decref(json);
	}
}

/* --- exit status ------------------------------------------------------------------- */

static void exit_status(void **state)
{
	static const struct {
		struct tally tally;
		int status;
	} rows[] = {
		{ { 8, 0, 0, 0 }, 0 }, { { 7, 0, 0, 1 }, 0 }, { { 0, 0, 0, 0 }, 0 },
		{ { 7, 1, 0, 0 }, 1 }, { { 0, 8, 0, 0 }, 1 },
		{ { 7, 0, 1, 0 }, 2 }, { { 6, 1, 1, 0 }, 2 }, { { 0, 0, 8, 0 }, 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(tally_exit(&rows[i].tally), rows[i].status);
}

static void tally(void **state)
{
	struct tally counts;

	(void)state;
	see(&run.results[0], VERDICT_ERROR, EFFECT_NONE, "", PROTECTED_NA);
	see(&run.results[1], VERDICT_UNARMED, EFFECT_NONE, "", PROTECTED_NA);
	see(&run.results[7], VERDICT_NEVER, EFFECT_NONE, "", PROTECTED_NO);
	counts = report_tally(&run);
	assert_int_equal(counts.errors, 1);
	assert_int_equal(counts.surprises, 2);
	assert_int_equal(counts.as_expected, 5);
}

static void list(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	report_list(&run, out);
	fclose(out);
	for (size_t i = 0; i < run.n; i++) {
		assert_non_null(strstr(text, run.results[i].cell.id));
		assert_non_null(strstr(text, run.results[i].expected.reason));
	}
	assert_non_null(strstr(text, "8 cells\n"));
	free(text);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(columns_are_aligned),
		test(a_row_says_what_was_seen),
		test(surprises_are_marked_and_explained),
		test(errors_are_marked_and_explained),
		test(the_last_line_counts),
		test(colours_only_where_wanted),
		test(bounds_are_bounds),
		test(ktap),
		test(ktap_of_an_error),
		test(json_has_every_key),
		test(json_of_any_outcome),
		test(json_of_a_reason_that_is_no_utf8),
		test(exit_status),
		test(tally),
		test(list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
