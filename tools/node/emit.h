/* SPDX-License-Identifier: GPL-2.0 */
/* Output of the subcommands: lines of JSON with a stamp, or text. */
#ifndef PUG_EMIT_H
#define PUG_EMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "compiler.h"
#include "jsonl.h"
#include "ruler.h"

/* A moment on the ruler; known is false where there is no ruler. */
struct stamp {
	bool known;
	uint64_t ticks;
};

/**
 * struct emitter - where events go
 * @fd: file descriptor of the output
 * @errors_fd: file descriptor for messages to people
 * @json: lines of JSON, else text
 * @command: name in front of messages, such as "pug-node freeze"
 * @ruler: for stamps; not necessarily ready
 * @line: the line being built
 * @patience_ms: wait so long for room in the output, then drop the line; -1: wait
 *	for ever
 * @dropped: lines dropped since the last one that was written; the next one
 *	tells
 * @failed: error number of the first line that could not be written, or 0
 */
struct emitter {
	int fd;
	int errors_fd;
	bool json;
	const char *command;
	struct ruler ruler;
	struct jsonl line;
	int patience_ms;
	uint64_t dropped;
	int failed;
};

void emit_init(struct emitter *em, const char *command, bool json);
struct stamp emit_stamp(const struct emitter *em);
struct jsonl *emit_begin(struct emitter *em, const char *event,
			 struct stamp stamp);
void emit_stamp_field(struct jsonl *line, const char *key, struct stamp stamp);
void emit_known(struct jsonl *line, const char *key, int64_t value);
void emit_name(struct jsonl *line, const char *key, const char *value);
void emit_end(struct emitter *em);
__printf(2, 3)
void emit_print(struct emitter *em, const char *format, ...);
__printf(2, 3)
void emit_notice(struct emitter *em, const char *format, ...);
__printf(2, 3)
void emit_err(struct emitter *em, const char *format, ...);

#endif /* PUG_EMIT_H */
