// SPDX-License-Identifier: GPL-2.0
/* pug explain: a cell's evidence as one story, and its verdict once more. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "drill-run.h"
#include "evidence.h"
#include "expect.h"
#include "keep.h"
#include "inventory-explain.h"
#include "latency.h"
#include "run.h"
#include "util.h"

struct explain_options {
	const char *dir;
	bool json;
	bool all;
};

static const struct argp_option options[] = {
	{ "json", 'j', NULL, 0, "Print the cell with its recomputed verdict as JSON", 0 },
	{ "all", 'a', NULL, 0, "Print every canary write and keepalive in a line of its own", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct explain_options *o = state->input;

	switch (key) {
	case 'j':
		o->json = true;
		return 0;
	case 'a':
		o->all = true;
		return 0;
	case ARGP_KEY_ARG:
		if (o->dir)
			argp_error(state, "one folder, please");
		o->dir = arg;
		return 0;
	case ARGP_KEY_END:
		if (!o->dir)
			argp_error(state, "which cell's folder?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	options, parse, "DIR",
	"Print a cell's merged timeline and recompute its verdict from the raw evidence in DIR alone.\n"
	"\vTimes are virtual, in seconds from the fault's start (from the boot, where there was no fault).\n"
	"'<=' marks an upper bound: the VM ran on while its clock was read.\n"
	"'~' marks a time by the guest's own stamps.\n"
	"Exit status: 0 as expected, 1 a surprise, 2 the evidence can't be judged.",
	NULL, NULL, NULL,
};

static int64_t zero_of(const struct timeline *tl)
{
	const struct event *freeze = timeline_first(tl, EVENT_FREEZE, 1);

	return freeze && freeze->t_ns != TIME_UNKNOWN ? freeze->t_ns : 0;
}

/* What the evidence says comes from guests, or from who sent the folder */
static void __printf(1, 2)
print_escaped(const char *fmt, ...)
{
	char *text, *escaped;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	escaped = text_escape(text);
	fputs(escaped, stdout);
	free(escaped);
	free(text);
}

static void print_time(const struct event *event, int64_t zero)
{
	if (event->t_ns == TIME_UNKNOWN)
		printf("%15s", "");
	else
		printf("%2s %+12.6f", event->upper_bound ? "<=" :
		       event->estimated ? "~" : "",
		       (double)(event->t_ns - (event->boot == 1 ? zero : 0)) / NSEC_PER_SEC);
}

static bool is_chatter(const struct event *event)
{
	return event->kind == EVENT_CANARY || event->kind == EVENT_KEEPALIVE;
}

/* Canaries and keepalives come by the hundred: runs of them are one line */
static size_t print_chatter(const struct timeline *tl, size_t from, int64_t zero)
{
	const struct event *first = &tl->events[from];
	size_t canaries = 0, keepalives = 0, i;

	for (i = from; i < tl->n && is_chatter(&tl->events[i]) &&
	     tl->events[i].boot == first->boot; i++) {
		if (tl->events[i].kind == EVENT_CANARY)
			canaries++;
		else
			keepalives++;
	}
	print_time(first, zero);
	printf("  %-8s %zu canary writes, %zu keepalives, the last at %+.6f\n", "guest", canaries,
	       keepalives, (double)(tl->events[i - 1].t_ns - zero) / NSEC_PER_SEC);
	return i;
}

static void print_timeline(const struct timeline *tl, bool all)
{
	int64_t zero = zero_of(tl);
	int boot = -1;

	for (size_t i = 0; i < tl->n; ) {
		const struct event *event = &tl->events[i];

		if (event->boot != boot) {
			boot = event->boot;
			if (boot)
				printf("boot %d\n", boot);
			else
				puts("the lab");
		}
		if (is_chatter(event) && !all) {
			i = print_chatter(tl, i, zero);
			continue;
		}
		print_time(event, zero);
		print_escaped("  %-8s %s", event_source_name(event->source),
			      event->text ? event->text : event_kind_name(event->kind));
		putchar('\n');
		i++;
	}
}

/* A legacy node has no place in sysfs, and opening it would arm it */
static bool is_unknowable(const struct timeline *tl)
{
	const struct event *event = timeline_first(tl, EVENT_BOOTSTATUS, 2);
	const char *value = event ? json_string_value(json_object_get(event->data, "value")) : NULL;

	return value && !strcmp(value, "unknowable");
}

static void print_verdict(const struct result *r, const struct timeline *tl)
{
	const struct verdict *v = &r->seen;

	printf("\nexpected   %s, effect %s%s%s\n           %s\n",
	       verdict_when_name(r->expected.when), verdict_effect_name(r->expected.effect),
	       *r->expected.by ? ", by " : "", r->expected.by, r->expected.reason);
	print_escaped("seen       %s, effect %s%s%s", verdict_when_name(v->when),
		      verdict_effect_name(v->effect), *v->by ? ", by " : "", v->by);
	printf("\n           ");
	print_escaped("%s", v->reason);
	putchar('\n');
	if (v->keepalive_to_fire_ns >= 0)
		printf("fired      %s%.6f s after the last keepalive\n",
		       v->fire_is_upper_bound ? "at most " : "",
		       (double)v->keepalive_to_fire_ns / NSEC_PER_SEC);
	printf("protected  %s", verdict_protected_name(v->protected));
	if (r->cell.fault->has_duration && v->when != VERDICT_ERROR)
		printf(", %ld canary write%s left the VM after %s", v->zombie_writes,
		       v->zombie_writes == 1 ? "" : "s",
		       r->cell.fault->silent == SILENT_ALL ? "the thaw" : "it was to be gone");
	if (v->came_back)
		printf("\nafterwards the machine came back, boot_id %s",
		       v->boot_ids_differ ? "new" : "unchanged");
	if (v->bootstatus >= 0)
		printf(", bootstatus %#lx", v->bootstatus);
	else if (v->came_back && is_unknowable(tl))
		printf(", bootstatus unknowable (legacy node)");
	printf("\n%s\n", v->when == VERDICT_ERROR ? "ERROR" : r->met ? "AS EXPECTED" : "SURPRISE");
}

/* The verdict that was stored must be the one that the evidence gives */
static void compare_stored(const struct result *r, const char *dir)
{
	char *path = path_join(dir, DERIVED_RESULT);
	json_t *stored = json_load_file(path, 0, NULL);
	const char *was = NULL;

	free(path);
	if (stored && !json_unpack(stored, "{s:{s:s}}", "observed", "verdict", &was) &&
	    strcmp(was, verdict_when_name(r->seen.when))) {
		char *escaped = text_escape(was);

		warn_line("the stored verdict was '%s': the evidence or the program has changed since",
			  escaped);
		free(escaped);
	}
	json_decref(stored);
}

static void print_json(const struct result *r)
{
	results_write(result_to_json(r), "-");
}

/**
 * cmd_explain() - pug explain DIR
 * @argc: of the subcommand
 * @argv: of the subcommand
 *
 * Return: the exit status.
 */
int cmd_explain(int argc, char **argv)
{
	struct explain_options o = { 0 };
	struct result r = { 0 };
	struct timeline tl = { 0 };
	char why[512];

	argv[0] = (char *)"pug explain";
	argp_err_exit_status = PUG_COULD_NOT_RUN;
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	if (latency_is_folder(o.dir))
		return latency_explain(o.dir, o.json);
	if (inventory_is_folder(o.dir))
		return inventory_explain(o.dir, o.json, o.all);
	if (drill_is_folder(o.dir))
		return drill_explain(o.dir, o.json, o.all);
	if (evidence_cell(&r.cell, o.dir, why, sizeof(why))) {
		warn_safe("%s; give the folder of one cell, such as pug-runs/RUN/CELL", why);
		return PUG_COULD_NOT_RUN;
	}
	if (expect(&r.expected, &r.cell)) {
		warn_safe("nothing is expected of %s", r.cell.id);
		return PUG_COULD_NOT_RUN;
	}
	evidence_read(&tl, o.dir);
	verdict(&r.seen, &r.cell, &tl);
	r.met = expect_met(&r.expected, &r.seen);
	compare_stored(&r, o.dir);
	if (o.json) {
		print_json(&r);
	} else {
		print_escaped("%s", r.cell.id);
		puts("\n");
		print_timeline(&tl, o.all);
		print_verdict(&r, &tl);
	}
	timeline_free(&tl);
	if (r.seen.when == VERDICT_ERROR)
		return PUG_COULD_NOT_RUN;
	return r.met ? PUG_AS_EXPECTED : PUG_SURPRISE;
}
