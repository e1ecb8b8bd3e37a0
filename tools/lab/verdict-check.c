// SPDX-License-Identifier: GPL-2.0
/*
 * May this evidence be judged? It is to be whole, and to show that the fault was one:
 * that it began, that it held, that somebody noticed it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "compiler.h"
#include "held.h"
#include "util.h"
#include "verdict-check.h"

/* A reason quotes guests and QEMU, and goes to terminals and into KTAP's lines */
static void make_printable(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

/**
 * verdict_error() - this can't be judged
 * @v: becomes an error
 * @fmt: and what follows: why, as printf()
 *
 * Return: false.
 */
bool verdict_error(struct verdict *v, const char *fmt, ...)
{
	va_list ap;

	v->when = VERDICT_ERROR;
	va_start(ap, fmt);
	vsnprintf(v->reason, sizeof(v->reason), fmt, ap);
	va_end(ap);
	make_printable(v->reason);
	return false;
}

/**
 * verdict_say() - more of the reason
 * @v: gets it
 * @fmt: and what follows: as printf()
 */
void verdict_say(struct verdict *v, const char *fmt, ...)
{
	size_t used = strlen(v->reason);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(v->reason + used, sizeof(v->reason) - used, fmt, ap);
	va_end(ap);
	make_printable(v->reason + used);
}

/* The lab's own troubles, and evidence that can't be read */
static bool evidence_is_whole(struct verdict *v, const struct timeline *tl)
{
	const struct event *error = timeline_first(tl, EVENT_LAB_ERROR, 0);

	if (error) {
		const char *why = json_string_value(json_object_get(error->data, "why"));

		return verdict_error(v, "%s", why ? why : "the lab gave up");
	}
	if (tl->broken[0])
		return verdict_error(v, "%s", tl->broken);
	if (!timeline_first(tl, EVENT_LAB_END, 0))
		return verdict_error(v, "the lab did not live to the cell's end");
	if (timeline_first(tl, EVENT_DEVICE_FIRES, 1) && !timeline_first(tl, EVENT_WATCHDOG, 1))
		return verdict_error(v, "QEMU's trace shows a watchdog's action, QMP no WATCHDOG event");
	error = timeline_first(tl, EVENT_AGENT_ERROR, 1);
	if (error)
		return verdict_error(v, "the guest's agent reported: %s", error->text);
	if (!timeline_first(tl, EVENT_BOOT, 1))
		return verdict_error(v, "the guest never said that it had booted");
	return true;
}

static bool fault_is_shown(struct verdict *v, const struct cell *cell, const struct facts *f)
{
	if (!cell->fault->has_duration)
		return true;
	if (!f->freeze) {
		/* Gone before it was to be frozen: a verdict of its own */
		if ((f->gone || f->watchdog) && !f->asked)
			return true;
		return verdict_error(v, "no trace of the fault on the console");
	}
	if (f->fault_ns == TIME_UNKNOWN)
		return verdict_error(v, "the fault has no time by the HPET");
	if (cell->fault->fatal && !f->panic)
		return verdict_error(v, "the kernel was to panic, and did not say that it does");
	if (cell->fault->outside != OUTSIDE_SNAPSHOT)
		return !f->travel || verdict_error(v, "the machine went back in time, unasked");
	/* Who was gone before need not; who ended its plan without it was not reverted */
	if (!f->travel && (f->thaw_seen || !f->gone))
		return verdict_error(v, "the machine was to go back to a snapshot, and did not");
	return true;
}

/* A canary's or keepalive's stamp inside the freeze says that there was none */
static bool fault_did_hold(struct verdict *v, const struct cell *cell, const struct facts *f,
			   const struct timeline *tl)
{
	const struct event *event = f->freeze ? held_not(cell, f, tl) : NULL;
	const char *who = cell->fault->silent == SILENT_KEEPALIVE ? "a keepalive came" :
			  "user space ran";

	if (!event)
		return true;
	return verdict_error(v, "%s %.3f s into the freeze: it did not hold", who,
			     seconds(event->t_ns - f->fault_ns));
}

/* The lab knows what it has ordered: whether it was so its guest has to say */
static bool guest_felt_it(struct verdict *v, const struct cell *cell, const struct facts *f,
			  const struct timeline *tl)
{
	if (!f->freeze || !cell->fault->felt)
		return true;
	if (f->thaw_seen &&
	    f->thaw_ns - f->fault_ns < cell->msecs * NSEC_PER_MSEC - FELT_EARLY_NS)
		return verdict_error(v, "the fault lasted %.3f s instead of %.3f",
				     seconds(f->thaw_ns - f->fault_ns), (double)cell->msecs / 1000);
	if (was_felt(cell, f, tl))
		return true;
	return verdict_error(v, "the guest did not notice the fault, or not to its end");
}

/* Without canaries heard before the fault their silence after it says nothing */
static bool canaries_sang(struct verdict *v, const struct cell *cell, const struct facts *f,
			  const struct timeline *tl)
{
	bool heard[256] = { false };
	unsigned int cpus = 0;

	for (size_t i = 0; i < tl->n; i++) {
		const struct event *event = &tl->events[i];
		json_int_t cpu;

		if (event->kind != EVENT_CANARY)
			continue;
		if (f->fault_ns != TIME_UNKNOWN && event->t_ns > f->fault_ns)
			continue;
		cpu = json_integer_value(json_object_get(event->data, "cpu"));
		if (cpu < 0 || cpu > 255 || heard[cpu])
			continue;
		heard[cpu] = true;
		cpus++;
	}
	if (cpus == cell->cpus)
		return true;
	return verdict_error(v, "canaries of %u of %u CPUs were heard before the fault", cpus,
			     cell->cpus);
}

/* One beside the VM that never began would have said nothing of a fault either */
static bool watch_was_there(struct verdict *v, const struct cell *cell, const struct timeline *tl)
{
	if (cell->watchdog->mode != DOG_OUTSIDE || timeline_first(tl, EVENT_WATCH_BEGINS, 0))
		return true;
	return verdict_error(v, "pug watch beside the VM never said that it watches");
}

/**
 * verdict_can_judge() - is the evidence whole, and was the fault one?
 * @v: an error with the reason where not
 * @cell: what was asked
 * @f: what the timeline says
 * @tl: sorted
 *
 * Return: whether.
 */
bool verdict_can_judge(struct verdict *v, const struct cell *cell, const struct facts *f,
		       const struct timeline *tl)
{
	return evidence_is_whole(v, tl) &&
	       fault_is_shown(v, cell, f) &&
	       fault_did_hold(v, cell, f, tl) &&
	       guest_felt_it(v, cell, f, tl) &&
	       canaries_sang(v, cell, f, tl) &&
	       watch_was_there(v, cell, tl);
}
