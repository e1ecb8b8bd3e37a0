/* SPDX-License-Identifier: GPL-2.0 */
/* Gathers what this machine knows of its last reset. Changes nothing. */
#ifndef PUG_GATHER_H
#define PUG_GATHER_H

#include "reset.h"

void gather_machine(const char *root, struct reset_evidence *ev);
int gather_evidence(const char *root, const char *dir,
		    struct reset_evidence *ev);
void gather_words(const char *root, struct reset_evidence *ev);

#endif /* PUG_GATHER_H */
