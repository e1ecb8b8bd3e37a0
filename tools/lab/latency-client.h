/* SPDX-License-Identifier: GPL-2.0 */
/* The process that switches, asks and commits, of pug drill commit-latency. */
#ifndef PUG_LATENCY_CLIENT_H
#define PUG_LATENCY_CLIENT_H

#include <stdbool.h>

#include "drill.h"

/* So long a setting may take until it is seen */
#define LATENCY_TAKE_S 120

/**
 * struct latency_client - a round to be measured; blocks, so in a process of its own
 * @dsn: of the leader
 * @api: URL of its Patroni
 * @path: of rounds.jsonl
 * @sync: the setting
 * @beside: to be compared with
 * @seconds: of commits
 */
struct latency_client {
	const char *dsn;
	const char *api;
	const char *path;
	enum drill_sync sync;
	bool beside;
	unsigned int seconds;
};

int latency_client_begin(void *client);
int latency_client_round(void *client);

#endif
