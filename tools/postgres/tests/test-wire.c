// SPDX-License-Identifier: GPL-2.0
/* Answers of a server, byte by byte and in one piece; and what is no answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "compiler.h"
#include "wire.h"

/* Messages as PostgreSQL 15 sends them, and near to it */
#define LOGIN	"R\0\0\0\010\0\0\0\0S\0\0\0\014a\0b\0cde\0K\0\0\0\01412345678Z\0\0\0\005I"
#define SELECTED	"T\0\0\0\010xxxxD\0\0\0\013\0\001\0\0\0\0011C\0\0\0\015SELECT 1\0Z\0\0\0\005I"
#define TWO	"D\0\0\0\013\0\001\0\0\0\0012Z\0\0\0\005I"
#define TWO_COLUMNS	"D\0\0\0\013\0\002\0\0\0\0011Z\0\0\0\005I"
#define ROW_ONE	"D\0\0\0\013\0\001\0\0\0\0011Z\0\0\0\005I"
#define FATAL_ERROR	"E\0\0\0\052SFATAL\0VFATAL\0C57P03\0Mstarting\033\nup\0\0zz"

#define FEED(wire, stage, text)	feed(wire, stage, text, sizeof(text) - 1)

/* Both ways have to agree, and take the same number of bytes */
static enum wire_event feed(struct wire *wire, enum wire_stage stage, const char *bytes,
			    size_t len)
{
	struct wire single = *wire;
	enum wire_event event, one = WIRE_MORE;
	size_t taken, at = 0;

	wire_expect(wire, stage);
	wire_expect(&single, stage);
	taken = wire_feed(wire, bytes, len, &event);
	while (at < len && one == WIRE_MORE)
		at += wire_feed(&single, bytes + at, 1, &one);
	assert_int_equal(event, one);
	assert_int_equal(taken, at);
	assert_string_equal(wire->text, single.text);
	return event;
}

static void hello_is_one_byte(void **state)
{
	struct wire wire = { 0 };

	(void)state;
	assert_int_equal(FEED(&wire, WIRE_HELLO, "N"), WIRE_PROVED);
	assert_int_equal(FEED(&wire, WIRE_HELLO, "S"), WIRE_REFUSED);
	assert_string_equal(wire.text, "wants TLS");
	assert_int_equal(FEED(&wire, WIRE_HELLO, "G"), WIRE_GARBAGE);
	assert_int_equal(FEED(&wire, WIRE_HELLO, "\0"), WIRE_GARBAGE);
	assert_int_equal(FEED(&wire, WIRE_HELLO, "HTTP/1.1 400"), WIRE_GARBAGE);
}

/* As PostgreSQL 15 sends it */
static void login_and_select(void **state)
{
	struct wire wire = { 0 };

	(void)state;
	wire_expect(&wire, WIRE_HELLO);
	assert_int_equal(FEED(&wire, WIRE_LOGIN, LOGIN), WIRE_PROVED);
	assert_int_equal(FEED(&wire, WIRE_SELECT, SELECTED), WIRE_PROVED);
	assert_int_equal(FEED(&wire, WIRE_COMMAND, "C\0\0\0\015SELECT 1\0Z\0\0\0\005I"),
			 WIRE_PROVED);
}

static void another_answer_is_none(void **state)
{
	struct wire wire = { 0 };

	(void)state;
	wire_expect(&wire, WIRE_HELLO);
	/* a 2; no row; two columns */
	assert_int_equal(FEED(&wire, WIRE_SELECT, TWO), WIRE_GARBAGE);
	assert_int_equal(FEED(&wire, WIRE_SELECT, "Z\0\0\0\005I"), WIRE_GARBAGE);
	assert_int_equal(FEED(&wire, WIRE_SELECT, TWO_COLUMNS), WIRE_GARBAGE);
	assert_int_equal(FEED(&wire, WIRE_COMMAND, "Z\0\0\0\005I"), WIRE_GARBAGE);
	/* The row of the query before is not this one's */
	assert_int_equal(FEED(&wire, WIRE_SELECT, ROW_ONE), WIRE_PROVED);
	assert_int_equal(FEED(&wire, WIRE_SELECT, "Z\0\0\0\005I"), WIRE_GARBAGE);
	/* Authentication at any time but at login */
	assert_int_equal(FEED(&wire, WIRE_SELECT, "R\0\0\0\010\0\0\0\0"), WIRE_GARBAGE);
}

static void errors_are_answers(void **state)
{
	struct wire wire = { 0 };

	(void)state;
	wire_expect(&wire, WIRE_HELLO);
	assert_int_equal(FEED(&wire, WIRE_LOGIN, FATAL_ERROR),
			 WIRE_REFUSED);
	assert_string_equal(wire.sqlstate, "57P03");
	assert_string_equal(wire.text, "starting  up");
	/* What is sent on to a service manager must not be lines of its own */
	wire.sqlstate[0] = '\0';
	assert_int_equal(FEED(&wire, WIRE_LOGIN, "E\0\0\0\014C\nX=1\n\0\0"),
			 WIRE_REFUSED);
	assert_string_equal(wire.sqlstate, "");
	assert_int_equal(FEED(&wire, WIRE_LOGIN, "R\0\0\0\014\0\0\0\005salt"), WIRE_REFUSED);
	assert_string_equal(wire.text, "asks for authentication (method 5)");
	assert_string_equal(wire.sqlstate, "28000");
}

static void a_postmaster_that_cannot_fork(void **state)
{
	static const char v2[] = "Ecould not fork new process for connection: no memory\n";
	struct wire wire = { 0 };

	(void)state;
	assert_int_equal(feed(&wire, WIRE_HELLO, v2, sizeof(v2)), WIRE_NO_FORK);
	assert_int_equal(feed(&wire, WIRE_LOGIN, v2, sizeof(v2)), WIRE_NO_FORK);
	/* But not in the middle of a session */
	assert_int_equal(feed(&wire, WIRE_SELECT, v2, sizeof(v2)), WIRE_GARBAGE);
}

static void lengths(void **state)
{
	struct wire wire = { 0 };
	char big[5 + 60000] = "N\0\0\xea\x64";

	(void)state;
	wire_expect(&wire, WIRE_HELLO);
	/* Shorter than itself; longer than anything that we should be sent */
	assert_int_equal(FEED(&wire, WIRE_LOGIN, "N\0\0\0\003"), WIRE_GARBAGE);
	assert_int_equal(FEED(&wire, WIRE_LOGIN, "N\377\377\377\377"), WIRE_GARBAGE);
	assert_int_equal(FEED(&wire, WIRE_LOGIN, "R\0\0\0\004"), WIRE_GARBAGE);
	/* Most of a long notice is not kept */
	assert_int_equal(feed(&wire, WIRE_LOGIN, big, sizeof(big)), WIRE_MORE);
	assert_int_equal(FEED(&wire, WIRE_LOGIN, "Z\0\0\0\005I"), WIRE_PROVED);
	/* An empty message, then the next */
	assert_int_equal(FEED(&wire, WIRE_LOGIN, "N\0\0\0\004Z\0\0\0\005I"), WIRE_PROVED);
}

static void requests(void **state)
{
	static const unsigned char hello[] = { 0, 0, 0, 8, 4, 210, 22, 47 };
	unsigned char request[WIRE_REQUEST_MAX];
	char name[WIRE_REQUEST_MAX];
	size_t len;

	(void)state;
	assert_int_equal(wire_hello(request), 8);
	assert_memory_equal(request, hello, 8);
	len = wire_login(request, "me", "db");
	assert_true(len > 8);
	assert_int_equal(request[3] | request[2] << 8, len);
	assert_memory_equal(request + 4, "\0\3\0\0user\0me\0database\0db\0", 24);
	assert_memory_equal(request + len - 2, "\0", 2);
	len = wire_query(request, "SELECT 1");
	assert_int_equal(len, 14);
	assert_memory_equal(request, "Q\0\0\0\x0dSELECT 1\0", 14);
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(wire_login(request, name, "db"), 0);
	assert_int_equal(wire_login(request, "me", name), 0);
	assert_int_equal(wire_query(request, name), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hello_is_one_byte),
		cmocka_unit_test(login_and_select),
		cmocka_unit_test(another_answer_is_none),
		cmocka_unit_test(errors_are_answers),
		cmocka_unit_test(a_postmaster_that_cannot_fork),
		cmocka_unit_test(lengths),
		cmocka_unit_test(requests),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
