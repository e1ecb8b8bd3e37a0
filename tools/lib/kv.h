/* SPDX-License-Identifier: GPL-2.0 */
/* Lines of key=value, as sysfs's uevent and the module's `last` have them. */
#ifndef PUG_KV_H
#define PUG_KV_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct kv - one key=value line; points into the text that was parsed
 * @key: the key, not terminated
 * @key_len: its length, never 0
 * @value: the value, not terminated
 * @value_len: its length, may be 0
 */
struct kv {
	const char *key;
	size_t key_len;
	const char *value;
	size_t value_len;
};

bool kv_next(const char **cursor, const char *end, struct kv *pair);
bool kv_find(const char *text, size_t len, const char *key, struct kv *pair);
bool kv_key_is_plain(const char *key, size_t len);

#endif /* PUG_KV_H */
