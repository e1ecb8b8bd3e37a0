// SPDX-License-Identifier: GPL-2.0
/* A cell's console while it is being written: what the lab must act upon. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "evidence.h"
#include "util.h"

/**
 * console_has() - has the console a line with this in it?
 * @dir: the cell's folder
 * @text: fixed
 *
 * Return: whether it has.
 */
bool console_has(const char *dir, const char *text)
{
	char *path = path_join(dir, EVIDENCE_CONSOLE);
	FILE *in = fopen(path, "re");
	bool found = false;
	char line[512];

	free(path);
	while (in && !found && fgets(line, sizeof(line), in))
		found = strstr(line, text);
	if (in)
		fclose(in);
	return found;
}

/* Behind printk's stamp: without that user space may say so whenever it likes */
static bool is_panic(const char *line)
{
	const char *message = *line == '[' ? strchr(line, ']') : NULL;

	return message && !strncmp(message, "] Kernel panic - not syncing", 28);
}

/**
 * console_panicked() - did the kernel panic since the last look?
 * @dir: the cell's folder
 * @read: bytes that were looked at; goes on. A line that is still being written
 *	is looked at next time, unless it is longer than any of the kernel's.
 *
 * Panics before pvpanic's driver is loaded reach nobody but the console.
 *
 * Return: whether it did.
 */
bool console_panicked(const char *dir, long *read)
{
	char *path = path_join(dir, EVIDENCE_CONSOLE);
	FILE *in = fopen(path, "re");
	char line[512];
	bool found = false;

	free(path);
	if (!in)
		return false;
	fseek(in, *read, SEEK_SET);
	while (!found && fgets(line, sizeof(line), in)) {
		if (!strchr(line, '\n') && feof(in))
			break;
		found = is_panic(line);
		*read = ftell(in);
	}
	fclose(in);
	return found;
}
