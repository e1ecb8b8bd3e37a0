// SPDX-License-Identifier: GPL-2.0
/* JUnit's XML, as Jenkins and GitLab read it: a suite for each run. */
#include <string.h>

#include "report-model.h"
#include "util.h"

static size_t count(const struct report_run *run, const char *outcome)
{
	size_t n = 0;

	for (size_t i = 0; i < run->cells.n; i++)
		n += !strcmp(report_outcome(run->cells.item[i].result), outcome);
	for (size_t i = 0; i < run->drills.n; i++)
		n += !strcmp(report_outcome(run->drills.item[i].result), outcome);
	return n;
}

static void print_body(const json_t *result, FILE *out)
{
	const char *outcome = report_outcome(result);
	const char *reason = report_text(result, "observed", "reason");

	if (!strcmp(outcome, "not run")) {
		html_print(out, "<skipped message=\"%s\"/>\n", report_text(result, NULL, "not_run"));
		return;
	}
	if (!strcmp(outcome, "error"))
		html_print(out, "<error message=\"could not be judged\">%s</error>\n", reason);
	else if (!strcmp(outcome, "surprise"))
		html_print(out, "<failure message=\"surprise: expected %s, seen %s\">expected: %s\nseen: %s</failure>\n",
			   report_text(result, "expected", "verdict"),
			   report_text(result, "observed", "verdict"),
			   report_text(result, "expected", "reason"), reason);
	html_print(out, "<system-out>protected: %s\nseen: %s</system-out>\n",
		   report_text(result, "observed", "protected"), reason);
}

static void print_case(const struct report_item *item, FILE *out)
{
	double wall = 0;

	report_number(item->result, NULL, "wall_s", &wall);
	html_print(out, "<testcase classname=\"%s.%s\" name=\"%s\"",
		   report_text(item->result, NULL, "fault"),
		   report_text(item->result, NULL, "watchdog"), item->name);
	fprintf(out, " time=\"%.3f\">\n", wall);
	print_body(item->result, out);
	fputs("</testcase>\n", out);
}

static void print_suite(const struct report_run *run, FILE *out)
{
	html_print(out, "<testsuite name=\"%s\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\">\n",
		   run->name, run->cells.n + run->drills.n, count(run, "surprise"),
		   count(run, "error"), count(run, "not run"));
	for (size_t i = 0; i < run->cells.n; i++)
		print_case(&run->cells.item[i], out);
	for (size_t i = 0; i < run->drills.n; i++)
		print_case(&run->drills.item[i], out);
	fputs("</testsuite>\n", out);
}

static void print_problems(const struct report *r, FILE *out)
{
	size_t n = json_array_size(r->problems), i;
	json_t *text;

	if (!n)
		return;
	html_print(out, "<testsuite name=\"could not be read\" tests=\"%zu\" failures=\"0\" errors=\"%zu\" skipped=\"0\">\n",
		   n, n);
	json_array_foreach(r->problems, i, text)
		html_print(out, "<testcase classname=\"report\" name=\"%s\"><error message=\"could not be read\"/></testcase>\n",
			   json_string_value(text));
	fputs("</testsuite>\n", out);
}

/**
 * report_junit() - the report as JUnit's XML
 * @r: complete
 * @out: written to
 * @out_path: not used
 *
 * A surprise is a failure, what could not be judged or read an error.
 *
 * Return: 0.
 */
int report_junit(const struct report *r, FILE *out, const char *out_path)
{
	(void)out_path;
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", out);
	for (size_t i = 0; i < r->n; i++)
		print_suite(&r->runs[i], out);
	print_problems(r, out);
	fputs("</testsuites>\n", out);
	return 0;
}
