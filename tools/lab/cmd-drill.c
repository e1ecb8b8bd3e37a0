// SPDX-License-Identifier: GPL-2.0
/* pug drill: its command line. */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "compiler.h"
#include "drill-matrix.h"
#include "drill-options.h"
#include "drill-practice.h"
#include "drill-record.h"
#include "drill-run.h"
#include "inventory-run.h"
#include "keep.h"
#include "latency.h"
#include "live.h"
#include "plan.h"
#include "util.h"

#define LIST "list"
#define MATRIX "matrix"
#define INVENTORY "--inventory"

/* Where the options of what is drilled end */
enum {
	OPT_JSON = 1024, OPT_OUT, OPT_REPEAT, OPT_QEMU, OPT_PLAN, OPT_LIST, OPT_PROGRESS,
	OPT_INVENTORY, OPT_DRY_RUN, OPT_YES_DRILL, OPT_WITHOUT_PROTECTION
};

struct options {
	struct drill_options asked;
	const char *json;
	const char *out;
	const char *qemu;
	const char *plan;
	unsigned int repeat;
	bool list;
	bool of_vms;
	enum progress progress;
	struct inventory_args inventory;
};

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "How to run", 2 },
	{ "repeat", OPT_REPEAT, "N", 0,
	  "Drill so many times (default 1; of the matrix, as the plan has it)", 2 },
	{ "out", OPT_OUT, "DIR", 0,
	  "Keep the evidence here (default pug-drills/TIME); a matrix goes on there", 2 },
	{ "json", OPT_JSON, "FILE", 0, "Write the results there, - for standard output", 2 },
	{ "progress", OPT_PROGRESS, "HOW", 0, PROGRESS_HELP, 2 },
	{ "qemu", OPT_QEMU, "PATH", 0, "This qemu-system-x86_64", 2 },
	{ NULL, 0, NULL, 0, "The matrix", 3 },
	{ "plan", OPT_PLAN, "PLAN", 0,
	  "A plan's name (default configuration; --list names them), or a file of one", 3 },
	{ "list", OPT_LIST, NULL, 0, "Print the plan, play nothing", 3 },
	{ NULL, 0, NULL, 0, "A cluster of yours", 4 },
	{ "inventory", OPT_INVENTORY, "FILE", 0,
	  "Freeze the leader of the cluster in this file, over ssh: one of Patroni, of repmgr, or (untested) of BiHA; see Documentation/your-cluster.rst",
	  4 },
	{ "dry-run", OPT_DRY_RUN, NULL, 0, "Ask it, print the plan, do nothing", 4 },
	{ "yes-drill", OPT_YES_DRILL, "SCOPE", 0,
	  "Its scope, which otherwise has to be typed once the plan is told", 4 },
	{ "without-protection", OPT_WITHOUT_PROTECTION, NULL, 0,
	  "Although no watchdog and no fence is confirmed: rows may be lost", 4 },
	{ 0 },
};

static void for_the_matrix(const struct argp_state *state, const struct options *o)
{
	if (strcmp(o->asked.command, MATRIX) && (o->plan || o->list))
		argp_error(state, "--plan and --list are for the matrix");
}

static void for_an_inventory(const struct argp_state *state, const struct options *o)
{
	if (o->asked.inventory && (o->of_vms || o->repeat))
		argp_error(state, "--repeat, --qemu and --progress are for drills in VMs");
	if (!o->asked.inventory && (o->inventory.dry_run || o->inventory.scope ||
				    o->inventory.without_protection))
		argp_error(state, "--dry-run, --yes-drill and --without-protection are for --inventory");
}

static error_t parse_inventory(int key, char *arg, struct argp_state *state, struct options *o)
{
	switch (key) {
	case OPT_INVENTORY:
		if (o->asked.command)
			argp_error(state, "one drill at a time, please");
		o->inventory.path = arg;
		o->asked.command = INVENTORY;
		o->asked.other = true;
		o->asked.inventory = true;
		return 0;
	case OPT_DRY_RUN:
		o->inventory.dry_run = true;
		return 0;
	case OPT_YES_DRILL:
		o->inventory.scope = arg;
		return 0;
	case OPT_WITHOUT_PROTECTION:
		o->inventory.without_protection = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->asked;
		return 0;
	case OPT_JSON:
		o->json = arg;
		return 0;
	case OPT_OUT:
		o->out = arg;
		return 0;
	case OPT_QEMU:
		o->qemu = arg;
		o->of_vms = true;
		return 0;
	case OPT_PLAN:
		o->plan = arg;
		return 0;
	case OPT_PROGRESS:
		o->progress = live_progress(state, arg);
		o->of_vms = true;
		return 0;
	case OPT_LIST:
		o->list = true;
		return 0;
	case OPT_REPEAT:
		if (plan_number(arg, 1, 1000, &o->repeat))
			argp_error(state,
				   "--repeat %s: a whole number from 1 to 1000 is wanted", arg);
		return 0;
	case ARGP_KEY_ARG:
		if (o->asked.command || (strcmp(arg, LIST) && strcmp(arg, MATRIX)))
			return ARGP_ERR_UNKNOWN;
		o->asked.command = arg;
		o->asked.other = true;
		return 0;
	case ARGP_KEY_SUCCESS:
		for_the_matrix(state, o);
		for_an_inventory(state, o);
		return 0;
	default:
		return parse_inventory(key, arg, state, o);
	}
}

static const struct argp_child children[] = { { &drill_argp, 0, NULL, 0 }, { 0 } };

static const struct argp argp = {
	options, parse,
	DRILL_NAME "\n" DRILL_HANG "\n" DRILL_PRACTICE "\n" MATRIX "\n" LATENCY_NAME " [--help]\n"
	"table [--help]\n" LIST "\n" INVENTORY "=FILE",
	"Play a fault on the leader of a PostgreSQL cluster with Patroni or repmgr, in VMs, and say what became of every acknowledged row.\n\n"
	"  " DRILL_NAME "   its machine freezes, or what --fault names\n"
	"  " DRILL_HANG "   PostgreSQL hangs, and its machine does not\n"
	"  " DRILL_PRACTICE "        a cluster of VMs to practise on, until Ctrl-C\n"
	"  " MATRIX "          the drills of a plan, with --plan\n"
	"  " LATENCY_NAME "  what a commit costs, by who has to have it\n"
	"  table           results of many drills in one table\n"
	"  " LIST "            what can be drilled\n"
	"\v'make cluster' makes what the VMs boot; the first drill of a configuration boots a cluster and saves it.\n"
	"Exit status: 0 as expected, 1 a surprise, 2 could not run or could not be judged; with --inventory 0 no acknowledged row is lost, 1 some are.",
	children, NULL, NULL,
};

static int list(void)
{
	puts(DRILL_NAME "  freeze the leader's machine, see who takes over and what is lost\n");
	puts("Faults, with --fault:");
	for (int i = 0; i < DRILL_FAULTS; i++) {
		if (i == HANG_FIRST)
			puts("\n" DRILL_HANG "  PostgreSQL hangs and its machine does not: who notices\n\nFaults, with --fault:");
		printf("  %-17s  %s\n", drill_faults[i].name, drill_faults[i].help);
	}
	puts("\n" DRILL_PRACTICE "        a cluster of VMs to practise on, until Ctrl-C");
	puts(LATENCY_NAME "  what a commit costs, by who has to have it: see its --help");
	puts("table           results of many drills in one table: see its --help");
	return PUG_AS_EXPECTED;
}

static int run(const struct options *o)
{
	bool matrix = !strcmp(o->asked.command, MATRIX);
	struct drill_run run = {
		.drill = &o->asked.drill, .repeat = o->repeat, .json = o->json,
	};
	struct host host;
	int ret = PUG_COULD_NOT_RUN;

	if (live_begin(o->progress) || host_find(&host, o->qemu))
		return ret;
	run.host = &host;
	run.out = keep_folder(o->out, "pug-drills");
	if (run.out && o->asked.practice)
		ret = drill_practice(&host, run.drill, run.out);
	else if (run.out)
		ret = matrix ? drill_matrix(&run, o->plan) : drill_run(&run);
	free(run.out);
	host_free(&host);
	return ret;
}

/* Commands with options of their own, and none of those above */
static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} others[] = {
	{ LATENCY_NAME, cmd_latency },
	{ "table", cmd_drill_table },
};

static int run_inventory(struct options *o)
{
	o->inventory.out = o->out;
	o->inventory.json = o->json;
	o->inventory.freeze_ms = o->asked.drill.freeze_ms;
	return inventory_run(&o->inventory);
}

/**
 * cmd_drill() - pug drill
 * @argc: of the subcommand
 * @argv: of the subcommand
 *
 * Return: the exit status.
 */
int cmd_drill(int argc, char **argv)
{
	struct options o = { .plan = NULL };

	for (size_t i = 0; i < ARRAY_SIZE(others) && argc > 1; i++)
		if (!strcmp(argv[1], others[i].name))
			return others[i].run(argc - 1, argv + 1);
	argv[0] = (char *)"pug drill";
	argp_err_exit_status = PUG_COULD_NOT_RUN;
	drill_options_init(&o.asked);
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	if (o.asked.inventory)
		return run_inventory(&o);
	if (!strcmp(o.asked.command, LIST))
		return list();
	if (o.list)
		return drill_matrix_list(o.plan, o.repeat);
	return run(&o);
}
