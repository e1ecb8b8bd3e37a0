// SPDX-License-Identifier: GPL-2.0
/* Reports that are lists: Markdown, CSV, KTAP. */
#include <stdlib.h>
#include <string.h>

#include "report-model.h"
#include "util.h"

typedef void (*item_fn)(const struct report_run *run, const struct report_item *item, FILE *out,
			size_t number);

/* All cells, then all drills, run by run */
static void each(const struct report *r, FILE *out, item_fn cell, item_fn drill)
{
	size_t number = 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct report_run *run = &r->runs[i];

		for (size_t k = 0; cell && k < run->cells.n; k++)
			cell(run, &run->cells.item[k], out, ++number);
		for (size_t k = 0; drill && k < run->drills.n; k++)
			drill(run, &run->drills.item[k], out, ++number);
	}
}

/* --- Markdown ------------------------------------------------------------------- */

static void md_cell(FILE *out, const char *text)
{
	fputs(" ", out);
	md_text(out, *text ? text : "–");
	fputs(" |", out);
}

static void md_free(FILE *out, char *text)
{
	md_cell(out, text);
	free(text);
}

static const char *md_mark(const json_t *result)
{
	const char *outcome = report_outcome(result);

	return !strcmp(outcome, "surprise") ? "! surprise" : outcome;
}

static void md_one_cell(const struct report_run *run, const struct report_item *item, FILE *out,
			size_t number)
{
	(void)run;
	(void)number;
	fputc('|', out);
	md_cell(out, report_protected(item->result));
	md_cell(out, report_text(item->result, NULL, "fault"));
	md_free(out, report_watchdog(item->result));
	md_cell(out, report_text(item->result, NULL, "clock"));
	md_cell(out, report_text(item->result, NULL, "kernel"));
	md_free(out, report_seen(item->result, "expected"));
	md_free(out, report_seen(item->result, "observed"));
	md_free(out, report_fired(item->result));
	md_free(out, report_zombie(item->result));
	md_cell(out, md_mark(item->result));
	fputc('\n', out);
}

static void md_one_drill(const struct report_run *run, const struct report_item *item, FILE *out,
			 size_t number)
{
	(void)run;
	(void)number;
	fputc('|', out);
	md_cell(out, report_text(item->result, "observed", "sentence"));
	md_cell(out, report_text(item->result, NULL, "fault"));
	md_cell(out, report_text(item->result, NULL, "watchdog"));
	md_cell(out, report_text(item->result, NULL, "sync"));
	md_cell(out, report_text(item->result, NULL, "clock"));
	md_cell(out, report_text(item->result, "expected", "verdict"));
	md_cell(out, report_text(item->result, "observed", "reason"));
	md_cell(out, md_mark(item->result));
	fputc('\n', out);
}

static void md_difference(FILE *out, const json_t *one)
{
	double from, to;

	fputs("  * ", out);
	md_text(out, report_text(one, NULL, "what"));
	if (report_number(one, NULL, "from_ms", &from) && report_number(one, NULL, "to_ms", &to)) {
		fprintf(out, ": %.2f s → %.2f s\n", from / 1000, to / 1000);
		return;
	}
	fputs(": ", out);
	md_text(out, report_text(one, NULL, "from"));
	fputs(" → ", out);
	md_text(out, report_text(one, NULL, "to"));
	fputc('\n', out);
}

static void md_pairs(const struct report *r, const char *which, const char *heading, FILE *out)
{
	json_t *pairs = json_object_get(r->changes, which), *pair, *one;
	size_t i, k;

	fprintf(out, "\n## %s: %zu\n\n", heading, json_array_size(pairs));
	json_array_foreach(pairs, i, pair) {
		size_t b = (size_t)json_integer_value(json_object_get(pair, "b"));

		fputs("* ", out);
		md_text(out, r->runs[1].cells.item[b].name);
		fputc('\n', out);
		json_array_foreach(json_object_get(pair, "changed"), k, one)
			md_difference(out, one);
		json_array_foreach(json_object_get(pair, "moved"), k, one)
			md_difference(out, one);
	}
}

static void md_problems(const struct report *r, FILE *out)
{
	json_t *text;
	size_t i;

	if (json_array_size(r->problems))
		fputs("\nCould not be read:\n\n", out);
	json_array_foreach(r->problems, i, text) {
		fputs("* ", out);
		md_text(out, json_string_value(text));
		fputc('\n', out);
	}
}

/**
 * report_md() - the report as Markdown, as GitHub and GitLab show it
 * @r: complete
 * @out: written to
 * @out_path: not used
 *
 * Return: 0.
 */
int report_md(const struct report *r, FILE *out, const char *out_path)
{
	size_t cells = 0, drills = 0;

	(void)out_path;
	for (size_t i = 0; i < r->n; i++) {
		cells += r->runs[i].cells.n;
		drills += r->runs[i].drills.n;
	}
	fputs("# ", out);
	md_text(out, r->title);
	fputc('\n', out);
	if (r->changes) {
		md_pairs(r, "changed", "Another verdict", out);
		md_pairs(r, "moved", "The same verdict, at another time", out);
	}
	if (cells) {
		fputs("\n| Protected | Fault | Watchdog | Clock | Kernel | Expected | Seen | Fired after | Zombie | Outcome |\n|---|---|---|---|---|---|---|---|---|---|\n",
		      out);
		each(r, out, md_one_cell, NULL);
	}
	if (drills) {
		fputs("\n| Drill | Fault | Watchdog | Sync | Clock | Expected | Why | Outcome |\n|---|---|---|---|---|---|---|---|\n",
		      out);
		each(r, out, NULL, md_one_drill);
	}
	md_problems(r, out);
	return 0;
}

/* --- CSV ------------------------------------------------------------------------- */

static const struct {
	const char *group;
	const char *name;
} csv_columns[] = {
	{ NULL, "fault" }, { NULL, "watchdog" }, { NULL, "clock" }, { NULL, "machine" },
	{ NULL, "kernel" }, { NULL, "action" }, { NULL, "msecs" }, { NULL, "timeout_ms" },
	{ NULL, "interval_ms" }, { NULL, "phase_ms" }, { NULL, "cpus" }, { NULL, "drill" },
	{ NULL, "mode" }, { NULL, "sync" }, { NULL, "freeze_ms" }, { NULL, "ttl_s" },
	{ "expected", "verdict" }, { "expected", "effect" }, { "expected", "by" },
	{ "observed", "verdict" }, { "observed", "effect" }, { "observed", "protected" },
	{ "observed", "by" }, { "observed", "keepalive_to_fire_ms" },
	{ "observed", "fault_to_fire_ms" }, { "observed", "zombie_ms" },
	{ "observed", "zombie_writes" }, { "observed", "fired_by" },
	{ "observed", "fenced_after_ms" }, { "observed", "new_leader_after_ms" },
	{ "observed", "outage_ms" }, { "observed", "two_leaders_ms" },
	{ "observed", "acked_rows" }, { "observed", "lost_rows" }, { "observed", "reason" },
};

static void csv_value(FILE *out, const json_t *json, const char *group, const char *name)
{
	double value;

	fputc(',', out);
	if (report_number(json, group, name, &value))
		fprintf(out, "%.12g", value);
	else if (*report_text(json, group, name))
		csv_text(out, report_text(json, group, name));
}

static void csv_one(const struct report_run *run, const struct report_item *item, FILE *out,
		    size_t number)
{
	(void)number;
	csv_text(out, run->name);
	fputc(',', out);
	csv_text(out, item->name);
	fputc(',', out);
	csv_text(out, report_outcome(item->result));
	for (size_t i = 0; i < ARRAY_SIZE(csv_columns); i++)
		csv_value(out, item->result, csv_columns[i].group, csv_columns[i].name);
	fputs("\r\n", out);
}

/**
 * report_csv() - the report as RFC 4180 has it, a line for each cell and drill
 * @r: complete
 * @out: written to
 * @out_path: not used
 *
 * Return: 0.
 */
int report_csv(const struct report *r, FILE *out, const char *out_path)
{
	(void)out_path;
	fputs("run,id,outcome", out);
	for (size_t i = 0; i < ARRAY_SIZE(csv_columns); i++)
		fprintf(out, ",%s%s%s", csv_columns[i].group ? csv_columns[i].group : "",
			csv_columns[i].group ? "_" : "", csv_columns[i].name);
	fputs("\r\n", out);
	each(r, out, csv_one, csv_one);
	return 0;
}

/* --- KTAP ------------------------------------------------------------------------ */

static void ktap_note(FILE *out, const json_t *json, const char *group, const char *label)
{
	fprintf(out, "# %s ", label);
	line_text(out, report_text(json, group, "verdict"));
	fputs(": ", out);
	line_text(out, report_text(json, group, "reason"));
	fputc('\n', out);
}

static void ktap_one(const struct report_run *run, const struct report_item *item, FILE *out,
		     size_t number)
{
	const char *outcome = report_outcome(item->result);
	const char *not_run = report_text(item->result, NULL, "not_run");

	if (strcmp(outcome, "not run")) {
		ktap_note(out, item->result, "expected", "expected");
		ktap_note(out, item->result, "observed", "seen");
	}
	fprintf(out, "%sok %zu ", !strcmp(outcome, "surprise") || !strcmp(outcome, "error") ?
		"not " : "", number);
	line_text(out, run->name);
	fputc('/', out);
	line_text(out, item->name);
	if (!strcmp(outcome, "not run")) {
		fputs(" # SKIP ", out);
		line_text(out, not_run);
	}
	fputc('\n', out);
}

/**
 * report_ktap_items() - the report as KTAP, a test for each cell and drill
 * @r: complete
 * @out: written to
 * @out_path: not used
 *
 * What could not be read is a test that failed.
 *
 * Return: 0.
 */
int report_ktap_items(const struct report *r, FILE *out, const char *out_path)
{
	size_t n = 0, i;
	json_t *text;

	(void)out_path;
	for (i = 0; i < r->n; i++)
		n += r->runs[i].cells.n + r->runs[i].drills.n;
	fprintf(out, "KTAP version 1\n1..%zu\n", n + json_array_size(r->problems));
	each(r, out, ktap_one, ktap_one);
	json_array_foreach(r->problems, i, text) {
		fprintf(out, "not ok %zu ", n + i + 1);
		line_text(out, json_string_value(text));
		fputc('\n', out);
	}
	return 0;
}
