// SPDX-License-Identifier: GPL-2.0
/*
 * The API token. It is in a file, in our memory, and inside TLS; nowhere else.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "secret.h"

static int check_file(const char *path, int fd, struct stat *st, struct trouble *why)
{
	if (fstat(fd, st) || !S_ISREG(st->st_mode))
		return trouble_set(why, "%s: this is no file", path);
	if (st->st_uid && st->st_uid != geteuid())
		return trouble_set(why, "%s: it must belong to root or to this user", path);
	if (st->st_mode & 027)
		return trouble_set(why, "%s: others may read it, or its group write it: chmod 600",
				   path);
	if (!st->st_size || st->st_size >= SECRET_MAX)
		return trouble_set(why, "%s: it must hold one token: USER@REALM!TOKENID=SECRET",
				   path);
	return 0;
}

/* Any printable characters: what else a token may be is the server's business. */
static int check_text(const char *path, const char *text, struct trouble *why)
{
	for (const char *p = text; *p; p++)
		if (*p <= ' ' || *p >= 0x7f)
			return trouble_set(why, "%s: it must hold one token and nothing else",
					   path);
	if (!strchr(text, '@') || !strchr(text, '!') || !strchr(text, '='))
		return trouble_set(why, "%s: a token looks like USER@REALM!TOKENID=SECRET", path);
	return 0;
}

/**
 * secret_read() - read a token
 * @path: a file that others cannot read
 * @out: room for SECRET_MAX bytes
 * @why: what is wrong with it
 *
 * Mapped instead of read: what read(2) returns stands in a trace.
 *
 * Return: 0, or -1.
 */
int secret_read(const char *path, char *out, struct trouble *why)
{
	struct stat st;
	void *map;
	size_t len;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return trouble_set(why, "%s: %s", path, strerror(errno));
	if (check_file(path, fd, &st, why)) {
		close(fd);
		return -1;
	}
	map = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return trouble_set(why, "%s: %s", path, strerror(errno));
	len = st.st_size;
	memcpy(out, map, len);
	munmap(map, st.st_size);
	while (len && (out[len - 1] == '\n' || out[len - 1] == '\r'))
		len--;
	out[len] = '\0';
	return check_text(path, out, why);
}
