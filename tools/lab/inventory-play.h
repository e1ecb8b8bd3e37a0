/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_INVENTORY_PLAY_H
#define PUG_INVENTORY_PLAY_H

#include "drill-verdict.h"
#include "inventory-db.h"
#include "inventory-facts.h"

/* In the drill's folder, beside lab.jsonl, NAME.{rest,sql}.jsonl, ledger/ and settle.json */
#define INVENTORY_KEPT "inventory.json"
#define INVENTORY_FROZEN "freeze.log"

/**
 * struct inventory_drill - a drill on somebody's cluster, and what was seen
 * @inv: the cluster
 * @wish: what is done
 * @facts: what was known before
 * @schema: made for it
 * @dir: its folder
 * @interrupted: a signal ended it
 * @error: why it could not be carried through, "" if it was
 * @fault_s: host time of the freeze, 0 there was none
 * @end_s: host time when the clients were stopped
 * @frozen: the leader stood still: it said so, was reset, or did not answer
 * @reset: its boot id has changed
 * @boot_id: the one afterwards, "" unknown
 * @leader: who leads in the end, -1 not known
 * @well: one leads, and the others follow it
 * @two_lead: the old leader leads on beside it
 * @schema_made: it may be there
 * @schema_left: and could not be removed
 */
struct inventory_drill {
	const struct inventory *inv;
	const struct inventory_wish *wish;
	const struct inventory_facts *facts;
	char schema[SCHEMA_SIZE];
	const char *dir;
	bool interrupted;
	char error[512];
	double fault_s;
	double end_s;
	bool frozen;
	enum answer reset;
	char boot_id[40];
	int leader;
	bool well;
	bool two_lead;
	bool schema_made;
	bool schema_left;
};

/**
 * struct inventory_verdict - what came of it
 * @kind: in a word
 * @outage_ms: the longest time without an acknowledgment, DRILL_NO_TIME unknown
 * @two_leaders_ms: for so long two timelines were acknowledged, 0 never
 * @acked: rows acknowledged, -1 unknown, as all below
 * @lost: of these, not on the leader
 * @twice: more than once there
 * @foreign: that no client has tried
 * @differ: nodes disagree
 * @phantom: not acknowledged, and there
 * @reason: in a few sentences
 */
struct inventory_verdict {
	enum drill_kind kind;
	long outage_ms;
	long two_leaders_ms;
	long acked;
	long lost;
	long twice;
	long foreign;
	long differ;
	long phantom;
	char reason[1024];
};

extern const char * const inventory_clients[];

void inventory_play(struct inventory_drill *drill);
char *inventory_table(const struct inventory_drill *drill);

void inventory_judge(struct inventory_verdict *v, const struct inventory_drill *drill,
		     const struct drill_timeline *tl);
void inventory_evidence(struct drill_timeline *tl, const struct inventory_drill *drill);
json_t *inventory_result(const struct inventory_verdict *v, const struct inventory_drill *drill);
int inventory_status(const struct inventory_verdict *v, const struct inventory_drill *drill);
json_t *inventory_to_json(const struct inventory *inv);

void inventory_plan(const struct inventory *inv, const struct inventory_facts *facts,
		    const struct inventory_wish *wish, const char *schema, FILE *out);
char *inventory_freeze_line(const struct inventory *inv, const struct inventory_facts *facts,
			    const struct inventory_wish *wish);

#endif
