/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_CELLS_ARGS_H
#define PUG_CELLS_ARGS_H

#include <argp.h>

#include "plan.h"

/**
 * struct cells_options - which cells, as given on the command line
 * @plan: NULL and 0 where the preset's value holds
 * @preset: its name, NULL where none was given
 * @given: one of them at least was
 */
struct cells_options {
	struct plan plan;
	const char *preset;
	bool given;
};

/* For the children of a command's argp; its input is a struct cells_options */
extern const struct argp cells_argp;

int cells_make(struct cells *cells, const struct cells_options *o, bool custom);

#endif
