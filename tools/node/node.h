/* SPDX-License-Identifier: GPL-2.0 */
/* What the subcommands of pug-node share. */
#ifndef PUG_NODE_H
#define PUG_NODE_H

#include <stddef.h>

/* Exit statuses, documented in each --help and in pug-node(8). */
#define NODE_OK		0	/* done, or the answer is yes */
#define NODE_NEGATIVE	1	/* it was tried and failed, or the answer is no */
#define NODE_USAGE	2	/* wrong usage, or it could not be tried */
#define NODE_CANNOT_TELL 3	/* there is no answer, and that is the answer */

#define NODE_EXIT_DOC(ok, negative, could_not)				\
	"Exit status:\n"						\
	"  0  " ok "\n"							\
	"  1  " negative "\n"						\
	"  2  wrong usage, or it could not be tried: " could_not

/* argp keys of options that have no short form */
enum node_option {
	OPT_JSON = 0x100,
	OPT_TIMEOUT,
	OPT_INTERVAL,
	OPT_PRETIMEOUT,
	OPT_REALTIME,
	OPT_VERBOSE,
	OPT_COUNT,
	OPT_CHECK,
	OPT_MSECS,
	OPT_TOUCH,
	OPT_DELAY_MS,
	OPT_YES_FREEZE,
	OPT_OUT,
	OPT_INTERVAL_MS,
	OPT_PATRONI,
	OPT_TTL,
	OPT_LOOP_WAIT,
	OPT_SAFETY_MARGIN,
	OPT_MODE,
	OPT_DEVICE,
	OPT_USER,
	OPT_OBSERVE,
	OPT_ROOT,
	OPT_TO,
};

/**
 * struct node_command - a subcommand
 * @name: as typed
 * @summary: one line for `pug-node --help`
 * @run: gets argv[0] = "pug-node NAME"; returns the exit status
 */
struct node_command {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
};

int cmd_list(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_keepalive(int argc, char **argv);
int cmd_freeze(int argc, char **argv);
int cmd_canary(int argc, char **argv);
int cmd_mark(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_last_reboot(int argc, char **argv);
int cmd_beacon(int argc, char **argv);

#endif /* PUG_NODE_H */
