/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For modules that know several faults: which one, and on which CPUs. Included
 * behind fault.h.
 */
#ifndef PUG_CHOICE_H
#define PUG_CHOICE_H

#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "fault.h"

#define NAME_LEN	24
#define CPUS_LEN	64

/**
 * struct row - one way to hang a machine
 * @name: written to the file `fault'
 * @summary: what it does, a line for the file `faults'
 * @endless: it has no end; it is asked for with a length of 0, and nothing else
 * @irqs_off: interrupts are off on the CPUs that it holds
 * @lead: begins it on the first of those CPUs; NULL: as @enter
 * @enter: begins it on each of the others
 * @leave: ends it, in the way of @enter
 * @let_go: ends it on the first; NULL: as @leave
 * @play: does it, for faults that are not of CPUs
 */
struct row {
	const char *name;
	const char *summary;
	bool endless;
	bool irqs_off;
	void (*lead)(void);
	void (*enter)(void);
	void (*leave)(void);
	void (*let_go)(void);
	int (*play)(struct freeze *f);
};

static char fault_name[NAME_LEN];
module_param_string(fault, fault_name, sizeof(fault_name), 0444);
MODULE_PARM_DESC(fault, "Which fault; the file faults in debugfs lists them (default: none, refuse)");

static char cpus[CPUS_LEN] = "all";
module_param_string(cpus, cpus, sizeof(cpus), 0444);
MODULE_PARM_DESC(cpus, "On which CPUs, a list such as 0,2-3, or all (default all)");

static DEFINE_MUTEX(choice_lock);	/* the two above */

/* What the request that runs was made for */
static const struct row *chosen;
static struct cpumask where;

static const struct row *row_find(const char *name)
{
	const struct row *row;

	for (row = family.rows; row->name; row++)
		if (!strcmp(row->name, name))
			return row;
	return NULL;
}

static int cpus_parse(const char *text, struct cpumask *mask)
{
	if (!strcmp(text, "all")) {
		cpumask_copy(mask, cpu_online_mask);
		return 0;
	}
	if (cpulist_parse(text, mask) || cpumask_empty(mask))
		return -EINVAL;
	return cpumask_subset(mask, cpu_online_mask) ? 0 : -EINVAL;
}

/*
 * Take the choice for the request @f, and describe it. A fault without an end
 * is asked for as such: any length would be a promise that nobody keeps.
 */
static int choose(struct freeze *f)
{
	int ret = -EINVAL;

	mutex_lock(&choice_lock);
	chosen = row_find(fault_name);
	if (!chosen || chosen->endless != !f->asked_ms)
		goto out;
	ret = cpus_parse(cpus, &where);
	if (ret)
		goto out;
	f->cpus = cpumask_weight(&where);
	f->stops_clock = chosen->irqs_off && cpumask_equal(&where, cpu_online_mask);
	snprintf(f->label, sizeof(f->label), "fault=%s ", chosen->name);
	snprintf(f->detail, sizeof(f->detail), " on=%*pbl", cpumask_pr_args(&where));
out:
	mutex_unlock(&choice_lock);
	return ret;
}

static inline void show_choice(struct seq_file *m, const struct freeze *f)
{
	/* The label ends in a space, the detail begins with one */
	seq_printf(m, "%.*s\n%s\n", (int)strlen(f->label) - 1, f->label, f->detail + 1);
}

static int faults_show(struct seq_file *m, void *unused)
{
	const struct row *row;

	for (row = family.rows; row->name; row++)
		seq_printf(m, "%-16s%s%s\n", row->name, row->summary,
			   row->endless ? " (no end: start it with 0)" : "");
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(faults);

/* A setting that is a word: without the newline that echo(1) adds */
static ssize_t word_read(struct file *file, char __user *to, size_t len, loff_t *pos)
{
	const char *word = file_inode(file)->i_private;
	char text[CPUS_LEN + 1];
	int size;

	mutex_lock(&choice_lock);
	size = scnprintf(text, sizeof(text), "%s\n", word);
	mutex_unlock(&choice_lock);
	return simple_read_from_buffer(to, len, pos, text, size);
}

static int word_check(const char *word, const char *text)
{
	struct cpumask *mask;
	int ret;

	if (word == fault_name)
		return row_find(text) ? 0 : -EINVAL;
	mask = kmalloc(sizeof(*mask), GFP_KERNEL);
	if (!mask)
		return -ENOMEM;
	ret = cpus_parse(text, mask);
	kfree(mask);
	return ret;
}

static ssize_t word_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	char *word = file_inode(file)->i_private;
	char text[CPUS_LEN], *trimmed;
	size_t size = word == fault_name ? NAME_LEN : CPUS_LEN;
	int ret;

	if (!len || len >= size)
		return -EINVAL;
	if (copy_from_user(text, from, len))
		return -EFAULT;
	text[len] = '\0';
	trimmed = strim(text);
	ret = word_check(word, trimmed);
	if (ret)
		return ret;
	mutex_lock(&choice_lock);
	strscpy(word, trimmed, size);
	mutex_unlock(&choice_lock);
	return len;
}

static const struct file_operations word_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = word_read,
	.write = word_write,
	.llseek = no_llseek,
};

static inline void choice_files(struct dentry *parent)
{
	debugfs_create_file("fault", 0600, parent, fault_name, &word_fops);
	debugfs_create_file("cpus", 0600, parent, cpus, &word_fops);
	debugfs_create_file("faults", 0400, parent, NULL, &faults_fops);
}

#endif
