// SPDX-License-Identifier: GPL-2.0
/*
 * Not libsystemd's sd_notify(): it blocks in sendmsg() where the manager's queue
 * is full, opens a socket each time, and sd_watchdog_enabled() says no in every
 * process but the one whose pid is in WATCHDOG_PID, which a worker never is.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "notify.h"

#define USEC_MIN	100000u			/* 100 ms; below it is a slip of the pen */
#define USEC_MAX	(UINT64_MAX / 4)

/* Digits only: no sign, no space */
static bool parse_number(const char *text, uint64_t max, uint64_t *value)
{
	uint64_t v = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		if (v > (max - (uint64_t)(*text - '0')) / 10)
			return false;
		v = v * 10 + (uint64_t)(*text - '0');
	}
	*value = v;
	return true;
}

/**
 * notify_address - parse NOTIFY_SOCKET
 * @notify: where the address goes
 * @path: an absolute path, or a name in the abstract namespace behind an @
 *
 * Return: 0, or -EINVAL where it is neither or too long.
 */
int notify_address(struct notify *notify, const char *path)
{
	size_t len = strlen(path);

	if ((path[0] != '/' && path[0] != '@') || len < 2 || len >= sizeof(notify->to.sun_path))
		return -EINVAL;
	memset(&notify->to, 0, sizeof(notify->to));
	notify->to.sun_family = AF_UNIX;
	memcpy(notify->to.sun_path, path, len);
	/* An abstract name is as long as the address says, without a NUL */
	notify->len = offsetof(struct sockaddr_un, sun_path) + len + 1;
	if (path[0] == '@') {
		notify->to.sun_path[0] = '\0';
		notify->len--;
	}
	return 0;
}

/**
 * notify_setup - is a watchdog wanted of us, and how often?
 * @notify: set up if so
 * @path: NOTIFY_SOCKET or NULL
 * @usec: WATCHDOG_USEC or NULL
 * @pid: WATCHDOG_PID or NULL, where any process may do
 * @self: the process that @pid has to be: the postmaster
 * @why: set to what is missing
 *
 * Return: 0, or -ENOENT where nobody wants notifications, -ESRCH where they are
 * wanted of another process, -EINVAL where a value is malformed.
 */
int notify_setup(struct notify *notify, const char *path, const char *usec, const char *pid,
		 pid_t self, const char **why)
{
	uint64_t number;

	notify->fd = -1;
	if (!path || !*path) {
		*why = "NOTIFY_SOCKET is not set: no service manager waits for us";
		return -ENOENT;
	}
	if (!usec || !*usec) {
		*why = "WATCHDOG_USEC is not set: the unit has no WatchdogSec";
		return -ENOENT;
	}
	if (!parse_number(usec, USEC_MAX, &notify->usec) || notify->usec < USEC_MIN) {
		*why = "WATCHDOG_USEC is not a number of microseconds from 100000";
		return -EINVAL;
	}
	if (notify_address(notify, path)) {
		*why = "NOTIFY_SOCKET is neither an absolute path nor @name, or too long";
		return -EINVAL;
	}
	if (!pid || !*pid)
		return 0;
	if (!parse_number(pid, INT32_MAX, &number)) {
		*why = "WATCHDOG_PID is not a process id";
		return -EINVAL;
	}
	if ((pid_t)number != self) {
		*why = "WATCHDOG_PID is another process: it is not this postmaster that is watched";
		return -ESRCH;
	}
	return 0;
}

/**
 * notify_send - send one notification
 * @notify: where to
 * @text: VARIABLE=VALUE lines
 *
 * Never waits. The kernel adds our pid, by which the manager knows us.
 *
 * Return: 0, or a negative errno; -EAGAIN where the manager's queue is full.
 */
int notify_send(struct notify *notify, const char *text)
{
	ssize_t sent;

	if (notify->fd < 0) {
		notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (notify->fd < 0)
			return -errno;
	}
	do {
		sent = sendto(notify->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
			      (const struct sockaddr *)&notify->to, notify->len);
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}
