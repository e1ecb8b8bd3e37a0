// SPDX-License-Identifier: GPL-2.0
/*
 * memory - take this machine's memory for a while
 *
 * A thread takes page by page and keeps all of them; another one, which asks for
 * nothing, measures, and gives all back at the end. That frees the first where it
 * waits in the allocator, too. The OOM killer takes neither: it spares threads of
 * the kernel (mm/oom_kill.c:oom_unkillable_task, 6.1 and 6.12).
 *
 * What is left to the others is what is free, and what is on the lists that reclaim
 * works on: programs' memory, files, and those in tmpfs. Mind where the programs lie:
 * an initramfs is such files, which only swap makes reclaimable.
 */
#define pr_fmt(fmt) "memory: " fmt

#include <linux/gfp.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/vmstat.h>

#include "choice.h"

#define KEEP_THRASH_MB	16

/* It reclaims once, fails quietly, and calls no OOM killer */
#define GFP_MODEST	(GFP_HIGHUSER | __GFP_NORETRY | __GFP_NOWARN)
/*
 * As most of the kernel asks: a page of this is never refused. The OOM killer kills
 * for it, and panics with "System is deadlocked on memory" where none is left that
 * it may kill (mm/oom_kill.c:out_of_memory, 6.1 and 6.12).
 */
#define GFP_GREEDY	GFP_HIGHUSER

static int keep_mb = -1;
module_param(keep_mb, int, 0644);
MODULE_PARM_DESC(keep_mb, "Leave so many MiB to all others (default -1: thrash 16, leak 0)");

static DEFINE_SPINLOCK(lock);	/* the three below */
static LIST_HEAD(pages);
static unsigned long taken;
static bool over;

/* Set before the thread starts */
static gfp_t gfp;
static unsigned long keep;	/* in pages */

/* Of all CPUs, as /proc/vmstat has them; too many for a stack */
static unsigned long before[NR_VM_EVENT_ITEMS];
static unsigned long after[NR_VM_EVENT_ITEMS];

/* As it is, or false where it comes too late */
static bool add(struct page *page)
{
	bool late;

	spin_lock(&lock);
	late = over;
	if (!late) {
		list_add(&page->lru, &pages);
		taken++;
	}
	spin_unlock(&lock);
	return !late;
}

static void give_back(void)
{
	struct page *page, *next;
	LIST_HEAD(all);

	spin_lock(&lock);
	over = true;
	list_splice_init(&pages, &all);
	spin_unlock(&lock);
	list_for_each_entry_safe(page, next, &all, lru) {
		list_del(&page->lru);
		__free_page(page);
		cond_resched();
	}
}

static unsigned long left_to_others(void)
{
	return global_zone_page_state(NR_FREE_PAGES) +
	       global_node_page_state(NR_INACTIVE_ANON) + global_node_page_state(NR_ACTIVE_ANON) +
	       global_node_page_state(NR_INACTIVE_FILE) + global_node_page_state(NR_ACTIVE_FILE);
}

static int take_fn(void *unused)
{
	struct page *page;

	while (!kthread_should_stop()) {
		page = left_to_others() > keep ? alloc_page(gfp) : NULL;
		if (!page) {
			/* Reclaim may have found something then */
			schedule_timeout_interruptible(msecs_to_jiffies(NAP_MS));
		} else if (!add(page)) {
			__free_page(page);
			schedule_timeout_interruptible(msecs_to_jiffies(NAP_MS));
		}
		cond_resched();
	}
	return 0;
}

/* Behind what the first line says; show_choice() prints them as lines of their own */
static void tell_figures(struct freeze *f)
{
	size_t len = strlen(f->detail);

	snprintf(f->detail + len, sizeof(f->detail) - len,
		 "\ntaken_mb=%lu\npswpin=%lu\npswpout=%lu\npgmajfault=%lu\noom_kill=%lu",
		 taken >> (20 - PAGE_SHIFT), after[PSWPIN] - before[PSWPIN],
		 after[PSWPOUT] - before[PSWPOUT], after[PGMAJFAULT] - before[PGMAJFAULT],
		 after[OOM_KILL] - before[OOM_KILL]);
}

static int take(struct freeze *f, gfp_t how)
{
	struct task_struct *thread;

	gfp = how;
	taken = 0;
	over = false;
	thread = kthread_create(take_fn, NULL, "pug-memory");
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	all_vm_events(before);
	log_start(f);
	wake_up_process(thread);
	f->asleep = true;
	hold(f);
	if (!f->announced) {
		f->hpet_due = f->hpet_exit;
		log_thaw(f);
	}
	give_back();
	all_vm_events(after);
	kthread_stop(thread);
	tell_figures(f);
	return 0;
}

static int play_thrash(struct freeze *f)
{
	return take(f, GFP_MODEST);
}

static int play_leak(struct freeze *f)
{
	return take(f, GFP_GREEDY);
}

static const struct row rows[] = {
	{ .name = "thrash", .play = play_thrash,
	  .summary = "all memory is taken but keep_mb, without the OOM killer" },
	{ .name = "leak", .play = play_leak,
	  .summary = "the same, by who can't be refused: the OOM killer kills for it" },
	{ }
};

/* CPUs are of no matter here */
static int prepare(struct freeze *f)
{
	int mb = READ_ONCE(keep_mb);
	int ret = choose(f);

	if (ret)
		return ret;
	if (mb < -1)
		return -EINVAL;
	if (mb == -1)
		mb = chosen->play == play_thrash ? KEEP_THRASH_MB : 0;
	keep = (unsigned long)mb << (20 - PAGE_SHIFT);
	snprintf(f->detail, sizeof(f->detail), " keep_mb=%d", mb);
	return 0;
}

static int play(struct freeze *f)
{
	return chosen->play(f);
}

static const struct family family = {
	.name = "memory",
	.rows = rows,
	.start = "start",
	.prepare = prepare,
	.play = play,
	.show = show_choice,
	.files = choice_files,
};

module_init(fault_init);
module_exit(fault_exit);

MODULE_DESCRIPTION("Take this machine's memory for a while");
MODULE_LICENSE("GPL");
