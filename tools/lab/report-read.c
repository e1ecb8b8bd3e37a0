// SPDX-License-Identifier: GPL-2.0
/* From folders to what a report is made of. What can't be read is named, and left out. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "drill-play.h"
#include "evidence.h"
#include "report-model.h"
#include "util.h"

/**
 * report_problem() - something can't be read
 * @r: of which that is a part
 * @fmt: and what follows: a sentence, as printf()
 *
 * It is said at once on standard error, and stands in the report.
 */
void report_problem(struct report *r, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	warn_text(text);
	json_array_append_new(r->problems, json_text(text));
	free(text);
}

/**
 * report_add() - room for one more
 * @items: grows
 *
 * Return: an empty item; valid until the next call.
 */
struct report_item *report_add(struct report_items *items)
{
	if (items->n == items->cap) {
		items->cap = items->cap ? 2 * items->cap : 64;
		items->item = xrealloc(items->item, items->cap * sizeof(*items->item));
	}
	memset(&items->item[items->n], 0, sizeof(*items->item));
	return &items->item[items->n++];
}

/* What tells cells from drills where a folder is read */
struct kind {
	const char *asked;
	json_t *(*check)(json_t *json, char *why, size_t len);
	json_t *(*derive)(const char *dir, json_t **story, char *why, size_t len);
	bool is_drill;
};

static const struct kind kinds[] = {
	{ EVIDENCE_CELL, report_check_cell, report_derive_cell, false },
	{ DRILL_ASKED, report_check_drill, report_derive_drill, true },
};

/* A run's folder without raw evidence has results still: what is asked is in them */
static const struct kind *kind_of(const char *dir)
{
	const struct kind *kind = NULL;
	char why[512];
	json_t *json;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (report_has(dir, kinds[i].asked))
			return &kinds[i];
	if (!report_has(dir, DERIVED_RESULT))
		return NULL;
	json = report_load(dir, DERIVED_RESULT, why, sizeof(why));
	kind = json_object_get(json, "drill") ? &kinds[1] : &kinds[0];
	json_decref(json);
	return kind;
}

static json_t *derive_story(const struct kind *kind, const char *dir)
{
	json_t *story = NULL;
	char ignored[512];

	if (report_has(dir, kind->asked))
		json_decref(kind->derive(dir, &story, ignored, sizeof(ignored)));
	return story;
}

static json_t *read_story(const struct kind *kind, const char *dir, char *why, size_t len)
{
	FILE *in = report_open(dir, DERIVED_TIMELINE, why, len);
	json_t *settled, *story;
	char ignored[512], what[128] = "";

	if (!in)
		return NULL;
	if (kind->is_drill) {
		settled = report_has(dir, DRILL_SETTLED) ?
			  report_load(dir, DRILL_SETTLED, ignored, sizeof(ignored)) : NULL;
		story = report_lanes(in, settled, what, sizeof(what));
		json_decref(settled);
	} else {
		story = report_marks(in, what, sizeof(what));
	}
	fclose(in);
	if (!story)
		snprintf(why, len, "%s/%s", dir, what);
	return story;
}

/* The stored result, else the one that the evidence gives */
static json_t *read_result(const struct kind *kind, const char *dir, json_t **story, char *why,
			   size_t len)
{
	if (report_has(dir, DERIVED_RESULT) || !report_has(dir, kind->asked))
		return report_load(dir, DERIVED_RESULT, why, len);
	return kind->derive(dir, story, why, len);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int read_item(struct report *r, struct report_run *run, const struct kind *kind,
		     const char *dir)
{
	struct report_items *items = kind->is_drill ? &run->drills : &run->cells;
	json_t *story = NULL, *json, *result;
	struct report_item *item;
	char why[512] = "";

	json = read_result(kind, dir, &story, why, sizeof(why));
	if (!json) {
		report_problem(r, "%s", why);
		return -1;
	}
	result = kind->check(json, why, sizeof(why));
	json_decref(json);
	if (!result) {
		report_problem(r, "%s/" DERIVED_RESULT ": %s", dir, why);
		json_decref(story);
		return -1;
	}
	if (!story && report_has(dir, DERIVED_TIMELINE)) {
		story = read_story(kind, dir, why, sizeof(why));
		if (!story)
			report_problem(r, "%s", why);
	} else if (!story) {
		/* None was kept: what the evidence gives, if that was */
		story = derive_story(kind, dir);
	}
	item = report_add(items);
	item->result = result;
	item->story = story;
	item->dir = xstrdup(dir);
	item->name = xstrdup(kind->is_drill ? base_name(dir) : report_text(result, NULL, "id"));
	return 0;
}

/* A cell that has no folder: not run, or the folder was not kept */
static void add_bare(struct report *r, struct report_run *run, json_t *json, const char *path)
{
	struct report_item *item;
	json_t *result;
	char why[512];

	result = report_check_cell(json, why, sizeof(why));
	if (!result) {
		report_problem(r, "%s/" RUN_FILE ": a cell: %s", path, why);
		return;
	}
	item = report_add(&run->cells);
	item->result = result;
	item->name = xstrdup(report_text(result, NULL, "id"));
}

static ssize_t find_item(const struct report_items *items, const char *name)
{
	for (size_t i = 0; i < items->n; i++)
		if (!strcmp(items->item[i].name, name))
			return (ssize_t)i;
	return -1;
}

/* The run's order; what only a folder knows comes behind it */
static void order_cells(struct report *r, struct report_run *run, json_t *cells, const char *path)
{
	struct report_items found = run->cells;
	size_t i;
	json_t *json;

	run->cells = (struct report_items) { 0 };
	for (i = 0; (json = json_array_get(cells, i)); i++) {
		const char *id = json_string_value(json_object_get(json, "id"));
		ssize_t at = id ? find_item(&found, id) : -1;

		if (at < 0) {
			add_bare(r, run, json, path);
			continue;
		}
		*report_add(&run->cells) = found.item[at];
		found.item[at] = found.item[--found.n];
	}
	for (i = 0; i < found.n; i++)
		*report_add(&run->cells) = found.item[i];
	free(found.item);
}

static void read_run_file(struct report *r, struct report_run *run, const char *path)
{
	char why[512];
	json_t *json;

	if (!report_has(path, RUN_FILE))
		return;
	json = report_load(path, RUN_FILE, why, sizeof(why));
	if (!json) {
		report_problem(r, "%s", why);
		return;
	}
	run->about = report_check_run(json, why, sizeof(why));
	if (!run->about)
		report_problem(r, "%s/" RUN_FILE ": %s", path, why);
	else
		order_cells(r, run, json_object_get(json, "cells"), path);
	json_decref(json);
}

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Each folder in it that has what was asked of a cell or a drill */
static int read_folders(struct report *r, struct report_run *run, const char *path)
{
	struct dirent **list = NULL;
	int n = scandir(path, &list, not_hidden, versionsort);

	if (n < 0) {
		report_problem(r, "%s can't be read: %s", path, strerror(errno));
		return -1;
	}
	for (int i = 0; i < n; i++) {
		char *dir = path_join(path, list[i]->d_name);
		const struct kind *kind = kind_of(dir);

		if (kind && run->cells.n + run->drills.n < REPORT_ITEMS_MAX)
			read_item(r, run, kind, dir);
		else if (kind)
			report_problem(r, "%s: there are more than %d already: left out", dir,
				       REPORT_ITEMS_MAX);
		free(dir);
		free(list[i]);
	}
	free(list);
	return 0;
}

/* One name for each run, so that none is taken for another */
static char *name_run(const struct report *r, const char *path)
{
	const char *base = base_name(path);

	for (size_t i = 0; i + 1 < r->n; i++)
		if (!strcmp(r->runs[i].name, base))
			return xstrdup(path);
	return xstrdup(*base ? base : path);
}

static void free_run(struct report_run *run)
{
	struct report_items *lists[] = { &run->cells, &run->drills };

	for (size_t l = 0; l < ARRAY_SIZE(lists); l++) {
		for (size_t i = 0; i < lists[l]->n; i++) {
			json_decref(lists[l]->item[i].result);
			json_decref(lists[l]->item[i].story);
			free(lists[l]->item[i].dir);
			free(lists[l]->item[i].name);
		}
		free(lists[l]->item);
	}
	json_decref(run->about);
	free(run->name);
}

/**
 * report_read() - one more folder
 * @r: gets a run more, or a problem
 * @path: of a run, a cell, drills or a drill
 *
 * Return: 0 when it had a cell or a drill that can be shown, else -1.
 */
int report_read(struct report *r, const char *path)
{
	char *dir = xstrdup(path);
	const struct kind *kind;
	struct report_run *run;
	size_t before = json_array_size(r->problems);

	for (size_t len = strlen(dir); len > 1 && dir[len - 1] == '/'; len--)
		dir[len - 1] = '\0';
	r->runs = xrealloc(r->runs, (r->n + 1) * sizeof(*r->runs));
	run = &r->runs[r->n++];
	memset(run, 0, sizeof(*run));
	run->name = name_run(r, dir);
	kind = kind_of(dir);
	if (kind)
		read_item(r, run, kind, dir);
	else if (!read_folders(r, run, dir))
		read_run_file(r, run, dir);
	if (!run->cells.n && !run->drills.n) {
		if (json_array_size(r->problems) == before)
			report_problem(r, "%s: there is no cell in it and no drill", dir);
		free_run(run);
		r->n--;
		free(dir);
		return -1;
	}
	free(dir);
	return 0;
}

/**
 * report_free() - give it all back
 * @r: empty afterwards
 */
void report_free(struct report *r)
{
	for (size_t i = 0; i < r->n; i++)
		free_run(&r->runs[i]);
	free(r->runs);
	json_decref(r->problems);
	json_decref(r->changes);
	memset(r, 0, sizeof(*r));
}
