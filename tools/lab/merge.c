// SPDX-License-Identifier: GPL-2.0
/* pug merge: do folders belong together, and which of them is kept? */
#include <stdlib.h>
#include <string.h>

#include "cells-list.h"
#include "compiler.h"
#include "evidence.h"
#include "merge.h"
#include "origin.h"
#include "report-model.h"
#include "util.h"

/**
 * merge_first() - the first whole cell
 * @m: read
 * @kernel: of this kernel's; NULL of any
 *
 * Return: it, or NULL.
 */
const struct merge_item *merge_first(const struct merge *m, const char *kernel)
{
	for (size_t i = 0; i < m->n; i++)
		if (!m->item[i].lost && (!kernel || !strcmp(m->item[i].cell.kernel, kernel)))
			return &m->item[i];
	return NULL;
}

static const char *list_of(const struct merge_item *item)
{
	return json_string_value(json_object_get(item->origin, "list"));
}

/* A run of pug matrix has all its cells in a file of its own */
static void list_of_run(struct merge *m, const char *path, const char *wanted)
{
	struct cells cells = { 0 };
	char key[CELLS_KEY_LEN], why[1024];
	json_t *json;

	if (m->listed || !report_has(path, RUN_FILE))
		return;
	json = report_load(path, RUN_FILE, why, sizeof(why));
	if (!json)
		return;
	if (!cells_from_list(&cells, json, why, sizeof(why))) {
		cells_key(key, cells.cell, cells.n);
		m->listed = !strcmp(key, wanted);
	}
	json_decref(json);
	if (m->listed)
		m->list = cells;
	else
		cells_free(&cells);
}

/**
 * merge_list() - which cells should there be?
 * @m: all is read; gets @list where @path tells
 * @path: a folder that may have a run.json
 */
void merge_list(struct merge *m, const char *path)
{
	const struct merge_item *first = merge_first(m, NULL);

	if (first && *list_of(first))
		list_of_run(m, path, list_of(first));
}

static char *value_text(const struct merge_item *item, const char *name)
{
	char *text = json_dumps(json_object_get(item->origin, name), JSON_ENCODE_ANY);

	return text ? text : xstrdup("?");
}

static bool was_said(const struct merge *m, const struct merge_item *base, const char *name,
		     size_t before)
{
	const struct merge_item *item = &m->item[before];

	for (size_t i = 0; i < before; i++) {
		const char *other;

		if (m->item[i].lost)
			continue;
		other = origin_differs(base->origin, m->item[i].origin);
		if (other && !strcmp(other, name) &&
		    json_equal(json_object_get(m->item[i].origin, name),
			       json_object_get(item->origin, name)))
			return true;
	}
	return false;
}

/* Is it of the run that @base is of? */
static int check_origin(const struct merge *m, const struct merge_item *base, size_t i)
{
	const struct merge_item *item = &m->item[i];
	const char *name = origin_differs(base->origin, item->origin);
	char *here, *there;

	if (!name)
		return 0;
	if (was_said(m, base, name, i))
		return -1;
	here = value_text(item, name);
	there = value_text(base, name);
	warn_safe("these do not belong together: %s is %s in %s, and %s in %s",
		  origin_label(name), there, base->dir, here, item->dir);
	free(here);
	free(there);
	return -1;
}

/* What is expected is this program's; what was asked, the list's */
static int check_item(const struct merge *m, const struct merge_item *item)
{
	json_t *kernel = json_object_get(item->origin, "kernel"), *wanted, *stored;
	const struct cell *listed = cells_find(&m->list, item->id);
	struct expectation expected;
	int ret = 0;

	if (strcmp(json_string_value(kernel), item->cell.kernel))
		ret = -1;
	if (ret)
		warn_safe("%s: " EVIDENCE_ORIGIN " is of another kernel's cell", item->dir);
	if (m->listed && (!listed || !cells_is_asked(listed, &item->cell))) {
		warn_safe("%s: %s", item->dir, listed ?
			  "something else was asked there than the list has" :
			  "this cell is not in the list");
		ret = -1;
	}
	if (expect(&expected, &item->cell)) {
		warn_safe("%s: nothing is expected of such a cell", item->dir);
		return -1;
	}
	wanted = expectation_to_json(&expected);
	stored = json_object_get(item->result, "expected");
	if (!json_equal(wanted, stored)) {
		warn_safe("%s: something else was expected there: another pug ran it", item->dir);
		ret = -1;
	}
	json_decref(wanted);
	return ret;
}

static int check_list(const struct merge *m, const struct merge_item *first)
{
	char key[CELLS_KEY_LEN];

	if (!*list_of(first)) {
		warn_safe("%s: it was no run of pug matrix or pug cell (a sweep finds its cells as it goes)",
			  first->dir);
		return -1;
	}
	if (!m->listed)
		return 0;
	cells_key(key, m->list.cell, m->list.n);
	if (!strcmp(key, list_of(first)))
		return 0;
	warn_safe("these do not belong together: %s ran a cell of another list (preset, options) than the one given",
		  first->dir);
	return -1;
}

/**
 * merge_check() - do all belong to one run?
 * @m: read, with its list where there is one
 *
 * Return: 0; -1 after saying what differs.
 */
int merge_check(const struct merge *m)
{
	const struct merge_item *first = merge_first(m, NULL);
	int ret = 0;

	if (!first)
		return 0;
	if (check_list(m, first))
		return -1;
	for (size_t i = 0; i < m->n; i++) {
		const struct merge_item *item = &m->item[i];
		const struct merge_item *kin;

		if (item->lost)
			continue;
		kin = merge_first(m, item->cell.kernel);
		if (check_origin(m, first, i) || check_origin(m, kin, i) || check_item(m, item))
			ret = -1;
	}
	return ret;
}

static bool is_same_answer(const struct merge_item *a, const struct merge_item *b)
{
	static const char * const names[] = { "verdict", "effect", "by", "protected" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(report_text(a->result, "observed", names[i]),
			   report_text(b->result, "observed", names[i])))
			return false;
	return !strcmp(report_text(a->result, NULL, "not_run"),
		       report_text(b->result, NULL, "not_run"));
}

static bool is_answer(const struct merge_item *item)
{
	return !json_object_get(item->result, "not_run") &&
	       strcmp(report_text(item->result, "observed", "verdict"), "error");
}

static void offer_again(struct merge *m, struct merge_slot *slot, const struct merge_item *item)
{
	const struct merge_item *kept = slot->item;

	m->doubled++;
	if (is_same_answer(kept, item)) {
		warn_safe("%s came twice, with the same verdict: %s is kept, %s is not", item->id,
			  kept->dir, item->dir);
	} else if (!is_answer(item)) {
		warn_safe("%s came twice: %s is kept, %s has no answer", item->id, kept->dir,
			  item->dir);
	} else if (!is_answer(kept)) {
		warn_safe("%s came twice: %s is kept, %s has no answer", item->id, item->dir,
			  kept->dir);
		slot->item = item;
	} else {
		warn_safe("%s came twice, and not the same: see %s and %s", item->id, kept->dir,
			  item->dir);
		m->disputed += !slot->other;
		slot->other = item;
	}
}

static void offer(struct merge *m, const struct merge_item *item)
{
	for (size_t i = 0; i < m->list.n; i++) {
		struct merge_slot *slot = &m->slot[i];

		if (strcmp(m->list.cell[i].id, item->id))
			continue;
		if (item->lost)
			slot->lost = item;
		else if (slot->item)
			offer_again(m, slot, item);
		else
			slot->item = item;
		return;
	}
	warn_safe("%s is of no cell in the list, and left out: %s", item->dir, item->lost);
}

static void list_found(struct merge *m)
{
	struct cells *list = &m->list;

	for (size_t i = 0; i < m->n; i++) {
		if (m->item[i].lost || cells_find(list, m->item[i].id))
			continue;
		list->cell = xrealloc(list->cell, (list->n + 1) * sizeof(*list->cell));
		list->cell[list->n++] = m->item[i].cell;
	}
}

/* Without a list it is known how many there should be, from any of them */
static int is_complete(const struct merge *m)
{
	const struct merge_item *first = merge_first(m, NULL);
	size_t wanted;

	if (!first) {
		warn_safe("no whole cell was brought, and without a list (--cells) nobody knows which there should be");
		return -1;
	}
	wanted = (size_t)json_integer_value(json_object_get(first->origin, "cells"));
	if (wanted == m->list.n)
		return 0;
	warn_safe("%zu of %zu cells were brought; which are missing, their list tells: give it with --cells",
		  m->list.n, wanted);
	return -1;
}

/**
 * merge_choose() - for each cell, who brought it
 * @m: checked; gets @slot and the counts
 *
 * Return: 0; -1 after saying that it can't be known what is missing.
 */
int merge_choose(struct merge *m)
{
	if (!m->listed)
		list_found(m);
	if (!m->listed && is_complete(m))
		return -1;
	m->slot = xcalloc(m->list.n ? m->list.n : 1, sizeof(*m->slot));
	for (size_t i = 0; i < m->n; i++)
		offer(m, &m->item[i]);
	for (size_t i = 0; i < m->list.n; i++) {
		const struct merge_slot *slot = &m->slot[i];

		if (!slot->item)
			m->missing++;
		if (slot->lost)
			warn_safe("%s is half of a cell, its worker was lost: %s", slot->lost->dir,
				  slot->lost->lost);
	}
	return 0;
}
