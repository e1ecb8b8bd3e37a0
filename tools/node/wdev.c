// SPDX-License-Identifier: GPL-2.0
/*
 * An open watchdog device: the kernel's ioctls, one function each.
 * Documentation/watchdog/watchdog-api.rst of the kernel describes them.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wdev.h"

/**
 * wdev_open() - open a watchdog device, which arms it
 * @path: its node
 *
 * Return: file descriptor or a negative error number; -ENOTTY if it is no
 * character device (it is not opened then).
 */
int wdev_open(const char *path)
{
	struct stat st;
	int fd;

	if (stat(path, &st))
		return -errno;
	if (!S_ISCHR(st.st_mode))
		return -ENOTTY;
	fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

/**
 * wdev_support() - who are you?
 * @fd: the open device
 * @info: options, firmware version and identity
 *
 * Return: 0 or a negative error number.
 */
int wdev_support(int fd, struct watchdog_info *info)
{
	return ioctl(fd, WDIOC_GETSUPPORT, info) ? -errno : 0;
}

/**
 * wdev_set_timeout() - set the timeout
 * @fd: the open device
 * @seconds: wanted; on success what the driver says it took
 *
 * Return: 0 or a negative error number.
 */
int wdev_set_timeout(int fd, int *seconds)
{
	return ioctl(fd, WDIOC_SETTIMEOUT, seconds) ? -errno : 0;
}

/**
 * wdev_get_timeout() - read the timeout back
 * @fd: the open device
 * @seconds: the timeout
 *
 * Return: 0 or a negative error number.
 */
int wdev_get_timeout(int fd, int *seconds)
{
	return ioctl(fd, WDIOC_GETTIMEOUT, seconds) ? -errno : 0;
}

/**
 * wdev_set_pretimeout() - ask for the time between pretimeout and timeout
 * @fd: an open watchdog device
 * @seconds: 0: no pretimeout
 *
 * Return: 0, or a negative error number.
 */
int wdev_set_pretimeout(int fd, int seconds)
{
	return ioctl(fd, WDIOC_SETPRETIMEOUT, &seconds) ? -errno : 0;
}

/**
 * wdev_get_pretimeout() - read the time between pretimeout and timeout
 * @fd: the open device
 * @seconds: 0: no pretimeout
 *
 * Return: 0 or a negative error number.
 */
int wdev_get_pretimeout(int fd, int *seconds)
{
	return ioctl(fd, WDIOC_GETPRETIMEOUT, seconds) ? -errno : 0;
}

/**
 * wdev_get_bootstatus() - why the driver thinks the machine booted
 * @fd: the open device
 * @flags: WDIOF_ flags
 *
 * Return: 0 or a negative error number.
 */
int wdev_get_bootstatus(int fd, int *flags)
{
	return ioctl(fd, WDIOC_GETBOOTSTATUS, flags) ? -errno : 0;
}

/**
 * wdev_ping() - one keepalive
 * @fd: the open device
 *
 * By ioctl; by write(2) where the driver does not know the ioctl.
 *
 * Return: 0 or a negative error number.
 */
int wdev_ping(int fd)
{
	int unused = 0;

	if (!ioctl(fd, WDIOC_KEEPALIVE, &unused))
		return 0;
	if (errno != ENOTTY && errno != EOPNOTSUPP)
		return -errno;
	return write(fd, "", 1) < 0 ? -errno : 0;
}

/**
 * wdev_magic() - write the magic 'V': the close that follows shall disarm
 * @fd: the open device
 *
 * Return: 0 or a negative error number.
 */
int wdev_magic(int fd)
{
	return write(fd, "V", 1) < 0 ? -errno : 0;
}
