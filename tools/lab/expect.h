/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_EXPECT_H
#define PUG_EXPECT_H

#include "verdict.h"

/**
 * struct expectation - what the sources say must happen in a cell
 * @when: the verdict
 * @or_when: as good as @when: the freeze ends within one keepalive interval of
 *	the deadline, and the phase decides; equal to @when elsewhere
 * @effect: of firing
 * @by: who fires, "" for nobody
 * @reason: file:function with the version, and what it does
 */
struct expectation {
	enum verdict_when when;
	enum verdict_when or_when;
	enum verdict_effect effect;
	const char *by;
	const char *reason;
};

int expect(struct expectation *e, const struct cell *cell);
bool expect_met(const struct expectation *e, const struct verdict *v);
int64_t expect_deadline_ms(const struct cell *cell);
int64_t expect_seen_ms(const struct cell *cell, const char **why);

#endif
