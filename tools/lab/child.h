/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_CHILD_H
#define PUG_CHILD_H

#include <sys/types.h>

void child_begin(pid_t parent);
void child_settle_in(const char *dir, const char *log);

#endif
