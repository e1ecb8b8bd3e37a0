// SPDX-License-Identifier: GPL-2.0
/* sbd's disk: a small file that the QEMUs of the nodes with a database share. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cluster.h"
#include "util.h"

/* A header, and a slot of two sectors for each of 255 nodes: half of it */
#define PILLS_BYTES (1 << 20)

/**
 * node_has_pills() - does it have sbd's disk?
 * @node: any
 *
 * Return: whether.
 */
bool node_has_pills(const struct node *node)
{
	return node->cluster->drill->fence == DRILL_FENCE_SBD && node->index != NODE_DCS;
}

static int copy_bytes(int from, int to)
{
	char *bytes = xcalloc(1, PILLS_BYTES);
	ssize_t len = from < 0 ? PILLS_BYTES : pread(from, bytes, PILLS_BYTES, 0);
	int ret = len == PILLS_BYTES && write(to, bytes, PILLS_BYTES) == PILLS_BYTES ? 0 : -1;

	free(bytes);
	return ret;
}

/* The first node's turn is the disk's, too */
static int make(struct node *node, const char *dir, int from)
{
	char *path = path_join(dir, NODE_PILLS), *link = path_join(node->dir, NODE_PILLS);
	int ret = 0, to = -1;

	if (node->index == NODE_FIRST) {
		to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		ret = to < 0 || copy_bytes(from, to) ? -1 : 0;
	}
	if (!ret)
		ret = symlink("../" NODE_PILLS, link);
	if (ret)
		cluster_fail(node->cluster, "%s can't be made: %s", path, strerror(errno));
	if (to >= 0)
		close(to);
	free(path);
	free(link);
	return ret;
}

/**
 * pills_make() - an empty one, for a cluster that is booted
 * @node: its folder stands
 * @dir: where the nodes' folders are
 *
 * Return: 0, also where none is wanted; -1 after cluster_fail().
 */
int pills_make(struct node *node, const char *dir)
{
	return node_has_pills(node) ? make(node, dir, -1) : 0;
}

/**
 * pills_fork() - a copy of the warm cluster's: a fork's pills are its own
 * @node: its folder stands
 * @dir: where the nodes' folders are
 *
 * Return: 0, also where none is wanted; -1 after cluster_fail().
 */
int pills_fork(struct node *node, const char *dir)
{
	char *path;
	int ret, from;

	if (!node_has_pills(node))
		return 0;
	path = path_join(node->cluster->warm, NODE_PILLS);
	from = open(path, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		ret = cluster_fail(node->cluster, "%s can't be read: %s", path, strerror(errno));
	else
		ret = make(node, dir, from);
	if (from >= 0)
		close(from);
	free(path);
	return ret;
}
