/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_DRILL_PRACTICE_H
#define PUG_DRILL_PRACTICE_H

#include "drill.h"
#include "host.h"

int drill_practice(const struct host *host, const struct drill *drill, const char *dir);

#endif
