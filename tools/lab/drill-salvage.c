// SPDX-License-Identifier: GPL-2.0
/*
 * Rows that a failover has lost are still in the WAL of the timeline that was left. Where
 * that was kept they are played back beside the cluster, by the commands that
 * Documentation/salvage.rst has for real ones: /usr/lib/pug/salvage on the nodes.
 */
#include <stdlib.h>

#include "drill-salvage.h"
#include "util.h"

#define COMMAND "/usr/lib/pug/salvage "
/* Seen: 20 s, and 60 s for each timeline. Limits, not lengths */
#define KEEP_S 300
#define ROWS_S 600

/* The two that may lead keep WAL of their own: each has what it wrote itself */
static int on_both(struct cluster *c, const char *what, const char *leader, double limit)
{
	char *line = xasprintf(COMMAND "%s %s %s", what, drill_salvages[c->drill->salvage], leader);
	int ret = 0;

	for (int i = NODE_FIRST; i <= NODE_SECOND && !ret; i++) {
		struct node *node = &c->nodes[i];

		if (node->fenced && !node->pid)
			continue;
		if (node_run(node, line, limit))
			ret = cluster_fail(c, "salvage %s on %s: %s", what, node->name,
					   node->words);
	}
	free(line);
	return ret;
}

/**
 * salvage_begin() - what must be kept before anything happens
 * @c: healthy; nothing is done where nothing shall be salvaged
 *
 * Return: 0; -1 after cluster_fail().
 */
int salvage_begin(struct cluster *c)
{
	return c->drill->salvage == SALVAGE_NONE ? 0 :
	       on_both(c, "keep", c->nodes[NODE_FIRST].name, KEEP_S);
}

/**
 * salvage_end() - give the leader the rows that it lacks
 * @c: well again, and nobody writes
 * @leader: by name
 *
 * Return: 0; -1 after cluster_fail().
 */
int salvage_end(struct cluster *c, const char *leader)
{
	return on_both(c, "serve", leader, KEEP_S) || on_both(c, "rows", leader, ROWS_S);
}
