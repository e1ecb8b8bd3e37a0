// SPDX-License-Identifier: GPL-2.0
/* Datagrams from anyone: the first byte of each says how long it is. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "witness.h"

/* What libFuzzer calls has a name that is not ours to choose. */
int fuzz_one(const uint8_t *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

static void check(const struct witness *w, const struct witness_tale *tale)
{
	if (w->n > WITNESS_MAX || tale->news > WITNESS_STRANGER)
		abort();
	if (tale->news != WITNESS_BAD && tale->news != WITNESS_STRANGER &&
	    (!tale->machine || !*tale->machine->hostname))
		abort();
}

/* With a right checksum: the rest of the parser is to be reached, too. */
static void take_mended(struct witness *w, const uint8_t *data, size_t len, int64_t at)
{
	struct witness_tale tale;
	struct record rec;

	record_begin(&rec, "x", 0);
	memcpy(rec.text + 14, data, len);
	rec.len = 14 + len;
	len = record_end(&rec);
	witness_take(w, rec.text, len, at, &tale);
	check(w, &tale);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	static struct witness w;
	struct witness_tale tale;
	int64_t at = 0;

	memset(&w, 0, sizeof(w));
	while (size) {
		size_t len = data[0];

		data++;
		size--;
		if (len > size)
			len = size;
		witness_take(&w, (const char *)data, len, at, &tale);
		check(&w, &tale);
		take_mended(&w, data, len, at);
		at += 77;
		while (witness_miss(&w, at, &tale))
			check(&w, &tale);
		data += len;
		size -= len;
	}
	return 0;
}
