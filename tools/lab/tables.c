// SPDX-License-Identifier: GPL-2.0
/* What cells are made of. A new fault, watchdog, clock or machine is a row. */
#include <string.h>

#include "tables.h"

const struct fault faults[] = {
	{ "none", false, "the control: a healthy machine, which must not be reset" },
	{ "stop-machine", true, "all CPUs frozen through stop_machine() by stop-machine.ko" },
	{ NULL, false, NULL },
};

const struct watchdog watchdogs[] = {
	{
		.name = "none",
	}, {
		.name = "i6300esb",
		.fires_as = "i6300esb",
		.module = "i6300esb",
		.device = "i6300esb",
		.action = "reset",
		.deadline_ppm = 1006633,
		.min_timeout_s = 1,
		.max_timeout_s = 2046,
	}, {
		/* The dud: counts, expires, says so to QEMU, and does nothing */
		.name = "i6300esb-none",
		.fires_as = "i6300esb",
		.module = "i6300esb",
		.device = "i6300esb",
		.action = "none",
		.deadline_ppm = 1006633,
		.min_timeout_s = 1,
		.max_timeout_s = 2046,
	}, {
		.name = "softdog",
		.fires_as = "softdog",
		.module = "softdog",
		.deadline_ppm = 1000000,
		.min_timeout_s = 1,
		.max_timeout_s = 65535,
	}, {
		.name = NULL,
	},
};

const struct clocksource clocksources[] = {
	/* Under TCG with SMP 6.1 distrusts the TSC unless told otherwise */
	{ "tsc", "tsc=reliable clocksource=tsc" },
	{ NULL, NULL },
};

const struct machine machines[] = {
	{ "pc", "pc" },
	{ NULL, NULL },
};

/* QAPI's WatchdogAction, without debug and shutdown (an ACPI request) */
const char * const watchdog_actions[] = {
	"reset", "poweroff", "pause", "none", NULL,
};

/* All tables start their rows with the name and end with a NULL one. */
#define TABLE_FIND(table, wanted)					\
	({								\
		const __typeof__(*(table)) *row_ = (table);		\
		while (row_->name && strcmp(row_->name, wanted))	\
			row_++;						\
		row_->name ? row_ : NULL;				\
	})

/**
 * fault_find() - a fault by its name
 * @name: from the command line or a result
 *
 * Return: the row, or NULL.
 */
const struct fault *fault_find(const char *name)
{
	return TABLE_FIND(faults, name);
}

/**
 * watchdog_find() - a watchdog by its name
 * @name: from the command line or a result
 *
 * Return: the row, or NULL.
 */
const struct watchdog *watchdog_find(const char *name)
{
	return TABLE_FIND(watchdogs, name);
}

/**
 * clocksource_find() - a clocksource by its name
 * @name: from the command line or a result
 *
 * Return: the row, or NULL.
 */
const struct clocksource *clocksource_find(const char *name)
{
	return TABLE_FIND(clocksources, name);
}

/**
 * machine_find() - a machine type by its name
 * @name: from the command line or a result
 *
 * Return: the row, or NULL.
 */
const struct machine *machine_find(const char *name)
{
	return TABLE_FIND(machines, name);
}

/**
 * watchdog_action_find() - one of QEMU's watchdog actions, made static
 * @name: from the command line or a result
 *
 * Return: the table's own string, or NULL.
 */
const char *watchdog_action_find(const char *name)
{
	for (size_t i = 0; watchdog_actions[i]; i++)
		if (!strcmp(watchdog_actions[i], name))
			return watchdog_actions[i];
	return NULL;
}
