// SPDX-License-Identifier: GPL-2.0
/* Drills one after another: each gets a folder, a verdict, a line of the table. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cluster.h"
#include "command.h"
#include "drill-hang.h"
#include "drill-play.h"
#include "drill-run.h"
#include "evidence.h"
#include "keep.h"
#include "util.h"

#define NOTHING_OF_FREEZE \
	"nothing is expected of this drill: take a fault of at least ttl + loop_wait (live-migration may also be over in a few seconds), and a clock that tells it (tsc) or does not (acpi_pm)"

#define NOTHING_OF_NEXT \
	"nothing is expected of this drill: new-leader is played with nothing, with i6300esb, with that and --sync on, and with these and --fence strict"

#define NOTHING_OF_REPMGR \
	"nothing is expected of this drill: with repmgr take stop-machine or vm-pause of at least ttl + loop_wait, tsc, and no watchdog or i6300esb"

#define NOTHING_OF_HANG \
	"nothing is expected of this drill: the patch wants --alone, stop-worker one of the levels, Patroni i6300esb, and a fault has to be longer than the keeper's interval"

/**
 * drill_nothing_expected() - what to say where drill_expect() fails
 * @drill: as asked
 *
 * Return: a static sentence.
 */
const char *drill_nothing_expected(const struct drill *drill)
{
	if (drill->manager == DRILL_REPMGR)
		return NOTHING_OF_REPMGR;
	if (drill_faults[drill->fault].next)
		return NOTHING_OF_NEXT;
	return drill_hangs(drill) ? NOTHING_OF_HANG : NOTHING_OF_FREEZE;
}

/**
 * drill_result_to_json() - a drill in results
 * @result: complete
 *
 * Return: a new object (Documentation/drills.rst).
 */
json_t *drill_result_to_json(const struct drill_result *result)
{
	const struct drill_expectation *e = &result->expected;
	json_t *json = drill_to_json(&result->drill), *also = json_array();

	for (int i = 0; i < DRILL_KINDS; i++)
		if (e->also & 1u << i)
			json_array_append_new(also, json_string(drill_kind_name(i)));
	json_object_set_new(json, "expected",
			    json_pack("{s:s s:o s:o s:o s:I s:b s:s}", "verdict",
				      drill_kind_name(e->kind), "or", also, "fired_by",
				      *e->by ? json_string(e->by) : json_null(),
				      "right_to_promote", e->right == RIGHT_UNKNOWN ? json_null() :
				      json_boolean(e->right == RIGHT_YES),
				      "healthy_vms_stopped", (json_int_t)e->healthy_stopped,
				      "new_leader_fenced", e->next_fenced,
				      "reason", e->reason));
	json_object_set_new(json, "observed", drill_verdict_to_json(&result->seen));
	json_object_set_new(json, "as_expected", json_boolean(result->met));
	json_object_set_new(json, "wall_s", json_real(result->wall_s));
	return json;
}

static int write_timeline(const void *tl, FILE *out)
{
	return drill_timeline_write(tl, out);
}

/**
 * drill_derive() - from raw evidence to a verdict
 * @result: its drill and expectation are set
 * @dir: the drill's folder
 * @tl: empty; to be freed by the caller
 *
 * Return: 0.
 */
int drill_derive(struct drill_result *result, const char *dir, struct drill_timeline *tl)
{
	drill_evidence(tl, &result->drill, dir);
	drill_judge(&result->seen, &result->drill, tl);
	result->met = drill_met(&result->expected, &result->seen);
	return 0;
}

/**
 * drill_play_one() - play a drill, judge it, keep both
 * @host: runs it
 * @result: its drill and expectation are set; complete afterwards
 * @dir: its folder, made already
 * @before: what came of those before it, for who looks on
 * @interrupted: set when a signal ended it
 */
void drill_play_one(const struct host *host, struct drill_result *result, const char *dir,
		    const char *before, bool *interrupted)
{
	json_t *json = drill_to_json(&result->drill);
	struct drill_timeline tl = { 0 };
	double start = now_s();
	int ret = keep_json(dir, DRILL_ASKED, json);

	json_decref(json);
	if (!ret)
		drill_play(host, &result->drill, dir, before, interrupted);
	drill_derive(result, dir, &tl);
	result->wall_s = now_s() - start;
	ret = keep_stream(dir, DERIVED_TIMELINE, write_timeline, &tl);
	json = drill_result_to_json(result);
	if (keep_json(dir, DERIVED_RESULT, json) || ret) {
		result->seen.kind = DRILL_ERROR;
		result->met = false;
	}
	json_decref(json);
	drill_timeline_free(&tl);
}

static json_t *all_results(const struct drill_result *results, size_t n)
{
	json_t *all = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(all, drill_result_to_json(&results[i]));
	return all;
}

/**
 * drill_results_status() - what the program says with its exit status
 * @results: of drills
 * @n: how many
 *
 * Return: the worst of them.
 */
int drill_results_status(const struct drill_result *results, size_t n)
{
	int ret = PUG_AS_EXPECTED;

	for (size_t i = 0; i < n; i++) {
		if (results[i].seen.kind == DRILL_ERROR)
			return PUG_COULD_NOT_RUN;
		if (!results[i].met)
			ret = PUG_SURPRISE;
	}
	return ret;
}

/* A folder that has evidence already is somebody's */
static char *make_folder(const struct drill_run *run, unsigned int number)
{
	char *dir = xasprintf("%s/%s.%u", run->out, drill_name(run->drill), number);
	char *asked = path_join(dir, DRILL_ASKED);

	if (!access(asked, F_OK)) {
		warn_line("%s has a drill's evidence already; choose another folder with --out",
			  dir);
		free(dir);
		dir = NULL;
	} else if (make_dirs(dir)) {
		warn_line("%s can't be made: %s", dir, strerror(errno));
		free(dir);
		dir = NULL;
	}
	free(asked);
	return dir;
}

/**
 * drill_results_count() - how they came out; the rest are surprises
 * @results: of drills
 * @n: how many
 * @errors: set: so many could not be judged
 *
 * Return: so many are as expected.
 */
size_t drill_results_count(const struct drill_result *results, size_t n, size_t *errors)
{
	size_t met = 0;

	*errors = 0;
	for (size_t i = 0; i < n; i++) {
		*errors += results[i].seen.kind == DRILL_ERROR;
		met += results[i].met;
	}
	return met;
}

/**
 * drill_told() - the first line of the live view
 * @name: of what is played
 * @results: so far
 * @n: how many
 * @total: so many there will be
 *
 * Return: a line, to be freed.
 */
char *drill_told(const char *name, const struct drill_result *results, size_t n, size_t total)
{
	size_t errors, met = drill_results_count(results, n, &errors);

	return xasprintf("%s: %zu of %zu done: %zu as expected, %zu surprise%s, %zu error%s",
			 name, n, total, met, n - met - errors,
			 n - met - errors == 1 ? "" : "s", errors,
			 errors == 1 ? "" : "s");
}

/**
 * drill_run() - play it, as often as asked
 * @run: complete
 *
 * Return: the exit status.
 */
int drill_run(struct drill_run *run)
{
	unsigned int repeat = run->repeat ? run->repeat : 1;
	struct drill_result *results = xcalloc(repeat, sizeof(*results));
	bool table = !run->json || strcmp(run->json, "-"), interrupted = false;
	unsigned int done = 0;
	int ret = PUG_COULD_NOT_RUN;

	for (; done < repeat && !interrupted; done++) {
		struct drill_result *result = &results[done];
		char *dir = make_folder(run, done + 1), *before;

		if (!dir)
			break;
		result->drill = *run->drill;
		if (drill_expect(&result->expected, &result->drill)) {
			warn_line("%s", drill_nothing_expected(run->drill));
			free(dir);
			break;
		}
		before = drill_told(drill_faults[run->drill->fault].name, results, done, repeat);
		drill_play_one(run->host, result, dir, before, &interrupted);
		free(before);
		if (table && !done)
			drill_print_head(run->drill);
		if (table)
			drill_print_row(result);
		fprintf(stderr, "evidence: %s (%.0f s)\n", dir, result->wall_s);
		free(dir);
	}
	if (done)
		ret = drill_results_status(results, done);
	if (run->json && results_write(all_results(results, done), run->json))
		ret = PUG_COULD_NOT_RUN;
	free(results);
	return done < repeat || interrupted ? PUG_COULD_NOT_RUN : ret;
}
