// SPDX-License-Identifier: GPL-2.0
/*
 * Device nodes of a recorded tree, which cannot hold any: its file .nodes lists
 * them, a line each: PATH MAJOR:MINOR MODE UID GID.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "check-conf.h"
#include "recorded.h"
#include "sysfs.h"

#define NODE_LIST ".nodes"

/* One line of .nodes. */
static bool node_line(struct line *line, const char *path, struct stat *st)
{
	unsigned int major, minor, mode, uid, gid;
	struct line name;
	char rest[80];

	if (!line_word(line, &name) || !line_is(&name, path))
		return false;
	line_copy(line, rest, sizeof(rest));
	if (sscanf(rest, "%u:%u %o %u %u", &major, &minor, &mode, &uid, &gid) != 5)
		return false;
	memset(st, 0, sizeof(*st));
	st->st_rdev = makedev(major, minor);
	st->st_mode = S_IFCHR | (mode & 07777);
	st->st_uid = uid;
	st->st_gid = gid;
	return true;
}

/**
 * node_list_exists() - does this tree list its nodes?
 * @root: the tree
 *
 * Return: true if so.
 */
bool node_list_exists(const char *root)
{
	char path[SYSFS_PATH_MAX];

	return *root && !sysfs_path(path, sizeof(path), root, "", NODE_LIST) &&
	       !access(path, F_OK);
}

/**
 * node_stat() - stat(2) of a device node
 * @root: "" on a real machine; else a tree with a file .nodes
 * @path: the node
 * @st: as stat(2) has it
 *
 * Return: 0 or a negative error number.
 */
int node_stat(const char *root, const char *path, struct stat *st)
{
	char text[4096];
	const char *cursor = text;
	struct line line;
	ssize_t len;

	if (!*root)
		return stat(path, st) ? -errno : 0;
	len = conf_read(root, "/" NODE_LIST, text, sizeof(text));
	while (len > 0 && line_next(&cursor, text + len, &line)) {
		if (node_line(&line, path, st))
			return 0;
	}
	return -ENOENT;
}
