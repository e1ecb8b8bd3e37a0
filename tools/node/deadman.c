// SPDX-License-Identifier: GPL-2.0
/*
 * Undoes what a run has done to the machine, should the run hang or die.
 *
 * A frozen file system stays frozen when the process that froze it is gone, and
 * then everything that writes to it hangs, for ever. So a second process, which
 * touches no file, waits for the first one to end: in good order, by any other
 * way, or not in time. It thaws, and disarms the watchdog.
 */
#include <errno.h>
#include <linux/fs.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler.h"
#include "deadman.h"
#include "pace.h"
#include "num.h"
#include "wdev.h"

static void thaw(const int *mount_fds, int n_mounts)
{
	int i;

	for (i = 0; i < n_mounts; i++)
		ioctl(mount_fds[i], FITHAW, 0);
}

/* Return: true if the run has ended in good order. */
static bool wait_for_run(int fd, uint64_t seconds)
{
	struct pollfd in = { .fd = fd, .events = POLLIN };
	uint64_t end = pace_now() + seconds * NSEC_PER_SEC;
	char byte;

	for (;;) {
		uint64_t now = pace_now();
		int rc;

		if (now >= end)
			return false;
		/* at most a minute at once: what poll(2) takes has a limit */
		rc = poll(&in, 1, end - now > 60 * NSEC_PER_SEC ? 60000 :
			  (int)((end - now) / NSEC_PER_MSEC) + 1);
		if (rc > 0)
			return read(fd, &byte, 1) == 1;
		if (rc < 0 && errno != EINTR)
			return false;
	}
}

static __noreturn void wait_and_undo(pid_t parent, int fd, uint64_t seconds,
				     int watchdog_fd, const int *mount_fds,
				     int n_mounts)
{
	mlockall(MCL_CURRENT);
	if (wait_for_run(fd, seconds))
		_exit(0);
	thaw(mount_fds, n_mounts);
	wdev_magic(watchdog_fd);
	/* the device is closed when both of us are gone */
	if (getppid() == parent)
		kill(parent, SIGKILL);
	_exit(1);
}

/**
 * deadman_start() - from now on somebody waits for us to end
 * @man: the result
 * @seconds: it waits so long at most
 * @watchdog_fd: the armed device
 * @mount_fds: file systems that may be frozen
 * @n_mounts: how many
 *
 * Return: 0 or a negative error number.
 */
int deadman_start(struct deadman *man, uint64_t seconds, int watchdog_fd,
		  const int *mount_fds, int n_mounts)
{
	pid_t parent = getpid();
	int ends[2];

	if (pipe(ends))
		return -errno;
	man->pid = fork();
	if (man->pid < 0) {
		close(ends[0]);
		close(ends[1]);
		return -errno;
	}
	if (man->pid) {
		close(ends[0]);
		man->pipe = ends[1];
		return 0;
	}
	close(ends[1]);
	wait_and_undo(parent, ends[0], seconds, watchdog_fd, mount_fds,
		      n_mounts);
}

/**
 * deadman_stop() - all is in good order again
 * @man: who waits
 *
 * It has closed its descriptor of the watchdog when this returns: only then does
 * our own close(2) disarm.
 */
void deadman_stop(struct deadman *man)
{
	if (man->pid <= 0)
		return;
	(void)!write(man->pipe, "", 1);
	close(man->pipe);
	waitpid(man->pid, NULL, 0);
	man->pid = 0;
}
