/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_DRILL_OUTSIDE_H
#define PUG_DRILL_OUTSIDE_H

#include "cluster.h"

/* Beside a node's other evidence: NODE.watch.jsonl */
#define OUTSIDE_LOG "watch"

int outside_start(struct cluster *c);
bool outside_runs(struct cluster *c);
void outside_stop(struct node *node);

#endif
