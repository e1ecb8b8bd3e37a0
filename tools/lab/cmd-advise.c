// SPDX-License-Identifier: GPL-2.0
/* pug advise: what a set-up survives, what not, and what to add; from the measured table. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "advise.h"
#include "command.h"
#include "compiler.h"
#include "keep.h"
#include "session.h"
#include "util.h"

/* Patroni's safety_margin */
#define MARGIN_S 5
#define FAULTS_MAX 128

struct advise_options {
	struct setup setup;
	const char *watchdog;
	const char *clock;
	const char *table;
	bool json;
};

enum {
	OPT_WATCHDOG = 0x100, OPT_TTL, OPT_TIMEOUT, OPT_CLOCK, OPT_KERNEL, OPT_TABLE, OPT_JSON,
};

static const struct argp_option options[] = {
	{ "watchdog", OPT_WATCHDOG, "NAME", 0, "as pug matrix calls it", 0 },
	{ "ttl", OPT_TTL, "S", 0, "of the leader's lock: after that another may lead", 0 },
	{ "timeout", OPT_TIMEOUT, "S", 0, "of the watchdog (ttl - 5, as Patroni has it)", 0 },
	{ "clock", OPT_CLOCK, "NAME", 0, "the machine's clocksource (tsc)", 0 },
	{ "kernel", OPT_KERNEL, "NAME", 0, "of this one alone, as pug matrix calls it", 0 },
	{ "table", OPT_TABLE, "FILE", 0, "another record than the one that comes with this program",
	  0 },
	{ "json", OPT_JSON, NULL, 0, "one object instead of sentences", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct advise_options *o = state->input;

	switch (key) {
	case OPT_WATCHDOG:
		o->watchdog = arg;
		return 0;
	case OPT_TTL:
		session_number(state, "--ttl", arg, 1, 86400, &o->setup.ttl_s);
		return 0;
	case OPT_TIMEOUT:
		session_number(state, "--timeout", arg, 1, 65535, &o->setup.timeout_s);
		return 0;
	case OPT_CLOCK:
		o->clock = arg;
		return 0;
	case OPT_KERNEL:
		o->setup.kernel = arg;
		return 0;
	case OPT_TABLE:
		o->table = arg;
		return 0;
	case OPT_JSON:
		o->json = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is no option", arg);
		return 0;
	case ARGP_KEY_END:
		if (!o->watchdog || !o->setup.ttl_s)
			argp_error(state, "--watchdog and --ttl are wanted");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "What a set-up survives, what not, and what to add, from cells that were run.\n"
	       "\vEvery sentence names its cell. What no cell shows is 'not measured'.\n\n"
	       "Exit status: 0 it survives all that was measured, 1 it has a hole, 2 could not say.",
};

static int find_setup(struct advise_options *o)
{
	char known[1024];

	o->setup.watchdog = watchdog_find(o->watchdog);
	o->setup.clock = clocksource_find(o->clock ? o->clock : "tsc");
	if (!o->setup.watchdog) {
		names_of(watchdogs, sizeof(*watchdogs), known, sizeof(known));
		warn_line("no watchdog '%s'; there are: %s", o->watchdog, known);
		return -1;
	}
	if (!o->setup.clock) {
		names_of(clocksources, sizeof(*clocksources), known, sizeof(known));
		warn_line("no clock '%s'; there are: %s", o->clock, known);
		return -1;
	}
	if (!o->setup.timeout_s && o->setup.ttl_s <= MARGIN_S) {
		warn_line("--ttl %u: less than the %d s by which the watchdog is to be earlier; give --timeout",
			  o->setup.ttl_s, MARGIN_S);
		return -1;
	}
	if (!o->setup.timeout_s)
		o->setup.timeout_s = o->setup.ttl_s - MARGIN_S;
	return 0;
}

static int load(struct record *record, const struct advise_options *o)
{
	const char *name = o->table ? o->table : "the record of this program";
	json_error_t error;
	json_t *json = o->table ? json_load_file(o->table, 0, &error) :
		       json_loads(protection_record, 0, &error);

	memset(record, 0, sizeof(*record));
	if (!json) {
		warn_line("%s: %s", name, error.text);
		return -1;
	}
	if (!record_read(record, json))
		return 0;
	warn_line("%s: nothing is said by it: %s", name, record->why);
	return -1;
}

static json_t *remedies(const struct record *record, const struct setup *setup,
			const struct fault *fault)
{
	json_t *list = json_array();

	for (size_t w = 0; watchdogs[w].name; w++) {
		const struct result *r = advise_remedy(record, setup, fault, &watchdogs[w]);

		if (r)
			json_array_append_new(list, json_pack("{s:s s:s}", "watchdog",
							      watchdogs[w].name, "cell",
							      r->cell.id));
	}
	return list;
}

static json_t *to_json(const struct record *record, const struct setup *setup,
		       const struct advice *list, size_t n)
{
	json_t *items = json_array();

	for (size_t i = 0; i < n; i++) {
		char *text = advise_sentence(&list[i], setup);
		json_t *item = json_pack("{s:s s:s s:s? s:s}", "fault", list[i].fault->name,
					 "says", advice_kind_name(list[i].kind), "cell",
					 list[i].cell ? list[i].cell->cell.id : NULL, "why", text);

		if (list[i].kind == ADVICE_HOLE)
			json_object_set_new(item, "add",
					    remedies(record, setup, list[i].fault));
		json_array_append_new(items, item);
		free(text);
	}
	return json_pack("{s:s s:i s:i s:s s:s? s:O s:o}", "watchdog", setup->watchdog->name,
			 "ttl_s", setup->ttl_s, "timeout_s", setup->timeout_s, "clock",
			 setup->clock->name, "kernel", setup->kernel, "date",
			 json_object_get(record->json, "date"), "faults", items);
}

static void print_remedies(const struct record *record, const struct setup *setup,
			   const struct fault *fault)
{
	json_t *list = remedies(record, setup, fault), *item;
	size_t i;

	json_array_foreach(list, i, item) {
		printf("    add %s [%s]\n", json_string_value(json_object_get(item, "watchdog")),
		       json_string_value(json_object_get(item, "cell")));
	}
	if (!json_array_size(list))
		puts("    no watchdog that was measured is gone in time");
	json_decref(list);
}

static void print_kind(const struct record *record, const struct setup *setup,
		       const struct advice *list, size_t n, enum advice_kind kind)
{
	static const char * const titles[ADVICE_KINDS] = {
		[ADVICE_SURVIVES] = "It survives:",
		[ADVICE_GOES_ON] = "After these nothing has to be gone:",
		[ADVICE_HOLE] = "It does not survive:",
		[ADVICE_NOT_MEASURED] = "Not measured:",
	};
	bool begun = false;

	for (size_t i = 0; i < n; i++) {
		char *text;

		if (list[i].kind != kind)
			continue;
		if (!begun)
			printf("\n%s\n", titles[kind]);
		begun = true;
		text = advise_sentence(&list[i], setup);
		printf("  %s\n", text);
		free(text);
		if (kind == ADVICE_HOLE)
			print_remedies(record, setup, list[i].fault);
	}
}

static void print_all(const struct record *record, const struct setup *setup,
		      const struct advice *list, size_t n)
{
	printf("%s with a timeout of %u s, a ttl of %u s, clock %s: by cells run on %s\n",
	       setup->watchdog->name, setup->timeout_s, setup->ttl_s, setup->clock->name,
	       json_string_value(json_object_get(record->json, "date")));
	print_kind(record, setup, list, n, ADVICE_HOLE);
	print_kind(record, setup, list, n, ADVICE_SURVIVES);
	print_kind(record, setup, list, n, ADVICE_GOES_ON);
	print_kind(record, setup, list, n, ADVICE_NOT_MEASURED);
}

static int say(const struct record *record, const struct advise_options *o)
{
	struct advice list[FAULTS_MAX];
	size_t n = advise(record, &o->setup, list), measured = 0, holes = 0;

	for (size_t i = 0; i < n; i++) {
		measured += list[i].kind != ADVICE_NOT_MEASURED;
		holes += list[i].kind == ADVICE_HOLE;
	}
	if (o->json) {
		json_t *json = to_json(record, &o->setup, list, n);

		results_write(json, "-");
	} else {
		print_all(record, &o->setup, list, n);
	}
	if (!measured)
		return PUG_COULD_NOT_RUN;
	return holes ? PUG_SURPRISE : PUG_AS_EXPECTED;
}

/**
 * cmd_advise() - pug advise
 * @argc: of the subcommand
 * @argv: of the subcommand
 *
 * Return: the exit status.
 */
int cmd_advise(int argc, char **argv)
{
	struct advise_options o = { .json = false };
	struct record record = { .json = NULL };
	int ret = PUG_COULD_NOT_RUN;

	argv[0] = (char *)"pug advise";
	argp_err_exit_status = PUG_COULD_NOT_RUN;
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	if (!find_setup(&o) && !load(&record, &o))
		ret = say(&record, &o);
	record_free(&record);
	return ret;
}
