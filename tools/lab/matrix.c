// SPDX-License-Identifier: GPL-2.0
/* pug matrix: run the cells, print the table. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cells-args.h"
#include "cells-list.h"
#include "command.h"
#include "compiler.h"
#include "keep.h"
#include "report.h"
#include "session.h"
#include "util.h"

enum { OPT_LIST = 256, OPT_JSON, OPT_KTAP, OPT_ALL };

struct matrix_options {
	struct cells_options cells;
	const char *json;
	struct session *session;
	bool list;
	bool all;
	bool ktap;
};

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "Results", 2 },
	{ "list", OPT_LIST, NULL, 0,
	  "Print the cells and what is expected of each; run nothing",
	  2 },
	{ "all", OPT_ALL, NULL, 0, "With --list: also what is left out, and by which rule", 2 },
	{ "json", OPT_JSON, "FILE", OPTION_ARG_OPTIONAL,
	  "Write the results, or with --list the cells, to FILE too; without FILE, or with -, to standard output instead of the table",
	  2 },
	{ "ktap", OPT_KTAP, NULL, 0, "Print KTAP instead of the table", 2 },
	{ 0 },
};

static error_t parse_flags(int key, struct matrix_options *o)
{
	const struct {
		int key;
		bool *flag;
	} flags[] = {
		{ OPT_LIST, &o->list }, { OPT_ALL, &o->all }, { OPT_KTAP, &o->ktap },
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if (flags[i].key != key)
			continue;
		*flags[i].flag = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* "--json FILE" is as good as "--json=FILE": there are no other arguments */
static const char *optional_file(const char *arg, struct argp_state *state)
{
	const char *next = state->next < state->argc ? state->argv[state->next] : NULL;

	if (arg)
		return arg;
	if (!next || (next[0] == '-' && next[1]))
		return "-";
	state->next++;
	return next;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct matrix_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->cells;
		state->child_inputs[1] = &o->session->o;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is no option", arg);
		return 0;
	case OPT_JSON:
		o->json = optional_file(arg, state);
		return 0;
	default:
		return parse_flags(key, o);
	}
}

static const struct argp_child children[] = {
	{ &cells_argp, 0, NULL, 1 }, { &session_argp, 0, NULL, 3 }, { 0 }
};

static const struct argp argp = {
	options, parse, NULL,
	"Freeze guests in QEMU and say which watchdog fired, when, and what got out before it did.\n"
	"\vA result is 'as expected' when verdict, effect and author are what the sources say.\n"
	"'pug explain DIR' recomputes a cell's verdict from its evidence.\n"
	"Exit status: 0 all as expected, 1 a surprise, 2 could not run.",
	children, NULL, NULL,
};

static int list_cells(const struct run *run, const struct cells *cells,
		      const struct matrix_options *o)
{
	bool all = o->all;

	if (o->json && results_write(cells_list(run), o->json))
		return PUG_COULD_NOT_RUN;
	if (o->json && !strcmp(o->json, "-"))
		return PUG_AS_EXPECTED;
	report_list(run, stdout);
	for (size_t i = 0; all && i < cells->n_out; i++)
		printf("%s%-62s left out\n    %s\n", i ? "" : "\n", cells->out[i].cell.id,
		       cells->out[i].rule);
	if (cells->n_out)
		printf("%zu combinations left out%s\n", cells->n_out,
		       all ? "" : "; --list --all names them and the rules");
	return PUG_AS_EXPECTED;
}

static int report(const struct run *run, const struct matrix_options *o)
{
	struct tally tally = report_tally(run);
	bool colour = wants_colour(STDOUT_FILENO);
	int ret = session_write(o->session, report_json(run), o->json);

	if (o->ktap)
		report_ktap(run, stdout);
	else if (!o->json || strcmp(o->json, "-"))
		report_table(run, stdout, colour);
	if (run->interrupted)
		warn_line("interrupted; what ended is kept in %s", run->out);
	else if (!o->ktap && isatty(STDOUT_FILENO))
		fprintf(stderr, "evidence: %s\n", run->out);
	if (fflush(stdout) || ret)
		return PUG_COULD_NOT_RUN;
	return run->interrupted ? PUG_COULD_NOT_RUN : tally_exit(&tally);
}

/**
 * cmd_matrix() - pug matrix
 * @argc: of the subcommand
 * @argv: of the subcommand
 *
 * Return: the exit status.
 */
int cmd_matrix(int argc, char **argv)
{
	struct session session = { 0 };
	struct matrix_options o = { .session = &session };
	struct run run = { 0 };
	struct cells cells = { 0 };
	int ret = PUG_COULD_NOT_RUN;

	argv[0] = (char *)"pug matrix";
	argp_err_exit_status = PUG_COULD_NOT_RUN;
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	if (!cells_make(&cells, &o.cells, session.o.kernel) &&
	    !session_results(&run, cells.cell, cells.n)) {
		cells_key(run.list, cells.cell, cells.n);
		run.list_n = cells.n;
		if (o.list)
			ret = list_cells(&run, &cells, &o);
		else if (!session_open(&session) && !session_run(&session, &run))
			ret = report(&run, &o);
	}
	session_free_results(&run);
	session_close(&session);
	cells_free(&cells);
	return ret;
}
