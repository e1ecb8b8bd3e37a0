/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What all fault modules do alike: take a request by insmod or debugfs, refuse
 * what is nonsense or unsafe, do one fault at a time, keep what became of it.
 * The module says how it is done, in a struct family.
 *
 * One delayed work does all faults. A writer without delay waits for it; a
 * train of them is the work queueing itself again. Whoever moves state from
 * IDLE to PENDING owns `job' until it is IDLE again. A pending work takes no
 * reference on the module, so that rmmod can cancel it; a fault does, so that
 * rmmod fails with -EBUSY rather than wait for its end.
 *
 * Everything here is static: a fault is one source file, and each includes this
 * one, behind its pr_fmt.
 */
#ifndef PUG_FAULT_H
#define PUG_FAULT_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/workqueue.h>

#include "hold.h"

static uint msecs;
module_param(msecs, uint, 0644);
MODULE_PARM_DESC(msecs, "Length in milliseconds; if not 0, begin at load (default 0: load idle)");

static uint delay_ms;
module_param(delay_ms, uint, 0644);
MODULE_PARM_DESC(delay_ms, "Return at once and begin so many milliseconds later (default 0)");

static uint repeat = 1;
module_param(repeat, uint, 0644);
MODULE_PARM_DESC(repeat, "Number of faults in a train (default 1)");

static uint every_ms = 1000;
module_param(every_ms, uint, 0644);
MODULE_PARM_DESC(every_ms, "From the start of one fault of a train to the start of the next, in milliseconds (default 1000)");

static uint max_ms = 600000;
module_param(max_ms, uint, 0444);
MODULE_PARM_DESC(max_ms, "Refuse what lasts longer, in milliseconds (default 600000)");

static bool force;
module_param(force, bool, 0444);
MODULE_PARM_DESC(force, "Allow more than 2 s on a clocksource this module does not know (default N)");

struct row;

/**
 * struct family - a module and what it does
 * @name: of the module's folder in debugfs
 * @rows: what it can do, see choice.h; NULL where that is one thing
 * @start: of the file that begins a fault
 * @prepare: takes the request's other settings; may refuse. The request's
 *	@asked_ms is set
 * @play: does it; has called log_start() and, where there is an end, log_thaw()
 *	when it returns 0
 * @show: its lines in `last', behind those of all; NULL for none
 * @files: makes the files that other modules do not have; NULL for none
 */
struct family {
	const char *name;
	const struct row *rows;
	const char *start;
	int (*prepare)(struct freeze *f);
	int (*play)(struct freeze *f);
	void (*show)(struct seq_file *m, const struct freeze *f);
	void (*files)(struct dentry *dir);
};

static const struct family family;

enum state { IDLE, PENDING, FROZEN };

static const char * const state_names[] = { "idle", "pending", "frozen" };

static atomic_t state = ATOMIC_INIT(IDLE);

static struct {
	struct freeze freeze;
	u32 left;		/* faults to go */
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

static int play_now(struct freeze *f)
{
	int ret = choose_ruler(f, force);

	if (ret)
		return ret;
	f->result = "ok";
	f->announced = false;
	ret = family.play(f);
	if (ret)
		return ret;
	current_clock(f->after);

	mutex_lock(&last_lock);
	last = *f;
	count++;
	mutex_unlock(&last_lock);
	return 0;
}

/*
 * On the last CPU, as logging the start touches the lockup detectors, and the
 * first one is who they can catch in stop-machine. The lock keeps the timer from
 * being armed on a CPU that has gone.
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
	ret = play_now(&job.freeze);
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

	if (!times)
		return -EINVAL;
	if (f->asked_ms > max_ms)
		return -ERANGE;
	if (times > 1 && every <= f->asked_ms)
		return -EINVAL;	/* nothing would run between them */
	ret = family.prepare(f);
	if (ret)
		return ret;
	ret = choose_ruler(f, force);
	if (ret)
		return ret;
	limit = clock_limit_ms(find_clock(f->before));
	if (f->stops_clock && f->asked_ms > limit)
		pr_warn("%u ms is more than clocksource %s can account for (%u ms): the kernel's time will be wrong after the thaw\n",
			f->asked_ms, f->before, limit);
	return 0;
}

static int wait_for_job(void)
{
	if (!wait_for_completion_interruptible(&job.done))
		return job.ret;
	/* A fault that has begun is waited for, the rest of a train is not. */
	cancel_delayed_work_sync(&work);
	return try_wait_for_completion(&job.done) ? job.ret : -EINTR;
}

/**
 * fault_request() - begin now or, with delay_ms, later
 * @ms: for how long; 0 for a fault that has no end
 *
 * Return: 0, -EBUSY while another one is pending or running, -EINVAL for
 * nonsense, -ERANGE for more than max_ms (or, on an unknown clocksource, 2 s),
 * -ENODEV without any usable counter, -EINTR if a signal ended a train early.
 */
static int fault_request(u32 ms)
{
	u32 delay = READ_ONCE(delay_ms);
	int ret;

	if (atomic_cmpxchg(&state, IDLE, PENDING) != IDLE)
		return -EBUSY;
	job.freeze = (struct freeze){ .asked_ms = ms, .cpus = num_online_cpus() };
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

static int start_set(void *unused, u64 value)
{
	if (value == 1)
		value = READ_ONCE(msecs);
	if (value > U32_MAX)
		return -ERANGE;
	return fault_request(value);
}
DEFINE_DEBUGFS_ATTRIBUTE(start_fops, NULL, start_set, "%llu\n");

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
	seq_printf(m, "cpus=%u\n", f->cpus);
	if (family.show)
		family.show(m, f);
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
	dir = debugfs_create_dir(family.name, NULL);
	if (IS_ERR(dir))
		return;
	/* debugfs_create_dir() takes no mode */
	d_inode(dir)->i_mode = S_IFDIR | 0700;
	debugfs_create_file("msecs", 0600, dir, NULL, &msecs_fops);
	debugfs_create_file(family.start, 0200, dir, NULL, &start_fops);
	debugfs_create_file("limit_ms", 0400, dir, NULL, &limit_ms_fops);
	debugfs_create_file("status", 0400, dir, NULL, &status_fops);
	debugfs_create_file("count", 0400, dir, NULL, &count_fops);
	debugfs_create_file("last", 0400, dir, NULL, &last_fops);
	if (family.files)
		family.files(dir);
}

/*
 * The fault comes before the files: with a user of theirs an init that fails
 * could not be undone. A delayed one may be pending already when they appear.
 */
static int __init fault_init(void)
{
	int ret = 0;

	init_completion(&job.done);
	gauge_find();
	if (msecs)
		ret = fault_request(msecs);
	if (ret) {
		gauge_forget();
		return ret;
	}
	make_files();
	return 0;
}

static void __exit fault_exit(void)
{
	debugfs_remove(dir);
	cancel_delayed_work_sync(&work);
	gauge_forget();
}

#endif
