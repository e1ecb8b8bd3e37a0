// SPDX-License-Identifier: GPL-2.0
/* A cell's result: from its evidence, and as JSON. */

#include <stdio.h>

#include "evidence.h"
#include "keep.h"
#include "run.h"
#include "util.h"

static int write_timeline(const void *tl, FILE *out)
{
	return timeline_write(tl, out);
}

/**
 * result_derive() - from a cell's raw evidence to its verdict
 * @result: its cell and expectation are set; gets @seen and @met
 * @dir: the cell's folder; timeline.jsonl is written there
 *
 * Return: 0, or -1 when the timeline could not be written: the verdict is an
 * error then, for what is not kept can't be shown.
 */
int result_derive(struct result *result, const char *dir)
{
	struct timeline tl = { 0 };
	int ret;

	evidence_read(&tl, dir);
	verdict(&result->seen, &result->cell, &tl);
	ret = keep_stream(dir, DERIVED_TIMELINE, write_timeline, &tl);
	if (ret) {
		result->seen.when = VERDICT_ERROR;
		snprintf(result->seen.reason, sizeof(result->seen.reason),
			 "the timeline could not be written");
	}
	result->met = expect_met(&result->expected, &result->seen);
	timeline_free(&tl);
	return ret;
}

/**
 * expectation_to_json() - what the sources say of a cell
 * @e: of the cell
 *
 * Return: a new object (Documentation/results.rst).
 */
json_t *expectation_to_json(const struct expectation *e)
{
	json_t *json = json_pack("{s:s s:s s:s s:s}",
				 "verdict", verdict_when_name(e->when),
				 "effect", verdict_effect_name(e->effect),
				 "by", e->by, "reason", e->reason);

	if (e->or_when != e->when)
		json_object_set_new(json, "or_verdict", json_string(verdict_when_name(e->or_when)));
	return json;
}

/**
 * result_to_json() - a cell in the results of a run
 * @result: complete
 *
 * Return: a new object (Documentation/results.rst).
 */
json_t *result_to_json(const struct result *result)
{
	json_t *json = cell_to_json(&result->cell);

	json_object_set_new(json, "expected", expectation_to_json(&result->expected));
	if (result->not_run)
		json_object_set_new(json, "not_run", json_string(result->not_run));
	json_object_set_new(json, "observed",
			    result->not_run ? json_null() : verdict_to_json(&result->seen));
	json_object_set_new(json, "as_expected",
			    result->not_run ? json_null() : json_boolean(result->met));
	json_object_set_new(json, "wall_s", json_real(result->wall_s));
	json_object_set_new(json, "virtual_s",
			    json_real((double)result->seen.virtual_ns / NSEC_PER_SEC));
	json_object_set_new(json, "frozen_s",
			    json_real((double)result->seen.frozen_ns / NSEC_PER_SEC));
	return json;
}
