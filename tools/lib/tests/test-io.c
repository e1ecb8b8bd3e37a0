// SPDX-License-Identifier: GPL-2.0
/* Lines arrive whole, also through what is full; text is made harmless. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "io.h"

#define MUCH 1048576

static size_t read_to_end(int fd)
{
	char buf[4096];
	size_t sum = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		sum += n;
	return sum;
}

/* A pipe holds 64 KiB: the rest meets EAGAIN, and partial writes. */
static void full_pipe(void **state)
{
	int fds[2], status;
	char *data;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	pid = fork();
	if (!pid) {
		close(fds[1]);
		_exit(read_to_end(fds[0]) == MUCH ? 0 : 1);
	}
	close(fds[0]);
	data = calloc(1, MUCH);
	assert_non_null(data);
	assert_int_equal(io_write_all(fds[1], data, MUCH), 0);
	close(fds[1]);
	free(data);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void nobody_reads(void **state)
{
	int fds[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	close(fds[0]);
	assert_int_equal(io_write_all(fds[1], "x", 1), -EPIPE);
	close(fds[1]);
	assert_int_equal(io_write_all(fds[1], "x", 1), -EBADF);
	assert_int_equal(io_write_all(fds[1], "", 0), 0);
}

static void no_space(void **state)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(io_write_all(fd, "x", 1), -ENOSPC);
	close(fd);
	assert_int_equal(io_write_file("/dev/full", "x"), -ENOSPC);
}

static void small_files(void **state)
{
	char path[] = "/tmp/pug-test-XXXXXX";
	int fd = mkstemp(path);
	char buf[5];

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "123456", 6), 6);
	close(fd);
	assert_int_equal(io_read_file(path, buf, sizeof(buf)), 4);
	assert_string_equal(buf, "1234");
	assert_int_equal(io_write_file(path, "ab"), 0);
	assert_int_equal(io_read_file(path, buf, 3), 2);
	assert_string_equal(buf, "ab");
	unlink(path);
	assert_int_equal(io_read_file(path, buf, sizeof(buf)), -ENOENT);
	assert_int_equal(io_write_file(path, "ab"), -ENOENT);
	assert_int_equal(io_read_file("/tmp", buf, sizeof(buf)), -EISDIR);
}

static void text_is_cleaned(void **state)
{
	char text[] = "a\x1b[2Jb\nc\td\x7f\xd0\xbc";

	(void)state;
	io_clean_text(text);
	assert_string_equal(text, "a?[2Jb?c?d?\xd0\xbc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_pipe),
		cmocka_unit_test(nobody_reads),
		cmocka_unit_test(no_space),
		cmocka_unit_test(small_files),
		cmocka_unit_test(text_is_cleaned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
