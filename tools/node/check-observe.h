/* SPDX-License-Identifier: GPL-2.0 */
/* Watches keepalives for a while, through the kernel's trace events. */
#ifndef PUG_CHECK_OBSERVE_H
#define PUG_CHECK_OBSERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OBSERVED_MAX 32

/**
 * struct observed_dog - what was seen of one watchdog
 * @keepalives: how many reached the driver
 * @failed: of these, refused by the driver
 * @first_us: when the first one came, by the trace's clock
 * @last_us: when the last one came
 * @longest_us: from one to the next
 * @timeout_s: asked of the driver meanwhile; -1: not asked
 * @timeout_err: what the driver said to that, 0 or a negative error number
 * @stopped: disarmed meanwhile, so often
 * @by: name of the process that gave the last one
 */
struct observed_dog {
	int keepalives;
	int failed;
	uint64_t first_us;
	uint64_t last_us;
	uint64_t longest_us;
	int64_t timeout_s;
	int timeout_err;
	int stopped;
	char by[40];
};

/**
 * struct observed - what was seen
 * @asked: --observe was given
 * @seconds: for so long
 * @problem: why nothing can be told; "" if it can
 * @interrupted: by a signal, before the time was over
 * @dog: by the number of the watchdog
 */
struct observed {
	bool asked;
	unsigned int seconds;
	char problem[200];
	bool interrupted;
	struct observed_dog dog[OBSERVED_MAX];
};

void observed_init(struct observed *observed);
void observe_parse(const char *text, size_t len, struct observed *observed);
void observe(const char *root, unsigned int seconds, struct observed *observed);

#endif /* PUG_CHECK_OBSERVE_H */
