/* SPDX-License-Identifier: GPL-2.0 */
/* What a watchdog is worth against a fault, in one mark; and a record of such marks. */
#ifndef PUG_PROTECTION_H
#define PUG_PROTECTION_H

#include "report.h"

/* From good to bad: where cells of several kernels or clocks meet the worst stays */
enum mark {
	MARK_NONE,		/* no such cell */
	MARK_NOT_RUN,
	MARK_QUIET,
	MARK_IN_TIME,
	MARK_STAYS_DEAD,
	MARK_FED,
	MARK_LATE,
	MARK_NO_EFFECT,
	MARK_NEVER,
	MARK_HEALTHY,
	MARK_ERROR,
	MARK_NR
};

/**
 * struct record - cells that were run at some time, and what came of each
 * @json: all of it
 * @run: the same, to be asked
 * @why: what is wrong with it, "" where nothing is
 */
struct record {
	json_t *json;
	struct run run;
	char why[512];
};

enum mark mark_of(const struct result *result);
const char *mark_word(enum mark mark);
const char *mark_meaning(enum mark mark);

json_t *record_make(char * const *paths, size_t n, const char *date, char *why, size_t len);
int record_read(struct record *record, json_t *json);
void record_free(struct record *record);
const char *record_time(const struct record *record, const struct result *result);
void protection_rst(const struct record *record, FILE *out);

/* What ships with the program: Documentation/protection.json */
extern const char protection_record[];

#endif
