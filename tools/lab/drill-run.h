/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_DRILL_RUN_H
#define PUG_DRILL_RUN_H

#include "drill-expect.h"
#include "host.h"

/**
 * struct drill_run - drills to be played
 * @host: runs them
 * @drill: as asked
 * @repeat: so many times, 0: as often as usual
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

/**
 * struct drill_result - a drill, what was expected and what came
 * @drill: asked
 * @expected: by the sources
 * @seen: by the evidence
 * @met: both agree
 * @wall_s: from fork to verdict, 0 unknown
 */
struct drill_result {
	struct drill drill;
	struct drill_expectation expected;
	struct drill_verdict seen;
	bool met;
	double wall_s;
};

int drill_run(struct drill_run *run);
void drill_play_one(const struct host *host, struct drill_result *result, const char *dir,
		    const char *before, bool *interrupted);
char *drill_told(const char *name, const struct drill_result *results, size_t n, size_t total);
const char *drill_nothing_expected(const struct drill *drill);
size_t drill_results_count(const struct drill_result *results, size_t n, size_t *errors);
int drill_results_status(const struct drill_result *results, size_t n);
void drill_print_head(const struct drill *drill);
void drill_print_row(const struct drill_result *r);
int drill_derive(struct drill_result *result, const char *dir, struct drill_timeline *tl);
int drill_load(struct drill_result *result, const char *dir, char *why, size_t len);
json_t *drill_result_to_json(const struct drill_result *result);
bool drill_is_folder(const char *dir);
int drill_explain(const char *dir, bool json, bool all);

#endif
