// SPDX-License-Identifier: GPL-2.0
/*
 * From a timeline to a verdict: pure, recomputable, and "error" wherever the
 * evidence is incomplete or contradicts itself.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "facts.h"
#include "held.h"
#include "util.h"
#include "verdict.h"
#include "verdict-check.h"

/* Closed with the magic character, and not at the plan's end */
static bool was_closed(const struct cell *cell, const struct facts *f)
{
	if (!f->disarmed || f->disarmed->t_ns == TIME_UNKNOWN)
		return false;
	if (f->freeze)
		return f->disarmed->t_ns < f->thaw_ns;
	return f->done && f->done->t_ns - f->disarmed->t_ns > cell->settle_ms * NSEC_PER_MSEC / 2;
}

static const char *why_unarmed(const struct cell *cell, const struct facts *f)
{
	const struct watchdog *wd = cell->watchdog;

	if (!wd->fires_as)
		return NULL;
	if (!f->armed)
		return "no watchdog was armed";
	if (was_closed(cell, f))
		return "it was closed with the magic character";
	if (!f->keepalive && (wd->mode == DOG_KEPT_ALIVE || wd->mode == DOG_CLOSED))
		return "armed, but no keepalive came";
	return NULL;
}

static void name_guest_dog(struct verdict *v, const struct event *line, const char *action)
{
	const char *by = json_string_value(json_object_get(line->data, "by"));

	snprintf(v->by, sizeof(v->by), "%s", by ? by : "unknown");
	snprintf(v->action, sizeof(v->action), "%s", action);
	verdict_say(v, "the console says \"%.80s\"", line->text);
}

/* Asked of QEMU by somebody else than the lab, and a watchdog outside says that it did */
static bool is_from_outside(const struct facts *f)
{
	const char *reason = f->gone ?
			     json_string_value(json_object_get(f->gone->data, "reason")) : NULL;

	return f->outside && reason && !strcmp(reason, "host-qmp-system-reset");
}

/* Who says on the console that the panic is its doing */
static const struct event *panicker(const struct facts *f)
{
	if (f->dog)
		return f->dog;
	return f->panic && json_object_get(f->panic->data, "by") ? f->panic : NULL;
}

static void name_author(struct verdict *v, const struct cell *cell, const struct facts *f)
{
	const char *action;

	if (is_from_outside(f)) {
		snprintf(v->by, sizeof(v->by), "pug-watch");
		snprintf(v->action, sizeof(v->action), "reset");
		verdict_say(v, "QMP says host-qmp-system-reset, %.120s", f->outside->text);
		return;
	}
	if (f->watchdog) {
		action = json_string_value(json_object_get(f->watchdog->data, "action"));
		snprintf(v->action, sizeof(v->action), "%s", action ? action : "");
		/* QEMU's event does not name the device: it is the one that the cell has */
		snprintf(v->by, sizeof(v->by), "%s",
			 cell->watchdog->ruler == RULER_QEMU ? cell->watchdog->fires_as : "unknown");
		verdict_say(v, "QMP says WATCHDOG action %s", v->action);
		return;
	}
	if (f->dog && f->effect == EFFECT_RESET) {
		name_guest_dog(v, f->dog, "reset");
		verdict_say(v, ", QMP says guest-reset and no WATCHDOG");
		return;
	}
	if (f->effect == EFFECT_PANICKED && panicker(f)) {
		name_guest_dog(v, panicker(f), "panic");
		verdict_say(v, ", QMP says GUEST_PANICKED and no WATCHDOG");
		return;
	}
	if (f->dry && !f->gone) {
		name_guest_dog(v, f->dry, "none");
		return;
	}
	snprintf(v->by, sizeof(v->by), "unknown");
	verdict_say(v, "QMP says %s, but neither a WATCHDOG event nor the console says who did it",
		    f->gone->text);
}

static bool is_nmi_panic(const struct facts *f)
{
	const char *action = json_string_value(json_object_get(f->watchdog->data, "action"));

	return action && !strcmp(action, "inject-nmi") && f->gone->kind == EVENT_PANICKED &&
	       f->gone->t_ns != TIME_UNKNOWN && f->gone->t_ns < f->thaw_ns;
}

/* The exact time where the VM stood still, else the bound that was read */
static const struct event *firing(const struct facts *f)
{
	if (!f->watchdog && !f->gone)
		return f->dry;
	if (!f->watchdog || !f->gone)
		return f->gone ? f->gone : f->watchdog;
	/* An NMI's panic takes a while: 13 s until it stops waiting for frozen CPUs */
	if (is_nmi_panic(f))
		return f->gone;
	/* Gone long after a firing without effect: that is not its doing */
	if (f->watchdog->t_ns != TIME_UNKNOWN && f->gone->t_ns != TIME_UNKNOWN &&
	    f->gone->t_ns - f->watchdog->t_ns > AT_THAW_NS)
		return f->watchdog;
	return f->gone;
}

static int64_t field_ns(const struct event *event, const char *key)
{
	return json_integer_value(json_object_get(event->data, key));
}

static int64_t trace_span_ns(const struct facts *f)
{
	return field_ns(f->fires, "before_ns") - field_ns(f->fires, "after_ns");
}

/*
 * When it fired. What QMP dates is when the VM stood still; the trace says it to
 * less than a millisecond, where somebody looked at the counter at all: in a guest
 * whose programs are stopped nobody does.
 */
static int64_t date_firing(struct verdict *v, const struct facts *f, const struct event *event)
{
	if (f->watchdog && f->fires && trace_span_ns(f) < NSEC_PER_SEC) {
		v->fire_span_ns = trace_span_ns(f);
		return f->fires->t_ns;
	}
	v->fire_is_upper_bound = event->upper_bound;
	v->fire_is_estimate = event->estimated;
	/* It fires with the NMI, whatever becomes of that */
	if (event == f->gone && f->watchdog && is_nmi_panic(f)) {
		v->fire_is_upper_bound = true;
		return f->watchdog->t_ns;
	}
	return event->t_ns;
}

static enum verdict_when when_of(const struct facts *f, int64_t fire_ns)
{
	if (!f->freeze || fire_ns < f->fault_ns)
		return VERDICT_BEFORE_FAULT;
	if (fire_ns < f->thaw_ns)
		return VERDICT_IN_FAULT;
	if (fire_ns <= f->thaw_ns + AT_THAW_NS)
		return VERDICT_AT_THAW;
	return VERDICT_AFTER_THAW;
}

/* Off without a time: in the fault, if nothing that ran came after its start */
static bool was_in_fault(const struct cell *cell, const struct facts *f,
			 const struct timeline *tl)
{
	if (!f->freeze || f->thaw_seen || cell->fault->endless)
		return false;
	/* The module's line for the thaw comes before anything that fires at it */
	if (cell->fault->silent != SILENT_ALL)
		return cell->fault->module;
	for (size_t i = 0; i < tl->n; i++) {
		const struct event *event = &tl->events[i];

		if (event->boot == 1 && event->t_ns != TIME_UNKNOWN &&
		    event->t_ns > f->fault_ns + GATHER_NS &&
		    (event->source == SOURCE_CANARY || event->source == SOURCE_AGENT))
			return false;
	}
	return true;
}

/* From the thaw, or since it had to be gone; 0 where that was in time */
static int64_t zombie_window(const struct cell *cell, const struct facts *f, int64_t fire_ns)
{
	int64_t since = f->due_ns != TIME_UNKNOWN ? f->due_ns : f->thaw_ns;

	return fire_ns > zombie_from(cell, f) ? fire_ns - since : 0;
}

static void judge_fire(struct verdict *v, const struct cell *cell, const struct facts *f,
		       const struct timeline *tl)
{
	const struct event *event = firing(f);
	int64_t fire_ns = date_firing(v, f, event);

	name_author(v, cell, f);
	v->effect = event == f->gone ? f->effect : EFFECT_NONE;
	if (fire_ns == TIME_UNKNOWN && v->effect == EFFECT_OFF && was_in_fault(cell, f, tl)) {
		v->when = VERDICT_IN_FAULT;
		v->zombie_ns = 0;
		verdict_say(v, "; QEMU exited with it, before a thaw: nothing was left to read its clock");
		return;
	}
	if (fire_ns == TIME_UNKNOWN) {
		verdict_error(v, "something fired, but the virtual clock was not read");
		return;
	}
	if (f->keepalive && f->keepalive->t_ns == TIME_UNKNOWN) {
		verdict_error(v, "the last keepalive has no time by the HPET");
		return;
	}
	/* "Without effect" is what a guest shows that went on, or was seen to go later */
	if (v->effect == EFFECT_NONE && !f->done && !f->gone && !f->watched) {
		verdict_error(v, "the watchdog fired, but nothing shows what became of the guest");
		return;
	}
	v->when = when_of(f, fire_ns);
	/* In warp a VM runs on for seconds while QEMU gets to stopping it */
	if (v->when > VERDICT_IN_FAULT && f->watchdog && !f->fires && was_in_fault(cell, f, tl)) {
		v->when = VERDICT_IN_FAULT;
		v->fire_is_upper_bound = true;
		fire_ns = f->thaw_ns - 1;
		verdict_say(v, "; read late, but there was no thaw");
	}
	if (f->keepalive)
		v->keepalive_to_fire_ns = fire_ns - f->keepalive->t_ns;
	if (f->freeze) {
		v->fault_to_fire_ns = fire_ns - f->fault_ns;
		v->zombie_ns = zombie_window(cell, f, fire_ns);
		v->frozen_ns = (fire_ns < f->thaw_ns ? fire_ns : f->thaw_ns) - f->fault_ns;
		/* While a VM is paused the thaw is at no distance by its clock */
		if (cell->fault->outside == OUTSIDE_PAUSE && !f->thaw_seen)
			verdict_say(v, "; before the VM went on");
		else
			verdict_say(v, "; %.3f s %s the thaw",
				    seconds(llabs(fire_ns - f->thaw_ns)),
				    fire_ns < f->thaw_ns ? "before" : "after");
	}
	/* A dud leaves the machine to thaw: its zombie window has no end */
	if (v->effect == EFFECT_NONE && f->freeze) {
		v->zombie_ns = -1;
		v->frozen_ns = f->thaw_ns - f->fault_ns;
		verdict_say(v, f->watched ? "; and the machine stayed dead" : "; and the machine went on");
	}
}

/* Since when the guest was watched: a control from when it had what it should */
static int64_t watched_from(const struct facts *f)
{
	if (f->freeze)
		return f->thaw_ns;
	return f->armed ? f->armed->t_ns : f->boot->t_ns;
}

/* Nothing fired, and the guest's kernel has panicked: the lab has watched that */
static void judge_death(struct verdict *v, const struct facts *f)
{
	v->when = VERDICT_NEVER;
	v->zombie_ns = 0;
	v->frozen_ns = f->watched->t_ns - f->fault_ns;
	verdict_say(v, "the machine stayed dead and was watched for %.1f s: no WATCHDOG, no reset",
		    seconds(v->frozen_ns));
}

static void judge_silence(struct verdict *v, const struct cell *cell, const struct facts *f)
{
	int64_t from = watched_from(f);
	int64_t asked_ms = cell->settle_ms + (f->freeze ? 0 : cell->msecs);
	const char *unarmed;

	if (cell->fault->fatal && f->watched && f->watched->t_ns > f->thaw_ns) {
		judge_death(v, f);
		return;
	}
	if (!f->done || f->done->t_ns == TIME_UNKNOWN || from == TIME_UNKNOWN) {
		verdict_error(v, "nothing fired, but the guest did not report to the plan's end");
		return;
	}
	/* Silence is what a stream shows that was heard to its end */
	if (!f->poweroff) {
		verdict_error(v, "QMP says nothing, not even that the guest ended its plan");
		return;
	}
	/* The guest's clocks are under test: did it watch as long as was asked? */
	if (f->done->t_ns - from < asked_ms * NSEC_PER_MSEC / 2) {
		verdict_error(v, "watched for %.3f s instead of %.3f",
			      seconds(f->done->t_ns - from), (double)asked_ms / 1000);
		return;
	}
	unarmed = why_unarmed(cell, f);
	v->when = unarmed ? VERDICT_UNARMED : VERDICT_NEVER;
	if (unarmed)
		verdict_say(v, "%s; ", unarmed);
	if (f->freeze) {
		v->zombie_ns = -1;
		v->frozen_ns = f->thaw_ns - f->fault_ns;
		verdict_say(v, "%sthawed and watched for %.1f s: no WATCHDOG, no reset",
			    was_kept_alive(cell, f) ? "keepalives went on; " : "",
			    seconds(f->done->t_ns - from));
		if (f->travel)
			verdict_say(v, "; of the time that was undone %ld writes had left",
				    f->undone);
	} else {
		verdict_say(v, "watched for %.1f s: no WATCHDOG, no reset",
			    seconds(f->done->t_ns - from));
	}
}

/* Tables, colours, advice and exit codes go by this */
static enum verdict_protected judge_protected(const struct verdict *v, const struct cell *cell,
					      const struct facts *f)
{
	if (!cell->fault->has_duration)
		return PROTECTED_NA;
	/* Nothing of it has run since, as held_not() has seen, and nothing will */
	if (f->watched)
		return PROTECTED_YES;
	/* Who never fell silent is nobody's zombie */
	if (v->when == VERDICT_NEVER && was_kept_alive(cell, f))
		return PROTECTED_NA;
	if (v->effect == EFFECT_NONE || v->when < VERDICT_IN_FAULT)
		return PROTECTED_NO;
	if (v->when == VERDICT_IN_FAULT && !v->zombie_ns)
		return PROTECTED_YES;
	return v->zombie_writes ? PROTECTED_NO : PROTECTED_BY_LUCK;
}

static const char *boot_id(const struct timeline *tl, int boot)
{
	const struct event *event = timeline_first(tl, EVENT_BOOT, boot);

	return event ? json_string_value(json_object_get(event->data, "boot_id")) : NULL;
}

static void judge_return(struct verdict *v, const struct cell *cell, const struct timeline *tl)
{
	const struct event *status = timeline_first(tl, EVENT_BOOTSTATUS, 2);
	const char *first = boot_id(tl, 1);
	const char *second = boot_id(tl, 2);

	v->return_watched = cell->see_return;
	v->came_back = second;
	v->boot_ids_differ = first && second && strcmp(first, second);
	v->bootstatus = -1;
	if (status && json_is_integer(json_object_get(status->data, "value")))
		v->bootstatus = json_integer_value(json_object_get(status->data, "value"));
}

static void sum_boot(struct verdict *v, int64_t ns)
{
	/* As many boots, and as long ones, as the evidence cares to claim */
	if (__builtin_add_overflow(v->virtual_ns, ns, &v->virtual_ns))
		v->virtual_ns = INT64_MAX;
}

static void sum_virtual(struct verdict *v, const struct timeline *tl)
{
	int64_t last = 0;
	int boot = 0;

	for (size_t i = 0; i < tl->n; i++) {
		const struct event *event = &tl->events[i];

		if (event->boot != boot) {
			sum_boot(v, last);
			last = 0;
			boot = event->boot;
		}
		if (event->t_ns != TIME_UNKNOWN && event->t_ns > last)
			last = event->t_ns;
	}
	sum_boot(v, last);
}

/* After a reset that came, the same machine must not have gone on */
static bool reset_is_shown(struct verdict *v, const struct timeline *tl)
{
	if (v->effect != EFFECT_RESET || !v->came_back || v->boot_ids_differ)
		return true;
	(void)tl;
	return verdict_error(v, "the boot_id did not change over the reset");
}

/**
 * verdict_preset() - an error, with no times
 * @v: filled in
 * @reason: why nothing better is known
 */
void verdict_preset(struct verdict *v, const char *reason)
{
	memset(v, 0, sizeof(*v));
	v->keepalive_to_fire_ns = -1;
	v->fault_to_fire_ns = -1;
	v->fire_span_ns = -1;
	v->zombie_ns = -1;
	v->bootstatus = -1;
	snprintf(v->reason, sizeof(v->reason), "%s", reason);
}

/**
 * verdict() - what the evidence shows
 * @v: filled in
 * @cell: what was asked
 * @tl: sorted; all that was observed
 *
 * Pure. Says VERDICT_ERROR with the reason where the evidence is broken, is
 * missing or contradicts itself; Documentation/verdict.rst has the signatures.
 */
void verdict(struct verdict *v, const struct cell *cell, const struct timeline *tl)
{
	struct facts f;

	verdict_preset(v, "");
	find_facts(&f, cell, tl);
	judge_return(v, cell, tl);
	sum_virtual(v, tl);
	v->zombie_writes = zombie_writes(cell, &f, tl);
	if (!verdict_can_judge(v, cell, &f, tl))
		return;
	if (f.gone || f.watchdog || f.dry)
		judge_fire(v, cell, &f, tl);
	else
		judge_silence(v, cell, &f);
	if (v->when == VERDICT_ERROR || !reset_is_shown(v, tl))
		return;
	v->protected = judge_protected(v, cell, &f);
}
