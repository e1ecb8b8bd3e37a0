/* SPDX-License-Identifier: GPL-2.0 */
/* Something at regular intervals, never in a burst. */
#ifndef PUG_PACE_H
#define PUG_PACE_H

#include <stdint.h>

/**
 * struct pace - regular intervals on CLOCK_MONOTONIC
 * @interval_ns: length of one
 * @due_ns: when the next is due
 * @missed: intervals that passed without being served, since pace_start()
 */
struct pace {
	uint64_t interval_ns;
	uint64_t due_ns;
	uint64_t missed;
};

uint64_t pace_now(void);
void pace_start(struct pace *pace, uint64_t interval_ns, uint64_t now_ns);
void pace_next(struct pace *pace, uint64_t now_ns);
void pace_sleep(const struct pace *pace);

#endif /* PUG_PACE_H */
