/* SPDX-License-Identifier: GPL-2.0 */
/* Notifications to a service manager, as sd_notify(3) has them. */
#ifndef PUG_NOTIFY_H
#define PUG_NOTIFY_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

/**
 * struct notify - where notifications go, and how often one is due
 * @to: the manager's socket
 * @len: of @to
 * @fd: ours; -1: not open yet
 * @usec: the watchdog's interval
 */
struct notify {
	struct sockaddr_un to;
	socklen_t len;
	int fd;
	uint64_t usec;
};

int notify_address(struct notify *notify, const char *path);
int notify_setup(struct notify *notify, const char *path, const char *usec, const char *pid,
		 pid_t self, const char **why);
int notify_send(struct notify *notify, const char *text);

#endif /* PUG_NOTIFY_H */
