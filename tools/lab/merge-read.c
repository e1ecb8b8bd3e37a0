// SPDX-License-Identifier: GPL-2.0
/* pug merge: folders from anywhere, read with care. What is not whole is lost, not wrong. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cells-list.h"
#include "evidence.h"
#include "merge.h"
#include "origin.h"
#include "report-model.h"
#include "util.h"

static int read_result(struct merge_item *item, char *why, size_t len)
{
	json_t *json = report_load(item->dir, DERIVED_RESULT, why, len);
	char what[256];

	if (!json)
		return -1;
	item->result = report_check_cell(json, what, sizeof(what));
	json_decref(json);
	if (item->result)
		return 0;
	snprintf(why, len, "%s/" DERIVED_RESULT ": %s", item->dir, what);
	return -1;
}

static int read_origin(struct merge_item *item, char *why, size_t len)
{
	char what[256];

	item->origin = report_load(item->dir, EVIDENCE_ORIGIN, why, len);
	if (!item->origin)
		return -1;
	if (!origin_check(item->origin, what, sizeof(what)))
		return 0;
	snprintf(why, len, "%s/" EVIDENCE_ORIGIN ": %s", item->dir, what);
	return -1;
}

/* One that could not run was asked in its result only */
static int read_asked(struct merge_item *item, char *why, size_t len)
{
	bool ran = report_has(item->dir, EVIDENCE_CELL) ||
		   !json_object_get(item->result, "not_run");
	const char *name = ran ? EVIDENCE_CELL : DERIVED_RESULT, *what = NULL;
	json_t *json = report_load(item->dir, name, why, len);
	int ret;

	if (!json)
		return -1;
	ret = cell_from_json(&item->cell, json, &what);
	json_decref(json);
	if (!ret && !cells_is_sound(&item->cell)) {
		what = "is no cell that pug matrix would list";
		ret = -1;
	}
	if (ret) {
		snprintf(why, len, "%s/%s %s", item->dir, name, what);
		return -1;
	}
	free(item->id);
	item->id = xstrdup(item->cell.id);
	if (!item->result || !strcmp(report_text(item->result, NULL, "id"), item->id))
		return 0;
	snprintf(why, len, "%s/" DERIVED_RESULT " is of another cell", item->dir);
	return -1;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void read_item(struct merge *m, const char *dir)
{
	struct merge_item *item;
	char why[1024] = "";

	m->item = xrealloc(m->item, (m->n + 1) * sizeof(*m->item));
	item = &m->item[m->n++];
	memset(item, 0, sizeof(*item));
	item->dir = xstrdup(dir);
	item->id = xstrdup(base_name(dir));
	if (read_result(item, why, sizeof(why))) {
		/* The result is what it lacks; what it was may be known */
		char ignored[1024];

		read_asked(item, ignored, sizeof(ignored));
		item->lost = xstrdup(why);
	} else if (read_asked(item, why, sizeof(why)) || read_origin(item, why, sizeof(why))) {
		item->lost = xstrdup(why);
	}
}

static bool is_cell(const char *dir)
{
	return report_has(dir, EVIDENCE_CELL) || report_has(dir, EVIDENCE_ORIGIN) ||
	       report_has(dir, DERIVED_RESULT);
}

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/**
 * merge_read() - one more folder
 * @m: gets what is in it
 * @path: of one cell, or of several
 *
 * An empty folder is what a worker leaves that was lost before it began.
 *
 * Return: 0; -1 after saying that it can't be read.
 */
int merge_read(struct merge *m, const char *path)
{
	struct dirent **list = NULL;
	int n;

	m->folders++;
	if (is_cell(path)) {
		read_item(m, path);
		return 0;
	}
	n = scandir(path, &list, not_hidden, versionsort);
	if (n < 0) {
		warn_safe("%s can't be read: %s", path, strerror(errno));
		return -1;
	}
	for (int i = 0; i < n; i++) {
		char *dir = path_join(path, list[i]->d_name);

		if (is_cell(dir))
			read_item(m, dir);
		free(dir);
		free(list[i]);
	}
	free(list);
	return 0;
}

/**
 * merge_free() - give it all back
 * @m: empty afterwards
 */
void merge_free(struct merge *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->item[i].dir);
		free(m->item[i].id);
		free(m->item[i].lost);
		json_decref(m->item[i].origin);
		json_decref(m->item[i].result);
	}
	free(m->item);
	free(m->slot);
	cells_free(&m->list);
	memset(m, 0, sizeof(*m));
}
