// SPDX-License-Identifier: GPL-2.0
/* Who may open a watchdog, what opening and closing do, options */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "dog.h"

/* What no driver knows */
#define NO_SUCH_IOCTL	_IOWR(WATCHDOG_IOCTL_BASE, 99, int)

/**
 * test_support() - says what it is
 * @dog: the device
 *
 * Return: a verdict.
 */
int test_support(struct dog *dog)
{
	char identity[64];

	if (!*dog->info.identity)
		return failed("no identity");
	if (!(dog->info.options & WDIOF_KEEPALIVEPING))
		return failed("options 0x%x lack WDIOF_KEEPALIVEPING",
			      dog->info.options);
	if (!*dog->name)
		return PASSED;
	if (read_attr(dog, "identity", identity, sizeof(identity)))
		return skipped("no identity in sysfs");
	if (strcmp(identity, (char *)dog->info.identity))
		return failed("sysfs has the identity '%s', the ioctl '%s'",
			      identity, dog->info.identity);
	return PASSED;
}

/**
 * test_open_arms() - open arms it
 * @dog: the device
 *
 * Return: a verdict.
 */
int test_open_arms(struct dog *dog)
{
	int fd;

	if (!*dog->name)
		return skipped("an old driver: sysfs has no state");
	fd = dog_open(dog);
	if (fd < 0)
		return failed("open: %s", strerror(errno));
	if (!state_is(dog, "active"))
		return leave(dog, fd, failed("not active after open"));
	return leave(dog, fd, PASSED);
}

static int refuses_second(const char *node)
{
	int fd = open(node, O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		close(fd);
		return failed("a second open of %s succeeded", node);
	}
	if (errno != EBUSY)
		return failed("a second open of %s: %s, not EBUSY", node,
			      strerror(errno));
	return PASSED;
}

/**
 * test_single_open() - only one can open it
 * @dog: the device
 *
 * Return: a verdict.
 */
int test_single_open(struct dog *dog)
{
	int fd = dog_open(dog);
	int rc;

	if (fd < 0)
		return failed("open: %s", strerror(errno));
	rc = refuses_second(dog->node);
	/* The same device by its other name */
	if (!rc && !strcmp(dog->name, "watchdog0"))
		rc = refuses_second(LEGACY_NODE);
	rc = leave(dog, fd, rc);
	if (rc)
		return rc;
	fd = dog_open(dog);
	if (fd < 0)
		return failed("not to be opened after close: %s",
			      strerror(errno));
	return leave(dog, fd, PASSED);
}

static int needs_magic(const struct dog *dog)
{
	if (!(dog->info.options & WDIOF_MAGICCLOSE))
		return skipped("the driver has no magic close");
	if (!*dog->name)
		return skipped("an old driver: sysfs has no state");
	return PASSED;
}

/**
 * test_magic_close() - V and close disarm it
 * @dog: the device
 *
 * Return: a verdict.
 */
int test_magic_close(struct dog *dog)
{
	int rc = needs_magic(dog);
	int fd;

	if (rc)
		return rc;
	fd = dog_open(dog);
	if (fd < 0)
		return failed("open: %s", strerror(errno));
	/* Anywhere in what is written last */
	if (write(fd, "xVx", 3) != 3)
		return leave(dog, fd, failed("write: %s", strerror(errno)));
	close_without_magic(fd);
	if (!state_is(dog, "inactive"))
		return failed("still armed after V and close");
	return PASSED;
}

/* Write TEXT last, if it is not empty, and close: it must stay armed. */
static int stays_armed(struct dog *dog, const char *first, const char *last)
{
	int rc = needs_magic(dog);
	int fd;

	if (rc)
		return rc;
	fd = dog_open(dog);
	if (fd < 0)
		return failed("open: %s", strerror(errno));
	if ((*first && write(fd, first, 1) != 1) ||
	    (*last && write(fd, last, 1) != 1))
		rc = failed("write: %s", strerror(errno));
	close_without_magic(fd);
	if (!rc && !state_is(dog, "active"))
		rc = failed("disarmed without the magic character");
	fd = dog_open(dog);
	if (fd < 0)
		return failed("cannot be disarmed, open: %s", strerror(errno));
	return leave(dog, fd, rc);
}

/**
 * test_close_without_magic() - close without V leaves it armed
 * @dog: the device
 *
 * Return: a verdict.
 */
int test_close_without_magic(struct dog *dog)
{
	return stays_armed(dog, "", "");
}

/**
 * test_magic_is_last() - V counts only if it is in the last write
 * @dog: the device
 *
 * Return: a verdict.
 */
int test_magic_is_last(struct dog *dog)
{
	return stays_armed(dog, "V", "v");
}

static int set_options(int fd, int options)
{
	return ioctl(fd, WDIOC_SETOPTIONS, &options) ? errno : 0;
}

static int judge_options(const struct dog *dog, int fd)
{
	int error;

	error = set_options(fd, WDIOS_DISABLECARD);
	if (error)
		return failed("WDIOS_DISABLECARD: %s", strerror(error));
	if (!may_be(dog, "inactive"))
		return failed("armed after WDIOS_DISABLECARD");
	error = set_options(fd, WDIOS_ENABLECARD);
	if (error)
		return failed("WDIOS_ENABLECARD: %s", strerror(error));
	if (!may_be(dog, "active"))
		return failed("not armed after WDIOS_ENABLECARD");
	return PASSED;
}

/**
 * test_options() - options
 * @dog: the device
 *
 * Return: a verdict.
 */
int test_options(struct dog *dog)
{
	int fd = dog_open(dog);

	if (fd < 0)
		return failed("open: %s", strerror(errno));
	return leave(dog, fd, judge_options(dog, fd));
}

/**
 * test_unknown_ioctl() - an unknown ioctl
 * @dog: the device
 *
 * Return: a verdict.
 */
int test_unknown_ioctl(struct dog *dog)
{
	int fd = dog_open(dog);
	int unused = 0, rc = PASSED;

	if (fd < 0)
		return failed("open: %s", strerror(errno));
	if (!ioctl(fd, NO_SUCH_IOCTL, &unused))
		rc = failed("an ioctl that there is not succeeded");
	else if (errno != ENOTTY)
		rc = failed("an ioctl that there is not: %s, not ENOTTY",
			    strerror(errno));
	return leave(dog, fd, rc);
}
