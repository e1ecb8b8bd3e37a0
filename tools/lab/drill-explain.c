// SPDX-License-Identifier: GPL-2.0
/* pug explain of a drill's folder: its timeline and verdict, from raw evidence alone. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "drill-play.h"
#include "drill-run.h"
#include "evidence.h"
#include "keep.h"
#include "util.h"

/**
 * drill_is_folder() - a drill's, not a cell's?
 * @dir: a folder
 *
 * Return: whether.
 */
bool drill_is_folder(const char *dir)
{
	char *path = path_join(dir, DRILL_ASKED);
	bool is = !access(path, F_OK);

	free(path);
	return is;
}

/**
 * drill_load() - what was asked and expected
 * @result: filled in but for what was seen
 * @dir: the drill's folder
 * @why: why not
 * @len: room in @why
 *
 * Return: 0 or -1.
 */
int drill_load(struct drill_result *result, const char *dir, char *why, size_t len)
{
	char *path = path_join(dir, DRILL_ASKED);
	json_error_t error;
	json_t *json = json_load_file(path, 0, &error);
	const char *what = json ? NULL : error.text;
	int ret = -1;

	memset(result, 0, sizeof(*result));
	if (json && !drill_from_json(&result->drill, json, &what)) {
		ret = drill_expect(&result->expected, &result->drill);
		what = "nothing is expected of it";
	}
	if (ret)
		snprintf(why, len, "%s: %s", path, what);
	json_decref(json);
	free(path);
	return ret;
}

static void print_line(const char *label, const char *text)
{
	char *escaped = text_escape(text);

	printf("%-10s %s\n", label, escaped);
	free(escaped);
}

static void print_verdict(const struct drill_result *r)
{
	char text[64];

	putchar('\n');
	print_line("expected", drill_kind_name(r->expected.kind));
	print_line("", r->expected.reason);
	drill_sentence(&r->seen, text, sizeof(text));
	print_line("seen", text);
	print_line("", r->seen.reason);
	puts(r->seen.kind == DRILL_ERROR ? "ERROR" : r->met ? "AS EXPECTED" : "SURPRISE");
}

/**
 * drill_explain() - print a drill's timeline, judge it once more
 * @dir: its folder
 * @json: the result only, for programs
 * @all: every line of the evidence
 *
 * Return: the exit status.
 */
int drill_explain(const char *dir, bool json, bool all)
{
	struct drill_timeline tl = { 0 };
	struct drill_result r;
	char why[512];
	json_t *o;

	if (drill_load(&r, dir, why, sizeof(why))) {
		warn_text(why);
		return PUG_COULD_NOT_RUN;
	}
	drill_derive(&r, dir, &tl);
	if (json) {
		o = drill_result_to_json(&r);
		results_write(o, "-");
	} else {
		drill_timeline_print(&tl, all, stdout);
		print_verdict(&r);
	}
	drill_timeline_free(&tl);
	if (r.seen.kind == DRILL_ERROR)
		return PUG_COULD_NOT_RUN;
	return r.met ? PUG_AS_EXPECTED : PUG_SURPRISE;
}
