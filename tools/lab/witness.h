/* SPDX-License-Identifier: GPL-2.0 */
/* What the signs of life of other machines tell: pure, from records and times. */
#ifndef PUG_WITNESS_H
#define PUG_WITNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"

/* How often a machine sends, and how long it may be late: three are missing. */
#define WITNESS_INTERVAL_MS	100
#define WITNESS_SILENT_MS	350

/* More machines than that are not told apart: whoever can send can fill this. */
#define WITNESS_MAX		64

/**
 * struct witness_machine - what is known of one machine
 * @hostname: as it calls itself
 * @boot_id: its boot
 * @n: number of its last sign of life
 * @heard: how many were heard
 * @lost: how many numbers were skipped
 * @phase: what it was doing, as pug-node's enum story_phase counts
 * @since_keepalive_ms: by its own clock, at the last sign of life; -1: not known
 * @at_ms: when that came
 * @longest_ms: longest silence
 * @silent: its silence was told
 * @told_back: its verdict was told, for this boot
 */
struct witness_machine {
	char hostname[65];
	char boot_id[40];
	uint64_t n;
	uint64_t heard;
	uint64_t lost;
	int64_t phase;
	int64_t since_keepalive_ms;
	int64_t at_ms;
	int64_t longest_ms;
	bool silent;
	bool told_back;
};

/**
 * struct witness - all machines
 * @list: each of them
 * @n: how many
 * @bad: what came and was no record of ours
 * @strangers: records of machines for which there was no room
 */
struct witness {
	struct witness_machine list[WITNESS_MAX];
	int n;
	uint64_t bad;
	uint64_t strangers;
};

enum witness_news {
	WITNESS_NOTHING,	/* one more sign of life */
	WITNESS_FIRST,		/* of a machine */
	WITNESS_PHASE,		/* it does something else now */
	WITNESS_SAME_BOOT,	/* alive after a silence: it was not reset */
	WITNESS_NEW_BOOT,	/* alive in another boot */
	WITNESS_BACK,		/* back, with what it says of its reset */
	WITNESS_SILENT,		/* signs of life are missing */
	WITNESS_BAD,		/* not a record */
	WITNESS_STRANGER,	/* no room for another machine */
};

/**
 * struct witness_tale - what there is to tell
 * @news: what
 * @machine: of which machine; NULL: of none
 * @gap_ms: the silence before it
 * @last_since_keepalive_ms: what the last sign of life before that silence said
 * @when: of WITNESS_BACK: its verdict's words, and so on
 * @cause: the same
 * @who: the same
 * @from_ms: the same; -1: not known
 * @to_ms: the same
 */
struct witness_tale {
	enum witness_news news;
	const struct witness_machine *machine;
	int64_t gap_ms;
	int64_t last_since_keepalive_ms;
	char when[16];
	char cause[16];
	char who[64];
	int64_t from_ms;
	int64_t to_ms;
};

void witness_take(struct witness *w, const char *text, size_t len, int64_t at_ms,
		  struct witness_tale *tale);
bool witness_miss(struct witness *w, int64_t now_ms, struct witness_tale *tale);

#endif
