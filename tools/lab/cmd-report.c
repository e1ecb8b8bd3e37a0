// SPDX-License-Identifier: GPL-2.0
/* pug report: what runs and drills showed, for those who were not there. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "report-model.h"
#include "util.h"

enum { OPT_FORMAT = 256, OPT_COMPARE, OPT_TITLE };

struct report_options {
	const char *output;
	const struct report_format *format;
	const char *title;
	char **paths;
	int n;
	bool compare;
};

/* The first is the default */
const struct report_format report_formats[] = {
	{ "html", "a page, one file", true, report_html },
	{ "md", "Markdown tables", true, report_md },
	{ "junit", "XML for CI servers", false, report_junit },
	{ "ktap", "the kernel's test protocol", false, report_ktap_items },
	{ "csv", "RFC 4180", false, report_csv },
	{ NULL, NULL, false, NULL },
};

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0, "Write it there (default: standard output)", 0 },
	{ "format", OPT_FORMAT, "NAME", 0, "html (the default), md, junit, ktap, csv", 0 },
	{ "compare", OPT_COMPARE, NULL, 0, "Of two runs: what is different in the second", 0 },
	{ "title", OPT_TITLE, "TEXT", 0, "Of the report", 0 },
	{ 0 },
};

static const struct report_format *find_format(const char *name)
{
	for (const struct report_format *f = report_formats; f->name; f++)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}

static void check_options(struct report_options *o, struct argp_state *state)
{
	if (!o->n)
		argp_error(state, "which run's folder?");
	if (o->compare && o->n != 2)
		argp_error(state, "--compare wants two runs");
	if (o->compare && !o->format->compares)
		argp_error(state, "--compare is there for html and md");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct report_options *o = state->input;

	switch (key) {
	case 'o':
		o->output = strcmp(arg, "-") ? arg : NULL;
		return 0;
	case OPT_FORMAT:
		o->format = find_format(arg);
		if (!o->format)
			argp_error(state, "no format '%s'; there are: html, md, junit, ktap, csv", arg);
		return 0;
	case OPT_COMPARE:
		o->compare = true;
		return 0;
	case OPT_TITLE:
		o->title = arg;
		return 0;
	case ARGP_KEY_ARGS:
		o->paths = state->argv + state->next;
		o->n = state->argc - state->next;
		return 0;
	case ARGP_KEY_END:
		check_options(o, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	options, parse, "RUN...",
	"Report on folders of pug matrix, pug sweep and pug drill, or on single cells and drills.\n"
	"\vAn HTML report is one file: it wants no other and no network. Links to the raw evidence are\n"
	"relative to FILE.\n"
	"Exit status: 0 written, with --compare also that no verdict changed; 1 with --compare: a verdict\n"
	"changed, or a cell is in one run only; 2 something could not be read or written. What could be\n"
	"read is in the report then, and what could not is named there.",
	NULL, NULL, NULL,
};

/* Beside its place, and renamed: a reader sees the old page or the new one */
static int write_file(const struct report *r, const struct report_options *o)
{
	char *part = xasprintf("%s.part", o->output);
	FILE *out = fopen(part, "we");
	int ret = out ? o->format->write(r, out, o->output) : -1;

	if (out && ferror(out))
		ret = -1;
	if (out && fclose(out))
		ret = -1;
	if (!ret)
		ret = rename(part, o->output);
	if (ret) {
		warn_line("%s can't be written: %s", o->output, strerror(errno));
		if (out)
			unlink(part);
	}
	free(part);
	return ret;
}

static int write_report(const struct report *r, const struct report_options *o)
{
	if (o->output)
		return write_file(r, o);
	if (o->format->write == report_html && isatty(STDOUT_FILENO)) {
		warn_line("a page is not for a terminal: give -o FILE, or --format md");
		return -1;
	}
	return o->format->write(r, stdout, NULL);
}

static bool is_different(const struct report *r)
{
	static const char * const lists[] = { "changed", "only_a", "only_b" };

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (json_array_size(json_object_get(r->changes, lists[i])))
			return true;
	return false;
}

static void compare(struct report *r, const struct report_options *o)
{
	if (!o->compare)
		return;
	if (r->n == 2 && r->runs[0].cells.n && r->runs[1].cells.n)
		r->changes = report_compare(&r->runs[0], &r->runs[1]);
	else
		report_problem(r, "nothing is compared: that wants cells in both runs");
}

/**
 * cmd_report() - pug report RUN...
 * @argc: of the subcommand
 * @argv: of the subcommand
 *
 * Return: the exit status.
 */
int cmd_report(int argc, char **argv)
{
	struct report_options o = { .format = report_formats, .title = "Which watchdog fired?" };
	struct report r = { .problems = json_array() };
	int ret = PUG_AS_EXPECTED;

	argv[0] = (char *)"pug report";
	argp_err_exit_status = PUG_COULD_NOT_RUN;
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	r.title = o.title;
	for (int i = 0; i < o.n; i++)
		report_read(&r, o.paths[i]);
	compare(&r, &o);
	if (json_array_size(r.problems) || !r.n)
		ret = PUG_COULD_NOT_RUN;
	else if (is_different(&r))
		ret = PUG_SURPRISE;
	if (r.n && write_report(&r, &o))
		ret = PUG_COULD_NOT_RUN;
	report_free(&r);
	return ret;
}
