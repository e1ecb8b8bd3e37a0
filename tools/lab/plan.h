/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_PLAN_H
#define PUG_PLAN_H

#include <stddef.h>

#include "cell.h"

/**
 * struct plan - which cells a run is made of, before they are multiplied out
 * @faults: names, comma-separated; likewise the others
 * @watchdogs: names
 * @clocks: names
 * @machines: names
 * @kernels: names of guests
 * @actions: of QEMU, for watchdogs that are its devices; NULL for each its own
 * @msecs: lengths of the fault in ms, comma-separated
 * @timeouts: of the watchdog in s, comma-separated
 * @interval_ms: between keepalives
 * @settle_ms: watched after the thaw
 * @cpus: vCPUs
 */
struct plan {
	const char *faults;
	const char *watchdogs;
	const char *clocks;
	const char *machines;
	const char *kernels;
	const char *actions;
	const char *msecs;
	const char *timeouts;
	unsigned int interval_ms;
	unsigned int settle_ms;
	unsigned int cpus;
};

int plan_preset(struct plan *plan, const char *name);
const char *plan_preset_names(void);
int plan_cells(const struct plan *plan, struct cell **cells, size_t *n, char *why, size_t len);
int plan_number(const char *text, unsigned int min, unsigned int max, unsigned int *value);

#endif
