// SPDX-License-Identifier: GPL-2.0
/* pug cell: one of a run's cells, by its id; many may run at once, on many machines. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cells-args.h"
#include "cells-list.h"
#include "command.h"
#include "keep.h"
#include "report.h"
#include "session.h"
#include "util.h"

enum { OPT_CELLS = 256, OPT_JSON };

struct cell_options {
	struct cells_options cells;
	struct session *session;
	const char *id;
	const char *list;
	const char *json;
};

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "Which list the cell is of", 1 },
	{ "cells", OPT_CELLS, "FILE", 0,
	  "Of pug matrix --list --json; without it the options of pug matrix, and without any the presets",
	  1 },
	{ NULL, 0, NULL, 0, "Results", 2 },
	{ "json", OPT_JSON, "FILE", 0,
	  "Write the result to FILE too, as pug matrix does; - for standard output, instead of the table",
	  2 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct cell_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->cells;
		state->child_inputs[1] = &o->session->o;
		return 0;
	case OPT_CELLS:
		o->list = arg;
		return 0;
	case OPT_JSON:
		o->json = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (o->id)
			argp_error(state, "one cell, please");
		o->id = arg;
		return 0;
	case ARGP_KEY_END:
		if (!o->id)
			argp_error(state, "which cell? 'pug matrix --list' names them");
		if (o->list && o->cells.given)
			argp_error(state, "--cells names all cells: no other option does then");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {
	{ &cells_argp, 0, NULL, 1 }, { &session_argp, 0, NULL, 3 }, { 0 }
};

static const struct argp argp = {
	options, parse, "ID",
	"Run one cell of pug matrix, which 'pug matrix --list' names.\n"
	"\vEvidence and result go to a folder of the cell's name in --out, which many may share; 'pug\n"
	"merge' makes one run of them.\n"
	"Exit status: 0 as expected, 1 a surprise, 2 could not run.",
	children, NULL, NULL,
};

/* Without options the id says which preset it is of: test-plan.c sees that one does */
static int find_preset(struct cells *cells, const struct cell_options *o)
{
	struct cells_options preset = o->cells;

	for (size_t i = 0; (preset.preset = plan_preset_name(i)); i++) {
		if (cells_make(cells, &preset, o->session->o.kernel))
			return -1;
		if (cells_find(cells, o->id))
			return 0;
		cells_free(cells);
	}
	return 0;
}

static int find_list(struct cells *cells, const struct cell_options *o)
{
	if (o->list)
		return cells_read_list(cells, o->list);
	if (o->cells.given)
		return cells_make(cells, &o->cells, o->session->o.kernel);
	return find_preset(cells, o);
}

static const struct cell *find_cell(struct cells *cells, const struct cell_options *o)
{
	const struct cell *cell;
	char *escaped;

	if (find_list(cells, o))
		return NULL;
	cell = cells_find(cells, o->id);
	if (cell)
		return cell;
	escaped = text_escape(o->id);
	warn_line("no cell '%s' in %s", escaped, o->list ? o->list : o->cells.given ?
		  "what these options list; 'pug matrix --list' with the same ones names all" :
		  "any preset; give --cells FILE, or the options that 'pug matrix --list' had");
	free(escaped);
	return NULL;
}

static int report(const struct run *run, const struct cell_options *o)
{
	struct tally tally = report_tally(run);
	bool colour = wants_colour(STDOUT_FILENO);
	int ret = 0;

	if (o->json && results_write(report_json(run), o->json))
		ret = -1;
	if (!o->json || strcmp(o->json, "-"))
		report_table(run, stdout, colour);
	if (fflush(stdout) || ret || run->interrupted)
		return PUG_COULD_NOT_RUN;
	return tally_exit(&tally);
}

/**
 * cmd_cell() - pug cell ID
 * @argc: of the subcommand
 * @argv: of the subcommand
 *
 * Return: the exit status.
 */
int cmd_cell(int argc, char **argv)
{
	struct session session = { 0 };
	struct cell_options o = { .session = &session };
	struct run run = { .shared = true };
	struct cells cells = { 0 };
	const struct cell *cell;
	int ret = PUG_COULD_NOT_RUN;

	argv[0] = (char *)"pug cell";
	argp_err_exit_status = PUG_COULD_NOT_RUN;
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	cell = find_cell(&cells, &o);
	if (cell && !session_results(&run, cell, 1)) {
		cells_key(run.list, cells.cell, cells.n);
		run.list_n = cells.n;
		if (!session_open(&session) && !session_run(&session, &run))
			ret = report(&run, &o);
	}
	session_free_results(&run);
	session_close(&session);
	cells_free(&cells);
	return ret;
}
