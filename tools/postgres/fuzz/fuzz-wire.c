// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes from whoever answers on the socket, in pieces whose length the input
 * chooses too. They are taken the same way in one piece as in many, and what is
 * kept of them is text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

#define STATE_CHARS	"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* What libFuzzer calls has a name that is not ours to choose. */
int fuzz_one(const uint8_t *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

/* To the end or the first event that ends a connection; returns the last */
static enum wire_event run(struct wire *wire, const uint8_t *data, size_t size, size_t piece,
			   size_t *taken)
{
	enum wire_event event = WIRE_MORE;

	wire_expect(wire, WIRE_HELLO);
	*taken = 0;
	while (*taken < size && (event == WIRE_MORE || event == WIRE_PROVED)) {
		size_t left = size - *taken;
		size_t got;

		got = wire_feed(wire, data + *taken, left < piece ? left : piece, &event);
		if (!got || got > left)
			abort();
		*taken += got;
		if (event == WIRE_PROVED)
			wire_expect(wire, wire->stage == WIRE_COMMAND ? WIRE_COMMAND :
				    wire->stage + 1);
	}
	for (const char *c = wire->text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			abort();
	if (strlen(wire->sqlstate) > 5 || wire->sqlstate[strspn(wire->sqlstate, STATE_CHARS)])
		abort();
	return event;
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct wire whole, pieces;
	enum wire_event event;
	size_t a, b;

	if (!size)
		return 0;
	event = run(&whole, data + 1, size - 1, size, &a);
	if (run(&pieces, data + 1, size - 1, data[0] % 16 + 1, &b) != event || a != b)
		abort();
	if (strcmp(whole.text, pieces.text) || memcmp(whole.sqlstate, pieces.sqlstate, 6))
		abort();
	return 0;
}
