/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_VERDICT_CHECK_H
#define PUG_VERDICT_CHECK_H

#include "compiler.h"
#include "facts.h"
#include "util.h"

static inline double seconds(int64_t ns)
{
	return (double)ns / NSEC_PER_SEC;
}

bool verdict_can_judge(struct verdict *v, const struct cell *cell, const struct facts *f,
		       const struct timeline *tl);
bool verdict_error(struct verdict *v, const char *fmt, ...) __printf(2, 3);
void verdict_say(struct verdict *v, const char *fmt, ...) __printf(2, 3);

#endif
