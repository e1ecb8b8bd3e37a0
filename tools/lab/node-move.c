// SPDX-License-Identifier: GPL-2.0
/*
 * A node's VM is moved to another QEMU on the same disk: live migration. QEMU copies its
 * memory while it runs, stops it, and is asked to wait there (pause-before-switchover), so
 * that it stands between the two for as long as is wanted.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cluster.h"
#include "util.h"

/* 256 MB and a device's worth: seconds on a quiet host */
#define MOVE_S 90
#define BYTES_PER_S (1LL << 30)

static bool is_greeted(struct cluster *c, void *data)
{
	const struct node *node = data;

	(void)c;
	return node->greeted;
}

static bool is_between(struct cluster *c, void *data)
{
	const struct node *node = data;

	return node->between || c->why[0];
}

static bool has_moved(struct cluster *c, void *data)
{
	const struct node *node = data;

	return (node->loaded && node->target->loaded) || c->why[0];
}

static int fail_at(struct node *node, const char *path)
{
	return cluster_fail(node->cluster, "%s: %s", path, strerror(errno));
}

/* nbdkit serves both: who has stopped writes no more */
static int share_disk(struct node *target, const struct node *node)
{
	char *path = path_join(target->dir, NODE_DISK_SOCKET);
	char *socket = xasprintf("../%s/" NODE_DISK_SOCKET, node->name);
	int ret = symlink(socket, path);

	if (ret)
		fail_at(target, path);
	free(socket);
	free(path);
	target->disk_pid = node->disk_pid;
	return ret;
}

/* In the node's folder, which is not that of its QEMU once it has been moved */
static char *path_at_home(const struct node *node, const char *name)
{
	return xasprintf("%s/../%s/%s", node->dir, node->name, name);
}

/* As Proxmox VE does: nobody is to stop a VM that is on its way */
static int lock_vm(struct node *node)
{
	char *path = path_at_home(node, NODE_LOCK);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	int ret = fd < 0 ? fail_at(node, path) : 0;

	if (fd >= 0)
		close(fd);
	free(path);
	return ret;
}

/* Whoever asks for the VM by its name asks the other QEMU from now on */
static int unlock_vm(struct node *node)
{
	char *lock = path_at_home(node, NODE_LOCK), *socket = path_at_home(node, NODE_API_SOCKET);
	int ret = unlink(lock) ? fail_at(node, lock) : 0;

	if (!ret && drill_asks_hypervisor(node->cluster->drill) &&
	    (unlink(socket) || symlink("../" NODE_TARGET "/" NODE_API_SOCKET, socket)))
		ret = fail_at(node, socket);
	free(lock);
	free(socket);
	return ret;
}

/* What it is told of the hypervisor it is told once more */
static int share_hypervisor(struct node *target, const struct node *node)
{
	static const char * const names[] = { NODE_FENCE, NODE_PUG };
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names) && !ret; i++) {
		char *path = path_join(target->dir, names[i]);
		char *from = xasprintf("../%s/%s", node->name, names[i]);

		if (symlink(from, path))
			ret = fail_at(target, path);
		free(from);
		free(path);
	}
	return ret;
}

static int start_target(struct node *node)
{
	struct node *target = xcalloc(1, sizeof(*target));

	node_init(target, node->cluster, node->index);
	node->target = target;
	target->dir = xasprintf("%s/../" NODE_TARGET, node->dir);
	target->evidence = xstrdup(node->evidence);
	if (node_link_warm(target) || share_disk(target, node) ||
	    share_hypervisor(target, node) || node_start(target, true))
		return -1;
	if (cluster_wait(node->cluster, QMP_S, is_greeted, target))
		return cluster_fail(node->cluster, "the QEMU that is to take %s did not start in time",
				    node->name);
	return node_greet(target, false) ||
	       node_qmp(target, "migrate-incoming", json_pack("{s:s}", "uri", "unix:" NODE_MOVING),
			QMP_S) ? -1 : 0;
}

/**
 * node_move_begin() - move a VM to another QEMU, and have it stand before it goes on there
 * @node: runs, its disk behind nbdkit
 *
 * Return: 0 once it stands; -1 after cluster_fail().
 */
int node_move_begin(struct node *node)
{
	node->between = false;
	if (lock_vm(node) || start_target(node) ||
	    node_qmp(node, "migrate-set-capabilities",
		     json_pack("{s:[{s:s s:b}]}", "capabilities",
			       "capability", "pause-before-switchover", "state", 1), QMP_S) ||
	    node_qmp(node, "migrate-set-capabilities", qmp_migration(false), QMP_S) ||
	    node_qmp(node, "migrate-set-parameters",
		     json_pack("{s:I}", "max-bandwidth", (json_int_t)BYTES_PER_S), QMP_S) ||
	    node_qmp(node, "migrate",
		     json_pack("{s:s}", "uri", "unix:../" NODE_TARGET "/" NODE_MOVING), QMP_S))
		return -1;
	if (cluster_wait(node->cluster, MOVE_S, is_between, node))
		return cluster_fail(node->cluster, "%s could not be moved within %d s", node->name,
				    MOVE_S);
	return node->cluster->why[0] ? -1 : 0;
}

/* A line that began there ends here; what could not be kept is told where it is asked for */
static void carry_on(struct lines *lines, const struct lines *from, struct cluster *c)
{
	if (from->log && ferror(from->log))
		cluster_fail(c, "the disk is full: evidence is lost");
	if (lines->len)
		return;
	lines->len = from->len;
	memcpy(lines->buf, from->buf, from->len);
}

static void serve_lines(struct lines *lines, struct node *node)
{
	lines->data = node;
	sd_event_source_set_userdata(lines->source, lines);
}

/* The node is what runs: the other QEMU, with the same ports of 127.0.0.1 */
static void take_over(struct node *node)
{
	struct node *target = node->target;
	unsigned int port = node->port, rest_port = node->rest_port;

	carry_on(&target->console, &node->console, node->cluster);
	carry_on(&target->agent, &node->agent, node->cluster);
	carry_on(&target->log, &node->log, node->cluster);
	node->target = NULL;
	node->disk_pid = 0;
	node_stop(node);
	*node = *target;
	free(target);
	node->port = port;
	node->rest_port = rest_port;
	node->qmp.data = node;
	sd_event_source_set_userdata(node->qmp.source, &node->qmp);
	serve_lines(&node->console, node);
	serve_lines(&node->agent, node);
	serve_lines(&node->log, node);
	sd_event_source_set_userdata(node->child, node);
}

/**
 * node_move_end() - let a VM go on where it was moved to
 * @node: after node_move_begin()
 *
 * What was connected to it through 127.0.0.1 is not any more; what it has to do with the
 * other nodes stays.
 *
 * Return: 0; -1 after cluster_fail().
 */
int node_move_end(struct node *node)
{
	struct cluster *c = node->cluster;

	node->loaded = false;
	node->target->loaded = false;
	if (node_qmp(node, "migrate-continue", json_pack("{s:s}", "state", "pre-switchover"),
		     QMP_S))
		return -1;
	if (cluster_wait(c, MOVE_S, has_moved, node))
		return cluster_fail(c, "%s did not arrive within %d s", node->name, MOVE_S);
	if (c->why[0])
		return -1;
	take_over(node);
	/* In the order of PVE/QemuMigrate.pm:phase3_cleanup (8): the lock goes last */
	return node_forward_again(node, 5432, node->port) ||
	       node_forward_again(node, 8008, node->rest_port) ||
	       node_qmp(node, "cont", NULL, QMP_S) || unlock_vm(node) ? -1 : 0;
}
