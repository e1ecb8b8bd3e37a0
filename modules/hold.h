/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One fault from its first line in the log to its last: how long it has to hold,
 * what measures that, and what is told of it.
 *
 * The length is measured with hardware counters (see gauge.h), never with the
 * kernel's clock, which may stand still in here.
 */
#ifndef PUG_HOLD_H
#define PUG_HOLD_H

#include <linux/completion.h>
#include <linux/ktime.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include "clock.h"
#include "gauge.h"
#include "pace.h"

#define SWEEP_NS		(500 * NSEC_PER_MSEC)	/* half a wrap of acpi_pm is 2.3 s */
#define ANNOUNCE_NS		(20 * NSEC_PER_MSEC)
#define ANNOUNCE_FROM_NS	(100 * NSEC_PER_MSEC)
#define NAP_MS			10

#define TICKS_LEN		24
#define DETAIL_LEN		160

/**
 * struct freeze - one fault, from the request to what became of it
 * @asked_ms: wanted length; 0 for one that has no end
 * @label: "fault=NAME " for the log; empty where the module has only one
 * @detail: what else the first line says, " KEY=VALUE..."
 * @asleep: whoever holds it sleeps meanwhile, instead of spinning
 * @stops_clock: nobody will read the kernel's clock meanwhile
 * @ruler: counter that decides about the end
 * @result: ok, or backstop where the ruler stood still and the TSC ended it, or
 *	ragged where not every CPU came in time
 * @cpus: number of CPUs that are held
 * @ns: length by each gauge
 * @clock_ns: length as ktime_get() has it
 * @hpet_entry: HPET counter when it held
 * @hpet_due: HPET counter at which it is to end, where announced
 * @hpet_exit: HPET counter before it lets go
 * @announced: the end was logged from within
 * @each: called at each look at the clock; NULL for nothing
 * @tell: logs the end a little before it; NULL: log_thaw()
 * @before: clocksource before
 * @after: clocksource after
 */
struct freeze {
	u32 asked_ms;
	char label[40];
	char detail[DETAIL_LEN];
	bool asleep;
	bool stops_clock;
	struct gauge *ruler;
	const char *result;
	unsigned int cpus;
	u64 ns[GAUGES];
	s64 clock_ns;
	u64 hpet_entry;
	u64 hpet_due;
	u64 hpet_exit;
	bool announced;
	void (*each)(void);
	void (*tell)(struct freeze *f);
	char before[CLOCK_NAME_LEN];
	char after[CLOCK_NAME_LEN];
};

/* Choose what to measure @f with; say no where that is not to be had. */
static int choose_ruler(struct freeze *f, bool force)
{
	const struct clock *clock;

	current_clock(f->before);
	gauge_refresh();
	clock = find_clock(f->before);
	f->ruler = &gauges[clock ? clock->gauge : GAUGE_TSC];
	if (!gauge_present(f->ruler))
		f->ruler = &gauges[GAUGE_TSC];
	if (!gauge_present(f->ruler))
		return -ENODEV;
	if (!clock && f->asked_ms > UNKNOWN_CLOCK_MS && !force) {
		pr_warn("refused: %u ms on clocksource %s, which may not survive it (force=1 overrides)\n",
			f->asked_ms, f->before);
		return -ERANGE;
	}
	return 0;
}

/*
 * Until a fault is over, in a thread of the kernel, which gets no signals: in an
 * uninterruptible sleep the hung task detector would see us instead of the fault.
 */
static inline void wait_unseen(struct completion *over)
{
	while (wait_for_completion_interruptible(over))
		;
}

static const char *ticks_text(char text[TICKS_LEN], u64 ticks)
{
	if (!gauge_present(&gauges[GAUGE_HPET]))
		return "none";
	snprintf(text, TICKS_LEN, "%llu", ticks);
	return text;
}

static void log_start(const struct freeze *f)
{
	char now[TICKS_LEN];

	pr_notice("freeze %sasked_ms=%u cpus=%u%s clocksource=%s hpet=%s.\n",
		  f->label, f->asked_ms, f->cpus, f->detail, f->before,
		  ticks_text(now, gauge_hpet_count()));
}

static inline void log_thaw(const struct freeze *f)
{
	char entry[TICKS_LEN], due[TICKS_LEN];

	pr_notice("thaw %sasked_ms=%u hpet_entry=%s hpet_due=%s.\n", f->label, f->asked_ms,
		  ticks_text(entry, f->hpet_entry), ticks_text(due, f->hpet_due));
}

/*
 * Log the thaw a little before it comes: what a watchdog does at the thaw it
 * may do at once, and the line would be lost.
 */
static inline void announce(struct freeze *f, u64 left_ns)
{
	const struct gauge *hpet = &gauges[GAUGE_HPET];

	if (gauge_present(hpet))
		f->hpet_due = gauge_hpet_count() +
			      mul_u64_u64_div_u64(left_ns, hpet->div, hpet->mul);
	f->announced = true;
	if (f->tell)
		f->tell(f);
	else
		log_thaw(f);
}

static inline void sweep(void)
{
	int i;

	for (i = 0; i < GAUGES; i++)
		gauge_update(&gauges[i]);
}

/* Until the next look at the clock, with @left nanoseconds to go */
static inline void pass_time(struct freeze *f, struct pace *pace, u64 now, u64 end)
{
	u64 left_ms = div_u64(end - now, NSEC_PER_MSEC);

	if (f->asleep && left_ms) {
		schedule_timeout_uninterruptible(msecs_to_jiffies(min_t(u64, left_ms, NAP_MS)));
		return;
	}
	if (f->announced)
		cpu_relax();	/* with -icount CPUs take turns */
	pace_next(pace, now, end);
	spin(pace->spins);
}

static inline void wait_for_end(struct freeze *f)
{
	struct gauge *tsc = &gauges[GAUGE_TSC], *hpet = &gauges[GAUGE_HPET];
	u64 end = f->asked_ms * (u64)NSEC_PER_MSEC;
	u64 too_late = end + end / 4 + NSEC_PER_SEC;
	u64 now, tsc_now, swept = 0;
	struct pace pace = {};

	while ((now = gauge_update(f->ruler)) < end) {
		tsc_now = f->ruler == tsc ? now : gauge_update(tsc);
		/* Seen from outside: Documentation/verdict.rst, "trace" */
		if (f->ruler != hpet)
			gauge_update(hpet);
		if (tsc_now > too_late) {
			f->result = "backstop";
			return;
		}
		if (max(now, tsc_now) - swept > SWEEP_NS) {
			swept = max(now, tsc_now);
			sweep();
		}
		if (f->each)
			f->each();
		if (!f->announced && end > ANNOUNCE_FROM_NS && end - now < ANNOUNCE_NS)
			announce(f, end - now);
		pass_time(f, &pace, now, end);
	}
}

/*
 * Hold on for as long as asked: on the CPU, or asleep. Whoever calls this has
 * begun the fault and ends it afterwards.
 */
static inline void hold(struct freeze *f)
{
	ktime_t entry;
	int i;

	for (i = 0; i < GAUGES; i++)
		gauge_start(&gauges[i]);
	f->hpet_entry = gauge_hpet_count();
	entry = ktime_get();

	wait_for_end(f);

	sweep();
	f->hpet_exit = gauge_hpet_count();
	f->clock_ns = ktime_to_ns(ktime_sub(ktime_get(), entry));
	for (i = 0; i < GAUGES; i++)
		f->ns[i] = gauge_present(&gauges[i]) ? gauge_ns(&gauges[i]) : 0;
}

#endif
