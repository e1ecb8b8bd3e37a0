/* SPDX-License-Identifier: GPL-2.0 */
/* What the file of boots tells: a record a boot and a record an ordered stop. */
#ifndef PUG_BOOTS_H
#define PUG_BOOTS_H

#include <stdbool.h>
#include <stddef.h>

#include "dogs.h"
#include "moment.h"

/* What the kernel said last, as pstore kept it. */
enum words {
	WORDS_NONE,
	WORDS_PANIC,
	WORDS_SOFTDOG,	/* softdog: Initiating system reboot */
	WORDS_OTHER,
};

/**
 * struct last_words - the kernel's last words
 * @words: which
 * @at_s: when they were spoken, by CLOCK_REALTIME; -1: not known
 * @line: the line that tells
 */
struct last_words {
	enum words words;
	int64_t at_s;
	char line[96];
};

/**
 * struct boots - what the file of boots tells of the boot before this one
 * @known: there is a record of it
 * @damaged: records are missing or wrong between it and this boot
 * @recorded: this boot has a record
 * @boot_id: its boot_id
 * @at: when its record was written
 * @dogs: its watchdogs
 * @stop: how it was ordered to end: "reboot", "poweroff", ...; "" if it was not
 * @stop_at: when
 * @turnaround_ms: the longest that an ordered reboot has taken from that order to
 *	the next kernel's start; -1: none was seen
 * @between: boots recorded after the one that was asked for and before this one;
 *	-1: that one has no record
 * @words: what pstore had when this boot's record was written
 * @proven: identity of the watchdog that verify last saw reset this machine
 */
struct boots {
	bool known;
	bool damaged;
	bool recorded;
	char boot_id[40];
	struct moment at;
	struct dogs dogs;
	char stop[16];
	struct moment stop_at;
	int64_t turnaround_ms;
	int between;
	struct last_words words;
	char proven[64];
};

void boots_read(const char *text, size_t len, const char *boot_id,
		const char *from_boot_id, struct boots *boots);

#endif /* PUG_BOOTS_H */
