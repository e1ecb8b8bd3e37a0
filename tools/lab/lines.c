// SPDX-License-Identifier: GPL-2.0
/*
 * A guest's console, logs and agent. The host's clock at arrival is what puts
 * them in order with all the rest: the clocks of the guests are under test.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lines.h"
#include "util.h"

static void end_line(struct lines *lines)
{
	json_t *line, *value;

	if (lines->len && lines->buf[lines->len - 1] == '\r')
		lines->len--;
	lines->buf[lines->len] = '\0';
	lines->len = 0;
	if (!*lines->buf)
		return;
	if (lines->log) {
		value = lines->json ? json_loads(lines->buf, 0, NULL) : NULL;
		line = value ? json_pack("{s:f s:o}", "host_s", now_s(), "json", value) :
		       json_pack("{s:f s:o}", "host_s", now_s(), "text", json_text(lines->buf));
		json_dumpf(line, lines->log, JSON_COMPACT);
		fputc('\n', lines->log);
		fflush(lines->log);
		json_decref(line);
	}
	if (lines->on_line)
		lines->on_line(lines, lines->buf, lines->data);
}

/**
 * lines_feed() - bytes that have come
 * @lines: they belong to
 * @bytes: these; NUL bytes are passed over
 * @len: how many
 */
void lines_feed(struct lines *lines, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n' || lines->len == LINES_MAX)
			end_line(lines);
		if (bytes[i] != '\n' && bytes[i])
			lines->buf[lines->len++] = bytes[i];
	}
}

static int on_bytes(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct lines *lines = data;
	char bytes[4096];
	ssize_t len = read(fd, bytes, sizeof(bytes));

	(void)source;
	(void)revents;
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (len > 0) {
		lines_feed(lines, bytes, len);
		return 0;
	}
	end_line(lines);
	lines->source = sd_event_source_disable_unref(lines->source);
	return 0;
}

/**
 * lines_open() - begin to read
 * @lines: its @on_line and @data are set
 * @loop: serves it
 * @fd: non-blocking; closed by lines_close()
 * @path: of the log, appended to; NULL for none
 *
 * Return: 0, or a negative errno.
 */
int lines_open(struct lines *lines, sd_event *loop, int fd, const char *path)
{
	lines->fd = fd;
	lines->len = 0;
	lines->log = path ? fopen(path, "ae") : NULL;
	if (path && !lines->log)
		return -errno;
	return sd_event_add_io(loop, &lines->source, fd, EPOLLIN, on_bytes, lines);
}

/**
 * lines_send() - write a line
 * @lines: a socket
 * @text: without the line's end
 *
 * Return: 0, or a negative errno.
 */
int lines_send(struct lines *lines, const char *text)
{
	char *line = xasprintf("%s\n", text);
	ssize_t want = (ssize_t)strlen(line);
	ssize_t sent = send(lines->fd, line, want, MSG_NOSIGNAL | MSG_DONTWAIT);

	free(line);
	if (sent < 0)
		return -errno;
	return sent == want ? 0 : -EIO;
}

/**
 * lines_close() - stop reading
 * @lines: open or not
 */
void lines_close(struct lines *lines)
{
	lines->source = sd_event_source_disable_unref(lines->source);
	if (lines->log)
		fclose(lines->log);
	lines->log = NULL;
	if (lines->fd >= 0)
		close(lines->fd);
	lines->fd = -1;
}
