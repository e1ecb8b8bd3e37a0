/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_DRILL_VERDICT_FENCE_H
#define PUG_DRILL_VERDICT_FENCE_H

#include "drill-verdict.h"
#include "drill-verdict-next.h"

const char *verdict_who_reset(const struct drill_timeline *tl, const struct drill *drill,
			      int node, double fault);
double verdict_end_of_lead(const struct drill_timeline *tl, int node, double from);
void judge_firing(struct drill_verdict *v, const struct drill_timeline *tl,
		  const struct drill *drill, double fault, double reset, double off);
void judge_promotion(struct drill_verdict *v, const struct drill_timeline *tl, double fault,
		     double promoted);
void count_stopped(struct drill_verdict *v, const struct drill_timeline *tl,
		   const struct drill *drill, double fault, double thaw,
		   const struct next_freeze *next);
json_t *verdict_stopped(const struct drill_verdict *v);
void verdict_add_word(char *text, size_t size, const char *word);

#endif
