// SPDX-License-Identifier: GPL-2.0
/*
 * One moment by three clocks.
 *
 * How long a machine was gone can be known from inside only by a clock that a
 * reset leaves alone. That is the RTC. CLOCK_REALTIME starts from it, and may be
 * set by anyone later, so the two are compared.
 */
#include <time.h>

#include "moment.h"
#include "num.h"
#include "sysfs.h"

#define RTC_DIR		"/sys/class/rtc/rtc0"

/* Clocks that agree to this are said to agree: each is read to whole seconds. */
#define AGREE_MS	3000

static int64_t clock_ms(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts))
		return -1;
	return ts.tv_sec * 1000LL + ts.tv_nsec / (int64_t)NSEC_PER_MSEC;
}

/**
 * moment_now() - the present moment
 * @root: "" on a real machine
 * @now: the result
 */
void moment_now(const char *root, struct moment *now)
{
	now->realtime_ms = clock_ms(CLOCK_REALTIME);
	now->boottime_ms = clock_ms(CLOCK_BOOTTIME);
	now->rtc_s = sysfs_number(root, RTC_DIR, "since_epoch");
}

/**
 * moment_put() - add a moment to a record
 * @rec: the record
 * @moment: the moment
 */
void moment_put(struct record *rec, const struct moment *moment)
{
	record_i64(rec, "realtime_ms", moment->realtime_ms);
	record_i64(rec, "boottime_ms", moment->boottime_ms);
	record_i64(rec, "rtc_s", moment->rtc_s);
}

/**
 * moment_get() - the moment of a record
 * @view: the record
 * @moment: the result
 */
void moment_get(const struct record_view *view, struct moment *moment)
{
	moment->realtime_ms = record_get(view, "realtime_ms");
	moment->boottime_ms = record_get(view, "boottime_ms");
	moment->rtc_s = record_get(view, "rtc_s");
}

static void widen(struct span *span, int64_t from_ms, int64_t to_ms)
{
	if (to_ms < 0) {
		span->back = 1;
		return;
	}
	from_ms = from_ms < 0 ? 0 : from_ms;
	if (span->from_ms < 0 || from_ms < span->from_ms)
		span->from_ms = from_ms;
	if (to_ms > span->to_ms)
		span->to_ms = to_ms;
}

/* Numbers of a journal may be anything: what cannot be a time is none. */
static int sane(int64_t ms)
{
	return ms >= 0 && ms < INT64_MAX / 4000;
}

/**
 * moment_to_start() - from a moment before a reset to the start of this kernel
 * @then: the moment, in another boot
 * @since_ms: and so many milliseconds before it
 * @now: any moment of this boot
 * @span: how long that was, -1 where it cannot be told
 *
 * A second to both sides: the RTC shows whole ones, and CLOCK_REALTIME starts
 * from it. Where the two clocks disagree, the span covers what either says;
 * where one went backwards, nothing is known.
 */
void moment_to_start(const struct moment *then, int64_t since_ms,
		     const struct moment *now, struct span *span)
{
	int64_t by_rtc = -1, by_realtime = -1;
	int known = 0;

	*span = (struct span){ .from_ms = -1, .to_ms = -1 };
	if (!sane(now->boottime_ms) || !sane(since_ms))
		return;
	if (sane(then->rtc_s) && sane(now->rtc_s)) {
		by_rtc = (now->rtc_s - then->rtc_s) * 1000 -
			 now->boottime_ms + since_ms;
		widen(span, by_rtc - 1000, by_rtc + 1000);
		known++;
	}
	if (sane(then->realtime_ms) && sane(now->realtime_ms)) {
		by_realtime = now->realtime_ms - then->realtime_ms -
			      now->boottime_ms + since_ms;
		widen(span, by_realtime - 1000, by_realtime + 1000);
		known++;
	}
	if (known == 2 && (by_rtc - by_realtime > AGREE_MS ||
			   by_realtime - by_rtc > AGREE_MS))
		span->apart_ms = by_rtc - by_realtime;
	if (span->back)
		span->from_ms = span->to_ms = -1;
}
