/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_FENCE_CLOCK_H
#define PUG_FENCE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds since this machine booted, suspended time included. */
static inline uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

#endif /* PUG_FENCE_CLOCK_H */
