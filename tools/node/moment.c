// SPDX-License-Identifier: GPL-2.0
/*
 * One moment by three clocks.
 *
 * How long a machine was gone can be known from inside only by a clock that a
 * reset leaves alone. That is the RTC. CLOCK_REALTIME starts from it, and may be
 * set by anyone later, so the two are compared.
 */
#include <stdbool.h>
#include <time.h>

#include "moment.h"
#include "num.h"
#include "sysfs.h"

#define RTC_DIR		"/sys/class/rtc/rtc0"

/* since_epoch has whole seconds, twice */
#define RTC_MS		1000

/*
 * drivers/rtc/class.c:rtc_hctosys() (6.1) starts CLOCK_REALTIME at the RTC's whole
 * second and a half: half a second to both sides in each of the two boots. Measured
 * where a reset took no time: 0.6 s ahead in the first and 0.5 s behind in the
 * second, so that it went back 1.3 s with what was read in between.
 */
#define REALTIME_MS	2000

/* A boot is over by then */
#define BOOT_MS		100000

/* Clocks that agree to this are said to agree */
#define AGREE_MS	(RTC_MS + REALTIME_MS)

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

static void widen(struct span *span, int64_t ms, int64_t slack_ms, int64_t error_ms)
{
	int64_t from_ms = ms < slack_ms ? 0 : ms - slack_ms;
	int64_t to_ms = ms < 0 ? slack_ms : ms + slack_ms;

	if (ms < -error_ms) {
		span->back = 1;
		return;
	}
	if (span->from_ms < 0 || from_ms < span->from_ms)
		span->from_ms = from_ms;
	if (to_ms > span->to_ms)
		span->to_ms = to_ms;
}

/*
 * CLOCK_BOOTTIME is itself a little fast or slow until the TSC has been measured: by
 * a quarter of a second in 50 s of an emulated guest's boot. What comes later is kept
 * right: a machine that is asked after a month has no more of that.
 */
static int64_t drift_ms(const struct moment *now)
{
	return (now->boottime_ms < BOOT_MS ? now->boottime_ms : BOOT_MS) / 100;
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
 * A second to both sides by the RTC, two by CLOCK_REALTIME, and a hundredth of the
 * boot; CLOCK_REALTIME starts from the
 * RTC, so where the two agree its second more tells nothing. Where they disagree,
 * the span covers what either says; where one went backwards, nothing is known.
 */
void moment_to_start(const struct moment *then, int64_t since_ms,
		     const struct moment *now, struct span *span)
{
	bool has_rtc = sane(then->rtc_s) && sane(now->rtc_s);
	int64_t by_rtc = 0, by_realtime, drift = drift_ms(now);
	bool agree;

	*span = (struct span){ .from_ms = -1, .to_ms = -1 };
	if (!sane(now->boottime_ms) || !sane(since_ms))
		return;
	if (has_rtc) {
		by_rtc = (now->rtc_s - then->rtc_s) * 1000 - now->boottime_ms + since_ms;
		widen(span, by_rtc, RTC_MS + drift, RTC_MS + drift);
	}
	if (sane(then->realtime_ms) && sane(now->realtime_ms)) {
		by_realtime = now->realtime_ms - then->realtime_ms - now->boottime_ms + since_ms;
		agree = has_rtc && by_rtc - by_realtime <= AGREE_MS &&
			by_realtime - by_rtc <= AGREE_MS;
		widen(span, by_realtime, (agree ? RTC_MS : REALTIME_MS) + drift,
		      REALTIME_MS + drift);
		if (has_rtc && !agree)
			span->apart_ms = by_rtc - by_realtime;
	}
	if (!span->back)
		return;
	span->from_ms = -1;
	span->to_ms = -1;
}
