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
	DRILL_FALSE_KILL,	/* the keeper killed a PostgreSQL that was well, or none of its */
	DRILL_OUTAGE,		/* clients waited longer than a failover takes */
	DRILL_SAFE,
	DRILL_KINDS
};

#define DRILL_NO_TIME (-1L)

/* Was it right to promote, by what is known of the old leader at that moment? */
enum drill_right {
	RIGHT_UNKNOWN,		/* nobody was promoted; expected: whatever comes */
	RIGHT_YES,
	RIGHT_NO,
};

/**
 * struct drill_verdict - what the evidence of a drill shows
 * @kind: in a word
 * @by: who fired: "i6300esb", "itco", "softdog", "fence", "" for nobody
 * @fenced_ms: from the fault to the old leader's reset or end, or DRILL_NO_TIME, as all below
 * @noticed_ms: of hang-postgres: until somebody did something about it
 * @no_login_ms: likewise: the longest time in which no client could connect and write
 * @new_leader_ms: to the promotion of another
 * @first_ack_ms: to the first write acknowledged by another
 * @next_frozen_ms: to the freeze of that one, where it was frozen as well
 * @next_fenced_ms: to its reset or end in that
 * @next_by: who did that, "" for nobody
 * @two_leaders_ms: two nodes led and their user space ran; 0 for never
 * @two_from_ms: from the fault to the begin of that
 * @outage_ms: between the last acknowledgment before and the first after
 * @old_leader: how it came back: words, comma-separated
 * @right: the old leader was gone when another was promoted
 * @at_promotion: what it was then, "" where nobody was promoted
 * @stopped: VMs that the hypervisor was asked to end: names, comma-separated
 * @healthy_stopped: how many of these were healthy
 * @acked: rows acknowledged
 * @lost: of these, not on the leader in the end; -1 unknown, as all below
 * @salvaged: of the lost ones, there again once they were salvaged
 * @phantom: not acknowledged, but there
 * @duplicate: there twice
 * @differ: nodes disagree about these
 * @timelines: of the leaders, "1 2"; "1 2 1" where the first won in the end
 * @commits: acknowledged by the leader before the fault, at the first try
 * @commit_ms: of these, the median of what it took; so the next
 * @commit_p99_ms: 99 of a hundred took no longer
 * @reason: in one sentence
 */
struct drill_verdict {
	enum drill_kind kind;
	char by[16];
	long fenced_ms;
	long noticed_ms;
	long no_login_ms;
	long new_leader_ms;
	long next_frozen_ms;
	long next_fenced_ms;
	char next_by[16];
	long first_ack_ms;
	long two_leaders_ms;
	long two_from_ms;
	long outage_ms;
	char old_leader[96];
	enum drill_right right;
	char at_promotion[32];
	char stopped[48];
	long healthy_stopped;
	long acked;
	long lost;
	long salvaged;
	long phantom;
	long duplicate;
	long differ;
	char timelines[64];
	long commits;
	double commit_ms;
	double commit_p99_ms;
	char reason[512];
};

long drill_longest_gap(const struct drill_timeline *tl, enum moment_kind kind, double fault,
		       double end);
void drill_time_commits(struct drill_verdict *v, double fault, const struct drill_timeline *tl);
const char *drill_kind_name(enum drill_kind kind);
void drill_judge(struct drill_verdict *v, const struct drill *drill,
		 const struct drill_timeline *tl);
long drill_longest_outage(const struct drill_verdict *v);
const char *drill_seconds(char *text, size_t len, long ms);
void drill_sentence(const struct drill_verdict *v, char *text, size_t len);
json_t *drill_verdict_to_json(const struct drill_verdict *v);

#endif
