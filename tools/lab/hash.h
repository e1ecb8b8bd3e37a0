/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_HASH_H
#define PUG_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START 0xcbf29ce484222325ULL

uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t len);
int hash_file(uint64_t *hash, const char *path);

#endif
