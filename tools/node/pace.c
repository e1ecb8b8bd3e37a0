// SPDX-License-Identifier: GPL-2.0
/*
 * Something at regular intervals, never in a burst.
 *
 * Deadlines are absolute, so that intervals do not stretch by the time the work
 * takes. After a freeze the missed ones are dropped: a watchdog that is pinged
 * ten times at once is no better off, and what a canary writes in a burst after
 * a thaw would look like work done.
 */
#include <errno.h>
#include <time.h>

#include "num.h"
#include "pace.h"

/**
 * pace_now() - the present time
 *
 * Return: nanoseconds of CLOCK_MONOTONIC.
 */
uint64_t pace_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

/**
 * pace_start() - the first is due now
 * @pace: the pace
 * @interval_ns: nanoseconds from one to the next
 * @now_ns: the present time
 */
void pace_start(struct pace *pace, uint64_t interval_ns, uint64_t now_ns)
{
	pace->interval_ns = interval_ns;
	pace->due_ns = now_ns;
	pace->missed = 0;
}

/**
 * pace_next() - one was served: set when the next is due
 * @pace: the pace
 * @now_ns: the present time
 *
 * On time or less than an interval late the grid is kept. Later than that, the
 * next is due a whole interval from now.
 */
void pace_next(struct pace *pace, uint64_t now_ns)
{
	pace->due_ns += pace->interval_ns;
	if (pace->due_ns > now_ns)
		return;
	pace->missed += (now_ns - pace->due_ns) / pace->interval_ns + 1;
	pace->due_ns = now_ns + pace->interval_ns;
}

/**
 * pace_sleep() - sleep until the next is due
 * @pace: the pace
 */
void pace_sleep(const struct pace *pace)
{
	struct timespec due = {
		.tv_sec = pace->due_ns / NSEC_PER_SEC,
		.tv_nsec = pace->due_ns % NSEC_PER_SEC,
	};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) ==
	       EINTR)
		;
}
