/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of PostgreSQL's wire protocol as a sign of life needs: three requests
 * and a parser of their answers. It allocates nothing, blocks nowhere, and
 * keeps a bounded part of what it is sent.
 */
#ifndef PUG_WIRE_H
#define PUG_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_REQUEST_MAX	512	/* bytes of a request */
#define WIRE_BODY_MAX		512	/* bytes kept of a message */
#define WIRE_MESSAGE_MAX	65536	/* longer ones are no answer to us */

/* What was asked last */
enum wire_stage {
	WIRE_HELLO,		/* SSLRequest: is anybody there? */
	WIRE_LOGIN,		/* StartupMessage */
	WIRE_SELECT,		/* a query whose answer is the row "1" */
	WIRE_COMMAND,		/* a query whose answer does not matter */
};

/* What came of it */
enum wire_event {
	WIRE_MORE,		/* nothing yet */
	WIRE_PROVED,		/* the stage's answer */
	WIRE_REFUSED,		/* an error or a request for a password: text says which */
	WIRE_NO_FORK,		/* the postmaster itself says that it cannot fork */
	WIRE_GARBAGE,		/* nothing that PostgreSQL would say */
};

/**
 * struct wire - the parser's state
 * @stage: what was asked last; set with wire_expect()
 * @type: of the message that is arriving; 0: between two messages
 * @head: bytes of its length that have arrived
 * @length: of its body
 * @seen: bytes of its body that have arrived
 * @body: the first of them
 * @row: the row "1" was among the answers
 * @complete: CommandComplete was
 * @sqlstate: of an error, five characters, or empty
 * @text: of an error, cut, without control characters
 */
struct wire {
	enum wire_stage stage;
	unsigned char type;
	unsigned int head;
	uint32_t length;
	uint32_t seen;
	unsigned char body[WIRE_BODY_MAX];
	bool row;
	bool complete;
	char sqlstate[6];
	char text[120];
};

void wire_expect(struct wire *wire, enum wire_stage stage);
size_t wire_feed(struct wire *wire, const void *bytes, size_t len, enum wire_event *event);

size_t wire_hello(unsigned char *to);
size_t wire_login(unsigned char *to, const char *role, const char *database);
size_t wire_query(unsigned char *to, const char *sql);

#endif /* PUG_WIRE_H */
