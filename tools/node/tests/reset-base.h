/* SPDX-License-Identifier: GPL-2.0 */
/* A machine that was reset by i6300esb in a freeze, and ways to change that. */
#ifndef PUG_TEST_RESET_BASE_H
#define PUG_TEST_RESET_BASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "compiler.h"
#include "reset.h"

#define ESB	"i6300ESB timer"

/* Frozen at 1000 s of its clock and 60 s of uptime, back 12 s later. */
static inline void base(struct reset_evidence *ev)
{
	struct story *story = &ev->story;

	memset(ev, 0, sizeof(*ev));
	story->state = STORY_WHOLE;
	story->phase = PHASE_FAULT;
	story->fault = FAULT_STOP_MACHINE;
	strcpy(story->machine, "m1");
	strcpy(story->hostname, "db1");
	strcpy(story->boot_id, "boot-1");
	strcpy(story->device, "/dev/watchdog0");
	strcpy(story->identity, ESB);
	strcpy(story->driver, "i6300esb");
	story->timeout_s = 10;
	story->msecs = 30000;
	story->turnaround_ms = -1;
	story->planned = (struct moment){ 990000, 50000, 990 };
	story->at = (struct moment){ 1000000, 60000, 1000 };
	story->keepalive_ms = 59990;
	story->alive_ms = 60000;
	strcpy(ev->machine, "m1");
	strcpy(ev->hostname, "db1");
	strcpy(ev->boot_id, "boot-2");
	/* 5 s after the kernel's start at 1012 s */
	ev->now = (struct moment){ 1017000, 5000, 1017 };
	ev->dogs.n = 1;
	strcpy(ev->dogs.list[0].identity, ESB);
	strcpy(ev->dogs.list[0].driver, "i6300esb");
	ev->dogs.list[0].marked = true;
	ev->last.at_s = -1;
	ev->boots.known = true;
	strcpy(ev->boots.boot_id, "boot-1");
	ev->boots.at = (struct moment){ 940000, 0, 940 };
	ev->boots.dogs = ev->dogs;
	ev->boots.dogs.list[0].marked = false;
	ev->boots.turnaround_ms = -1;
	ev->boots.between = 0;
}

static inline void as_it_is(struct reset_evidence *ev)
{
	(void)ev;
}

static inline void other_dog(struct reset_evidence *ev, const char *identity,
			     const char *driver)
{
	strcpy(ev->story.identity, identity);
	strcpy(ev->story.driver, driver);
	strcpy(ev->dogs.list[0].identity, identity);
	strcpy(ev->dogs.list[0].driver, driver);
	ev->dogs.list[0].marked = false;
	ev->boots.dogs = ev->dogs;
}

static inline void softdog(struct reset_evidence *ev)
{
	other_dog(ev, "Software Watchdog", "softdog");
}

static inline void back_after(struct reset_evidence *ev, int64_t ms)
{
	ev->now.realtime_ms = 1000000 + ms + 5000;
	ev->now.rtc_s = ev->now.realtime_ms / 1000;
}

static inline void unmarked(struct reset_evidence *ev)
{
	ev->dogs.list[0].marked = false;
}

static inline void panic_words(struct reset_evidence *ev)
{
	ev->pstore = true;
	ev->last.words = WORDS_PANIC;
	ev->last.at_s = 1005;
	strcpy(ev->last.line, "Kernel panic - not syncing: x");
}

static inline void softdog_words(struct reset_evidence *ev)
{
	softdog(ev);
	back_after(ev, 31500);
	ev->pstore = true;
	ev->last.words = WORDS_SOFTDOG;
	ev->last.at_s = 1030;
	strcpy(ev->last.line, "softdog: Initiating system reboot");
}

static inline void explain(const char *name, const struct reset_verdict *verdict)
{
	int i;

	print_error("%s: %s, %s, proved: %s\n", name, when_name(verdict->when),
		    cause_name(verdict->cause), answer_name(verdict->proved));
	for (i = 0; i < verdict->n_reasons; i++)
		print_error("  %s\n", verdict->reasons[i]);
}

#endif /* PUG_TEST_RESET_BASE_H */
