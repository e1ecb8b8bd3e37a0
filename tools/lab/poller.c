// SPDX-License-Identifier: GPL-2.0
/*
 * Polls over HTTP, each in a process of its own: a frozen guest takes connections
 * (its QEMU does that for it) and never answers, which must hold up nobody.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "poller.h"
#include "rest.h"
#include "util.h"

#define ANSWER_MS 1000L
/* Patroni's and etcd's answers have some hundred bytes */
#define BODY_MAX 8000

static void __noreturn
poll_for_ever(const char *ca, const char *url, const char *post, unsigned int period_ms)
{
	struct timespec pause = { period_ms / 1000, period_ms % 1000 * 1000000L };
	struct rest rest;

	if (rest_open(&rest, ca, BODY_MAX))
		_exit(1);
	for (;;) {
		json_t *answer = rest_ask(&rest, url, post, ANSWER_MS);

		if (json_dumpf(answer, stdout, JSON_COMPACT) || putchar('\n') < 0 || fflush(stdout))
			_exit(1);
		json_decref(answer);
		nanosleep(&pause, NULL);
	}
}

static void __noreturn
be_child(int fd, pid_t parent, const char *ca, const char *url, const char *post,
	 unsigned int period_ms)
{
	child_begin(parent);
	dup2(fd, STDOUT_FILENO);
	poll_for_ever(ca, url, post, period_ms);
}

/**
 * poller_start() - begin to ask
 * @poller: its @ca and its @lines' on_line and data are set
 * @loop: serves it
 * @url: GET that
 * @post: POST this, where not NULL
 * @period_ms: from an answer to the next question; an answer may take a second
 * @path: of the log
 *
 * Return: 0, or a negative errno.
 */
int poller_start(struct poller *poller, sd_event *loop, const char *url, const char *post,
		 unsigned int period_ms, const char *path)
{
	pid_t parent = getpid();
	int fds[2], ret;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return -errno;
	fflush(NULL);
	poller->pid = fork();
	if (!poller->pid)
		be_child(fds[1], parent, poller->ca, url, post, period_ms);
	ret = poller->pid < 0 ? -errno : 0;
	close(fds[1]);
	if (ret) {
		poller->pid = 0;
		close(fds[0]);
		return ret;
	}
	poller->lines.json = true;
	return lines_open(&poller->lines, loop, fds[0], path);
}

/**
 * poller_runs() - does it ask still?
 * @poller: started
 *
 * Return: whether; its process is reaped where it does not.
 */
bool poller_runs(struct poller *poller)
{
	if (poller->pid <= 0)
		return false;
	if (child_runs(&poller->pid))
		return true;
	lines_close(&poller->lines);
	return false;
}

/**
 * poller_stop() - ask no more
 * @poller: started or not
 */
void poller_stop(struct poller *poller)
{
	if (poller->pid <= 0)
		return;
	child_end(&poller->pid);
	lines_close(&poller->lines);
}
