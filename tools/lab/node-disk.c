// SPDX-License-Identifier: GPL-2.0
/*
 * A node's disk behind nbdkit, so that it can fill: what QEMU gets then is what it
 * gets of a thin pool without room, ENOSPC for a write, and nothing of the guest's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "cluster.h"
#include "util.h"

/* In the node's folder, where QEMU and nbdkit run: a socket's path is short */
#define FULL "disk.full"
#define PIDFILE "disk.pid"
#define STDERR "nbdkit.stderr"
#define START_S 10

static void __noreturn
run_nbdkit(const char *dir, pid_t parent)
{
	/* The file's presence decides; what is written goes to a file without a name */
	char * const argv[] = {
		(char *)"nbdkit", (char *)"--foreground", (char *)"--exit-with-parent",
		(char *)"--unix", (char *)NODE_DISK_SOCKET, (char *)"--pidfile", (char *)PIDFILE,
		(char *)"--filter=error", (char *)"--filter=cow", (char *)"file",
		(char *)NODE_DISK, (char *)"error-pwrite=ENOSPC", (char *)"error-pwrite-rate=1",
		(char *)"error-pwrite-file=" FULL, (char *)"error-zero=ENOSPC",
		(char *)"error-zero-rate=1", (char *)"error-zero-file=" FULL, NULL,
	};

	child_begin(parent);
	child_settle_in(dir, STDERR);
	setenv("TMPDIR", dir, 1);
	child_exec(argv);
}

static bool has_begun(struct cluster *c, void *data)
{
	struct node *node = data;
	char *path = path_join(node->dir, PIDFILE);
	bool begun = !access(path, F_OK);

	(void)c;
	free(path);
	return begun || !disk_is_served(node);
}

/**
 * disk_serve() - have nbdkit serve the node's disk
 * @node: its folder stands, with a disk in it, which is only read
 *
 * Return: 0; -1 after cluster_fail().
 */
int disk_serve(struct node *node)
{
	pid_t parent = getpid();
	char *dir = realpath(node->dir, NULL);
	int ret;

	fflush(NULL);
	node->disk_pid = dir ? fork() : -1;
	if (!node->disk_pid)
		run_nbdkit(dir, parent);
	free(dir);
	if (node->disk_pid < 0) {
		node->disk_pid = 0;
		return cluster_fail(node->cluster, "nbdkit could not be started: %s",
				    strerror(errno));
	}
	ret = cluster_wait(node->cluster, START_S, has_begun, node);
	if (!ret && node->disk_pid)
		return 0;
	return cluster_fail(node->cluster,
			    "nbdkit does not serve the disk of %s (see %s/" STDERR "; DEPS=cluster make deps installs nbdkit)",
			    node->name, node->dir);
}

/**
 * disk_is_served() - is nbdkit there still?
 * @node: after disk_serve()
 *
 * Return: whether; it is reaped where not.
 */
bool disk_is_served(struct node *node)
{
	return child_runs(&node->disk_pid);
}

/**
 * disk_fill() - from now on there is no room on it, or there is again
 * @node: with a served disk
 * @full: which
 *
 * Return: 0; -1 after cluster_fail().
 */
int disk_fill(struct node *node, bool full)
{
	char *path = path_join(node->dir, FULL);
	int fd = full ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666) : -1;
	int ret = full ? fd : unlink(path);

	if (fd >= 0)
		close(fd);
	if (ret < 0)
		cluster_fail(node->cluster, "%s: %s", path, strerror(errno));
	free(path);
	return ret < 0 ? -1 : 0;
}

/**
 * disk_stop() - end nbdkit
 * @node: with a served disk, or without
 */
void disk_stop(struct node *node)
{
	child_end(&node->disk_pid);
}
