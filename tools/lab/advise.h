/* SPDX-License-Identifier: GPL-2.0 */
/* From measured cells to sentences about one set-up; nothing is guessed. */
#ifndef PUG_ADVISE_H
#define PUG_ADVISE_H

#include "protection.h"

/**
 * struct setup - what is asked about
 * @watchdog: as it is configured
 * @clock: of the machine
 * @kernel: NULL for any that was measured
 * @ttl_s: of the leader's lock
 * @timeout_s: of the watchdog
 */
struct setup {
	const struct watchdog *watchdog;
	const struct clocksource *clock;
	const char *kernel;
	unsigned int ttl_s;
	unsigned int timeout_s;
};

/* What the table says of a fault */
enum advice_kind {
	ADVICE_SURVIVES,
	ADVICE_GOES_ON,		/* it does no harm: keepalives went on */
	ADVICE_HOLE,
	ADVICE_NOT_MEASURED,
	ADVICE_KINDS
};

/**
 * struct advice - of one fault
 * @fault: which
 * @kind: what the table says
 * @cell: that shows it, the worst of several; NULL where none was run
 * @late: it fires in time, but later than the ttl lets it
 * @fires_s: after the last keepalive, at the set-up's timeout; 0 not known
 */
struct advice {
	const struct fault *fault;
	enum advice_kind kind;
	const struct result *cell;
	bool late;
	double fires_s;
};

size_t advise(const struct record *record, const struct setup *setup, struct advice *list);
const struct result *advise_remedy(const struct record *record, const struct setup *setup,
				   const struct fault *fault, const struct watchdog *other);
char *advise_sentence(const struct advice *advice, const struct setup *setup);
const char *advice_kind_name(enum advice_kind kind);

#endif
