// SPDX-License-Identifier: GPL-2.0
/*
 * What a fence agent is told on standard input: lines of key=value, "#"
 * comments, and keys of other agents' which are to be passed over.
 */
#include <string.h>

#include "fenceapi.h"

static int put(char *to, size_t size, const char *value, size_t len, struct trouble *why)
{
	if (len >= size || memchr(value, '\0', len))
		return trouble_set(why, "a value on standard input is too long, or no text");
	memcpy(to, value, len);
	to[len] = '\0';
	return 0;
}

static bool is(const char *key, size_t len, const char *name)
{
	return len == strlen(name) && !strncmp(key, name, len);
}

/**
 * fenceapi_set() - one setting
 * @wanted: changed
 * @key: its name; unknown ones are passed over
 * @key_len: length of @key
 * @value: its value
 * @value_len: length of @value
 * @why: what is wrong
 *
 * Return: 0, or -1.
 */
int fenceapi_set(struct fenceapi *wanted, const char *key, size_t key_len, const char *value,
		 size_t value_len, struct trouble *why)
{
	if (is(key, key_len, "action") || is(key, key_len, "option"))
		return put(wanted->action, sizeof(wanted->action), value, value_len, why);
	if (is(key, key_len, "plug") || is(key, key_len, "port"))
		return put(wanted->plug, sizeof(wanted->plug), value, value_len, why);
	/* Pacemaker's name of the node, where no map to plugs is given */
	if (is(key, key_len, "nodename") && !wanted->plug[0])
		return put(wanted->plug, sizeof(wanted->plug), value, value_len, why);
	if (is(key, key_len, "config"))
		return put(wanted->config, sizeof(wanted->config), value, value_len, why);
	return 0;
}

/**
 * fenceapi_parse() - what is wanted
 * @text: standard input
 * @len: its length
 * @wanted: what was said is put there, the rest stays
 * @why: what is wrong
 *
 * Return: 0, or -1.
 */
int fenceapi_parse(const char *text, size_t len, struct fenceapi *wanted, struct trouble *why)
{
	const char *end = text + len;

	while (text < end) {
		const char *stop = memchr(text, '\n', end - text), *equal;

		if (!stop)
			stop = end;
		while (text < stop && (*text == ' ' || *text == '\t'))
			text++;
		equal = memchr(text, '=', stop - text);
		if (equal && *text != '#') {
			const char *last = stop;

			while (last > equal + 1 && (last[-1] == '\r' || last[-1] == ' '))
				last--;
			if (fenceapi_set(wanted, text, equal - text, equal + 1, last - equal - 1,
					 why))
				return -1;
		}
		text = stop + 1;
	}
	return 0;
}
