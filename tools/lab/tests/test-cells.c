// SPDX-License-Identifier: GPL-2.0
/* Lists of cells for pug cell and pug merge, and what cells were run with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cells-args.h"
#include "cells-list.h"
#include "compiler.h"
#include "origin.h"

static char why[512];

static void make(struct cells *cells, const char *preset)
{
	struct cells_options o = { .preset = preset };

	memset(cells, 0, sizeof(*cells));
	assert_int_equal(cells_make(cells, &o, false), 0);
}

/* An id alone says what is asked: pug cell ID looks through all presets */
static void test_ids_of_presets_are_one_cell(void **state)
{
	struct cells a, b;

	(void)state;
	for (size_t i = 0; plan_preset_name(i); i++) {
		make(&a, plan_preset_name(i));
		for (size_t k = 0; k < i; k++) {
			make(&b, plan_preset_name(k));
			for (size_t n = 0; n < a.n; n++) {
				const struct cell *twin = cells_find(&b, a.cell[n].id);

				assert_true(!twin || cells_is_asked(twin, &a.cell[n]));
			}
			cells_free(&b);
		}
		cells_free(&a);
	}
}

static void test_every_cell_of_a_preset_is_sound(void **state)
{
	struct cells cells;

	(void)state;
	for (size_t i = 0; plan_preset_name(i); i++) {
		make(&cells, plan_preset_name(i));
		for (size_t n = 0; n < cells.n; n++)
			assert_true(cells_is_sound(&cells.cell[n]));
		cells_free(&cells);
	}
}

static void test_unsound_cells(void **state)
{
	struct cells cells;
	struct cell cell;

	(void)state;
	make(&cells, "quick");
	cell = cells.cell[1];
	assert_true(cells_is_sound(&cell));
	cell.interval_ms = cell.timeout_ms;
	assert_false(cells_is_sound(&cell));
	cell = cells.cell[1];
	strcpy(cell.id, "..");
	assert_false(cells_is_sound(&cell));
	cell = cells.cell[1];
	strcpy(cell.kernel, "a/b");
	cell_name(&cell);
	assert_false(cells_is_sound(&cell));
	cell = cells.cell[1];
	cell.action = cell.action ? NULL : "reset";
	assert_false(cells_is_sound(&cell));
	cells_free(&cells);
}

static void test_key_is_of_order_and_every_number(void **state)
{
	char key[CELLS_KEY_LEN], other[CELLS_KEY_LEN];
	struct cells cells;
	struct cell swap;

	(void)state;
	make(&cells, "quick");
	cells_key(key, cells.cell, cells.n);
	cells.cell[0].see_return = true;
	cells_key(other, cells.cell, cells.n);
	assert_string_equal(key, other);
	cells.cell[0].settle_ms++;
	cells_key(other, cells.cell, cells.n);
	assert_string_not_equal(key, other);
	cells.cell[0].settle_ms--;
	swap = cells.cell[0];
	cells.cell[0] = cells.cell[1];
	cells.cell[1] = swap;
	cells_key(other, cells.cell, cells.n);
	assert_string_not_equal(key, other);
	cells_free(&cells);
}

static json_t *origin(void)
{
	return json_pack("{s:i s:s s:s s:i s:s s:s s:s s:i s:b s:b s:s s:s s:s s:s s:s}",
			 "version", 1, "pug", "0.1", "list", "58ba35ad697989e0", "cells", 8,
			 "qemu", "10.0.8", "accel", "tcg", "time", "warp", "icount_shift", 7,
			 "forked", 1, "see_return", 0, "kernel", "debian-6.1", "release", "6.1",
			 "image", "0123456789abcdef", "initramfs", "0123456789abcdef",
			 "host", "worker");
}

static void differs_by(const char *name, json_t *value, const char *wanted)
{
	json_t *a = origin(), *b = origin();
	const char *seen;

	json_object_set_new(b, name, value);
	assert_int_equal(origin_check(b, why, sizeof(why)), 0);
	seen = origin_differs(a, b);
	if (wanted)
		assert_string_equal(seen, wanted);
	else
		assert_null(seen);
	json_decref(a);
	json_decref(b);
}

static void test_origins_that_differ(void **state)
{
	(void)state;
	differs_by("qemu", json_string("10.0.8"), NULL);
	differs_by("host", json_string("another"), NULL);
	differs_by("qemu", json_string("10.0.9"), "qemu");
	differs_by("list", json_string(""), "list");
	differs_by("forked", json_false(), "forked");
	differs_by("image", json_string("f123456789abcdef"), "image");
	/* A kernel more is no mixture: its image is its own */
	differs_by("kernel", json_string("debian-6.12"), NULL);
}

static void refused(const char *name, json_t *value)
{
	json_t *json = origin();

	assert_int_equal(origin_check(json, why, sizeof(why)), 0);
	if (value)
		json_object_set_new(json, name, value);
	else
		json_object_del(json, name);
	assert_int_equal(origin_check(json, why, sizeof(why)), -1);
	json_decref(json);
}

static void test_origins_that_are_none(void **state)
{
	(void)state;
	refused("version", json_integer(2));
	refused("qemu", NULL);
	refused("qemu", json_integer(10));
	refused("cells", json_integer(-1));
	refused("forked", json_string("yes"));
	assert_int_equal(origin_check(NULL, why, sizeof(why)), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids_of_presets_are_one_cell),
		cmocka_unit_test(test_every_cell_of_a_preset_is_sound),
		cmocka_unit_test(test_unsound_cells),
		cmocka_unit_test(test_key_is_of_order_and_every_number),
		cmocka_unit_test(test_origins_that_differ),
		cmocka_unit_test(test_origins_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
