// SPDX-License-Identifier: GPL-2.0
/* Where a sweep's verdict changes, and what is tried next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boundary.h"
#include "compiler.h"
#include "util.h"

static struct result results[8];
static struct run run;

/* n never, t at the thaw with a reset, i in the fault, d fires dry, e error, - not run */
static void see(const char *outcomes)
{
	memset(results, 0, sizeof(results));
	run.results = results;
	run.n = strlen(outcomes);
	for (size_t i = 0; i < run.n; i++) {
		struct result *r = &results[i];

		r->seen.when = outcomes[i] == 'n' ? VERDICT_NEVER :
			       outcomes[i] == 'i' ? VERDICT_IN_FAULT :
			       outcomes[i] == 'e' ? VERDICT_ERROR : VERDICT_AT_THAW;
		r->seen.effect = strchr("ti", outcomes[i]) ? EFFECT_RESET : EFFECT_NONE;
		r->seen.zombie_ns = r->seen.when == VERDICT_AT_THAW ?
				    (int64_t)(10 - i) * NSEC_PER_MSEC : -1;
		r->not_run = outcomes[i] == '-' ? "needs KVM" : NULL;
	}
}

static const unsigned int values[] = { 1000, 2000, 3000, 3001, 5000, 7000, 7010, 7020 };

static void check_middles(const char *outcomes, unsigned int within, size_t n, ...)
{
	unsigned int middles[8];
	va_list ap;

	see(outcomes);
	assert_int_equal(boundary_middles(&run, values, within, middles), n);
	va_start(ap, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(middles[i], va_arg(ap, unsigned int));
	va_end(ap);
}

static void middles_lie_in_changes(void **state)
{
	(void)state;
	check_middles("", 1, 0);
	check_middles("n", 1, 0);
	check_middles("nnnnn", 1, 0);
	check_middles("ntttt", 1, 1, 1500);
	/* Narrow enough */
	check_middles("nnntt", 1, 0);
	check_middles("ntttt", 1000, 0);
	check_middles("ntttt", 999, 1, 1500);
	/* There and back: a clock that wraps */
	check_middles("nttnnt", 1, 2, 1500, 6000);
	/* The effect counts as well */
	check_middles("tdddd", 1, 1, 1500);
	/* Next to what was not judged nothing is known */
	check_middles("nettt", 1, 0);
	check_middles("n-ttt", 1, 0);
}

/* Each round at least halves a gap, so that it ends */
static void bisection_ends(void **state)
{
	unsigned int low = 1, high = 600000, rounds = 0;

	(void)state;
	while (rounds < 64) {
		unsigned int pair[] = { low, high }, middle;

		see("nt");
		if (!boundary_middles(&run, pair, 1, &middle))
			break;
		assert_true(middle > low && middle < high);
		if (middle < 12345)
			low = middle;
		else
			high = middle;
		rounds++;
	}
	assert_int_equal(low, 12344);
	assert_int_equal(high, 12345);
	assert_in_range(rounds, 19, 20);
}

static void text_is(const char *outcomes, const char *wanted)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	see(outcomes);
	if (run.n > 2)
		results[2].seen.zombie_writes = 3;
	boundary_print(&run, values, "msecs", "ms", out);
	fclose(out);
	assert_string_equal(text, wanted);
	free(text);
}

static void stretches_are_printed(void **state)
{
	(void)state;
	text_is("nnnn", "\nmsecs 1000 to 3001 ms: never (4 cells)\n");
	text_is("nntt", "\nmsecs 1000 to 2000 ms: never (2 cells)\n"
		"msecs 3000 to 3001 ms: at-thaw, reset (2 cells)\n"
		"fired after the thaw in 2 cells: by 7 ms in the median, 7 to 8; a write left the VM in 1\n");
	text_is("ni", "\nmsecs 1000 to 1000 ms: never (1 cell)\n"
		"msecs 2000 to 2000 ms: in-fault, reset (1 cell)\n");
}

static void json_has_changes_and_zombies(void **state)
{
	json_t *json, *change;

	(void)state;
	see("nntt");
	results[3].seen.zombie_writes = 1;
	json = boundary_json(&run, values, "msecs", "ms");
	assert_int_equal(json_array_size(json_object_get(json, "changes")), 1);
	change = json_array_get(json_object_get(json, "changes"), 0);
	assert_int_equal(json_integer_value(json_object_get(change, "below")), 2000);
	assert_int_equal(json_integer_value(json_object_get(change, "from")), 3000);
	json_unpack(json, "{s:o}", "zombies", &change);
	assert_int_equal(json_integer_value(json_object_get(change, "cells")), 2);
	assert_int_equal(json_integer_value(json_object_get(change, "leaks")), 1);
	json_decref(json);
	see("nn");
	json = boundary_json(&run, values, "msecs", "ms");
	assert_true(json_is_null(json_object_get(json, "zombies")));
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(middles_lie_in_changes),
		cmocka_unit_test(bisection_ends),
		cmocka_unit_test(stretches_are_printed),
		cmocka_unit_test(json_has_changes_and_zombies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
