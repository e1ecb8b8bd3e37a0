// SPDX-License-Identifier: GPL-2.0
/*
 * Lines of key=value.
 */
#include <string.h>

#include "kv.h"

static bool split_line(const char *line, size_t len, struct kv *pair)
{
	const char *equals = memchr(line, '=', len);

	if (!equals || equals == line)
		return false;
	pair->key = line;
	pair->key_len = equals - line;
	pair->value = equals + 1;
	pair->value_len = len - pair->key_len - 1;
	return true;
}

/**
 * kv_next() - the next key=value line of a text
 * @cursor: where to go on; moved behind the line found
 * @end: end of the text; no terminating zero is needed
 * @pair: the line found
 *
 * Lines without '=' or without a key are passed over. The value may hold
 * further '='. Nothing is trimmed.
 *
 * Return: false at the end of the text.
 */
bool kv_next(const char **cursor, const char *end, struct kv *pair)
{
	while (*cursor < end) {
		const char *line = *cursor;
		const char *newline = memchr(line, '\n', end - line);
		size_t len = (newline ? newline : end) - line;

		*cursor = newline ? newline + 1 : end;
		if (split_line(line, len, pair))
			return true;
	}
	return false;
}

/**
 * kv_find() - the first line with a given key
 * @text: the text; no terminating zero is needed
 * @len: its length
 * @key: the key looked for
 * @pair: the line found
 *
 * Return: false if there is none.
 */
bool kv_find(const char *text, size_t len, const char *key, struct kv *pair)
{
	const char *cursor = text;

	while (kv_next(&cursor, text + len, pair)) {
		if (pair->key_len == strlen(key) &&
		    !memcmp(pair->key, key, pair->key_len))
			return true;
	}
	return false;
}

static bool is_key_start(char c)
{
	return (c >= 'a' && c <= 'z') || c == '_';
}

/**
 * kv_key_is_plain() - is this key of the form [a-z_][a-z0-9_]*?
 * @key: the key; no terminating zero is needed
 * @len: its length
 *
 * Return: true if so.
 */
bool kv_key_is_plain(const char *key, size_t len)
{
	size_t i;

	if (!len || !is_key_start(key[0]))
		return false;
	for (i = 1; i < len; i++) {
		if (!is_key_start(key[i]) && (key[i] < '0' || key[i] > '9'))
			return false;
	}
	return true;
}
