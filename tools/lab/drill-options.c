// SPDX-License-Identifier: GPL-2.0
/* What is drilled, in words: on a command line, or in a line of a plan. */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "compiler.h"
#include "drill-options.h"
#include "plan.h"
#include "util.h"

/* Longer than the talk's watchdog of PostgreSQL */
#define HANG_MS 75000

enum {
	OPT_WATCHDOG = 512, OPT_MODE, OPT_SYNC, OPT_FREEZE, OPT_TTL, OPT_LOOP, OPT_RETRY,
	OPT_UNIT, OPT_FENCE, OPT_NO_REWIND, OPT_SALVAGE, OPT_RELEASE, OPT_CLOCK, OPT_FAULT,
	OPT_OUTSIDE, OPT_CPUS, OPT_KEEPER, OPT_ALONE, OPT_MANAGER,
	OPT_CHECK_TIMELINE, OPT_LAST
};

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "What is drilled", 1 },
	{ "manager", OPT_MANAGER, "NAME", 0,
	  "Who decides which node leads: patroni or repmgr (default patroni)", 1 },
	{ "watchdog", OPT_WATCHDOG, "NAME", 0,
	  "none, i6300esb, softdog or itco (on q35): the driver that Patroni's unit loads (default none, i6300esb in hang-postgres)",
	  1 },
	{ "mode", OPT_MODE, "MODE", 0,
	  "Patroni's watchdog mode: required, automatic or off (default automatic, required in the improved set-up, off without a watchdog)",
	  1 },
	{ "sync", OPT_SYNC, "HOW", 0,
	  "Synchronous mode: off, on, strict, two (of node count 2), quorum (Patroni 4), or any-1, which is PostgreSQL's own (default off)",
	  1 },
	{ "unit", OPT_UNIT, "WHICH", 0,
	  "Patroni's unit and watchdog section: talk, or improved (default talk)", 1 },
	{ "fence", OPT_FENCE, "POLICY", 0,
	  "What is Patroni's pre_promote: pug-fence by its policy talk or strict, or sbd's poison pill: none, talk, strict or sbd (default none)",
	  1 },
	{ "outside", OPT_OUTSIDE, "S", 0,
	  "pug watch beside each node's VM resets it once it is paused, out of disk or silent for S seconds (default none)",
	  1 },
	{ "no-pg-rewind", OPT_NO_REWIND, NULL, 0, "Patroni's use_pg_rewind is off", 1 },
	{ "check-timeline", OPT_CHECK_TIMELINE, NULL, 0,
	  "Patroni's check_timeline is on: who is on an old timeline does not lead", 1 },
	{ "salvage", OPT_SALVAGE, "FROM", 0,
	  "In the end rows that are lost are given back: from the archive of WAL, from what pg_receivewal has, which is a stream, or, with --no-pg-rewind, from the node that was left: none, archive, stream or node (default none)",
	  1 },
	{ "release", OPT_RELEASE, "NAME", 0,
	  "Debian release of the nodes: bookworm (PostgreSQL 15, Patroni 3.0) or trixie (17, 4.0) (default bookworm)",
	  1 },
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
	{ 0 },
};

/* A line of a plan has no --help to point to */
static void __printf(2, 3)
bad(const struct argp_state *state, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	if (state->flags & ARGP_NO_HELP)
		argp_failure(state, PUG_COULD_NOT_RUN, 0, "%s", text);
	else
		argp_error(state, "%s", text);
	free(text);
}

static void number(const struct argp_state *state, const char *option, const char *text,
		   unsigned int min, unsigned int max, unsigned int *value)
{
	if (plan_number(text, min, max, value))
		bad(state, "%s %s: a whole number from %u to %u is wanted", option, text, min,
		    max);
}

static int word(const struct argp_state *state, const char *option, const char * const *words,
		const char *text)
{
	int i = drill_word(words, text);

	if (i < 0)
		bad(state, "%s: there is no '%s'; see --help", option, text);
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

static error_t parse_word(int key, const char *arg, struct argp_state *state,
			  struct drill_options *o)
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
	case OPT_MANAGER:
		drill->manager = word(state, "--manager", drill_managers, arg);
		return 0;
	case OPT_FAULT:
		fault = drill_fault_find(arg);
		if (fault < 0)
			bad(state, "--fault: there is no '%s'; 'pug drill list' names them", arg);
		drill->fault = fault;
		o->fault_given = true;
		return 0;
	case OPT_RELEASE:
		drill->release = word(state, "--release", drill_releases, arg);
		return 0;
	case OPT_SALVAGE:
		drill->salvage = word(state, "--salvage", drill_salvages, arg);
		return 0;
	case OPT_KEEPER:
		drill->keeper = word(state, "--keeper", drill_keepers, arg);
		return 0;
	case OPT_CLOCK:
		drill->clock = clocksource_find(arg);
		if (!drill->clock || drill->clock->needs_kvm)
			bad(state, "--clock: there is no '%s'; see --help", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_number(int key, const char *arg, struct argp_state *state,
			    struct drill_options *o)
{
	const struct {
		int key;
		const char *name;
		unsigned int min, max, *value;
	} rows[] = {
		{ OPT_TTL, "--ttl", 20, 600, &o->drill.ttl_s },
		{ OPT_LOOP, "--loop-wait", 1, 300, &o->drill.loop_s },
		{ OPT_RETRY, "--retry-timeout", 3, 300, &o->drill.retry_s },
		{ OPT_OUTSIDE, "--outside", 1, 600, &o->drill.outside_s },
		{ OPT_CPUS, "--cpus", 1, 8, &o->drill.cpus },
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
static void hang_defaults(struct drill_options *o)
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

/* The device can be opened once: by sbd, not by Patroni */
static void check_sbd(const struct argp_state *state, struct drill_options *o)
{
	if (drill_hangs(&o->drill))
		bad(state, "--fence sbd is for " DRILL_NAME);
	if (!o->dog_given)
		o->drill.dog = DRILL_I6300ESB;
	if (o->drill.dog != DRILL_I6300ESB)
		bad(state, "--fence sbd wants --watchdog i6300esb, which sbd feeds");
	if (o->mode_given && o->drill.mode != DRILL_OFF)
		bad(state, "--fence sbd has the watchdog, so Patroni's --mode is off");
	o->drill.mode = DRILL_OFF;
	o->mode_given = true;
}

/* What is Patroni's, or has not been put together with it yet */
static void check_repmgr(const struct argp_state *state, const struct drill_options *o)
{
	const struct drill *drill = &o->drill;
	const struct {
		bool given;
		const char *what;
	} rows[] = {
		{ drill_hangs(drill), DRILL_HANG },
		{ o->practice, DRILL_PRACTICE },
		{ o->mode_given, "--mode" },
		{ drill->sync != DRILL_ASYNC, "--sync" },
		{ drill->unit != DRILL_TALK, "--unit improved" },
		{ drill->fence != DRILL_NO_FENCE, "--fence" },
		{ drill->outside_s, "--outside" },
		{ !drill->pg_rewind, "--no-pg-rewind" },
		{ drill->check_timeline, "--check-timeline" },
		{ drill->salvage != SALVAGE_NONE, "--salvage" },
		{ drill->release != DRILL_BOOKWORM, "--release trixie" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].given)
			bad(state, "--manager repmgr is not played with %s", rows[i].what);
}

/* The pills' disk is not shared by two QEMUs of one node, nor is pug watch's monitor */
static void check_migration(const struct argp_state *state, const struct drill *drill)
{
	if (drill->fence == DRILL_FENCE_SBD)
		bad(state, "--fault live-migration is not played with --fence sbd");
	if (drill->outside_s)
		bad(state, "--fault live-migration is not played with --outside");
}

static void check(const struct argp_state *state, struct drill_options *o)
{
	struct drill *drill = &o->drill;

	if (!o->command)
		bad(state, "which drill? 'pug drill list' names them");
	if (o->other) {
		if (o->any_given || (o->freeze_given && !o->inventory))
			bad(state, "'%s' is not told what is drilled", o->command);
		return;
	}
	if (!strcmp(o->command, DRILL_PRACTICE)) {
		o->practice = true;
		o->command = DRILL_NAME;
	} else if (strcmp(o->command, DRILL_NAME) && strcmp(o->command, DRILL_HANG)) {
		bad(state, "there is no drill '%s'; 'pug drill list' names them", o->command);
	}
	if (!strcmp(o->command, DRILL_HANG))
		hang_defaults(o);
	if (strcmp(o->command, drill_name(drill)))
		bad(state, "%s is no fault of %s; 'pug drill list' names them",
		    drill_faults[drill->fault].name, o->command);
	if ((drill->salvage || drill->release || drill->check_timeline) && drill_hangs(drill))
		bad(state, "--salvage, --release and --check-timeline are for " DRILL_NAME);
	if (drill->check_timeline && o->practice)
		bad(state, "--check-timeline is for " DRILL_NAME);
	if (drill->salvage == SALVAGE_NODE && drill->pg_rewind)
		bad(state, "--salvage node wants --no-pg-rewind: a node that is rewound has nothing left");
	if (drill->sync == DRILL_QUORUM && drill->release != DRILL_TRIXIE)
		bad(state, "--sync quorum wants Patroni 4: --release trixie");
	if (drill->outside_s && (drill_hangs(drill) || o->practice))
		bad(state, "--outside is for " DRILL_NAME);
	if ((drill->alone || drill->keeper) && !drill_hangs(drill))
		bad(state, "--keeper and --alone are for " DRILL_HANG);
	if (drill->fence == DRILL_FENCE_SBD)
		check_sbd(state, o);
	if (drill->manager == DRILL_REPMGR)
		check_repmgr(state, o);
	if (drill->fault == DRILL_LIVE_MIGRATION)
		check_migration(state, drill);
	if (!o->mode_given && drill->dog == DRILL_NO_DOG)
		drill->mode = DRILL_OFF;
	if (!o->mode_given && drill->dog != DRILL_NO_DOG && drill->unit == DRILL_IMPROVED)
		drill->mode = DRILL_REQUIRED;
	if (drill->mode == DRILL_REQUIRED && drill->dog == DRILL_NO_DOG)
		bad(state, "with --mode required and no watchdog nobody may lead");
	if (drill->ttl_s < drill->loop_s + 2 * drill->retry_s)
		bad(state, "Patroni wants ttl >= loop_wait + 2 * retry_timeout: %u < %u + 2 * %u",
		    drill->ttl_s, drill->loop_s, drill->retry_s);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct drill_options *o = state->input;

	o->any_given |= key >= OPT_WATCHDOG && key < OPT_LAST && key != OPT_FREEZE;
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
	case OPT_CHECK_TIMELINE:
		o->drill.check_timeline = true;
		return 0;
	case ARGP_KEY_ARG:
		if (o->command)
			bad(state, "one drill at a time, please");
		o->command = arg;
		return 0;
	case ARGP_KEY_END:
		check(state, o);
		return 0;
	default:
		return parse_word(key, arg, state, o) ? parse_number(key, arg, state, o) : 0;
	}
}

const struct argp drill_argp = { options, parse, NULL, NULL, NULL, NULL, NULL };

/**
 * drill_options_init() - nothing is said yet
 * @o: filled in
 */
void drill_options_init(struct drill_options *o)
{
	memset(o, 0, sizeof(*o));
	drill_default(&o->drill);
}

/**
 * drill_options_read() - a drill from its words
 * @o: filled in
 * @argc: how many words
 * @argv: the first says where they are from, for messages
 *
 * What is wrong with them is said, and ends the program with PUG_COULD_NOT_RUN.
 */
void drill_options_read(struct drill_options *o, int argc, char **argv)
{
	drill_options_init(o);
	argp_parse(&drill_argp, argc, argv, ARGP_NO_HELP, NULL, o);
}
