/* SPDX-License-Identifier: GPL-2.0 */
/* A directory that plays the part of / for a test, and an output to look at. */
#ifndef PUG_TEST_TREE_H
#define PUG_TEST_TREE_H

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "emit.h"

struct tree {
	char root[64];
};

static inline void tree_make(struct tree *tree)
{
	strcpy(tree->root, "/tmp/pug-test-XXXXXX");
	assert_non_null(mkdtemp(tree->root));
}

static inline int tree_remove_one(const char *path, const struct stat *st,
				  int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void tree_remove(struct tree *tree)
{
	nftw(tree->root, tree_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The path below the root; the folders that lead to it are made. */
static inline void tree_path(const struct tree *tree, const char *name,
			     char *path, size_t size)
{
	char *slash;

	snprintf(path, size, "%s%s", tree->root, name);
	for (slash = path + strlen(tree->root) + 1;
	     (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
}

static inline void tree_file(const struct tree *tree, const char *name,
			     const char *text)
{
	char path[512];
	FILE *file;

	tree_path(tree, name, path, sizeof(path));
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static inline void tree_link(const struct tree *tree, const char *name,
			     const char *target)
{
	char path[512];

	tree_path(tree, name, path, sizeof(path));
	assert_int_equal(symlink(target, path), 0);
}

static inline void tree_dir(const struct tree *tree, const char *name)
{
	char path[512];

	tree_path(tree, name, path, sizeof(path) - 1);
	mkdir(path, 0755);
}

static inline void tree_unlink(const struct tree *tree, const char *name)
{
	char path[512];

	tree_path(tree, name, path, sizeof(path));
	assert_int_equal(unlink(path), 0);
}

static inline void tree_expect(const struct tree *tree, const char *name,
			       const char *text)
{
	char path[512];
	char found[512] = "";
	FILE *file;

	tree_path(tree, name, path, sizeof(path));
	file = fopen(path, "r");
	assert_non_null(file);
	if (fread(found, 1, sizeof(found) - 1, file))
		assert_int_equal(ferror(file), 0);
	fclose(file);
	assert_string_equal(found, text);
}

/* What an emitter has written so far. */
struct output {
	struct emitter em;
	char text[65536];
	char errors[4096];
};

static inline void output_open(struct output *out, bool json)
{
	memset(out, 0, sizeof(*out));
	emit_init(&out->em, "test", json);
	out->em.fd = memfd_create("out", MFD_CLOEXEC);
	out->em.errors_fd = memfd_create("errors", MFD_CLOEXEC);
	assert_true(out->em.fd >= 0 && out->em.errors_fd >= 0);
}

static inline void output_read(struct output *out)
{
	ssize_t n;

	n = pread(out->em.fd, out->text, sizeof(out->text) - 1, 0);
	assert_true(n >= 0);
	out->text[n] = '\0';
	n = pread(out->em.errors_fd, out->errors, sizeof(out->errors) - 1, 0);
	assert_true(n >= 0);
	out->errors[n] = '\0';
}

static inline void output_close(struct output *out)
{
	close(out->em.fd);
	close(out->em.errors_fd);
}

/* Line number n (from 0) as JSON; the caller drops the reference. */
static inline json_t *output_line(struct output *out, int n)
{
	json_error_t error;
	const char *line;
	json_t *json;

	output_read(out);
	for (line = out->text; n; n--) {
		line = strchr(line, '\n');
		assert_non_null(line);
		line++;
	}
	json = json_loadb(line, strcspn(line, "\n"), JSON_REJECT_DUPLICATES,
			  &error);
	if (!json)
		fail_msg("%s in: %s", error.text, line);
	return json;
}

static inline int output_lines(struct output *out)
{
	const char *p;
	int n = 0;

	output_read(out);
	for (p = out->text; *p; p++)
		n += *p == '\n';
	return n;
}

static inline void expect_int(json_t *json, const char *key, json_int_t value)
{
	json_t *field = json_object_get(json, key);

	if (!json_is_integer(field))
		fail_msg("no integer: %s", key);
	assert_int_equal(json_integer_value(field), value);
}

static inline void expect_text(json_t *json, const char *key, const char *text)
{
	json_t *field = json_object_get(json, key);

	if (!json_is_string(field))
		fail_msg("no string: %s", key);
	assert_string_equal(json_string_value(field), text);
}

static inline void expect_bool(json_t *json, const char *key, bool value)
{
	json_t *field = json_object_get(json, key);

	if (!json_is_boolean(field))
		fail_msg("neither true nor false: %s", key);
	assert_int_equal(json_is_true(field), value);
}

static inline void expect_text_with(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in: %s", part, text);
}

static inline void expect_null(json_t *json, const char *key)
{
	if (!json_is_null(json_object_get(json, key)))
		fail_msg("not null: %s", key);
}

#endif /* PUG_TEST_TREE_H */
