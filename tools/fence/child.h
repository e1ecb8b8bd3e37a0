/* SPDX-License-Identifier: GPL-2.0 */
/* Runs a program, bounded in time and output, that dies with us. */
#ifndef PUG_FENCE_CHILD_H
#define PUG_FENCE_CHILD_H

#include <stddef.h>
#include <stdint.h>

#include "config.h"

int child_run(char *const argv[], const char *secret_file, const char *input,
	      char *out, size_t size, uint64_t until_ms, struct trouble *why);
void child_die_with_parent(int parent, int signal);
void child_take_along(void);

#endif /* PUG_FENCE_CHILD_H */
