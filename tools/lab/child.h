/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_CHILD_H
#define PUG_CHILD_H

#include <stdbool.h>

#include <sys/types.h>

#include "compiler.h"

/**
 * struct child - a process that is waited for
 * @pid: its id
 * @status: as waitpid() has it, once it has ended
 */
struct child {
	pid_t pid;
	int status;
};

pid_t child_call(int (*fn)(void *data), void *data);
bool child_ended(struct child *child);
void child_begin(pid_t parent);
void child_settle_in(const char *dir, const char *log);
void child_exec(char * const argv[]) __noreturn;
bool child_runs(pid_t *pid);
void child_end(pid_t *pid);

#endif
