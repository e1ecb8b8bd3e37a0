/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_HELD_H
#define PUG_HELD_H

#include "facts.h"

/*
 * A canary may write this long after the module's "freeze" line: the line goes
 * out before the CPUs are gathered, and the gathering waits for each of them.
 */
#define GATHER_NS (500 * NSEC_PER_MSEC)

/* A panic is first printed, with a stack, and then stops the other CPUs */
#define DYING_NS (3000 * NSEC_PER_MSEC)

/* Up to here after the thaw a firing counts as "at the thaw" */
#define AT_THAW_NS (1000 * NSEC_PER_MSEC)

/* What a guest may be wrong by who counts a fault's time by its own clock */
#define FELT_EARLY_NS NSEC_PER_SEC

bool was_felt(const struct cell *cell, const struct facts *f, const struct timeline *tl);
const struct event *held_not(const struct cell *cell, const struct facts *f,
			     const struct timeline *tl);
int64_t zombie_from(const struct cell *cell, const struct facts *f);
long zombie_writes(const struct cell *cell, const struct facts *f, const struct timeline *tl);
bool was_kept_alive(const struct cell *cell, const struct facts *f);

#endif
