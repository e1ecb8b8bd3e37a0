// SPDX-License-Identifier: GPL-2.0
/* pug drill table: drills of many runs in one table, for make drill-table and for people. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "drill-record.h"
#include "util.h"

struct table_options {
	const char *record;
	const char *date;
	const char *versions;
	bool rst;
	char **files;
	size_t n;
};

enum { OPT_RECORD = 0x100, OPT_DATE, OPT_VERSIONS, OPT_RST };

static const struct argp_option options[] = {
	{ "rst", OPT_RST, NULL, 0, "The table as reStructuredText, each row with its anchor", 0 },
	{ "record", OPT_RECORD, "FILE", 0,
	  "Write all rows there, with names and dates, instead of a table", 0 },
	{ "date", OPT_DATE, "YYYY-MM-DD", 0, "Of rows that have none, for --record (today)", 0 },
	{ "versions", OPT_VERSIONS, "TEXT", 0,
	  "What was drilled, of rows that have no date, for --record", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct table_options *o = state->input;

	switch (key) {
	case OPT_RST:
		o->rst = true;
		return 0;
	case OPT_RECORD:
		o->record = arg;
		return 0;
	case OPT_DATE:
		o->date = arg;
		return 0;
	case OPT_VERSIONS:
		o->versions = arg;
		return 0;
	case ARGP_KEY_ARGS:
		o->files = state->argv + state->next;
		o->n = state->argc - state->next;
		return 0;
	case ARGP_KEY_END:
		if (!o->n)
			argp_error(state, "results of which drills? drills.json of a matrix, or --json of a drill");
		if (!o->record && (o->date || o->versions))
			argp_error(state, "--date and --versions are for --record");
		if (o->record && o->rst)
			argp_error(state, "either --record or --rst");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "FILE.json...",
	.doc = "Results of drills in one table. A file may be an earlier record, to which the others add their rows; a row that is there already is not added. Each gets a name, D01, which it keeps in a record.\n"
	       "\vA drill that could not be judged is left out, and counted on standard error.\n"
	       "Exit status: 0 made, 2 could not be.",
};

static int read_all(struct drill_record *record, const struct table_options *o)
{
	for (size_t i = 0; i < o->n; i++) {
		json_error_t error;
		json_t *json = json_load_file(o->files[i], JSON_REJECT_DUPLICATES, &error);
		int ret = -1;

		if (json)
			ret = drill_record_add(record, json, o->files[i]);
		else
			snprintf(record->why, sizeof(record->why), "%.150s: %s", o->files[i],
				 error.text);
		json_decref(json);
		if (ret)
			return ret;
	}
	return drill_record_name(record);
}

static int write_record(struct drill_record *record, const struct table_options *o)
{
	char date[16];

	drill_record_stamp(record, o->date ? o->date : today(date, sizeof(date)), o->versions);
	if (!json_dump_file(record->rows, o->record, JSON_INDENT(1)))
		return 0;
	snprintf(record->why, sizeof(record->why), "%.200s can't be written", o->record);
	return -1;
}

/**
 * cmd_drill_table() - pug drill table
 * @argc: of the subcommand
 * @argv: of the subcommand
 *
 * Return: the exit status.
 */
int cmd_drill_table(int argc, char **argv)
{
	struct table_options o = { 0 };
	struct drill_record record;
	int ret;

	argv[0] = (char *)"pug drill table";
	argp_err_exit_status = PUG_COULD_NOT_RUN;
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	drill_record_init(&record);
	ret = read_all(&record, &o);
	if (!ret && o.record)
		ret = write_record(&record, &o);
	else if (!ret && o.rst)
		drill_record_rst(&record, stdout);
	else if (!ret)
		drill_record_print(&record, stdout);
	if (ret)
		warn_safe("%s", record.why);
	if (record.left_out)
		warn_line("%zu drills could not be judged: they are left out", record.left_out);
	drill_record_free(&record);
	return ret ? PUG_COULD_NOT_RUN : PUG_AS_EXPECTED;
}
