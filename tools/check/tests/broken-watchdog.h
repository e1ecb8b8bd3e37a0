/* SPDX-License-Identifier: GPL-2.0 */
/* What ld --wrap makes of four functions: the libc's, and what is called instead */
#ifndef PUG_BROKEN_WATCHDOG_H
#define PUG_BROKEN_WATCHDOG_H

#include <sys/types.h>

int __real_open(const char *path, int flags, ...);
int __real_ioctl(int fd, unsigned long request, void *arg);
ssize_t __real_write(int fd, const void *text, size_t len);
int __real_close(int fd);

int __wrap_open(const char *path, int flags, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
ssize_t __wrap_write(int fd, const void *text, size_t len);
int __wrap_close(int fd);

#endif /* PUG_BROKEN_WATCHDOG_H */
