// SPDX-License-Identifier: GPL-2.0
/* From lists of names to cells. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "plan.h"
#include "util.h"

#define NAMES_MAX 64
#define MSECS_MAX 600000
#define CELLS_MAX 4096

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

static int unknown(char *why, size_t len, const char *what, const char *name, const char *known)
{
	snprintf(why, len, "no %s '%s'; there are: %s", what, name, known);
	return -1;
}

static int set_rows(struct cell *cell, const char *fault, const char *watchdog, const char *clock,
		    const char *machine, char *why, size_t len)
{
	char known[1024];

	cell->fault = fault_find(fault);
	cell->watchdog = watchdog_find(watchdog);
	cell->clock = clocksource_find(clock);
	cell->machine = machine_find(machine);
	if (!cell->fault) {
		names_of(faults, sizeof(*faults), known, sizeof(known));
		return unknown(why, len, "fault", fault, known);
	}
	if (!cell->watchdog) {
		names_of(watchdogs, sizeof(*watchdogs), known, sizeof(known));
		return unknown(why, len, "watchdog", watchdog, known);
	}
	if (!cell->clock) {
		names_of(clocksources, sizeof(*clocksources), known, sizeof(known));
		return unknown(why, len, "clock", clock, known);
	}
	if (!cell->machine) {
		names_of(machines, sizeof(*machines), known, sizeof(known));
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
	if (wd->fires_as && (seconds < wd->min_timeout_s || seconds > wd->max_timeout_s)) {
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
	cell->phase_ms = plan->phase_ms;
	cell->dog_cpu = plan->dog_cpu;
	if (cell->dog_cpu <= cell->cpus)
		return 0;
	snprintf(why, len, "--dog-cpu %u: there are %u, counted from 0", cell->dog_cpu - 1,
		 cell->cpus);
	return -1;
}

static int set_action(struct cell *cell, const char *action, char *why, size_t len)
{
	cell->action = cell->watchdog->action;
	if (!action || !cell->watchdog->action)
		return 0;
	cell->action = watchdog_action_find(action);
	if (cell->action)
		return 0;
	snprintf(why, len,
		 "no action '%s'; there are: reset, poweroff, pause, inject-nmi, none",
		 action);
	return -1;
}

static bool is_twin(const struct cells *cells, const struct cell *cell)
{
	for (size_t i = 0; i < cells->n; i++)
		if (!strcmp(cells->cell[i].id, cell->id))
			return true;
	for (size_t i = 0; i < cells->n_out; i++)
		if (!strcmp(cells->out[i].cell.id, cell->id))
			return true;
	return false;
}

static bool lacks_device(const struct cell *cell)
{
	return cell->watchdog->machine && strcmp(cell->watchdog->machine, cell->machine->name);
}

static bool lacks_detector(const struct cell *cell)
{
	return cell->watchdog->kernel && strcmp(cell->watchdog->kernel, cell->kernel) &&
	       strcmp("custom", cell->kernel);
}

static bool lacks_cpus(const struct cell *cell)
{
	const struct fault *fault = cell->fault;

	return (fault->placed && cell->cpus <= DOG_CPU) || (fault->cpus && !cell_hung_cpus(cell));
}

static bool is_same_on_q35(const struct cell *cell)
{
	static const char * const compared[] = { "none", "i6300esb", "softdog" };

	if (strcmp(cell->machine->name, "q35") || cell->watchdog->machine)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(compared); i++)
		if (!strcmp(compared[i], cell->watchdog->name) && !cell->clock->wrap_us &&
		    (!cell->action || !strcmp(cell->action, cell->watchdog->action)))
			return false;
	return true;
}

static bool is_rt(const struct cell *cell)
{
	size_t len = strlen(cell->kernel);

	return len > 3 && !strcmp(cell->kernel + len - 3, "-rt");
}

static bool is_dud(const struct cell *cell)
{
	const struct watchdog *wd = cell->watchdog;

	return wd->fires_dry || wd->noreboot || wd->mode == DOG_CLOSED ||
	       wd->mode == DOG_CARELESS || wd->mode == DOG_UNOPENED ||
	       (wd->action && strcmp(wd->action, "reset"));
}

static bool has_no_victim(const struct cell *cell)
{
	const struct watchdog *wd = cell->watchdog;

	if (cell->fault->silent != SILENT_KEEPALIVE || !strcmp(cell->fault->name, "reboot-hangs"))
		return false;
	if (wd->mode == DOG_DAEMON)
		return !strcmp(cell->fault->name, "keepalive-stuck");
	return !wd->fires_as || wd->mode == DOG_SELF || wd->mode == DOG_DETECTOR ||
	       wd->mode == DOG_KERNEL;
}

static bool never_gets_there(const struct cell *cell)
{
	return cell->watchdog->mode == DOG_STARTED && cell->fault->has_duration;
}

static bool is_not_stuck(const struct cell *cell)
{
	return cell->watchdog->mode == DOG_OUTSIDE &&
	       !strcmp(cell->fault->name, "keepalive-stuck");
}

static bool is_dud_on_rt(const struct cell *cell)
{
	return is_dud(cell) && is_rt(cell);
}

static bool is_dud_control(const struct cell *cell)
{
	return is_dud(cell) && !cell->fault->has_duration;
}

static bool is_clock_on_rt(const struct cell *cell)
{
	return cell->clock->wrap_us && is_rt(cell);
}

/* And where QEMU exits at once, with action poweroff, it never gets to it */
static bool prints_by_thread(const struct cell *cell)
{
	return is_rt(cell) || !strcmp(cell->kernel, "debian-7");
}

static bool is_action_again(const struct cell *cell)
{
	return cell->action && strcmp(cell->action, cell->watchdog->action) &&
	       (prints_by_thread(cell) || strcmp(cell->watchdog->name, "i6300esb"));
}

/**
 * struct rule - what is left out, and why
 * @impossible: always; else in sparing presets only
 * @applies: to this cell
 * @text: why, a sentence
 */
struct rule {
	bool impossible;
	bool (*applies)(const struct cell *cell);
	const char *text;
};

static const struct rule rules[] = {
	{ true, lacks_device,
	  "this machine does not have the device (iTCO is in q35's ICH9)"
	},
	{ true, lacks_detector,
	  "this kernel is built without the detector (CONFIG_HARDLOCKUP_DETECTOR_BUDDY)"
	},
	{ true, lacks_cpus,
	  "the fault hangs a CPU that this guest does not have"
	},
	{ true, is_not_stuck,
	  "who sends signs of life checks no file, and waits for no lock"
	},
	{ true, never_gets_there,
	  "the watchdog resets the machine before any fault: the control shows that"
	},
	{ false, is_dud_control,
	  "a dud needs no control: it resets nothing at any time"
	},
	{ false, has_no_victim,
	  "there is no keepalive process that this fault could be done to"
	},
	{ false, is_dud_on_rt,
	  "what makes it a dud is its configuration, which a preemptible kernel shares"
	},
	{ false, is_same_on_q35,
	  "the device and its driver are the same on pc"
	},
	{ false, is_clock_on_rt,
	  "the kernel reads its clocksource the same way when it is preemptible"
	},
	{ false, is_action_again,
	  "what QEMU does is the same for each of its devices and kernels"
	},
};

static const char *rule_for(const struct cell *cell, bool sparing)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if ((rules[i].impossible || sparing) && rules[i].applies(cell))
			return rules[i].text;
	return NULL;
}

static void add_cell(struct cells *cells, const struct cell *cell, bool sparing)
{
	const char *rule = rule_for(cell, sparing);

	if (is_twin(cells, cell))
		return;
	if (!rule) {
		cells->cell = xrealloc(cells->cell, (cells->n + 1) * sizeof(*cells->cell));
		cells->cell[cells->n++] = *cell;
		return;
	}
	cells->out = xrealloc(cells->out, (cells->n_out + 1) * sizeof(*cells->out));
	cells->out[cells->n_out].cell = *cell;
	cells->out[cells->n_out++].rule = rule;
}

/**
 * cells_free() - give back what plan_cells() made
 * @cells: empty afterwards
 */
void cells_free(struct cells *cells)
{
	free(cells->cell);
	free(cells->out);
	memset(cells, 0, sizeof(*cells));
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

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
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

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		free(names[i]->copy);
}

/**
 * plan_cells() - multiply a plan out
 * @plan: names and numbers
 * @sparing: leave out what would tell nothing new
 * @cells: gets more cells; one that is there already (an action for a watchdog
 *	that has none) does not come twice
 * @why: on error what is wrong, a sentence
 * @len: size of @why
 *
 * Return: 0, or -1.
 */
int plan_cells(const struct plan *plan, bool sparing, struct cells *cells, char *why, size_t len)
{
	struct lists l;
	int ret;

	memset(&l, 0, sizeof(l));
	ret = split_all(&l, plan, why, len);
	if (!ret && product(&l) > CELLS_MAX) {
		snprintf(why, len, "that makes %zu cells; a run has at most %d", product(&l),
			 CELLS_MAX);
		ret = -1;
	}
	for (size_t i = 0; !ret && i < product(&l); i++) {
		struct cell cell;

		ret = make_cell(&cell, plan, &l, i, why, len);
		if (!ret)
			add_cell(cells, &cell, sparing);
	}
	free_all(&l);
	return ret;
}
