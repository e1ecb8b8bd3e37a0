/* SPDX-License-Identifier: GPL-2.0 */
/* Which processes hold a device open. */
#ifndef PUG_HOLDER_H
#define PUG_HOLDER_H

#include <stdbool.h>
#include <sys/types.h>

#define HOLDERS_MAX	8

/**
 * struct holder - a process that holds the device open
 * @pid: its number
 * @command: its command line, else its name in brackets; cut to fit
 */
struct holder {
	pid_t pid;
	char command[128];
};

/**
 * struct holders - all of them, as far as can be seen
 * @list: the first ones found
 * @n: how many are in @list
 * @complete: every process could be looked into; if not, there may be more
 */
struct holders {
	struct holder list[HOLDERS_MAX];
	int n;
	bool complete;
};

void holders_find(const char *root, const dev_t *devs, int n_devs,
		  struct holders *holders);
void holders_describe(const struct holders *holders, char *text, size_t size);

#endif /* PUG_HOLDER_H */
