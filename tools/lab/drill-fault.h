/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_DRILL_FAULT_H
#define PUG_DRILL_FAULT_H

#include "cluster.h"

int fault_begin(struct node *leader, const struct drill *drill);
int fault_end(struct node *leader, const struct drill *drill);

#endif
