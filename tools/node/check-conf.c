// SPDX-License-Identifier: GPL-2.0
/*
 * Reading configuration files.
 *
 * What lies in such a folder may be anything: a FIFO would block an ordinary
 * open(2), a link may lead round in circles, a file may be huge. What cannot be
 * read is noted, for a finding that rests on half of the files is none.
 */
#define _GNU_SOURCE 1
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check-conf.h"
#include "io.h"
#include "sysfs.h"

#define NAMES_MAX 1024

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void trim(struct line *line)
{
	while (line->len && is_blank(line->text[0])) {
		line->text++;
		line->len--;
	}
	while (line->len && is_blank(line->text[line->len - 1]))
		line->len--;
}

/**
 * line_next() - the next line of a text, trimmed
 * @cursor: where to go on; moved behind the line found
 * @end: end of the text; no terminating zero is needed
 * @line: the line, empty ones and comments (# or ;) left out
 *
 * Return: false at the end of the text.
 */
bool line_next(const char **cursor, const char *end, struct line *line)
{
	while (*cursor < end) {
		const char *newline = memchr(*cursor, '\n', end - *cursor);

		line->text = *cursor;
		line->len = (newline ? newline : end) - *cursor;
		*cursor = newline ? newline + 1 : end;
		trim(line);
		if (line->len && line->text[0] != '#' && line->text[0] != ';')
			return true;
	}
	return false;
}

/**
 * line_word() - take the first word off a line
 * @line: the line; what is left of it afterwards
 * @word: the word
 *
 * Return: false if there is none.
 */
bool line_word(struct line *line, struct line *word)
{
	size_t n = 0;

	trim(line);
	while (n < line->len && !is_blank(line->text[n]))
		n++;
	word->text = line->text;
	word->len = n;
	line->text += n;
	line->len -= n;
	trim(line);
	return n;
}

/**
 * line_is() - is this the whole line?
 * @line: the line
 * @text: what it is compared with
 *
 * Return: true if so.
 */
bool line_is(const struct line *line, const char *text)
{
	return line->len == strlen(text) && !memcmp(line->text, text, line->len);
}

/**
 * line_starts() - does the line begin with this?
 * @line: the line
 * @text: what it is compared with
 *
 * Return: true if so.
 */
bool line_starts(const struct line *line, const char *text)
{
	size_t len = strlen(text);

	return line->len >= len && !memcmp(line->text, text, len);
}

/**
 * line_has() - is this somewhere in the line?
 * @line: the line
 * @text: what is looked for
 *
 * Return: true if so.
 */
bool line_has(const struct line *line, const char *text)
{
	return memmem(line->text, line->len, text, strlen(text));
}

/**
 * line_copy() - copy a line
 * @line: the line
 * @out: terminated, cut to fit
 * @size: size of @out, at least 1
 */
void line_copy(const struct line *line, char *out, size_t size)
{
	size_t len = line->len < size ? line->len : size - 1;

	memcpy(out, line->text, len);
	out[len] = '\0';
}

/**
 * unread_add() - note a file that could not be read
 * @unread: the notes
 * @path: the file
 * @error: why, as a positive error number
 */
void unread_add(struct unread *unread, const char *path, int error)
{
	size_t len = strlen(unread->text);

	unread->n++;
	snprintf(unread->text + len, sizeof(unread->text) - len, "%s%s (%s)",
		 len ? ", " : "", path, strerror(error));
}

static ssize_t read_open_file(int fd, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size && (n = read(fd, buf + len, size - len))) {
		if (n > 0)
			len += n;
		else if (errno != EINTR)
			return -errno;
	}
	return len == size ? -EFBIG : (ssize_t)len;
}

/**
 * conf_read() - read a regular file
 * @root: "" on a real machine
 * @path: the file below the root
 * @buf: where to; terminated with a zero
 * @size: size of @buf
 *
 * Return: length or a negative error number; -EFBIG if it does not fit, -EINVAL
 * if it is no regular file.
 */
ssize_t conf_read(const char *root, const char *path, char *buf, size_t size)
{
	char full[SYSFS_PATH_MAX];
	ssize_t len = -EINVAL;
	struct stat st;
	int fd;

	buf[0] = '\0';
	if (snprintf(full, sizeof(full), "%s%s", root, path) >= (int)sizeof(full))
		return -ENAMETOOLONG;
	fd = open(full, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		len = read_open_file(fd, buf, size);
	close(fd);
	buf[len < 0 ? 0 : len] = '\0';
	return len;
}

/**
 * conf_file() - hand a file's contents to a function
 * @root: "" on a real machine
 * @path: the file below the root; it need not be there
 * @unread: where it is noted if it is there and cannot be read
 * @each: the function
 * @into: its last argument
 */
void conf_file(const char *root, const char *path, struct unread *unread,
	       conf_fn each, void *into)
{
	char *text = malloc(CONF_FILE_MAX);
	ssize_t len = -ENOMEM;

	if (text)
		len = conf_read(root, path, text, CONF_FILE_MAX);
	if (len >= 0)
		each(path, text, len, into);
	else if (len != -ENOENT && len != -ENOTDIR)
		unread_add(unread, path, -len);
	free(text);
}

/* Files of a folder, with the priority of the folder. */
struct name {
	char *text;
	int dir;
};

struct names {
	struct name list[NAMES_MAX];
	int n;
};

static int by_name(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	int order = strcmp(x->text, y->text);

	return order ? order : x->dir - y->dir;
}

static bool ends_with(const char *text, const char *suffix)
{
	size_t len = strlen(text), tail = strlen(suffix);

	return len > tail && !strcmp(text + len - tail, suffix);
}

static void list_dir(const char *root, const char *dir, int number,
		     const char *suffix, struct names *names,
		     struct unread *unread)
{
	char path[SYSFS_PATH_MAX];
	struct dirent *entry;
	DIR *stream;

	if (sysfs_path(path, sizeof(path), root, dir, ""))
		return;
	stream = opendir(path);
	if (!stream) {
		if (errno != ENOENT && errno != ENOTDIR)
			unread_add(unread, dir, errno);
		return;
	}
	while ((entry = readdir(stream)) && names->n < NAMES_MAX) {
		struct name *name = &names->list[names->n];

		if (entry->d_name[0] == '.' || !ends_with(entry->d_name, suffix))
			continue;
		name->text = strdup(entry->d_name);
		name->dir = number;
		names->n += !!name->text;
	}
	if (names->n == NAMES_MAX)
		unread_add(unread, dir, EOVERFLOW);
	closedir(stream);
}

/**
 * conf_dirs() - hand each file of some folders to a function
 * @root: "" on a real machine
 * @dirs: the folders, the one that masks the others first; ends with NULL
 * @suffix: what files end with
 * @unread: where it is noted what cannot be read
 * @each: the function; called in the order of the files' names, once a name
 * @into: its last argument
 *
 * This is how modprobe, udev and systemd look at their folders: of two files
 * with the same name only the one in the first folder counts.
 */
void conf_dirs(const char *root, const char * const *dirs, const char *suffix,
	       struct unread *unread, conf_fn each, void *into)
{
	struct names *names = calloc(1, sizeof(*names));
	char path[SYSFS_PATH_MAX];
	int i;

	if (!names) {
		unread_add(unread, dirs[0], ENOMEM);
		return;
	}
	for (i = 0; dirs[i]; i++)
		list_dir(root, dirs[i], i, suffix, names, unread);
	qsort(names->list, names->n, sizeof(names->list[0]), by_name);
	for (i = 0; i < names->n; i++) {
		struct name *name = &names->list[i];

		if (i && !strcmp(name->text, name[-1].text))
			continue;
		if (!sysfs_path(path, sizeof(path), "", dirs[name->dir], name->text))
			conf_file(root, path, unread, each, into);
	}
	for (i = 0; i < names->n; i++)
		free(names->list[i].text);
	free(names);
}
