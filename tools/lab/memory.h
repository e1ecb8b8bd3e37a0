/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_MEMORY_H
#define PUG_MEMORY_H

#include <stddef.h>
#include <stdio.h>

/* QEMU's pmemsave of a guest that stands still; removed once it was searched */
#define MEMORY_DUMP "memory.dump"

int memory_search(const char *dir);
size_t memory_records(const char *bytes, size_t len, FILE *out);

#endif
