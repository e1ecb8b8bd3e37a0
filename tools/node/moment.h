/* SPDX-License-Identifier: GPL-2.0 */
/* One moment by three clocks, of which a reset leaves at best one alone. */
#ifndef PUG_MOMENT_H
#define PUG_MOMENT_H

#include <stdint.h>

#include "record.h"

/**
 * struct moment - one moment, -1 where a clock is not known
 * @realtime_ms: CLOCK_REALTIME; from the RTC at boot, set and slewed later
 * @boottime_ms: CLOCK_BOOTTIME: since this kernel started
 * @rtc_s: what the first real-time clock shows; it goes on in a reset, counts
 *	whole seconds only, and may be set
 */
struct moment {
	int64_t realtime_ms;
	int64_t boottime_ms;
	int64_t rtc_s;
};

void moment_now(const char *root, struct moment *now);
void moment_put(struct record *rec, const struct moment *moment);
void moment_get(const struct record_view *view, struct moment *moment);

/**
 * struct span - how much time may have passed
 * @from_ms: at least; -1: not known
 * @to_ms: at most; -1: not known
 * @apart_ms: by how much the clocks disagree; 0 if they do not
 * @back: a clock went backwards
 */
struct span {
	int64_t from_ms;
	int64_t to_ms;
	int64_t apart_ms;
	int back;
};

void moment_to_start(const struct moment *then, int64_t since_ms,
		     const struct moment *now, struct span *span);

#endif /* PUG_MOMENT_H */
