// SPDX-License-Identifier: GPL-2.0
/*
 * Lines of key=value from outside (sysfs's uevent, the module's `last') made to
 * one line of JSON: never out of bounds, always valid, whatever comes in.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "jsonl.h"
#include "kv.h"
#include "num.h"

/* What libFuzzer calls has a name that is not ours to choose. */
int fuzz_one(const uint8_t *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

static void check(struct jsonl *line)
{
	size_t len = jsonl_end(line);
	json_t *json;

	if (len > JSONL_MAX || line->buf[len - 1] != '\n' ||
	    memchr(line->buf, '\n', len - 1))
		abort();
	/* a key may come twice, and JSON may hold a zero byte as \u0000 */
	json = json_loadb(line->buf, len, JSON_ALLOW_NUL, NULL);
	if (!json)
		abort();
	json_decref(json);
}

static void add(struct jsonl *line, const struct kv *pair)
{
	char key[64];

	if (pair->key_len >= sizeof(key))
		return;
	memcpy(key, pair->key, pair->key_len);
	key[pair->key_len] = '\0';
	if (kv_key_is_plain(pair->key, pair->key_len))
		jsonl_auto(line, key, pair->value, pair->value_len);
	else
		jsonl_text(line, "other", pair->value, pair->value_len);
}

static void numbers(const struct kv *pair)
{
	uint64_t value;
	char *text;

	text = strndup(pair->value, pair->value_len);
	if (!text)
		return;
	num_u64(text, UINT32_MAX, &value);
	num_seconds_ns(text, UINT64_MAX, &value);
	free(text);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	const char *cursor = (const char *)data;
	const char *end = cursor + size;
	struct jsonl line;
	struct kv pair;

	jsonl_begin(&line);
	while (kv_next(&cursor, end, &pair)) {
		add(&line, &pair);
		numbers(&pair);
	}
	check(&line);
	kv_find((const char *)data, size, "DEVNAME", &pair);
	return 0;
}
