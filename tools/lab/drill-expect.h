/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_DRILL_EXPECT_H
#define PUG_DRILL_EXPECT_H

#include "drill-verdict.h"

/**
 * struct drill_expectation - what the sources say must come of a drill
 * @kind: the verdict
 * @also: others that are as good, a bit each, where a race decides
 * @by: who fires, "" for nobody
 * @or_by: who may be quicker, NULL or "" for nobody
 * @fence_min_ms: from the fault's begin to the reset (of hang-postgres: until
 *	somebody notices), at least
 * @fence_max_ms: at most; both 0 where nobody fires
 * @right: to promote; RIGHT_UNKNOWN where a race decides
 * @healthy_stopped: VMs that are stopped although they are healthy
 * @next_fenced: the new leader, frozen as well, is reset or ended, too
 * @reason: file:function with the version, and what it does
 */
struct drill_expectation {
	enum drill_kind kind;
	unsigned int also;
	const char *by;
	const char *or_by;
	long fence_min_ms;
	long fence_max_ms;
	enum drill_right right;
	long healthy_stopped;
	bool next_fenced;
	const char *reason;
};

int drill_expect(struct drill_expectation *e, const struct drill *drill);
bool drill_met(const struct drill_expectation *e, const struct drill_verdict *v);

#endif
