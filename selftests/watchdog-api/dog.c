// SPDX-License-Identifier: GPL-2.0
/* A watchdog under test: opened, disarmed, and what sysfs says of it */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "dog.h"

char why[512];
bool fires_harmlessly;
static int armed_fd = -1;

static int say(enum verdict verdict, const char *fmt, va_list args)
{
	vsnprintf(why, sizeof(why), fmt, args);
	return verdict;
}

/**
 * failed() - a test's verdict: it failed
 * @fmt: why
 *
 * Return: FAILED.
 */
int failed(const char *fmt, ...)
{
	va_list args;
	int rc;

	va_start(args, fmt);
	rc = say(FAILED, fmt, args);
	va_end(args);
	return rc;
}

/**
 * skipped() - a test's verdict: it cannot be made here
 * @fmt: why
 *
 * Return: SKIPPED.
 */
int skipped(const char *fmt, ...)
{
	va_list args;
	int rc;

	va_start(args, fmt);
	rc = say(SKIPPED, fmt, args);
	va_end(args);
	return rc;
}

/**
 * read_attr() - an attribute of the device in sysfs
 * @dog: the device
 * @attr: its name
 * @text: the text, less its end of line
 * @size: room in @text
 *
 * Return: 0, or -1 if there is none.
 */
int read_attr(const struct dog *dog, const char *attr, char *text,
		     size_t size)
{
	char path[PATH_MAX];
	ssize_t len;
	int fd;

	if (!*dog->name)
		return -1;
	snprintf(path, sizeof(path), CLASS_DIR "/%s/%s", dog->name, attr);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	len = read(fd, text, size - 1);
	close(fd);
	if (len < 0)
		return -1;
	text[len] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return 0;
}

/**
 * read_number() - an attribute that is a number
 * @dog: the device
 * @attr: its name
 *
 * Return: the number or UNKNOWN.
 */
long read_number(const struct dog *dog, const char *attr)
{
	char text[32];

	return read_attr(dog, attr, text, sizeof(text)) ? UNKNOWN : atol(text);
}

/**
 * state_is() - is the device armed, or not?
 * @dog: the device
 * @state: active or inactive
 *
 * Return: true if sysfs says so.
 */
bool state_is(const struct dog *dog, const char *state)
{
	char text[16];

	return !read_attr(dog, "state", text, sizeof(text)) &&
	       !strcmp(text, state);
}

/**
 * may_be() - the same, where sysfs may say nothing
 * @dog: the device
 * @state: active or inactive
 *
 * Return: false only if sysfs says something else.
 */
bool may_be(const struct dog *dog, const char *state)
{
	return !*dog->name || state_is(dog, state);
}

/**
 * dog_open() - open a device, which arms it
 * @dog: the device
 *
 * Return: a descriptor, or -1 with errno.
 */
int dog_open(const struct dog *dog)
{
	int fd = open(dog->node, O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		__atomic_store_n(&armed_fd, fd, __ATOMIC_SEQ_CST);
	return fd;
}

/**
 * close_without_magic() - close a device as it is
 * @fd: its descriptor
 */
void close_without_magic(int fd)
{
	__atomic_store_n(&armed_fd, -1, __ATOMIC_SEQ_CST);
	close(fd);
}

/**
 * dog_close() - disarm and close a device
 * @dog: the device
 * @fd: its descriptor
 *
 * Return: PASSED if it is disarmed, as far as one can see.
 */
int dog_close(const struct dog *dog, int fd)
{
	if (write(fd, "V", 1) != 1)
		return failed("writing V failed: %s", strerror(errno));
	close_without_magic(fd);
	if (!may_be(dog, "inactive"))
		return failed("still armed after V and close");
	return PASSED;
}

/**
 * leave() - disarm and close at the end of a test
 * @dog: the device
 * @fd: its descriptor
 * @verdict: of the test so far
 *
 * Return: @verdict; FAILED if it was good and the device stays armed.
 */
int leave(const struct dog *dog, int fd, int verdict)
{
	char before[sizeof(why)];

	memcpy(before, why, sizeof(why));
	if (dog_close(dog, fd) && verdict == PASSED)
		return FAILED;
	memcpy(why, before, sizeof(why));
	return verdict;
}

/**
 * disarm() - signal handler: what is armed would reset the machine
 * @signal: its number
 */
void disarm(int signal)
{
	int fd = __atomic_load_n(&armed_fd, __ATOMIC_SEQ_CST);

	if (fd >= 0 && write(fd, "V", 1) == 1)
		close(fd);
	_exit(128 + signal);
}

/**
 * nap() - sleep
 * @ms: how long
 */
void nap(int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&ts, NULL);
}

/**
 * now() - the time
 *
 * Return: seconds of CLOCK_MONOTONIC.
 */
double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/**
 * set_timeout() - set the timeout
 * @fd: the device
 * @seconds: wanted, then what the driver says
 *
 * Return: 0 or an error number.
 */
int set_timeout(int fd, int *seconds)
{
	return ioctl(fd, WDIOC_SETTIMEOUT, seconds) ? errno : 0;
}

/**
 * get_timeout() - read the timeout
 * @fd: the device
 *
 * Return: seconds, or -1.
 */
int get_timeout(int fd)
{
	int seconds;

	return ioctl(fd, WDIOC_GETTIMEOUT, &seconds) ? -1 : seconds;
}
