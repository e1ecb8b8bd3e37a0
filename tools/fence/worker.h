/* SPDX-License-Identifier: GPL-2.0 */
/* Processes that ask, each one thing, for one decision. */
#ifndef PUG_FENCE_WORKER_H
#define PUG_FENCE_WORKER_H

#include <sys/types.h>

#include "config.h"

enum worker_kind { WORKER_OWN, WORKER_API, WORKER_VM, WORKER_WITNESS, WORKER_PING };

enum shot { SHOT_NONE, SHOT_DONE, SHOT_FAILED };

/* Begins each message, so that none can be taken for another */
#define REPORT_MAGIC	0x70756752U
#define ORDER_MAGIC	0x7075674fU

/*
 * An order to stop a VM that was not begun by then is forgotten: the reason for it
 * may be gone. As long as there is one it is given again, every RETRY_SHOT_MS.
 */
#define RETRY_SHOT_MS	2000
#define ORDER_AGE_MS	3000

/**
 * struct order - stop your VM
 * @magic: ORDER_MAGIC
 * @given_ms: when that was decided
 * @until_ms: the deadline of the decision
 */
struct order {
	unsigned int magic;
	uint64_t given_ms;
	uint64_t until_ms;
};

/**
 * struct report - what a worker has found out
 * @magic: REPORT_MAGIC
 * @fact: enum api_fact, vm_fact or ping_fact, by the worker's kind
 * @shot: a stop was ordered, and how that went
 * @ended_ms: when the answer was there
 * @timeline: of our own PostgreSQL
 * @sysid: and its system identifier
 * @why: in words
 */
struct report {
	unsigned int magic;
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
 * @fd: reports come from here, orders go there
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
int worker_shoot(struct worker *worker, uint64_t until_ms);
bool worker_order_holds(const struct order *order, uint64_t now);
void worker_end(struct worker *worker);
void workers_end(struct worker *workers, unsigned int n);

#endif /* PUG_FENCE_WORKER_H */
