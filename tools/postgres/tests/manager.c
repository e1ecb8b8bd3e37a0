// SPDX-License-Identifier: GPL-2.0
/*
 * Plays systemd for a service with WatchdogSec: takes notifications, writes each
 * down with its time and its sender as the kernel knows them, and says when it
 * would have fired. It kills nobody.
 *
 * usage: manager SOCKET USEC LOG
 *
 * SOCKET is a path, or @name. A line of LOG is MILLISECONDS WORD REST:
 *   notify PID UID TEXT	a datagram, its newlines as |
 *   fired			no WATCHDOG=1 for the interval; armed again by the next
 * As in systemd's src/core/service.c: WATCHDOG=1 arms it, WATCHDOG_USEC changes
 * the interval and arms it, STOPPING=1 ends it.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "notify.h"

static int64_t interval_us;
static int64_t deadline_us;		/* 0: not armed */

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void take_line(const char *line, int64_t now)
{
	if (!strcmp(line, "WATCHDOG=1")) {
		deadline_us = now + interval_us;
	} else if (!strncmp(line, "WATCHDOG_USEC=", 14)) {
		interval_us = strtoll(line + 14, NULL, 10);
		deadline_us = now + interval_us;
	} else if (!strcmp(line, "STOPPING=1")) {
		deadline_us = 0;
	}
}

static int receive(int fd, FILE *log)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	char text[1024], *line, *rest;
	struct iovec iov = { .iov_base = text, .iov_len = sizeof(text) - 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct ucred who = { .pid = -1 };
	struct cmsghdr *cmsg;
	int64_t now;
	ssize_t len;

	len = recvmsg(fd, &msg, 0);
	if (len < 0)
		return -errno;
	now = now_us();
	text[len] = '\0';
	for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg))
		if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_CREDENTIALS)
			memcpy(&who, CMSG_DATA(cmsg), sizeof(who));
	fprintf(log, "%" PRId64 " notify %d %u ", now / 1000, who.pid, who.uid);
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		fprintf(log, "%s|", line);
		take_line(line, now);
	}
	fprintf(log, "\n");
	return 0;
}

static int serve(int fd, FILE *log)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	for (;;) {
		int64_t left = deadline_us - now_us();
		int ret;

		ret = poll(&pfd, 1, !deadline_us ? -1 : left > 0 ? (int)((left + 999) / 1000) : 0);
		if (ret < 0 && errno != EINTR)
			return -errno;
		/* What has come in time counts, also if we are late to read it */
		if (ret > 0) {
			ret = receive(fd, log);
			if (ret)
				return ret;
			continue;
		}
		if (deadline_us && now_us() >= deadline_us) {
			fprintf(log, "%" PRId64 " fired\n", now_us() / 1000);
			deadline_us = 0;
		}
	}
}

static int listen_on(const char *path)
{
	struct notify address;
	int fd, on = 1;

	if (notify_address(&address, path))
		return -EINVAL;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&address.to, address.len) ||
	    (path[0] == '/' && chmod(path, 0666))) {
		int ret = -errno;

		close(fd);
		return ret;
	}
	return fd;
}

int main(int argc, char **argv)
{
	FILE *log;
	int fd, ret;

	if (argc != 4) {
		fprintf(stderr, "usage: manager SOCKET USEC LOG\n");
		return 2;
	}
	interval_us = strtoll(argv[2], NULL, 10);
	fd = listen_on(argv[1]);
	if (fd < 0) {
		fprintf(stderr, "manager: cannot listen on %s: %s\n", argv[1], strerror(-fd));
		return 1;
	}
	log = fopen(argv[3], "we");
	if (!log) {
		perror(argv[3]);
		return 1;
	}
	setvbuf(log, NULL, _IOLBF, 0);
	ret = serve(fd, log);
	fprintf(stderr, "manager: %s\n", strerror(-ret));
	return 1;
}
