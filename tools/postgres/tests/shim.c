// SPDX-License-Identifier: GPL-2.0
/*
 * A file system that hangs or is full, for a process tree that is started with
 * LD_PRELOAD: mounting one is a setting of the machine. It does what a file in
 * PUG_SHIM says while it is there:
 *
 *   hang	fsync(), fdatasync() and their like do not return; if it has a
 *		word in it, only in processes that have it in their title
 *   slow	they take as many milliseconds as the file says
 *   full	writing to a table's file fails with ENOSPC
 *
 * A process in such a call does not react to what only its own handlers could
 * do, like one in D state; unlike that one it can be killed, which tests like.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static const char *flag(const char *name, char *path, size_t size)
{
	const char *dir = getenv("PUG_SHIM");

	if (!dir)
		return NULL;
	snprintf(path, size, "%s/%s", dir, name);
	return access(path, F_OK) ? NULL : path;
}

static void nap(long ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	/* Signals do not cut it short */
	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

/* What a file says, up to its size; -1: it is not there */
static ssize_t read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return -1;
	len = read(fd, text, size - 1);
	close(fd);
	if (len >= 0)
		text[len] = '\0';
	return len;
}

static void slow_down(void)
{
	char path[256], text[16];

	if (flag("slow", path, sizeof(path)) && read_text(path, text, sizeof(text)) > 0)
		nap(strtol(text, NULL, 10));
}

static bool is_meant(const char *path)
{
	char word[32], title[4096];
	ssize_t len;

	if (read_text(path, word, sizeof(word)) < 0)
		return false;
	if (!word[0])
		return true;
	/* Not the first argument where a loader of its own started the server */
	len = read_text("/proc/self/cmdline", title, sizeof(title));
	return len > 0 && memmem(title, len, word, strlen(word));
}

static void hold(void)
{
	char path[256];
	int saved = errno;

	slow_down();
	while (flag("hang", path, sizeof(path)) && is_meant(path))
		nap(20);
	errno = saved;
}

/* A table's file: base/DATABASE/FILE */
static bool is_full(int fd)
{
	char path[256], link[64], target[512];
	ssize_t len;

	if (!flag("full", path, sizeof(path)))
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, target, sizeof(target) - 1);
	if (len < 0)
		return false;
	target[len] = '\0';
	return strstr(target, "/base/");
}

/* The one that would be called without us */
#define NEXT(name)	((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

int fsync(int fd)
{
	hold();
	return NEXT(fsync)(fd);
}

int fdatasync(int fd)
{
	hold();
	return NEXT(fdatasync)(fd);
}

int sync_file_range(int fd, off64_t offset, off64_t count, unsigned int flags)
{
	hold();
	return NEXT(sync_file_range)(fd, offset, count, flags);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
	if (is_full(fd)) {
		errno = ENOSPC;
		return -1;
	}
	return NEXT(pwrite)(fd, bytes, len, offset);
}

ssize_t pwritev(int fd, const struct iovec *iov, int count, off_t offset)
{
	if (is_full(fd)) {
		errno = ENOSPC;
		return -1;
	}
	return NEXT(pwritev)(fd, iov, count, offset);
}

int posix_fallocate(int fd, off_t offset, off_t len)
{
	int ret = ENOSPC;

	if (!is_full(fd))
		ret = NEXT(posix_fallocate)(fd, offset, len);
	return ret;
}
