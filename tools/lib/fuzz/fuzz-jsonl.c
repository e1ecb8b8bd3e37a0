// SPDX-License-Identifier: GPL-2.0
/*
 * Any sequence of calls that build a line of JSON: the input's bytes choose the
 * calls, their keys and values. The line must be valid and fit.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "jsonl.h"

/* What libFuzzer calls has a name that is not ours to choose. */
int fuzz_one(const uint8_t *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

static size_t one_call(struct jsonl *line, const uint8_t *data, size_t size)
{
	size_t len = size > 1 ? data[1] * 17u : 0;

	if (len > size - 1)
		len = size - 1;
	switch (data[0] % 7) {
	case 0:
		jsonl_text(line, "text", (const char *)data + 1, len);
		return 1 + len;
	case 1:
		jsonl_auto(line, "auto", (const char *)data + 1, len % 24);
		return 1 + len % 24;
	case 2:
		jsonl_array(line, "array");
		break;
	case 3:
		jsonl_object(line, "object");
		break;
	case 4:
		jsonl_i64(line, "number", -(int64_t)data[0]);
		break;
	case 5:
		jsonl_bool(line, "\"bool\"", data[0] & 1);
		break;
	default:
		jsonl_close(line);
	}
	return 1;
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct jsonl line;
	json_t *json;
	size_t len;

	jsonl_begin(&line);
	while (size) {
		len = one_call(&line, data, size);
		data += len;
		size -= len;
	}
	len = jsonl_end(&line);
	if (len > JSONL_MAX || line.buf[len - 1] != '\n' ||
	    memchr(line.buf, '\n', len - 1))
		abort();
	json = json_loadb(line.buf, len, JSON_ALLOW_NUL, NULL);
	if (!json)
		abort();
	json_decref(json);
	return 0;
}
