/* SPDX-License-Identifier: GPL-2.0 */
/* Prints the watchdogs of a machine. */
#ifndef PUG_LIST_H
#define PUG_LIST_H

#include "emit.h"

int list_run(const char *root, struct emitter *em);

#endif /* PUG_LIST_H */
