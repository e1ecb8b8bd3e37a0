// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes from a QMP socket, in pieces whose lengths the input chooses too.
 * Whatever comes, memory stays bounded, and a stream is taken the same way in
 * one piece as in many.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qmp.h"

/* What libFuzzer calls has a name that is not ours to choose. */
int fuzz_one(const uint8_t *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

static void on_message(struct qmp *qmp, json_t *msg, void *data)
{
	size_t *messages = data;

	(void)qmp;
	if (!json_is_object(msg))
		abort();
	(*messages)++;
}

static int feed_all(const char *bytes, size_t size, size_t piece, size_t *messages)
{
	struct qmp qmp = { .fd = -1, .on_message = on_message, .data = messages };
	const char *why = NULL;
	int ret = 0;

	qmp.log = fopen("/dev/null", "we");
	for (size_t at = 0; !ret && at < size; at += piece) {
		size_t len = size - at < piece ? size - at : piece;

		ret = qmp_feed(&qmp, bytes + at, len, &why);
		if (qmp.len > qmp.cap)
			abort();
	}
	if (ret && !why)
		abort();
	fclose(qmp.log);
	qmp_close(&qmp);
	return ret;
}

int fuzz_one(const uint8_t *data, size_t size)
{
	size_t whole = 0, pieces = 0;
	const char *bytes = (const char *)data + 1;
	int ret;

	if (size < 2)
		return 0;
	ret = feed_all(bytes, size - 1, size - 1, &whole);
	if (feed_all(bytes, size - 1, data[0] + 1u, &pieces) != ret || pieces != whole)
		abort();
	return 0;
}
