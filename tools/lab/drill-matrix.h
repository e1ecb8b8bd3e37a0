/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_DRILL_MATRIX_H
#define PUG_DRILL_MATRIX_H

#include "drill-run.h"

int drill_matrix(const struct drill_run *run, const char *plan);
int drill_matrix_list(const char *plan, unsigned int repeat);

#endif
