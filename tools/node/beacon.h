/* SPDX-License-Identifier: GPL-2.0 */
/* Signs of life, for a witness outside of this machine. */
#ifndef PUG_BEACON_H
#define PUG_BEACON_H

#include <stdbool.h>
#include <sys/types.h>

#include "emit.h"
#include "reset.h"

#define BEACON_INTERVAL_MS	100

/* Shared by the process that sends and the one that runs: atomic accesses only. */
struct beacon_state {
	int phase;
	int64_t keepalive_ms;
};

/**
 * struct beacon - a process that sends signs of life
 * @pid: the process; 0: none
 * @state: what it tells of
 */
struct beacon {
	pid_t pid;
	struct beacon_state *state;
};

int beacon_open(const char *where, struct emitter *em);
void beacon_send(int fd, const char *event, const struct beacon_state *state, uint64_t n,
		 const char *boot_id, const char *hostname);
int beacon_start(struct beacon *beacon, int fd, const char *boot_id,
		 const char *hostname);
void beacon_stop(struct beacon *beacon);
void beacon_send_verdict(int fd, const struct reset_evidence *ev,
			 const struct reset_verdict *verdict);

#endif /* PUG_BEACON_H */
