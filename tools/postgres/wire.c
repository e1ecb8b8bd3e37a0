// SPDX-License-Identifier: GPL-2.0
/*
 * Requests to a PostgreSQL server and its answers, protocol 3.0.
 *
 * Not libpq: that would be linked into the server's own process, where it
 * allocates without bound, resolves names, reads files in the home folder and
 * blocks in connect(). What is needed is an 8-byte request, a startup packet,
 * two queries, and to tell an answer from silence.
 *
 * SSLRequest asks whether anybody is there: on a unix socket the answer is one
 * byte, no PGPROC is taken, nobody is authenticated, and closing after it leaves
 * no line in the server's log. A server that is starting up, shutting down or
 * out of connections answers it too.
 */
#include <stdio.h>
#include <string.h>

#include "compiler.h"
#include "wire.h"

#define PROTOCOL_3	(3u << 16)
#define SSL_REQUEST	((1234u << 16) | 5679u)

static void put32(unsigned char *to, uint32_t value)
{
	to[0] = value >> 24;
	to[1] = value >> 16;
	to[2] = value >> 8;
	to[3] = value;
}

static uint32_t get32(const unsigned char *from)
{
	return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

/* Append a string with its NUL; 0 where it does not fit, or @at is 0 already */
static size_t put_string(unsigned char *to, size_t at, const char *string)
{
	size_t len = strlen(string) + 1;

	if (!at || len > WIRE_REQUEST_MAX - at)
		return 0;
	memcpy(to + at, string, len);
	return at + len;
}

/**
 * wire_hello - make an SSLRequest
 * @to: WIRE_REQUEST_MAX bytes
 *
 * Return: its length.
 */
size_t wire_hello(unsigned char *to)
{
	put32(to, 8);
	put32(to + 4, SSL_REQUEST);
	return 8;
}

/**
 * wire_login - make a StartupMessage
 * @to: WIRE_REQUEST_MAX bytes
 * @role: who logs in
 * @database: where
 *
 * synchronous_commit is local: a standby that is away is no reason to call this
 * server dead.
 *
 * Return: its length, 0 if the names are too long.
 */
size_t wire_login(unsigned char *to, const char *role, const char *database)
{
	const char * const pairs[] = {
		"user", role, "database", database,
		"application_name", "pug_watchdog", "synchronous_commit", "local",
	};
	size_t at = 8;

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		at = put_string(to, at, pairs[i]);
	at = put_string(to, at, "");
	if (!at)
		return 0;
	put32(to, at);
	put32(to + 4, PROTOCOL_3);
	return at;
}

/**
 * wire_query - make a simple Query
 * @to: WIRE_REQUEST_MAX bytes
 * @sql: the query
 *
 * Return: its length, 0 if @sql is too long.
 */
size_t wire_query(unsigned char *to, const char *sql)
{
	size_t at = put_string(to, 5, sql);

	if (!at)
		return 0;
	to[0] = 'Q';
	put32(to + 1, at - 1);
	return at;
}

/**
 * wire_expect - begin to wait for the answer to a request
 * @wire: the parser
 * @stage: what was asked; WIRE_HELLO begins a new connection
 */
void wire_expect(struct wire *wire, enum wire_stage stage)
{
	if (stage == WIRE_HELLO)
		memset(wire, 0, sizeof(*wire));
	wire->stage = stage;
	wire->row = false;
	wire->complete = false;
}

/* A server's text goes to logs and to systemctl: one line of printable bytes */
static void keep_text(struct wire *wire, const char *from, size_t len)
{
	size_t n = len < sizeof(wire->text) - 1 ? len : sizeof(wire->text) - 1;

	for (size_t i = 0; i < n; i++)
		wire->text[i] = (unsigned char)from[i] < ' ' || from[i] == 0x7f ? ' ' : from[i];
	wire->text[n] = '\0';
}

static bool is_sqlstate(const char *value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!(value[i] >= '0' && value[i] <= '9') && !(value[i] >= 'A' && value[i] <= 'Z'))
			return false;
	return len == 5;
}

/* ErrorResponse: fields of a type byte and a string; we may have only a part */
static void keep_error(struct wire *wire, size_t have)
{
	const char *body = (const char *)wire->body;

	for (size_t at = 0; at < have && body[at];) {
		const char *value = body + at + 1;
		size_t len = strnlen(value, have - at - 1);

		if (body[at] == 'C' && is_sqlstate(value, len))
			memcpy(wire->sqlstate, value, 5);
		else if (body[at] == 'M')
			keep_text(wire, value, len);
		at += len + 2;
	}
}

/* One column, and in it "1" */
static bool is_row_one(const struct wire *wire)
{
	static const unsigned char one[] = { 0, 1, 0, 0, 0, 1, '1' };

	return wire->length == sizeof(one) && !memcmp(wire->body, one, sizeof(one));
}

static enum wire_event authentication(struct wire *wire)
{
	uint32_t method;

	if (wire->length < 4)
		return WIRE_GARBAGE;
	method = get32(wire->body);
	if (!method)
		return WIRE_MORE;
	memcpy(wire->sqlstate, "28000", 6);
	snprintf(wire->text, sizeof(wire->text), "asks for authentication (method %u)", method);
	return WIRE_REFUSED;
}

static enum wire_event ready(const struct wire *wire)
{
	if (wire->stage == WIRE_LOGIN)
		return WIRE_PROVED;
	if (wire->stage == WIRE_SELECT && wire->row)
		return WIRE_PROVED;
	if (wire->stage == WIRE_COMMAND && wire->complete)
		return WIRE_PROVED;
	return WIRE_GARBAGE;
}

static enum wire_event whole_message(struct wire *wire)
{
	size_t have = wire->length < WIRE_BODY_MAX ? wire->length : WIRE_BODY_MAX;

	switch (wire->type) {
	case 'E':
		keep_error(wire, have);
		return WIRE_REFUSED;
	case 'R':
		return wire->stage == WIRE_LOGIN ? authentication(wire) : WIRE_GARBAGE;
	case 'D':
		wire->row = is_row_one(wire);
		return WIRE_MORE;
	case 'C':
		wire->complete = true;
		return WIRE_MORE;
	case 'Z':
		return ready(wire);
	case 'S':	/* ParameterStatus */
	case 'K':	/* BackendKeyData */
	case 'N':	/* NoticeResponse */
	case 'T':	/* RowDescription */
	case 'v':	/* NegotiateProtocolVersion */
		return WIRE_MORE;
	default:
		return WIRE_GARBAGE;
	}
}

/*
 * The length is whole. A postmaster that cannot fork says so in the way of
 * protocol 2: an E, then text, whose first letters make an absurd length.
 */
static enum wire_event whole_length(struct wire *wire)
{
	if (wire->length >= 4 && wire->length <= WIRE_MESSAGE_MAX) {
		wire->length -= 4;
		return wire->length ? WIRE_MORE : whole_message(wire);
	}
	if (wire->type != 'E' || wire->length <= WIRE_MESSAGE_MAX || wire->stage > WIRE_LOGIN)
		return WIRE_GARBAGE;
	keep_text(wire, "could not fork new process for connection",
		  sizeof("could not fork new process for connection") - 1);
	return WIRE_NO_FORK;
}

static enum wire_event hello(struct wire *wire, unsigned char answer)
{
	if (answer == 'N')
		return WIRE_PROVED;
	if (answer != 'S')
		return WIRE_GARBAGE;
	/* Not on a unix socket; if ever, somebody is there, but speaks TLS */
	keep_text(wire, "wants TLS", sizeof("wants TLS") - 1);
	return WIRE_REFUSED;
}

static enum wire_event take(struct wire *wire, unsigned char byte)
{
	enum wire_event event;

	if (!wire->type) {
		if (wire->stage == WIRE_HELLO && byte != 'E')
			return hello(wire, byte);
		wire->type = byte ? byte : 1;	/* 1 is no message either */
		wire->head = 0;
		wire->length = 0;
		wire->seen = 0;
		return WIRE_MORE;
	}
	if (wire->head < 4) {
		wire->length = wire->length << 8 | byte;
		if (++wire->head < 4)
			return WIRE_MORE;
		event = whole_length(wire);
		if (event == WIRE_MORE && wire->length)
			return WIRE_MORE;
		wire->type = 0;
		return event;
	}
	if (wire->seen < WIRE_BODY_MAX)
		wire->body[wire->seen] = byte;
	if (++wire->seen < wire->length)
		return WIRE_MORE;
	event = whole_message(wire);
	wire->type = 0;
	return event;
}

/**
 * wire_feed - take what the server sent
 * @wire: the parser
 * @bytes: what was received
 * @len: how much
 * @event: set to what came of it
 *
 * Stops behind the byte that made an event; after any but WIRE_MORE and
 * WIRE_PROVED the connection is of no more use.
 *
 * Return: the number of bytes that were taken.
 */
size_t wire_feed(struct wire *wire, const void *bytes, size_t len, enum wire_event *event)
{
	const unsigned char *from = bytes;
	size_t at = 0;

	*event = WIRE_MORE;
	while (at < len && *event == WIRE_MORE)
		*event = take(wire, from[at++]);
	return at;
}
