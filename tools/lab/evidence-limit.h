/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_EVIDENCE_LIMIT_H
#define PUG_EVIDENCE_LIMIT_H

#include <stdbool.h>

#include "timeline.h"

bool evidence_is_too_much(struct timeline *tl);

#endif
