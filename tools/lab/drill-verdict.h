/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_DRILL_VERDICT_H
#define PUG_DRILL_VERDICT_H

#include <stdbool.h>

#include <jansson.h>

#include "drill.h"
#include "drill-timeline.h"

/* What came of a drill, the worst first (Documentation/drills.rst) */
enum drill_kind {
	DRILL_ERROR,		/* it can't be judged */
	DRILL_LOST,		/* acknowledged rows are gone */
	DRILL_SPLIT_BRAIN,	/* two nodes took writes at the same time */
	DRILL_OUTAGE,		/* clients waited longer than a failover takes */
	DRILL_SAFE,
	DRILL_KINDS
};

#define DRILL_NO_TIME (-1L)

/**
 * struct drill_verdict - what the evidence of a drill shows
 * @kind: in a word
 * @by: who fired: "i6300esb", "softdog", "" for nobody
 * @fenced_ms: from the fault to the old leader's reset, or DRILL_NO_TIME, as all below
 * @new_leader_ms: to the promotion of another
 * @first_ack_ms: to the first write acknowledged by another
 * @two_leaders_ms: two nodes led and their user space ran; 0 for never
 * @two_from_ms: from the fault to the begin of that
 * @outage_ms: between the last acknowledgment before and the first after
 * @old_leader: how it came back: words, comma-separated
 * @acked: rows acknowledged
 * @lost: of these, not on the leader in the end; -1 unknown, as all below
 * @phantom: not acknowledged, but there
 * @duplicate: there twice
 * @differ: nodes disagree about these
 * @timelines: of the leaders, "1 2"; "1 2 1" where the first won in the end
 * @reason: in one sentence
 */
struct drill_verdict {
	enum drill_kind kind;
	char by[16];
	long fenced_ms;
	long new_leader_ms;
	long first_ack_ms;
	long two_leaders_ms;
	long two_from_ms;
	long outage_ms;
	char old_leader[96];
	long acked;
	long lost;
	long phantom;
	long duplicate;
	long differ;
	char timelines[64];
	char reason[512];
};

const char *drill_kind_name(enum drill_kind kind);
void drill_judge(struct drill_verdict *v, const struct drill *drill,
		 const struct drill_timeline *tl);
void drill_sentence(const struct drill_verdict *v, char *text, size_t len);
json_t *drill_verdict_to_json(const struct drill_verdict *v);

#endif
