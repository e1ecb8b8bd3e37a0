// SPDX-License-Identifier: GPL-2.0
/* pug merge: results of cells from anywhere, as if one pug matrix had run them all. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cells-list.h"
#include "command.h"
#include "compiler.h"
#include "keep.h"
#include "merge.h"
#include "report.h"
#include "session.h"
#include "util.h"

enum { OPT_CELLS = 256, OPT_MISSING, OPT_JSON, OPT_KTAP };

struct merge_options {
	char **paths;
	int n;
	const char *out;
	const char *list;
	const char *json;
	bool missing;
	bool ktap;
};

static const struct argp_option options[] = {
	{ "output", 'o', "DIR", 0, "Make the run there; it must be new, or empty", 0 },
	{ "cells", OPT_CELLS, "FILE", 0,
	  "Which cells there should be: of pug matrix --list --json (default: of a run.json in DIR)",
	  0 },
	{ "missing", OPT_MISSING, NULL, 0,
	  "Print the ids of cells that nobody brought whole, to be run again; make nothing", 0 },
	{ "json", OPT_JSON, "FILE", 0,
	  "Write the results to FILE too; - for standard output, instead of the table", 0 },
	{ "ktap", OPT_KTAP, NULL, 0, "Print KTAP instead of the table", 0 },
	{ 0 },
};

static void check_options(const struct merge_options *o, struct argp_state *state)
{
	if (!o->n)
		argp_error(state, "which folders?");
	if (!o->out && !o->missing)
		argp_error(state, "where to? -o DIR, or --missing");
	if (o->missing && (o->out || o->json || o->ktap))
		argp_error(state, "--missing makes nothing");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct merge_options *o = state->input;

	switch (key) {
	case 'o':
		o->out = arg;
		return 0;
	case OPT_CELLS:
		o->list = arg;
		return 0;
	case OPT_MISSING:
		o->missing = true;
		return 0;
	case OPT_JSON:
		o->json = arg;
		return 0;
	case OPT_KTAP:
		o->ktap = true;
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
	options, parse, "DIR...",
	"Join folders of pug cell and pug matrix into one run, as if one pug matrix had run all cells.\n"
	"\vEach verdict is recomputed from the evidence. What does not belong together (pug, QEMU, kernels,\n"
	"list of cells, way of running) is refused, and nothing is written. A cell that nobody brought\n"
	"whole, or that two saw differently, is an error in the run.\n"
	"Exit status: 0 all as expected, 1 a surprise, 2 an error, a cell missing, or refused; with\n"
	"--missing 0 none is, 1 some are, 2 that can't be told.",
	NULL, NULL, NULL,
};

static int read_all(struct merge *m, const struct merge_options *o)
{
	for (int i = 0; i < o->n; i++)
		if (merge_read(m, o->paths[i]))
			return -1;
	if (o->list) {
		m->listed = true;
		return cells_read_list(&m->list, o->list);
	}
	for (int i = 0; i < o->n; i++)
		merge_list(m, o->paths[i]);
	return 0;
}

static int print_missing(const struct merge *m)
{
	for (size_t i = 0; i < m->list.n; i++)
		if (!m->slot[i].item)
			puts(m->list.cell[i].id);
	return m->missing ? PUG_SURPRISE : PUG_AS_EXPECTED;
}

static const char *origin_text(const struct merge_item *item, const char *name)
{
	return json_string_value(json_object_get(item->origin, name));
}

/* As they were found when the first of them ran; the same for all, merge_check() saw to that */
static void fill_host(struct host *host, const struct merge_item *first)
{
	snprintf(host->qemu_version, sizeof(host->qemu_version), "%s", origin_text(first, "qemu"));
	host->time = strcmp(origin_text(first, "time"), "warp") ? TIME_REAL : TIME_WARP;
	host->kvm = strcmp(origin_text(first, "accel"), "kvm") ? KVM_NONE : KVM_USABLE;
}

static struct guest *guest_of(struct guest *guests, size_t *n, const struct merge *m,
			      const char *kernel)
{
	const struct merge_item *item = merge_first(m, kernel);
	struct guest *guest = guests;

	for (; guest < guests + *n; guest++)
		if (!strcmp(guest->name, kernel))
			return guest;
	(*n)++;
	snprintf(guest->name, sizeof(guest->name), "%s", kernel);
	if (item)
		snprintf(guest->release, sizeof(guest->release), "%s",
			 origin_text(item, "release"));
	return guest;
}

static int report(const struct run *run, const struct merge_options *o)
{
	struct tally tally = report_tally(run);
	bool colour = wants_colour(STDOUT_FILENO);

	if (o->json && results_write(report_json(run), o->json))
		return PUG_COULD_NOT_RUN;
	if (o->ktap)
		report_ktap(run, stdout);
	else if (!o->json || strcmp(o->json, "-"))
		report_table(run, stdout, colour);
	return tally_exit(&tally);
}

static int make_run(const struct merge *m, const struct merge_options *o)
{
	const struct merge_item *first = merge_first(m, NULL);
	struct guest *guests = xcalloc(m->list.n, sizeof(*guests));
	struct host host = { 0 };
	struct run run = { .host = &host, .out = xstrdup(o->out) };
	size_t n_guests = 0;
	int ret = PUG_COULD_NOT_RUN;

	if (first)
		fill_host(&host, first);
	cells_key(run.list, m->list.cell, m->list.n);
	run.list_n = m->list.n;
	if (!session_results(&run, m->list.cell, m->list.n)) {
		for (size_t i = 0; i < run.n; i++)
			run.results[i].guest = guest_of(guests, &n_guests, m,
							m->list.cell[i].kernel);
		if (!merge_write(m, &run))
			ret = report(&run, o);
	}
	session_free_results(&run);
	free(run.out);
	free(guests);
	return ret;
}

/**
 * cmd_merge() - pug merge DIR...
 * @argc: of the subcommand
 * @argv: of the subcommand
 *
 * Return: the exit status.
 */
int cmd_merge(int argc, char **argv)
{
	struct merge_options o = { 0 };
	struct merge m = { 0 };
	int ret = PUG_COULD_NOT_RUN;

	argv[0] = (char *)"pug merge";
	argp_err_exit_status = PUG_COULD_NOT_RUN;
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	if (!read_all(&m, &o) && !merge_check(&m) && !merge_choose(&m))
		ret = o.missing ? print_missing(&m) : make_run(&m, &o);
	merge_free(&m);
	return ret;
}
