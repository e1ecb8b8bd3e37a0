/* SPDX-License-Identifier: GPL-2.0 */
/* Builds one line of JSON in a fixed buffer; the only place that escapes. */
#ifndef PUG_JSONL_H
#define PUG_JSONL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* PIPE_BUF: a line of this length is never mixed with another writer's. */
#define JSONL_MAX	4096

/**
 * struct jsonl - a line of JSON that is being built
 * @buf: the text so far
 * @len: its length
 * @depth: arrays and objects open inside the line's own object
 * @skipped: of these, the innermost ones that did not fit and are left out
 * @truncated: something did not fit
 * @open: closing brackets of what is open, outermost first
 */
struct jsonl {
	char buf[JSONL_MAX];
	size_t len;
	unsigned int depth;
	unsigned int skipped;
	bool truncated;
	char open[8];
};

void jsonl_begin(struct jsonl *line);
void jsonl_null(struct jsonl *line, const char *key);
void jsonl_bool(struct jsonl *line, const char *key, bool value);
void jsonl_u64(struct jsonl *line, const char *key, uint64_t value);
void jsonl_i64(struct jsonl *line, const char *key, int64_t value);
void jsonl_string(struct jsonl *line, const char *key, const char *value);
void jsonl_text(struct jsonl *line, const char *key, const char *value,
		size_t len);
void jsonl_auto(struct jsonl *line, const char *key, const char *value,
		size_t len);
void jsonl_array(struct jsonl *line, const char *key);
void jsonl_object(struct jsonl *line, const char *key);
void jsonl_close(struct jsonl *line);
size_t jsonl_end(struct jsonl *line);

#endif /* PUG_JSONL_H */
