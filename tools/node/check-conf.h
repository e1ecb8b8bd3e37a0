/* SPDX-License-Identifier: GPL-2.0 */
/* Reading configuration files: of regular files only, up to a size. */
#ifndef PUG_CHECK_CONF_H
#define PUG_CHECK_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A configuration file that is longer than this is not believed. */
#define CONF_FILE_MAX	(256 * 1024)

/**
 * struct unread - files that could not be read, for a finding
 * @n: how many
 * @text: the first ones and why
 */
struct unread {
	int n;
	char text[400];
};

/**
 * struct line - one line of a text; points into it
 * @text: not terminated; blanks at both ends are cut off
 * @len: its length
 */
struct line {
	const char *text;
	size_t len;
};

/* Called with the contents of each file; path is that below the root. */
typedef void (*conf_fn)(const char *path, const char *text, size_t len,
			void *into);

bool line_next(const char **cursor, const char *end, struct line *line);
bool line_word(struct line *line, struct line *word);
bool line_is(const struct line *line, const char *text);
bool line_starts(const struct line *line, const char *text);
bool line_has(const struct line *line, const char *text);
void line_copy(const struct line *line, char *out, size_t size);

void unread_add(struct unread *unread, const char *path, int error);
ssize_t conf_read(const char *root, const char *path, char *buf, size_t size);
void conf_file(const char *root, const char *path, struct unread *unread,
	       conf_fn each, void *into);
void conf_dirs(const char *root, const char * const *dirs, const char *suffix,
	       struct unread *unread, conf_fn each, void *into);

#endif /* PUG_CHECK_CONF_H */
