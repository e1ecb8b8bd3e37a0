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
	{ "memory: freeze fault=", '.' },
	{ "memory: thaw fault=", '.' },
	{ "crash: freeze fault=", '.' },
	{ "softdog: Initiating system reboot", 0 },
	{ "Hangcheck: hangcheck is restarting the machine.", 0 },
};

#define ID_BITS 62		/* of a record's number; above it are the descriptor's flags */
#define ID_NEAR (1LL << 20)	/* so many records no guest of ours writes */
#define ID_LAST (1LL << 13)	/* nor so many from a fault to its end */

/*
 * In printk's ring the number of a record stands before its text, aligned
 * (kernel/printk/printk_ringbuffer.c:struct prb_data_block, Linux 5.10 to 7.3). The
 * first are just below 2^62, or 2^32 where they have no more bits, as seen on 6.1 and
 * 6.12 with PREEMPT_RT. What else may stand there, a format string in a module or a
 * signature in pug-node's program text, has something else before it.
 */
static int64_t record_id(const char *bytes, size_t at)
{
	uint64_t id;

	if (at < sizeof(id) || at % sizeof(id))
		return 0;
	memcpy(&id, bytes + at - sizeof(id), sizeof(id));
	if (id >> ID_BITS)
		return 0;
	if (id <= UINT32_MAX)
		return (int32_t)id;
	return (int64_t)(id << (64 - ID_BITS)) >> (64 - ID_BITS);
}

/* @after: the first record that was found of a fault; 0 where there is none */
static bool is_record(const char *bytes, size_t at, int64_t after)
{
	int64_t id = record_id(bytes, at);

	if (!id || id < -ID_NEAR || id > ID_NEAR)
		return false;
	return !after || (id >= after && id < after + ID_LAST);
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

static size_t search_for(const char *bytes, size_t len, const struct wanted *w, int64_t *after,
			 FILE *out)
{
	char found[RECORDS_MAX][RECORD_MAX];
	const char *end = bytes + len, *p = bytes;
	size_t n = 0;

	while (n < RECORDS_MAX && (p = memmem(p, end - p, w->prefix, strlen(w->prefix)))) {
		char *text = found[n];

		copy_record(text, p, end - p, w);
		if (*text && is_record(bytes, p - bytes, *after) && !is_known(found, n, text)) {
			if (!*after)
				*after = record_id(bytes, p - bytes);
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
	int64_t after = 0;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		n += search_for(bytes, len, &wanted[i], &after, out);
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
