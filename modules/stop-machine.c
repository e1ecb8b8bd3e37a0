// SPDX-License-Identifier: GPL-2.0
/*
 * stop-machine - freeze every CPU for a given time, exactly
 *
 * What a hung machine looks like from outside: all CPUs in stop_machine() with
 * interrupts off, nothing scheduled, no timer run, only hardware (and the
 * hypervisor) going on. Made to find out which watchdog notices.
 *
 * The length is measured with hardware counters (see gauge.h), never with the
 * kernel's clock, which may stand still in here. Nothing is repaired at the
 * thaw either: whether the kernel's clock, and a watchdog that runs on it, loses
 * the time of the freeze is what people load this module to see.
 *
 * One delayed work does all freezing. A writer without delay waits for it; a
 * train of freezes is the work queueing itself again. Whoever moves state from
 * IDLE to PENDING owns `job' until it is IDLE again. A pending work takes no
 * reference on the module, so that rmmod can cancel it; a freeze does, so that
 * rmmod fails with -EBUSY rather than wait for the thaw.
 */
#define pr_fmt(fmt) "stop-machine: " fmt

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/nmi.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <linux/stop_machine.h>
#include <linux/workqueue.h>

#include "clock.h"
#include "gauge.h"
#include "pace.h"

#define SWEEP_NS		(500 * NSEC_PER_MSEC)	/* half a wrap of acpi_pm is 2.3 s */
#define ANNOUNCE_NS		(20 * NSEC_PER_MSEC)
#define ANNOUNCE_FROM_NS	(100 * NSEC_PER_MSEC)

#define TICKS_LEN		24

static uint msecs;
module_param(msecs, uint, 0644);
MODULE_PARM_DESC(msecs, "Freeze for so many milliseconds, at load if not 0 (default 0: load idle)");

static bool touch;
module_param(touch, bool, 0644);
MODULE_PARM_DESC(touch, "Keep the kernel's lockup detectors quiet (default N)");

static uint delay_ms;
module_param(delay_ms, uint, 0644);
MODULE_PARM_DESC(delay_ms, "Return at once and freeze so many milliseconds later (default 0)");

static uint repeat = 1;
module_param(repeat, uint, 0644);
MODULE_PARM_DESC(repeat, "Number of freezes in a train (default 1)");

static uint every_ms = 1000;
module_param(every_ms, uint, 0644);
MODULE_PARM_DESC(every_ms, "From the start of one freeze of a train to the start of the next, in milliseconds (default 1000)");

static uint max_ms = 600000;
module_param(max_ms, uint, 0444);
MODULE_PARM_DESC(max_ms, "Refuse to freeze for longer, in milliseconds (default 600000)");

static bool force;
module_param(force, bool, 0444);
MODULE_PARM_DESC(force, "Freeze for more than 2 s on a clocksource this module does not know (default N)");

enum cue { WAIT, ANNOUNCE, GO };

/**
 * struct freeze - one freeze, from the request to what became of it
 * @asked_ms: wanted length
 * @touch: keep the lockup detectors quiet
 * @ruler: counter that decides about the end
 * @result: ok, or backstop where the ruler stood still and the TSC ended it
 * @cpus: number of CPUs stopped
 * @ns: length by each gauge
 * @clock_ns: length as ktime_get() has it
 * @hpet_entry: HPET counter after the last CPU stopped
 * @hpet_due: HPET counter at which it is to end, where announced
 * @hpet_exit: HPET counter before the first CPU goes on
 * @announced: the thaw was logged from within
 * @cue: what the crier is to do
 * @before: clocksource before
 * @after: clocksource after
 */
struct freeze {
	u32 asked_ms;
	bool touch;
	struct gauge *ruler;
	const char *result;
	unsigned int cpus;
	u64 ns[GAUGES];
	s64 clock_ns;
	u64 hpet_entry;
	u64 hpet_due;
	u64 hpet_exit;
	bool announced;
	enum cue cue;
	char before[CLOCK_NAME_LEN];
	char after[CLOCK_NAME_LEN];
};

enum state { IDLE, PENDING, FROZEN };

static const char * const state_names[] = { "idle", "pending", "frozen" };

static atomic_t state = ATOMIC_INIT(IDLE);

static struct {
	struct freeze freeze;
	u32 left;		/* freezes to go */
	u32 every_ms;
	ktime_t start;		/* of the next one */
	bool background;	/* nobody waits for it */
	int ret;
	struct completion done;
} job;

static DEFINE_MUTEX(last_lock);	/* last and count */
static struct freeze last = { .result = "none" };
static unsigned long count;

static struct dentry *dir;

static void work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(work, work_fn);

/* Choose what to measure @f with; say no where that is not to be had. */
static int choose_ruler(struct freeze *f)
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
 * Tell the detectors of this CPU that all is well; the other CPUs do the same
 * in multi_cpu_stop(), unasked.
 */
static void touch_detectors(void)
{
	touch_nmi_watchdog();
#ifdef HAVE_RCU_MOMENTARY_EQS
	rcu_momentary_eqs();
#endif
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

	pr_notice("freeze asked_ms=%u cpus=%u touch=%d clocksource=%s hpet=%s.\n",
		  f->asked_ms, num_online_cpus(), f->touch, f->before,
		  ticks_text(now, gauge_hpet_count()));
}

static void log_thaw(const struct freeze *f)
{
	char entry[TICKS_LEN], due[TICKS_LEN];

	pr_notice("thaw asked_ms=%u hpet_entry=%s hpet_due=%s.\n", f->asked_ms,
		  ticks_text(entry, f->hpet_entry), ticks_text(due, f->hpet_due));
}

/*
 * Log the thaw a little before it comes: what a watchdog does at the thaw it
 * may do at once, and the line would be lost.
 *
 * Printing touches the lockup detectors (serial8250_console_write() does), and
 * without touch=1 this CPU is the only one that they can still catch. So another
 * one cries it out, if there is one.
 */
static void announce(struct freeze *f, u64 left_ns)
{
	const struct gauge *hpet = &gauges[GAUGE_HPET];

	if (gauge_present(hpet))
		f->hpet_due = gauge_hpet_count() +
			      mul_u64_u64_div_u64(left_ns, hpet->div, hpet->mul);
	f->announced = true;
	if (f->cpus == 1)
		log_thaw(f);
	else
		smp_store_release(&f->cue, ANNOUNCE); /* pairs with cry() */
}

/* Do as multi_cpu_stop() does on CPUs that have nothing to do, until the cue. */
static void cry(struct freeze *f)
{
	enum cue cue;

	/* Pairs with the releases in announce() and frozen_fn() */
	while ((cue = smp_load_acquire(&f->cue)) == WAIT) {
		cpu_relax();
		touch_detectors();
	}
	if (cue == ANNOUNCE)
		log_thaw(f);
}

static void sweep(void)
{
	int i;

	for (i = 0; i < GAUGES; i++)
		gauge_update(&gauges[i]);
}

static void wait_for_end(struct freeze *f)
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
		if (f->touch)
			touch_detectors();
		if (f->announced)
			cpu_relax();	/* with -icount CPUs take turns */
		else if (end > ANNOUNCE_FROM_NS && end - now < ANNOUNCE_NS)
			announce(f, end - now);
		pace_next(&pace, now, end);
		spin(pace.spins);
	}
}

static void measure(struct freeze *f)
{
	ktime_t entry;
	int i;

	f->cpus = num_online_cpus();
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

/*
 * Every CPU is in stop_machine() with interrupts off, and calls this. The first
 * one runs the show, for the others stop_machine() waits.
 */
static int frozen_fn(void *arg)
{
	unsigned int cpu = smp_processor_id();
	struct freeze *f = arg;

	if (cpu == cpumask_first(cpu_online_mask)) {
		measure(f);
		if (!f->announced)
			smp_store_release(&f->cue, GO); /* pairs with cry() */
	} else if (cpu == cpumask_last(cpu_online_mask)) {
		cry(f);
	}
	return 0;
}

static int freeze_now(struct freeze *f)
{
	int ret = choose_ruler(f);

	if (ret)
		return ret;
	f->result = "ok";
	f->announced = false;
	f->cue = WAIT;
	log_start(f);
	ret = stop_machine(frozen_fn, f, cpu_online_mask);
	if (ret)
		return ret;
	if (!f->announced) {
		f->hpet_due = f->hpet_exit;
		log_thaw(f);
	}
	current_clock(f->after);

	mutex_lock(&last_lock);
	last = *f;
	count++;
	mutex_unlock(&last_lock);
	return 0;
}

/*
 * On the last CPU, as logging the start touches the lockup detectors too: see
 * announce(). The lock keeps the timer from being armed on a CPU that has gone.
 */
static void arm(u32 ms)
{
	job.start = ktime_add_ms(ktime_get(), ms);
	cpus_read_lock();
	queue_delayed_work_on(cpumask_last(cpu_online_mask), system_long_wq,
			      &work, msecs_to_jiffies(ms));
	cpus_read_unlock();
}

static void finish(int ret)
{
	job.ret = ret;
	if (job.background)
		atomic_set_release(&state, IDLE);
	else
		complete(&job.done);
}

static void work_fn(struct work_struct *unused)
{
	s64 early = ktime_ms_delta(job.start, ktime_get());
	int ret;

	/* jiffies may have been stale, and jumped, if armed just after a thaw */
	if (early > 0) {
		arm(early);
		return;
	}
	if (!try_module_get(THIS_MODULE)) {
		finish(-ENODEV);	/* rmmod was faster */
		return;
	}
	atomic_set(&state, FROZEN);
	ret = freeze_now(&job.freeze);
	if (ret || !--job.left) {
		finish(ret);
	} else {
		atomic_set(&state, PENDING);
		arm(job.every_ms - job.freeze.asked_ms);
	}
	module_put(THIS_MODULE);
}

static int check_request(struct freeze *f, u32 times, u32 every)
{
	u32 limit;
	int ret;

	if (!f->asked_ms || !times)
		return -EINVAL;
	if (f->asked_ms > max_ms)
		return -ERANGE;
	if (times > 1 && every <= f->asked_ms)
		return -EINVAL;	/* nothing would run between them */
	ret = choose_ruler(f);
	if (ret)
		return ret;
	limit = clock_limit_ms(find_clock(f->before));
	if (f->asked_ms > limit)
		pr_warn("%u ms is more than clocksource %s can account for (%u ms): the kernel's time will be wrong after the thaw\n",
			f->asked_ms, f->before, limit);
	return 0;
}

static int wait_for_job(void)
{
	if (!wait_for_completion_interruptible(&job.done))
		return job.ret;
	/* A freeze that has begun is waited for, the rest of a train is not. */
	cancel_delayed_work_sync(&work);
	return try_wait_for_completion(&job.done) ? job.ret : -EINTR;
}

/**
 * freeze_request() - freeze now or, with delay_ms, later
 * @ms: for how long
 *
 * Return: 0, -EBUSY while another one is pending or running, -EINVAL for
 * nonsense, -ERANGE for more than max_ms (or, on an unknown clocksource, 2 s),
 * -ENODEV without any usable counter, -EINTR if a signal ended a train early.
 */
static int freeze_request(u32 ms)
{
	u32 delay = READ_ONCE(delay_ms);
	int ret;

	if (atomic_cmpxchg(&state, IDLE, PENDING) != IDLE)
		return -EBUSY;
	job.freeze = (struct freeze){ .asked_ms = ms, .touch = READ_ONCE(touch) };
	job.left = READ_ONCE(repeat);
	job.every_ms = READ_ONCE(every_ms);
	job.background = delay;
	ret = check_request(&job.freeze, job.left, job.every_ms);
	if (ret)
		goto idle;
	reinit_completion(&job.done);
	arm(delay);
	if (delay)
		return 0;	/* the work owns the job now */
	ret = wait_for_job();
idle:
	atomic_set_release(&state, IDLE);
	return ret;
}

static int freeze_set(void *unused, u64 value)
{
	if (value == 1)
		value = READ_ONCE(msecs);
	if (value > U32_MAX)
		return -ERANGE;
	return freeze_request(value);
}
DEFINE_DEBUGFS_ATTRIBUTE(freeze_fops, NULL, freeze_set, "%llu\n");

static int msecs_get(void *unused, u64 *value)
{
	*value = READ_ONCE(msecs);
	return 0;
}

static int msecs_set(void *unused, u64 value)
{
	if (value > max_ms)
		return -ERANGE;
	WRITE_ONCE(msecs, value);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(msecs_fops, msecs_get, msecs_set, "%llu\n");

static int touch_get(void *unused, u64 *value)
{
	*value = READ_ONCE(touch);
	return 0;
}

static int touch_set(void *unused, u64 value)
{
	if (value > 1)
		return -EINVAL;
	WRITE_ONCE(touch, value);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(touch_fops, touch_get, touch_set, "%llu\n");

static int limit_ms_get(void *unused, u64 *value)
{
	char name[CLOCK_NAME_LEN];

	current_clock(name);
	*value = clock_limit_ms(find_clock(name));
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(limit_ms_fops, limit_ms_get, NULL, "%llu\n");

static int status_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "%s\n", state_names[atomic_read(&state)]);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(status);

static int count_show(struct seq_file *m, void *unused)
{
	mutex_lock(&last_lock);
	seq_printf(m, "%lu\n", count);
	mutex_unlock(&last_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(count);

static void show_freeze(struct seq_file *m, const struct freeze *f)
{
	int i;

	seq_printf(m, "result=%s\n", f->result);
	if (!f->ruler)
		return;
	seq_printf(m, "asked_ms=%u\nruler=%s\n", f->asked_ms, f->ruler->name);
	for (i = 0; i < GAUGES; i++)
		if (gauge_present(&gauges[i]))
			seq_printf(m, "%s_ns=%llu\n", gauges[i].name, f->ns[i]);
	seq_printf(m, "clocksource_ns=%lld\n", f->clock_ns);
	if (gauge_present(&gauges[GAUGE_HPET]))
		seq_printf(m, "hpet_entry=%llu\nhpet_exit=%llu\nhpet_period_fs=%llu\n",
			   f->hpet_entry, f->hpet_exit, gauges[GAUGE_HPET].mul);
	seq_printf(m, "tsc_khz=%llu\n", gauges[GAUGE_TSC].div);
	seq_printf(m, "clocksource_before=%s\nclocksource_after=%s\n",
		   f->before, f->after);
	seq_printf(m, "cpus=%u\ntouch=%d\n", f->cpus, f->touch);
}

static int last_show(struct seq_file *m, void *unused)
{
	mutex_lock(&last_lock);
	show_freeze(m, &last);
	mutex_unlock(&last_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(last);

static void make_files(void)
{
	dir = debugfs_create_dir("stop-machine", NULL);
	if (IS_ERR(dir))
		return;
	/* debugfs_create_dir() takes no mode */
	d_inode(dir)->i_mode = S_IFDIR | 0700;
	debugfs_create_file("msecs", 0600, dir, NULL, &msecs_fops);
	debugfs_create_file("touch", 0600, dir, NULL, &touch_fops);
	debugfs_create_file("freeze", 0200, dir, NULL, &freeze_fops);
	debugfs_create_file("limit_ms", 0400, dir, NULL, &limit_ms_fops);
	debugfs_create_file("status", 0400, dir, NULL, &status_fops);
	debugfs_create_file("count", 0400, dir, NULL, &count_fops);
	debugfs_create_file("last", 0400, dir, NULL, &last_fops);
}

/*
 * The freeze comes before the files: with a user of theirs an init that fails
 * could not be undone. A delayed one may be pending already when they appear.
 */
static int __init stop_machine_init(void)
{
	int ret = 0;

	init_completion(&job.done);
	gauge_find();
	if (msecs)
		ret = freeze_request(msecs);
	if (ret) {
		gauge_forget();
		return ret;
	}
	make_files();
	return 0;
}
module_init(stop_machine_init);

static void __exit stop_machine_exit(void)
{
	debugfs_remove(dir);
	cancel_delayed_work_sync(&work);
	gauge_forget();
}
module_exit(stop_machine_exit);

MODULE_DESCRIPTION("Freeze every CPU of this machine for a while");
MODULE_LICENSE("GPL");
