/* SPDX-License-Identifier: GPL-2.0 */
/* Strict number parsing: the whole text is the number, or it is refused. */
#ifndef PUG_NUM_H
#define PUG_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NSEC_PER_SEC	1000000000ULL
#define NSEC_PER_MSEC	1000000ULL
#define NSEC_PER_USEC	1000ULL

/* Room for the longest unsigned 64-bit number and the terminating zero. */
#define NUM_U64_TEXT	21

int num_u64(const char *text, uint64_t max, uint64_t *value);
int num_seconds_ns(const char *text, uint64_t max_ns, uint64_t *ns);
bool num_is_json_integer(const char *text, size_t len);
size_t num_put_u64(char *out, uint64_t value);

#endif /* PUG_NUM_H */
