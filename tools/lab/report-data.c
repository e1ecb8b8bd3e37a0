// SPDX-License-Identifier: GPL-2.0
/* The data of a page, for its script; and where its evidence lies from there. */
#include <dirent.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "report-page.h"
#include "util.h"

#define FILES_MAX 60

static char *real_folder(const char *path)
{
	char *real = realpath(path, NULL);

	return real ? real : xstrdup(path);
}

/**
 * report_relative() - the way from one folder to another
 * @from_dir: a folder
 * @to: another, or a file
 *
 * Return: "./..." or "../...", to be freed: what begins so has no scheme.
 */
char *report_relative(const char *from_dir, const char *to)
{
	char *a = real_folder(from_dir), *b = real_folder(to), *text = NULL;
	size_t same = 0, size = 0;
	FILE *out = open_memstream(&text, &size);

	/* Up to the last slash that both have */
	for (size_t i = 0;; i++) {
		if ((!a[i] || a[i] == '/') && (!b[i] || b[i] == '/'))
			same = i;
		if (!a[i] || a[i] != b[i])
			break;
	}
	if (!strcmp(a, "/"))
		same = 0;
	fputc('.', out);
	for (const char *p = a + same; *p; p++)
		if (*p == '/' && p[1])
			fputs("/..", out);
	fputs(b + same, out);
	fclose(out);
	free(a);
	free(b);
	return text;
}

static int is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static bool is_file(const char *dir, const char *name)
{
	char *path = path_join(dir, name);
	struct stat st;
	bool is = !stat(path, &st) && S_ISREG(st.st_mode);

	free(path);
	return is;
}

static json_t *files_of(const char *dir)
{
	struct dirent **list = NULL;
	json_t *files = json_array();
	int n = scandir(dir, &list, is_shown, alphasort);

	for (int i = 0; i < n; i++) {
		if (is_file(dir, list[i]->d_name) && json_array_size(files) < FILES_MAX)
			json_array_append_new(files, json_text(list[i]->d_name));
		free(list[i]);
	}
	free(list);
	return files;
}

static json_t *item_data(const struct report_item *item, const char *from)
{
	json_t *data = json_pack("{s:O, s:o}", "r", item->result, "s",
				 item->story ? json_incref(item->story) : json_null());
	char *relative, *url;

	json_object_set_new(data, "name", json_text(item->name));
	json_object_set_new(data, "outcome", json_string(report_outcome(item->result)));
	if (!item->dir)
		return data;
	relative = report_relative(from, item->dir);
	url = url_path(relative);
	json_object_set_new(data, "dir", json_text(url));
	json_object_set_new(data, "files", files_of(item->dir));
	free(url);
	free(relative);
	return data;
}

static json_t *cell_data(const struct report_item *item, const char *from)
{
	json_t *data = item_data(item, from);
	char *dog = report_watchdog(item->result), *fired = report_fired(item->result);
	char *zombie = report_zombie(item->result);
	char *expected = report_seen(item->result, "expected");
	char *seen = report_seen(item->result, "observed");
	json_t *words = json_pack("{s:s s:s s:s s:s s:s s:s}", "watchdog", dog, "protected",
				  report_protected(item->result), "fired", fired, "zombie", zombie,
				  "expected", expected, "seen", seen);

	json_object_set_new(data, "words", words);
	free(dog);
	free(fired);
	free(zombie);
	free(expected);
	free(seen);
	return data;
}

static json_t *run_data(const struct report_run *run, const char *from)
{
	json_t *cells = json_array(), *drills = json_array();

	for (size_t i = 0; i < run->cells.n; i++)
		json_array_append_new(cells, cell_data(&run->cells.item[i], from));
	for (size_t i = 0; i < run->drills.n; i++)
		json_array_append_new(drills, item_data(&run->drills.item[i], from));
	return json_pack("{s:o s:o s:o}", "name", json_text(run->name), "cells", cells, "drills",
			 drills);
}

/**
 * page_data() - all that the page's script draws from
 * @r: complete
 * @out_path: where the page will lie, NULL in the working folder
 *
 * Return: a new object.
 */
json_t *page_data(const struct report *r, const char *out_path)
{
	json_t *runs = json_array();
	char *copy = xstrdup(out_path ? out_path : "./page");
	const char *from = dirname(copy);

	for (size_t i = 0; i < r->n; i++)
		json_array_append_new(runs, run_data(&r->runs[i], from));
	free(copy);
	return json_pack("{s:o s:o}", "runs", runs, "changes",
			 r->changes ? json_incref(r->changes) : json_null());
}
