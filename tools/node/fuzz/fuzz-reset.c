// SPDX-License-Identifier: GPL-2.0
/*
 * Journals and files of boots, as a reset or anyone else may have left them, and
 * the verdicts on them: no crash, and no accusation without a name.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reset.h"

/* What libFuzzer calls has a name that is not ours to choose. */
int fuzz_one(const uint8_t *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

/* Most inputs have a wrong checksum, and would end there: it is put right. */
static size_t mend(const uint8_t *data, size_t size, char *text, size_t room)
{
	const char *end = (const char *)data + size;
	const char *line = (const char *)data;
	size_t n = 0;

	while (line < end) {
		const char *newline = memchr(line, '\n', end - line);
		size_t len = (newline ? newline : end) - line;
		struct record rec;

		if (!newline || len > sizeof(rec.text) - 20)
			break;
		record_begin(&rec, "x", 0);
		/* "pug1 SUM " stays, the rest is the input's line */
		memcpy(rec.text + 14, line, len);
		rec.len = 14 + len;
		len = record_end(&rec);
		if (n + len > room)
			break;
		memcpy(text + n, rec.text, len);
		n += len;
		line = newline + 1;
	}
	return n;
}

static void judge(const char *text, size_t len)
{
	struct reset_evidence ev = {
		.machine = "m", .hostname = "db1", .boot_id = "b2",
		.now = { 1017000, 5000, 1017 },
		.dogs = { .list = { { "dog", "i6300esb", true } }, .n = 1 },
	};
	struct reset_verdict verdict;

	story_read(text, len, &ev.story);
	boots_read(text, len, ev.boot_id, ev.story.boot_id, &ev.boots);
	reset_judge_verify(&ev, &verdict);
	if (!verdict.n_reasons ||
	    (verdict.cause == CAUSE_WATCHDOG && !*verdict.who) ||
	    (verdict.cause != CAUSE_WATCHDOG && *verdict.who) ||
	    (verdict.proved == ANSWER_YES && verdict.when != WHEN_IN_FAULT) ||
	    (verdict.to_ms >= 0 && verdict.to_ms < verdict.from_ms))
		abort();
	reset_judge_last(&ev, &verdict);
	if (verdict.cause == CAUSE_WATCHDOG && !*verdict.who)
		abort();
}

int fuzz_one(const uint8_t *data, size_t size)
{
	static char text[65536];
	size_t len = mend(data, size, text, sizeof(text));

	judge((const char *)data, size);
	judge(text, len);
	return 0;
}
