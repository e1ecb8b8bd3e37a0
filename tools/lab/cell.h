/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_CELL_H
#define PUG_CELL_H

#include <jansson.h>

#include "tables.h"

/* 16 hex digits: cells_key() */
#define CELLS_KEY_LEN 17

/**
 * struct cell - one fault x watchdog x clock x machine x kernel, as asked
 * @fault: what is done
 * @watchdog: who should fire
 * @clock: the guest's clocksource
 * @machine: QEMU machine
 * @kernel: name of the guest kernel, e.g. debian-6.1
 * @action: what QEMU does when @watchdog's device fires; NULL without one
 * @msecs: length of the fault; of the watch, where there is no fault
 * @timeout_ms: asked of the watchdog
 * @interval_ms: between two keepalives
 * @periods: keepalives before the fault
 * @phase_ms: the fault comes so much later, across the keepalive period
 * @dog_cpu: who keeps the watchdog alive stays on this CPU, counted from 1; 0 on any
 * @settle_ms: how long the guest is watched after the thaw
 * @cpus: vCPUs
 * @see_return: after a reset, see the machine come back
 * @id: unique in a run, fit for a file name
 */
struct cell {
	const struct fault *fault;
	const struct watchdog *watchdog;
	const struct clocksource *clock;
	const struct machine *machine;
	char kernel[64];
	const char *action;
	unsigned int msecs;
	unsigned int timeout_ms;
	unsigned int interval_ms;
	unsigned int periods;
	unsigned int phase_ms;
	unsigned int dog_cpu;
	unsigned int settle_ms;
	unsigned int cpus;
	bool see_return;
	char id[192];
};

void cell_name(struct cell *cell);
unsigned long cell_hung_cpus(const struct cell *cell);
json_t *cell_to_json(const struct cell *cell);
int cell_from_json(struct cell *cell, json_t *json, const char **why);

#endif
