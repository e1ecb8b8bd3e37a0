/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_GLANCE_H
#define PUG_GLANCE_H

#include <stdint.h>
#include <sys/types.h>

/**
 * struct glance - what a running guest was heard of last, for people
 * @ns: virtual time of that, -1 where nothing was heard
 * @last: event
 * @size: of the files that were looked at, when they were
 */
struct glance {
	int64_t ns;
	char last[48];
	off_t size[2];
};

void glance_reset(struct glance *g);
void glance_look(struct glance *g, const char *dir);
void glance_note(struct glance *g, const char *event);
char *glance_tail(const char *path);

#endif
