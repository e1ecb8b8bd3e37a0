/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_DRILL_RUN_H
#define PUG_DRILL_RUN_H

#include "drill.h"
#include "host.h"

/**
 * struct drill_run - drills to be played
 * @host: runs them
 * @drill: as asked
 * @repeat: so many times
 * @out: folder of all of them
 * @json: file for the results, NULL for none, "-" for standard output
 */
struct drill_run {
	const struct host *host;
	const struct drill *drill;
	unsigned int repeat;
	char *out;
	const char *json;
};

int drill_run(struct drill_run *run);

#endif
