// SPDX-License-Identifier: GPL-2.0
/* A poll that nobody answers goes on; one that has ended is noticed. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "poller.h"

/* Nothing listens there: the answer is an error, a line each */
#define URL "http://127.0.0.1:1/"

static void on_line(struct lines *lines, const char *text, void *data)
{
	(void)lines;
	(void)text;
	(*(int *)data)++;
}

static void test_end_is_noticed(void **state)
{
	struct poller poller = { 0 };
	sd_event *loop = NULL;
	siginfo_t info;
	int heard = 0;

	(void)state;
	assert_true(sd_event_new(&loop) >= 0);
	poller.lines.on_line = on_line;
	poller.lines.data = &heard;
	assert_int_equal(poller_start(&poller, loop, URL, NULL, 10, NULL), 0);
	while (heard < 2)
		assert_true(sd_event_run(loop, 10000000) > 0);
	assert_true(poller_runs(&poller));
	kill(poller.pid, SIGKILL);
	assert_int_equal(waitid(P_PID, poller.pid, &info, WEXITED | WNOWAIT), 0);
	assert_false(poller_runs(&poller));
	assert_false(poller_runs(&poller));
	poller_stop(&poller);
	sd_event_unref(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_end_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
