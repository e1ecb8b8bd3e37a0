// SPDX-License-Identifier: GPL-2.0
/*
 * Builds one line of JSON in a fixed buffer.
 *
 * Whatever is put in, the line that comes out is valid JSON in valid UTF-8 on
 * one line of at most JSONL_MAX bytes. A field that does not fit is left out
 * whole and the line says "truncated":true. No allocation: the keepalive loop
 * runs with locked memory and must not wait for the allocator.
 */
#include <string.h>

#include "jsonl.h"
#include "num.h"

#define TRUNCATED	"\"truncated\":true"

/* What must always remain free: closing brackets, TRUNCATED, the end. */
#define RESERVE		(sizeof(((struct jsonl *)0)->open) + \
			 sizeof(",}\n" TRUNCATED))

static bool put(struct jsonl *line, const char *text, size_t len)
{
	/* jsonl_close() may have gone into the reserve: no subtraction here */
	if (line->len + len > JSONL_MAX - RESERVE)
		return false;
	memcpy(line->buf + line->len, text, len);
	line->len += len;
	return true;
}

static bool put_char(struct jsonl *line, char c)
{
	return put(line, &c, 1);
}

/* Length of the well-formed UTF-8 sequence at s, 0 if it is none. */
static size_t utf8_length(const unsigned char *s, size_t len)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t need, i;

	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		need = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		need = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		need = 4;
	else
		return 0;
	if (need > len)
		return 0;
	/* overlong forms, surrogates, beyond U+10FFFF: Unicode, table 3-7 */
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	for (i = 1; i < need; i++) {
		if (s[i] < low || s[i] > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return need;
}

static bool put_escaped(struct jsonl *line, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char out[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

	switch (c) {
	case '"':
	case '\\':
		out[1] = c;
		return put(line, out, 2);
	case '\n':
		return put(line, "\\n", 2);
	case '\t':
		return put(line, "\\t", 2);
	default:
		return put(line, out, sizeof(out));
	}
}

static bool put_quoted(struct jsonl *line, const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;
	bool ok = put_char(line, '"');

	while (ok && len) {
		size_t n = 1;

		if (*s == '"' || *s == '\\' || *s < 0x20 || *s == 0x7f) {
			ok = put_escaped(line, *s);
		} else if (*s < 0x80) {
			ok = put_char(line, *s);
		} else {
			n = utf8_length(s, len);
			if (n)
				ok = put(line, (const char *)s, n);
			else
				ok = put(line, "\\ufffd", 6);
			n = n ? n : 1;
		}
		s += n;
		len -= n;
	}
	return ok && put_char(line, '"');
}

static bool first_in_bracket(const struct jsonl *line)
{
	char last = line->buf[line->len - 1];

	return last == '{' || last == '[';
}

/* The comma and the key. Inside an array keys are not written. */
static bool put_key(struct jsonl *line, const char *key)
{
	if (!first_in_bracket(line) && !put_char(line, ','))
		return false;
	if (line->depth && line->open[line->depth - 1] == ']')
		return true;
	return put_quoted(line, key, strlen(key)) && put_char(line, ':');
}

static void undo(struct jsonl *line, size_t len)
{
	line->len = len;
	line->truncated = true;
}

static void put_field(struct jsonl *line, const char *key, const char *value,
		      size_t len)
{
	size_t before = line->len;

	if (line->skipped)
		return;
	if (!put_key(line, key) || !put(line, value, len))
		undo(line, before);
}

/**
 * jsonl_begin() - start a line: one object
 * @line: the line
 */
void jsonl_begin(struct jsonl *line)
{
	line->len = 0;
	line->depth = 0;
	line->skipped = 0;
	line->truncated = false;
	put_char(line, '{');
}

/**
 * jsonl_null() - add a null: not known
 * @line: the line
 * @key: name of the field; ignored inside an array
 */
void jsonl_null(struct jsonl *line, const char *key)
{
	put_field(line, key, "null", 4);
}

/**
 * jsonl_bool() - add true or false
 * @line: the line
 * @key: name of the field; ignored inside an array
 * @value: the value
 */
void jsonl_bool(struct jsonl *line, const char *key, bool value)
{
	put_field(line, key, value ? "true" : "false", value ? 4 : 5);
}

/**
 * jsonl_u64() - add an unsigned number
 * @line: the line
 * @key: name of the field; ignored inside an array
 * @value: the value
 */
void jsonl_u64(struct jsonl *line, const char *key, uint64_t value)
{
	char text[NUM_U64_TEXT];

	put_field(line, key, text, num_put_u64(text, value));
}

/**
 * jsonl_i64() - add a signed number
 * @line: the line
 * @key: name of the field; ignored inside an array
 * @value: the value
 */
void jsonl_i64(struct jsonl *line, const char *key, int64_t value)
{
	uint64_t magnitude = value;
	char text[NUM_U64_TEXT + 1];
	size_t n = 0;

	if (value < 0) {
		text[n++] = '-';
		magnitude = -magnitude;
	}
	n += num_put_u64(text + n, magnitude);
	put_field(line, key, text, n);
}

/**
 * jsonl_text() - add a string that may hold anything
 * @line: the line
 * @key: name of the field; ignored inside an array
 * @value: bytes from anywhere; what is not UTF-8 becomes U+FFFD
 * @len: how many
 */
void jsonl_text(struct jsonl *line, const char *key, const char *value,
		size_t len)
{
	size_t before = line->len;

	if (line->skipped)
		return;
	if (!put_key(line, key) || !put_quoted(line, value, len))
		undo(line, before);
}

/**
 * jsonl_string() - add a terminated string, or null
 * @line: the line
 * @key: name of the field; ignored inside an array
 * @value: the string; NULL gives null
 */
void jsonl_string(struct jsonl *line, const char *key, const char *value)
{
	if (value)
		jsonl_text(line, key, value, strlen(value));
	else
		jsonl_null(line, key);
}

/**
 * jsonl_auto() - add a number where the text is a plain integer, else a string
 * @line: the line
 * @key: name of the field; ignored inside an array
 * @value: bytes from anywhere
 * @len: how many
 */
void jsonl_auto(struct jsonl *line, const char *key, const char *value,
		size_t len)
{
	if (num_is_json_integer(value, len))
		put_field(line, key, value, len);
	else
		jsonl_text(line, key, value, len);
}

static void open_bracket(struct jsonl *line, const char *key, char opening,
			 char closing)
{
	size_t before = line->len;

	if (line->skipped || line->depth == sizeof(line->open) ||
	    !put_key(line, key) || !put_char(line, opening)) {
		undo(line, before);
		line->skipped++;
		return;
	}
	line->open[line->depth++] = closing;
}

/**
 * jsonl_array() - open an array; jsonl_close() ends it
 * @line: the line
 * @key: name of the field; ignored inside an array
 */
void jsonl_array(struct jsonl *line, const char *key)
{
	open_bracket(line, key, '[', ']');
}

/**
 * jsonl_object() - open an object; jsonl_close() ends it
 * @line: the line
 * @key: name of the field; ignored inside an array
 */
void jsonl_object(struct jsonl *line, const char *key)
{
	open_bracket(line, key, '{', '}');
}

/* Into the reserve: there is always room for this. */
static void put_reserved(struct jsonl *line, const char *text, size_t len)
{
	memcpy(line->buf + line->len, text, len);
	line->len += len;
}

/**
 * jsonl_close() - end the innermost array or object
 * @line: the line
 */
void jsonl_close(struct jsonl *line)
{
	if (line->skipped) {
		line->skipped--;
		return;
	}
	if (line->depth)
		put_reserved(line, &line->open[--line->depth], 1);
}

/**
 * jsonl_end() - end the line, with its newline
 * @line: the line; complete in @line->buf, not terminated with a zero
 *
 * Return: length of the line.
 */
size_t jsonl_end(struct jsonl *line)
{
	line->skipped = 0;
	while (line->depth)
		jsonl_close(line);
	if (line->truncated && !first_in_bracket(line))
		put_reserved(line, ",", 1);
	if (line->truncated)
		put_reserved(line, TRUNCATED, strlen(TRUNCATED));
	put_reserved(line, "}\n", 2);
	return line->len;
}
