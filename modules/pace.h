/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Wait for an exact moment by looking at a clock, yet seldom.
 */
#ifndef PUG_PACE_H
#define PUG_PACE_H

#include <linux/minmax.h>
#include <linux/time64.h>
#include <linux/types.h>

/*
 * Turns of spin() between two looks at the clock: at most, near the end, and so
 * many that a look comes every 0.6 ms. Who stands outside dates what happens
 * in a freeze by the looks at the HPET.
 */
#define SPIN		200U
#define SPIN_FINE	3U
#define LOOK_NS		(600ULL * NSEC_PER_USEC)

/**
 * struct pace - how long to spin until the next look at the clock
 * @spins: iterations now, 0 before the first
 * @looked: ruler at the last look, in nanoseconds
 * @cost: what SPIN iterations took, in nanoseconds
 */
struct pace {
	unsigned int spins;
	u64 looked;
	u64 cost;
};

/*
 * Do nothing, in a way that costs QEMU's TCG next to nothing. There each RDTSC,
 * MMIO, port access and PAUSE leaves the translated code, and each turn of a loop
 * costs what a block of code costs. NOPs translate to no code at all; with
 * -icount they count like any instruction. 60 s of virtual time (shift=7, two
 * CPUs) took 1.7 s of the host's with a look at the clock every 3,000 turns of
 * an empty loop, and 0.5 s with these NOPs.
 */
static void spin(unsigned int n)
{
	while (n--)
		asm volatile(".rept 126; nop; .endr");
}

/*
 * Look every LOOK_NS or SPIN iterations, and much more often once the end is only
 * a few times that away. What a spin costs is measured as it goes: SPIN of them
 * take from 1 us on a real CPU to 6.6 ms in QEMU with -icount shift=8.
 */
static void pace_next(struct pace *p, u64 now, u64 end)
{
	u64 took = now - p->looked;

	p->looked = now;
	if (p->spins)
		p->cost = took * SPIN / p->spins;
	p->spins = SPIN_FINE;
	if (!p->cost || end - now <= 4 * min(p->cost, LOOK_NS))
		return;
	p->spins = p->cost > LOOK_NS ? max_t(u64, SPIN * LOOK_NS / p->cost, SPIN_FINE) : SPIN;
}

#endif
