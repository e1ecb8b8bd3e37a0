// SPDX-License-Identifier: GPL-2.0
/* From lists of names to cells. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "util.h"

#define NAMES_MAX 64
#define MSECS_MAX 600000
#define CELLS_MAX 4096

static const struct {
	const char *name;
	struct plan plan;
} presets[] = {
	{ "talk", {
		/* The talk's demonstration, with its dud and its controls */
		.faults = "none,stop-machine",
		.watchdogs = "none,i6300esb,i6300esb-none,softdog",
		.clocks = "tsc", .machines = "pc", .kernels = "debian-6.1",
		.msecs = "60000", .timeouts = "30",
		.interval_ms = 1000, .settle_ms = 10000, .cpus = 2,
	} },
	{ "quick", {
		/* The same, short: for trying out and for checks */
		.faults = "none,stop-machine",
		.watchdogs = "none,i6300esb,i6300esb-none,softdog",
		.clocks = "tsc", .machines = "pc", .kernels = "debian-6.1",
		.msecs = "8000", .timeouts = "3",
		.interval_ms = 500, .settle_ms = 5000, .cpus = 2,
	} },
};

/**
 * struct names - a comma-separated list, taken apart
 * @copy: holds the names
 * @name: each
 * @n: how many
 */
struct names {
	char *copy;
	char *name[NAMES_MAX];
	size_t n;
};

static int split(struct names *names, const char *list)
{
	char *save = NULL;

	names->copy = xstrdup(list);
	names->n = 0;
	for (char *p = strtok_r(names->copy, ",", &save); p; p = strtok_r(NULL, ",", &save)) {
		if (names->n == NAMES_MAX)
			return -1;
		names->name[names->n++] = p;
	}
	return names->n ? 0 : -1;
}

/**
 * plan_preset() - the cells of a preset
 * @plan: filled in
 * @name: of the preset
 *
 * Return: 0, -1 when there is none of that name.
 */
int plan_preset(struct plan *plan, const char *name)
{
	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++) {
		if (strcmp(presets[i].name, name))
			continue;
		*plan = presets[i].plan;
		return 0;
	}
	return -1;
}

/**
 * plan_preset_names() - for messages
 *
 * Return: a static string.
 */
const char *plan_preset_names(void)
{
	return "talk, quick";
}

/**
 * plan_number() - a whole number from the command line
 * @text: digits, nothing else
 * @min: least
 * @max: greatest
 * @value: on success
 *
 * Return: 0, or -1.
 */
int plan_number(const char *text, unsigned int min, unsigned int max, unsigned int *value)
{
	unsigned long number;
	char *end;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	number = strtoul(text, &end, 10);
	if (errno || *end || number < min || number > max)
		return -1;
	*value = number;
	return 0;
}

#define KNOWN_NAMES(table, text, len)						\
	do {									\
		size_t used_ = 0;						\
		(text)[0] = '\0';						\
		for (size_t i_ = 0; (table)[i_].name && used_ < (len); i_++)	\
			used_ += snprintf((text) + used_, (len) - used_, "%s%s",	\
					  i_ ? ", " : "", (table)[i_].name);	\
	} while (0)

static int unknown(char *why, size_t len, const char *what, const char *name, const char *known)
{
	snprintf(why, len, "no %s '%s'; there are: %s", what, name, known);
	return -1;
}

static int set_rows(struct cell *cell, const char *fault, const char *watchdog, const char *clock,
		    const char *machine, char *why, size_t len)
{
	char known[256];

	cell->fault = fault_find(fault);
	cell->watchdog = watchdog_find(watchdog);
	cell->clock = clocksource_find(clock);
	cell->machine = machine_find(machine);
	if (!cell->fault) {
		KNOWN_NAMES(faults, known, sizeof(known));
		return unknown(why, len, "fault", fault, known);
	}
	if (!cell->watchdog) {
		KNOWN_NAMES(watchdogs, known, sizeof(known));
		return unknown(why, len, "watchdog", watchdog, known);
	}
	if (!cell->clock) {
		KNOWN_NAMES(clocksources, known, sizeof(known));
		return unknown(why, len, "clock", clock, known);
	}
	if (!cell->machine) {
		KNOWN_NAMES(machines, known, sizeof(known));
		return unknown(why, len, "machine", machine, known);
	}
	return 0;
}

static int set_numbers(struct cell *cell, const struct plan *plan, const char *msecs,
		       const char *timeout, char *why, size_t len)
{
	const struct watchdog *wd = cell->watchdog;
	unsigned int seconds;

	if (plan_number(msecs, 1, MSECS_MAX, &cell->msecs)) {
		snprintf(why, len, "--msecs %s: a length is 1 to %d ms", msecs, MSECS_MAX);
		return -1;
	}
	if (plan_number(timeout, 1, 65535, &seconds)) {
		snprintf(why, len, "--timeout %s: a timeout is 1 to 65535 s", timeout);
		return -1;
	}
	if (wd->module && (seconds < wd->min_timeout_s || seconds > wd->max_timeout_s)) {
		snprintf(why, len, "--timeout %s: %s takes %u to %u s", timeout, wd->name,
			 wd->min_timeout_s, wd->max_timeout_s);
		return -1;
	}
	cell->timeout_ms = seconds * 1000;
	cell->interval_ms = plan->interval_ms;
	if (cell->interval_ms >= cell->timeout_ms) {
		snprintf(why, len, "--interval %u: keepalives must come faster than the timeout of %u s",
			 cell->interval_ms, seconds);
		return -1;
	}
	/* Armed, then a few periods; for a while even where the interval is short */
	cell->periods = 3000 / plan->interval_ms > 3 ? 3000 / plan->interval_ms : 3;
	cell->settle_ms = plan->settle_ms;
	cell->cpus = plan->cpus;
	return 0;
}

static int set_action(struct cell *cell, const char *action, char *why, size_t len)
{
	cell->action = cell->watchdog->action;
	if (!action || !cell->watchdog->device)
		return 0;
	cell->action = watchdog_action_find(action);
	if (cell->action)
		return 0;
	snprintf(why, len, "no action '%s'; there are: reset, poweroff, pause, none", action);
	return -1;
}

static bool is_twin(const struct cell *cells, size_t n, const struct cell *cell)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(cells[i].id, cell->id))
			return true;
	return false;
}

struct lists {
	struct names faults, watchdogs, clocks, machines, kernels, actions, msecs, timeouts;
};

/* One of the many: @number counts through the product, kernels slowest */
static int make_cell(struct cell *cell, const struct plan *plan, const struct lists *l,
		     size_t number, char *why, size_t len)
{
	const struct names *order[] = {
		&l->watchdogs, &l->faults, &l->actions, &l->timeouts, &l->msecs, &l->clocks,
		&l->machines, &l->kernels,
	};
	const char *pick[8] = { NULL };

	for (size_t i = 0; i < 8; i++) {
		if (!order[i]->n)
			continue;
		pick[i] = order[i]->name[number % order[i]->n];
		number /= order[i]->n;
	}
	memset(cell, 0, sizeof(*cell));
	if (set_rows(cell, pick[1], pick[0], pick[5], pick[6], why, len))
		return -1;
	snprintf(cell->kernel, sizeof(cell->kernel), "%s", pick[7]);
	if (set_numbers(cell, plan, pick[4], pick[3], why, len))
		return -1;
	if (set_action(cell, pick[2], why, len))
		return -1;
	cell_name(cell);
	return 0;
}

static size_t product(const struct lists *l)
{
	return l->faults.n * l->watchdogs.n * l->clocks.n * l->machines.n * l->kernels.n *
	       (l->actions.n ? l->actions.n : 1) * l->msecs.n * l->timeouts.n;
}

static int split_all(struct lists *l, const struct plan *plan, char *why, size_t len)
{
	const struct {
		struct names *names;
		const char *list;
		const char *option;
	} rows[] = {
		{ &l->faults, plan->faults, "--faults" },
		{ &l->watchdogs, plan->watchdogs, "--watchdogs" },
		{ &l->clocks, plan->clocks, "--clocks" },
		{ &l->machines, plan->machines, "--machines" },
		{ &l->kernels, plan->kernels, "--kernels" },
		{ &l->actions, plan->actions, "--action" },
		{ &l->msecs, plan->msecs, "--msecs" },
		{ &l->timeouts, plan->timeouts, "--timeout" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!rows[i].list)
			continue;
		if (!split(rows[i].names, rows[i].list))
			continue;
		snprintf(why, len, "%s wants a list of 1 to %d names", rows[i].option, NAMES_MAX);
		return -1;
	}
	return 0;
}

static void free_all(struct lists *l)
{
	struct names *names[] = {
		&l->faults, &l->watchdogs, &l->clocks, &l->machines, &l->kernels, &l->actions,
		&l->msecs, &l->timeouts,
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		free(names[i]->copy);
}

/**
 * plan_cells() - multiply a plan out
 * @plan: names and numbers
 * @cells: on success an array, to be freed
 * @n: its length; a cell that would come twice (an action for a watchdog that
 *	has none) comes once
 * @why: on error what is wrong, a sentence
 * @len: size of @why
 *
 * Return: 0, or -1.
 */
int plan_cells(const struct plan *plan, struct cell **cells, size_t *n, char *why, size_t len)
{
	struct lists l;
	int ret;

	memset(&l, 0, sizeof(l));
	*cells = NULL;
	*n = 0;
	ret = split_all(&l, plan, why, len);
	if (!ret && product(&l) > CELLS_MAX) {
		snprintf(why, len, "that makes %zu cells; a run has at most %d", product(&l),
			 CELLS_MAX);
		ret = -1;
	}
	if (!ret)
		*cells = xcalloc(product(&l), sizeof(**cells));
	for (size_t i = 0; !ret && i < product(&l); i++) {
		struct cell *cell = &(*cells)[*n];

		ret = make_cell(cell, plan, &l, i, why, len);
		if (!ret && !is_twin(*cells, *n, cell))
			(*n)++;
	}
	free_all(&l);
	if (ret) {
		free(*cells);
		*cells = NULL;
	}
	return ret;
}
