// SPDX-License-Identifier: GPL-2.0
/*
 * A watchdog driver with a fault, for watchdog-api-broken: linked with the selftest
 * watchdog-api (ld --wrap), it stands between the test and softdog. BROKEN= names
 * the fault.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/watchdog.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broken-watchdog.h"

static int dog_fd = -1;
static int nowayout_fd = -1;
static int lied;	/* the timeout that was only said to be set */

static bool fault_is(const char *name)
{
	const char *fault = getenv("BROKEN");

	return fault && !strcmp(fault, name);
}

static int fails_with(int error)
{
	errno = error;
	return -1;
}

int __wrap_open(const char *path, int flags, ...)
{
	int fd = __real_open(path, flags);

	if (fd < 0 && errno == EBUSY && fault_is("second-open"))
		return __real_open("/dev/null", flags);
	if (fd >= 0 && !strncmp(path, "/dev/watchdog", 13))
		dog_fd = fd;
	if (fd >= 0 && strstr(path, "/nowayout") && (flags & O_ACCMODE))
		nowayout_fd = fd;
	return fd;
}

/* Says that it will fire after a second, and waits for ten minutes */
static int set_never(int fd, int *seconds)
{
	int asked = *seconds, rc;

	*seconds = 600;
	rc = __real_ioctl(fd, WDIOC_SETTIMEOUT, seconds);
	*seconds = asked;
	lied = rc ? 0 : asked;
	return rc;
}

static int set_timeout(int fd, int *seconds)
{
	int rc, asked = *seconds;

	if (fault_is("never-fires") && asked == 1)
		return set_never(fd, seconds);
	if (fault_is("refuses-max") && asked == 65535)
		return fails_with(EINVAL);
	if (fault_is("refuses-min") && asked == 1)
		return fails_with(EINVAL);
	if (fault_is("wrong-errno") && (asked < 1 || asked > 65535))
		return fails_with(EIO);
	rc = __real_ioctl(fd, WDIOC_SETTIMEOUT, seconds);
	if (rc && fault_is("takes-anything")) {
		lied = asked;
		return 0;
	}
	lied = 0;
	if (!rc && fault_is("says-another") && asked == 65535)
		(*seconds)++;
	return rc;
}

static int get_timeout(int fd, int *seconds)
{
	int rc = __real_ioctl(fd, WDIOC_GETTIMEOUT, seconds);

	if (lied)
		*seconds = lied;
	return rc;
}

static int get_support(int fd, struct watchdog_info *info)
{
	int rc = __real_ioctl(fd, WDIOC_GETSUPPORT, info);

	if (fault_is("no-identity"))
		info->identity[0] = '\0';
	return rc;
}

static int set_pretimeout(int fd, void *arg)
{
	int rc = __real_ioctl(fd, WDIOC_SETPRETIMEOUT, arg);

	return rc && fault_is("any-pretimeout") ? 0 : rc;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	switch (request) {
	case WDIOC_SETTIMEOUT:
		return set_timeout(fd, arg);
	case WDIOC_GETTIMEOUT:
		return get_timeout(fd, arg);
	case WDIOC_GETSUPPORT:
		return get_support(fd, arg);
	case WDIOC_SETPRETIMEOUT:
		return set_pretimeout(fd, arg);
	case WDIOC_SETOPTIONS:
		return fault_is("no-options") ? 0 : __real_ioctl(fd, request, arg);
	case WDIOC_KEEPALIVE:
		if (fault_is("deaf-ioctl"))
			return 0;
		if (fault_is("no-ioctl"))
			return fails_with(EIO);
		return __real_ioctl(fd, request, arg);
	case WDIOC_GETPRETIMEOUT:
		return __real_ioctl(fd, request, arg);
	default:
		if (fault_is("takes-any-ioctl"))
			return 0;
		return __real_ioctl(fd, request, arg);
	}
}

ssize_t __wrap_write(int fd, const void *text, size_t len)
{
	const char *c = text;

	if (fd == nowayout_fd && fault_is("loses-nowayout"))
		return len;
	if (fd != dog_fd)
		return __real_write(fd, text, len);
	if (fault_is("no-magic"))
		return __real_write(fd, "x", 1) == 1 ? (ssize_t)len : -1;
	if ((*c == 'k' && fault_is("deaf-write")) || (*c == 'v' && fault_is("old-magic")))
		return len;
	return __real_write(fd, text, len);
}

int __wrap_close(int fd)
{
	if (fd == dog_fd && fault_is("always-disarms") && __real_write(fd, "V", 1) != 1)
		return -1;
	if (fd == dog_fd)
		dog_fd = -1;
	if (fd == nowayout_fd)
		nowayout_fd = -1;
	return __real_close(fd);
}
