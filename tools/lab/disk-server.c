// SPDX-License-Identifier: GPL-2.0
/*
 * A disk behind nbdkit, so that it can fill: what QEMU gets then is what it gets of a
 * thin pool without room, ENOSPC for a write, and nothing of the guest's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "child.h"
#include "disk-server.h"
#include "util.h"

#define FULL "disk.full"
#define PIDFILE "disk.pid"

/* sd_listen_fds(3): where what is handed over begins */
#define LISTEN_FD 3

/*
 * As systemd hands over a socket. nbdkit would make --unix an absolute path, which is too
 * long for a socket in many a folder: 117 bytes of 107 in a drill's
 */
static void hand_over_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = DISK_SOCKET };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char pid[16];

	unlink(DISK_SOCKET);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(fd, SOMAXCONN) || (fd != LISTEN_FD && dup2(fd, LISTEN_FD) < 0)) {
		perror(DISK_SOCKET);
		_exit(1);
	}
	if (fd != LISTEN_FD)
		close(fd);
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
}

static void __noreturn
run_nbdkit(const char *dir, const char *plugin, const char *source, pid_t parent)
{
	/* The file's presence decides; what is written goes to a file without a name */
	char * const argv[] = {
		(char *)"nbdkit", (char *)"--foreground", (char *)"--exit-with-parent",
		(char *)"--pidfile", (char *)PIDFILE,
		(char *)"--filter=error", (char *)"--filter=cow", (char *)plugin,
		(char *)source, (char *)"error-pwrite=ENOSPC", (char *)"error-pwrite-rate=1",
		(char *)"error-pwrite-file=" FULL, (char *)"error-zero=ENOSPC",
		(char *)"error-zero-rate=1", (char *)"error-zero-file=" FULL, NULL,
	};

	child_begin(parent);
	child_settle_in(dir, DISK_STDERR);
	hand_over_socket();
	setenv("TMPDIR", dir, 1);
	child_exec(argv);
}

/**
 * disk_server_start() - have nbdkit serve a disk
 * @dir: its working folder; an absolute path
 * @plugin: of nbdkit, such as "file"
 * @source: what the plugin takes; it is only read
 *
 * Return: its pid, or a negative errno. It serves when disk_server_ready().
 */
pid_t disk_server_start(const char *dir, const char *plugin, const char *source)
{
	pid_t parent = getpid(), pid;

	fflush(NULL);
	pid = fork();
	if (!pid)
		run_nbdkit(dir, plugin, source, parent);
	return pid < 0 ? -errno : pid;
}

/**
 * disk_server_ready() - does it serve?
 * @dir: its working folder
 *
 * Return: whether.
 */
bool disk_server_ready(const char *dir)
{
	char *path = path_join(dir, PIDFILE);
	bool ready = !access(path, F_OK);

	free(path);
	return ready;
}

/**
 * disk_server_fill() - from now on there is no room on it, or there is again
 * @dir: its working folder
 * @full: which
 *
 * Return: 0, or a negative errno.
 */
int disk_server_fill(const char *dir, bool full)
{
	char *path = path_join(dir, FULL);
	int ret;

	if (full) {
		ret = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
		if (ret >= 0)
			close(ret);
	} else {
		ret = unlink(path);
	}
	free(path);
	return ret < 0 ? -errno : 0;
}
