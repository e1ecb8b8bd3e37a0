/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_SETTLE_NODES_H
#define PUG_SETTLE_NODES_H

#include "settle.h"

/**
 * struct settle_source - a node to be asked
 * @name: for people
 * @dsn: of this very node, not of something that passes connections on
 */
struct settle_source {
	const char *name;
	const char *dsn;
};

/**
 * struct settle_options - how nodes are asked
 * @table: the ledger's
 * @leader: name of the node whose rows count; NULL for the one that takes writes
 * @wait_ns: how long standbys may take to replay what the leader has
 * @query_ns: time limit of a statement, and of reading all rows
 */
struct settle_options {
	const char *table;
	const char *leader;
	int64_t wait_ns;
	int64_t query_ns;
};

#define SETTLE_WAIT_NS 30000000000LL
#define SETTLE_QUERY_NS 60000000000LL

void settle_read_nodes(struct settle *s, const struct settle_source *sources, size_t n,
		       const struct settle_options *o);

#endif
