// SPDX-License-Identifier: GPL-2.0
/* QMP as it comes out of a socket: in any pieces, and from what is no QEMU. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "compiler.h"
#include "qmp.h"
#include "util.h"

static struct qmp qmp;
static char heard[256];		/* names of the events, in order */
static size_t messages;
static const char *why;

static void on_message(struct qmp *from, json_t *msg, void *data)
{
	const char *event = json_string_value(json_object_get(msg, "event"));

	assert_ptr_equal(from, &qmp);
	assert_ptr_equal(data, heard);
	messages++;
	if (event && strlen(heard) + strlen(event) + 2 < sizeof(heard)) {
		strcat(heard, event);
		strcat(heard, " ");
	}
}

static int setup(void **state)
{
	(void)state;
	memset(&qmp, 0, sizeof(qmp));
	qmp.fd = -1;
	qmp.on_message = on_message;
	qmp.data = heard;
	heard[0] = '\0';
	messages = 0;
	why = NULL;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	qmp_close(&qmp);
	/* Harmless a second time */
	qmp_close(&qmp);
	return 0;
}

static int feed(const char *text)
{
	return qmp_feed(&qmp, text, strlen(text), &why);
}

static void one_line(void **state)
{
	(void)state;
	assert_int_equal(feed("{\"event\":\"A\"}\r\n"), 0);
	assert_string_equal(heard, "A ");
	assert_int_equal(qmp.len, 0);
}

static void byte_by_byte(void **state)
{
	static const char text[] = "{\"event\":\"A\"}\r\n{\"event\":\"B\"}\r\n";

	(void)state;
	for (size_t i = 0; i < strlen(text); i++)
		assert_int_equal(qmp_feed(&qmp, text + i, 1, &why), 0);
	assert_string_equal(heard, "A B ");
}

static void split_everywhere(void **state)
{
	static const char text[] = "{\"event\":\"A\"}\r\n{\"event\":\"B\"}\n{\"event\":\"C\"}\r\n";
	size_t len = strlen(text);

	(void)state;
	for (size_t i = 0; i <= len; i++) {
		heard[0] = '\0';
		assert_int_equal(qmp_feed(&qmp, text, i, &why), 0);
		assert_int_equal(qmp_feed(&qmp, text + i, len - i, &why), 0);
		assert_string_equal(heard, "A B C ");
		assert_int_equal(qmp.len, 0);
	}
}

static void several_at_once_and_half_a_line(void **state)
{
	(void)state;
	assert_int_equal(feed("{\"event\":\"A\"}\n{\"event\":\"B\"}\n{\"event\":"), 0);
	assert_string_equal(heard, "A B ");
	assert_int_equal(feed("\"C\"}\n"), 0);
	assert_string_equal(heard, "A B C ");
}

static void line_ends(void **state)
{
	(void)state;
	assert_int_equal(feed("\n\r\n\n{\"event\":\"A\"}\n\r\n{\"event\":\"B\"}\r\n"), 0);
	assert_string_equal(heard, "A B ");
	assert_int_equal(qmp_feed(&qmp, NULL, 0, &why), 0);
}

static void garbage(void **state)
{
	static const char * const bad[] = {
		"hello\n", "\xff\xfe\n", "{\"event\":\"A\"\n", "[]\n", "null\n", "1\n", "{}{}\n",
		"{\"a\":\"\xff\"}\n", "\r\r\n", "HTTP/1.1 400 Bad Request\r\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		teardown(state);
		setup(state);
		assert_int_equal(feed(bad[i]), -1);
		assert_non_null(why);
		assert_non_null(strstr(why, "no JSON object"));
		assert_int_equal(messages, 0);
	}
	teardown(state);
	setup(state);
	assert_int_equal(qmp_feed(&qmp, "\0\n", 2, &why), -1);
}

static void what_came_before_garbage_counts(void **state)
{
	(void)state;
	assert_int_equal(feed("{\"event\":\"A\"}\ngarbage\n{\"event\":\"B\"}\n"), -1);
	assert_string_equal(heard, "A ");
}

static void endless_line(void **state)
{
	char bytes[4096];
	size_t fed = 0;
	int ret = 0;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	while (!ret && fed < 16 << 20) {
		ret = qmp_feed(&qmp, bytes, sizeof(bytes), &why);
		fed += sizeof(bytes);
	}
	assert_int_equal(ret, -1);
	assert_non_null(strstr(why, "endless"));
	assert_true(fed <= 2 << 20);
	assert_true(qmp.cap <= 2 << 20);
}

static void a_long_line_is_fine(void **state)
{
	const size_t len = 500000;
	char *text = xcalloc(1, len + 32);

	(void)state;
	strcpy(text, "{\"event\":\"A\",\"x\":\"");
	memset(text + strlen(text), 'y', len - strlen(text));
	strcat(text, "\"}\n");
	assert_int_equal(feed(text), 0);
	assert_string_equal(heard, "A ");
	free(text);
}

static void all_is_logged_as_it_passes(void **state)
{
	char *text = NULL, *end;
	size_t size = 0;
	json_t *line;

	(void)state;
	qmp.log = open_memstream(&text, &size);
	assert_int_equal(feed("{\"event\":\"A\",\"data\":{\"x\":1}}\r\n"), 0);
	fflush(qmp.log);
	end = strchr(text, '\n');
	assert_non_null(end);
	assert_string_equal(end, "\n");
	line = json_loads(text, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(line, "from")), "qemu");
	assert_true(json_is_real(json_object_get(line, "host_s")));
	assert_string_equal(json_string_value(json_object_get(json_object_get(line, "msg"),
							      "event")), "A");
	json_decref(line);
	fclose(qmp.log);
	qmp.log = NULL;
	free(text);
}

static void commands_are_one_line_and_logged_first(void **state)
{
	char bytes[256] = "", *text = NULL;
	size_t size = 0;
	json_t *msg;
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	qmp.fd = fds[0];
	qmp.log = open_memstream(&text, &size);
	assert_int_equal(qmp_send(&qmp, "id1", "do-it", json_pack("{s:i}", "n", 5)), 0);
	fclose(qmp.log);
	qmp.log = NULL;
	assert_non_null(strstr(text, "\"from\":\"lab\""));
	free(text);
	assert_true(read(fds[1], bytes, sizeof(bytes) - 1) > 0);
	assert_ptr_equal(strchr(bytes, '\n'), bytes + strlen(bytes) - 1);
	msg = json_loads(bytes, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(msg, "execute")), "do-it");
	assert_string_equal(json_string_value(json_object_get(msg, "id")), "id1");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(msg, "arguments"),
							    "n")), 5);
	json_decref(msg);
	close(fds[1]);
}

/* A QEMU that is gone, or reads no more, is an error and no signal or wait */
static void commands_nobody_takes(void **state)
{
	int fds[2], ret = 0;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	qmp.fd = fds[0];
	for (int i = 0; !ret && i < 100000; i++)
		ret = qmp_send(&qmp, "id", "query-status", NULL);
	assert_true(ret < 0);
	close(fds[1]);
	assert_true(qmp_send(&qmp, "id", "query-status", NULL) < 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(one_line),
		test(byte_by_byte),
		test(split_everywhere),
		test(several_at_once_and_half_a_line),
		test(line_ends),
		test(garbage),
		test(what_came_before_garbage_counts),
		test(endless_line),
		test(a_long_line_is_fine),
		test(all_is_logged_as_it_passes),
		test(commands_are_one_line_and_logged_first),
		test(commands_nobody_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
