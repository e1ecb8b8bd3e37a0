/* SPDX-License-Identifier: GPL-2.0 */
/* A disk behind nbdkit that can be full, for a node of a drill and for a cell. */
#ifndef PUG_DISK_SERVER_H
#define PUG_DISK_SERVER_H

#include <stdbool.h>

#include <sys/types.h>

/* In the folder where QEMU and nbdkit run: a socket's path is short */
#define DISK_SOCKET "disk.sock"
#define DISK_STDERR "nbdkit.stderr"

pid_t disk_server_start(const char *dir, const char *plugin, const char *source);
bool disk_server_ready(const char *dir);
int disk_server_fill(const char *dir, bool full);

#endif
