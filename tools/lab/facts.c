// SPDX-License-Identifier: GPL-2.0
/* The few events of a timeline that a verdict is made of. */
#include <string.h>

#include "compiler.h"
#include "expect.h"
#include "facts.h"
#include "held.h"
#include "util.h"

/* QEMU's events that mean the machine is gone, and how */
static const struct {
	enum event_kind kind;
	enum verdict_effect effect;
} gone_kinds[] = {
	{ EVENT_RESET_REQUEST, EFFECT_RESET },
	{ EVENT_POWEROFF, EFFECT_OFF },
	{ EVENT_PAUSED, EFFECT_PAUSED },
	{ EVENT_PANICKED, EFFECT_PANICKED },
};

static void find_fault(struct facts *f, const struct cell *cell, const struct timeline *tl)
{
	const struct event *thaw = timeline_first(tl, EVENT_THAW, 1);

	f->fault_ns = TIME_UNKNOWN;
	f->thaw_ns = TIME_UNKNOWN;
	f->freeze = timeline_first(tl, EVENT_FREEZE, 1);
	if (f->freeze)
		f->fault_ns = f->freeze->t_ns;
	if (f->fault_ns == TIME_UNKNOWN && f->freeze && f->asked)
		f->fault_ns = f->asked->t_ns;
	if (thaw && json_object_get(thaw->data, "entry_ns"))
		f->fault_ns = json_integer_value(json_object_get(thaw->data, "entry_ns"));
	if (thaw && thaw->t_ns != TIME_UNKNOWN) {
		f->thaw_ns = thaw->t_ns;
		f->thaw_seen = true;
	} else if (f->fault_ns != TIME_UNKNOWN) {
		f->thaw_ns = f->fault_ns + cell->msecs * NSEC_PER_MSEC;
	}
}

static bool is_gone(const struct event *event, enum verdict_effect *effect)
{
	for (size_t i = 0; i < ARRAY_SIZE(gone_kinds); i++) {
		if (gone_kinds[i].kind != event->kind)
			continue;
		*effect = gone_kinds[i].effect;
		return true;
	}
	return false;
}

/*
 * The plan's own end is a poweroff too: the agent said "done" before it. After
 * that word nothing that happens is anyone's firing.
 */
static void find_gone(struct facts *f, const struct cell *cell, const struct timeline *tl)
{
	for (size_t i = 0; i < tl->n; i++) {
		const struct event *event = &tl->events[i];

		if (event->boot != 1)
			continue;
		if (event->kind == EVENT_DONE)
			return;
		/* The fault is a panic: that is nobody's firing */
		if (event->kind == EVENT_PANICKED && cell->fault->fatal)
			continue;
		if (is_gone(event, &f->effect)) {
			f->gone = event;
			return;
		}
	}
}

static const struct event *last_before(int64_t end_ns, const struct timeline *tl,
				       enum event_kind kind)
{
	const struct event *last = NULL;

	for (size_t i = 0; i < tl->n; i++) {
		const struct event *event = &tl->events[i];

		if (event->boot != 1 || event->kind != kind)
			continue;
		if (end_ns != TIME_UNKNOWN && event->t_ns > end_ns)
			break;
		last = event;
	}
	return last;
}

/*
 * The module announces its thaw 20 ms before, from two clocks that it reads one
 * after the other. In real time a busy host stopped the vCPU between them, in 5 of
 * 152 cells, and the thaw came up to so much before the announced moment. Frozen
 * CPUs run no user space: who wrote then has seen the thaw.
 */
#define ANNOUNCED_NS (50 * NSEC_PER_MSEC)
#define LONG_FREEZE_NS NSEC_PER_SEC

static void correct_thaw(struct facts *f, const struct cell *cell, const struct timeline *tl)
{
	if (!f->freeze || f->thaw_ns == TIME_UNKNOWN || f->thaw_ns - f->fault_ns < LONG_FREEZE_NS)
		return;
	if (cell->fault->silent != SILENT_ALL)
		return;
	for (size_t i = 0; i < tl->n; i++) {
		const struct event *event = &tl->events[i];

		if (event->boot != 1 || event->t_ns == TIME_UNKNOWN ||
		    (event->source != SOURCE_CANARY && event->source != SOURCE_AGENT))
			continue;
		if (event->t_ns >= f->thaw_ns - ANNOUNCED_NS && event->t_ns < f->thaw_ns)
			f->thaw_ns = event->t_ns;
	}
}

/*
 * While part of the machine hangs a reload need not be a keepalive: iTCO reloads
 * itself at its first expiry. One that is, is an interval late at most.
 */
static int64_t last_reload_ns(const struct facts *f, const struct cell *cell, int64_t end_ns)
{
	int64_t latest;

	if (cell->fault->silent == SILENT_ALL || !f->keepalive ||
	    f->keepalive->t_ns == TIME_UNKNOWN)
		return end_ns;
	latest = f->keepalive->t_ns + cell->interval_ms * NSEC_PER_MSEC + GATHER_NS;
	return latest < end_ns ? latest : end_ns;
}

/* One that the agent made and did not get to report has reached the device */
static void find_keepalive(struct facts *f, const struct cell *cell, const struct timeline *tl)
{
	int64_t end_ns = f->freeze && cell->fault->silent != SILENT_ALL ? f->thaw_ns : f->fault_ns;
	const struct event *reload;

	f->keepalive = last_before(end_ns, tl, EVENT_KEEPALIVE);
	end_ns = last_reload_ns(f, cell, end_ns);
	reload = last_before(end_ns, tl, EVENT_RELOAD);
	if (reload && reload->t_ns != TIME_UNKNOWN)
		f->keepalive = reload;
}

/* Part of the machine goes on, and who promised to be gone did it by keepalives */
static void find_due(struct facts *f, const struct cell *cell)
{
	f->due_ns = TIME_UNKNOWN;
	if (!f->freeze)
		return;
	if (cell->fault->silent == SILENT_ALL)
		f->due_ns = f->thaw_ns;
	else if (f->keepalive && f->keepalive->t_ns != TIME_UNKNOWN)
		f->due_ns = f->keepalive->t_ns + expect_deadline_ms(cell) * NSEC_PER_MSEC;
}

/* While QEMU was stopped nobody read the counter: the middle of two readings is nowhere */
static bool is_across_stall(const struct cell *cell, const struct event *fires)
{
	json_int_t after = json_integer_value(json_object_get(fires->data, "after_ns"));
	json_int_t before = json_integer_value(json_object_get(fires->data, "before_ns"));

	return cell->fault->outside == OUTSIDE_STALL && before - after > NSEC_PER_SEC;
}

/* Who has read them knows of a time that the machine knows nothing of */
static void find_undone(struct facts *f, const struct timeline *tl)
{
	f->travel = timeline_first(tl, EVENT_TRAVEL, 1);
	for (size_t i = 0; f->travel && i < tl->n; i++)
		if (tl->events[i].kind == EVENT_CANARY && tl->events[i].t_ns > f->fault_ns &&
		    tl->events[i].t_ns < f->travel->t_ns)
			f->undone++;
}

/**
 * find_facts() - what a timeline says, before it is judged
 * @f: filled in
 * @cell: what was asked
 * @tl: sorted
 */
void find_facts(struct facts *f, const struct cell *cell, const struct timeline *tl)
{
	memset(f, 0, sizeof(*f));
	f->armed = timeline_first(tl, EVENT_ARMED, 1);
	f->disarmed = timeline_first(tl, EVENT_DISARMED, 1);
	f->watchdog = timeline_first(tl, EVENT_WATCHDOG, 1);
	f->fires = timeline_first(tl, EVENT_DEVICE_FIRES, 1);
	if (f->fires && (f->fires->t_ns == TIME_UNKNOWN || is_across_stall(cell, f->fires)))
		f->fires = NULL;
	f->dog = timeline_first(tl, EVENT_DOG_FIRES, 1);
	f->dry = timeline_first(tl, EVENT_DOG_FIRES_DRY, 1);
	f->outside = timeline_first(tl, EVENT_WATCH_ACTS, 1);
	f->done = timeline_first(tl, EVENT_DONE, 1);
	f->watched = timeline_first(tl, EVENT_WATCHED, 1);
	f->panic = timeline_first(tl, EVENT_PANIC_LINE, 1);
	f->poweroff = timeline_first(tl, EVENT_POWEROFF, 0);
	f->boot = timeline_first(tl, EVENT_BOOT, 1);
	f->asked = timeline_first(tl, EVENT_FREEZE_ASKED, 1);
	find_fault(f, cell, tl);
	correct_thaw(f, cell, tl);
	find_gone(f, cell, tl);
	find_keepalive(f, cell, tl);
	find_due(f, cell);
	find_undone(f, tl);
}
