/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_DRILL_SALVAGE_H
#define PUG_DRILL_SALVAGE_H

#include "cluster.h"

int salvage_begin(struct cluster *c);
int salvage_end(struct cluster *c, const char *leader);

#endif
