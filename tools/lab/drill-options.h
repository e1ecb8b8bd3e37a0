/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_DRILL_OPTIONS_H
#define PUG_DRILL_OPTIONS_H

#include <argp.h>
#include <stdbool.h>

#include "drill.h"

/**
 * struct drill_options - a drill as somebody asks for it
 * @drill: complete once all was read
 * @command: freeze-leader, hang-postgres, or what else there may be
 * @practice: its cluster is to be there, and no drill
 * @other: it is something else
 * @inventory: namely somebody's own cluster, of which only the freeze's length is said
 * @mode_given: not left to the defaults, as all below
 * @dog_given: the watchdog
 * @fault_given: the fault
 * @freeze_given: its length
 * @any_given: some option says what is drilled
 */
struct drill_options {
	struct drill drill;
	const char *command;
	bool practice;
	bool other;
	bool inventory;
	bool mode_given;
	bool dog_given;
	bool fault_given;
	bool freeze_given;
	bool any_given;
};

/* Its input is a struct drill_options */
extern const struct argp drill_argp;

void drill_options_init(struct drill_options *o);
void drill_options_read(struct drill_options *o, int argc, char **argv);

#endif
