// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cell.h"
#include "compiler.h"

static void __printf(3, 4)
append(char *text, size_t len, const char *fmt, ...)
{
	size_t used = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + used, len - used, fmt, ap);
	va_end(ap);
}

/**
 * cell_name() - give a cell its id
 * @cell: complete but for its id
 *
 * The id names what tells the cell from its neighbours; a length or timeout is
 * in it too, so that sweeps have distinct ids.
 */
void cell_name(struct cell *cell)
{
	const char *action = "";
	const char *dot = "";

	if (cell->action && strcmp(cell->action, cell->watchdog->action)) {
		action = cell->action;
		dot = "-";
	}
	snprintf(cell->id, sizeof(cell->id), "%s.%s%s%s.%s.%s.%s.%ums.%ums",
		 cell->fault->name, cell->watchdog->name, dot, action, cell->clock->name,
		 cell->machine->name, cell->kernel, cell->msecs, cell->timeout_ms);
	/* What is seldom asked for is named only where it is */
	if (cell->cpus != 2)
		append(cell->id, sizeof(cell->id), ".%ucpus", cell->cpus);
	if (cell->phase_ms)
		append(cell->id, sizeof(cell->id), ".phase%ums", cell->phase_ms);
	if (cell->dog_cpu)
		append(cell->id, sizeof(cell->id), ".dog%u", cell->dog_cpu - 1);
}

/**
 * cell_hung_cpus() - the CPUs that the fault hangs
 * @cell: asked
 *
 * Return: a bit for each.
 */
unsigned long cell_hung_cpus(const struct cell *cell)
{
	unsigned int bits = 8 * sizeof(unsigned long);
	unsigned long present = cell->cpus >= bits ? CPUS_ALL : (1UL << cell->cpus) - 1;

	return cell->fault->cpus & present;
}

/**
 * cell_to_json() - what was asked, to stand beside its evidence
 * @cell: a named cell
 *
 * Return: a new object, NULL out of memory.
 */
json_t *cell_to_json(const struct cell *cell)
{
	return json_pack("{s:s s:s s:s s:s s:s s:s s:s? s:i s:i s:i s:i s:i s:o s:i s:i s:b}",
			 "id", cell->id, "fault", cell->fault->name,
			 "watchdog", cell->watchdog->name, "clock", cell->clock->name,
			 "machine", cell->machine->name, "kernel", cell->kernel,
			 "action", cell->action,
			 "msecs", cell->msecs, "timeout_ms", cell->timeout_ms,
			 "interval_ms", cell->interval_ms, "periods", cell->periods,
			 "phase_ms", cell->phase_ms, "dog_cpu",
			 cell->dog_cpu ? json_integer(cell->dog_cpu - 1) : json_null(),
			 "settle_ms", cell->settle_ms, "cpus", cell->cpus,
			 "see_return", cell->see_return);
}

static int find_rows(struct cell *cell, const char *fault, const char *watchdog,
		     const char *clock, const char *machine, const char **why)
{
	*why = "names a fault that this version does not know";
	cell->fault = fault_find(fault);
	if (!cell->fault)
		return -1;
	*why = "names a watchdog that this version does not know";
	cell->watchdog = watchdog_find(watchdog);
	if (!cell->watchdog)
		return -1;
	*why = "names a clock that this version does not know";
	cell->clock = clocksource_find(clock);
	if (!cell->clock)
		return -1;
	*why = "names a machine that this version does not know";
	cell->machine = machine_find(machine);
	return cell->machine ? 0 : -1;
}

/**
 * cell_from_json() - read back what cell_to_json() wrote
 * @cell: filled in
 * @json: untrusted
 * @why: on error what is wrong with it, a phrase
 *
 * Return: 0, or -1.
 */
int cell_from_json(struct cell *cell, json_t *json, const char **why)
{
	const char *fault, *watchdog, *clock, *machine, *kernel, *id, *action;
	int msecs, timeout, interval, periods, settle, cpus, phase = 0;
	json_t *dog = NULL;

	memset(cell, 0, sizeof(*cell));
	*why = "lacks a field, or has one of the wrong type";
	if (json_unpack(json, "{s:s s:s s:s s:s s:s s:s s:i s:i s:i s:i s:i s:i s?i s?o}",
			"id", &id, "fault", &fault, "watchdog", &watchdog, "clock", &clock,
			"machine", &machine, "kernel", &kernel,
			"msecs", &msecs, "timeout_ms", &timeout, "interval_ms", &interval,
			"periods", &periods, "settle_ms", &settle, "cpus", &cpus,
			"phase_ms", &phase, "dog_cpu", &dog))
		return -1;
	*why = "has a number out of range";
	if (msecs < 0 || timeout < 0 || interval < 0 || periods < 0 || settle < 0 || cpus < 1 ||
	    phase < 0 || json_integer_value(dog) < 0 || json_integer_value(dog) >= cpus)
		return -1;
	if (strlen(id) >= sizeof(cell->id) || strlen(kernel) >= sizeof(cell->kernel))
		return -1;
	if (find_rows(cell, fault, watchdog, clock, machine, why))
		return -1;
	*why = "names an action that this version does not know";
	action = json_string_value(json_object_get(json, "action"));
	if (action) {
		cell->action = watchdog_action_find(action);
		if (!cell->action)
			return -1;
	}
	strcpy(cell->kernel, kernel);
	strcpy(cell->id, id);
	cell->msecs = msecs;
	cell->timeout_ms = timeout;
	cell->interval_ms = interval;
	cell->periods = periods;
	cell->phase_ms = phase;
	cell->dog_cpu = json_is_integer(dog) ? json_integer_value(dog) + 1 : 0;
	cell->settle_ms = settle;
	cell->cpus = cpus;
	cell->see_return = json_is_true(json_object_get(json, "see_return"));
	*why = NULL;
	return 0;
}
