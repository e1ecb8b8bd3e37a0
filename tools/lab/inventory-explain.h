/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_INVENTORY_EXPLAIN_H
#define PUG_INVENTORY_EXPLAIN_H

#include "inventory-play.h"

/* Beside INVENTORY_KEPT, at the end of a drill */
#define INVENTORY_SEEN "seen.json"

/**
 * struct kept_drill - a drill on somebody's cluster, from its folder
 * @inv: of the cluster no more than names
 * @wish: what was done
 * @facts: of what was known before, what the verdict wants
 * @drill: what was seen; points to the others
 */
struct kept_drill {
	struct inventory inv;
	struct inventory_wish wish;
	struct inventory_facts facts;
	struct inventory_drill drill;
};

bool inventory_is_folder(const char *dir);
json_t *inventory_seen(const struct inventory_drill *drill);
int inventory_from_kept(struct kept_drill *k, json_t *inventory, json_t *seen);
int inventory_explain(const char *dir, bool json, bool all);

#endif
