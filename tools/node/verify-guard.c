// SPDX-License-Identifier: GPL-2.0
/*
 * What keeps pug-node verify from resetting a machine that is needed.
 *
 * All guards are asked, so that all reasons are told at once.
 */
#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cluster.h"
#include "compiler.h"
#include "freeze.h"
#include "holder.h"
#include "io.h"
#include "sysfs.h"
#include "verify.h"

#define FREEZE_DIR	"/sys/kernel/debug/stop-machine"
#define PARAM_DIR	"/sys/module/stop_machine/parameters"

/* Each returns 0, or 1 after it has told what is in the way. */
struct guard {
	const char *root;
	const struct verify_options *opts;
	const struct watchdog *facts;
	struct emitter *em;
};

static int guard_hostname(const struct guard *guard)
{
	char hostname[HOST_NAME_MAX + 1] = "";

	/* a dry run resets nothing */
	if (guard->opts->dry_run)
		return 0;
	gethostname(hostname, sizeof(hostname) - 1);
	if (guard->opts->hostname && *hostname &&
	    !strcmp(guard->opts->hostname, hostname))
		return 0;
	if (guard->opts->hostname)
		emit_err(guard->em, "this machine is called '%s', not '%s'",
			 hostname, guard->opts->hostname);
	else
		emit_err(guard->em, "--yes-reset is missing: type this machine's hostname");
	return 1;
}

static int guard_root(const struct guard *guard)
{
	if (!geteuid())
		return 0;
	emit_err(guard->em, "only root may do this");
	return 1;
}

static int guard_device(const struct guard *guard)
{
	struct holders holders;
	struct stat st;
	char text[512];

	if (stat(guard->opts->device, &st) || !S_ISCHR(st.st_mode)) {
		emit_err(guard->em, "%s: no such device; `pug-node list' shows those there are",
			 guard->opts->device);
		return 1;
	}
	if (!guard->facts) {
		emit_err(guard->em, "%s is no watchdog that sysfs knows of",
			 guard->opts->device);
		return 1;
	}
	holders_find(guard->root, guard->facts->devs, guard->facts->n_devs,
		     &holders);
	if (!holders.n && strcmp(guard->facts->state, "active"))
		return 0;
	holders_describe(&holders, text, sizeof(text));
	io_clean_text(text);
	emit_err(guard->em, "%s is %s, by %s: end that in good order first",
		 guard->opts->device, holders.n ? "held" : "armed", text);
	return 1;
}

/* A watchdog may take two timeouts to fire. */
static int guard_length(const struct guard *guard)
{
	uint64_t least = guard->opts->timeout * 2000ULL + 1000;

	if (guard->opts->msecs >= least)
		return 0;
	emit_err(guard->em, "--msecs %llu is too short to prove anything: some watchdogs need twice their timeout, so %llu at least",
		 (unsigned long long)guard->opts->msecs,
		 (unsigned long long)least);
	return 1;
}

static int guard_clock(const struct guard *guard)
{
	int64_t limit, max;

	if (guard->opts->fault != FAULT_STOP_MACHINE)
		return 0;
	limit = sysfs_number(guard->root, FREEZE_DIR, "limit_ms");
	max = sysfs_number(guard->root, PARAM_DIR, "max_ms");
	if (limit < 0) {
		emit_err(guard->em, "stop-machine.ko is not loaded, or debugfs not mounted; nothing is loaded by itself. --fault no-keepalive needs no module");
		return 1;
	}
	if (max >= 0 && guard->opts->msecs > (uint64_t)max) {
		emit_err(guard->em, "--msecs %llu is more than the module's parameter max_ms=%lld allows",
			 (unsigned long long)guard->opts->msecs,
			 (long long)max);
		return 1;
	}
	if (guard->opts->msecs <= (uint64_t)limit)
		return 0;
	emit_err(guard->em, "--msecs %llu is more than this machine's clock can account for (%lld ms): it might never thaw",
		 (unsigned long long)guard->opts->msecs, (long long)limit);
	return 1;
}

static int guard_patroni(const struct guard *guard)
{
	struct cluster cluster;

	cluster_find(guard->root, &cluster);
	if (!cluster.complete) {
		emit_err(guard->em, "not every process of this machine can be seen: whether a database runs here is not known");
		return 1;
	}
	if (!cluster.patroni)
		return 0;
	emit_err(guard->em, "Patroni runs here (pid %d): its cluster may fail over. Take this node out: switch over if it leads, then stop Patroni",
		 (int)cluster.patroni);
	return 1;
}

static int refuse_server(const struct guard *guard,
			 const struct pg_server *server)
{
	int pid = server->pid;

	switch (server->role) {
	case PG_PRIMARY:
		emit_err(guard->em, "PostgreSQL is primary here (pid %d): switch over or stop it first",
			 pid);
		return 1;
	case PG_STANDBY:
		if (guard->opts->standby_may_go)
			return 0;
		emit_err(guard->em, "PostgreSQL is a standby here (pid %d). If it is the only synchronous one, nothing is committed while it is away (pg_stat_replication.sync_state on the primary tells). If it is not: --standby-may-go",
			 pid);
		return 1;
	default:
		emit_err(guard->em, "PostgreSQL runs here (pid %d), and whether it is primary cannot be told from its files: stop it first",
			 pid);
		return 1;
	}
}

static int guard_postgres(const struct guard *guard)
{
	struct cluster cluster;
	int i, refused = 0;

	cluster_find(guard->root, &cluster);
	for (i = 0; i < cluster.n; i++)
		refused |= refuse_server(guard, &cluster.servers[i]);
	return refused;
}

/* The nearest folder that is there: /var/lib/pug itself may have to be made. */
static bool find_there(const char *dir, char *path, size_t size,
		       struct stat *st)
{
	char *slash;
	int n = snprintf(path, size, "%s", dir);

	if (n < 0 || (size_t)n >= size)
		return false;
	while (stat(path, st)) {
		slash = strrchr(path, '/');
		if (!slash)
			return false;
		slash[slash == path] = '\0';
		if (slash == path && stat(path, st))
			return false;
	}
	return S_ISDIR(st->st_mode);
}

static int guard_journal(const struct guard *guard)
{
	char path[PATH_MAX];
	struct statfs fs;
	struct stat st;

	if (!find_there(guard->opts->dir, path, sizeof(path), &st) ||
	    statfs(path, &fs)) {
		emit_err(guard->em, "no folder for the journal: %s",
			 guard->opts->dir);
		return 1;
	}
	if (fs.f_type != TMPFS_MAGIC && fs.f_type != RAMFS_MAGIC)
		return 0;
	emit_err(guard->em, "%s is in memory: no journal there outlives a reset (--dir)",
		 guard->opts->dir);
	return 1;
}

static int guard_mounts(const struct guard *guard)
{
	const struct verify_options *opts = guard->opts;
	char path[PATH_MAX];
	struct stat dir, st;
	int i, refused = 0;

	if (!find_there(opts->dir, path, sizeof(path), &dir))
		return 0;
	for (i = 0; i < opts->n_mounts; i++) {
		if (stat(opts->mounts[i], &st) || !S_ISDIR(st.st_mode)) {
			emit_err(guard->em, "--fsfreeze %s: no such folder",
				 opts->mounts[i]);
			refused = 1;
		} else if (st.st_dev == dir.st_dev) {
			emit_err(guard->em, "--fsfreeze %s: the journal is written there (--dir)",
				 opts->mounts[i]);
			refused = 1;
		}
	}
	return refused;
}

static int (*const guards[])(const struct guard *guard) = {
	guard_hostname, guard_root, guard_device, guard_length, guard_clock,
	guard_patroni, guard_postgres, guard_journal, guard_mounts,
};

/**
 * verify_guard() - may this machine be reset?
 * @root: "" on a real machine
 * @opts: what was asked for
 * @facts: the watchdog; NULL: not known
 * @em: where the reasons go
 *
 * Return: how many guards are in the way.
 */
int verify_guard(const char *root, const struct verify_options *opts,
		 const struct watchdog *facts, struct emitter *em)
{
	const struct guard guard = { root, opts, facts, em };
	int refused = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(guards); i++)
		refused += guards[i](&guard);
	return refused;
}
