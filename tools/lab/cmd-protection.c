// SPDX-License-Identifier: GPL-2.0
/*
 * pug protection: a record of runs, and the page of it. For make protection-table, and
 * for who has a table of machines of their own.
 */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "protection.h"
#include "util.h"

struct protection_options {
	const char *record;
	const char *date;
	const char *page;
	char **runs;
	size_t n;
};

enum { OPT_RECORD = 0x100, OPT_DATE, OPT_PAGE };

static const struct argp_option options[] = {
	{ "record", OPT_RECORD, "FILE", 0, "make a record of the runs: their run.json", 0 },
	{ "date", OPT_DATE, "YYYY-MM-DD", 0, "of the runs (today)", 0 },
	{ "page", OPT_PAGE, "FILE", 0, "print the page of a record", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct protection_options *o = state->input;

	switch (key) {
	case OPT_RECORD:
		o->record = arg;
		return 0;
	case OPT_DATE:
		o->date = arg;
		return 0;
	case OPT_PAGE:
		o->page = arg;
		return 0;
	case ARGP_KEY_ARGS:
		o->runs = state->argv + state->next;
		o->n = state->argc - state->next;
		return 0;
	case ARGP_KEY_END:
		if (!o->record == !o->page || !o->record != !o->n)
			argp_error(state, "either --record FILE RUN.JSON..., or --page FILE");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[RUN.JSON...]",
	.doc = "The protection table of cells that were run: a record of them, and its page.\n"
	       "RUN.JSON may be an earlier record, to which the other runs are added.\n"
	       "\vExit status: 0 made, 2 could not, or the record contradicts itself.",
};

static int make_record(const struct protection_options *o)
{
	char why[512] = "", date[16];
	struct record record;
	json_t *json;
	int ret;

	json = record_make(o->runs, o->n, o->date ? o->date : today(date, sizeof(date)), why,
			   sizeof(why));
	if (!json) {
		warn_text(why);
		return PUG_COULD_NOT_RUN;
	}
	ret = record_read(&record, json);
	if (ret) {
		warn_text(record.why);
	} else if (json_dump_file(json, o->record, JSON_INDENT(1))) {
		warn_line("%s can't be written", o->record);
		ret = -1;
	}
	record_free(&record);
	return ret ? PUG_COULD_NOT_RUN : PUG_AS_EXPECTED;
}

static int print_page(const struct protection_options *o)
{
	struct record record;
	json_error_t error;
	json_t *json = json_load_file(o->page, 0, &error);
	int ret;

	if (!json) {
		warn_line("%s: %s", o->page, error.text);
		return PUG_COULD_NOT_RUN;
	}
	ret = record_read(&record, json);
	if (ret)
		warn_text(record.why);
	else
		protection_rst(&record, stdout);
	record_free(&record);
	return ret ? PUG_COULD_NOT_RUN : PUG_AS_EXPECTED;
}

/**
 * cmd_protection() - pug protection
 * @argc: of the subcommand
 * @argv: of the subcommand
 *
 * Return: the exit status.
 */
int cmd_protection(int argc, char **argv)
{
	struct protection_options o = { 0 };

	argv[0] = (char *)"pug protection";
	argp_err_exit_status = PUG_COULD_NOT_RUN;
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	return o.record ? make_record(&o) : print_page(&o);
}
