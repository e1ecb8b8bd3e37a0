/* SPDX-License-Identifier: GPL-2.0 */
/* Undoes what a run has done to the machine, should the run hang or die. */
#ifndef PUG_DEADMAN_H
#define PUG_DEADMAN_H

#include <stdint.h>
#include <sys/types.h>

/**
 * struct deadman - a process that waits
 * @pid: the process; 0: none
 * @pipe: its end is how it hears of us
 */
struct deadman {
	pid_t pid;
	int pipe;
};

int deadman_start(struct deadman *man, uint64_t seconds, int watchdog_fd,
		  const int *mount_fds, int n_mounts);
void deadman_stop(struct deadman *man);

#endif /* PUG_DEADMAN_H */
