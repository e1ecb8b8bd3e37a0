// SPDX-License-Identifier: GPL-2.0
/*
 * What must happen where the only watchdog is a detector of the kernel's that
 * panics: soft lockups, hung tasks, stalls of RCU. Each sees one kind of hang, so
 * a row is a fault that one of them sees, and all the rest is silence. As in
 * expect.c a row is written before its first run, and is not bent to what was seen.
 */
#include <string.h>

#include "compiler.h"
#include "expect-detect.h"
#include "expect-part.h"

/**
 * struct detect_row - a fault that a detector sees, or is blind to for a reason of its own
 * @detector: name of the watchdog
 * @fault: its name
 * @when: it panics
 * @maybe: or not: something decides that nobody here controls
 * @why: file:function with the version
 */
struct detect_row {
	const char *detector;
	const char *fault;
	enum verdict_when when;
	bool maybe;
	const char *why;
};

#define STOPPER_WAITS \
	"Linux 6.1 kernel/watchdog.c:watchdog_timer_fn comes with preemption off too, and finds that softlockup_fn has not run on its CPU for twice watchdog_thresh"
#define OVERDUE \
	"Linux 6.1 kernel/watchdog.c:watchdog_timer_fn is overdue at the thaw and finds its CPU locked up, unless somebody printed meanwhile and called touch_softlockup_watchdog()"
#define NO_QUIESCENT_STATE \
	"Linux 6.1 kernel/rcu/tree.c:rcu_pending looks for a stall at each tick, and a grace period waits for the CPU that hangs"
#define TICK_AT_THAW \
	"Linux 6.1 kernel/rcu/tree.c:rcu_pending comes late, at the thaw, and by then the grace period, if there was one, may have ended"
#define GP_THREAD_STARVES \
	"Linux 6.1 kernel/rcu/tree.c:rcu_pending looks for a stall at each tick, and kernel/rcu/tree.c:rcu_gp_kthread is of a lower class than the hogs, if a grace period was under way"

/*
 * From one check to the next it is 1.2 x watchdog_thresh, the first only takes down the
 * count, and one more passes where somebody has printed: 3.6 x watchdog_thresh at most.
 */
#define BUDDY_LOOKS \
	"Linux 6.12 kernel/watchdog_buddy.c:watchdog_buddy_check_hardlockup, called by kernel/watchdog.c:watchdog_timer_fn on the CPU before it, finds that the count of its timer interrupts stands still, and kernel/watchdog.c:watchdog_hardlockup_check panics"

#define NOBODY_LOOKS \
	"Linux 6.12 kernel/panic.c:panic stops the other CPUs, and arch/x86/kernel/smp.c:native_stop_other_cpus the local APIC of its own: no timer interrupt is left that could call kernel/watchdog.c:watchdog_timer_fn"

#define IN_FAULT(detector, fault, why) { detector, fault, VERDICT_IN_FAULT, false, why }
#define MAYBE_IN_FAULT(detector, fault, why) { detector, fault, VERDICT_IN_FAULT, true, why }
#define MAYBE_AT_THAW(detector, fault, why) { detector, fault, VERDICT_AT_THAW, true, why }
#define BLIND(detector, fault, why) { detector, fault, VERDICT_NEVER, false, why }

static const struct detect_row detect_rows[] = {
	MAYBE_AT_THAW("softlockup", "stop-machine", OVERDUE),
	MAYBE_AT_THAW("softlockup", "irqs-off-dog", OVERDUE),
	MAYBE_AT_THAW("softlockup", "irqs-off-cpu0", OVERDUE),
	MAYBE_AT_THAW("softlockup", "irqs-off-other", OVERDUE),
	MAYBE_AT_THAW("softlockup", "irqs-off-but-one", OVERDUE),
	IN_FAULT("softlockup", "preempt-off-dog", STOPPER_WAITS),
	IN_FAULT("softlockup", "preempt-off-all", STOPPER_WAITS),
	IN_FAULT("softlockup", "softirqs-off-all", STOPPER_WAITS),
	IN_FAULT("softlockup", "rcu-reader", STOPPER_WAITS
		 ": a kernel without full preemption does not take the CPU from a loop"),
	IN_FAULT("softlockup", "spinlock", STOPPER_WAITS
		 ": who holds the lock has interrupts on, unlike those that want it"),
	IN_FAULT("hung-task", "dstate",
		 "Linux 6.1 kernel/hung_task.c:check_hung_task panics at the second look that finds a task in the same uninterruptible sleep"
	  ),
	IN_FAULT("hung-task", "reboot-hangs",
		 "Linux 6.1 kernel/reboot.c:kernel_restart_prepare sleeps in a notifier, and kernel/hung_task.c:check_hung_task sees that: the threads of the kernel go on"
	  ),
	MAYBE_AT_THAW("rcu-stall", "stop-machine", TICK_AT_THAW),
	IN_FAULT("rcu-stall", "irqs-off-dog", NO_QUIESCENT_STATE),
	IN_FAULT("rcu-stall", "irqs-off-cpu0", NO_QUIESCENT_STATE),
	IN_FAULT("rcu-stall", "irqs-off-other", NO_QUIESCENT_STATE),
	IN_FAULT("rcu-stall", "irqs-off-but-one", NO_QUIESCENT_STATE),
	IN_FAULT("rcu-stall", "preempt-off-dog", NO_QUIESCENT_STATE),
	IN_FAULT("rcu-stall", "preempt-off-all", NO_QUIESCENT_STATE),
	IN_FAULT("rcu-stall", "softirqs-off-all", NO_QUIESCENT_STATE),
	IN_FAULT("rcu-stall", "rcu-reader", NO_QUIESCENT_STATE),
	IN_FAULT("rcu-stall", "spinlock", NO_QUIESCENT_STATE),
	IN_FAULT("hardlockup-buddy", "irqs-off-dog", BUDDY_LOOKS),
	IN_FAULT("hardlockup-buddy", "irqs-off-cpu0", BUDDY_LOOKS
		 ": the buddy of the first CPU is the last"),
	IN_FAULT("hardlockup-buddy", "irqs-off-other", BUDDY_LOOKS),
	IN_FAULT("hardlockup-buddy", "irqs-off-but-one", BUDDY_LOOKS
		 ": one CPU that goes on is enough"),
	IN_FAULT("hardlockup-buddy", "spinlock", BUDDY_LOOKS
		 ": CPU 0, which holds the lock, has interrupts on, and looks after the next"),
	BLIND("hardlockup-buddy", "stop-machine",
	      "Linux 6.12 kernel/watchdog_buddy.c:watchdog_buddy_check_hardlockup runs in the timer interrupt of another CPU, and all are stopped. It looks at every third only: one of them at most is overdue at the thaw, and its buddy counts between the others"
	     ),
	BLIND("hardlockup-buddy", "panic", NOBODY_LOOKS),
	BLIND("hardlockup-buddy", "oops-panics", NOBODY_LOOKS),
	BLIND("hardlockup-buddy", "bug-in-irq", NOBODY_LOOKS),
	BLIND("hardlockup-buddy", "panic-stopped", NOBODY_LOOKS),
	MAYBE_IN_FAULT("rcu-stall", "fifo-hog-unthrottled", GP_THREAD_STARVES),
	MAYBE_IN_FAULT("rcu-stall", "deadline-hog-unthrottled", GP_THREAD_STARVES),
};

/* Why each of them sees nothing of all else */
static const struct {
	const char *detector;
	const char *why;
} blind[] = {
	{ "softlockup",
	  "Linux 6.1 kernel/watchdog.c:softlockup_fn runs in the stopper thread, before tasks of any other class: it waits only for a CPU that does not schedule at all"
	},
	{ "hung-task",
	  "Linux 6.1 kernel/hung_task.c:check_hung_uninterruptible_tasks looks at tasks in uninterruptible sleep, and there is none"
	},
	{ "rcu-stall",
	  "Linux 6.1 kernel/rcu/tree.c:rcu_pending finds no stall: every CPU schedules, and grace periods end"
	},
	{ "hardlockup-buddy",
	  "Linux 6.12 kernel/watchdog.c:is_hardlockup finds that timer interrupts were counted: they come with preemption and soft interrupts off too"
	},
};

static const struct detect_row *detect_row(const struct cell *cell)
{
	for (size_t i = 0; i < ARRAY_SIZE(detect_rows); i++)
		if (!strcmp(detect_rows[i].detector, cell->watchdog->name) &&
		    !strcmp(detect_rows[i].fault, cell->fault->name))
			return &detect_rows[i];
	return NULL;
}

static int expect_panic(struct expectation *e, const struct cell *cell,
			const struct detect_row *row)
{
	/* A hung task is seen at the second look: up to twice the timeout, and rounded */
	if (cell->msecs < cell->timeout_ms * 5 / 2)
		return -1;
	e->when = row->when;
	e->or_when = row->maybe ? VERDICT_NEVER : row->when;
	e->effect = EFFECT_PANICKED;
	e->by = cell->watchdog->fires_as;
	e->reason = row->why;
	return 0;
}

/**
 * expect_detector() - what must happen where only a detector watches
 * @e: filled in
 * @cell: asked; nothing else is looked at
 *
 * Return: 0, -1 where no expectation has been written.
 */
int expect_detector(struct expectation *e, const struct cell *cell)
{
	const struct detect_row *row = detect_row(cell);

	if (row && row->when != VERDICT_NEVER)
		return expect_panic(e, cell, row);
	/* The fault itself resets, before anybody else could */
	if (!strcmp(cell->fault->name, "panic-reboots"))
		return expect_part(e, cell, EFFECT_PANICKED);
	e->when = VERDICT_NEVER;
	e->or_when = VERDICT_NEVER;
	e->effect = EFFECT_NONE;
	e->by = "";
	e->reason = row ? row->why : NULL;
	for (size_t i = 0; !row && i < ARRAY_SIZE(blind); i++)
		if (!strcmp(blind[i].detector, cell->watchdog->name))
			e->reason = blind[i].why;
	return 0;
}
