/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_DRILL_FAULT_H
#define PUG_DRILL_FAULT_H

#include "cluster.h"

/* What does it in the guest */
#define HANG_COMMAND "/usr/lib/pug/hang "

/* In its QEMU's folder, where a VM is saved; nobody's when the drill is over */
#define DRILL_SNAPSHOT "snapshot.state"

int settings_begin(struct node *node, const struct drill *drill);
int fault_begin(struct node *node, const struct drill *drill);
int fault_end(struct node *node, const struct drill *drill);

#endif
