/* SPDX-License-Identifier: GPL-2.0 */
/* Commands on a member of somebody's cluster, over ssh. */
#ifndef PUG_REMOTE_H
#define PUG_REMOTE_H

#include <stdbool.h>
#include <sys/types.h>

#include "inventory.h"

#define REMOTE_MAX 65536

/**
 * struct remote_answer - what came of a command
 * @status: its exit status; 255 is ssh's own, -1: no end in time, or it could not be run
 * @out: its standard output, NUL bytes as blanks, without newlines at the end
 * @err: the first words of its standard error
 */
struct remote_answer {
	int status;
	char *out;
	char err[256];
};

/**
 * struct remote_command - a command on a member
 * @member: where
 * @become: it wants root
 * @words: its arguments, NULL at the end; no shell expands them
 */
struct remote_command {
	const struct inventory_member *member;
	bool become;
	const char * const *words;
};

char *remote_line(const struct remote_command *command);
void remote_run(const struct inventory *inv, const struct remote_command *command, double seconds,
		struct remote_answer *answer);
void remote_free(struct remote_answer *answer);
pid_t remote_start(const struct inventory *inv, const struct remote_command *command,
		   const char *dir, const char *log);

#endif
