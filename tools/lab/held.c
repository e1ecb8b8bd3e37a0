// SPDX-License-Identifier: GPL-2.0
/*
 * Who had to be silent while the fault lasted, and since when the machine had to
 * be gone: Documentation/verdict.rst, "A part of the machine".
 */
#include "compiler.h"
#include "held.h"
#include "util.h"

/* An announced end may be early by so much: facts.c */
#define ANNOUNCED_NS (50 * NSEC_PER_MSEC)

static bool is_by_hung_cpu(const struct event *event, const struct cell *cell)
{
	json_int_t cpu = json_integer_value(json_object_get(event->data, "cpu"));

	if (event->kind != EVENT_CANARY || cpu < 0 || cpu >= (json_int_t)(8 * sizeof(long)))
		return false;
	return cell_hung_cpus(cell) >> cpu & 1;
}

static bool had_to_be_silent(const struct event *event, const struct cell *cell)
{
	switch (cell->fault->silent) {
	case SILENT_ALL:
		return event->source == SOURCE_CANARY || event->source == SOURCE_AGENT;
	case SILENT_CPUS:
		return is_by_hung_cpu(event, cell);
	case SILENT_KEEPALIVE:
		return event->kind == EVENT_KEEPALIVE;
	default:
		return false;
	}
}

/**
 * held_not() - the first sign that a fault did not hold
 * @cell: asked
 * @f: with a freeze
 * @tl: sorted
 *
 * A freeze that is only expected to last (no thaw seen) counts up to the firing.
 *
 * Return: an event of somebody who had to be silent; NULL where there is none.
 */
const struct event *held_not(const struct cell *cell, const struct facts *f,
			     const struct timeline *tl)
{
	int64_t begin = f->fault_ns + (cell->fault->fatal ? DYING_NS : GATHER_NS);
	int64_t end = f->thaw_ns;

	if (f->watched)
		end = f->watched->t_ns;
	if (!f->thaw_seen && f->gone && f->gone->t_ns != TIME_UNKNOWN && f->gone->t_ns < end)
		end = f->gone->t_ns;
	/* Where all stood still, facts.c has put the thaw right */
	if (f->thaw_seen && cell->fault->silent != SILENT_ALL)
		end -= ANNOUNCED_NS;
	for (size_t i = 0; i < tl->n; i++) {
		const struct event *event = &tl->events[i];

		if (event->boot != 1 || event->t_ns == TIME_UNKNOWN)
			continue;
		if (event->t_ns > begin && event->t_ns < end &&
		    had_to_be_silent(event, cell))
			return event;
	}
	return NULL;
}

/**
 * was_felt() - did the guest notice a fault from outside, up to its end?
 * @cell: asked
 * @f: with a freeze
 * @tl: sorted
 *
 * What the lab ordered, and what QEMU said to it, is no fault yet.
 *
 * Return: whether its last word about that comes when the fault was as long as it should
 * be, and was not over; where the machine was gone before, whether there was one.
 */
bool was_felt(const struct cell *cell, const struct facts *f, const struct timeline *tl)
{
	int64_t due_ns = f->fault_ns + cell->msecs * NSEC_PER_MSEC - FELT_EARLY_NS;

	for (size_t i = 0; i < tl->n; i++) {
		const struct event *event = &tl->events[i];

		if (event->boot != 1 || event->kind != EVENT_FELT || event->t_ns <= f->fault_ns)
			continue;
		if (f->gone && f->gone->t_ns < due_ns)
			return true;
		if (event->t_ns >= due_ns && (!f->thaw_seen || event->t_ns <= f->thaw_ns))
			return true;
	}
	return false;
}

/**
 * zombie_from() - since when what user space does is a zombie's doing
 * @cell: asked
 * @f: with a freeze
 *
 * Where all stands still that is the thaw. Where part of the machine goes on it is
 * the moment for which its keepalives had promised that it would be gone; a firing
 * is in time up to an interval (the last keepalive may be one that nobody saw: the
 * kernel's, when it closes the device of a killed process) and a second later.
 *
 * Return: ns of virtual time.
 */
int64_t zombie_from(const struct cell *cell, const struct facts *f)
{
	if (cell->fault->silent == SILENT_ALL || f->due_ns == TIME_UNKNOWN)
		return f->thaw_ns;
	return f->due_ns + cell->interval_ms * NSEC_PER_MSEC + AT_THAW_NS;
}

/**
 * zombie_writes() - canaries' writes that left the VM when it had to be gone
 * @cell: asked
 * @f: what the timeline says
 * @tl: sorted
 *
 * Return: how many.
 */
long zombie_writes(const struct cell *cell, const struct facts *f, const struct timeline *tl)
{
	long writes = 0;

	if (!f->freeze || f->thaw_ns == TIME_UNKNOWN)
		return 0;
	for (size_t i = 0; i < tl->n; i++)
		if (tl->events[i].kind == EVENT_CANARY &&
		    tl->events[i].t_ns >= zombie_from(cell, f))
			writes++;
	return writes;
}

/**
 * was_kept_alive() - did keepalives go on, so that nothing had to be gone?
 * @cell: asked
 * @f: what the timeline says
 *
 * Return: whether part of the machine hung, and who keeps the watchdog alive was
 * never silent for so long that it should have fired.
 */
bool was_kept_alive(const struct cell *cell, const struct facts *f)
{
	/* The kernel feeds a device of a user space that is dead, too */
	if (cell->watchdog->mode == DOG_KERNEL && cell->fault->silent == SILENT_CPUS)
		return false;
	return f->freeze && cell->fault->silent != SILENT_ALL && f->keepalive &&
	       f->due_ns != TIME_UNKNOWN && f->due_ns > f->thaw_ns;
}
