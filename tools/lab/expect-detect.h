/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_EXPECT_DETECT_H
#define PUG_EXPECT_DETECT_H

#include "expect.h"

int expect_detector(struct expectation *e, const struct cell *cell);

#endif
