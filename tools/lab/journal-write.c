// SPDX-License-Identifier: GPL-2.0
/*
 * Writing a journal. Each line is one write(2) to a file in append mode, before
 * the client goes on: it survives whatever ends the client. It need not survive
 * the host's power: what fails in a drill is a guest. Where it should, @sync
 * waits for the disk after each line.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "compiler.h"
#include "io.h"
#include "journal.h"
#include "jsonl.h"
#include "util.h"

#define LOCK_WAIT_NS (500 * NSEC_PER_MSEC)
#define LOCK_TRIES 50

/**
 * journal_event_word() - an event's name in a journal
 * @event: asked
 *
 * Return: the word.
 */
const char *journal_event_word(enum journal_event event)
{
	static const char * const words[] = {
		[JOURNAL_START] = "start", [JOURNAL_CONNECT] = "connect",
		[JOURNAL_NO_CONNECT] = "no-connect", [JOURNAL_TRY] = "try",
		[JOURNAL_SLOW] = "slow", [JOURNAL_ACK] = "ack",
		[JOURNAL_REFUSED] = "refused", [JOURNAL_UNKNOWN] = "unknown",
		[JOURNAL_STOP] = "stop",
	};

	return (size_t)event < ARRAY_SIZE(words) ? words[event] : NULL;
}

/**
 * journal_name_is_good() - may a client be called this?
 * @name: letters, digits, '-', '_' and '.', at most 63, and a file's name
 *
 * Return: whether.
 */
bool journal_name_is_good(const char *name)
{
	static const char good[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	size_t len = strlen(name);

	return len && len < sizeof(((struct journal *)0)->client) && *name != '.' &&
	       strspn(name, good) == len;
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

static int refuse(char **why, const char *path, const char *what)
{
	*why = xasprintf("%s: %s", path, what);
	return -1;
}

/* Who was killed a moment ago may still be going */
static int lock_file(int fd)
{
	const struct timespec pause = { 0, LOCK_WAIT_NS / LOCK_TRIES };
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	for (int i = 1; fcntl(fd, F_OFD_SETLK, &lock); i++) {
		if (errno != EAGAIN || i == LOCK_TRIES)
			return -1;
		nanosleep(&pause, NULL);
	}
	return 0;
}

/**
 * journal_is_written() - does a client have this journal open?
 * @path: of the journal
 *
 * Return: 1, 0, or a negative error number.
 */
int journal_is_written(const char *path)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = fcntl(fd, F_OFD_GETLK, &lock) ? -errno : lock.l_type != F_UNLCK;
	close(fd);
	return ret;
}

/* What is there must be this client's, and whole but for its last line */
static int go_on(struct journal_file *file, const char *path, const char *client,
		 struct journal_record *start, char **why)
{
	struct journal before;
	struct stat st;
	int ret = -1;
	char last;

	start->id = 1;
	if (fstat(file->fd, &st) || !st.st_size)
		return 0;
	if (journal_read(&before, path, why))
		return -1;
	if (before.damaged)
		refuse(why, path, "is there, and is no journal or a damaged one: use another file");
	else if (before.client[0] && strcmp(before.client, client))
		refuse(why, path, "is another client's journal");
	else if (pread(file->fd, &last, 1, st.st_size - 1) != 1)
		refuse(why, path, strerror(errno));
	else
		ret = 0;
	if (!ret) {
		start->id = before.n ? before.keys[before.n - 1].id + 1 : 1;
		start->torn = last != '\n';
	}
	journal_free(&before);
	if (!ret && start->torn && io_write_all(file->fd, "\n", 1))
		return refuse(why, path, strerror(errno));
	return ret;
}

/**
 * journal_open() - begin a journal, or go on with it
 * @file: set
 * @path: of the journal; what is in it stays
 * @client: whose it is; must stay while @file is used
 * @sync: wait for the disk after each line
 * @why: what was wrong, to be freed; set on failure only
 *
 * Return: the number of the first row that was never tried, or -1.
 */
int64_t journal_open(struct journal_file *file, const char *path, const char *client, bool sync,
		     char **why)
{
	struct journal_record start = { .event = JOURNAL_START };
	int ret;

	file->sync = sync;
	file->client = client;
	file->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (file->fd < 0)
		return refuse(why, path, strerror(errno));
	if (lock_file(file->fd)) {
		refuse(why, path, errno == EAGAIN ? "another client is writing it" :
		       strerror(errno));
		goto fail;
	}
	if (go_on(file, path, client, &start, why))
		goto fail;
	ret = journal_write(file, &start);
	if (!ret)
		return start.id;
	refuse(why, path, strerror(-ret));
fail:
	close(file->fd);
	file->fd = -1;
	return -1;
}

static void put_text(struct jsonl *line, const char *key, const char *value)
{
	if (value && *value)
		jsonl_string(line, key, value);
}

/**
 * journal_write() - a line
 * @file: open
 * @record: what happened, now
 *
 * Return: 0 once it is in the kernel, or a negative error number; then the
 * client must not go on: what it did next would not be in its journal.
 */
int journal_write(struct journal_file *file, const struct journal_record *record)
{
	struct jsonl line;
	size_t len;
	int ret;

	jsonl_begin(&line);
	jsonl_string(&line, "event", journal_event_word(record->event));
	if (record->id)
		jsonl_u64(&line, "id", record->id);
	put_text(&line, "client", file->client);
	jsonl_i64(&line, "t_ns", clock_ns(CLOCK_MONOTONIC));
	jsonl_i64(&line, "wall_ns", clock_ns(CLOCK_REALTIME));
	put_text(&line, "server", record->server);
	put_text(&line, "system", record->system);
	if (record->timeline)
		jsonl_u64(&line, "timeline", record->timeline);
	put_text(&line, "status", record->status);
	put_text(&line, "sqlstate", record->sqlstate);
	put_text(&line, "error", record->error);
	if (record->event == JOURNAL_START) {
		jsonl_u64(&line, "pid", getpid());
		jsonl_bool(&line, "torn", record->torn);
	}
	len = jsonl_end(&line);
	ret = io_write_all(file->fd, line.buf, len);
	if (!ret && file->sync && fdatasync(file->fd))
		ret = -errno;
	return ret;
}
