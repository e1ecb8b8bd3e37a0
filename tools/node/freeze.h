/* SPDX-License-Identifier: GPL-2.0 */
/* Freezes the machine through stop-machine.ko's debugfs files. */
#ifndef PUG_FREEZE_H
#define PUG_FREEZE_H

#include <stdbool.h>
#include <stdint.h>

#include "emit.h"

/**
 * struct freeze_options - what was asked for
 * @msecs: length of the freeze in milliseconds
 * @touch: keep the kernel's lockup detectors quiet
 * @delay_ms: return first, freeze later; 0: freeze now
 * @hostname: as typed
 */
struct freeze_options {
	uint64_t msecs;
	bool touch;
	uint64_t delay_ms;
	const char *hostname;
};

int freeze_check_hostname(const struct freeze_options *opts,
			  const char *hostname, struct emitter *em);
int freeze_open(const char *root, struct emitter *em);
int freeze_run(const char *root, int fd, const struct freeze_options *opts,
	       struct emitter *em);

#endif /* PUG_FREEZE_H */
