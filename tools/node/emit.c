// SPDX-License-Identifier: GPL-2.0
/*
 * Output of the subcommands: lines of JSON with a stamp, or text.
 *
 * No stdio in between: what was reported before a freeze or a reset must have
 * left the process by then.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "emit.h"
#include "io.h"

#define TEXT_MAX 4096

/**
 * emit_init() - prepare an emitter on standard output
 * @em: the emitter
 * @command: name in front of messages
 * @json: lines of JSON, else text
 *
 * The ruler is left closed; ruler_open() it where stamps are wanted.
 */
void emit_init(struct emitter *em, const char *command, bool json)
{
	memset(em, 0, sizeof(*em));
	em->fd = STDOUT_FILENO;
	em->errors_fd = STDERR_FILENO;
	em->json = json;
	em->command = command;
	em->patience_ms = -1;
}

/**
 * emit_stamp() - the present moment on the ruler
 * @em: the emitter
 *
 * Return: the stamp, not known where there is no ruler.
 */
struct stamp emit_stamp(const struct emitter *em)
{
	struct stamp stamp = { 0 };

	if (!ruler_ready(&em->ruler))
		return stamp;
	stamp.known = true;
	stamp.ticks = ruler_read(&em->ruler);
	return stamp;
}

/**
 * emit_stamp_field() - add a stamp to a line
 * @line: the line
 * @key: name of the field
 * @stamp: ticks, or null where not known
 */
void emit_stamp_field(struct jsonl *line, const char *key, struct stamp stamp)
{
	if (stamp.known)
		jsonl_u64(line, key, stamp.ticks);
	else
		jsonl_null(line, key);
}

/**
 * emit_known() - add a number to a line, or null
 * @line: the line
 * @key: name of the field
 * @value: the number; negative: not known
 */
void emit_known(struct jsonl *line, const char *key, int64_t value)
{
	if (value < 0)
		jsonl_null(line, key);
	else
		jsonl_i64(line, key, value);
}

/**
 * emit_name() - add a string to a line, or null
 * @line: the line
 * @key: name of the field
 * @value: the string; "": not known
 */
void emit_name(struct jsonl *line, const char *key, const char *value)
{
	jsonl_string(line, key, *value ? value : NULL);
}

/**
 * emit_begin() - start an event's line of JSON
 * @em: the emitter
 * @event: name of the event
 * @stamp: when it happened
 *
 * Return: the line, to add fields to; emit_end() writes it.
 */
struct jsonl *emit_begin(struct emitter *em, const char *event,
			 struct stamp stamp)
{
	jsonl_begin(&em->line);
	jsonl_string(&em->line, "event", event);
	emit_stamp_field(&em->line, "hpet", stamp);
	if (em->dropped)
		jsonl_u64(&em->line, "dropped", em->dropped);
	return &em->line;
}

/* A pipe whose reader is gone counts as room: write(2) then says so. */
static bool has_room(const struct emitter *em, int fd)
{
	struct pollfd out = { .fd = fd, .events = POLLOUT };

	return em->patience_ms < 0 || poll(&out, 1, em->patience_ms);
}

static void write_out(struct emitter *em, const char *text, size_t len)
{
	int rc;

	if (!has_room(em, em->fd)) {
		em->dropped++;
		return;
	}
	em->dropped = 0;
	rc = io_write_all(em->fd, text, len);
	if (rc && !em->failed) {
		em->failed = -rc;
		emit_notice(em, "cannot write the output: %s", strerror(-rc));
	}
}

/**
 * emit_end() - write the event's line, in one write(2)
 * @em: the emitter
 */
void emit_end(struct emitter *em)
{
	size_t len = jsonl_end(&em->line);

	write_out(em, em->line.buf, len);
}

static size_t format_text(char *text, const char *format, va_list args)
{
	int n = vsnprintf(text, TEXT_MAX, format, args);

	if (n < 0)
		return 0;
	return n < TEXT_MAX ? n : TEXT_MAX - 1;
}

/**
 * emit_print() - write text to the output
 * @em: the emitter
 * @format: as printf(3) has it; nothing is added
 */
void emit_print(struct emitter *em, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list args;
	size_t len;

	va_start(args, format);
	len = format_text(text, format, args);
	va_end(args);
	write_out(em, text, len);
}

/* One write(2) for the whole message: others write to the same terminal. */
static void write_message(const struct emitter *em, char *text)
{
	char line[TEXT_MAX + 64];
	int n;

	io_clean_text(text);
	n = snprintf(line, sizeof(line), "%s: %s\n", em->command, text);
	/* a message that cannot be written has nowhere to be reported */
	if (n > 0 && has_room(em, em->errors_fd))
		(void)!write(em->errors_fd, line, n);
}

/**
 * emit_notice() - tell people something, on standard error
 * @em: the emitter
 * @format: as printf(3) has it, without the command's name and newline
 */
void emit_notice(struct emitter *em, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list args;

	va_start(args, format);
	format_text(text, format, args);
	va_end(args);
	write_message(em, text);
}

/**
 * emit_err() - report an error: on standard error, with JSON as event too
 * @em: the emitter
 * @format: as printf(3) has it, without the command's name and newline
 */
void emit_err(struct emitter *em, const char *format, ...)
{
	struct stamp now = emit_stamp(em);
	char text[TEXT_MAX];
	va_list args;

	va_start(args, format);
	format_text(text, format, args);
	va_end(args);
	if (em->json) {
		emit_begin(em, "error", now);
		jsonl_string(&em->line, "message", text);
		emit_end(em);
	}
	write_message(em, text);
}
