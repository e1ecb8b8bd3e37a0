// SPDX-License-Identifier: GPL-2.0
/* Keepalives, and what happens without */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "dog.h"

#define FIRED		"softdog: Triggered"
/* Short, but nothing that a busy machine would miss; iTCO takes no 2 s */
#define SHORT_TIMEOUT	4

static int by_write(int fd)
{
	return write(fd, "k", 1) == 1 ? 0 : errno;
}

static int by_ioctl(int fd)
{
	int unused;

	return ioctl(fd, WDIOC_KEEPALIVE, &unused) ? errno : 0;
}

/* The kernel log from here on, for what softdog says when it fires */
static int log_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

static bool log_has(int fd, const char *text)
{
	char record[8192];
	ssize_t len;

	for (;;) {
		len = read(fd, record, sizeof(record) - 1);
		if (len < 0 && errno == EPIPE)
			continue;
		if (len <= 0)
			return false;
		record[len] = '\0';
		if (strstr(record, text))
			return true;
	}
}

static int ping_past_timeout(int fd, int (*ping)(int fd), int seconds)
{
	double end = now() + seconds * 1.5;
	int error;

	while (now() < end) {
		error = ping(fd);
		if (error)
			return failed("keepalive: %s", strerror(error));
		nap(250);
	}
	return PASSED;
}

/*
 * Kept alive past its timeout: that we still run says that it did not fire, or,
 * where firing is harmless, the kernel log does.
 */
static int keeps_alive(struct dog *dog, int (*ping)(int fd))
{
	int seconds = SHORT_TIMEOUT;
	int log, fd, error, rc;

	fd = dog_open(dog);
	if (fd < 0)
		return failed("open: %s", strerror(errno));
	error = set_timeout(fd, &seconds);
	if (error)
		return leave(dog, fd, skipped("no timeout of %d s: %s",
					      SHORT_TIMEOUT, strerror(error)));
	log = log_open();
	rc = ping_past_timeout(fd, ping, seconds);
	if (!rc && fires_harmlessly && log_has(log, FIRED))
		rc = failed("it fired");
	close(log);
	set_timeout(fd, &dog->timeout);
	return leave(dog, fd, rc);
}

/**
 * test_keepalive_write() - keepalives by write
 * @dog: the device
 *
 * Return: a verdict.
 */
int test_keepalive_write(struct dog *dog)
{
	return keeps_alive(dog, by_write);
}

/**
 * test_keepalive_ioctl() - keepalives by ioctl
 * @dog: the device
 *
 * Return: a verdict.
 */
int test_keepalive_ioctl(struct dog *dog)
{
	return keeps_alive(dog, by_ioctl);
}

/* Not before its time, and soon after it; late is the machine's affair. */
static int wait_for_firing(int log, double since, int seconds)
{
	while (!log_has(log, FIRED)) {
		if (now() - since > seconds + 60)
			return failed("it did not fire in %d s",
				      seconds + 60);
		nap(20);
	}
	if (now() - since < seconds)
		return failed("it fired before its timeout of %d s", seconds);
	return PASSED;
}

/**
 * test_fires() - without keepalives it fires
 * @dog: the device
 *
 * Return: a verdict.
 */
int test_fires(struct dog *dog)
{
	int fd, log, rc, seconds = 1;
	double since;

	if (!fires_harmlessly)
		return skipped("firing would do something: not with -f");
	log = log_open();
	if (log < 0)
		return skipped("/dev/kmsg: %s", strerror(errno));
	fd = dog_open(dog);
	if (fd < 0)
		return failed("open: %s", strerror(errno));
	since = now();
	rc = set_timeout(fd, &seconds) ? failed("no timeout of 1 s") :
	     wait_for_firing(log, since, seconds);
	set_timeout(fd, &dog->timeout);
	close(log);
	return leave(dog, fd, rc);
}

static int put_nowayout(const struct dog *dog, const char *value)
{
	char path[PATH_MAX];
	int fd, error = 0;

	snprintf(path, sizeof(path), CLASS_DIR "/%s/nowayout", dog->name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (write(fd, value, 1) != 1)
		error = errno;
	close(fd);
	return error;
}

/**
 * test_nowayout() - with nowayout V does not disarm it
 * @dog: the device
 *
 * The last: neither the flag nor the timer can be taken back, both fire away.
 *
 * Return: a verdict.
 */
int test_nowayout(struct dog *dog)
{
	int fd, log, rc, error, seconds = 1;
	double since;

	if (!fires_harmlessly)
		return skipped("it would stay armed: not with -f");
	error = put_nowayout(dog, "1");
	if (error)
		return skipped("nowayout in sysfs: %s", strerror(error));
	if (put_nowayout(dog, "0") != EPERM || read_number(dog, "nowayout") != 1)
		return failed("nowayout could be taken back");
	log = log_open();
	fd = dog_open(dog);
	if (fd < 0)
		return failed("open: %s", strerror(errno));
	since = now();
	rc = set_timeout(fd, &seconds) ? failed("no timeout of 1 s") : PASSED;
	if (write(fd, "V", 1) != 1)
		rc = failed("write: %s", strerror(errno));
	close_without_magic(fd);
	if (!rc && !state_is(dog, "active"))
		rc = failed("nowayout, and V disarms it");
	if (!rc)
		rc = wait_for_firing(log, since, seconds);
	close(log);
	return rc;
}
