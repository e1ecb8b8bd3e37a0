/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_TABLES_H
#define PUG_TABLES_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct fault - what can be done to a guest
 * @name: as on the command line and in results
 * @has_duration: it begins and ends (freeze, thaw); false for the control
 * @summary: one line for --list --all and the documentation
 */
struct fault {
	const char *name;
	bool has_duration;
	const char *summary;
};

/**
 * struct watchdog - one row: a watchdog as it is configured
 * @name: as on the command line and in results
 * @fires_as: who fires when this one does: what verdict() must name
 * @module: guest kernel module, NULL when there is nothing to arm
 * @module_params: parameters for it
 * @device: QEMU device, NULL for one that lives in the guest's kernel
 * @action: default -action watchdog=..., NULL without a device
 * @deadline_ppm: real deadline over requested timeout, in millionths;
 *	QEMU's i6300esb counts 2 x (timeout << 9) << 15 ticks of 30 ns
 * @min_timeout_s: least timeout that the driver takes
 * @max_timeout_s: greatest
 */
struct watchdog {
	const char *name;
	const char *fires_as;
	const char *module;
	const char *module_params;
	const char *device;
	const char *action;
	unsigned int deadline_ppm;
	unsigned int min_timeout_s;
	unsigned int max_timeout_s;
};

/**
 * struct clocksource - a guest clocksource
 * @name: the kernel's name for it
 * @cmdline: what the kernel command line needs so that it is used
 */
struct clocksource {
	const char *name;
	const char *cmdline;
};

/**
 * struct machine - a QEMU machine type
 * @name: as on the command line and in results
 * @qemu: value of -machine
 */
struct machine {
	const char *name;
	const char *qemu;
};

extern const struct fault faults[];
extern const struct watchdog watchdogs[];
extern const struct clocksource clocksources[];
extern const struct machine machines[];
extern const char * const watchdog_actions[];

const struct fault *fault_find(const char *name);
const struct watchdog *watchdog_find(const char *name);
const struct clocksource *clocksource_find(const char *name);
const struct machine *machine_find(const char *name);
const char *watchdog_action_find(const char *name);

#endif
