/* SPDX-License-Identifier: GPL-2.0 */
/* Does this machine serve a cluster? Then it is not to be reset for a test. */
#ifndef PUG_CLUSTER_H
#define PUG_CLUSTER_H

#include <stdbool.h>
#include <sys/types.h>

/* What a PostgreSQL server is, as far as its files tell. */
enum pg_role {
	PG_NOT_KNOWN,
	PG_PRIMARY,
	PG_STANDBY,
};

#define CLUSTER_MAX	8

/**
 * struct cluster - what of a cluster runs on this machine
 * @patroni: a Patroni's pid, 0: none was seen
 * @servers: one entry a data directory, the first ones
 * @n: how many are in @servers
 * @complete: every process could be seen; if not, there may be more
 */
struct cluster {
	pid_t patroni;
	struct pg_server {
		pid_t pid;
		enum pg_role role;
		dev_t dev;
		ino_t ino;
	} servers[CLUSTER_MAX];
	int n;
	bool complete;
};

void cluster_find(const char *root, struct cluster *cluster);

#endif /* PUG_CLUSTER_H */
