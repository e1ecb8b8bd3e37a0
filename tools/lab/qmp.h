/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_QMP_H
#define PUG_QMP_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>
#include <systemd/sd-event.h>

/**
 * struct qmp - one QMP connection, every message logged as it passes
 * @fd: to QEMU, non-blocking
 * @log: qmp.jsonl, a line a message
 * @source: on the event loop
 * @on_message: called with each message of QEMU's; must not close the connection
 * @on_close: called once with why it ended; may call qmp_close()
 * @data: for the callbacks
 * @buf: what has come of the next line
 * @len: bytes in @buf
 * @cap: allocated
 */
struct qmp {
	int fd;
	FILE *log;
	sd_event_source *source;
	void (*on_message)(struct qmp *qmp, json_t *msg, void *data);
	void (*on_close)(struct qmp *qmp, const char *why, void *data);
	void *data;
	char *buf;
	size_t len;
	size_t cap;
};

int qmp_open(struct qmp *qmp, sd_event *loop, int fd, FILE *log);
void qmp_close(struct qmp *qmp);
json_t *qmp_migration(bool ignore_shared);
int qmp_send(struct qmp *qmp, const char *id, const char *command, json_t *arguments);
int qmp_feed(struct qmp *qmp, const char *bytes, size_t len, const char **why);

#endif
