/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_CELLVM_MOVE_H
#define PUG_CELLVM_MOVE_H

#include "cellvm.h"

void move_save(struct cellvm *vm);
void move_away(struct cellvm *vm);
void move_load(struct cellvm *vm);
void move_land(struct cellvm *vm);
void move_clean(struct cellvm *vm);

#endif
