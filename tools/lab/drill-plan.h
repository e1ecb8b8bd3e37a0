/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_DRILL_PLAN_H
#define PUG_DRILL_PLAN_H

#include <stddef.h>
#include <stdio.h>

#include "drill.h"

/**
 * struct plan_row - a line of a plan of drills
 * @group: the heading above it, "" for none
 * @words: as written, less "Nx"
 * @name: of its folders: @words, in letters that every file system takes
 * @drill: what the words mean
 * @repeat: how often it is played
 */
struct plan_row {
	char *group;
	char *words;
	char *name;
	struct drill drill;
	unsigned int repeat;
};

/**
 * struct drill_plan - drills, one after another
 * @rows: in their order
 * @n: how many
 */
struct drill_plan {
	struct plan_row *rows;
	size_t n;
};

int drill_plan_open(struct drill_plan *plan, const char *name);
void drill_plan_read(struct drill_plan *plan, FILE *in, const char *name);
void drill_plan_print(const struct drill_plan *plan, FILE *out);
void drill_plan_free(struct drill_plan *plan);

#endif
