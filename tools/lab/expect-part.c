// SPDX-License-Identifier: GPL-2.0
/*
 * What must happen where a fault hangs part of a machine. Two questions decide,
 * and a fault's row answers them from the sources: does who keeps the watchdog
 * alive fall silent, and does softdog's timer run meanwhile? The rest follows for
 * every watchdog. As in expect.c a row is written before its first run, and is
 * not bent to what was seen.
 */
#include <string.h>

#include "compiler.h"
#include "expect-part.h"

/* Keepalives while it lasts */
enum keeps { KEEPS_ON, FALLS_SILENT, DISARMS, NOTIFIER_STOPS };

/* softdog's timer while it lasts */
enum timer {
	TIMER_RUNS,		/* in the timer interrupt, whatever else hangs */
	TIMER_HELD,		/* until the thaw */
	TIMER_DEAD,		/* for good */
};

/* The kernel's thread that feeds a device which nobody has opened */
enum worker {
	WORKER_FEEDS,
	WORKER_WAITS,		/* as keepalives do */
	WORKER_ANYWHERE,	/* waits if it is on a CPU that hangs, and nobody chooses that */
};

/**
 * struct part_row - what a fault does to who keeps a watchdog alive
 * @fault: its name
 * @keeps: keepalives while it lasts
 * @timer: softdog's timer
 * @why: what decides about keepalives
 * @why_timer: what decides about the timer; NULL where keepalives go on
 * @worker: the kernel's thread
 * @why_worker: what decides about that
 * @why_realtime: a keepalive process of SCHED_RR falls silent, whatever @keeps says of
 *	an ordinary one; NULL where it makes no difference
 * @resets_ms: the fault itself resets the machine, so long after its start; 0: no
 * @resets_by: then this does
 */
struct part_row {
	const char *fault;
	enum keeps keeps;
	enum timer timer;
	const char *why;
	const char *why_timer;
	enum worker worker;
	const char *why_worker;
	const char *why_realtime;
	unsigned int resets_ms;
	const char *resets_by;
};

#define TIMER_OF_CPU \
	"Linux 6.1 kernel/time/hrtimer.c:get_target_base leaves a timer on the CPU that arms it"
#define TIMER_WAITS \
	TIMER_OF_CPU ": softdog's is where the last keepalive was given, and kernel/time/hrtimer.c:hrtimer_interrupt of that CPU waits for the thaw"
#define TIMER_INTERRUPTS \
	"Linux 6.1 kernel/time/hrtimer.c:hrtimer_interrupt comes with preemption and soft interrupts off too, and calls drivers/watchdog/softdog.c:softdog_fire"
#define NOBODY_SCHEDULES \
	"Linux 6.1 kernel/sched/core.c:__schedule would let the keepalive process run, and on no CPU is it called"

#define TIMER_GOES_ON \
	"Linux 6.1 kernel/time/hrtimer.c:hrtimer_interrupt calls drivers/watchdog/softdog.c:softdog_fire in time: nothing in the kernel hangs"
#define STAYS_ARMED \
	"Linux 6.1 drivers/watchdog/watchdog_dev.c:watchdog_release, and of ib700 drivers/watchdog/ib700wdt.c:ibwdt_close, give a last keepalive to a device that "

#define PANIC_LOOPS \
	"Linux 6.1 kernel/panic.c:panic calls no reboot notifier, which would stop a watchdog's device, and nobody keeps it alive any more"
#define NO_TIMER_INTERRUPT \
	"Linux 6.1 arch/x86/kernel/smp.c:native_stop_other_cpus, which kernel/panic.c:panic calls, stops the local APIC of the CPU that panics too, and with it softdog's timer; nobody else resets"

#define PART(fault_, keeps_, timer_, why_, why_timer_)				\
	.fault = (fault_), .keeps = (keeps_), .timer = (timer_), .why = (why_),	\
	.why_timer = (why_timer_)

#define WORKER(worker_, why_) .worker = (worker_), .why_worker = (why_)
#define WORKER_SOMEWHERE							\
	WORKER(WORKER_ANYWHERE,							\
	       "Linux 6.1 drivers/watchdog/watchdog_dev.c:watchdog_timer_expired runs on the CPU on which the thread watchdogd armed it last, and nobody chooses that CPU" \
	       )
#define WORKER_STARVES								\
	WORKER(WORKER_WAITS,							\
	       "Linux 6.1 drivers/watchdog/watchdog_dev.c:watchdog_timer_expired only wakes the thread watchdogd, and no CPU schedules it" \
	       )
#define WATCHDOGD \
	"Linux 6.1 drivers/watchdog/watchdog_dev.c:watchdog_dev_init makes the thread watchdogd SCHED_FIFO of priority 50: "
#define WORKER_OUTRANKED(why_) WORKER(WORKER_WAITS, WATCHDOGD why_)
#define WORKER_DEAD								\
	WORKER(WORKER_WAITS, PANIC_LOOPS)

static const struct part_row part_rows[] = {
	{ PART("irqs-off-dog", FALLS_SILENT, TIMER_HELD,
	  TIMER_OF_CPU ": the keepalive process sleeps on one of the CPU that hangs",
	  TIMER_WAITS),
	  WORKER_SOMEWHERE },
	{ PART("irqs-off-cpu0", KEEPS_ON, TIMER_RUNS,
	  "Linux 6.1 kernel/time/tick-sched.c:tick_sched_do_timer lets another CPU take over the clock, and the keepalive process is on one that goes on",
	  NULL),
	  WORKER_SOMEWHERE },
	{ PART("irqs-off-other", KEEPS_ON, TIMER_RUNS,
	  TIMER_OF_CPU ", and the keepalive process is on one that goes on",
	  NULL),
	  WORKER_SOMEWHERE },
	{ PART("irqs-off-but-one", FALLS_SILENT, TIMER_HELD,
	  TIMER_OF_CPU ": the keepalive process sleeps on one of a CPU that hangs",
	  TIMER_WAITS),
	  WORKER_SOMEWHERE },
	{ PART("preempt-off-dog", KEEPS_ON, TIMER_RUNS,
	  "Linux 6.1 kernel/sched/fair.c:select_task_rq_fair looks for an idle CPU when the timer interrupt wakes the keepalive process, which is bound to none",
	  NULL), .why_realtime =
	  "Linux 6.1 kernel/sched/rt.c:select_task_rq_rt leaves a task of SCHED_RR on its CPU where that runs an ordinary one, which should give way and can't",
	  WORKER_SOMEWHERE },
	{ PART("preempt-off-all", FALLS_SILENT, TIMER_RUNS, NOBODY_SCHEDULES, TIMER_INTERRUPTS),
	  WORKER_STARVES },
	{ PART("softirqs-off-all", FALLS_SILENT, TIMER_RUNS, NOBODY_SCHEDULES, TIMER_INTERRUPTS),
	  WORKER_STARVES },
	{ PART("rcu-reader", KEEPS_ON, TIMER_RUNS,
	  "Linux 6.1 kernel/rcu/tree.c:synchronize_rcu waits for readers, and nothing that a keepalive calls waits for it",
	  NULL),
	  WORKER_SOMEWHERE },
	{ PART("spinlock", FALLS_SILENT, TIMER_HELD,
	  "Linux 6.1 kernel/locking/qspinlock.c:queued_spin_lock_slowpath spins with interrupts off on the CPU whose timer is to wake the keepalive process",
	  TIMER_WAITS),
	  WORKER_STARVES },
	{ PART("keepalive-stopped", FALLS_SILENT, TIMER_RUNS,
	  "Linux 6.1 kernel/signal.c:do_signal_stop keeps the process from running, and its device stays open and armed",
	  TIMER_GOES_ON) },
	{ PART("programs-stopped", FALLS_SILENT, TIMER_RUNS,
	  "Linux 6.1 kernel/signal.c:do_signal_stop keeps the process from running, and its device stays open and armed",
	  TIMER_GOES_ON), WORKER(WORKER_FEEDS,
	  "Linux 6.1 drivers/watchdog/watchdog_dev.c:watchdog_worker_should_ping asks no program: a thread of the kernel feeds the device"
	  ) },
	{ PART("keepalive-killed", FALLS_SILENT, TIMER_RUNS,
	  STAYS_ARMED "is closed without the magic character, and leave it armed",
	  TIMER_GOES_ON) },
	{ PART("keepalive-closed", DISARMS, TIMER_RUNS,
	  "Linux 6.1 drivers/watchdog/watchdog_dev.c:watchdog_release, and of ib700 drivers/watchdog/ib700wdt.c:ibwdt_close, stop a device that is closed with the magic character",
	  NULL) },
	{ PART("keepalive-closed-nowayout", FALLS_SILENT, TIMER_RUNS,
	  STAYS_ARMED "may not be stopped: with nowayout the magic character is not looked for",
	  TIMER_GOES_ON) },
	{ PART("descriptors", KEEPS_ON, TIMER_RUNS,
	  "the keepalive process has its device open already: all that Linux 6.1 drivers/watchdog/watchdog_dev.c:watchdog_ioctl needs",
	  NULL) },
	{ PART("fork-bomb", KEEPS_ON, TIMER_RUNS,
	  "Linux 6.1 kernel/sched/fair.c:place_entity lets who has slept go before those that never do, and kernel/fork.c:fork_init limits a user's processes",
	  NULL) },
	{ PART("reboot-hangs", NOTIFIER_STOPS, TIMER_RUNS,
	  "Linux 6.1 drivers/watchdog/watchdog_core.c:watchdog_reboot_notifier stops the device before the machine is down",
	  NULL) },
	{ PART("panic", FALLS_SILENT, TIMER_DEAD, PANIC_LOOPS, NO_TIMER_INTERRUPT),
	  WORKER_DEAD },
	{ PART("panic-reboots", FALLS_SILENT, TIMER_DEAD,
	  "Linux 6.1 kernel/panic.c:panic calls emergency_restart() when kernel.panic seconds are over, before any deadline",
	  NULL), .resets_ms = 5000, .resets_by = "panic" },
	{ PART("oops-panics", FALLS_SILENT, TIMER_DEAD,
	  "Linux 6.1 arch/x86/kernel/dumpstack.c:oops_end panics with kernel.panic_on_oops=1. "
	  PANIC_LOOPS,
	  NO_TIMER_INTERRUPT),
	  WORKER_DEAD },
	{ PART("bug-in-irq", FALLS_SILENT, TIMER_DEAD,
	  "Linux 6.1 arch/x86/kernel/dumpstack.c:oops_end panics in interrupt context always. "
	  PANIC_LOOPS,
	  NO_TIMER_INTERRUPT),
	  WORKER_DEAD },
	{ PART("panic-stopped", FALLS_SILENT, TIMER_DEAD, PANIC_LOOPS, NO_TIMER_INTERRUPT),
	  WORKER_DEAD },
	{ PART("dstate", KEEPS_ON, TIMER_RUNS,
	  "Linux 6.1 kernel/hung_task.c:check_hung_uninterruptible_tasks only prints unless kernel.hung_task_panic is set, and the keepalive process takes none of those locks",
	  NULL) },
	{ PART("keepalive-stuck", FALLS_SILENT, TIMER_RUNS,
	  "Linux 6.1 kernel/locking/mutex.c:__mutex_lock_common sleeps until the lock is given, and no signal wakes it",
	  TIMER_GOES_ON) },
	{ PART("fifo-hog", KEEPS_ON, TIMER_RUNS,
	  "Linux 6.1 kernel/sched/rt.c:sched_rt_runtime_exceeded leaves 5 % of each second to others, which is enough for a keepalive",
	  NULL), .why_realtime =
	  "Linux 6.1 kernel/sched/rt.c:sched_rt_runtime_exceeded throttles a whole class, and the daemon, SCHED_RR by its setting realtime = yes, is in it, behind the hogs",
	  WORKER_OUTRANKED("what throttles the hogs throttles their whole class, and it is in it, behind them"
	) },
	{ PART("fifo-hog-unthrottled", FALLS_SILENT, TIMER_RUNS,
	  "Linux 6.1 kernel/sched/rt.c:sched_rt_runtime_exceeded throttles nobody with kernel.sched_rt_runtime_us=-1, and the keepalive process is of a lower class",
	  TIMER_INTERRUPTS),
	  WORKER_OUTRANKED("the hogs have 99") },
	{ PART("deadline-hog", KEEPS_ON, TIMER_RUNS,
	  "Linux 6.1 kernel/sched/deadline.c:update_curr_dl throttles a task that has used up its runtime: 6 of 100 ms are for others",
	  NULL) },
	{ PART("deadline-hog-unthrottled", FALLS_SILENT, TIMER_RUNS,
	  "Linux 6.1 kernel/sched/deadline.c:sched_dl_overflow refuses nothing with kernel.sched_rt_runtime_us=-1, and a task whose runtime is its period leaves nothing",
	  TIMER_INTERRUPTS),
	  WORKER_OUTRANKED("deadline tasks go before it") },
	{ PART("thrash", KEEPS_ON, TIMER_RUNS,
	  "Linux 6.1 mm/vmscan.c:shrink_active_list gives a program's pages that were used another round, and mm/memory.c:do_swap_page reads back what a keepalive needs: it is late by milliseconds a page, of some ten",
	  NULL) },
	{ PART("thrash-locked", KEEPS_ON, TIMER_RUNS,
	  "Linux 6.1 mm/mlock.c:apply_mlockall_flags keeps the process in memory, and what the kernel needs for its keepalive is never refused",
	  NULL) },
	{ PART("memory-leak", FALLS_SILENT, TIMER_DEAD,
	  "Linux 6.1 mm/oom_kill.c:out_of_memory kills one program after the other, the keepalive process too, for memory that none of them has, and panics when none is left that it may kill. "
	  PANIC_LOOPS,
	  NO_TIMER_INTERRUPT),
	  WORKER_DEAD },
	{ PART("oom", KEEPS_ON, TIMER_RUNS,
	  "Linux 6.1 mm/oom_kill.c:oom_badness gives most points to who has most memory: the program that eats it is killed each time, and nobody else",
	  NULL) },
	{ PART("oops", KEEPS_ON, TIMER_RUNS,
	  "Linux 6.1 arch/x86/kernel/dumpstack.c:oops_end ends the thread that oopsed, and nothing else",
	  NULL) },
};

#define NOBODY_RESETS \
	"there is no watchdog, and the fault ends by itself"
#define PINGED_AGAIN \
	"the fault ends before the deadline, and the keepalive process pings again"
#define TIMER_ANYWHERE \
	"Linux 6.1 drivers/char/hangcheck-timer.c:hangcheck_fire runs late at the thaw if its timer is on a CPU that hangs, and nobody chooses that CPU"
#define TIMER_IN_TIME \
	"Linux 6.1 drivers/char/hangcheck-timer.c:hangcheck_fire runs in time: timers go on"

static const struct part_row *part_row(const struct cell *cell)
{
	for (size_t i = 0; i < ARRAY_SIZE(part_rows); i++)
		if (!strcmp(part_rows[i].fault, cell->fault->name))
			return &part_rows[i];
	return NULL;
}

static int fires(struct expectation *e, const struct cell *cell, enum verdict_when when,
		 enum verdict_effect effect, const char *reason)
{
	e->when = when;
	e->or_when = when;
	e->effect = effect;
	e->by = cell->watchdog->fires_as;
	e->reason = reason;
	return 0;
}

static int silence(struct expectation *e, enum verdict_when when, const char *reason)
{
	e->when = when;
	e->or_when = when;
	e->effect = EFFECT_NONE;
	e->by = "";
	e->reason = reason;
	return 0;
}

/* Watchdogs of which nothing comes, whatever the fault */
static const struct {
	enum dog_mode mode;
	enum verdict_when when;
	const char *reason;
} idle_modes[] = {
	{ DOG_CLOSED, VERDICT_UNARMED, STOPPED_BEFORE },
	{ DOG_UNOPENED, VERDICT_UNARMED, STARTS_NOTHING },
	{ DOG_CARELESS, VERDICT_NEVER, REFUSED },
};

/* It needs no keepalive, and minds nothing but its own timer */
static int expect_self(struct expectation *e, const struct cell *cell,
		       enum verdict_effect effect)
{
	if (cell->fault->silent != SILENT_CPUS)
		return silence(e, VERDICT_NEVER, TIMER_IN_TIME);
	fires(e, cell, VERDICT_AT_THAW, effect, TIMER_ANYWHERE);
	e->or_when = VERDICT_NEVER;
	return 0;
}

#define NOT_STOPPED \
	"Linux 6.1 drivers/watchdog/watchdog_core.c:watchdog_reboot_notifier is not there for drivers/watchdog/ib700wdt.c, and of others calls the driver's stop() only, not watchdog_hrtimer_pretimeout_stop()"
#define FED_BY_KERNEL \
	"Linux 6.1 drivers/watchdog/watchdog_dev.c:watchdog_timer_expired and the thread that it wakes go on: the device is fed, whatever programs do"

/* What nobody has opened is fed by the kernel, and by nobody else */
static int expect_worker(struct expectation *e, const struct cell *cell,
			 enum verdict_effect effect, const struct part_row *row)
{
	if (row->keeps == NOTIFIER_STOPS)
		return silence(e, VERDICT_NEVER, row->why);
	if (row->worker == WORKER_FEEDS)
		return silence(e, VERDICT_NEVER, row->why_worker ? row->why_worker : FED_BY_KERNEL);
	/* The last feeding is up to half a timeout before the fault */
	if ((int64_t)cell->msecs < expect_deadline_ms(cell))
		return -1;
	fires(e, cell, VERDICT_IN_FAULT, effect, row->why_worker);
	if (row->worker == WORKER_ANYWHERE)
		e->or_when = VERDICT_NEVER;
	return 0;
}

static int expect_armed(struct expectation *e, const struct cell *cell,
			enum verdict_effect effect, const struct part_row *row)
{
	bool in_guest = cell->watchdog->ruler == RULER_GUEST;
	enum verdict_when when = in_guest && row->timer == TIMER_HELD ? VERDICT_AT_THAW :
				 VERDICT_IN_FAULT;
	int64_t deadline = expect_deadline_ms(cell);

	if (cell->watchdog->mode == DOG_DAEMON && row->why_realtime)
		return fires(e, cell, VERDICT_IN_FAULT, effect, row->why_realtime);
	if (row->keeps == KEEPS_ON)
		return silence(e, VERDICT_NEVER, row->why);
	if (in_guest && row->timer == TIMER_DEAD)
		return silence(e, VERDICT_NEVER, row->why_timer);
	if (row->keeps == NOTIFIER_STOPS && !cell->watchdog->stays_on_reboot)
		return silence(e, VERDICT_NEVER, row->why);
	/* The daemon closes it as well, and nobody reports that */
	if (row->keeps == DISARMS && cell->watchdog->mode == DOG_DAEMON)
		return silence(e, VERDICT_NEVER, row->why);
	if (row->keeps == DISARMS)
		return silence(e, VERDICT_UNARMED, row->why);
	if ((int64_t)cell->msecs + cell->interval_ms < deadline)
		return silence(e, VERDICT_NEVER, PINGED_AGAIN);
	if (cell->watchdog->noreboot)
		return silence(e, VERDICT_NEVER, STRAPPED);
	/* Which of two is first hangs on the moment of each one's last keepalive */
	if (cell->watchdog->second && row->timer == TIMER_RUNS)
		return -1;
	if (row->keeps == NOTIFIER_STOPS)
		fires(e, cell, when, effect, NOT_STOPPED);
	else
		fires(e, cell, when, effect, in_guest ? row->why_timer : row->why);
	if (cell->msecs <= deadline)
		e->or_when = VERDICT_NEVER;
	return 0;
}

/* Something in the fault resets, and is expected to be faster than any watchdog */
static int expect_reset(struct expectation *e, const struct cell *cell,
			const struct part_row *row)
{
	int64_t deadline = expect_deadline_ms(cell);

	/* A timer of the guest's is dead by then */
	if (cell->watchdog->ruler == RULER_QEMU &&
	    deadline - cell->interval_ms < row->resets_ms + 1000)
		return -1;
	fires(e, cell, VERDICT_IN_FAULT, EFFECT_RESET, row->why);
	e->by = row->resets_by;
	return 0;
}

static bool ends_never(const struct fault *fault)
{
	return fault->endless || fault->fatal;
}

/**
 * expect_part() - what must happen in a cell whose fault hangs part of the machine
 * @e: filled in
 * @cell: asked; nothing else is looked at
 * @effect: what firing does to this cell's guest
 *
 * Return: 0, -1 where no expectation has been written.
 */
int expect_part(struct expectation *e, const struct cell *cell, enum verdict_effect effect)
{
	const struct part_row *row = part_row(cell);

	if (!row)
		return -1;
	/* It reads no file, so that it is not stuck */
	if (cell->watchdog->mode == DOG_DAEMON && !strcmp(row->fault, "keepalive-stuck"))
		return -1;
	if (row->resets_ms)
		return expect_reset(e, cell, row);
	if (!cell->watchdog->fires_as)
		return silence(e, VERDICT_NEVER, ends_never(cell->fault) && row->why_timer ?
			       row->why_timer : NOBODY_RESETS);
	for (size_t i = 0; i < ARRAY_SIZE(idle_modes); i++)
		if (idle_modes[i].mode == cell->watchdog->mode)
			return silence(e, idle_modes[i].when, idle_modes[i].reason);
	if (cell->watchdog->mode == DOG_SELF)
		return expect_self(e, cell, effect);
	if (cell->watchdog->mode == DOG_KERNEL)
		return expect_worker(e, cell, effect, row);
	return expect_armed(e, cell, effect, row);
}
