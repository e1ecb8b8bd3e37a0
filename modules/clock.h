/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's clocksources: which one is in use, and how long it may go unread.
 *
 * Whoever freezes a machine keeps the kernel from reading its clock. Each clock
 * forgives that for some time and then loses all of it; see clock_max_cycles().
 */
#ifndef PUG_CLOCK_H
#define PUG_CLOCK_H

#include <linux/clocksource.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/types.h>

#include "gauge.h"

#define CLOCK_FILE	"/sys/devices/system/clocksource/clocksource0/current_clocksource"
#define CLOCK_NAME_LEN	32

#define UNKNOWN_CLOCK_MS	2000U	/* the most without force */
#define SINCE_TICK_MS		100U	/* the kernel's clock is that old, at most */

/**
 * struct clock - a clocksource whose limits are known
 * @name: as in current_clocksource
 * @gauge: what to measure a freeze with while the kernel uses this one
 * @bits: width of its counter
 * @ns: it counts nanoseconds, whatever @gauge counts
 */
struct clock {
	const char *name;
	enum gauge_id gauge;
	unsigned int bits;
	bool ns;
};

static const struct clock clocks[] = {
	{ .name = "tsc", .gauge = GAUGE_TSC, .bits = 64 },
	{ .name = "kvm-clock", .gauge = GAUGE_TSC, .bits = 64, .ns = true },
	{ .name = "hpet", .gauge = GAUGE_HPET, .bits = 32 },
	{ .name = "acpi_pm", .gauge = GAUGE_ACPI_PM, .bits = 24 },
};

/* A worker's root is process 1's; since 7.1 it is an empty one unless it asks for that */
static struct file *open_clock(void)
{
#ifdef scoped_with_init_fs
	if (current->flags & PF_KTHREAD) {
		scoped_with_init_fs()
			return filp_open(CLOCK_FILE, O_RDONLY, 0);
	}
#endif
	return filp_open(CLOCK_FILE, O_RDONLY, 0);
}

/*
 * No exported function names the clocksource, so ask as user space would. In
 * process context only; "unknown" where sysfs is not mounted.
 */
static void current_clock(char name[CLOCK_NAME_LEN])
{
	struct file *file = open_clock();
	ssize_t len = -ENOENT;
	loff_t pos = 0;

	if (!IS_ERR(file)) {
		len = kernel_read(file, name, CLOCK_NAME_LEN - 1, &pos);
		filp_close(file, NULL);
	}
	if (len <= 0) {
		strscpy(name, "unknown", CLOCK_NAME_LEN);
		return;
	}
	name[len] = '\0';
	strim(name);
}

static const struct clock *find_clock(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(clocks); i++)
		if (!strcmp(clocks[i].name, name))
			return &clocks[i];
	return NULL;
}

/*
 * How many cycles the kernel's clock can be behind and still be right. Deltas
 * beyond half the counter (since 6.13: 7/8) are taken for steps backwards and
 * count as nothing: clocksource_delta(). Before 6.10 cycles * mult may overflow
 * too: timekeeping_delta_to_ns(); mult is recomputed here in the way of
 * __clocksource_update_freq_scale(), with the 11 % that NTP may add.
 */
static u64 clock_max_cycles(const struct clock *clock, u32 khz)
{
	u64 mask = CLOCKSOURCE_MASK(clock->bits);
#ifdef HAVE_MAX_RAW_DELTA
	u64 max = mask - (mask >> 3);
#else
	u64 max = mask >> 1;
#endif
#ifdef CLOCK_MULT_OVERFLOWS
	u64 seconds = min_t(u64, max_t(u64, div_u64(mask, khz) / 1000, 1), 600);
	u32 mult, shift;

	clocks_calc_mult_shift(&mult, &shift, khz, USEC_PER_SEC, seconds * 1000);
	max = min(max, div64_u64(U64_MAX, (u64)mult * 111 / 100));
#endif
	return max;
}

/* The longest freeze, in ms, whose length the kernel's clock will get right. */
static u32 clock_limit_ms(const struct clock *clock)
{
	const struct gauge *g;
	u64 khz, ms;

	if (!clock)
		return UNKNOWN_CLOCK_MS;
	g = &gauges[clock->gauge];
	if (!gauge_present(g))
		return UNKNOWN_CLOCK_MS;
	/* 1 ms is div * 10^6 / mul ticks */
	khz = clock->ns ? USEC_PER_SEC : div64_u64(g->div * NSEC_PER_MSEC, g->mul);
	ms = div64_u64(clock_max_cycles(clock, khz), khz);
	return min_t(u64, ms, U32_MAX) - SINCE_TICK_MS;
}

#endif
