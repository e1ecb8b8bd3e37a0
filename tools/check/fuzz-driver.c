// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a fuzz target without libFuzzer: over its seeds, then over random changes of
 * them until time is up. It knows of no coverage, so it finds less than libFuzzer does in
 * the same time; it wants nothing but gcc.
 *
 * usage: PROGRAM SECONDS SEED LAST FILE...
 *
 * The same SEED makes the same inputs. LAST is a file that holds the input which is
 * being tried: what is in there after a crash has caused it.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define INPUT_MAX	8192
#define SEEDS_MAX	64

int fuzz_one(const uint8_t *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

static struct input {
	uint8_t data[INPUT_MAX];
	size_t size;
} seeds[SEEDS_MAX];

static size_t n_seeds;
static uint64_t state;

/* Where an input stands while it is tried: its size in text, then itself */
static struct input *last;

/* xorshift64*: good enough to shuffle bytes, and the same everywhere */
static uint32_t rnd(uint32_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 0x2545f4914f6cdd1dULL) >> 33) % below;
}

static void cut(struct input *in, size_t at, size_t len)
{
	memmove(in->data + at, in->data + at + len, in->size - at - len);
	in->size -= len;
}

static void insert(struct input *in, size_t at, const uint8_t *from, size_t len)
{
	if (in->size + len > INPUT_MAX)
		return;
	memmove(in->data + at + len, in->data + at, in->size - at);
	memcpy(in->data + at, from, len);
	in->size += len;
}

static void insert_word(struct input *in, size_t at)
{
	static const char *const words[] = {
		"{", "}", "[", "]", "\"", ":", ",", "\n", "\r\n", "=", " = ", "\\u0000", "null",
		"true", "false", "-1", "1e999", "18446744073709551616", "\xff\xfe", "\xc0\x80",
		"\"type\":\"cluster\"", "\"quorate\":1", "\"status\":\"stopped\"", "\"role\":\"replica\"",
		"\"state\":\"running\"", "[member x]\n", "vm_uuid = ", "state=off\n", "Status: OFF\n",
		"shut off", "action=off\n", "plug=", "%s%n", "\x1b[2J", "../", "\"data\":",
	};
	const char *word = words[rnd(sizeof(words) / sizeof(*words))];

	insert(in, at, (const uint8_t *)word, strlen(word));
}

static void mutate(struct input *in)
{
	size_t at = in->size ? rnd(in->size) : 0;
	size_t left = in->size - at;
	uint8_t block[64], byte = rnd(256);
	const struct input *other = &seeds[rnd(n_seeds)];
	size_t len;

	switch (rnd(8)) {
	case 0:
		if (left)
			in->data[at] ^= 1U << rnd(8);
		break;
	case 1:
		if (left)
			in->data[at] = byte;
		break;
	case 2:
		insert(in, at, &byte, 1);
		break;
	case 3:
		if (left)
			cut(in, at, 1 + rnd(left < 32 ? left : 32));
		break;
	case 4:
		len = left < sizeof(block) ? left : sizeof(block);
		memcpy(block, in->data + at, len);
		insert(in, in->size ? rnd(in->size) : 0, block, len);
		break;
	case 5:
		insert_word(in, at);
		break;
	case 6:
		len = other->size ? rnd(other->size) : 0;
		insert(in, at, other->data + len, (other->size - len) / 2);
		break;
	default:
		if (left)
			in->size = at;
		break;
	}
}

static void try(const struct input *in)
{
	memcpy(last->data, in->data, in->size);
	last->size = in->size;
	fuzz_one(in->data, in->size);
}

static void read_seed(const char *path)
{
	FILE *in = fopen(path, "rb");

	if (!in || n_seeds == SEEDS_MAX) {
		fprintf(stderr, "%s cannot be taken\n", path);
		exit(2);
	}
	seeds[n_seeds].size = fread(seeds[n_seeds].data, 1, INPUT_MAX / 2, in);
	n_seeds++;
	fclose(in);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	static struct input in;
	unsigned long long runs = 0;
	double until;
	int fd;

	if (argc < 5) {
		fputs("usage: PROGRAM SECONDS SEED LAST FILE...\n", stderr);
		return 2;
	}
	until = now() + atof(argv[1]);
	state = strtoull(argv[2], NULL, 0) | 1;
	fd = open(argv[3], O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		return 2;
	if (ftruncate(fd, sizeof(*last))) {
		close(fd);
		return 2;
	}
	last = mmap(NULL, sizeof(*last), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (last == MAP_FAILED)
		return 2;
	for (int i = 4; i < argc; i++)
		read_seed(argv[i]);
	for (; runs < n_seeds; runs++)
		try(&seeds[runs]);
	do {
		in = seeds[rnd(n_seeds)];
		for (uint32_t n = 1 + rnd(8); n; n--)
			mutate(&in);
		try(&in);
		runs++;
	} while (now() < until);
	printf("%llu\n", runs);
	return 0;
}
