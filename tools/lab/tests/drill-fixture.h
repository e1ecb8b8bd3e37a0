/* SPDX-License-Identifier: GPL-2.0 */
/* A drill's timeline, told by hand. */
#ifndef PUG_DRILL_FIXTURE_H
#define PUG_DRILL_FIXTURE_H

#include <string.h>

#include "drill-expect.h"

#define FAULT 100.0

#define NOTHING_LOST \
	"{\"verdict\":\"all-there\",\"acked_rows\":50,\"leader\":\"alt02\",\"lost\":[],\"phantom\":[{}],\"twice\":[],\"differs\":[],\"nodes\":[{\"known\":true},{\"known\":true}]}"
#define TWO_LOST \
	"{\"verdict\":\"wrong\",\"acked_rows\":50,\"leader\":\"alt01\",\"lost\":[{},{}],\"phantom\":[],\"twice\":[],\"differs\":[]}"

/* What all drills have in common: writes, a freeze, another leader at +30 s */
static inline void begin(struct drill_timeline *tl, const char *settled)
{
	memset(tl, 0, sizeof(*tl));
	drill_add(tl, MOMENT_HEALTHY, MOMENT_LAB, 90, 0, "healthy");
	drill_add(tl, MOMENT_ROLE, 0, 91, 1, "master");
	drill_add(tl, MOMENT_KEY, 3, 91, 0, "key");
	drill_add(tl, MOMENT_ACK, 0, 99.5, 1, "row");
	drill_add(tl, MOMENT_FAULT, MOMENT_LAB, 99.9, 0, "fault");
	drill_add(tl, MOMENT_FREEZE, 0, FAULT, 0, "freeze");
	drill_add(tl, MOMENT_KEY, 3, 130, 1, "key");
	drill_add(tl, MOMENT_PROMOTED, 1, 130, 0, "promoted self to leader");
	drill_add(tl, MOMENT_ACK, 1, 131, 2, "row");
	for (int t = 132; t < 200; t += 4)
		drill_add(tl, MOMENT_ACK, 1, t, 2, "row");
	drill_add(tl, MOMENT_END, MOMENT_LAB, 200, 0, "settle");
	tl->settled = json_loads(settled, 0, NULL);
}

static inline struct drill_verdict judge(struct drill_timeline *tl, const struct drill *drill)
{
	struct drill_verdict v;

	drill_sort(tl);
	drill_judge(&v, drill, tl);
	drill_timeline_free(tl);
	return v;
}

static inline struct drill default_drill(void)
{
	struct drill drill;

	drill_default(&drill);
	drill.mode = DRILL_OFF;
	return drill;
}

#endif
