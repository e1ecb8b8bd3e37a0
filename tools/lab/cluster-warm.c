// SPDX-License-Identifier: GPL-2.0
/*
 * Warm clusters: booted once per configuration from empty disks, seen healthy,
 * all four stopped and saved. A drill maps their memory privately and puts an
 * overlay on their disks, so that it costs neither time nor room.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cluster.h"
#include "hash.h"
#include "util.h"
#include "warm.h"
#include "warm-keep.h"

/* Raised when what a warm cluster's folder holds changes its meaning */
#define FORMAT 2
/* Some 90 s on a quiet machine with two cores */
#define HEALTHY_S 900
#define SAVE_S 120
/* Of 1.4 GB each */
#define KEPT_MAX 6

static const char * const kept[] = { WARM_RAM, WARM_STATE, NODE_DISK };

static void hash_identity(uint64_t *hash, const char *path)
{
	struct stat st;
	char text[64];

	if (stat(path, &st))
		memset(&st, 0, sizeof(st));
	snprintf(text, sizeof(text), "%lld %lld.%09ld", (long long)st.st_size,
		 (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	*hash = hash_bytes(*hash, text, strlen(text));
}

/* The command line and plan of each node, and the files that they name */
static void make_key(struct cluster *c)
{
	uint64_t hash = hash_bytes(HASH_START + FORMAT, c->host->qemu_version,
				   strlen(c->host->qemu_version));
	unsigned int khz;
	char *path;

	/* Measured anew each time: the last digits are noise, on both sides of 2.5 GHz */
	c->tsc_khz = 0;
	khz = (host_tsc_khz() + 5000) / 10000;
	hash = hash_bytes(hash, &khz, sizeof(khz));
	for (int i = 0; i < c->n; i++) {
		char *args = node_args(&c->nodes[i], false), *plan = node_plan(&c->nodes[i]);

		hash = hash_bytes(hash, args, strlen(args));
		hash = hash_bytes(hash, plan, strlen(plan));
		free(args);
		free(plan);
	}
	path = path_join(c->host->topdir, "build/guest/kernels/debian-6.1/vmlinux");
	hash_identity(&hash, path);
	free(path);
	path = cluster_image(c);
	hash_identity(&hash, path);
	free(path);
	hash_identity(&hash, c->host->qemu);
	path = path_join(c->host->topdir, "build/cluster/initramfs.cpio");
	hash_file(&hash, path);
	free(path);
	snprintf(c->key, sizeof(c->key), "%016llx", (unsigned long long)hash);
	c->tsc_khz = host_tsc_khz();
}

/* alt01 leads, the others follow on its timeline, nobody lags */
static bool is_healthy(const char *text)
{
	json_t *cluster = json_loads(text, 0, NULL), *member;
	int leaders = 0, others = 0;
	size_t i;

	json_array_foreach(json_object_get(cluster, "members"), i, member) {
		const char *name = "", *role = "", *state = "";
		json_int_t timeline = 0, lag = -1;

		json_unpack(member, "{s:s s:s s:s s:I}", "name", &name, "role", &role,
			    "state", &state, "timeline", &timeline);
		json_unpack(member, "{s:I}", "lag", &lag);
		if (strcmp(state, "running") && strcmp(state, "streaming"))
			continue;
		if (!strcmp(role, "leader"))
			leaders += !strcmp(name, "alt01");
		else if (timeline == 1 && !lag)
			others++;
	}
	json_decref(cluster);
	return leaders == 1 && others == DATABASES - 1;
}

static bool all_ready(struct cluster *c, void *data)
{
	(void)data;
	for (int i = 0; i < c->n; i++)
		if (!c->nodes[i].ready)
			return false;
	return true;
}

#define ASK_CLUSTER "curl -s -m 5 http://127.0.0.1:8008/cluster"

/* Where Patroni names those that commits wait for, it must have done so */
static const char *question(const struct drill *drill)
{
	static const char * const questions[DRILL_SYNCS] = {
		[DRILL_ASYNC] = ASK_CLUSTER,
		[DRILL_SYNC] = ASK_CLUSTER " | grep sync_standby",
		[DRILL_STRICT] = ASK_CLUSTER " | grep sync_standby",
		[DRILL_TWO] = ASK_CLUSTER " | grep 'sync_standby.*sync_standby'",
		[DRILL_ANY] = ASK_CLUSTER,
		[DRILL_QUORUM] = ASK_CLUSTER " | grep quorum_standby",
	};

	if (drill->manager == DRILL_REPMGR)
		return "runuser -u postgres -- /usr/lib/pug/repmgr healthy";
	if (drill->alone)
		return "psql -U postgres -XAtc 'SELECT 1' postgres | grep 1";
	return questions[drill->sync];
}

static bool is_answer(const struct cluster *c, const char *text)
{
	return c->drill->alone || c->drill->manager == DRILL_REPMGR ?
		!strcmp(text, "1") : is_healthy(text);
}

static int see_healthy(struct cluster *c)
{
	struct node *first = &c->nodes[NODE_FIRST];
	double end = now_s() + HEALTHY_S;
	int ret;

	if (cluster_wait(c, HEALTHY_S, all_ready, NULL))
		return cluster_fail(c, "not all nodes booted within %d s", HEALTHY_S);
	while (now_s() < end) {
		ret = node_run(first, question(c->drill), 30);
		if (!ret && is_answer(c, first->words))
			return 0;
		if (c->interrupted || c->why[0])
			return -1;
		cluster_pass(c, 2);
	}
	return cluster_fail(c, "the cluster was not healthy within %d s; %s said last: %s",
			    HEALTHY_S, first->name, first->said);
}

static bool all_gone(struct cluster *c, void *data)
{
	(void)data;
	for (int i = 0; i < c->n; i++)
		if (c->nodes[i].pid)
			return false;
	return true;
}

static int save(struct cluster *c)
{
	if (cluster_all(c, "stop"))
		return -1;
	for (int i = 0; i < c->n; i++)
		if (node_save(&c->nodes[i], WARM_STATE))
			return -1;
	if (cluster_wait(c, SAVE_S, cluster_moved, NULL) || c->why[0])
		return cluster_fail(c, "the cluster could not be saved in time");
	c->ending = true;
	for (int i = 0; i < c->n; i++)
		qmp_send(&c->nodes[i].qmp, "quit", "quit", NULL);
	if (cluster_wait(c, SAVE_S, all_gone, NULL))
		return cluster_fail(c, "a QEMU did not quit in time");
	return 0;
}

static char *file_of(const struct cluster *c, const char *dir, int node, size_t file)
{
	return xasprintf("%s/%s/%s", dir, c->nodes[node].name, kept[file]);
}

static json_t *sums(const struct cluster *c, const char *dir)
{
	json_t *all = json_array();

	for (int i = 0; i < c->n; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(kept); k++) {
			char *path = file_of(c, dir, i, k);
			uint64_t hash = HASH_START;

			/* A sparse GB is not read for that; what is missing has a sum of its own */
			if (!strcmp(kept[k], NODE_DISK))
				hash_identity(&hash, path);
			else if (hash_file(&hash, path))
				hash = 0;
			json_array_append_new(all, json_integer((json_int_t)(hash >> 1)));
			free(path);
		}
	}
	return all;
}

static bool is_whole(const struct cluster *c)
{
	char *path = path_join(c->warm, WARM_META);
	json_t *meta = json_load_file(path, 0, NULL), *now = NULL;
	bool whole = false;

	free(path);
	if (meta) {
		now = sums(c, c->warm);
		whole = json_equal(meta, now);
	}
	json_decref(meta);
	json_decref(now);
	return whole;
}

static bool take(struct cluster *c)
{
	c->lock = warm_use(c->warm);
	if (c->lock >= 0 && is_whole(c))
		return true;
	if (c->lock >= 0)
		close(c->lock);
	c->lock = -1;
	return false;
}

static int write_sums(struct cluster *c, const char *temp)
{
	char *path = path_join(temp, WARM_META);
	json_t *meta = sums(c, temp);
	int ret = json_dump_file(meta, path, 0);

	json_decref(meta);
	free(path);
	return ret ? cluster_fail(c, "%s can't be written (is the disk full?)", temp) : 0;
}

static int keep(struct cluster *c, const char *temp)
{
	if (!rename(temp, c->warm))
		return 0;
	/* Damaged, or of another run that was quicker */
	warm_remove(c->warm);
	if (!rename(temp, c->warm))
		return 0;
	if (!take(c))
		return cluster_fail(c, "%s can't be kept: %s", c->warm, strerror(errno));
	/* Ours is one too many: it is held until the caller lets go, and pruned later */
	return 0;
}

static int build(struct cluster *c, const char *temp)
{
	int lock = warm_make(temp), ret;

	if (lock < 0)
		return cluster_fail(c, "%s can't be made: %s", temp, strerror(errno));
	ret = cluster_boot(c, temp) || see_healthy(c) || save(c);
	cluster_stop(c);
	if (!ret)
		ret = write_sums(c, temp) || keep(c, temp);
	if (ret) {
		close(lock);
		fprintf(stderr, "what its nodes said is in %s\n", temp);
		return -1;
	}
	if (c->lock < 0)
		c->lock = lock;
	else
		close(lock);
	return 0;
}

static int check_image(struct cluster *c)
{
	char *path = cluster_image(c);
	int ret = access(path, R_OK);

	free(path);
	if (!ret)
		return 0;
	return cluster_fail(c, "there is no image for a cluster's nodes: run 'make cluster RELEASE=%s'",
			    drill_releases[c->drill->release]);
}

/**
 * warm_cluster() - find a healthy cluster of such a configuration, or make it
 * @c: open, without VMs
 *
 * Return: 0, @c->warm holds it; -1, @c->why says why not.
 */
int warm_cluster(struct cluster *c)
{
	char *temp, *top = path_join(c->host->topdir, "build/warm-clusters");
	double start = now_s();
	int ret;

	make_key(c);
	c->warm = path_join(top, c->key);
	if (check_image(c) || take(c)) {
		free(top);
		return c->why[0] ? -1 : 0;
	}
	warm_prune(top, KEPT_MAX - 1);
	temp = xasprintf("%s.%d", c->warm, (int)getpid());
	fprintf(stderr, "making a warm cluster of this configuration (2 minutes, once)\n");
	ret = build(c, temp);
	if (!ret)
		fprintf(stderr, "warm cluster %s made in %.1f s\n", c->key, now_s() - start);
	free(temp);
	free(top);
	return ret;
}
