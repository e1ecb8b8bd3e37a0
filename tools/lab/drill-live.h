/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_DRILL_LIVE_H
#define PUG_DRILL_LIVE_H

#include <stdio.h>
#include <sys/types.h>

#include "cluster.h"
#include "live.h"

#define DRILL_CLIENTS_MAX 4

/**
 * struct drill_live - a drill that somebody looks at
 * @dir: its folder
 * @drill: asked
 * @before: what came of those before it, words
 * @cluster: its VMs
 * @source: draws
 * @start_s: host time
 * @read: bytes of each client's ledger that were counted
 * @acks: acknowledged rows in them
 */
struct drill_live {
	const char *dir;
	const struct drill *drill;
	const char *before;
	const struct cluster *cluster;
	sd_event_source *source;
	double start_s;
	off_t read[DRILL_CLIENTS_MAX];
	size_t acks;
};

void drill_live_begin(struct drill_live *live, const struct cluster *c);
void drill_live_end(struct drill_live *live);
size_t drill_live_count(struct drill_live *live);
char *drill_live_node(const char *dir, const char *node, double *host_s);

#endif
