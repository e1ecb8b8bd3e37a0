/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Clocks that can be read where time stands still.
 *
 * With interrupts off nobody accumulates the kernel's clock, so ktime_get() is
 * no ruler inside a freeze: a clocksource that wraps is read as standing still
 * (Linux 6.1 takes a delta beyond half the counter for 0, so a 25 s deadline on
 * a 100 MHz HPET never came). A gauge reads the hardware itself and adds up
 * masked deltas. It has to be read more often than its counter wraps.
 *
 * Everything here is static: a fault is one source file, and each that wants
 * gauges includes this one.
 */
#ifndef PUG_GAUGE_H
#define PUG_GAUGE_H

#include <linux/acpi.h>
#include <linux/acpi_pmtmr.h>
#include <linux/clocksource.h>
#include <linux/io.h>
#include <linux/math64.h>
#include <linux/types.h>
#include <asm/hpet.h>
#include <asm/msr.h>
#include <asm/tsc.h>

/**
 * struct gauge - a hardware counter whose ticks are added up
 * @name: what clocksource of the kernel counts the same ticks
 * @read: the counter as it is now
 * @mask: the bits of it that count
 * @mul: nanoseconds are ticks * @mul / @div
 * @div: see @mul; 0 where the machine has no such counter
 * @last: what @read gave last
 * @ticks: sum of the deltas since gauge_start()
 */
struct gauge {
	const char *name;
	u64 (*read)(void);
	u64 mask;
	u64 mul;
	u64 div;
	u64 last;
	u64 ticks;
};

enum gauge_id { GAUGE_TSC, GAUGE_HPET, GAUGE_ACPI_PM, GAUGES };

static void __iomem *gauge_hpet;
static bool gauge_hpet_wide;
static u16 gauge_pm_port;

static u64 gauge_read_tsc(void)
{
	return rdtsc_ordered();
}

static u64 gauge_read_hpet(void)
{
	return readl(gauge_hpet + HPET_COUNTER);
}

static u64 gauge_read_acpi_pm(void)
{
	return inl(gauge_pm_port);
}

/*
 * The TSC is cut to 56 bits (two years at 1 GHz), so that no garbage delta can
 * make the division in gauge_ns() overflow: on x86 that is a #DE, and here it
 * would be one with the machine stopped.
 */
static struct gauge gauges[GAUGES] = {
	[GAUGE_TSC] = {
		.name = "tsc",
		.read = gauge_read_tsc,
		.mask = CLOCKSOURCE_MASK(56),
		.mul = USEC_PER_SEC,
	},
	[GAUGE_HPET] = {
		.name = "hpet",
		.read = gauge_read_hpet,
		.mask = CLOCKSOURCE_MASK(32),
	},
	[GAUGE_ACPI_PM] = {
		.name = "acpi_pm",
		.read = gauge_read_acpi_pm,
		.mask = ACPI_PM_MASK,
		.mul = NSEC_PER_SEC,
	},
};

static inline bool gauge_present(const struct gauge *g)
{
	return g->div;
}

static inline u64 gauge_ns(const struct gauge *g)
{
	return mul_u64_u64_div_u64(g->ticks, g->mul, g->div);
}

static inline void gauge_start(struct gauge *g)
{
	g->ticks = 0;
	if (gauge_present(g))
		g->last = g->read() & g->mask;
}

/*
 * Take what was counted since the last call. A "delta" in the uppermost
 * sixteenth of the counter is a small step backwards (PM timers of old chipsets
 * do that when read in mid-carry): left out, and made good by the next read.
 */
static inline u64 gauge_update(struct gauge *g)
{
	u64 now, delta;

	if (!gauge_present(g))
		return 0;
	now = g->read() & g->mask;
	delta = (now - g->last) & g->mask;
	if (delta <= g->mask - (g->mask >> 4)) {
		g->ticks += delta;
		g->last = now;
	}
	return gauge_ns(g);
}

/*
 * The whole HPET counter, for people outside who read it too. Where it has 64
 * bits the halves are read until the upper one stood still. 0 without an HPET.
 */
static inline u64 gauge_hpet_count(void)
{
	u32 high, low;

	if (!gauge_present(&gauges[GAUGE_HPET]))
		return 0;
	if (!gauge_hpet_wide)
		return readl(gauge_hpet + HPET_COUNTER);
	do {
		high = readl(gauge_hpet + HPET_COUNTER + 4);
		low = readl(gauge_hpet + HPET_COUNTER);
	} while (readl(gauge_hpet + HPET_COUNTER + 4) != high);
	return (u64)high << 32 | low;
}

static void gauge_find_hpet(struct gauge *g)
{
	struct acpi_table_header *table;
	u64 address;
	u32 period;

	if (ACPI_FAILURE(acpi_get_table(ACPI_SIG_HPET, 0, &table)))
		return;
	address = ((struct acpi_table_hpet *)table)->address.address;
	acpi_put_table(table);
	gauge_hpet = ioremap(address, HPET_MMAP_SIZE);
	if (!gauge_hpet)
		return;
	/* hpet=disable leaves it standing still */
	if (!(readl(gauge_hpet + HPET_CFG) & HPET_CFG_ENABLE))
		return;
	period = readl(gauge_hpet + HPET_PERIOD);
	if (period < HPET_MIN_PERIOD || period > HPET_MAX_PERIOD)
		return;
	gauge_hpet_wide = readl(gauge_hpet + HPET_ID) & HPET_ID_64BIT;
	g->mul = period;
	g->div = USEC_PER_SEC;
}

static void gauge_find_acpi_pm(struct gauge *g)
{
	const struct acpi_generic_address *block = &acpi_gbl_FADT.xpm_timer_block;

	if (block->space_id != ACPI_ADR_SPACE_SYSTEM_IO)
		return;
	if (!block->address || block->address > U16_MAX)
		return;
	gauge_pm_port = block->address;
	g->div = PMTMR_TICKS_PER_SEC;
}

/* The kernel refines tsc_khz a second or two after booting: ask each time. */
static void gauge_refresh(void)
{
	if (boot_cpu_has(X86_FEATURE_TSC))
		gauges[GAUGE_TSC].div = tsc_khz;
}

static void gauge_find(void)
{
	gauge_refresh();
	if (acpi_disabled)
		return;
	gauge_find_hpet(&gauges[GAUGE_HPET]);
	gauge_find_acpi_pm(&gauges[GAUGE_ACPI_PM]);
}

static void gauge_forget(void)
{
	if (gauge_hpet)
		iounmap(gauge_hpet);
}

#endif
