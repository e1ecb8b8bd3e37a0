/* SPDX-License-Identifier: GPL-2.0 */
/* Processes that matter to a watchdog, and the units they belong to. */
#ifndef PUG_CHECK_PROCS_H
#define PUG_CHECK_PROCS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PROCS_MAX	16

enum proc_role {
	PROC_OTHER,
	PROC_PATRONI,
	PROC_PRIMARY,	/* a process that only a PostgreSQL that is primary has */
	PROC_STANDBY,	/* one that only a standby has */
	PROC_DAEMON,	/* a watchdog daemon */
};

/**
 * struct proc - one process
 * @pid: its number
 * @uid: its owner
 * @role: what it is
 * @name: its name
 * @config: for Patroni: its configuration file, as its command line has it
 */
struct proc {
	pid_t pid;
	uid_t uid;
	enum proc_role role;
	char name[32];
	char config[160];
};

/**
 * struct procs - those that matter
 * @list: the first ones found
 * @n: how many are in @list
 * @readable: /proc could be read
 * @first: name of pid 1; "" if not known
 */
struct procs {
	struct proc list[PROCS_MAX];
	int n;
	bool readable;
	char first[32];
};

enum proc_role proc_role_of(const char *comm, const char *cmdline, size_t len,
			    char *config, size_t size);
bool proc_unit_of(const char *cgroup, size_t len, char *unit, size_t size);
void procs_read(const char *root, struct procs *procs);
const struct proc *procs_find(const struct procs *procs, enum proc_role role);
const struct proc *procs_by_pid(const struct procs *procs, pid_t pid);
void proc_unit(const char *root, pid_t pid, char *unit, size_t size);

#endif /* PUG_CHECK_PROCS_H */
