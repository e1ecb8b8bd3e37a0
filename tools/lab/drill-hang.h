/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_DRILL_HANG_H
#define PUG_DRILL_HANG_H

#include "drill-expect.h"

int hang_expect(struct drill_expectation *e, const struct drill *drill);
void hang_judge(struct drill_verdict *v, const struct drill_timeline *tl, double fault, double end);
bool hang_is_false_kill(const struct drill_verdict *v, const struct drill *drill);
void hang_print_head(void);
void hang_print_row(const struct drill *drill, const struct drill_expectation *e,
		    const struct drill_verdict *v, bool met);

#endif
