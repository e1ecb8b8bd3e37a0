// SPDX-License-Identifier: GPL-2.0
/*
 * pug relay: from standard input and output to a port of 127.0.0.1, and back. QEMU
 * starts one for each connection of a guest's to the hypervisor's API. Standard
 * error leads to the guest, so nothing is said there.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "command.h"

static int dial(const char *path)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	FILE *in = fopen(path, "re");
	unsigned int port = 0;
	int fd = -1;

	if (!in)
		return -1;
	if (fscanf(in, "%u", &port) == 1 && port && port < 65536)
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	fclose(in);
	addr.sin_port = htons((uint16_t)port);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Return: whether more may come that way */
static bool pass_on(int from, int to)
{
	char bytes[16384];
	ssize_t len = read(from, bytes, sizeof(bytes)), done = 0;

	if (len < 0 && errno == EINTR)
		return true;
	while (done < len) {
		ssize_t n = write(to, bytes + done, len - done);

		if (n < 0 && errno != EINTR)
			return false;
		done += n > 0 ? n : 0;
	}
	return len > 0;
}

/**
 * cmd_relay() - pug relay, for QEMU
 * @argc: of the subcommand
 * @argv: the file with the port's number
 *
 * Return: the exit status, which nobody sees.
 */
int cmd_relay(int argc, char **argv)
{
	int fd = argc == 2 ? dial(argv[1]) : -1;
	struct pollfd fds[2] = {
		{ .fd = STDIN_FILENO, .events = POLLIN }, { .fd = fd, .events = POLLIN },
	};

	if (fd < 0)
		return PUG_COULD_NOT_RUN;
	while (poll(fds, 2, -1) >= 0 || errno == EINTR) {
		/* The guest has said all: the answer may still come */
		if (fds[0].revents && !pass_on(STDIN_FILENO, fd)) {
			shutdown(fd, SHUT_WR);
			fds[0].fd = -1;
			fds[0].revents = 0;
		}
		if (fds[1].revents && !pass_on(fd, STDOUT_FILENO))
			break;
	}
	close(fd);
	return PUG_AS_EXPECTED;
}
