// SPDX-License-Identifier: GPL-2.0
/*
 * Polls, each in a process of its own: a frozen guest takes connections (its QEMU
 * does that for it) and never answers, which must hold up nobody.
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

/**
 * struct poll - a question that is asked again and again
 * @ask: asks it
 * @data: for it
 * @period_ms: from an answer to the next question
 */
struct poll {
	poller_question ask;
	void *data;
	unsigned int period_ms;
};

static void poll_for_ever(void *data)
{
	const struct poll *poll = data;
	struct timespec pause = { poll->period_ms / 1000, poll->period_ms % 1000 * 1000000L };

	for (;;) {
		json_t *answer = poll->ask(poll->data);

		if (!answer || json_dumpf(answer, stdout, JSON_COMPACT) || putchar('\n') < 0 ||
		    fflush(stdout))
			_exit(1);
		json_decref(answer);
		nanosleep(&pause, NULL);
	}
}

struct http {
	const char *ca;
	const char *url;
	const char *post;
	bool open;
	struct rest rest;
};

static json_t *ask_http(void *data)
{
	struct http *http = data;

	if (!http->open && rest_open(&http->rest, http->ca, BODY_MAX))
		return NULL;
	http->open = true;
	return rest_ask(&http->rest, http->url, http->post, ANSWER_MS);
}

/**
 * poller_run() - begin to hear a process of our own
 * @poller: its @lines' on_line and data are set
 * @loop: serves it
 * @run: called in that process, and does not return; its standard output is what is heard,
 *	a line of JSON at a time
 * @data: for it
 * @path: of the log
 *
 * Return: 0, or a negative errno.
 */
int poller_run(struct poller *poller, sd_event *loop, void (*run)(void *data), void *data,
	       const char *path)
{
	pid_t parent = getpid();
	int fds[2], ret;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return -errno;
	fflush(NULL);
	poller->pid = fork();
	if (!poller->pid) {
		child_begin(parent);
		dup2(fds[1], STDOUT_FILENO);
		run(data);
		_exit(1);
	}
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
 * poller_call() - begin to ask whatever a function asks
 * @poller: its @lines' on_line and data are set
 * @loop: serves it
 * @ask: is called again and again, in a process of its own; NULL from it ends that
 * @data: for it
 * @period_ms: from an answer to the next question
 * @path: of the log
 *
 * Return: 0, or a negative errno.
 */
int poller_call(struct poller *poller, sd_event *loop, poller_question ask, void *data,
		unsigned int period_ms, const char *path)
{
	struct poll poll = { ask, data, period_ms };

	return poller_run(poller, loop, poll_for_ever, &poll, path);
}

/**
 * poller_start() - begin to ask over HTTP
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
	struct http http = { .ca = poller->ca, .url = url, .post = post };

	return poller_call(poller, loop, ask_http, &http, period_ms, path);
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
