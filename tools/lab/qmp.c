// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "qmp.h"
#include "util.h"

/* The greatest answer that the lab asks for has a few hundred bytes */
#define QMP_LINE_MAX (1 << 20)

static void log_message(struct qmp *qmp, const char *from, json_t *msg)
{
	json_t *line;

	if (!qmp->log)
		return;
	line = json_pack("{s:f s:s s:O}", "host_s", now_s(), "from", from, "msg", msg);
	json_dumpf(line, qmp->log, JSON_COMPACT);
	fputc('\n', qmp->log);
	fflush(qmp->log);
	json_decref(line);
}

static int take_line(struct qmp *qmp, const char *line, size_t len, const char **why)
{
	json_error_t error;
	json_t *msg = json_loadb(line, len, 0, &error);

	if (!json_is_object(msg)) {
		json_decref(msg);
		*why = "QEMU sent a line over QMP that is no JSON object";
		return -1;
	}
	log_message(qmp, "qemu", msg);
	if (qmp->on_message)
		qmp->on_message(qmp, msg, qmp->data);
	json_decref(msg);
	return 0;
}

static int take_lines(struct qmp *qmp, const char **why)
{
	size_t start = 0;
	char *end;

	while ((end = memchr(qmp->buf + start, '\n', qmp->len - start))) {
		size_t stop = end - qmp->buf;
		size_t len = stop - start;

		if (len && qmp->buf[stop - 1] == '\r')
			len--;
		if (len && take_line(qmp, qmp->buf + start, len, why))
			return -1;
		start = stop + 1;
	}
	memmove(qmp->buf, qmp->buf + start, qmp->len - start);
	qmp->len -= start;
	return 0;
}

/**
 * qmp_feed() - bytes that came from QEMU
 * @qmp: gets them; complete lines are logged and handed to @on_message
 * @bytes: any
 * @len: how many
 * @why: on error what is wrong, a sentence
 *
 * Return: 0, or -1 when this is no QMP.
 */
int qmp_feed(struct qmp *qmp, const char *bytes, size_t len, const char **why)
{
	if (qmp->len + len > QMP_LINE_MAX) {
		*why = "QEMU sent an endless line over QMP";
		return -1;
	}
	if (qmp->len + len > qmp->cap) {
		qmp->cap = qmp->len + len + 4096;
		qmp->buf = xrealloc(qmp->buf, qmp->cap);
	}
	if (len)
		memcpy(qmp->buf + qmp->len, bytes, len);
	qmp->len += len;
	return qmp->len ? take_lines(qmp, why) : 0;
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct qmp *qmp = data;
	const char *why = "QEMU closed the QMP connection";
	char bytes[4096];
	ssize_t len = read(fd, bytes, sizeof(bytes));

	(void)source;
	(void)revents;
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (len > 0 && !qmp_feed(qmp, bytes, len, &why))
		return 0;
	qmp->source = sd_event_source_disable_unref(qmp->source);
	qmp->on_close(qmp, why, qmp->data);
	return 0;
}

/**
 * qmp_open() - speak QMP on a connected socket
 * @qmp: its callbacks and @data are set
 * @loop: serves it
 * @fd: taken over
 * @log: gets every message; not taken over
 *
 * Return: 0, or a negative errno.
 */
int qmp_open(struct qmp *qmp, sd_event *loop, int fd, FILE *log)
{
	qmp->fd = fd;
	qmp->log = log;
	return sd_event_add_io(loop, &qmp->source, fd, EPOLLIN, on_readable, qmp);
}

/**
 * qmp_close() - end the connection
 * @qmp: may be sent no more; harmless a second time
 */
void qmp_close(struct qmp *qmp)
{
	qmp->source = sd_event_source_disable_unref(qmp->source);
	if (qmp->fd >= 0)
		close(qmp->fd);
	qmp->fd = -1;
	free(qmp->buf);
	qmp->buf = NULL;
	qmp->len = 0;
	qmp->cap = 0;
}

/**
 * qmp_migration() - what a migration is to do: for migrate-set-capabilities
 * @ignore_shared: memory that is a shared file is not written, or is there already
 *
 * Return: the arguments, a new object. How far it is comes as events.
 */
json_t *qmp_migration(bool ignore_shared)
{
	return json_pack("{s:[{s:s s:b}{s:s s:b}]}", "capabilities",
			 "capability", "x-ignore-shared", "state", ignore_shared,
			 "capability", "events", "state", 1);
}

/**
 * qmp_send() - send a command and log it
 * @qmp: open
 * @id: comes back with the answer
 * @command: QMP's name
 * @arguments: reference taken over, NULL for none
 *
 * Commands are small beside a socket's buffer; one that does not fit means that
 * QEMU no longer reads.
 *
 * Return: 0, or a negative errno.
 */
int qmp_send(struct qmp *qmp, const char *id, const char *command, json_t *arguments)
{
	json_t *msg = json_pack("{s:s s:s}", "execute", command, "id", id);
	char *text;
	ssize_t sent;
	size_t len;

	if (arguments)
		json_object_set_new(msg, "arguments", arguments);
	text = json_dumps(msg, JSON_COMPACT);
	len = strlen(text);
	text[len++] = '\n';
	/* Logged first, so that no answer can stand before its question */
	log_message(qmp, "lab", msg);
	sent = send(qmp->fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	json_decref(msg);
	free(text);
	if (sent < 0)
		return -errno;
	return (size_t)sent == len ? 0 : -EAGAIN;
}
