// SPDX-License-Identifier: GPL-2.0
/* Files in folders that somebody sent: regular, and of a size that makes sense. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report-model.h"
#include "util.h"

/* A run of 10000 cells has a file of 20 MB, a drill's timeline is of 2 MB */
#define FILE_MAX_BYTES (128LL << 20)

/**
 * report_has() - is there something of that name?
 * @dir: in this folder
 * @name: of a file
 *
 * Return: whether.
 */
bool report_has(const char *dir, const char *name)
{
	char *path = path_join(dir, name);
	bool has = !access(path, F_OK);

	free(path);
	return has;
}

static FILE *open_path(const char *path, char *why, size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *what = NULL;
	struct stat st;
	FILE *in = NULL;

	if (fd < 0 || fstat(fd, &st))
		what = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		what = "it is no regular file";
	else if (st.st_size > FILE_MAX_BYTES)
		what = "it is too large";
	else
		in = fdopen(fd, "r");
	if (what)
		snprintf(why, len, "%s: %s", path, what);
	if (fd >= 0 && !in)
		close(fd);
	return in;
}

/**
 * report_open() - a file to be read
 * @dir: its folder
 * @name: of it
 * @why: why not, a sentence
 * @len: size of @why
 *
 * Return: a stream, or NULL. A pipe that nobody writes to is refused, not
 * waited for.
 */
FILE *report_open(const char *dir, const char *name, char *why, size_t len)
{
	char *path = path_join(dir, name);
	FILE *in = open_path(path, why, len);

	free(path);
	return in;
}

/**
 * report_load_path() - a file of one JSON object
 * @path: of it
 * @why: why not, a sentence
 * @len: size of @why
 *
 * Return: the object, or NULL.
 */
json_t *report_load_path(const char *path, char *why, size_t len)
{
	FILE *in = open_path(path, why, len);
	json_error_t error;
	json_t *json;

	if (!in)
		return NULL;
	json = json_loadf(in, JSON_REJECT_DUPLICATES, &error);
	fclose(in);
	if (json_is_object(json))
		return json;
	if (json)
		snprintf(why, len, "%s: it is no JSON object", path);
	else
		snprintf(why, len, "%s, line %d: %s", path, error.line, error.text);
	json_decref(json);
	return NULL;
}

/**
 * report_load() - the same, in a folder
 * @dir: its folder
 * @name: of it
 * @why: why not, a sentence
 * @len: size of @why
 *
 * Return: the object, or NULL.
 */
json_t *report_load(const char *dir, const char *name, char *why, size_t len)
{
	char *path = path_join(dir, name);
	json_t *json = report_load_path(path, why, len);

	free(path);
	return json;
}
