// SPDX-License-Identifier: GPL-2.0
/*
 * Does this machine serve a cluster?
 *
 * No SQL is spoken: this program is static. A server's working directory is its
 * data directory, and what it is stands in files there. What they do not tell
 * for certain is "not known", and that is treated as the worst.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cluster.h"
#include "compiler.h"
#include "io.h"
#include "num.h"
#include "sysfs.h"

/* What starts struct ControlFileData, from 8.0 (2004) to 18 at least. */
struct control {
	uint64_t system_identifier;
	uint32_t version;
	uint32_t catalog_version;
	uint32_t state;
};

/* enum DBState */
#define DB_IN_ARCHIVE_RECOVERY	5
#define DB_IN_PRODUCTION	6

/* PG_CONTROL_VERSION: 1201 is 10's, 1300 since 13, 1800 18's */
#define VERSION_MIN		900
#define VERSION_MAX		2600

/* What is there from a server's start as a standby to its promotion. */
static const char * const standby_files[] = {
	"cwd/standby.signal", "cwd/recovery.signal", "cwd/recovery.conf",
};

static bool has_standby_file(const char *dir)
{
	char path[SYSFS_PATH_MAX];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(standby_files); i++) {
		if (!sysfs_path(path, sizeof(path), "", dir, standby_files[i]) &&
		    !access(path, F_OK))
			return true;
	}
	return false;
}

static enum pg_role read_role(const char *dir)
{
	struct control control;
	char path[SYSFS_PATH_MAX];
	ssize_t len;
	int fd;

	if (sysfs_path(path, sizeof(path), "", dir, "cwd/global/pg_control"))
		return PG_NOT_KNOWN;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return PG_NOT_KNOWN;
	len = read(fd, &control, sizeof(control));
	close(fd);
	if (len != sizeof(control) || control.version < VERSION_MIN ||
	    control.version > VERSION_MAX)
		return PG_NOT_KNOWN;
	if (control.state == DB_IN_PRODUCTION)
		return PG_PRIMARY;
	/* at a promotion the file goes first, the state changes later */
	if (control.state == DB_IN_ARCHIVE_RECOVERY && has_standby_file(dir))
		return PG_STANDBY;
	return PG_NOT_KNOWN;
}

static void add_server(const char *dir, pid_t pid, struct cluster *cluster)
{
	struct pg_server server = { .pid = pid };
	char path[SYSFS_PATH_MAX];
	struct stat st;
	int i;

	if (!sysfs_path(path, sizeof(path), "", dir, "cwd/.") &&
	    !stat(path, &st)) {
		server.dev = st.st_dev;
		server.ino = st.st_ino;
	}
	/* its children work in the same directory */
	for (i = 0; i < cluster->n; i++) {
		if (cluster->servers[i].dev == server.dev &&
		    cluster->servers[i].ino == server.ino)
			return;
	}
	if (cluster->n == CLUSTER_MAX) {
		cluster->complete = false;
		return;
	}
	server.role = read_role(dir);
	cluster->servers[cluster->n++] = server;
}

static bool is_patroni_word(const char *word)
{
	const char *base = strrchr(word, '/');

	base = base ? base + 1 : word;
	return !strcmp(base, "patroni") || !strcmp(base, "patroni.py");
}

/* `python3 /usr/bin/patroni FILE' or `python3 -m patroni FILE' */
static bool is_patroni(const char *dir, const char *comm)
{
	char path[SYSFS_PATH_MAX];
	char line[512];
	const char *word;
	ssize_t len;
	int words = 0;

	if (!strcmp(comm, "patroni"))
		return true;
	if (strncmp(comm, "python", 6) ||
	    sysfs_path(path, sizeof(path), "", dir, "cmdline"))
		return false;
	len = io_read_file(path, line, sizeof(line));
	for (word = line; len > 0 && word < line + len && words < 6; words++) {
		if (is_patroni_word(word))
			return true;
		word += strlen(word) + 1;
	}
	return false;
}

static void look_at(const char *root, const char *name, struct cluster *cluster)
{
	char dir[SYSFS_PATH_MAX];
	char comm[32];
	uint64_t pid;

	if (num_u64(name, INT32_MAX, &pid) ||
	    sysfs_path(dir, sizeof(dir), root, "/proc", name))
		return;
	sysfs_text("", dir, "comm", comm, sizeof(comm));
	if (is_patroni(dir, comm))
		cluster->patroni = pid;
	if (!strcmp(comm, "postgres") || !strcmp(comm, "postmaster"))
		add_server(dir, pid, cluster);
}

/**
 * cluster_find() - what of a cluster runs on this machine
 * @root: "" on a real machine; tests give a directory with proc in it
 * @cluster: the result
 *
 * A container's processes are in the host's /proc, and are found from there.
 */
void cluster_find(const char *root, struct cluster *cluster)
{
	char path[SYSFS_PATH_MAX];
	struct dirent *entry;
	DIR *proc;

	memset(cluster, 0, sizeof(*cluster));
	if (sysfs_path(path, sizeof(path), root, "/proc", ""))
		return;
	proc = opendir(path);
	if (!proc)
		return;
	while ((entry = readdir(proc))) {
		/* mounted with hidepid=2 it lists our own only */
		if (!strcmp(entry->d_name, "1"))
			cluster->complete = true;
	}
	rewinddir(proc);
	while ((entry = readdir(proc)))
		look_at(root, entry->d_name, cluster);
	closedir(proc);
}
