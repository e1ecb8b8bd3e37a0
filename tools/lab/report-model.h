/* SPDX-License-Identifier: GPL-2.0 */
/* pug report: what was read of runs and drills, and what is made of it. */
#ifndef PUG_REPORT_MODEL_H
#define PUG_REPORT_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include "compiler.h"

/* Of results that this program reads (Documentation/results.rst) */
#define REPORT_VERSION 1
/* More is no run but a joke on who reads it */
#define REPORT_ITEMS_MAX 10000

/**
 * struct report_item - a cell or a drill, and what came of it
 * @result: its result, checked: nothing else is in it, and it holds what the
 *	schema says
 * @story: its timeline, made small: report_marks() or report_lanes(); NULL where
 *	there is none
 * @dir: its folder, NULL where the run's own file is all that is left of it
 * @name: a cell's id, a drill's folder
 */
struct report_item {
	json_t *result;
	json_t *story;
	char *dir;
	char *name;
};

struct report_items {
	struct report_item *item;
	size_t n;
	size_t cap;
};

/**
 * struct report_run - a folder of cells or drills
 * @name: for people: the folder's own name, with what tells it from others
 * @about: run.json without its cells, checked; NULL without
 * @cells: in the run's order
 * @drills: by name
 */
struct report_run {
	char *name;
	json_t *about;
	struct report_items cells;
	struct report_items drills;
};

/**
 * struct report - all that one report is made of
 * @runs: in the order given
 * @n: how many
 * @problems: sentences: what could not be read
 * @changes: report_compare()'s, NULL where nothing is compared
 * @title: of the page
 */
struct report {
	struct report_run *runs;
	size_t n;
	json_t *problems;
	json_t *changes;
	const char *title;
};

/* How a report is written; rows of report_formats */
struct report_format {
	const char *name;
	const char *summary;
	bool compares;		/* can show a comparison */
	int (*write)(const struct report *r, FILE *out, const char *out_path);
};

extern const struct report_format report_formats[];

/* report-read.c */
int report_read(struct report *r, const char *path);
void report_free(struct report *r);
void report_problem(struct report *r, const char *fmt, ...) __printf(2, 3);
struct report_item *report_add(struct report_items *items);

/* report-file.c */
FILE *report_open(const char *dir, const char *name, char *why, size_t len);
json_t *report_load_path(const char *path, char *why, size_t len);
json_t *report_load(const char *dir, const char *name, char *why, size_t len);
bool report_has(const char *dir, const char *name);

/* report-check.c */
json_t *report_check_cell(json_t *json, char *why, size_t len);
json_t *report_check_drill(json_t *json, char *why, size_t len);
json_t *report_check_run(json_t *json, char *why, size_t len);

/* report-derive.c */
json_t *report_derive_cell(const char *dir, json_t **story, char *why, size_t len);
json_t *report_derive_drill(const char *dir, json_t **story, char *why, size_t len);

/* report-marks.c, report-lanes.c */
json_t *report_marks(FILE *in, char *why, size_t len);
json_t *report_lanes(FILE *in, json_t *settled, char *why, size_t len);

/* report-compare.c */
json_t *report_compare(const struct report_run *a, const struct report_run *b);

/* report-words.c */
const char *report_text(const json_t *json, const char *group, const char *name);
bool report_number(const json_t *json, const char *group, const char *name, double *value);
const char *report_outcome(const json_t *cell);
const char *report_protected(const json_t *cell);
char *report_seen(const json_t *cell, const char *group);
char *report_watchdog(const json_t *cell);
char *report_fired(const json_t *cell);
char *report_zombie(const json_t *cell);

/* report-escape.c */
void html_text(FILE *out, const char *text);
void html_print(FILE *out, const char *fmt, ...) __printf(2, 3);
void html_json(FILE *out, json_t *json);
void md_text(FILE *out, const char *text);
void csv_text(FILE *out, const char *text);
void line_text(FILE *out, const char *text);
char *url_path(const char *path);

/* report-grid.c, report-html.c, report-list.c, report-junit.c */
void report_grid(const struct report *r, const struct report_run *run, FILE *out, size_t number);
int report_html(const struct report *r, FILE *out, const char *out_path);
int report_md(const struct report *r, FILE *out, const char *out_path);
int report_csv(const struct report *r, FILE *out, const char *out_path);
int report_ktap_items(const struct report *r, FILE *out, const char *out_path);
int report_junit(const struct report *r, FILE *out, const char *out_path);
char *report_relative(const char *from_dir, const char *to);

/* report-static.c: the page's own text, not of any run */
extern const char report_css[], report_js[];

#endif
