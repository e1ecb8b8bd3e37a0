/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_DRILL_VERDICT_NEXT_H
#define PUG_DRILL_VERDICT_NEXT_H

#include "drill-verdict.h"

/* The module's line says that the freeze ends so much later */
#define ANNOUNCED_S 0.020

/**
 * struct next_freeze - what was done to who leads in the first one's place; 0 for what
 *	did not happen
 * @node: it
 * @frozen: its CPUs stand still
 * @thaw: they go on, with all that it was
 * @reset: it was reset, or its VM ended
 * @lost_lead: it led no more before it was frozen
 * @by: who reset or ended it in its freeze: as in the verdict
 */
struct next_freeze {
	int node;
	double frozen;
	double thaw;
	double reset;
	bool lost_lead;
	char by[16];
};

void next_find(struct next_freeze *next, const struct drill_timeline *tl,
	       const struct drill *drill, int leader, double promoted);
bool next_stood(const struct next_freeze *next, int node, double t);
double next_fenced(const struct next_freeze *next);
bool next_beside(const struct next_freeze *next, const struct drill_timeline *tl, double *begin,
		 double *end);
double next_slept(const struct next_freeze *next, double *begin, double end);
const char *next_words(const struct next_freeze *next, double fault, char *text, size_t len);

#endif
