/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_DRILL_SETTLE_H
#define PUG_DRILL_SETTLE_H

#include "cluster.h"
#include "settle-nodes.h"

char *drill_dsn(const struct cluster *c, int node, int connect_s);
char *drill_journal_path(const char *dir, const char *client);
int settle_to_file(const char * const *clients, const char *dir,
		   const struct settle_source *sources, size_t n,
		   const struct settle_options *options, const char *name);
int drill_settle(const struct cluster *c, const char *leader, const char *dir,
		 const char *name);

#endif
