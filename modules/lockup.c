// SPDX-License-Identifier: GPL-2.0
/*
 * lockup - hang some of a machine's CPUs, or all, each in its own way
 *
 * stop-machine hangs all CPUs at once and completely, which is rare. Here a
 * thread is bound to each of the CPUs asked for and stays there: with interrupts
 * off, with preemption off, in an RCU reader, with a lock that others want. The
 * other CPUs go on, with all that runs on them, until they need something of
 * those that hang.
 */
#define pr_fmt(fmt) "lockup: " fmt

#include <linux/bottom_half.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "choice.h"

#define GATHER_NS	NSEC_PER_SEC	/* so long the first CPU waits for the others */

static atomic_t here;		/* threads that run */
static atomic_t held;		/* those that hang */
static atomic_t left;		/* those that do not any more */
static bool led;		/* the first one hangs: the others may */
static bool over;
static DECLARE_COMPLETION(all_left);
static DEFINE_RAW_SPINLOCK(wanted);

static void irqs_off(void)
{
	local_irq_disable();
}

static void irqs_on(void)
{
	local_irq_enable();
}

static void preempt_off(void)
{
	preempt_disable();
}

static void preempt_on(void)
{
	preempt_enable();
}

static void softirqs_off(void)
{
	local_bh_disable();
}

static void softirqs_on(void)
{
	local_bh_enable();
}

static void reader_begins(void)
	__acquires(RCU)
{
	rcu_read_lock();
}

static void reader_ends(void)
	__releases(RCU)
{
	rcu_read_unlock();
}

static void take(void)
	__acquires(&wanted)
{
	raw_spin_lock(&wanted);
}

static void give(void)
	__releases(&wanted)
{
	raw_spin_unlock(&wanted);
}

/* Who wants it waits with interrupts off, as most of the kernel's locks are taken */
static void want(void)
	__acquires(&wanted)
{
	local_irq_disable();
	raw_spin_lock(&wanted);
}

static void had(void)
	__releases(&wanted)
{
	raw_spin_unlock(&wanted);
	local_irq_enable();
}

static const struct row rows[] = {
	{ .name = "irqs-off", .irqs_off = true,
	  .summary = "a thread with interrupts off: no timer, no IPI",
	  .enter = irqs_off, .leave = irqs_on },
	{ .name = "preempt-off",
	  .summary = "a thread with preemption off: interrupts go on, nothing else runs",
	  .enter = preempt_off, .leave = preempt_on },
	{ .name = "softirqs-off",
	  .summary = "a thread with soft interrupts off (and with that preemption)",
	  .enter = softirqs_off, .leave = softirqs_on },
	{ .name = "rcu-reader",
	  .summary = "a thread in an RCU read-side critical section",
	  .enter = reader_begins, .leave = reader_ends },
	{ .name = "spinlock", .irqs_off = true,
	  .summary = "the first CPU holds a spinlock, the others want it with interrupts off",
	  .lead = take, .let_go = give, .enter = want, .leave = had },
	{ }
};

/* Give way until all threads run, so that none of them waits for a CPU that hangs */
static void come_together(const struct freeze *f)
{
	atomic_inc(&here);
	while (atomic_read(&here) < f->cpus)
		cond_resched();
}

/* The first CPU hangs already. A CPU that does not come is not waited for. */
static void wait_for_others(struct freeze *f)
{
	struct gauge *tsc = &gauges[GAUGE_TSC];

	gauge_start(tsc);
	while (atomic_read(&held) < f->cpus) {
		if (gauge_update(tsc) > GATHER_NS) {
			f->result = "ragged";
			return;
		}
		cpu_relax();
	}
}

static void lead(struct freeze *f)
{
	(chosen->lead ?: chosen->enter)();
	atomic_inc(&held);
	smp_store_release(&led, true);		/* pairs with follow() */
	wait_for_others(f);
	hold(f);
	smp_store_release(&over, true);		/* pairs with follow() */
	(chosen->let_go ?: chosen->leave)();
}

static void follow(const struct freeze *f)
{
	while (!smp_load_acquire(&led))		/* pairs with lead() */
		cond_resched();
	/* Before, as a lock that is held lets nobody in */
	atomic_inc(&held);
	chosen->enter();
	while (!smp_load_acquire(&over)) {	/* pairs with lead() */
		spin(SPIN_FINE);
		if (READ_ONCE(f->announced))
			cpu_relax();	/* with -icount CPUs take turns */
	}
	chosen->leave();
}

static int hung_fn(void *arg)
{
	struct freeze *f = arg;

	come_together(f);
	if (raw_smp_processor_id() == cpumask_first(&where))
		lead(f);
	else
		follow(f);
	if (atomic_dec_and_test(&left))
		complete(&all_left);
	return 0;
}

static void stop_threads(struct task_struct **threads, unsigned int n)
{
	while (n--) {
		kthread_stop(threads[n]);
		put_task_struct(threads[n]);
	}
}

/* Each on its CPU, none of them running yet */
static int make_threads(struct task_struct **threads, struct freeze *f)
{
	unsigned int cpu, n = 0;

	for_each_cpu(cpu, &where) {
		struct task_struct *thread;

		thread = kthread_create(hung_fn, f, "pug-lockup/%u", cpu);
		if (IS_ERR(thread)) {
			stop_threads(threads, n);
			return PTR_ERR(thread);
		}
		kthread_bind(thread, cpu);
		get_task_struct(thread);
		threads[n++] = thread;
	}
	return 0;
}

static int hang_threads(struct task_struct **threads, struct freeze *f)
{
	unsigned int i;
	int ret = make_threads(threads, f);

	if (ret)
		return ret;
	atomic_set(&here, 0);
	atomic_set(&held, 0);
	atomic_set(&left, f->cpus);
	led = false;
	over = false;
	reinit_completion(&all_left);
	log_start(f);
	for (i = 0; i < f->cpus; i++)
		wake_up_process(threads[i]);
	wait_unseen(&all_left);
	if (!f->announced) {
		f->hpet_due = f->hpet_exit;
		log_thaw(f);
	}
	stop_threads(threads, f->cpus);
	return 0;
}

/* No CPU may go while its thread is made to stay there */
static int play(struct freeze *f)
{
	struct task_struct **threads = kcalloc(f->cpus, sizeof(*threads), GFP_KERNEL);
	int ret = -ENODEV;

	if (!threads)
		return -ENOMEM;
	cpus_read_lock();
	if (cpumask_subset(&where, cpu_online_mask))
		ret = hang_threads(threads, f);
	cpus_read_unlock();
	kfree(threads);
	return ret;
}

static const struct family family = {
	.name = "lockup",
	.rows = rows,
	.start = "start",
	.prepare = choose,
	.play = play,
	.show = show_choice,
	.files = choice_files,
};

module_init(fault_init);
module_exit(fault_exit);

MODULE_DESCRIPTION("Hang CPUs of this machine for a while, in one of several ways");
MODULE_LICENSE("GPL");
