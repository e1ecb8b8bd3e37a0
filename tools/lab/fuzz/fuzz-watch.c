// SPDX-License-Identifier: GPL-2.0
/*
 * A heartbeat and QEMU's words, in an order and at times that the input chooses.
 * Whatever comes: a VM that is well, in maintenance or gone is not acted upon.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "watch.h"

/* What libFuzzer calls has a name that is not ours to choose. */
int fuzz_one(const uint8_t *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

static void check(struct watch *w, int64_t now_ms)
{
	int64_t since_ms;
	enum watch_cause cause = watch_cause(w, now_ms, &since_ms);

	if (cause >= WATCH_CAUSES)
		abort();
	if (!watch_due(w, now_ms))
		return;
	if (cause == WATCH_WELL || w->maintenance || w->gone || w->tried >= w->limits.tries)
		abort();
	if (now_ms - since_ms < w->limits.after_ms[cause])
		abort();
	watch_acted(w, now_ms);
}

/* With a right checksum: the rest is to be reached, too. */
static void beat(struct watch *w, const char *text, size_t len, int64_t now_ms)
{
	char boot_id[64];
	struct record rec;

	watch_beat(w, text, len, now_ms);
	len = len < sizeof(boot_id) ? len : sizeof(boot_id) - 1;
	memcpy(boot_id, text, len);
	boot_id[len] = '\0';
	record_begin(&rec, len & 1 ? "alive" : "leaving", len);
	record_text(&rec, "boot_id", boot_id);
	len = record_end(&rec);
	watch_beat(w, rec.text, len, now_ms);
}

static void one(struct watch *w, int what, const char *text, size_t len, int64_t now_ms)
{
	char status[256];

	memcpy(status, text, len);
	status[len] = '\0';
	switch (what & 7) {
	case 0:
		watch_status(w, status, now_ms);
		break;
	case 1:
		watch_status(w, "paused", now_ms);
		break;
	case 2:
		watch_lost(w, now_ms);
		break;
	case 3:
		watch_gone(w);
		break;
	case 4:
		watch_was_reset(w, now_ms);
		break;
	case 5:
		watch_maintain(w, len & 1, now_ms);
		break;
	case 6:
		watch_skip(w, len);
		break;
	default:
		beat(w, text, len, now_ms);
	}
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct watch w = { .has_qmp = true, .has_heart = true };
	int64_t now_ms = 0;

	w.limits.boot_ms = 1000;
	w.limits.tries = 3;
	watch_set_limits(&w.limits, "1,unreachable=2");
	watch_init(&w, 0);
	while (size > 2) {
		size_t len = data[1] % 100;

		if (len > size - 2)
			len = size - 2;
		one(&w, data[0], (const char *)data + 2, len, now_ms);
		now_ms += data[0] >> 3 << 5;
		check(&w, now_ms);
		data += 2 + len;
		size -= 2 + len;
	}
	return 0;
}
