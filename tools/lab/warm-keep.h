/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_WARM_KEEP_H
#define PUG_WARM_KEEP_H

#include <stddef.h>

/*
 * Preset full wants 24, of 60 to 120 MB each: memory that a guest has never
 * touched is a hole in its file.
 */
#define WARM_KEPT_MAX 32

int warm_use(const char *dir);
int warm_begin(const char *top, const char *key);
int warm_make(const char *dir);
int warm_remove(const char *dir);
void warm_prune(const char *top, size_t most);

#endif
