// SPDX-License-Identifier: GPL-2.0
/*
 * Which processes hold a device open.
 *
 * By stat(2) through /proc/PID/fd, which opens nothing. The kernel lets only
 * root look into other users' processes.
 */
#define _GNU_SOURCE 1
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "holder.h"
#include "io.h"
#include "num.h"
#include "recorded.h"
#include "sysfs.h"

static bool is_one_of(const struct stat *st, const dev_t *devs, int n_devs)
{
	int i;

	if (!S_ISCHR(st->st_mode))
		return false;
	for (i = 0; i < n_devs; i++) {
		if (st->st_rdev == devs[i])
			return true;
	}
	return false;
}

/*
 * What a descriptor leads to. In a recorded tree it is a link to a node that the
 * tree's list has, and must not be followed: it would lead to this machine's.
 */
static bool fd_stat(const char *root, DIR *fds, const char *name,
		    struct stat *st)
{
	char target[64];
	ssize_t len;

	if (!*root || !node_list_exists(root))
		return !fstatat(dirfd(fds), name, st, 0);
	len = readlinkat(dirfd(fds), name, target, sizeof(target) - 1);
	if (len < 0)
		return false;
	target[len] = '\0';
	return !node_stat(root, target, st);
}

/* Return: 1 if the process holds it, 0 if not, -EACCES if that is hidden. */
static int process_holds(const char *root, const char *dir, const dev_t *devs,
			 int n_devs)
{
	char path[SYSFS_PATH_MAX];
	struct dirent *entry;
	struct stat st;
	int found = 0;
	DIR *fds;

	if (sysfs_path(path, sizeof(path), "", dir, "fd"))
		return 0;
	fds = opendir(path);
	if (!fds)
		return errno == EACCES || errno == EPERM ? -EACCES : 0;
	while (!found && (entry = readdir(fds))) {
		if (fd_stat(root, fds, entry->d_name, &st))
			found = is_one_of(&st, devs, n_devs);
	}
	closedir(fds);
	return found;
}

static bool read_command_line(const char *dir, char *command, size_t size)
{
	char path[SYSFS_PATH_MAX];
	ssize_t len, i;

	if (sysfs_path(path, sizeof(path), "", dir, "cmdline"))
		return false;
	len = io_read_file(path, command, size);
	while (len > 0 && !command[len - 1])
		len--;
	for (i = 0; i < len; i++) {
		if (!command[i])
			command[i] = ' ';
	}
	return len > 0;
}

static void read_command(const char *dir, char *command, size_t size)
{
	char name[32];

	if (read_command_line(dir, command, size))
		return;
	/* a kernel thread, or it is gone by now */
	sysfs_text("", dir, "comm", name, sizeof(name));
	snprintf(command, size, "[%s]", *name ? name : "?");
}

static void look_into(const char *root, const char *name, const dev_t *devs,
		      int n_devs, struct holders *holders)
{
	char dir[SYSFS_PATH_MAX];
	struct holder *holder;
	uint64_t pid;
	int rc;

	if (num_u64(name, INT32_MAX, &pid) ||
	    sysfs_path(dir, sizeof(dir), root, "/proc", name))
		return;
	rc = process_holds(root, dir, devs, n_devs);
	if (rc < 0)
		holders->complete = false;
	if (rc <= 0)
		return;
	if (holders->n == HOLDERS_MAX) {
		holders->complete = false;
		return;
	}
	holder = &holders->list[holders->n++];
	holder->pid = pid;
	read_command(dir, holder->command, sizeof(holder->command));
}

/**
 * holders_find() - find the processes that hold a device open
 * @root: "" on a real machine; tests give a directory with proc in it
 * @devs: the device numbers that lead to it
 * @n_devs: how many
 * @holders: the result
 */
void holders_find(const char *root, const dev_t *devs, int n_devs,
		  struct holders *holders)
{
	char path[SYSFS_PATH_MAX];
	struct dirent *entry;
	bool init_seen = false;
	DIR *proc;

	memset(holders, 0, sizeof(*holders));
	if (!n_devs || sysfs_path(path, sizeof(path), root, "/proc", ""))
		return;
	proc = opendir(path);
	if (!proc)
		return;
	holders->complete = true;
	while ((entry = readdir(proc))) {
		if (!strcmp(entry->d_name, "1"))
			init_seen = true;
		look_into(root, entry->d_name, devs, n_devs, holders);
	}
	/* mounted with hidepid=2, /proc does not even list the others */
	if (!init_seen)
		holders->complete = false;
	closedir(proc);
}

/**
 * holders_describe() - the holders in words
 * @holders: what holders_find() found
 * @text: such as "pid 1 (/sbin/init)", "none" or "cannot tell (not root)"
 * @size: size of @text
 *
 * What stands in the command line is left as it is: clean it before printing.
 */
void holders_describe(const struct holders *holders, char *text, size_t size)
{
	size_t len = 0;
	int i;

	if (!holders->n) {
		snprintf(text, size, "%s", holders->complete ? "none" :
			 geteuid() ? "cannot tell (not root)" : "cannot tell");
		return;
	}
	text[0] = '\0';
	for (i = 0; i < holders->n && len < size; i++)
		len += snprintf(text + len, size - len, "%spid %d (%s)",
				i ? ", " : "", (int)holders->list[i].pid,
				holders->list[i].command);
}
