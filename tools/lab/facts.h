/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_FACTS_H
#define PUG_FACTS_H

#include "verdict.h"

/**
 * struct facts - what the timeline says, before it is judged
 * @keepalive: the last one that counts, as the device got it where QEMU traced
 *	that, else as the agent says: before the fault where that silences all, else
 *	before the machine was gone or the fault over
 * @armed: a watchdog was armed
 * @disarmed: and closed with the magic character
 * @boot: the guest's user space is up
 * @asked: the agent is about to freeze
 * @freeze: the fault's first trace
 * @fault_ns: when it began
 * @thaw_ns: when it ended, or would have
 * @thaw_seen: the module said so itself
 * @due_ns: when the machine was to be gone: at the thaw where all stood still, else
 *	when the last keepalive's time was over. TIME_UNKNOWN where nobody promised that
 * @watchdog: QEMU's WATCHDOG event
 * @fires: QEMU's trace of the same, between two readings of the counter
 * @outside: a watchdog beside the VM said that it acts
 * @gone: the first event that took the machine away
 * @effect: and how
 * @dog: the line of a watchdog in the guest's kernel that resets
 * @dry: of one that fires without doing anything
 * @done: the agent watched to the end
 * @watched: the lab did, from outside, where the guest can't any more
 * @panic: the kernel said that it panics
 * @poweroff: and QMP shows how the guest ended
 * @travel: it went back to a snapshot
 * @undone: canaries' writes of the time that was undone with that
 */
struct facts {
	const struct event *keepalive;
	const struct event *armed;
	const struct event *disarmed;
	const struct event *boot;
	const struct event *asked;
	const struct event *freeze;
	int64_t fault_ns;
	int64_t thaw_ns;
	bool thaw_seen;
	int64_t due_ns;
	const struct event *watchdog;
	const struct event *fires;
	const struct event *outside;
	const struct event *gone;
	enum verdict_effect effect;
	const struct event *dog;
	const struct event *dry;
	const struct event *done;
	const struct event *watched;
	const struct event *panic;
	const struct event *poweroff;
	const struct event *travel;
	long undone;
};

void find_facts(struct facts *f, const struct cell *cell, const struct timeline *tl);

#endif
