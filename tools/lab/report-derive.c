// SPDX-License-Identifier: GPL-2.0
/*
 * Results of folders that have evidence only: an interrupted run's, and recorded
 * ones. As pug explain comes to them; nothing is written there.
 */
#include <stdlib.h>
#include <string.h>

#include "drill-play.h"
#include "drill-run.h"
#include "evidence.h"
#include "report-model.h"
#include "run.h"
#include "util.h"

static json_t *cell_story(const struct timeline *tl, char *why, size_t len)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size), *in = NULL;
	json_t *story = NULL;

	if (out && !timeline_write(tl, out) && !fclose(out) && size)
		in = fmemopen(text, size, "r");
	if (in) {
		story = report_marks(in, why, len);
		fclose(in);
	}
	free(text);
	return story;
}

/**
 * report_derive_cell() - a cell's result from its raw evidence
 * @dir: its folder
 * @story: set to its timeline, made small
 * @why: on error what is wrong, a sentence
 * @len: size of @why
 *
 * Return: a new object, or NULL.
 */
json_t *report_derive_cell(const char *dir, json_t **story, char *why, size_t len)
{
	struct timeline tl = { 0 };
	struct result r = { 0 };
	json_t *json;

	if (evidence_cell(&r.cell, dir, why, len))
		return NULL;
	if (expect(&r.expected, &r.cell)) {
		snprintf(why, len, "%s: nothing is expected of it", dir);
		return NULL;
	}
	evidence_read(&tl, dir);
	verdict(&r.seen, &r.cell, &tl);
	r.met = expect_met(&r.expected, &r.seen);
	*story = cell_story(&tl, why, len);
	json = result_to_json(&r);
	timeline_free(&tl);
	return json;
}

static json_t *drill_story(const struct drill_timeline *tl, char *why, size_t len)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size), *in = NULL;
	json_t *story = NULL;

	if (out && !drill_timeline_write(tl, out) && !fclose(out) && size)
		in = fmemopen(text, size, "r");
	if (in) {
		story = report_lanes(in, tl->settled, why, len);
		fclose(in);
	}
	free(text);
	return story;
}

/**
 * report_derive_drill() - a drill's result from its raw evidence
 * @dir: its folder
 * @story: set to its timeline, made small
 * @why: on error what is wrong, a sentence
 * @len: size of @why
 *
 * Return: a new object, or NULL.
 */
json_t *report_derive_drill(const char *dir, json_t **story, char *why, size_t len)
{
	struct drill_timeline tl = { 0 };
	struct drill_result r;
	json_t *json;

	if (drill_load(&r, dir, why, len))
		return NULL;
	drill_derive(&r, dir, &tl);
	*story = drill_story(&tl, why, len);
	json = drill_result_to_json(&r);
	drill_timeline_free(&tl);
	return json;
}
