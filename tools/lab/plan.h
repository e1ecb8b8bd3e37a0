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
 * @phase_ms: the fault comes so much later
 * @dog_cpu: of struct cell
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
	unsigned int phase_ms;
	unsigned int dog_cpu;
};

/**
 * struct left_out - a combination that does not become a cell
 * @cell: it would have been
 * @rule: why not, a sentence
 */
struct left_out {
	struct cell cell;
	const char *rule;
};

/**
 * struct cells - what plans multiply out to
 * @cell: those to be run
 * @n: how many
 * @out: those left out
 * @n_out: how many
 */
struct cells {
	struct cell *cell;
	size_t n;
	struct left_out *out;
	size_t n_out;
};

#define PRESET_PLANS_MAX 8

int plan_preset(struct plan *plans, size_t *n, bool *sparing, const char *name);
const char *plan_preset_name(size_t n);
void plan_preset_names(char *text, size_t len);
int plan_cells(const struct plan *plan, bool sparing, struct cells *cells, char *why, size_t len);
void cells_free(struct cells *cells);
int plan_number(const char *text, unsigned int min, unsigned int max, unsigned int *value);

#endif
