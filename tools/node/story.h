/* SPDX-License-Identifier: GPL-2.0 */
/* What the journal of a verify run tells. */
#ifndef PUG_STORY_H
#define PUG_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "moment.h"

enum story_state {
	STORY_NONE,	/* there is no journal, or nothing in it */
	STORY_WHOLE,
	STORY_TORN,	/* it ends in the middle of a record */
	STORY_DAMAGED,	/* something before its end is missing or wrong */
};

enum story_phase {
	PHASE_NOTHING,
	PHASE_PLANNED,
	PHASE_ARMED,
	PHASE_FAULT,	/* the last keepalive is given, the fault begins */
	PHASE_OVER,	/* the fault is over, and our program ran again */
	PHASE_ENDED,	/* it was seen to the end, and the device disarmed */
	PHASE_FAILED,	/* the fault could not be made */
};

/* The faults that verify knows. */
enum fault {
	FAULT_STOP_MACHINE,
	FAULT_NO_KEEPALIVE,
};

/**
 * struct story - what a journal tells
 * @state: in what state it is
 * @phase: the last that it tells of
 * @fault: what was done to the machine
 * @machine: identifies the machine; "" if nothing does
 * @hostname: its name
 * @boot_id: the boot in which it was written
 * @device: the watchdog's node
 * @identity: what its driver calls it
 * @driver: its driver
 * @timeout_s: as the driver took it; -1: not known
 * @msecs: length of the fault
 * @turnaround_ms: how long this machine takes from an ordered reboot to the next
 *	kernel's start; -1: not known
 * @planned: when it began
 * @at: when the fault began
 * @keepalive_ms: CLOCK_BOOTTIME at the last keepalive
 * @alive_ms: CLOCK_BOOTTIME when it was last written to
 */
struct story {
	enum story_state state;
	enum story_phase phase;
	enum fault fault;
	char machine[64];
	char hostname[65];
	char boot_id[40];
	char device[32];
	char identity[64];
	char driver[64];
	int64_t timeout_s;
	int64_t msecs;
	int64_t turnaround_ms;
	struct moment planned;
	struct moment at;
	int64_t keepalive_ms;
	int64_t alive_ms;
};

void story_read(const char *text, size_t len, struct story *story);
const char *fault_name(enum fault fault);
bool fault_find(const char *name, enum fault *fault);

#endif /* PUG_STORY_H */
