// SPDX-License-Identifier: GPL-2.0
/* Signs of life as a witness gets them: by UDP, by a serial line, and whole. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "beacon.h"
#include "compiler.h"
#include "record.h"
#include "story.h"

static struct emitter silent(void)
{
	struct emitter em;

	emit_init(&em, "test", false);
	em.fd = -1;
	em.errors_fd = -1;
	return em;
}

/* A socket of any port on the loopback, and how a beacon finds it */
static int listen_on(int family, const char *host, char *where, size_t size)
{
	struct sockaddr_storage addr = { .ss_family = family };
	struct timeval limit = { .tv_sec = 20 };
	socklen_t len = family == AF_INET6 ? sizeof(struct sockaddr_in6) :
					     sizeof(struct sockaddr_in);
	int fd = socket(family, SOCK_DGRAM, 0);

	if (family == AF_INET6)
		((struct sockaddr_in6 *)&addr)->sin6_addr = in6addr_loopback;
	else
		((struct sockaddr_in *)&addr)->sin_addr.s_addr =
			htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, len) ||
	    getsockname(fd, (struct sockaddr *)&addr, &len))
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	/* the port is at the same place in both */
	snprintf(where, size, "udp:%s:%d", host,
		 ntohs(((struct sockaddr_in *)&addr)->sin_port));
	return fd;
}

/* The next sign of life; what a terminal or a socket gives is one line */
static uint64_t next_alive(int fd, int *phase, int64_t *since_ms)
{
	struct record_view view;
	char text[RECORD_MAX];
	char hostname[65];
	const char *cursor = text;
	ssize_t len = read(fd, text, sizeof(text));

	assert_true(len > 0);
	assert_int_equal(record_next(&cursor, text + len, &view), RECORD_GOOD);
	assert_string_equal(view.event, "alive");
	assert_true(record_get_text(&view, "hostname", hostname,
				    sizeof(hostname)));
	assert_string_equal(hostname, "db 1");
	*phase = record_get(&view, "phase");
	*since_ms = record_get(&view, "since_keepalive_ms");
	return view.n;
}

/* Numbered, with the phase, and from the first keepalive on with its age */
static void hear(int in, int out)
{
	struct beacon beacon = { 0 };
	int64_t since_ms;
	uint64_t n;
	int phase;

	assert_int_equal(beacon_start(&beacon, out, "boot-1", "db 1"), 0);
	assert_int_equal(next_alive(in, &phase, &since_ms), 1);
	assert_int_equal(phase, 0);
	assert_int_equal(since_ms, -1);
	__atomic_store_n(&beacon.state->keepalive_ms, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&beacon.state->phase, PHASE_FAULT, __ATOMIC_RELAXED);
	do {
		n = next_alive(in, &phase, &since_ms);
		assert_in_range(n, 2, 100);
	} while (phase != PHASE_FAULT || since_ms < 0);
	assert_int_equal(next_alive(in, &phase, &since_ms), n + 1);
	beacon_stop(&beacon);
}

static void by_udp(void **state)
{
	static const struct {
		int family;
		const char *host;
	} ways[] = { { AF_INET, "127.0.0.1" }, { AF_INET6, "[::1]" } };
	struct emitter em = silent();
	char where[64];
	size_t i;
	int in, out, heard = 0;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		in = listen_on(ways[i].family, ways[i].host, where,
			       sizeof(where));
		/* a machine without IPv6 is one, too */
		if (in < 0)
			continue;
		out = beacon_open(where, &em);
		assert_true(out >= 0);
		hear(in, out);
		close(in);
		close(out);
		heard++;
	}
	assert_in_range(heard, 1, ARRAY_SIZE(ways));
}

/* A newline is one byte on the line, and one line is one record */
static void by_serial(void **state)
{
	struct emitter em = silent();
	char where[64];
	int in, out;

	(void)state;
	in = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(in >= 0);
	assert_int_equal(grantpt(in), 0);
	assert_int_equal(unlockpt(in), 0);
	snprintf(where, sizeof(where), "serial:%s", ptsname(in));
	out = beacon_open(where, &em);
	assert_true(out >= 0);
	hear(in, out);
	close(in);
	close(out);
}

static void nobody_hears(void **state)
{
	static const char * const wrong[] = {
		"", "udp", "udp:", "udp:127.0.0.1", "udp:127.0.0.1:0",
		"udp:127.0.0.1:65536", "udp:db1:7001", "udp:::1:7001",
		"udp:[::1:7001", "tcp:127.0.0.1:7001",
		"serial:/no/such/port",
	};
	struct emitter em = silent();
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		if (beacon_open(wrong[i], &em) >= 0)
			fail_msg("'%s' was taken", wrong[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_udp),
		cmocka_unit_test(by_serial),
		cmocka_unit_test(nobody_hears),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
