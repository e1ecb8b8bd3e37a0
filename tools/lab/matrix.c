// SPDX-License-Identifier: GPL-2.0
/* pug matrix: run the cells, print the table. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "compiler.h"
#include "plan.h"
#include "report.h"
#include "session.h"
#include "util.h"

enum {
	OPT_FAULTS = 256, OPT_WATCHDOGS, OPT_CLOCKS, OPT_MACHINES, OPT_KERNELS, OPT_MSECS,
	OPT_TIMEOUT, OPT_ACTION, OPT_INTERVAL, OPT_SETTLE, OPT_CPUS, OPT_PRESET, OPT_LIST,
	OPT_JSON, OPT_KTAP, OPT_PHASE, OPT_ALL,
};

struct matrix_options {
	struct plan plan;	/* NULL and 0 where the preset's value holds */
	const char *preset;
	const char *json;
	struct session *session;
	bool list;
	bool all;
	bool ktap;
};

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "Cells: the product of", 1 },
	{ "preset", OPT_PRESET, "NAME", 0,
	  "Begin with these cells (default talk): talk, quick, full, faults",
	  1 },
	{ "faults", OPT_FAULTS, "LIST", 0,
	  "none (the control), stop-machine, and more: see Documentation/faults.rst", 1 },
	{ "watchdogs", OPT_WATCHDOGS, "LIST", 0,
	  "none, i6300esb, ib700, itco, softdog, hangcheck-timer, and duds: see pug(1)",
	  1 },
	{ "clocks", OPT_CLOCKS, "LIST", 0, "Guest clocksources: tsc, hpet, acpi_pm, kvm-clock", 1 },
	{ "machines", OPT_MACHINES, "LIST", 0, "QEMU machine types: pc, q35", 1 },
	{ "kernels", OPT_KERNELS, "LIST", 0, "Guest kernels that 'make guests' unpacked", 1 },
	{ "msecs", OPT_MSECS, "LIST", 0, "Lengths of the fault in ms", 1 },
	{ "timeout", OPT_TIMEOUT, "LIST", 0, "Timeouts of the watchdog in s", 1 },
	{ "action", OPT_ACTION, "LIST", 0,
	  "What QEMU does when its device fires: reset, poweroff, pause, inject-nmi, none", 1 },
	{ "interval", OPT_INTERVAL, "MS", 0, "Between two keepalives", 1 },
	{ "settle", OPT_SETTLE, "MS", 0, "Watch the guest so long after the thaw", 1 },
	{ "phase", OPT_PHASE, "MS", 0, "Move the fault so far across the keepalive period", 1 },
	{ "cpus", OPT_CPUS, "N", 0, "vCPUs (default 2)", 1 },
	{ NULL, 0, NULL, 0, "Results", 2 },
	{ "list", OPT_LIST, NULL, 0,
	  "Print the cells and what is expected of each; run nothing",
	  2 },
	{ "all", OPT_ALL, NULL, 0, "With --list: also what is left out, and by which rule", 2 },
	{ "json", OPT_JSON, "FILE", 0,
	  "Write the results to FILE too; - for standard output, instead of the table",
	  2 },
	{ "ktap", OPT_KTAP, NULL, 0, "Print KTAP instead of the table", 2 },
	{ 0 },
};

static error_t parse_cells(int key, char *arg, struct argp_state *state)
{
	struct matrix_options *o = state->input;
	const struct {
		int key;
		const char **list;
	} lists[] = {
		{ OPT_FAULTS, &o->plan.faults }, { OPT_WATCHDOGS, &o->plan.watchdogs },
		{ OPT_CLOCKS, &o->plan.clocks }, { OPT_MACHINES, &o->plan.machines },
		{ OPT_KERNELS, &o->plan.kernels }, { OPT_ACTION, &o->plan.actions },
		{ OPT_MSECS, &o->plan.msecs }, { OPT_TIMEOUT, &o->plan.timeouts },
		{ OPT_PRESET, &o->preset }, { OPT_JSON, &o->json },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		if (lists[i].key != key)
			continue;
		*lists[i].list = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

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

static error_t parse_numbers(int key, char *arg, struct argp_state *state)
{
	struct matrix_options *o = state->input;

	switch (key) {
	case OPT_INTERVAL:
		session_number(state, "--interval", arg, 10, 600000, &o->plan.interval_ms);
		return 0;
	case OPT_SETTLE:
		session_number(state, "--settle", arg, 1000, 600000, &o->plan.settle_ms);
		return 0;
	case OPT_CPUS:
		session_number(state, "--cpus", arg, 1, 64, &o->plan.cpus);
		return 0;
	case OPT_PHASE:
		session_number(state, "--phase", arg, 0, 600000, &o->plan.phase_ms);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct matrix_options *o = state->input;

	if (key == ARGP_KEY_INIT)
		state->child_inputs[0] = &o->session->o;
	if (key == ARGP_KEY_ARG)
		argp_error(state, "'%s' is no option", arg);
	if (!parse_flags(key, o) || !parse_cells(key, arg, state))
		return 0;
	return parse_numbers(key, arg, state);
}

static const struct argp_child children[] = { { &session_argp, 0, NULL, 3 }, { 0 } };

static const struct argp argp = {
	options, parse, NULL,
	"Freeze guests in QEMU and say which watchdog fired, when, and what got out before it did.\n"
	"\vA result is 'as expected' when verdict, effect and author are what the sources say.\n"
	"'pug explain DIR' recomputes a cell's verdict from its evidence.\n"
	"Exit status: 0 all as expected, 1 a surprise, 2 could not run.",
	children, NULL, NULL,
};

static void overlay(struct plan *plan, const struct plan *given)
{
	const struct {
		const char **to;
		const char *from;
	} rows[] = {
		{ &plan->faults, given->faults }, { &plan->watchdogs, given->watchdogs },
		{ &plan->clocks, given->clocks }, { &plan->machines, given->machines },
		{ &plan->kernels, given->kernels }, { &plan->actions, given->actions },
		{ &plan->msecs, given->msecs }, { &plan->timeouts, given->timeouts },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].from)
			*rows[i].to = rows[i].from;
	if (given->interval_ms)
		plan->interval_ms = given->interval_ms;
	if (given->settle_ms)
		plan->settle_ms = given->settle_ms;
	if (given->cpus)
		plan->cpus = given->cpus;
	if (given->phase_ms)
		plan->phase_ms = given->phase_ms;
}

static int make_cells(struct cells *cells, const struct matrix_options *o)
{
	struct plan plans[PRESET_PLANS_MAX];
	bool sparing;
	char why[512];
	size_t n;

	if (plan_preset(plans, &n, &sparing, o->preset ? o->preset : "talk")) {
		plan_preset_names(why, sizeof(why));
		warn_line("no preset '%s'; there are: %s", o->preset, why);
		return -1;
	}
	for (size_t i = 0; i < n; i++) {
		overlay(&plans[i], &o->plan);
		if (o->session->o.kernel)
			plans[i].kernels = "custom";
		if (!plan_cells(&plans[i], sparing, cells, why, sizeof(why)))
			continue;
		warn_line("%s", why);
		return -1;
	}
	if (cells->n)
		return 0;
	warn_line("no cell is left: %s", cells->n_out ? cells->out[0].rule : "none was asked for");
	return -1;
}

static void list_cells(const struct run *run, const struct cells *cells, bool all)
{
	report_list(run, stdout);
	for (size_t i = 0; all && i < cells->n_out; i++)
		printf("%s%-62s left out\n    %s\n", i ? "" : "\n", cells->out[i].cell.id,
		       cells->out[i].rule);
	if (cells->n_out)
		printf("%zu combinations left out%s\n", cells->n_out,
		       all ? "" : "; --list --all names them and the rules");
}

static int report(const struct run *run, const struct matrix_options *o)
{
	struct tally tally = report_tally(run);
	bool colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
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
	if (!make_cells(&cells, &o) && !session_results(&run, cells.cell, cells.n)) {
		if (o.list) {
			list_cells(&run, &cells, o.all);
			ret = PUG_AS_EXPECTED;
		} else if (!session_open(&session) && !session_run(&session, &run)) {
			ret = report(&run, &o);
		}
	}
	session_free_results(&run);
	session_close(&session);
	cells_free(&cells);
	return ret;
}
