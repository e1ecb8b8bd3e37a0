/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_REPORT_H
#define PUG_REPORT_H

#include <stdio.h>

#include "run.h"

/**
 * struct tally - how a run ended
 * @as_expected: cells
 * @surprises: cells whose evidence can be judged and differs
 * @errors: cells that could not be judged
 * @not_run: cells that this host can't run
 */
struct tally {
	size_t as_expected;
	size_t surprises;
	size_t errors;
	size_t not_run;
};

void tally_add(struct tally *tally, const struct result *result);
struct tally report_tally(const struct run *run);
int tally_exit(const struct tally *tally);
void report_table(const struct run *run, FILE *out, bool colour);
void report_ktap(const struct run *run, FILE *out);
json_t *report_json(const struct run *run);
bool protection_wanted(const struct run *run);
void protection_table(const struct run *run, FILE *out);
void report_list(const struct run *run, FILE *out);

#endif
