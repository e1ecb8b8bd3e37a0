// SPDX-License-Identifier: GPL-2.0
/*
 * Watches keepalives for a while, through the kernel's trace events
 * watchdog_start, _ping, _stop and _set_timeout (include/trace/events/watchdog.h,
 * in Linux 6.2 and in Debian's 6.1).
 *
 * An instance of tracefs of our own, so that nobody's tracing is changed; it is
 * the only thing that this program writes to, and it is gone at the end, also
 * after SIGINT, SIGTERM and SIGHUP. What the hardware gets is traced: the
 * kernel may hold back a keepalive that came too soon after another.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "check-conf.h"
#include "check-observe.h"
#include "compiler.h"
#include "io.h"
#include "sysfs.h"

#define TRACE_MAX	(4 * 1024 * 1024)

static const char * const mounts[] = {
	"/sys/kernel/tracing", "/sys/kernel/debug/tracing",
};

/**
 * observed_init() - nothing has been seen yet
 * @observed: cleared
 */
void observed_init(struct observed *observed)
{
	int i;

	memset(observed, 0, sizeof(*observed));
	for (i = 0; i < OBSERVED_MAX; i++)
		observed->dog[i].timeout_s = -1;
}

static void keepalive_seen(struct observed_dog *dog, uint64_t us, int err,
			   const char *by)
{
	uint64_t gap = us - dog->last_us;

	dog->failed += !!err;
	if (dog->keepalives && us >= dog->last_us && gap > dog->longest_us)
		dog->longest_us = gap;
	if (!dog->keepalives)
		dog->first_us = us;
	dog->keepalives++;
	dog->last_us = us;
	snprintf(dog->by, sizeof(dog->by), "%s", by);
}

/* A name may hold blanks and dashes: it ends at the last dash before " [CPU]". */
static void copy_name(const char *line, char *name, size_t size)
{
	const char *bracket, *dash = NULL;

	line += strspn(line, " ");
	bracket = strstr(line, " [");
	if (bracket)
		dash = memrchr(line, '-', bracket - line);
	snprintf(name, size, "%.*s", dash ? (int)(dash - line) : 0, line);
	io_clean_text(name);
}

/* "            COMM-PID     [CPU] FLAGS   SECONDS.MICROS: EVENT: watchdogN ..." */
static void trace_line(const char *line, struct observed *observed)
{
	unsigned int sec, usec, number, timeout = 0;
	const char *at = strstr(line, ": watchdog_");
	struct observed_dog *dog;
	char event[24], by[40];
	const char *stamp;
	int err = 0;

	if (!at)
		return;
	for (stamp = at; stamp > line && stamp[-1] != ' '; stamp--)
		;
	if (sscanf(stamp, "%9u.%6u", &sec, &usec) != 2 ||
	    sscanf(at, ": watchdog_%23[a-z_]: watchdog%4u", event, &number) != 2 ||
	    number >= OBSERVED_MAX)
		return;
	dog = &observed->dog[number];
	if (strstr(at, " timeout="))
		sscanf(strstr(at, " timeout="), " timeout=%9u", &timeout);
	if (strstr(at, " err="))
		sscanf(strstr(at, " err="), " err=%9d", &err);
	copy_name(line, by, sizeof(by));
	if (!strcmp(event, "set_timeout")) {
		dog->timeout_s = timeout;
		dog->timeout_err = err;
	} else if (!strcmp(event, "stop")) {
		dog->stopped++;
	} else {
		keepalive_seen(dog, sec * 1000000ULL + usec, err, by);
	}
}

/**
 * observe_parse() - the text of a trace
 * @text: the file `trace' of tracefs; no terminating zero is needed
 * @len: its length
 * @observed: what was seen is added
 */
void observe_parse(const char *text, size_t len, struct observed *observed)
{
	const char *cursor = text;
	struct line line;
	char copy[512];

	while (line_next(&cursor, text + len, &line)) {
		line_copy(&line, copy, sizeof(copy));
		trace_line(copy, observed);
	}
}

static volatile sig_atomic_t stop_asked;

static void ask_stop(int signal)
{
	(void)signal;
	stop_asked = 1;
}

/* Signals are let in while waiting only, so that none comes too soon. */
static void wait_for(unsigned int seconds, const sigset_t *open_mask,
		     struct observed *observed)
{
	struct timespec end, now, left;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += seconds;
	while (!stop_asked) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		left.tv_sec = end.tv_sec - now.tv_sec;
		left.tv_nsec = end.tv_nsec - now.tv_nsec;
		if (left.tv_nsec < 0) {
			left.tv_sec--;
			left.tv_nsec += 1000000000;
		}
		if (left.tv_sec < 0)
			return;
		ppoll(NULL, 0, &left, open_mask);
	}
	observed->interrupted = true;
}

static int write_in(const char *dir, const char *name, const char *text)
{
	char path[SYSFS_PATH_MAX];

	if (sysfs_path(path, sizeof(path), "", dir, name))
		return -ENAMETOOLONG;
	return io_write_file(path, text);
}

static void read_trace(const char *dir, struct observed *observed)
{
	char path[SYSFS_PATH_MAX];
	char *text = malloc(TRACE_MAX);
	ssize_t len = -ENOMEM;

	if (text && !sysfs_path(path, sizeof(path), "", dir, "trace"))
		len = io_read_file(path, text, TRACE_MAX);
	if (len < 0)
		snprintf(observed->problem, sizeof(observed->problem),
			 "the trace cannot be read: %s", strerror(-len));
	else
		observe_parse(text, len, observed);
	free(text);
}

static void observe_in(const char *dir, unsigned int seconds,
		       const sigset_t *open_mask, struct observed *observed)
{
	int rc = write_in(dir, "events/watchdog/enable", "1");

	if (rc) {
		snprintf(observed->problem, sizeof(observed->problem),
			 "the trace events cannot be switched on: %s",
			 strerror(-rc));
		return;
	}
	wait_for(seconds, open_mask, observed);
	write_in(dir, "events/watchdog/enable", "0");
	read_trace(dir, observed);
}

/* The mounted tracefs with our instance in it, or a problem. */
static bool make_instance(const char *root, char *dir, size_t size,
			  struct observed *observed)
{
	char events[SYSFS_PATH_MAX];
	struct stat st;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mounts); i++) {
		snprintf(dir, size, "%s%s/instances", root, mounts[i]);
		if (!stat(dir, &st))
			break;
	}
	if (i == ARRAY_SIZE(mounts)) {
		snprintf(observed->problem, sizeof(observed->problem), "%s",
			 geteuid() ? "not root, or tracefs is not mounted" :
			 "tracefs is not mounted at /sys/kernel/tracing");
		return false;
	}
	snprintf(events, sizeof(events), "%s%s/events/watchdog", root, mounts[i]);
	if (stat(events, &st)) {
		strcpy(observed->problem,
		       "this kernel has no trace events of watchdogs (they came with Linux 6.2), or watchdog core is not loaded");
		return false;
	}
	snprintf(dir, size, "%s%s/instances/pug-node.%d", root, mounts[i],
		 (int)getpid());
	if (mkdir(dir, 0700)) {
		snprintf(observed->problem, sizeof(observed->problem),
			 "no instance of tracefs could be made: %s",
			 strerror(errno));
		return false;
	}
	return true;
}

/**
 * observe() - watch keepalives
 * @root: "" on a real machine
 * @seconds: for so long
 * @observed: what was seen
 */
void observe(const char *root, unsigned int seconds, struct observed *observed)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = ask_stop };
	struct sigaction old[ARRAY_SIZE(signals)];
	char dir[SYSFS_PATH_MAX];
	sigset_t block, before;
	size_t i;

	observed->asked = true;
	observed->seconds = seconds;
	stop_asked = 0;
	sigemptyset(&block);
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(&block, signals[i]);
	sigprocmask(SIG_BLOCK, &block, &before);
	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		sigaction(signals[i], NULL, &old[i]);
		/* as nohup(1) leaves it */
		if (old[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
	if (make_instance(root, dir, sizeof(dir), observed)) {
		observe_in(dir, seconds, &before, observed);
		if (rmdir(dir) && !*observed->problem)
			snprintf(observed->problem, sizeof(observed->problem),
				 "%.120s is left over: %s", dir, strerror(errno));
	}
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &old[i], NULL);
	sigprocmask(SIG_SETMASK, &before, NULL);
}
