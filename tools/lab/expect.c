// SPDX-License-Identifier: GPL-2.0
/*
 * What must happen, from the sources of kernel, QEMU and driver. A row is
 * written before its first run and is not bent to what was seen: a difference
 * is a surprise, and stays one.
 */
#include <string.h>

#include "compiler.h"
#include "expect.h"
#include "expect-outside.h"
#include "expect-detect.h"
#include "expect-part.h"

/**
 * struct expect_row - the outcome when the fault outlasts the deadline
 * @fault: row applies to it
 * @watchdog: and to it; NULL for all
 * @when: it fires then
 * @outlasted: why
 */
struct expect_row {
	const char *fault;
	const char *watchdog;
	enum verdict_when when;
	const char *outlasted;
};

#define ESB_TIMER \
	"QEMU 10.0 hw/watchdog/wdt_i6300esb.c:i6300esb_restart_timer counts two stages on QEMU_CLOCK_VIRTUAL, which stopped CPUs do not stop"
/* Each of a version of the kernel's */
#define CLOCK_LOST_HALF(version) \
	"Linux " version " kernel/time/timekeeping_internal.h:clocksource_delta reads what is beyond half the counter as 0: the guest's clock has lost the freeze, so its watchdog has"
#define CLOCK_LOST_WRAP(version, function) \
	"the counter has wrapped: Linux " version " kernel/time/timekeeping.c:" function " can see what is left over only, which is less than the timeout"
#define CLOCK_KEPT(version) \
	"Linux " version " kernel/time/timekeeping.c:timekeeping_cycles_to_ns reads a delta beyond half the counter too, up to max_cycles, which is the whole of it: the clock has kept the freeze, and the watchdog's timer is overdue at the thaw"
#define SOFTDOG_RACE \
	"Linux 6.1 kernel/time/hrtimer.c:__hrtimer_init moves softdog's timer to soft interrupt context on PREEMPT_RT: a thread runs it after the thaw, unless a keepalive on another CPU gets there first and kernel/time/hrtimer.c:hrtimer_start_range_ns arms it anew"
#define NMI_IGNORED \
	"Linux 6.1 arch/x86/kernel/nmi.c:unknown_nmi_error prints and goes on unless unknown_nmi_panic is set"

static const struct expect_row expect_rows[] = {
	{ "none", "i6300esb-closed", VERDICT_UNARMED, STOPPED_BEFORE },
	{ "none", "i6300esb-unopened", VERDICT_UNARMED, STARTS_NOTHING },
	{ "none", "softdog-on-boot", VERDICT_BEFORE_FAULT,
	  "Linux 6.1 drivers/watchdog/softdog.c:softdog_init calls softdog_ping() with soft_active_on_boot=1 and tells watchdog_core nothing of it (no WDOG_HW_RUNNING), so nobody feeds it"
	},
	{ "none", "itco-running", VERDICT_NEVER,
	  "Linux 6.1 drivers/watchdog/watchdog_dev.c:watchdog_worker_should_ping: a device that runs and that nobody has opened is fed by the kernel"
	},
	{ "none", NULL, VERDICT_NEVER,
	  "a healthy machine is not reset: keepalives come in time, and nothing is late"
	},
	{ "stop-machine", "none", VERDICT_NEVER,
	  "Linux 6.1 kernel/stop_machine.c:multi_cpu_stop returns when the fault ends; nobody resets"
	},
	{ "stop-machine", "i6300esb", VERDICT_IN_FAULT, ESB_TIMER },
	{ "stop-machine", "i6300esb-daemon", VERDICT_IN_FAULT, ESB_TIMER },
	{ "stop-machine", "i6300esb+softdog", VERDICT_IN_FAULT,
	  ESB_TIMER "; softdog's hrtimer waits for the thaw" },
	{ "stop-machine", "i6300esb-none", VERDICT_IN_FAULT,
	  "QEMU 10.0 hw/watchdog/watchdog.c:watchdog_perform_action: action none sends the event and does nothing"
	},
	{ "stop-machine", "i6300esb-nmi-ignored", VERDICT_IN_FAULT, NMI_IGNORED },
	{ "stop-machine", "i6300esb-closed", VERDICT_UNARMED, STOPPED_BEFORE },
	{ "stop-machine", "i6300esb-unopened", VERDICT_UNARMED, STARTS_NOTHING },
	{ "stop-machine", "i6300esb-refused", VERDICT_NEVER, REFUSED },
	{ "stop-machine", "ib700", VERDICT_IN_FAULT,
	  "QEMU 10.0 hw/watchdog/wdt_ib700.c:ib700_write_enable_reg arms a timer on QEMU_CLOCK_VIRTUAL"
	},
	{ "stop-machine", "itco", VERDICT_IN_FAULT,
	  "QEMU 10.0 hw/acpi/ich9_tco.c:tco_timer_expired acts at the second expiry, and Linux 6.1 drivers/watchdog/iTCO_wdt.c:iTCO_wdt_set_timeout halves for version 1 only: twice the timeout"
	},
	{ "stop-machine", "itco-noreboot", VERDICT_NEVER, STRAPPED },
	{ "stop-machine", "softdog", VERDICT_AT_THAW,
	  "Linux 6.1 drivers/watchdog/softdog.c:softdog_ping arms an hrtimer; kernel/time/hrtimer.c:hrtimer_interrupt can run it only when interrupts are on again"
	},
	{ "stop-machine", "itco-running", VERDICT_IN_FAULT,
	  "Linux 6.1 drivers/watchdog/watchdog_dev.c:watchdog_timer_expired wakes the thread that feeds a device which nobody has opened: both wait for the thaw, and QEMU's timer does not"
	},
	{ "stop-machine", "softdog-panic", VERDICT_AT_THAW,
	  "Linux 6.1 drivers/watchdog/softdog.c:softdog_fire calls panic() with soft_panic=1, from the timer that waits for the thaw"
	},
	{ "stop-machine", "softdog-pretimeout", VERDICT_AT_THAW,
	  "Linux 6.1 drivers/watchdog/watchdog_hrtimer_pretimeout.c:watchdog_hrtimer_pretimeout is a timer of the same CPU as softdog's and due before it; both wait for the thaw"
	},
	{ "stop-machine", "softdog-noboot", VERDICT_AT_THAW,
	  "Linux 6.1 drivers/watchdog/softdog.c:softdog_fire only prints with soft_noboot=1"
	},
	{ "stop-machine", "pug-watch", VERDICT_IN_FAULT,
	  "tools/lab/watch.c:watch_due counts the host's time from the last sign of life, and stopped CPUs send none"
	},
	{ "stop-machine", "hangcheck-timer", VERDICT_AT_THAW,
	  "Linux 6.1 drivers/char/hangcheck-timer.c:hangcheck_fire runs late, at the first tick after the thaw, and finds its margin exceeded"
	},
	{ "stop-machine", "hangcheck-default", VERDICT_AT_THAW,
	  "Linux 6.1 drivers/char/hangcheck-timer.c:hangcheck_fire only prints unless hangcheck_reboot is set"
	},
};

static const char pinged_again[] =
	"the fault ends before the deadline, and the thawed keepalive process pings";
static const char late_but_in_time[] =
	"the fault is shorter than the margin";
static const struct {
	const char *action;
	enum verdict_effect effect;
} action_effects[] = {
	{ "reset", EFFECT_RESET },
	{ "poweroff", EFFECT_OFF },
	{ "pause", EFFECT_PAUSED },
	{ "none", EFFECT_NONE },
};

/**
 * struct kernel_trait - in what a kernel differs
 * @kernel: name of the guest kernel
 * @preempt_rt: interrupt handlers and timers are threads
 * @lost_half: why a delta beyond half the counter counts as 0: 6.1's
 *	clocksource_delta(). NULL where it does not: 6.12's timekeeping_cycles_to_ns()
 *	asks max_cycles first, which for these clocks is the whole counter
 * @kept: why it does not, then
 * @lost_wrap: why what is beyond the whole counter is lost
 */
struct kernel_trait {
	const char *kernel;
	bool preempt_rt;
	const char *lost_half;
	const char *kept;
	const char *lost_wrap;
};

/* Which function reads the clock, and so loses what it cannot see */
#define BEFORE_610 "timekeeping_get_delta"
#define SINCE_610 "timekeeping_cycles_to_ns"

static const struct kernel_trait kernel_traits[] = {
	{ "debian-5.10", .lost_half = CLOCK_LOST_HALF("5.10"),
	  .lost_wrap = CLOCK_LOST_WRAP("5.10", BEFORE_610) },
	{ "debian-6.1", .lost_half = CLOCK_LOST_HALF("6.1"),
	  .lost_wrap = CLOCK_LOST_WRAP("6.1", BEFORE_610) },
	{ "debian-6.1-rt", true, .lost_half = CLOCK_LOST_HALF("6.1"),
	  .lost_wrap = CLOCK_LOST_WRAP("6.1", BEFORE_610) },
	{ "debian-6.12", .kept = CLOCK_KEPT("6.12"),
	  .lost_wrap = CLOCK_LOST_WRAP("6.12", SINCE_610) },
	{ "debian-6.12-rt", true, .kept = CLOCK_KEPT("6.12"),
	  .lost_wrap = CLOCK_LOST_WRAP("6.12", SINCE_610) },
	{ "debug-6.12", .kept = CLOCK_KEPT("6.12"),
	  .lost_wrap = CLOCK_LOST_WRAP("6.12", SINCE_610) },
	{ "debian-7", .kept = CLOCK_KEPT("7.3"),
	  .lost_wrap = CLOCK_LOST_WRAP("7.3", SINCE_610) },
};

static const struct kernel_trait *kernel_trait(const char *kernel)
{
	for (size_t i = 0; i < ARRAY_SIZE(kernel_traits); i++)
		if (!strcmp(kernel_traits[i].kernel, kernel))
			return &kernel_traits[i];
	return NULL;
}

static const struct expect_row *expect_row(const struct cell *cell)
{
	for (size_t i = 0; i < ARRAY_SIZE(expect_rows); i++) {
		const struct expect_row *row = &expect_rows[i];

		if (strcmp(row->fault, cell->fault->name))
			continue;
		if (!row->watchdog || !strcmp(row->watchdog, cell->watchdog->name))
			return row;
	}
	return NULL;
}

static enum verdict_effect effect_of(const struct cell *cell)
{
	if (cell->watchdog->fires_dry)
		return EFFECT_NONE;
	if (cell->watchdog->panics)
		return EFFECT_PANICKED;
	/* In the guest's kernel: emergency_restart() */
	if (!cell->action)
		return EFFECT_RESET;
	if (!strcmp(cell->action, "inject-nmi"))
		return cell->watchdog->nmi_panics ? EFFECT_PANICKED : EFFECT_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(action_effects); i++)
		if (!strcmp(action_effects[i].action, cell->action))
			return action_effects[i].effect;
	return EFFECT_NONE;
}

/**
 * expect_deadline_ms() - from a keepalive to the firing, by the driver's sums
 * @cell: asked
 *
 * Return: milliseconds of virtual time; 0 where nothing is armed.
 */
int64_t expect_deadline_ms(const struct cell *cell)
{
	unsigned int unit_ms = cell->watchdog->unit_ms, ms = cell->timeout_ms;

	return (int64_t)(unit_ms ? ms - ms % unit_ms : ms) * cell->watchdog->deadline_ppm /
	       1000000;
}

/**
 * expect_seen_ms() - how long a freeze was, by the guest kernel's clock
 * @cell: asked
 * @why: why that is less than it was, NULL when it is not
 *
 * Return: milliseconds; -1 where nobody has read that kernel's source.
 */
int64_t expect_seen_ms(const struct cell *cell, const char **why)
{
	int64_t wrap_us = cell->clock->wrap_us, us = (int64_t)cell->msecs * 1000;
	const struct kernel_trait *trait;

	*why = NULL;
	if (!wrap_us || us < wrap_us / 2)
		return cell->msecs;
	trait = kernel_trait(cell->kernel);
	if (!trait)
		return -1;
	if (us > wrap_us)
		*why = trait->lost_wrap;
	us %= wrap_us;
	if (trait->lost_half && us > wrap_us / 2) {
		*why = trait->lost_half;
		us = 0;
	}
	return us / 1000;
}

/* Why a freeze is not lost that 6.1 would have lost; NULL where it would not */
static const char *kept_beyond_half(const struct cell *cell)
{
	const struct kernel_trait *trait = kernel_trait(cell->kernel);
	int64_t wrap_us = cell->clock->wrap_us, us = (int64_t)cell->msecs * 1000;

	return trait && us > wrap_us / 2 && us < wrap_us ? trait->kept : NULL;
}

static int expect_nothing(struct expectation *e, enum verdict_when when, const char *reason)
{
	e->when = when;
	e->or_when = when;
	e->effect = EFFECT_NONE;
	e->by = "";
	e->reason = reason;
	return 0;
}

static bool is_rt(const struct cell *cell)
{
	const struct kernel_trait *trait = kernel_trait(cell->kernel);

	return trait && trait->preempt_rt;
}

/* softdog's timer and the keepalive that would arm it anew are both threads' work */
static bool keepalive_may_win(const struct cell *cell)
{
	return is_rt(cell) && !strcmp(cell->watchdog->fires_as, "softdog") &&
	       cell->watchdog->mode == DOG_KEPT_ALIVE;
}

/* From one look or keepalive to the next */
static int64_t interval_ms(const struct cell *cell)
{
	if (cell->watchdog->mode == DOG_SELF)
		return 1000;
	/* drivers/watchdog/watchdog_dev.c:watchdog_next_keepalive: half the timeout */
	if (cell->watchdog->mode == DOG_KERNEL)
		return cell->timeout_ms / 2;
	return cell->interval_ms;
}

/**
 * expect() - what must happen in a cell
 * @e: filled in
 * @cell: asked; nothing else is looked at, no evidence above all
 *
 * The last keepalive comes up to one interval before the fault, so a freeze
 * that ends inside that interval before the deadline may go either way.
 *
 * Return: 0, -1 where no expectation has been written (the cell must not run).
 */
int expect(struct expectation *e, const struct cell *cell)
{
	const struct watchdog *wd = cell->watchdog;
	const struct expect_row *row = expect_row(cell);
	int64_t deadline = expect_deadline_ms(cell), seen = cell->msecs;
	int64_t interval = interval_ms(cell);
	const char *lost = NULL;

	/* Where interrupts and timers are threads nobody has read it up */
	if (!row && is_rt(cell))
		return -1;
	if (!row && cell->fault->outside)
		return expect_outside(e, cell, effect_of(cell));
	if (wd->mode == DOG_STARTED && (!row || seen < deadline))
		return -1;
	if (wd->mode == DOG_DETECTOR && !row)
		return expect_detector(e, cell);
	if (!row)
		return expect_part(e, cell, effect_of(cell));
	if (row->when == VERDICT_NEVER || row->when == VERDICT_UNARMED)
		return expect_nothing(e, row->when, row->outlasted);
	if (wd->ruler == RULER_GUEST)
		seen = expect_seen_ms(cell, &lost);
	if (seen < 0)
		return -1;
	if (seen + interval < deadline && lost)
		return expect_nothing(e, VERDICT_NEVER, lost);
	if (seen + interval < deadline)
		return expect_nothing(e, VERDICT_NEVER,
				      wd->mode == DOG_SELF ? late_but_in_time : pinged_again);
	e->when = row->when;
	e->or_when = seen > deadline ? row->when : VERDICT_NEVER;
	e->effect = effect_of(cell);
	e->by = wd->fires_as;
	e->reason = row->outlasted;
	if (wd->ruler == RULER_GUEST && kept_beyond_half(cell))
		e->reason = kept_beyond_half(cell);
	if (row->when == VERDICT_AT_THAW && keepalive_may_win(cell)) {
		e->or_when = VERDICT_NEVER;
		e->reason = SOFTDOG_RACE;
	}
	return 0;
}

/**
 * expect_met() - was it as expected?
 * @e: from expect()
 * @v: from verdict()
 *
 * Who fired is part of it: a reset at the right moment by somebody else is a
 * surprise.
 *
 * Return: true when verdict, effect and author agree.
 */
bool expect_met(const struct expectation *e, const struct verdict *v)
{
	if (v->when == VERDICT_NEVER && e->or_when == VERDICT_NEVER)
		return v->effect == EFFECT_NONE;
	return v->when == e->when && v->effect == e->effect && !strcmp(v->by, e->by);
}
