/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_INVENTORY_RUN_H
#define PUG_INVENTORY_RUN_H

#include <stdbool.h>

/**
 * struct inventory_args - pug drill --inventory, as asked
 * @path: of the inventory
 * @out: folder for the evidence, NULL for a new one
 * @json: file for the result, "-" for standard output, NULL for none
 * @scope: typed beforehand, NULL where it is asked for
 * @freeze_ms: length of the freeze
 * @dry_run: the plan, and nothing else
 * @without_protection: although nothing may fence the leader
 */
struct inventory_args {
	const char *path;
	const char *out;
	const char *json;
	const char *scope;
	unsigned int freeze_ms;
	bool dry_run;
	bool without_protection;
};

int inventory_run(const struct inventory_args *args);

#endif
