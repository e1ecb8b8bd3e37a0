/* SPDX-License-Identifier: GPL-2.0 */
/* An open watchdog device: the kernel's ioctls, one function each. */
#ifndef PUG_WDEV_H
#define PUG_WDEV_H

#include <linux/watchdog.h>

int wdev_open(const char *path);
int wdev_support(int fd, struct watchdog_info *info);
int wdev_set_timeout(int fd, int *seconds);
int wdev_get_timeout(int fd, int *seconds);
int wdev_set_pretimeout(int fd, int seconds);
int wdev_get_pretimeout(int fd, int *seconds);
int wdev_get_bootstatus(int fd, int *flags);
int wdev_ping(int fd);
int wdev_magic(int fd);

#endif /* PUG_WDEV_H */
