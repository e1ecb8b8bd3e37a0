/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_BOUNDARY_H
#define PUG_BOUNDARY_H

#include "run.h"

size_t boundary_middles(const struct run *run, const unsigned int *values, unsigned int within,
			unsigned int *middles);
json_t *boundary_json(const struct run *run, const unsigned int *values, const char *option,
		      const char *unit);
void boundary_print(const struct run *run, const unsigned int *values, const char *option,
		    const char *unit, FILE *out);

#endif
