/* SPDX-License-Identifier: GPL-2.0 */
/* Processes that ask, each one thing, for one decision. */
#ifndef PUG_FENCE_WORKER_H
#define PUG_FENCE_WORKER_H

#include <sys/types.h>

#include "config.h"

enum worker_kind { WORKER_OWN, WORKER_API, WORKER_VM, WORKER_WITNESS, WORKER_PING };

enum shot { SHOT_NONE, SHOT_DONE, SHOT_FAILED };

/**
 * struct report - what a worker has found out
 * @fact: enum api_fact, vm_fact or ping_fact, by the worker's kind
 * @shot: a stop was ordered, and how that went
 * @ended_ms: when the answer was there
 * @timeline: of our own PostgreSQL
 * @sysid: and its system identifier
 * @why: in words
 */
struct report {
	unsigned int fact;
	enum shot shot;
	uint64_t ended_ms;
	uint64_t timeline;
	char sysid[32];
	char why[256];
};

/**
 * struct worker - one that runs
 * @kind: what it asks
 * @member: about whom, an index
 * @pid: the process, 0 if there is none
 * @fd: reports come from here, a byte written orders to shoot
 */
struct worker {
	enum worker_kind kind;
	int member;
	pid_t pid;
	int fd;
};

int worker_start(const struct config *config, struct worker *worker, const char *sysid,
		 uint64_t until_ms);
int worker_read(struct worker *worker, struct report *report);
int worker_shoot(struct worker *worker);
void worker_end(struct worker *worker);

#endif /* PUG_FENCE_WORKER_H */
