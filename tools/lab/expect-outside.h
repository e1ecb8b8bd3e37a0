/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_EXPECT_OUTSIDE_H
#define PUG_EXPECT_OUTSIDE_H

#include "expect.h"

int expect_outside(struct expectation *e, const struct cell *cell, enum verdict_effect effect);

#endif
