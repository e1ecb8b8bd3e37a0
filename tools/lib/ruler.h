/* SPDX-License-Identifier: GPL-2.0 */
/* The ruler: the HPET's main counter, which no clock of the kernel can bend. */
#ifndef PUG_RULER_H
#define PUG_RULER_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct ruler - a mapped HPET
 * @regs: its registers; NULL if this machine or user has none to read
 * @period_fs: length of a tick in femtoseconds (10,000,000 in QEMU)
 * @wide: the counter has 64 bits
 */
struct ruler {
	uint32_t *regs;
	uint32_t period_fs;
	bool wide;
};

/* Number of an inherited descriptor of /dev/hpet, which opens once or twice. */
#define RULER_FD_ENV	"PUG_RULER_FD"

int ruler_map(struct ruler *ruler, int fd);
int ruler_open(struct ruler *ruler);
uint64_t ruler_read(const struct ruler *ruler);
void ruler_close(struct ruler *ruler);

static inline bool ruler_ready(const struct ruler *ruler)
{
	return ruler->regs;
}

#endif /* PUG_RULER_H */
