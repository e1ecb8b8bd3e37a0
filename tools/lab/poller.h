/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_POLLER_H
#define PUG_POLLER_H

#include <sys/types.h>

#include <jansson.h>

#include "lines.h"

/**
 * struct poller - a process that is heard: mostly one that asks the same again and again
 * @lines: what it heard: {"body":{...}} or {"error":"..."}, a line each; over HTTP
 *	with "http", the status
 * @pid: its id, 0 while there is none
 * @ca: file of trusted certificates, NULL for the system's
 */
struct poller {
	struct lines lines;
	pid_t pid;
	const char *ca;
};

typedef json_t *(*poller_question)(void *data);

int poller_run(struct poller *poller, sd_event *loop, void (*run)(void *data), void *data,
	       const char *path);
int poller_call(struct poller *poller, sd_event *loop, poller_question ask, void *data,
		unsigned int period_ms, const char *path);
int poller_start(struct poller *poller, sd_event *loop, const char *url, const char *post,
		 unsigned int period_ms, const char *path);
bool poller_runs(struct poller *poller);
void poller_stop(struct poller *poller);

#endif
