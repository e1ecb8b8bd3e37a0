/* SPDX-License-Identifier: GPL-2.0 */
/* What the nodes of a drill's cluster said last, and whether that is well. */
#ifndef PUG_DRILL_SEEN_H
#define PUG_DRILL_SEEN_H

#include <stdbool.h>

#include <jansson.h>

#include "drill.h"
#include "lines.h"

/**
 * struct seen - a node's last answer: to GET /patroni, or to SQL of the same meaning
 * @at_s: host time, 0 none yet
 * @off: its VM was ended, and stays so
 * @primary: it says that it leads
 * @running: PostgreSQL runs
 * @timeline: of its data
 */
struct seen {
	double at_s;
	bool off;
	bool primary;
	bool running;
	json_int_t timeline;
};

void seen_answer(struct lines *lines, const char *text, void *data);
bool seen_well(const struct seen *seen, int from, int to);
int seen_promoted(const struct seen *seen);
bool seen_calm(const struct seen *seen, const struct drill *drill);

#endif
