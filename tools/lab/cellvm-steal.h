/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_CELLVM_STEAL_H
#define PUG_CELLVM_STEAL_H

#include "cellvm.h"

void steal_begin(struct cellvm *vm);
void steal_give_back(struct cellvm *vm);
double steal_end(struct cellvm *vm);
void steal_release(struct cellvm *vm);

#endif
