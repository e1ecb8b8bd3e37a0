// SPDX-License-Identifier: GPL-2.0
/* How a cluster comes to run: from empty disks, or from where it was saved. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cluster.h"
#include "util.h"
#include "warm.h"

#define FORK_S 60
#define TELL_S 40
/* Sparse: a fresh cluster fills 200 MB of it */
#define DISK_BYTES (1LL << 30)

static bool all_greeted(struct cluster *c, void *data)
{
	(void)data;
	for (int i = 0; i < c->n; i++)
		if (!c->nodes[i].greeted)
			return false;
	return true;
}

static int link_file(struct node *node, const char *target, const char *name)
{
	char *path = path_join(node->dir, name);
	int ret = symlink(target, path);

	if (ret)
		cluster_fail(node->cluster, "%s can't be made: %s", path, strerror(errno));
	free(path);
	return ret;
}

/**
 * cluster_image() - what the nodes' root file system is
 * @c: any
 *
 * Return: its path, to be freed.
 */
char *cluster_image(const struct cluster *c)
{
	static const char * const names[] = {
		[DRILL_BOOKWORM] = "build/cluster/rootfs.img",
		[DRILL_TRIXIE] = "build/cluster/trixie/rootfs.img",
	};

	return path_join(c->host->topdir, names[c->drill->release]);
}

static int link_image(struct node *node)
{
	char *image = cluster_image(node->cluster);
	int ret = link_file(node, image, "image");

	free(image);
	return ret;
}

static int make_disk(struct node *node)
{
	char *path = path_join(node->dir, NODE_DISK);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666), ret = 0;

	if (fd < 0 || ftruncate(fd, DISK_BYTES))
		ret = cluster_fail(node->cluster, "%s can't be made: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	free(path);
	return ret;
}

/**
 * node_greet() - open a QEMU's QMP, and say what its migrations are to do
 * @node: its QEMU has said hello
 * @ignore_shared: of memory that is a file
 *
 * Return: 0; -1 after cluster_fail().
 */
int node_greet(struct node *node, bool ignore_shared)
{
	return node_qmp(node, "qmp_capabilities", NULL, QMP_S) ||
	       node_qmp(node, "migrate-set-capabilities", qmp_migration(ignore_shared), QMP_S) ?
	       -1 : 0;
}

static int greet(struct cluster *c)
{
	if (cluster_wait(c, QMP_S, all_greeted, NULL))
		return cluster_fail(c, "a QEMU did not start in time");
	for (int i = 0; i < c->n; i++)
		if (node_greet(&c->nodes[i], true))
			return -1;
	return 0;
}

/**
 * node_save() - begin to write a VM's state
 * @node: stopped
 * @file: in its QEMU's folder
 *
 * Return: 0, and @node is loaded once that is done; -1 after cluster_fail().
 */
int node_save(struct node *node, const char *file)
{
	char *uri = xasprintf("file:%s", file);
	int ret;

	node->loaded = false;
	ret = node_qmp(node, "migrate", json_pack("{s:s}", "uri", uri), QMP_S);
	free(uri);
	return ret;
}

/**
 * cluster_moved() - have all nodes been saved, or loaded?
 * @c: the cluster
 * @data: unused
 *
 * Return: whether they have, or one has failed.
 */
bool cluster_moved(struct cluster *c, void *data)
{
	(void)data;
	for (int i = 0; i < c->n; i++)
		if (!c->nodes[i].loaded && !c->why[0])
			return false;
	return true;
}

static int load(struct cluster *c)
{
	for (int i = 0; i < c->n; i++) {
		struct node *node = &c->nodes[i];
		char *uri = xasprintf("file:%s/%s/" WARM_STATE, c->warm, node->name);
		int ret = node_qmp(node, "migrate-incoming", json_pack("{s:s}", "uri", uri), QMP_S);

		free(uri);
		if (ret)
			return -1;
	}
	if (cluster_wait(c, FORK_S, cluster_moved, NULL))
		return cluster_fail(c, "the saved cluster could not be loaded in time");
	return c->why[0] ? -1 : 0;
}

/**
 * node_link_warm() - make a QEMU's folder, and have in it what it is forked from
 * @node: its @dir is set
 *
 * Return: 0; -1 after cluster_fail().
 */
int node_link_warm(struct node *node)
{
	struct cluster *c = node->cluster;
	char *ram = xasprintf("%s/%s/" WARM_RAM, c->warm, node->name);
	char *disk = xasprintf("%s/%s/" NODE_DISK, c->warm, node->name);
	int ret;

	if (make_dirs(node->dir))
		ret = cluster_fail(c, "%s can't be made: %s", node->dir, strerror(errno));
	else
		ret = link_image(node) || link_file(node, ram, WARM_RAM) ||
		      link_file(node, disk, NODE_DISK);
	free(ram);
	free(disk);
	return ret ? -1 : 0;
}

static int prepare_fork(struct node *node, const char *out)
{
	struct cluster *c = node->cluster;
	char *vms = path_join(out, "vms");
	int ret;

	node->dir = path_join(vms, node->name);
	node->evidence = xstrdup(out);
	ret = node_link_warm(node);
	if (!ret && node->index == NODE_FIRST && drill_faults[c->drill->fault].own_disk)
		ret = disk_serve(node);
	if (!ret)
		ret = pills_fork(node, vms);
	free(vms);
	return ret ? -1 : 0;
}

static int forward_all(struct cluster *c)
{
	for (int i = 0; i < c->n; i++) {
		struct node *node = &c->nodes[i];
		bool dcs = i == NODE_DCS;

		if (node_forward(node, dcs ? 5555 : 5432, &node->port) ||
		    node_forward(node, dcs ? 2379 : 8008, &node->rest_port))
			return -1;
	}
	return 0;
}

/* What the nodes were saved with is of no drill */
static int tell_fence(struct cluster *c)
{
	for (int i = 0; i < DATABASES && drill_asks_hypervisor(c->drill); i++) {
		struct node *node = &c->nodes[i];

		if (node_run(node,
			     "/usr/lib/pug/fence && cd / && runuser -u postgres -- pug-fence note-role on_start replica alt-cluster",
			     TELL_S))
			return cluster_fail(c, "pug-fence could not be set up on %s: %s",
					    node->name, node->words);
	}
	return 0;
}

/**
 * cluster_fork() - a running cluster, as it was saved healthy
 * @c: open; what it needs is saved first where there is none yet
 * @out: folder for the evidence; QEMU's files are in vms/ below
 *
 * Return: 0; -1, @c->why says why not.
 */
int cluster_fork(struct cluster *c, const char *out)
{
	if (warm_cluster(c))
		return -1;
	for (int i = 0; i < c->n; i++)
		if (prepare_fork(&c->nodes[i], out))
			return -1;
	if (hypervisor_start(c, out))
		return -1;
	for (int i = 0; i < c->n; i++)
		if (node_start(&c->nodes[i], true))
			return -1;
	if (greet(c) || load(c) || forward_all(c) || cluster_all(c, "cont"))
		return -1;
	return tell_fence(c);
}

static int prepare_boot(struct node *node, const char *dir)
{
	node->dir = path_join(dir, node->name);
	node->evidence = xstrdup(dir);
	if (make_dirs(node->dir))
		return cluster_fail(node->cluster, "%s can't be made: %s", node->dir,
				    strerror(errno));
	return link_image(node) || make_disk(node) || hypervisor_prepare(node) ||
	       pills_make(node, dir) ? -1 : 0;
}

/**
 * cluster_boot() - four nodes from empty disks
 * @c: open
 * @dir: for QEMU's files and the nodes' words
 *
 * Return: 0 when all run; -1, @c->why says why not.
 */
int cluster_boot(struct cluster *c, const char *dir)
{
	for (int i = 0; i < c->n; i++)
		if (prepare_boot(&c->nodes[i], dir) || node_start(&c->nodes[i], false))
			return -1;
	return greet(c) ? -1 : cluster_all(c, "cont");
}
