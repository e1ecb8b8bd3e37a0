/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_FENCE_COMMAND_H
#define PUG_FENCE_COMMAND_H

#include <argp.h>

#include "config.h"

/* Exit status of pre-promote is 0 or 1; of the others, as plug-ins have them. */
#define EXIT_PROMOTE	0
#define EXIT_NO		1
#define EXIT_USAGE	2

int cmd_pre_promote(int argc, char **argv);
int cmd_note_role(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_confirm(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_table(int argc, char **argv);
int cmd_agent(int argc, char **argv);

error_t command_option(int key, char *arg, struct argp_state *state, const char **path);

#define COMMAND_CONFIG { "config", 'c', "FILE", 0, "Configuration (default " CONFIG_DEFAULT ")", 0 }

#endif /* PUG_FENCE_COMMAND_H */
