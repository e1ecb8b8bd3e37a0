// SPDX-License-Identifier: GPL-2.0
/* Where results are kept, and how they get there. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "keep.h"
#include "util.h"

/* Of two runs that begin in the same second each gets a folder of its own */
static char *new_folder(const char *parent)
{
	time_t now = time(NULL);
	char stamp[32];

	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", gmtime(&now));
	for (unsigned int n = 1; !make_dirs(parent); n++) {
		char *out = n == 1 ? xasprintf("%s/%s", parent, stamp) :
			    xasprintf("%s/%s.%u", parent, stamp, n);

		if (!mkdir(out, 0777))
			return out;
		free(out);
		if (errno != EEXIST)
			break;
	}
	return NULL;
}

/**
 * keep_folder() - the folder of a run
 * @given: by the user, made where it is missing; NULL for a new one
 * @parent: a new one is made here, named after the time
 *
 * Return: its absolute path, to be freed; NULL after saying why there is none.
 */
char *keep_folder(const char *given, const char *parent)
{
	char *out = given ? xstrdup(given) : new_folder(parent), *path = NULL;

	if (out && !make_dirs(out) && !access(out, W_OK | X_OK))
		path = realpath(out, NULL);
	if (!path)
		warn_line("%s can't be made: %s; choose another folder with --out",
			  given ? given : parent, strerror(errno));
	free(out);
	return path;
}

/**
 * keep_stream() - write a file of a run, piece by piece
 * @dir: the folder
 * @name: of the file
 * @write: writes it all; not 0 where it could not
 * @data: for @write
 *
 * Return: 0; not 0 after saying that it can't be written.
 */
int keep_stream(const char *dir, const char *name, int (*write)(const void *data, FILE *out),
		const void *data)
{
	char *path = path_join(dir, name);
	FILE *out = fopen(path, "we");
	int ret = out ? write(data, out) : -1;

	if (out && fclose(out))
		ret = -1;
	if (ret)
		warn_line("%s can't be written: %s", path, strerror(errno));
	free(path);
	return ret;
}

/**
 * keep_json() - write a file of a run
 * @dir: the folder
 * @name: of the file
 * @json: its contents, stays the caller's
 *
 * Return: 0; -1 after saying that it can't be written.
 */
int keep_json(const char *dir, const char *name, json_t *json)
{
	char *path = path_join(dir, name);
	int ret = json_dump_file(json, path, JSON_INDENT(2));

	if (ret)
		warn_line("%s can't be written: %s", path, strerror(errno));
	free(path);
	return ret;
}

/**
 * results_write() - write results where the user wants them
 * @json: the results; given back
 * @path: a file, "-" for standard output, NULL for nowhere
 *
 * Return: 0; -1 after saying what can't be written.
 */
int results_write(json_t *json, const char *path)
{
	int ret = 0;

	if (path && !strcmp(path, "-")) {
		ret = json_dumpf(json, stdout, JSON_INDENT(2));
		putchar('\n');
	} else if (path) {
		ret = json_dump_file(json, path, JSON_INDENT(2));
	}
	if (ret)
		warn_line("%s can't be written: %s", path, strerror(errno));
	json_decref(json);
	return ret;
}

/**
 * keep_event() - a line of what the lab does, at once
 * @out: lab.jsonl
 * @event: a word
 * @text: what about it; anybody's
 */
void keep_event(FILE *out, const char *event, const char *text)
{
	json_t *line = json_pack("{s:f s:s s:o}", "host_s", now_s(), "event", event, "text",
				 json_text(text));

	json_dumpf(line, out, JSON_COMPACT);
	fputc('\n', out);
	fflush(out);
	json_decref(line);
}
