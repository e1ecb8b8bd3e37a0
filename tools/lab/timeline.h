/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_TIMELINE_H
#define PUG_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "compiler.h"

/* Where an event was seen: outside the guest first, its own word last */
enum event_source {
	SOURCE_LAB,		/* the harness itself: what it did, what went wrong */
	SOURCE_QMP,
	SOURCE_TRACE,		/* QEMU's own trace of its devices */
	SOURCE_CONSOLE,
	SOURCE_MEMORY,		/* the console's words, found in the guest's memory */
	SOURCE_AGENT,
	SOURCE_CANARY,
	SOURCE_NR
};

enum event_kind {
	EVENT_OTHER,		/* kept to be read, decides nothing */
	EVENT_BOOT,		/* agent: user space is up; n, boot_id */
	EVENT_BOOTSTATUS,	/* agent: value, after a reset */
	EVENT_ARMED,
	EVENT_KEEPALIVE,
	EVENT_DISARMED,
	EVENT_FREEZE_ASKED,	/* agent: about to freeze */
	EVENT_FREEZE,		/* console: the module's line before it stops the CPUs */
	EVENT_THAW,		/* console: the module's line; time is the freeze's end */
	EVENT_FELT,		/* agent: it notices what is done from outside */
	EVENT_TRAVEL,		/* lab: the machine went back to a snapshot */
	EVENT_THAWED,		/* agent: user space runs again */
	EVENT_DONE,		/* agent: watched to the end of the plan */
	EVENT_AGENT_ERROR,
	EVENT_CANARY,
	EVENT_WATCHDOG,		/* QMP: an emulated device fired */
	EVENT_RESET_REQUEST,	/* QMP: the guest asked for a reset; the VM stands still */
	EVENT_POWEROFF,		/* QMP: the guest, or a watchdog, switched off */
	EVENT_PAUSED,		/* QMP: STOP that the lab did not ask for */
	EVENT_PANICKED,		/* QMP: pvpanic */
	EVENT_RESET_DONE,	/* QMP: the machine was reset; the next boot begins */
	EVENT_DEVICE_FIRES,	/* trace: a watchdog of QEMU's acts; after_ns, before_ns */
	EVENT_RELOAD,		/* trace: a keepalive reached a device of QEMU's; likewise */
	EVENT_DOG_FIRES,	/* console signature: one in the guest's kernel resets; by */
	EVENT_DOG_FIRES_DRY,	/* the same, and it does nothing */
	EVENT_PANIC_LINE,	/* console signature */
	EVENT_WATCH_BEGINS,	/* a watchdog beside the VM says that it watches */
	EVENT_WATCH_ACTS,	/* a watchdog beside the VM says that it acts */
	EVENT_LAB_ERROR,	/* the cell could not be carried through */
	EVENT_WATCHED,		/* the lab watched a dead guest for as long as it was to */
	EVENT_LAB_START,
	EVENT_LAB_END,
	EVENT_NR
};

#define TIME_UNKNOWN INT64_MIN

/**
 * struct event - something observed
 * @kind: what
 * @source: by whom
 * @boot: 1 for the boot under test, 2 for the one after the reset
 * @t_ns: virtual time by the HPET's main counter, from that boot's start of the
 *	counter; TIME_UNKNOWN for what has an order only
 * @upper_bound: the counter was read afterwards with the VM running on
 * @estimated: by the guest's own printk stamps, counted from the freeze's line
 * @data: the evidence itself, owned; never NULL
 * @text: one line for people, owned
 * @order: sort key within @boot: own time, or that of what the same source
 *	said before
 * @seq: position as read
 */
struct event {
	enum event_kind kind;
	enum event_source source;
	int boot;
	int64_t t_ns;
	bool upper_bound;
	bool estimated;
	json_t *data;
	char *text;
	int64_t order;
	size_t seq;
};

/**
 * struct travel - the machine went back to a snapshot: what it does then comes later all
 * the same, though its clock shows a time that has been
 * @from_ns: its clock, when it left
 * @to_ns: its clock, when it went on; equal where it did not travel
 * @agent: bytes that the agent had written by then
 * @canary: and the canaries
 */
struct travel {
	int64_t from_ns;
	int64_t to_ns;
	int64_t agent;
	int64_t canary;
};

/**
 * struct timeline - everything observed in a cell, in one ordered list
 * @events: in order after timeline_sort()
 * @n: how many
 * @cap: allocated
 * @travel: where its clock went back
 * @read: bytes of the file that is read, up to the end of the line in hand
 * @broken: why the evidence can't be judged, empty when it can
 */
struct timeline {
	struct event *events;
	size_t n;
	size_t cap;
	struct travel travel;
	int64_t read;
	char broken[256];
};

struct event *timeline_add(struct timeline *tl, enum event_kind kind, enum event_source source,
			   int boot, int64_t t_ns, json_t *data);
void event_text(struct event *event, const char *fmt, ...) __printf(2, 3);
void timeline_broken(struct timeline *tl, const char *fmt, ...)
	__printf(2, 3);
void timeline_sort(struct timeline *tl);
void timeline_free(struct timeline *tl);
int timeline_write(const struct timeline *tl, FILE *out);
const struct event *timeline_first(const struct timeline *tl, enum event_kind kind, int boot);
const char *event_kind_name(enum event_kind kind);
const char *event_source_name(enum event_source source);

#endif
