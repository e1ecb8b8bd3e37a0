// SPDX-License-Identifier: GPL-2.0
/*
 * crash - make the kernel panic, or oops, in one of several ways
 *
 * A kernel that panics stops all by itself; what becomes of the machine then is
 * up to kernel.panic, kernel.panic_on_oops and its watchdog. None of this has an
 * end, and it is asked for with a length of 0. Nothing is put back.
 */
#define pr_fmt(fmt) "crash: " fmt

#include <linux/compiler.h>
#include <linux/delay.h>
#include <linux/irq_work.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/stop_machine.h>

#include "choice.h"

#define DEATH_MS	1000	/* until then a thread that oopses is gone */

static void do_panic(void)
{
	panic("asked for by crash.ko");
}

static void do_oops(void)
{
	int *nowhere = NULL;

	OPTIMIZER_HIDE_VAR(nowhere);
	*nowhere = 0;
}

static void bug_fn(struct irq_work *unused)
{
	BUG();
}

/* In hard interrupt context, on PREEMPT_RT too; before 5.11 there was no other */
#ifdef IRQ_WORK_INIT_HARD
static struct irq_work bug_work = IRQ_WORK_INIT_HARD(bug_fn);
#else
static DEFINE_IRQ_WORK(bug_work, bug_fn);
#endif

static void do_bug(void)
{
	irq_work_queue(&bug_work);
	irq_work_sync(&bug_work);
}

static int panic_stopped(void *unused)
{
	panic("asked for by crash.ko, with the machine stopped");
}

/* It runs on the first of the CPUs that are named, for which the others stop */
static void do_panic_stopped(void)
{
	stop_machine(panic_stopped, NULL, &where);
}

static const struct row rows[] = {
	{ .name = "panic", .endless = true, .enter = do_panic,
	  .summary = "panic()" },
	{ .name = "oops", .endless = true, .enter = do_oops,
	  .summary = "a thread writes to address 0: an oops; a panic with panic_on_oops=1" },
	{ .name = "bug-in-irq", .endless = true, .enter = do_bug,
	  .summary = "BUG() in a hard interrupt, which is a panic" },
	{ .name = "panic-stopped", .endless = true, .enter = do_panic_stopped,
	  .summary = "panic() with all CPUs in stop_machine()" },
	{ }
};

static int crash_fn(void *unused)
{
	chosen->enter();
	return 0;
}

static int play(struct freeze *f)
{
	struct task_struct *thread;

	thread = kthread_create(crash_fn, NULL, "pug-crash");
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	kthread_bind(thread, cpumask_first(&where));
	get_task_struct(thread);
	log_start(f);
	wake_up_process(thread);
	msleep(DEATH_MS);
	/* We are still here: only the thread is gone, as it should */
	if (!READ_ONCE(thread->exit_state))
		f->result = "alive";
	put_task_struct(thread);
	return 0;
}

static const struct family family = {
	.name = "crash",
	.rows = rows,
	.start = "start",
	.prepare = choose,
	.play = play,
	.show = show_choice,
	.files = choice_files,
};

module_init(fault_init);
module_exit(fault_exit);

MODULE_DESCRIPTION("Make this machine's kernel panic or oops, in one of several ways");
MODULE_LICENSE("GPL");
