// SPDX-License-Identifier: GPL-2.0
/* The bounds of a watchdog's timeout, and its pretimeout */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>

#include "dog.h"

enum wanted { ACCEPTED, REFUSED };

/* What must hold in any case: all or nothing, and what was taken is told. */
static int judge_timeout(int fd, int asked, enum wanted wanted, int before)
{
	int said = asked;
	int error = set_timeout(fd, &said);
	int after = get_timeout(fd);

	if (!error && wanted == REFUSED)
		return failed("%d s were accepted", asked);
	if (error && wanted == ACCEPTED)
		return failed("%d s were refused: %s", asked, strerror(error));
	if (error && error != EINVAL)
		return failed("%d s: %s, not EINVAL", asked, strerror(error));
	if (error && after != before)
		return failed("%d s were refused, and the timeout went from %d to %d s",
			      asked, before, after);
	if (!error && said != after)
		return failed("setting says %d s, getting %d s", said, after);
	return PASSED;
}

static int try_timeout(struct dog *dog, int asked, enum wanted wanted)
{
	int fd, before, rc;

	if (!(dog->info.options & WDIOF_SETTIMEOUT))
		return skipped("the driver cannot set its timeout");
	fd = dog_open(dog);
	if (fd < 0)
		return failed("open: %s", strerror(errno));
	before = get_timeout(fd);
	rc = judge_timeout(fd, asked, wanted, before);
	set_timeout(fd, &dog->timeout);
	if (!rc && get_timeout(fd) != dog->timeout)
		rc = failed("after %d s it cannot be set back to %d s", asked,
			    dog->timeout);
	return leave(dog, fd, rc);
}

/**
 * test_timeout_zero() - timeout of 0 s
 * @dog: the device
 *
 * A driver that takes 0 may fire at once: only where it says that it does not
 *
 * Return: a verdict.
 */
int test_timeout_zero(struct dog *dog)
{
	if (dog->min <= 0)
		return skipped("min_timeout is not known: what 0 does is the driver's affair");
	return try_timeout(dog, 0, REFUSED);
}

/**
 * test_timeout_one() - timeout of 1 s
 * @dog: the device
 *
 * Return: a verdict.
 */
int test_timeout_one(struct dog *dog)
{
	if (dog->min <= 0)
		return skipped("min_timeout is not known: what 1 does is the driver's affair");
	return try_timeout(dog, 1, dog->min == 1 ? ACCEPTED : REFUSED);
}

/**
 * test_timeout_max() - timeout of max_timeout
 * @dog: the device
 *
 * Return: a verdict.
 */
int test_timeout_max(struct dog *dog)
{
	if (dog->max <= 0)
		return skipped("max_timeout is not known");
	return try_timeout(dog, dog->max, ACCEPTED);
}

/**
 * test_timeout_over_max() - timeout of max_timeout + 1
 * @dog: the device
 *
 * Return: a verdict.
 */
int test_timeout_over_max(struct dog *dog)
{
	if (dog->max <= 0)
		return skipped("max_timeout is not known");
	/* A driver that lets the kernel feed its hardware declares no maximum */
	return try_timeout(dog, dog->max + 1, REFUSED);
}

/**
 * test_timeout_minus_one() - timeout of -1 s
 * @dog: the device
 *
 * Return: a verdict.
 */
int test_timeout_minus_one(struct dog *dog)
{
	return try_timeout(dog, -1, REFUSED);
}

/**
 * test_timeout_int_max() - timeout of INT_MAX s
 * @dog: the device
 *
 * Return: a verdict.
 */
int test_timeout_int_max(struct dog *dog)
{
	return try_timeout(dog, INT_MAX, REFUSED);
}

static int set_pretimeout(int fd, int seconds)
{
	return ioctl(fd, WDIOC_SETPRETIMEOUT, &seconds) ? errno : 0;
}

/*
 * Where the driver has none, the kernel may (CONFIG_WATCHDOG_HRTIMER_PRETIMEOUT);
 * else it says EOPNOTSUPP, and a driver of the old kind ENOTTY.
 */
static int judge_pretimeout(const struct dog *dog, int fd)
{
	int error, got = -1;

	error = set_pretimeout(fd, dog->timeout);
	if (!(dog->info.options & WDIOF_PRETIMEOUT) &&
	    (error == EOPNOTSUPP || (!*dog->name && error == ENOTTY)))
		return PASSED;
	if (error != EINVAL)
		return failed("a pretimeout of the whole timeout: %s, not EINVAL",
			      strerror(error));
	error = set_pretimeout(fd, 1);
	if (error)
		return failed("a pretimeout of 1 s: %s", strerror(error));
	if (ioctl(fd, WDIOC_GETPRETIMEOUT, &got) || got <= 0)
		return failed("set to 1 s, and getting it says %d", got);
	error = set_pretimeout(fd, 0);
	if (error || ioctl(fd, WDIOC_GETPRETIMEOUT, &got) || got)
		return failed("it cannot be set back to 0");
	return PASSED;
}

/**
 * test_pretimeout() - pretimeout
 * @dog: the device
 *
 * Return: a verdict.
 */
int test_pretimeout(struct dog *dog)
{
	int fd = dog_open(dog);

	if (fd < 0)
		return failed("open: %s", strerror(errno));
	return leave(dog, fd, judge_pretimeout(dog, fd));
}
