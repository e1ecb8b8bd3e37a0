// SPDX-License-Identifier: GPL-2.0
/* Whose watchdog it is, and what reaches the manager. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "compiler.h"
#include "notify.h"

static void environments(void **state)
{
	static const struct {
		const char *path, *usec, *pid;
		int want;
	} rows[] = {
		{ "/run/systemd/notify", "30000000", "42", 0 },
		{ "@name", "30000000", NULL, 0 },
		{ "/run/n", "100000", "", 0 },
		{ NULL, "30000000", "42", -ENOENT },
		{ "", "30000000", "42", -ENOENT },
		{ "/run/n", NULL, "42", -ENOENT },
		{ "/run/n", "30000000", "43", -ESRCH },
		{ "/run/n", "30000000", "42x", -EINVAL },
		{ "/run/n", "30000000", "-42", -EINVAL },
		{ "/run/n", "99999", "42", -EINVAL },
		{ "/run/n", "0", "42", -EINVAL },
		{ "/run/n", "30s", "42", -EINVAL },
		{ "/run/n", " 30000000", "42", -EINVAL },
		{ "/run/n", "18446744073709551616", "42", -EINVAL },
		{ "run/n", "30000000", "42", -EINVAL },
		{ "vsock:2:1234", "30000000", "42", -EINVAL },
		{ "/", "30000000", "42", -EINVAL },
		{ "@", "30000000", "42", -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct notify notify;
		const char *why = NULL;
		int ret = notify_setup(&notify, rows[i].path, rows[i].usec, rows[i].pid, 42, &why);

		if (ret != rows[i].want)
			fail_msg("row %zu: %d instead of %d", i, ret, rows[i].want);
		assert_true(!ret == !why);
	}
}

static void addresses(void **state)
{
	struct notify notify;
	char path[200];

	(void)state;
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[107] = '\0';
	assert_int_equal(notify_address(&notify, path), 0);
	path[107] = 'a';
	path[108] = '\0';
	assert_int_equal(notify_address(&notify, path), -EINVAL);
	assert_int_equal(notify_address(&notify, "@ab"), 0);
	assert_int_equal(notify.len, offsetof(struct sockaddr_un, sun_path) + 3);
	assert_memory_equal(notify.to.sun_path, "\0ab", 3);
}

static void a_full_queue_is_not_waited_for(void **state)
{
	struct notify notify = { .fd = -1 };
	char name[64], got[64];
	int fd, ret = 0, sent = 0;

	(void)state;
	snprintf(name, sizeof(name), "@pug-notify-test-%d", getpid());
	assert_int_equal(notify_address(&notify, name), 0);
	assert_int_equal(notify_send(&notify, "WATCHDOG=1"), -ECONNREFUSED);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&notify.to, notify.len), 0);
	while (!ret && sent < 100000) {
		ret = notify_send(&notify, "WATCHDOG=1");
		sent += !ret;
	}
	assert_int_equal(ret, -EAGAIN);
	assert_true(sent > 0);
	assert_int_equal(recv(fd, got, sizeof(got), 0), 10);
	assert_memory_equal(got, "WATCHDOG=1", 10);
	assert_int_equal(notify_send(&notify, "WATCHDOG=1"), 0);
	close(fd);
	close(notify.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(environments),
		cmocka_unit_test(addresses),
		cmocka_unit_test(a_full_queue_is_not_waited_for),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
