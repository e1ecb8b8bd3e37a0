// SPDX-License-Identifier: GPL-2.0
#include <stdint.h>
#include <time.h>

#include "host.h"
#include "util.h"

#if defined(__x86_64__)
static uint64_t rdtsc(void)
{
	uint32_t low, high;

	asm volatile("rdtsc" : "=a" (low), "=d" (high));
	return (uint64_t)high << 32 | low;
}
#endif

/**
 * host_tsc_khz() - what a guest's TSC runs at under TCG in real time: the host's
 *
 * A guest that boots on a busy machine finds another: twice as fast was seen, and a
 * tenth. Measured once over 50 ms against the clock; a reading that was interrupted for
 * long is as late at both ends.
 *
 * Return: kHz, 0 where it is not known.
 */
unsigned int host_tsc_khz(void)
{
#if defined(__x86_64__)
	static unsigned int khz;
	struct timespec pause = { 0, 50000000 };
	uint64_t from, to;
	double t;

	if (khz)
		return khz;
	t = now_s();
	from = rdtsc();
	nanosleep(&pause, NULL);
	to = rdtsc();
	t = now_s() - t;
	khz = (unsigned int)((double)(to - from) / t / 1000 + 0.5);
	return khz;
#else
	return 0;
#endif
}
