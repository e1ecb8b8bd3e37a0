// SPDX-License-Identifier: GPL-2.0
/*
 * What pug cell and pug merge read: lists of cells, and what a cell was run with. A
 * cell that is accepted has a name that can be a folder's, and can be planned.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cells-list.h"
#include "compiler.h"
#include "expect.h"
#include "origin.h"

int fuzz_one(const uint8_t *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

static void check_cell(const struct cells *cells, const struct cell *cell)
{
	struct expectation expected;
	struct cell named = *cell;

	cell_name(&named);
	if (strcmp(named.id, cell->id) || strchr(cell->id, '/') || *cell->id == '.')
		abort();
	if (cells_find(cells, cell->id) != cell)
		abort();
	expect(&expected, cell);
}

static void check_list(json_t *json)
{
	struct cells cells = { 0 };
	char why[512], key[CELLS_KEY_LEN];

	if (!cells_from_list(&cells, json, why, sizeof(why))) {
		for (size_t i = 0; i < cells.n; i++)
			check_cell(&cells, &cells.cell[i]);
		cells_key(key, cells.cell, cells.n);
		if (strlen(key) != CELLS_KEY_LEN - 1)
			abort();
	}
	cells_free(&cells);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	json_t *json = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
	char why[512];

	check_list(json);
	if (!origin_check(json, why, sizeof(why)) && origin_differs(json, json))
		abort();
	json_decref(json);
	return 0;
}
