// SPDX-License-Identifier: GPL-2.0
/*
 * A module with a bug of each kind that a debug kernel finds: tools/check/debug/self
 * builds it under the name of one of ours and loads it in a throwaway guest, one bug
 * each time. Never to be loaded anywhere else.
 */
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

static char *bug = "none";
module_param(bug, charp, 0444);
MODULE_PARM_DESC(bug, "Which one");

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);
static struct mutex alike[2];
static DEFINE_SPINLOCK(spin);
static int __rcu *pointer;
static int table[4];
static int one = 1, outside = 4;

static void use_after_free(void)
{
	int *p = kmalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return;
	OPTIMIZER_HIDE_VAR(p);
	WRITE_ONCE(*p, 1);
	kfree(p);
	WRITE_ONCE(*p, 2);
}

static void out_of_bounds(void)
{
	int *p = table;

	OPTIMIZER_HIDE_VAR(p);
	WRITE_ONCE(p[READ_ONCE(outside)], 1);
}

/* No deadlock, for nobody else is there */
static void inversion(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);
	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

static void sleeps(void)
{
	spin_lock(&spin);
	kfree(kmalloc(16, GFP_KERNEL));
	spin_unlock(&spin);
}

static void no_reader(void)
{
	WRITE_ONCE(one, !rcu_dereference(pointer));
}

static void shifts(void)
{
	WRITE_ONCE(one, 1 << (32 + READ_ONCE(one)));
}

static void warns(void)
{
	WARN_ON(READ_ONCE(one));
}

/* Two of one kind, in no order that anybody knows */
static void recursion(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(alike); i++)
		mutex_init(&alike[i]);
	mutex_lock(&alike[0]);
	mutex_lock(&alike[1]);
	mutex_unlock(&alike[1]);
	mutex_unlock(&alike[0]);
}

static void work_fn(struct work_struct *work)
{
}

static void freed_while_active(void)
{
	struct delayed_work *p = kmalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return;
	INIT_DELAYED_WORK(p, work_fn);
	schedule_delayed_work(p, HZ * 3600);
	kfree(p);
}

static void nothing(void)
{
}

static const struct {
	const char *name;
	void (*fn)(void);
} bugs[] = {
	{ "none", nothing },
	{ "use-after-free", use_after_free },
	{ "out-of-bounds", out_of_bounds },
	{ "inversion", inversion },
	{ "sleeps", sleeps },
	{ "no-reader", no_reader },
	{ "shifts", shifts },
	{ "warns", warns },
	{ "recursion", recursion },
	{ "freed-while-active", freed_while_active },
};

static int __init bad_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bugs); i++) {
		if (strcmp(bugs[i].name, bug))
			continue;
		bugs[i].fn();
		return 0;
	}
	return -EINVAL;
}

static void __exit bad_exit(void)
{
}

module_init(bad_init);
module_exit(bad_exit);

MODULE_DESCRIPTION("Bugs that a debug kernel must find");
MODULE_LICENSE("GPL");
