/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_LINES_H
#define PUG_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <systemd/sd-event.h>

#define LINES_MAX 16384

/**
 * struct lines - what comes from a socket, stamped line by line as it comes
 * @fd: read from, -1 when closed
 * @source: on the event loop
 * @log: gets {"host_s":...,"text":"..."} a line; NULL for none
 * @json: each line is JSON: the log gets {"host_s":...,"json":...}
 * @on_line: called with each line, without its end; may be NULL
 * @data: for it
 * @len: bytes of the line that has begun
 * @buf: these; a longer line is cut into several
 */
struct lines {
	int fd;
	sd_event_source *source;
	FILE *log;
	bool json;
	void (*on_line)(struct lines *lines, const char *text, void *data);
	void *data;
	size_t len;
	char buf[LINES_MAX + 1];
};

int lines_open(struct lines *lines, sd_event *loop, int fd, const char *path);
void lines_feed(struct lines *lines, const char *bytes, size_t len);
int lines_send(struct lines *lines, const char *text);
void lines_close(struct lines *lines);

#endif
