/* SPDX-License-Identifier: GPL-2.0 */
/* Reads attributes below a root that tests can move. */
#ifndef PUG_SYSFS_H
#define PUG_SYSFS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* An attribute that is not there, cannot be read or is no number. */
#define SYSFS_UNKNOWN	(-1)

#define SYSFS_PATH_MAX	512

int sysfs_path(char *out, size_t size, const char *root, const char *dir,
	       const char *name);
ssize_t sysfs_text(const char *root, const char *dir, const char *name,
		   char *buf, size_t size);
int64_t sysfs_number(const char *root, const char *dir, const char *name);
int sysfs_link_name(const char *root, const char *dir, const char *name,
		    char *buf, size_t size);

#endif /* PUG_SYSFS_H */
