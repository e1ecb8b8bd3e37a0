// SPDX-License-Identifier: GPL-2.0
/* Which cells: the options of pug matrix and pug cell, and what they multiply out to. */
#include "cells-args.h"
#include "compiler.h"
#include "session.h"
#include "util.h"

enum {
	OPT_FAULTS = 768, OPT_WATCHDOGS, OPT_CLOCKS, OPT_MACHINES, OPT_KERNELS, OPT_MSECS,
	OPT_TIMEOUT, OPT_ACTION, OPT_INTERVAL, OPT_SETTLE, OPT_CPUS, OPT_PRESET, OPT_PHASE,
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
	{ 0 },
};

static error_t parse_list(int key, const char *arg, struct cells_options *o)
{
	const struct {
		int key;
		const char **list;
	} lists[] = {
		{ OPT_FAULTS, &o->plan.faults }, { OPT_WATCHDOGS, &o->plan.watchdogs },
		{ OPT_CLOCKS, &o->plan.clocks }, { OPT_MACHINES, &o->plan.machines },
		{ OPT_KERNELS, &o->plan.kernels }, { OPT_ACTION, &o->plan.actions },
		{ OPT_MSECS, &o->plan.msecs }, { OPT_TIMEOUT, &o->plan.timeouts },
		{ OPT_PRESET, &o->preset },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		if (lists[i].key != key)
			continue;
		*lists[i].list = arg;
		o->given = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct cells_options *o = state->input;
	const struct {
		int key;
		const char *name;
		unsigned int min, max, *value;
	} numbers[] = {
		{ OPT_INTERVAL, "--interval", 10, 600000, &o->plan.interval_ms },
		{ OPT_SETTLE, "--settle", 1000, 600000, &o->plan.settle_ms },
		{ OPT_CPUS, "--cpus", 1, 64, &o->plan.cpus },
		{ OPT_PHASE, "--phase", 0, 600000, &o->plan.phase_ms },
	};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (numbers[i].key != key)
			continue;
		session_number(state, numbers[i].name, arg, numbers[i].min, numbers[i].max,
			       numbers[i].value);
		o->given = true;
		return 0;
	}
	return parse_list(key, arg, o);
}

const struct argp cells_argp = { options, parse, NULL, NULL, NULL, NULL, NULL };

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

/**
 * cells_make() - the cells that were asked for
 * @cells: empty; to be given back by cells_free() in any case
 * @o: from the command line
 * @custom: the kernel is a file of the user's
 *
 * Return: 0; -1 after saying what is wrong, or that no cell is left.
 */
int cells_make(struct cells *cells, const struct cells_options *o, bool custom)
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
		if (custom)
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
