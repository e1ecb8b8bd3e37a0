// SPDX-License-Identifier: GPL-2.0
/*
 * hang - keep programs from running while the kernel goes on
 *
 * Interrupts come, timers run, and the kernel finds nothing wrong with itself:
 * tasks sleep that nobody wakes, or somebody of a higher priority never sleeps.
 *
 * The gate is a lock that user space can get stuck in: reading the file `gate'
 * takes it for a moment. Who reads it before each keepalive, as programs do that
 * look at a file to see whether the machine is well, is silent while it is held.
 */
#define pr_fmt(fmt) "hang: " fmt

#include <linux/kthread.h>
#include <linux/reboot.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <uapi/linux/sched/types.h>

#include "choice.h"

#define PERIOD_NS	(100 * NSEC_PER_MSEC)
#define FIFO_MAX	99

static DEFINE_MUTEX(gate);

static atomic_t left;		/* threads that are not done */
static bool over;
static DECLARE_COMPLETION(all_left);

/* What a hog asks of the scheduler */
static const struct sched_attr fifo = {
	.size = sizeof(fifo),
	.sched_policy = SCHED_FIFO,
	.sched_priority = FIFO_MAX,
};

/* As much as the kernel lets a CPU be booked for by default, less a percent */
static const struct sched_attr booked = {
	.size = sizeof(booked),
	.sched_policy = SCHED_DEADLINE,
	.sched_runtime = PERIOD_NS * 94 / 100,
	.sched_deadline = PERIOD_NS,
	.sched_period = PERIOD_NS,
};

/* Since Linux 6.12 the kernel books 5 % of each CPU itself, for its fair server */
static const struct sched_attr booked_beside_server = {
	.size = sizeof(booked_beside_server),
	.sched_policy = SCHED_DEADLINE,
	.sched_runtime = PERIOD_NS * 89 / 100,
	.sched_deadline = PERIOD_NS,
	.sched_period = PERIOD_NS,
};

static const struct sched_attr all_of_it = {
	.size = sizeof(all_of_it),
	.sched_policy = SCHED_DEADLINE,
	.sched_runtime = PERIOD_NS,
	.sched_deadline = PERIOD_NS,
	.sched_period = PERIOD_NS,
};

#ifdef HAVE_SETATTR_NOCHECK
#define set_policy sched_setattr_nocheck
#else
/* Debian 11's 5.10 exports no more: SCHED_FIFO of priority 50, which hogs as well */
static int set_policy(struct task_struct *thread, const struct sched_attr *attr)
{
	if (attr->sched_policy != SCHED_FIFO)
		return -EOPNOTSUPP;
	sched_set_fifo(thread);
	return 0;
}
#endif

static int play_gate(struct freeze *f)
{
	mutex_lock(&gate);
	log_start(f);
	f->asleep = true;
	hold(f);
	if (!f->announced) {
		f->hpet_due = f->hpet_exit;
		log_thaw(f);
	}
	mutex_unlock(&gate);
	return 0;
}

static void one_less(void)
{
	if (atomic_dec_and_test(&left))
		complete(&all_left);
}

static int stuck_fn(void *unused)
{
	mutex_lock(&gate);
	mutex_unlock(&gate);
	one_less();
	return 0;
}

/*
 * Hogs are programs, as a rule, and a program that the scheduler wants to throttle
 * is stopped wherever it is. A loop in the kernel is not, on a kernel with voluntary
 * preemption, unless it asks.
 */
static void give_way(void)
{
	cond_resched();
}

/* The first of the CPUs measures */
static int hog_fn(void *arg)
{
	struct freeze *f = arg;

	if (raw_smp_processor_id() == cpumask_first(&where)) {
		f->each = give_way;
		hold(f);
		smp_store_release(&over, true);	/* pairs with the one below */
	} else {
		while (!smp_load_acquire(&over)) {	/* pairs with the one above */
			spin(SPIN_FINE);
			give_way();
			if (READ_ONCE(f->announced))
				cpu_relax();	/* with -icount CPUs take turns */
		}
	}
	one_less();
	return 0;
}

static void stop_threads(struct task_struct **threads, unsigned int n)
{
	while (n--) {
		kthread_stop(threads[n]);
		put_task_struct(threads[n]);
	}
}

/* One for each CPU, none of them running yet; @attr is NULL for an ordinary one */
static int make_threads(struct task_struct **threads, int (*fn)(void *arg), struct freeze *f,
			const struct sched_attr *attr)
{
	unsigned int cpu, n = 0;
	int ret = 0;

	for_each_cpu(cpu, &where) {
		struct task_struct *thread;

		thread = kthread_create(fn, f, "pug-hang/%u", cpu);
		if (IS_ERR(thread)) {
			ret = PTR_ERR(thread);
			break;
		}
		get_task_struct(thread);
		threads[n++] = thread;
		kthread_bind(thread, cpu);
		if (attr)
			ret = set_policy(thread, attr);
		if (ret)
			break;
	}
	if (ret)
		stop_threads(threads, n);
	return ret;
}

static void start_threads(struct task_struct **threads, const struct freeze *f)
{
	unsigned int i;

	for (i = 0; i < f->cpus; i++)
		wake_up_process(threads[i]);
}

/* Closed before anybody could have come through */
static void play_stuck_threads(struct task_struct **threads, struct freeze *f)
{
	mutex_lock(&gate);
	log_start(f);
	start_threads(threads, f);
	f->asleep = true;
	hold(f);
	mutex_unlock(&gate);
}

static int with_threads(struct freeze *f, int (*fn)(void *arg), const struct sched_attr *attr)
{
	struct task_struct **threads = kcalloc(f->cpus, sizeof(*threads), GFP_KERNEL);
	int ret;

	if (!threads)
		return -ENOMEM;
	reinit_completion(&all_left);
	atomic_set(&left, f->cpus);
	over = false;
	ret = make_threads(threads, fn, f, attr);
	if (ret)
		goto out;
	if (attr) {
		log_start(f);
		start_threads(threads, f);
	} else {
		play_stuck_threads(threads, f);
	}
	wait_unseen(&all_left);
	if (!f->announced) {
		f->hpet_due = f->hpet_exit;
		log_thaw(f);
	}
	stop_threads(threads, f->cpus);
out:
	kfree(threads);
	return ret;
}

static int play_stuck(struct freeze *f)
{
	return with_threads(f, stuck_fn, NULL);
}

static int play_fifo(struct freeze *f)
{
	return with_threads(f, hog_fn, &fifo);
}

static int play_booked(struct freeze *f)
{
	int ret = with_threads(f, hog_fn, &booked);

	if (ret == -EBUSY)
		ret = with_threads(f, hog_fn, &booked_beside_server);
	return ret;
}

static int play_all_of_it(struct freeze *f)
{
	return with_threads(f, hog_fn, &all_of_it);
}

/* Behind all others: what they stop is stopped, and only the machine is still there */
#define LAST_OF_ALL	INT_MIN

static atomic_t caught = ATOMIC_INIT(0);

/* For good; but who reboots after that, as a person would do, gets through */
static int catch_reboot(struct notifier_block *nb, unsigned long code, void *cmd)
{
	DECLARE_COMPLETION_ONSTACK(never);

	if (!atomic_xchg(&caught, 1))
		wait_for_completion(&never);
	return NOTIFY_DONE;
}

static struct notifier_block catcher = {
	.notifier_call = catch_reboot,
	.priority = LAST_OF_ALL,
};

static int reboot_fn(void *unused)
{
	kernel_restart(NULL);
	return 0;
}

/* The module stays, as what hangs in it does */
static int play_reboot(struct freeze *f)
{
	struct task_struct *thread;
	int ret;

	if (atomic_read(&caught))
		return -EBUSY;
	thread = kthread_create(reboot_fn, NULL, "pug-hang/reboot");
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	ret = register_reboot_notifier(&catcher);
	if (ret) {
		kthread_stop(thread);
		return ret;
	}
	__module_get(THIS_MODULE);
	log_start(f);
	wake_up_process(thread);
	return 0;
}

static const struct row rows[] = {
	{ .name = "gate", .play = play_gate,
	  .summary = "the lock is held that reading the file gate takes" },
	{ .name = "dstate", .play = play_stuck,
	  .summary = "threads in uninterruptible sleep, one a CPU, that wait for the gate" },
	{ .name = "reboot", .endless = true, .play = play_reboot,
	  .summary = "a reboot that hangs behind all of its notifiers" },
	{ .name = "fifo-hog", .play = play_fifo,
	  .summary = "threads of SCHED_FIFO 99, one a CPU, that never sleep" },
	{ .name = "deadline-hog", .play = play_booked,
	  .summary = "threads of SCHED_DEADLINE, one a CPU, that want 94 of 100 ms (6.12: 89)" },
	{ .name = "deadline-hog-all", .play = play_all_of_it,
	  .summary = "the same, that want all: EBUSY unless kernel.sched_rt_runtime_us is -1" },
	{ }
};

static int play(struct freeze *f)
{
	int ret = -ENODEV;

	cpus_read_lock();
	if (cpumask_subset(&where, cpu_online_mask))
		ret = chosen->play(f);
	cpus_read_unlock();
	return ret;
}

static int gate_show(struct seq_file *m, void *unused)
{
	mutex_lock(&gate);
	mutex_unlock(&gate);
	seq_puts(m, "open\n");
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(gate);

static void files(struct dentry *parent)
{
	choice_files(parent);
	debugfs_create_file("gate", 0400, parent, NULL, &gate_fops);
}

static const struct family family = {
	.name = "hang",
	.rows = rows,
	.start = "start",
	.prepare = choose,
	.play = play,
	.show = show_choice,
	.files = files,
};

module_init(fault_init);
module_exit(fault_exit);

MODULE_DESCRIPTION("Keep this machine's programs from running for a while, the kernel goes on");
MODULE_LICENSE("GPL");
