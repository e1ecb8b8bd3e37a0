/* SPDX-License-Identifier: GPL-2.0 */
/* One line with a checksum: a journal's records and a beacon's datagrams. */
#ifndef PUG_RECORD_H
#define PUG_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A record is written in one write(2) and fits into one datagram. */
#define RECORD_MAX	1024
#define RECORD_EVENT	24

/**
 * struct record - a record that is being made
 * @text: the line so far
 * @len: its length
 * @truncated: something did not fit and was left out
 */
struct record {
	char text[RECORD_MAX];
	size_t len;
	bool truncated;
};

/**
 * struct record_view - a record that was read; points into what was parsed
 * @event: its name
 * @n: its number
 * @fields: key=value, separated by blanks
 * @len: their length
 */
struct record_view {
	char event[RECORD_EVENT];
	uint64_t n;
	const char *fields;
	size_t len;
};

enum record_found {
	RECORD_END,	/* there is no more */
	RECORD_GOOD,
	RECORD_BAD,	/* a line that is none, or whose checksum is wrong */
	RECORD_TORN,	/* the text ends in the middle of a line */
};

void record_begin(struct record *rec, const char *event, uint64_t n);
void record_text(struct record *rec, const char *key, const char *value);
void record_i64(struct record *rec, const char *key, int64_t value);
size_t record_end(struct record *rec);

enum record_found record_next(const char **cursor, const char *end,
			      struct record_view *view);
bool record_get_text(const struct record_view *view, const char *key,
		     char *value, size_t size);
int64_t record_get(const struct record_view *view, const char *key);

#endif /* PUG_RECORD_H */
