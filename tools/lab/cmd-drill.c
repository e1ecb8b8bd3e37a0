// SPDX-License-Identifier: GPL-2.0
/* pug drill: its command line. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cluster.h"
#include "command.h"
#include "drill-run.h"
#include "keep.h"
#include "live.h"
#include "plan.h"
#include "util.h"

/* Longer than the talk's watchdog of PostgreSQL */
#define HANG_MS 75000

enum {
	OPT_WATCHDOG = 512, OPT_MODE, OPT_SYNC, OPT_FREEZE, OPT_TTL, OPT_LOOP, OPT_RETRY,
	OPT_UNIT, OPT_FENCE, OPT_NO_REWIND, OPT_CLOCK, OPT_FAULT, OPT_CPUS, OPT_JSON, OPT_OUT,
	OPT_REPEAT, OPT_QEMU, OPT_KEEPER, OPT_ALONE, OPT_PROGRESS,
};

struct options {
	struct drill drill;
	const char *command;
	const char *json;
	const char *out;
	const char *qemu;
	unsigned int repeat;
	enum progress progress;
	bool mode_given;
	bool dog_given;
	bool fault_given;
	bool freeze_given;
};

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "What is drilled", 1 },
	{ "watchdog", OPT_WATCHDOG, "NAME", 0,
	  "none, i6300esb or softdog: the driver that Patroni's unit loads (default none, i6300esb in hang-postgres)",
	  1 },
	{ "mode", OPT_MODE, "MODE", 0,
	  "Patroni's watchdog mode: required, automatic or off (default automatic, required in the improved set-up, off without a watchdog)",
	  1 },
	{ "sync", OPT_SYNC, "HOW", 0, "Synchronous mode: off, on or strict (default off)", 1 },
	{ "unit", OPT_UNIT, "WHICH", 0,
	  "Patroni's unit and watchdog section: talk, or improved (default talk)", 1 },
	{ "fence", OPT_FENCE, "POLICY", 0,
	  "pug-fence as Patroni's pre_promote: none, talk or strict (default none)", 1 },
	{ "no-pg-rewind", OPT_NO_REWIND, NULL, 0, "Patroni's use_pg_rewind is off", 1 },
	{ "fault", OPT_FAULT, "NAME", 0,
	  "A name that pug drill list shows (default stop-machine, stop-postmaster)", 1 },
	{ "keeper", OPT_KEEPER, "NAME", 0,
	  "hang-postgres: who watches PostgreSQL: none, level-1, level-2, level-3 (pug_watchdog) or patch (default none)",
	  1 },
	{ "alone", OPT_ALONE, NULL, 0,
	  "hang-postgres: one node, PostgreSQL under systemd, no Patroni", 1 },
	{ "freeze", OPT_FREEZE, "S", 0,
	  "Length of the fault in seconds (default 60; of hang-postgres 75)", 1 },
	{ "ttl", OPT_TTL, "S", 0, "Patroni's ttl (default 30)", 1 },
	{ "loop-wait", OPT_LOOP, "S", 0, "Patroni's loop_wait (default 10)", 1 },
	{ "retry-timeout", OPT_RETRY, "S", 0, "Patroni's retry_timeout (default 10)", 1 },
	{ "clock", OPT_CLOCK, "NAME", 0, "Clocksource of the guests: tsc, hpet or acpi_pm (default tsc)",
	  1 },
	{ "cpus", OPT_CPUS, "N", 0, "vCPUs of each PostgreSQL node (default 1)", 1 },
	{ NULL, 0, NULL, 0, "How to run", 2 },
	{ "repeat", OPT_REPEAT, "N", 0, "Drill so many times (default 1)", 2 },
	{ "out", OPT_OUT, "DIR", 0, "Keep the evidence here (default pug-drills/TIME)", 2 },
	{ "json", OPT_JSON, "FILE", 0, "Write the results there, - for standard output", 2 },
	{ "progress", OPT_PROGRESS, "HOW", 0, PROGRESS_HELP, 2 },
	{ "qemu", OPT_QEMU, "PATH", 0, "This qemu-system-x86_64", 2 },
	{ 0 },
};

static void number(const struct argp_state *state, const char *option, const char *text,
		   unsigned int min, unsigned int max, unsigned int *value)
{
	if (plan_number(text, min, max, value))
		argp_error(state, "%s %s: a whole number from %u to %u is wanted", option, text,
			   min, max);
}

static int word(const struct argp_state *state, const char *option, const char * const *words,
		const char *text)
{
	int i = drill_word(words, text);

	if (i < 0)
		argp_error(state, "%s: there is no '%s'; see --help", option, text);
	return i;
}

/* "60" and "60s" */
static void parse_freeze(const struct argp_state *state, const char *arg, struct drill *drill)
{
	char text[16];
	size_t len = strlen(arg);
	unsigned int seconds = 0;

	if (len && arg[len - 1] == 's')
		len--;
	snprintf(text, sizeof(text), "%.*s", (int)len, arg);
	number(state, "--freeze", text, 1, 600, &seconds);
	drill->freeze_ms = seconds * 1000;
}

static error_t parse_word(int key, const char *arg, struct argp_state *state, struct options *o)
{
	struct drill *drill = &o->drill;
	int fault;

	switch (key) {
	case OPT_WATCHDOG:
		drill->dog = word(state, "--watchdog", drill_dogs, arg);
		o->dog_given = true;
		return 0;
	case OPT_MODE:
		drill->mode = word(state, "--mode", drill_modes, arg);
		o->mode_given = true;
		return 0;
	case OPT_SYNC:
		drill->sync = word(state, "--sync", drill_syncs, arg);
		return 0;
	case OPT_UNIT:
		drill->unit = word(state, "--unit", drill_units, arg);
		return 0;
	case OPT_FENCE:
		drill->fence = word(state, "--fence", drill_fences, arg);
		return 0;
	case OPT_FAULT:
		fault = drill_fault_find(arg);
		if (fault < 0)
			argp_error(state, "--fault: there is no '%s'; 'pug drill list' names them",
				   arg);
		drill->fault = fault;
		o->fault_given = true;
		return 0;
	case OPT_KEEPER:
		drill->keeper = word(state, "--keeper", drill_keepers, arg);
		return 0;
	case OPT_CLOCK:
		drill->clock = clocksource_find(arg);
		if (!drill->clock || drill->clock->needs_kvm)
			argp_error(state, "--clock: there is no '%s'; see --help", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_number(int key, const char *arg, struct argp_state *state, struct options *o)
{
	const struct {
		int key;
		const char *name;
		unsigned int min, max, *value;
	} rows[] = {
		{ OPT_TTL, "--ttl", 20, 600, &o->drill.ttl_s },
		{ OPT_LOOP, "--loop-wait", 1, 300, &o->drill.loop_s },
		{ OPT_RETRY, "--retry-timeout", 3, 300, &o->drill.retry_s },
		{ OPT_CPUS, "--cpus", 1, 8, &o->drill.cpus },
		{ OPT_REPEAT, "--repeat", 1, 1000, &o->repeat },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].key != key)
			continue;
		number(state, rows[i].name, arg, rows[i].min, rows[i].max, rows[i].value);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* What differs from the drill of a machine that freezes */
static void hang_defaults(struct options *o)
{
	if (!o->fault_given)
		o->drill.fault = HANG_POSTMASTER;
	if (!o->dog_given)
		o->drill.dog = DRILL_I6300ESB;
	if (!o->mode_given && o->drill.dog != DRILL_NO_DOG)
		o->drill.mode = DRILL_REQUIRED;
	if (!o->freeze_given)
		o->drill.freeze_ms = HANG_MS;
}

static void check(const struct argp_state *state, struct options *o)
{
	struct drill *drill = &o->drill;

	if (!o->command)
		argp_error(state, "which drill? 'pug drill list' names them");
	if (!strcmp(o->command, DRILL_HANG))
		hang_defaults(o);
	if ((drill->alone || drill->keeper) && !drill_hangs(drill))
		argp_error(state, "--keeper and --alone are for " DRILL_HANG);
	if (!o->mode_given && drill->dog == DRILL_NO_DOG)
		drill->mode = DRILL_OFF;
	if (!o->mode_given && drill->dog != DRILL_NO_DOG && drill->unit == DRILL_IMPROVED)
		drill->mode = DRILL_REQUIRED;
	if (drill->mode == DRILL_REQUIRED && drill->dog == DRILL_NO_DOG)
		argp_error(state, "with --mode required and no watchdog nobody may lead");
	if (drill->ttl_s < drill->loop_s + 2 * drill->retry_s)
		argp_error(state, "Patroni wants ttl >= loop_wait + 2 * retry_timeout: %u < %u + 2 * %u",
			   drill->ttl_s, drill->loop_s, drill->retry_s);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case OPT_FREEZE:
		parse_freeze(state, arg, &o->drill);
		o->freeze_given = true;
		return 0;
	case OPT_ALONE:
		o->drill.alone = true;
		return 0;
	case OPT_NO_REWIND:
		o->drill.pg_rewind = false;
		return 0;
	case OPT_JSON:
		o->json = arg;
		return 0;
	case OPT_OUT:
		o->out = arg;
		return 0;
	case OPT_QEMU:
		o->qemu = arg;
		return 0;
	case OPT_PROGRESS:
		o->progress = live_progress(state, arg);
		return 0;
	case ARGP_KEY_ARG:
		if (o->command)
			argp_error(state, "one drill at a time, please");
		o->command = arg;
		return 0;
	case ARGP_KEY_END:
		check(state, o);
		return 0;
	default:
		return parse_word(key, arg, state, o) ? parse_number(key, arg, state, o) : 0;
	}
}

static const struct argp argp = {
	options, parse, "freeze-leader\nhang-postgres\nlist",
	"Play a fault on the leader of a PostgreSQL cluster with Patroni, in VMs, and say what became of every acknowledged row.\n"
	"\v'make cluster' makes what the VMs boot; the first drill of a configuration boots a cluster and saves it.\n"
	"Exit status: 0 as expected, 1 a surprise, 2 could not run or could not be judged.",
	NULL, NULL, NULL,
};

static int list(void)
{
	puts("freeze-leader  freeze the leader's machine, see who takes over and what is lost\n");
	puts("Faults, with --fault:");
	for (int i = 0; i < DRILL_FAULTS; i++) {
		if (i == HANG_FIRST)
			puts("\nhang-postgres  PostgreSQL hangs and its machine does not: who notices\n\nFaults, with --fault:");
		printf("  %-17s  %s\n", drill_faults[i].name, drill_faults[i].help);
	}
	return PUG_AS_EXPECTED;
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
	struct options o = { .repeat = 1 };
	struct drill_run run = { 0 };
	struct host host;
	int ret;

	argv[0] = (char *)"pug drill";
	argp_err_exit_status = PUG_COULD_NOT_RUN;
	drill_default(&o.drill);
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	if (!strcmp(o.command, "list"))
		return list();
	if (strcmp(o.command, DRILL_NAME) && strcmp(o.command, DRILL_HANG)) {
		warn_line("there is no drill '%s'; 'pug drill list' names them", o.command);
		return PUG_COULD_NOT_RUN;
	}
	if (strcmp(o.command, drill_name(&o.drill))) {
		warn_line("%s is no fault of %s; 'pug drill list' names them",
			  drill_faults[o.drill.fault].name, o.command);
		return PUG_COULD_NOT_RUN;
	}
	if (live_begin(o.progress) || host_find(&host, o.qemu))
		return PUG_COULD_NOT_RUN;
	run.out = keep_folder(o.out, "pug-drills");
	run.host = &host;
	run.drill = &o.drill;
	run.repeat = o.repeat;
	run.json = o.json;
	ret = run.out ? drill_run(&run) : PUG_COULD_NOT_RUN;
	free(run.out);
	host_free(&host);
	return ret;
}
