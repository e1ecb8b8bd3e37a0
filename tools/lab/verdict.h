/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_VERDICT_H
#define PUG_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "cell.h"
#include "timeline.h"

/* When the watchdog fired, as the evidence shows (Documentation/verdict.rst) */
enum verdict_when {
	VERDICT_ERROR,
	VERDICT_UNARMED,
	VERDICT_BEFORE_FAULT,
	VERDICT_IN_FAULT,
	VERDICT_AT_THAW,
	VERDICT_AFTER_THAW,
	VERDICT_NEVER,
	VERDICT_NR
};

enum verdict_effect {
	EFFECT_NONE,
	EFFECT_RESET,
	EFFECT_OFF,
	EFFECT_PAUSED,
	EFFECT_PANICKED,
	EFFECT_NR
};

enum verdict_protected {
	PROTECTED_NA,		/* no fault to be protected from */
	PROTECTED_NO,
	PROTECTED_BY_LUCK,	/* late, but nothing got out */
	PROTECTED_YES,
	PROTECTED_NR
};

/**
 * struct verdict - what the evidence of a cell shows
 * @when: when it fired
 * @effect: what firing did
 * @protected: gone before user space ran again?
 * @by: who fired: a watchdog's fires_as, "unknown", or "" when nobody did
 * @action: the action in QEMU's WATCHDOG event, "" when there was none
 * @keepalive_to_fire_ns: from the last keepalive, -1 unknown
 * @fault_to_fire_ns: from the fault's start, -1 unknown
 * @fire_is_upper_bound: the VM ran on while its clock was read: fired no later
 * @fire_is_estimate: the guest's own stamps say when
 * @fire_span_ns: QEMU's trace puts the firing between two readings of the counter
 *	so far apart; -1 where it does not
 * @zombie_ns: from thaw to firing; 0 when gone before; -1 when it never ended
 * @zombie_writes: canary writes that left the VM in the zombie window
 * @return_watched: the cell was to see the machine come back
 * @came_back: the guest booted again and said so
 * @bootstatus: after that boot, -1 when not read
 * @boot_ids_differ: the boot_id changed, as it must over a reset
 * @frozen_ns: how much of the freeze was played before the VM was gone
 * @virtual_ns: virtual time of the whole cell, all boots
 * @reason: the evidence in one sentence
 */
struct verdict {
	enum verdict_when when;
	enum verdict_effect effect;
	enum verdict_protected protected;
	char by[32];
	char action[16];
	int64_t keepalive_to_fire_ns;
	int64_t fault_to_fire_ns;
	int64_t fire_span_ns;
	bool fire_is_upper_bound;
	bool fire_is_estimate;
	int64_t zombie_ns;
	long zombie_writes;
	bool return_watched;
	bool came_back;
	long bootstatus;
	bool boot_ids_differ;
	int64_t frozen_ns;
	int64_t virtual_ns;
	char reason[512];
};

const char *verdict_when_name(enum verdict_when when);
const char *verdict_effect_name(enum verdict_effect effect);
const char *verdict_protected_name(enum verdict_protected protected);
void verdict_preset(struct verdict *v, const char *reason);
void verdict(struct verdict *v, const struct cell *cell, const struct timeline *tl);
json_t *verdict_to_json(const struct verdict *v);

#endif
