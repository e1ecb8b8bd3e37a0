/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_CELLVM_OUTSIDE_H
#define PUG_CELLVM_OUTSIDE_H

#include "cellvm.h"

/* Of questions for the clock that are asked here */
#define OUTSIDE_ID "hpet-outside"
/* And of what is done about it */
#define OUTSIDE_ORDER "outside-order"
/* And of what QEMU is about */
#define OUTSIDE_STATUS "outside-status"

void outside_begin(struct cellvm *vm);
void outside_answer(struct cellvm *vm, const char *id, json_t *msg);
void outside_migrates(struct cellvm *vm, const char *status);
bool outside_stops(struct cellvm *vm);
int outside_disk(struct cellvm *vm);
bool outside_is_reset(struct cellvm *vm);
void outside_release(struct cellvm *vm);
int outside_watch(struct cellvm *vm);

#endif
