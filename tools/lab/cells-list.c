// SPDX-License-Identifier: GPL-2.0
/*
 * A run's cells as a file, so that others can run them elsewhere: written by pug
 * matrix --list --json, read by pug cell and pug merge. It may come from anywhere.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cells-list.h"
#include "compiler.h"
#include "hash.h"
#include "report-model.h"
#include "util.h"

#ifndef PUG_VERSION
#define PUG_VERSION "unknown"
#endif

/* More than a preset may have: plan.c */
#define LIST_MAX 65536
/* In ms; longer than any option of pug matrix takes */
#define TIME_MAX 600000
#define CPUS_MAX 64
#define PERIODS_MAX 1000

/* Whether the machine is to come back is settled where it runs, with its options */
static json_t *asked(const struct cell *cell)
{
	json_t *json = cell_to_json(cell);

	json_object_del(json, "see_return");
	return json;
}

/**
 * cells_key() - the sum of all that is asked of a run
 * @key: gets 16 hex digits
 * @cells: of the run, in order
 * @n: how many
 *
 * Preset and options are in it, as far as they make a difference to any cell.
 */
void cells_key(char key[CELLS_KEY_LEN], const struct cell *cells, size_t n)
{
	uint64_t hash = HASH_START;

	for (size_t i = 0; i < n; i++) {
		json_t *json = asked(&cells[i]);
		char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);

		hash = hash_bytes(hash, text, strlen(text) + 1);
		free(text);
		json_decref(json);
	}
	snprintf(key, CELLS_KEY_LEN, "%016llx", (unsigned long long)hash);
}

/**
 * cells_is_asked() - is the same asked of two cells?
 * @a: one
 * @b: the other
 *
 * Return: whether, but for what is settled where they run.
 */
bool cells_is_asked(const struct cell *a, const struct cell *b)
{
	json_t *x = asked(a), *y = asked(b);
	bool same = json_equal(x, y);

	json_decref(x);
	json_decref(y);
	return same;
}

/**
 * cells_list() - cells and what is expected of each
 * @run: with cells and expectations
 *
 * Return: a new object (Documentation/schema/cells-1.json).
 */
json_t *cells_list(const struct run *run)
{
	json_t *cells = json_array();

	for (size_t i = 0; i < run->n; i++) {
		json_t *json = asked(&run->results[i].cell);

		json_object_set_new(json, "expected",
				    expectation_to_json(&run->results[i].expected));
		json_array_append_new(cells, json);
	}
	return json_pack("{s:i s:s s:s s:o}", "version", CELLS_VERSION, "pug", PUG_VERSION,
			 "list", run->list, "cells", cells);
}

/* It becomes part of a folder's name */
static bool is_plain_name(const char *name)
{
	if (!*name || *name == '.')
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("._+-", *name))
			return false;
	return true;
}

static bool has_sound_numbers(const struct cell *cell)
{
	const struct watchdog *wd = cell->watchdog;
	unsigned int seconds = cell->timeout_ms / 1000;

	return cell->msecs && cell->msecs <= TIME_MAX && cell->timeout_ms % 1000 == 0 &&
	       seconds && seconds <= 65535 &&
	       (!wd->module || (seconds >= wd->min_timeout_s && seconds <= wd->max_timeout_s)) &&
	       cell->interval_ms >= 10 && cell->interval_ms < cell->timeout_ms &&
	       cell->periods && cell->periods <= PERIODS_MAX && cell->settle_ms <= TIME_MAX &&
	       cell->phase_ms <= TIME_MAX && cell->cpus <= CPUS_MAX;
}

/**
 * cells_is_sound() - is it a cell that pug matrix would list?
 * @cell: from cell_from_json(), which takes it from anywhere
 *
 * Its id is a folder's name, and must be what this program would call it.
 *
 * Return: whether.
 */
bool cells_is_sound(const struct cell *cell)
{
	struct cell named = *cell;

	if (!is_plain_name(cell->kernel) || !cell->action != !cell->watchdog->action ||
	    !has_sound_numbers(cell))
		return false;
	cell_name(&named);
	return !strcmp(named.id, cell->id);
}

static int add_cell(struct cells *cells, json_t *json, char *why, size_t len)
{
	const char *what = NULL;
	struct cell cell;

	if (cell_from_json(&cell, json, &what)) {
		snprintf(why, len, "cell %zu %s", cells->n + 1, what);
		return -1;
	}
	if (!cells_is_sound(&cell)) {
		snprintf(why, len, "cell %zu is none that pug matrix would list", cells->n + 1);
		return -1;
	}
	if (cells_find(cells, cell.id)) {
		snprintf(why, len, "%s is in it twice", cell.id);
		return -1;
	}
	cells->cell = xrealloc(cells->cell, (cells->n + 1) * sizeof(*cells->cell));
	cells->cell[cells->n++] = cell;
	return 0;
}

/**
 * cells_from_list() - the cells that a list names
 * @cells: empty; to be given back by cells_free() in any case
 * @json: untrusted: an object with "cells", as the list and run.json have them
 * @why: on error what is wrong with it, a phrase
 * @len: size of @why
 *
 * Return: 0, or -1.
 */
int cells_from_list(struct cells *cells, json_t *json, char *why, size_t len)
{
	json_t *version = json_object_get(json, "version");
	json_t *list = json_object_get(json, "cells");
	size_t n = json_array_size(list);

	if (json_integer_value(version) != CELLS_VERSION) {
		snprintf(why, len, "it is no list of pug matrix --list --json, version %d",
			 CELLS_VERSION);
		return -1;
	}
	if (!n || n > LIST_MAX) {
		snprintf(why, len, "it lists no cells, or more than %d", LIST_MAX);
		return -1;
	}
	for (size_t i = 0; i < n; i++)
		if (add_cell(cells, json_array_get(list, i), why, len))
			return -1;
	return 0;
}

static int check_key(const struct cells *cells, json_t *json, const char *path)
{
	const char *stored = json_string_value(json_object_get(json, "list"));
	char key[CELLS_KEY_LEN];

	cells_key(key, cells->cell, cells->n);
	if (stored && !strcmp(stored, key))
		return 0;
	warn_line("%s: the list was changed, cut short, or written by another pug", path);
	return -1;
}

/**
 * cells_read_list() - the same, of a file
 * @cells: empty; to be given back by cells_free() in any case
 * @path: of the file, from anywhere
 *
 * Return: 0; -1 after saying what is wrong with it.
 */
int cells_read_list(struct cells *cells, const char *path)
{
	char why[512];
	json_t *json = report_load_path(path, why, sizeof(why));
	int ret;

	if (!json) {
		warn_text(why);
		return -1;
	}
	ret = cells_from_list(cells, json, why, sizeof(why));
	if (ret)
		warn_line("%s: %s", path, why);
	else
		ret = check_key(cells, json, path);
	json_decref(json);
	return ret;
}

/**
 * cells_find() - the cell of that id
 * @cells: among these
 * @id: of it
 *
 * Return: it, or NULL.
 */
const struct cell *cells_find(const struct cells *cells, const char *id)
{
	for (size_t i = 0; i < cells->n; i++)
		if (!strcmp(cells->cell[i].id, id))
			return &cells->cell[i];
	return NULL;
}
