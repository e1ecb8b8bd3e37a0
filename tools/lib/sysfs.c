// SPDX-License-Identifier: GPL-2.0
/*
 * Reads attributes below a root that tests can move.
 *
 * The root is a parameter and never an environment variable: on a production
 * machine nothing may talk this program into reading another tree.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io.h"
#include "num.h"
#include "sysfs.h"

/**
 * sysfs_path() - join a path
 * @out: the path
 * @size: size of @out
 * @root: "" on a real machine
 * @dir: absolute path below the root
 * @name: name in @dir
 *
 * Return: 0 or -ENAMETOOLONG.
 */
int sysfs_path(char *out, size_t size, const char *root, const char *dir,
	       const char *name)
{
	int n = snprintf(out, size, "%s%s/%s", root, dir, name);

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

/**
 * sysfs_text() - read an attribute as text
 * @root: "" on a real machine
 * @dir: absolute path below the root
 * @name: name in @dir
 * @buf: the text without its last newline; "" on failure
 * @size: size of @buf
 *
 * Return: length of the text or a negative error number.
 */
ssize_t sysfs_text(const char *root, const char *dir, const char *name,
		   char *buf, size_t size)
{
	char path[SYSFS_PATH_MAX];
	ssize_t len;
	int rc;

	buf[0] = '\0';
	rc = sysfs_path(path, sizeof(path), root, dir, name);
	if (rc)
		return rc;
	len = io_read_file(path, buf, size);
	if (len < 0) {
		buf[0] = '\0';
		return len;
	}
	len = strlen(buf);
	if (len && buf[len - 1] == '\n')
		buf[--len] = '\0';
	return len;
}

/**
 * sysfs_number() - read an attribute as a number
 * @root: "" on a real machine
 * @dir: absolute path below the root
 * @name: name in @dir
 *
 * Return: the number, or SYSFS_UNKNOWN.
 */
int64_t sysfs_number(const char *root, const char *dir, const char *name)
{
	char text[32];
	uint64_t value;

	if (sysfs_text(root, dir, name, text, sizeof(text)) <= 0)
		return SYSFS_UNKNOWN;
	if (num_u64(text, INT64_MAX, &value))
		return SYSFS_UNKNOWN;
	return value;
}

/**
 * sysfs_link_name() - the last part of where a symbolic link points to
 * @root: "" on a real machine
 * @dir: absolute path below the root
 * @name: the link's name in @dir, such as "device/driver"
 * @buf: the result; "" on failure
 * @size: size of @buf
 *
 * Return: 0 or a negative error number.
 */
int sysfs_link_name(const char *root, const char *dir, const char *name,
		    char *buf, size_t size)
{
	char path[SYSFS_PATH_MAX];
	char target[SYSFS_PATH_MAX];
	const char *base;
	ssize_t len;
	int rc;

	buf[0] = '\0';
	rc = sysfs_path(path, sizeof(path), root, dir, name);
	if (rc)
		return rc;
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return -errno;
	target[len] = '\0';
	base = strrchr(target, '/');
	base = base ? base + 1 : target;
	if (strlen(base) >= size)
		return -ENAMETOOLONG;
	strcpy(buf, base);
	return 0;
}
