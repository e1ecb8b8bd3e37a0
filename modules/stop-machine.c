// SPDX-License-Identifier: GPL-2.0
/*
 * stop-machine - freeze every CPU for a given time, exactly
 *
 * What a hung machine looks like from outside: all CPUs in stop_machine() with
 * interrupts off, nothing scheduled, no timer run, only hardware (and the
 * hypervisor) going on. Made to find out which watchdog notices.
 *
 * Nothing is repaired at the thaw: whether the kernel's clock, and a watchdog
 * that runs on it, loses the time of the freeze is what people load this module
 * to see.
 */
#define pr_fmt(fmt) "stop-machine: " fmt

#include <linux/nmi.h>
#include <linux/rcupdate.h>
#include <linux/stop_machine.h>

#include "fault.h"

static bool touch;
module_param(touch, bool, 0644);
MODULE_PARM_DESC(touch, "Keep the kernel's lockup detectors quiet (default N)");

/* What the crier is to do */
static enum cue { WAIT, ANNOUNCE, GO } cue;

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

/*
 * Printing touches the lockup detectors (serial8250_console_write() does), and
 * without touch=1 this CPU is the only one that they can still catch. So another
 * one cries the thaw out, if there is one.
 */
static void let_cry(struct freeze *f)
{
	if (f->cpus == 1)
		log_thaw(f);
	else
		smp_store_release(&cue, ANNOUNCE); /* pairs with cry() */
}

/* Do as multi_cpu_stop() does on CPUs that have nothing to do, until the cue. */
static void cry(struct freeze *f)
{
	enum cue now;

	/* Pairs with the releases in let_cry() and frozen_fn() */
	while ((now = smp_load_acquire(&cue)) == WAIT) {
		cpu_relax();
		touch_detectors();
	}
	if (now == ANNOUNCE)
		log_thaw(f);
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
		f->cpus = num_online_cpus();
		hold(f);
		if (!f->announced)
			smp_store_release(&cue, GO); /* pairs with cry() */
	} else if (cpu == cpumask_last(cpu_online_mask)) {
		cry(f);
	}
	return 0;
}

static int prepare(struct freeze *f)
{
	bool quiet = READ_ONCE(touch);

	if (!f->asked_ms)
		return -EINVAL;
	f->stops_clock = true;
	f->tell = let_cry;
	f->each = quiet ? touch_detectors : NULL;
	snprintf(f->detail, sizeof(f->detail), " touch=%d", quiet);
	return 0;
}

static int play(struct freeze *f)
{
	int ret;

	cue = WAIT;
	f->cpus = num_online_cpus();
	log_start(f);
	ret = stop_machine(frozen_fn, f, cpu_online_mask);
	if (ret)
		return ret;
	if (!f->announced) {
		f->hpet_due = f->hpet_exit;
		log_thaw(f);
	}
	return 0;
}

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

static void files(struct dentry *parent)
{
	debugfs_create_file("touch", 0600, parent, NULL, &touch_fops);
}

static void show(struct seq_file *m, const struct freeze *f)
{
	seq_printf(m, "touch=%d\n", !!f->each);
}

static const struct family family = {
	.name = "stop-machine",
	.start = "freeze",
	.prepare = prepare,
	.play = play,
	.show = show,
	.files = files,
};

module_init(fault_init);
module_exit(fault_exit);

MODULE_DESCRIPTION("Freeze every CPU of this machine for a while");
MODULE_LICENSE("GPL");
