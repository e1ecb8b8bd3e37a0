/* SPDX-License-Identifier: GPL-2.0 */
/* Why did this machine reset? A verdict from evidence, and nothing else. */
#ifndef PUG_RESET_H
#define PUG_RESET_H

#include <stdbool.h>

#include "boots.h"
#include "compiler.h"
#include "dogs.h"
#include "moment.h"
#include "story.h"

/* What wtmp says of how the boot before this one ended. */
enum wtmp {
	WTMP_SILENT,	/* no wtmp, or nothing in it */
	WTMP_SHUTDOWN,	/* it was shut down: a reboot or a poweroff */
	WTMP_ABRUPT,	/* its boot is there and no shutdown */
};

/**
 * struct reset_evidence - all that a machine knows of its last reset
 * @story: the journal of a verify run; state STORY_NONE: none
 * @boots: the boot before this one
 * @machine: identifies this machine; "" if nothing does
 * @hostname: its name
 * @boot_id: this boot
 * @now: now
 * @dogs: the watchdogs and their marks
 * @last: the kernel's last words, the newest
 * @pstore: there is a pstore that works
 * @wtmp: what wtmp says
 */
struct reset_evidence {
	struct story story;
	struct boots boots;
	char machine[64];
	char hostname[65];
	char boot_id[40];
	struct moment now;
	struct dogs dogs;
	struct last_words last;
	bool pstore;
	enum wtmp wtmp;
};

enum when {
	WHEN_CANNOT_TELL,
	WHEN_NEVER,
	WHEN_IN_FAULT,
	WHEN_AT_THAW,
	WHEN_AFTER_FAULT,
	WHEN_BEFORE_FAULT,
	WHEN_UNARMED,
};

enum cause {
	CAUSE_CANNOT_TELL,
	CAUSE_NOTHING,		/* there was no reset */
	CAUSE_WATCHDOG,
	CAUSE_PANIC,
	CAUSE_REBOOT,		/* ordered */
	CAUSE_POWEROFF,		/* ordered */
	CAUSE_SHUTDOWN,		/* ordered; a reboot or a poweroff */
};

enum answer {
	ANSWER_CANNOT_TELL,
	ANSWER_YES,
	ANSWER_NO,
};

#define REASONS_MAX	10

/**
 * struct reset_verdict - what the evidence shows
 * @when: when it was reset
 * @cause: by what
 * @who: the watchdog; "" if it is none
 * @proved: the watchdog under test did what it is for
 * @from_ms: it was reset at least so long after the last keepalive; -1: not known
 * @to_ms: and at most so long after it; -1: not known
 * @reasons: how that is known, and why no more is
 * @n_reasons: how many
 */
struct reset_verdict {
	enum when when;
	enum cause cause;
	char who[64];
	enum answer proved;
	int64_t from_ms;
	int64_t to_ms;
	char reasons[REASONS_MAX][200];
	int n_reasons;
};

__printf(2, 3)
void reset_because(struct reset_verdict *verdict, const char *format, ...);
void reset_judge_verify(const struct reset_evidence *ev,
			struct reset_verdict *verdict);
void reset_judge_last(const struct reset_evidence *ev,
		      struct reset_verdict *verdict);

const char *when_name(enum when when);
const char *cause_name(enum cause cause);
const char *answer_name(enum answer answer);

#endif /* PUG_RESET_H */
