// SPDX-License-Identifier: GPL-2.0
/*
 * One line with a checksum.
 *
 *	pug1 1c2d3e4f 7 armed identity=i6300ESB%20timer timeout=10
 *
 * What was being written when a machine was reset may be there in part, or as
 * zeroes, or not at all; what comes by UDP may be anything. So each line has a
 * number, to see that one is missing, and a checksum of what follows it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "num.h"
#include "record.h"

#define MAGIC		"pug1 "
#define MAGIC_LEN	(sizeof(MAGIC) - 1)
#define SUM_LEN		8
#define HEAD_LEN	(MAGIC_LEN + SUM_LEN + 1)

/* CRC-32 of IEEE 802.3, bit by bit: a record is short. */
static uint32_t checksum(const char *text, size_t len)
{
	uint32_t crc = ~0u;
	size_t i;
	int bit;

	for (i = 0; i < len; i++) {
		crc ^= (unsigned char)text[i];
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static bool put(struct record *rec, const char *text, size_t len)
{
	/* one byte is left for the newline */
	if (rec->len + len >= sizeof(rec->text))
		return false;
	memcpy(rec->text + rec->len, text, len);
	rec->len += len;
	return true;
}

/**
 * record_begin() - start a record
 * @rec: the record
 * @event: its name: small letters, digits and dashes
 * @n: its number
 */
void record_begin(struct record *rec, const char *event, uint64_t n)
{
	int len;

	memset(rec, 0, sizeof(*rec));
	len = snprintf(rec->text, sizeof(rec->text),
		       MAGIC "00000000 %" PRIu64 " %.*s", n, RECORD_EVENT - 1,
		       event);
	rec->len = len;
}

/* Blanks and everything that a terminal or a line of text minds: as %XX. */
static bool put_escaped(struct record *rec, const char *value)
{
	char code[4];

	for (; *value; value++) {
		unsigned char c = *value;

		if (c > 0x20 && c < 0x7f && c != '%') {
			if (!put(rec, value, 1))
				return false;
			continue;
		}
		snprintf(code, sizeof(code), "%%%02x", c);
		if (!put(rec, code, 3))
			return false;
	}
	return true;
}

/**
 * record_text() - add a field
 * @rec: the record
 * @key: its name
 * @value: any text; what does not fit is left out, the whole field
 */
void record_text(struct record *rec, const char *key, const char *value)
{
	size_t before = rec->len;

	if (put(rec, " ", 1) && put(rec, key, strlen(key)) &&
	    put(rec, "=", 1) && put_escaped(rec, value))
		return;
	rec->len = before;
	rec->truncated = true;
}

/**
 * record_i64() - add a number
 * @rec: the record
 * @key: its name
 * @value: the number
 */
void record_i64(struct record *rec, const char *key, int64_t value)
{
	char text[NUM_U64_TEXT + 1];

	snprintf(text, sizeof(text), "%" PRId64, value);
	record_text(rec, key, text);
}

/**
 * record_end() - checksum and newline
 * @rec: the record
 *
 * Return: length of the line.
 */
size_t record_end(struct record *rec)
{
	char sum[SUM_LEN + 1];

	snprintf(sum, sizeof(sum), "%08x",
		 checksum(rec->text + HEAD_LEN, rec->len - HEAD_LEN));
	memcpy(rec->text + MAGIC_LEN, sum, SUM_LEN);
	rec->text[rec->len++] = '\n';
	return rec->len;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static bool sum_is_right(const char *line, size_t len)
{
	uint32_t sum = 0;
	size_t i;

	for (i = MAGIC_LEN; i < MAGIC_LEN + SUM_LEN; i++) {
		int digit = hex_digit(line[i]);

		if (digit < 0)
			return false;
		sum = sum << 4 | digit;
	}
	return sum == checksum(line + HEAD_LEN, len - HEAD_LEN);
}

/* The next word from *p on; the blank behind it is taken, too. */
static size_t word(const char **p, const char *end, const char **text)
{
	const char *blank = memchr(*p, ' ', end - *p);
	size_t len = (blank ? blank : end) - *p;

	*text = *p;
	*p = blank ? blank + 1 : end;
	return len;
}

static bool parse(const char *line, size_t len, struct record_view *view)
{
	const char *end = line + len;
	char number[NUM_U64_TEXT];
	const char *text;
	const char *p;
	size_t n;

	if (len <= HEAD_LEN || len >= RECORD_MAX ||
	    memcmp(line, MAGIC, MAGIC_LEN) || line[HEAD_LEN - 1] != ' ' ||
	    !sum_is_right(line, len))
		return false;
	p = line + HEAD_LEN;
	n = word(&p, end, &text);
	if (n >= sizeof(number))
		return false;
	memcpy(number, text, n);
	number[n] = '\0';
	if (num_u64(number, UINT64_MAX, &view->n))
		return false;
	n = word(&p, end, &text);
	if (!n || n >= sizeof(view->event) || memchr(text, '\0', n))
		return false;
	memcpy(view->event, text, n);
	view->event[n] = '\0';
	view->fields = p;
	view->len = end - p;
	return true;
}

/**
 * record_next() - the next record of a text
 * @cursor: where to go on; moved behind the line
 * @end: end of the text
 * @view: the record, if there is a good one
 *
 * Return: what was found.
 */
enum record_found record_next(const char **cursor, const char *end,
			      struct record_view *view)
{
	const char *line = *cursor;
	const char *newline;

	if (line >= end)
		return RECORD_END;
	newline = memchr(line, '\n', end - line);
	if (!newline) {
		*cursor = end;
		return RECORD_TORN;
	}
	*cursor = newline + 1;
	return parse(line, newline - line, view) ? RECORD_GOOD : RECORD_BAD;
}

static bool find(const struct record_view *view, const char *key,
		 const char **value, size_t *value_len)
{
	const char *end = view->fields + view->len;
	const char *p = view->fields;
	size_t key_len = strlen(key);

	while (p < end) {
		const char *text;
		size_t len = word(&p, end, &text);

		if (len > key_len && text[key_len] == '=' &&
		    !memcmp(text, key, key_len)) {
			*value = text + key_len + 1;
			*value_len = len - key_len - 1;
			return true;
		}
	}
	return false;
}

/**
 * record_get_text() - a field as text
 * @view: the record
 * @key: its name
 * @value: the text, cut to fit; "" if there is none. It may hold any byte but
 *	zero: clean it before printing
 * @size: size of @value
 *
 * Return: true if there is such a field.
 */
bool record_get_text(const struct record_view *view, const char *key,
		     char *value, size_t size)
{
	const char *text;
	size_t len, i;
	size_t n = 0;

	value[0] = '\0';
	if (!find(view, key, &text, &len))
		return false;
	for (i = 0; i < len && n + 1 < size; i++) {
		char c = text[i];

		if (c == '%' && i + 2 < len && hex_digit(text[i + 1]) >= 0 &&
		    hex_digit(text[i + 2]) >= 0) {
			c = hex_digit(text[i + 1]) << 4 |
			    hex_digit(text[i + 2]);
			i += 2;
		}
		if (c)
			value[n++] = c;
	}
	value[n] = '\0';
	return true;
}

/**
 * record_get() - a field as a number that is not negative
 * @view: the record
 * @key: its name
 *
 * Return: the number; -1 if there is none, or it is negative or too great.
 */
int64_t record_get(const struct record_view *view, const char *key)
{
	char text[NUM_U64_TEXT];
	uint64_t value;

	if (!record_get_text(view, key, text, sizeof(text)) ||
	    num_u64(text, INT64_MAX, &value))
		return -1;
	return value;
}
