// SPDX-License-Identifier: GPL-2.0
/* A node's disk behind nbdkit, so that it can fill: disk-server.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "cluster.h"
#include "disk-server.h"

#define START_S 10

static bool has_begun(struct cluster *c, void *data)
{
	struct node *node = data;

	(void)c;
	return disk_server_ready(node->dir) || !disk_is_served(node);
}

/**
 * disk_serve() - have nbdkit serve the node's disk
 * @node: its folder stands, with a disk in it, which is only read
 *
 * Return: 0; -1 after cluster_fail().
 */
int disk_serve(struct node *node)
{
	char *dir = realpath(node->dir, NULL);
	pid_t pid = dir ? disk_server_start(dir, "file", NODE_DISK) : -errno;
	int ret;

	free(dir);
	if (pid < 0)
		return cluster_fail(node->cluster, "nbdkit could not be started: %s",
				    strerror(-pid));
	node->disk_pid = pid;
	ret = cluster_wait(node->cluster, START_S, has_begun, node);
	if (!ret && node->disk_pid)
		return 0;
	return cluster_fail(node->cluster,
			    "nbdkit does not serve the disk of %s (see %s/" DISK_STDERR "; DEPS=cluster make deps installs nbdkit)",
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
	int ret = disk_server_fill(node->dir, full);

	return ret ? cluster_fail(node->cluster, "the disk of %s: %s", node->name,
				  strerror(-ret)) : 0;
}

/**
 * disk_stop() - end nbdkit
 * @node: with a served disk, or without
 */
void disk_stop(struct node *node)
{
	child_end(&node->disk_pid);
}
