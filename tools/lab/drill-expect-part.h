/* SPDX-License-Identifier: GPL-2.0 */
/* Of what must come of a drill: what more than one file of it needs. */
#ifndef PUG_DRILL_EXPECT_PART_H
#define PUG_DRILL_EXPECT_PART_H

#include "drill-expect.h"

/* QEMU counts in 2^15 / 33 MHz * 2^10: a "second" is 1.00663 s */
#define ESB_PPM 1006630L
#define SLACK_MS 1500

#define ANY_ONE \
	"; the last rows may have been acknowledged for the third node, which is not promoted (nofailover), before the second had them: Patroni does not know whom a commit has waited for"

#define CUT_OFF \
	"patroni/ha.py:_handle_dcs_error (3.0.2): a leader that does not reach etcd demotes itself within retry_timeout of its next loop, before its key expires; what it acknowledged until then to clients who still reach it was never shipped"

static inline bool is_guarded(const struct drill *drill)
{
	return drill->dog != DRILL_NO_DOG && drill->mode != DRILL_OFF;
}

/* Linux 6.1 takes more than half a counter's period for none at all */
static inline bool loses_time(const struct drill *drill)
{
	return drill->clock->wrap_us && drill->freeze_ms > drill->clock->wrap_us / 2000;
}

static inline bool is_hog(const struct drill *drill)
{
	return drill->fault == DRILL_RT_HOG || drill->fault == DRILL_RT_HOG_50;
}

static inline void nobody(struct drill_expectation *e, const char *reason)
{
	e->kind = DRILL_LOST;
	e->by = "";
	e->right = RIGHT_NO;
	e->reason = reason;
}

static inline void any_one(struct drill_expectation *e, const char *reason)
{
	e->also |= 1u << DRILL_LOST;
	e->reason = reason;
}

bool drill_stands_still(const struct drill *drill);
int drill_expect_outside(struct drill_expectation *e, const struct drill *drill);
int drill_expect_sbd(struct drill_expectation *e, const struct drill *drill);

#endif
