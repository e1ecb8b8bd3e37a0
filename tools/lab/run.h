/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_RUN_H
#define PUG_RUN_H

#include <stdbool.h>

#include "expect.h"
#include "live.h"
#include "vm.h"

/**
 * struct result - a cell and what came of it
 * @cell: asked
 * @guest: boots in it
 * @expected: by the sources
 * @seen: by the evidence
 * @met: both agree
 * @not_run: why it can't run here, NULL where it can
 * @begun: the cell was started
 * @ended: and has ended, or could not be started
 * @wall_s: on the host, from spawn to verdict
 * @dir: the cell's folder
 * @lock: holds it where @out is shared, -1 where it does not
 */
struct result {
	struct cell cell;
	const struct guest *guest;
	struct expectation expected;
	struct verdict seen;
	bool met;
	const char *not_run;
	bool begun;
	bool ended;
	double wall_s;
	char *dir;
	int lock;
};

/**
 * struct run - cells to be run, and what came of them
 * @host: they run on
 * @results: one a cell
 * @n: how many
 * @jobs: at most so many VMs at once
 * @out: folder of the run
 * @fork: cells are forks of warm guests
 * @shared: others may run other cells into @out at the same time
 * @list: cells_key() of all cells that were asked for, of which these may be some;
 *	"" where that was not known when the first of them ran
 * @list_n: how many those are
 * @deadline_s: wall time for a cell, 0 for the lab's own choice
 * @interrupted: by a signal; what had not begun did not run
 * @began_s: host time of the start
 * @wall_s: of the whole run
 * @cells_s: of it, from the first cell's start to the last one's verdict
 * @on_result: called as each cell ends
 * @on_note: called with what else is worth a line
 * @on_tick: called five times a second with what runs; NULL where nobody looks
 * @data: for them
 */
struct run {
	const struct host *host;
	struct result *results;
	size_t n;
	unsigned int jobs;
	char *out;
	bool fork;
	bool shared;
	char list[CELLS_KEY_LEN];
	size_t list_n;
	double deadline_s;
	bool interrupted;
	double began_s;
	double wall_s;
	double cells_s;
	void (*on_result)(struct run *run, struct result *result, size_t done, void *data);
	void (*on_note)(struct run *run, const char *note, void *data);
	void (*on_tick)(struct run *run, const struct live_row *rows, size_t n, void *data);
	void *data;
};

int run_cells(struct run *run);
int result_derive(struct result *result, const char *dir);
json_t *expectation_to_json(const struct expectation *e);
json_t *result_to_json(const struct result *result);

#endif
