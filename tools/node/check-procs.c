// SPDX-License-Identifier: GPL-2.0
/*
 * Processes that matter to a watchdog.
 *
 * A process is what it says it is: its name and its command line can be
 * anything. Good enough to explain a set-up, and no more is done with it.
 */
#define _GNU_SOURCE 1
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "check-conf.h"
#include "check-procs.h"
#include "compiler.h"
#include "io.h"
#include "num.h"
#include "sysfs.h"

/* Programs that open a watchdog by themselves. */
static const char * const daemons[] = {
	"watchdog", "wd_keepalive", "watchdogd", "sbd", "watchdog-mux",
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_patroni(const char *word)
{
	const char *name = base_name(word);

	return !strcmp(name, "patroni") || !strcmp(name, "patroni.py");
}

static bool is_yaml(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot && (!strcmp(dot, ".yml") || !strcmp(dot, ".yaml"));
}

static void find_config(const char *arg, const char *end, char *config,
			size_t size)
{
	for (; arg < end; arg += strlen(arg) + 1) {
		if (is_yaml(arg)) {
			snprintf(config, size, "%s", arg);
			return;
		}
	}
}

static bool patroni_in(const char *cmdline, size_t len, char *config,
		       size_t size)
{
	const char *end = cmdline + len;
	const char *arg = cmdline;
	int i;

	/* "patroni", "python3 patroni", "python3 -m patroni" */
	for (i = 0; i < 3 && arg < end; i++, arg += strlen(arg) + 1) {
		if (!is_patroni(arg))
			continue;
		find_config(arg + strlen(arg) + 1, end, config, size);
		return true;
	}
	return false;
}

/* PostgreSQL writes what a process does into its command line. */
static enum proc_role postgres_role(const char *title)
{
	if (strstr(title, "startup recovering") || strstr(title, "walreceiver"))
		return PROC_STANDBY;
	/* started in PM_RUN only: not while a standby recovers */
	if (strstr(title, "walwriter") || strstr(title, "wal writer"))
		return PROC_PRIMARY;
	return PROC_OTHER;
}

/**
 * proc_role_of() - what is this process?
 * @comm: its name
 * @cmdline: its arguments, each with its zero; a zero follows the last byte
 * @len: length of @cmdline; 0 for a kernel thread
 * @config: for Patroni: its configuration file, else ""
 * @size: size of @config
 *
 * Return: its role.
 */
enum proc_role proc_role_of(const char *comm, const char *cmdline, size_t len,
			    char *config, size_t size)
{
	size_t i;

	config[0] = '\0';
	/* the kernel's own watchdogd has no command line */
	if (!len)
		return PROC_OTHER;
	if (!strncmp(cmdline, "postgres: ", 10))
		return postgres_role(cmdline);
	for (i = 0; i < ARRAY_SIZE(daemons); i++) {
		if (!strcmp(comm, daemons[i]))
			return PROC_DAEMON;
	}
	return patroni_in(cmdline, len, config, size) ? PROC_PATRONI : PROC_OTHER;
}

/**
 * proc_unit_of() - the systemd unit of a control group
 * @cgroup: contents of /proc/PID/cgroup; no terminating zero is needed
 * @len: its length
 * @unit: such as "patroni.service"; "" if it is none
 * @size: size of @unit
 *
 * Return: true if there is a unit.
 */
bool proc_unit_of(const char *cgroup, size_t len, char *unit, size_t size)
{
	const char *cursor = cgroup;
	struct line line;

	unit[0] = '\0';
	while (line_next(&cursor, cgroup + len, &line)) {
		const char *slash = memrchr(line.text, '/', line.len);

		if (!slash)
			continue;
		line.len -= slash + 1 - line.text;
		line.text = slash + 1;
		if (line.len > 8 &&
		    !memcmp(line.text + line.len - 8, ".service", 8)) {
			line_copy(&line, unit, size);
			return true;
		}
	}
	return false;
}

/**
 * proc_unit() - the systemd unit of a process
 * @root: "" on a real machine
 * @pid: the process
 * @unit: such as "patroni.service"; "" if there is none or it cannot be read
 * @size: size of @unit
 */
void proc_unit(const char *root, pid_t pid, char *unit, size_t size)
{
	char dir[32];
	char text[4096];
	ssize_t len;

	unit[0] = '\0';
	snprintf(dir, sizeof(dir), "/proc/%d", (int)pid);
	len = sysfs_text(root, dir, "cgroup", text, sizeof(text));
	if (len > 0)
		proc_unit_of(text, len, unit, size);
}

static void look_at(const char *root, const char *pid, struct procs *procs)
{
	struct proc *proc = &procs->list[procs->n];
	char path[SYSFS_PATH_MAX];
	char dir[64];
	char cmdline[1024];
	struct stat st;
	uint64_t number;
	ssize_t len;

	if (num_u64(pid, INT32_MAX, &number) ||
	    snprintf(dir, sizeof(dir), "/proc/%s", pid) >= (int)sizeof(dir) ||
	    sysfs_path(path, sizeof(path), root, dir, "cmdline"))
		return;
	len = io_read_file(path, cmdline, sizeof(cmdline));
	sysfs_text(root, dir, "comm", proc->name, sizeof(proc->name));
	if (number == 1)
		strcpy(procs->first, proc->name);
	if (len <= 0)
		return;
	proc->role = proc_role_of(proc->name, cmdline, len, proc->config,
				  sizeof(proc->config));
	if (proc->role == PROC_OTHER || stat(path, &st))
		return;
	proc->pid = number;
	proc->uid = st.st_uid;
	if (procs->n < PROCS_MAX - 1)
		procs->n++;
}

/**
 * procs_read() - find the processes that matter
 * @root: "" on a real machine
 * @procs: what was found
 */
void procs_read(const char *root, struct procs *procs)
{
	char path[SYSFS_PATH_MAX];
	struct dirent *entry;
	DIR *proc;

	memset(procs, 0, sizeof(*procs));
	if (sysfs_path(path, sizeof(path), root, "/proc", ""))
		return;
	proc = opendir(path);
	if (!proc)
		return;
	procs->readable = true;
	while ((entry = readdir(proc)))
		look_at(root, entry->d_name, procs);
	closedir(proc);
}

/**
 * procs_find() - the first process with a role
 * @procs: what procs_read() found
 * @role: the role
 *
 * Return: the process, or NULL.
 */
const struct proc *procs_find(const struct procs *procs, enum proc_role role)
{
	int i;

	for (i = 0; i < procs->n; i++) {
		if (procs->list[i].role == role)
			return &procs->list[i];
	}
	return NULL;
}

/**
 * procs_by_pid() - a process by its number
 * @procs: what procs_read() found
 * @pid: its number
 *
 * Return: the process, or NULL if it is none of those that matter.
 */
const struct proc *procs_by_pid(const struct procs *procs, pid_t pid)
{
	int i;

	for (i = 0; i < procs->n; i++) {
		if (procs->list[i].pid == pid)
			return &procs->list[i];
	}
	return NULL;
}
