// SPDX-License-Identifier: GPL-2.0
/*
 * A guest's last words, out of its memory. On PREEMPT_RT a thread prints them
 * and never gets to it; elsewhere another CPU may hold the console. They are in
 * printk's ring buffer all the same, and the VM stands still.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler.h"
#include "evidence.h"
#include "memory.h"
#include "util.h"

#define RECORD_MAX 256
#define RECORDS_MAX 16

/**
 * struct wanted - a record that is worth looking for
 * @prefix: how it begins
 * @stop: its last character; 0 where the prefix is all of it. A record has no
 *	end of its own: behind it stands what the buffer held before.
 */
struct wanted {
	const char *prefix;
	char stop;
};

static const struct wanted wanted[] = {
	{ "stop-machine: freeze asked_ms=", '.' },
	{ "stop-machine: thaw asked_ms=", '.' },
	{ "lockup: freeze fault=", '.' },
	{ "lockup: thaw fault=", '.' },
	{ "hang: freeze fault=", '.' },
	{ "hang: thaw fault=", '.' },
	{ "crash: freeze fault=", '.' },
	{ "softdog: Initiating system reboot", 0 },
	{ "Hangcheck: hangcheck is restarting the machine.", 0 },
};

/*
 * A format string has printk's level before it ("\0012") and, if it takes
 * arguments, a % in it; a record has neither.
 */
static bool is_record(const char *bytes, size_t at, const char *text)
{
	if (at >= 2 && bytes[at - 2] == 1)
		return false;
	return !strchr(text, '%');
}

static bool is_known(char found[][RECORD_MAX], size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(found[i], text))
			return true;
	return false;
}

/* Up to and with the last character; empty where that does not come */
static void copy_record(char *text, const char *from, size_t left, const struct wanted *w)
{
	size_t size = strlen(w->prefix);

	text[0] = '\0';
	while (w->stop && size < left && size < RECORD_MAX - 2 && from[size] != w->stop)
		if (from[size] < ' ' || from[size++] > '~')
			return;
	if (w->stop && (size >= left || from[size++] != w->stop))
		return;
	memcpy(text, from, size);
	text[size] = '\0';
}

static size_t search_for(const char *bytes, size_t len, const struct wanted *w, FILE *out)
{
	char found[RECORDS_MAX][RECORD_MAX];
	const char *end = bytes + len, *p = bytes;
	size_t n = 0;

	while (n < RECORDS_MAX && (p = memmem(p, end - p, w->prefix, strlen(w->prefix)))) {
		char *text = found[n];

		copy_record(text, p, end - p, w);
		if (*text && is_record(bytes, p - bytes, text) && !is_known(found, n, text)) {
			fprintf(out, "%s\n", text);
			n++;
		}
		p += strlen(w->prefix);
	}
	return n;
}

/**
 * memory_records() - find printk's records in a guest's memory
 * @bytes: the memory
 * @len: its size
 * @out: gets a line for each different record
 *
 * Return: how many there were.
 */
size_t memory_records(const char *bytes, size_t len, FILE *out)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		n += search_for(bytes, len, &wanted[i], out);
	return n;
}

static int search_file(const char *dump, FILE *out)
{
	int fd = open(dump, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *map;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || !st.st_size) {
		close(fd);
		return -EIO;
	}
	map = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return -errno;
	memory_records(map, st.st_size, out);
	munmap(map, st.st_size);
	return 0;
}

/**
 * memory_search() - from QEMU's dump to the records that are kept
 * @dir: the cell's folder; MEMORY_DUMP is removed, EVIDENCE_MEMORY written
 *
 * Return: 0, or a negative errno.
 */
int memory_search(const char *dir)
{
	char *dump = path_join(dir, MEMORY_DUMP);
	char *path = path_join(dir, EVIDENCE_MEMORY);
	FILE *out = fopen(path, "we");
	int ret = out ? search_file(dump, out) : -errno;

	if (out && fclose(out) && !ret)
		ret = -EIO;
	unlink(dump);
	free(dump);
	free(path);
	return ret;
}
