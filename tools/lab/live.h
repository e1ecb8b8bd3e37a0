/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_LIVE_H
#define PUG_LIVE_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

#include "compiler.h"

/* How standard error shows what goes on: --progress */
enum progress {
	PROGRESS_AUTO,		/* live on a terminal that can, else lines */
	PROGRESS_LIVE,		/* a block that is drawn again and again, below the lines */
	PROGRESS_LINES,		/* a line for each end */
	PROGRESS_OFF,
};

#define PROGRESS_HELP "How standard error shows what goes on: auto, live, lines, off (default auto)"

/**
 * struct live_row - something that goes on
 * @name: of it
 * @stage: where it stands, a word or two
 * @seconds: on its clock, less than 0 where that is not known
 * @last: what came of it last; may be from a guest
 */
struct live_row {
	const char *name;
	const char *stage;
	double seconds;
	const char *last;
};

#define LIVE_ROWS_MAX 256

enum progress live_progress(const struct argp_state *state, const char *text);
int live_begin(enum progress progress);
bool live_is_on(void);
void live_line(const char *fmt, ...) __printf(1, 2);
void live_show(const char *head, bool bad, const struct live_row *rows, size_t n);
void live_clear(void);

#endif
