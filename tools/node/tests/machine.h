/* SPDX-License-Identifier: GPL-2.0 */
/* Unpacks a machine that tools/node/tests/record wrote down. */
#ifndef PUG_TEST_MACHINE_H
#define PUG_TEST_MACHINE_H

#include "tree.h"

#define MACHINES "tools/node/tests/machines/"

/* "\0" stands for the zeros of a command line */
static inline void machine_put_line(FILE *file, const char *line)
{
	for (; *line; line++) {
		if (line[0] == '\\' && line[1] == '0') {
			fputc('\0', file);
			line++;
		} else if (line[0] != '\n' || line[1]) {
			fputc(*line, file);
		}
	}
}

static inline FILE *machine_open(const struct tree *tree, const char *name)
{
	char path[512];
	FILE *file;

	tree_path(tree, name, path, sizeof(path));
	file = fopen(path, "a");
	assert_non_null(file);
	return file;
}

static inline bool machine_is_cmdline(const char *name)
{
	return !strncmp(name, "/proc/", 6) && strstr(name, "/cmdline") &&
	       strcmp(name, "/proc/cmdline");
}

static inline void machine_line(const struct tree *tree, const char *line,
				char *current, FILE **file)
{
	char name[200] = "", target[200] = "";

	if (*line == '|') {
		assert_non_null(*file);
		machine_put_line(*file, line + 1);
		if (!machine_is_cmdline(current))
			fputc('\n', *file);
		return;
	}
	if (*file)
		fclose(*file);
	*file = NULL;
	if (*line == '#' || *line == '\n')
		return;
	assert_true(sscanf(line + 1, " %199s %199[^\n]", name, target) >= 1);
	strcpy(current, name);
	if (*line == 'f')
		*file = machine_open(tree, name);
	else if (*line == 'd')
		tree_dir(tree, strcat(name, "/"));
	else if (*line == 'l')
		tree_link(tree, name, target);
	else if (*line != 'n')
		fail_msg("not understood: %s", line);
}

static inline void machine_nodes(const struct tree *tree, const char *record)
{
	FILE *in = fopen(record, "r"), *out = machine_open(tree, "/.nodes");
	char line[4096];

	assert_non_null(in);
	while (fgets(line, sizeof(line), in)) {
		if (line[0] == 'n')
			fputs(line + 2, out);
	}
	fclose(in);
	fclose(out);
}

/* The machine's record as a tree; tests run from the top folder. */
static inline void machine_unpack(const struct tree *tree, const char *name)
{
	char record[200], current[200] = "", line[4096];
	FILE *in, *file = NULL;

	snprintf(record, sizeof(record), MACHINES "%s", name);
	in = fopen(record, "r");
	if (!in)
		fail_msg("no %s: run from the top folder", record);
	while (fgets(line, sizeof(line), in))
		machine_line(tree, line, current, &file);
	if (file)
		fclose(file);
	fclose(in);
	machine_nodes(tree, record);
}

#endif /* PUG_TEST_MACHINE_H */
