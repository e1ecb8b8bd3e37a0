// SPDX-License-Identifier: GPL-2.0
/*
 * What the measured table says of one set-up. A fault for which there is no cell is
 * "not measured": what the sources would let expect is not said here.
 */
#include <stdlib.h>
#include <string.h>

#include "advise.h"
#include "compiler.h"
#include "util.h"

/**
 * advice_kind_name() - a kind in a word
 * @kind: any
 *
 * Return: as in --json.
 */
const char *advice_kind_name(enum advice_kind kind)
{
	static const char * const names[ADVICE_KINDS] = {
		[ADVICE_SURVIVES] = "survives", [ADVICE_GOES_ON] = "goes-on",
		[ADVICE_HOLE] = "hole", [ADVICE_NOT_MEASURED] = "not-measured",
	};

	return names[kind];
}

static bool fits(const struct cell *cell, const struct setup *setup, const struct fault *fault,
		 const struct watchdog *watchdog)
{
	if (cell->fault != fault || cell->watchdog != watchdog || cell->clock != setup->clock)
		return false;
	if (setup->kernel && strcmp(setup->kernel, cell->kernel))
		return false;
	/* Another action is another watchdog */
	return !cell->action || !strcmp(cell->action, watchdog->action);
}

static const struct result *worst_cell(const struct record *record, const struct setup *setup,
				       const struct fault *fault, const struct watchdog *watchdog)
{
	const struct result *worst = NULL;

	for (size_t i = 0; i < record->run.n; i++) {
		const struct result *r = &record->run.results[i];

		if (!fits(&r->cell, setup, fault, watchdog))
			continue;
		if (!worst || mark_of(r) > mark_of(worst))
			worst = r;
	}
	return worst;
}

static enum advice_kind kind_of(enum mark mark)
{
	switch (mark) {
	case MARK_IN_TIME:
	case MARK_STAYS_DEAD:
		return ADVICE_SURVIVES;
	case MARK_QUIET:
	case MARK_FED:
		return ADVICE_GOES_ON;
	case MARK_ERROR:
	case MARK_NONE:
	case MARK_NOT_RUN:
		return ADVICE_NOT_MEASURED;
	default:
		return ADVICE_HOLE;
	}
}

/* In proportion: devices count on, in units of their own */
static double fires_after(const struct result *r, const struct setup *setup)
{
	if (mark_of(r) != MARK_IN_TIME || r->seen.keepalive_to_fire_ns <= 0 || !r->cell.timeout_ms)
		return 0;
	return (double)r->seen.keepalive_to_fire_ns / NSEC_PER_MSEC / r->cell.timeout_ms *
	       setup->timeout_s;
}

/* A machine that resets itself does so when it does, whatever the timeout */
static bool is_by_watchdog(const struct result *r)
{
	return r->cell.watchdog->fires_as &&
	       !strcmp(r->cell.watchdog->fires_as, r->seen.by);
}

static void judge(struct advice *advice, const struct setup *setup)
{
	if (!advice->cell) {
		advice->kind = ADVICE_NOT_MEASURED;
		return;
	}
	advice->kind = kind_of(mark_of(advice->cell));
	if (!is_by_watchdog(advice->cell))
		return;
	advice->fires_s = fires_after(advice->cell, setup);
	/* A hundredth is less than what is measured and asked for differ by */
	advice->late = advice->fires_s > setup->ttl_s * 1.01;
	if (advice->late)
		advice->kind = ADVICE_HOLE;
}

/**
 * advise() - what the table says of each fault
 * @record: measured
 * @setup: asked about
 * @list: filled in; has room for each of faults[]
 *
 * Return: how many.
 */
size_t advise(const struct record *record, const struct setup *setup, struct advice *list)
{
	size_t n = 0;

	for (size_t f = 0; faults[f].name; f++) {
		struct advice *advice = &list[n++];

		memset(advice, 0, sizeof(*advice));
		advice->fault = &faults[f];
		advice->cell = worst_cell(record, setup, &faults[f], setup->watchdog);
		judge(advice, setup);
	}
	return n;
}

/**
 * advise_remedy() - would another watchdog be gone in time?
 * @record: measured
 * @setup: asked about
 * @fault: that the set-up does not survive
 * @other: watchdog
 *
 * Return: the cell that shows it, NULL where none does.
 */
const struct result *advise_remedy(const struct record *record, const struct setup *setup,
				   const struct fault *fault, const struct watchdog *other)
{
	struct setup with = *setup;
	struct advice advice = { .fault = fault };

	with.watchdog = other;
	if (!other->module || other == setup->watchdog)
		return NULL;
	advice.cell = worst_cell(record, &with, fault, other);
	judge(&advice, &with);
	return advice.kind == ADVICE_SURVIVES ? advice.cell : NULL;
}

static char *hole(const struct advice *advice, const struct setup *setup)
{
	const struct result *r = advice->cell;

	if (advice->late)
		return xasprintf("it would fire %.1f s after the last keepalive, and the lock ends after %u s",
				 advice->fires_s, setup->ttl_s);
	if (r->seen.zombie_ns > 0)
		return xasprintf("%s: %.3f s after it had to be gone; %ld writes got out",
				 mark_meaning(mark_of(r)),
				 (double)r->seen.zombie_ns / NSEC_PER_SEC, r->seen.zombie_writes);
	return xstrdup(mark_meaning(mark_of(r)));
}

static char *survives(const struct advice *advice, const struct setup *setup)
{
	if (advice->fires_s <= 0)
		return xstrdup(mark_meaning(mark_of(advice->cell)));
	return xasprintf("the machine is gone in time; at a timeout of %u s that is %.1f s after the last keepalive",
			 setup->timeout_s, advice->fires_s);
}

/**
 * advise_sentence() - in plain words
 * @advice: of a fault
 * @setup: asked about
 *
 * Return: one sentence that names its cell; to be freed.
 */
char *advise_sentence(const struct advice *advice, const struct setup *setup)
{
	char *what, *text;

	if (!advice->cell)
		return xasprintf("%s (%s): not measured", advice->fault->name,
				 advice->fault->summary);
	switch (advice->kind) {
	case ADVICE_HOLE:
		what = hole(advice, setup);
		break;
	case ADVICE_SURVIVES:
		what = survives(advice, setup);
		break;
	case ADVICE_GOES_ON:
		what = xstrdup(mark_meaning(mark_of(advice->cell)));
		break;
	default:
		what = xstrdup("not measured: the cell could not be judged");
	}
	text = xasprintf("%s (%s): %s [%s]", advice->fault->name, advice->fault->summary, what,
			 advice->cell->cell.id);
	free(what);
	return text;
}
