// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "timeline.h"
#include "util.h"

static const char * const source_names[SOURCE_NR] = {
	[SOURCE_LAB] = "lab",
	[SOURCE_QMP] = "qmp",
	[SOURCE_TRACE] = "trace",
	[SOURCE_CONSOLE] = "console",
	[SOURCE_MEMORY] = "memory",
	[SOURCE_AGENT] = "agent",
	[SOURCE_CANARY] = "canary",
};

static const char * const kind_names[EVENT_NR] = {
	[EVENT_OTHER] = "other",
	[EVENT_BOOT] = "boot",
	[EVENT_BOOTSTATUS] = "bootstatus",
	[EVENT_ARMED] = "armed",
	[EVENT_KEEPALIVE] = "keepalive",
	[EVENT_DISARMED] = "disarmed",
	[EVENT_FREEZE_ASKED] = "freeze-asked",
	[EVENT_FREEZE] = "freeze",
	[EVENT_THAW] = "thaw",
	[EVENT_FELT] = "felt",
	[EVENT_TRAVEL] = "travel",
	[EVENT_THAWED] = "thawed",
	[EVENT_DONE] = "done",
	[EVENT_AGENT_ERROR] = "agent-error",
	[EVENT_CANARY] = "canary",
	[EVENT_WATCHDOG] = "watchdog",
	[EVENT_RESET_REQUEST] = "reset-request",
	[EVENT_POWEROFF] = "poweroff",
	[EVENT_PAUSED] = "paused",
	[EVENT_PANICKED] = "panicked",
	[EVENT_RESET_DONE] = "reset",
	[EVENT_DEVICE_FIRES] = "device-fires",
	[EVENT_RELOAD] = "reload",
	[EVENT_DOG_FIRES] = "dog-fires",
	[EVENT_DOG_FIRES_DRY] = "dog-fires-dry",
	[EVENT_PANIC_LINE] = "panic-line",
	[EVENT_WATCH_BEGINS] = "watching",
	[EVENT_WATCH_ACTS] = "watch-acts",
	[EVENT_LAB_ERROR] = "error",
	[EVENT_WATCHED] = "watched",
	[EVENT_LAB_START] = "start",
	[EVENT_LAB_END] = "end",
};

/**
 * event_kind_name() - as in timeline.jsonl
 * @kind: of an event
 *
 * Return: a static string.
 */
const char *event_kind_name(enum event_kind kind)
{
	return kind_names[kind];
}

/**
 * event_source_name() - as in timeline.jsonl
 * @source: of an event
 *
 * Return: a static string.
 */
const char *event_source_name(enum event_source source)
{
	return source_names[source];
}

/**
 * timeline_add() - append an event
 * @tl: to this list
 * @kind: what
 * @source: by whom
 * @boot: 1 for the boot under test
 * @t_ns: virtual time, or TIME_UNKNOWN
 * @data: evidence, the reference is taken over; NULL for an empty object
 *
 * Return: the event, to be completed; valid until the next call.
 */
struct event *timeline_add(struct timeline *tl, enum event_kind kind, enum event_source source,
			   int boot, int64_t t_ns, json_t *data)
{
	struct event *event;

	if (tl->n == tl->cap) {
		tl->cap = tl->cap ? 2 * tl->cap : 256;
		tl->events = xrealloc(tl->events, tl->cap * sizeof(*tl->events));
	}
	event = &tl->events[tl->n];
	memset(event, 0, sizeof(*event));
	event->kind = kind;
	event->source = source;
	event->boot = boot;
	event->t_ns = t_ns;
	event->data = data ? data : json_object();
	event->seq = tl->n++;
	return event;
}

/**
 * event_text() - say what happened in a line for people
 * @event: gets the text; an earlier one is replaced
 * @fmt: and what follows: as printf()
 */
void event_text(struct event *event, const char *fmt, ...)
{
	va_list ap;

	free(event->text);
	va_start(ap, fmt);
	event->text = xvasprintf(fmt, ap);
	va_end(ap);
}

/**
 * timeline_broken() - this evidence can't be judged
 * @tl: marked; the first reason stays
 * @fmt: and what follows: why, as printf()
 */
void timeline_broken(struct timeline *tl, const char *fmt, ...)
{
	va_list ap;

	if (tl->broken[0])
		return;
	va_start(ap, fmt);
	vsnprintf(tl->broken, sizeof(tl->broken), fmt, ap);
	va_end(ap);
}

/*
 * Before the first stamp of its source in that boot, an untimed event sorts
 * first: nothing earlier is known of it.
 */
static void set_orders(struct timeline *tl)
{
	int64_t last[SOURCE_NR];
	int boot[SOURCE_NR] = { 0 };

	for (size_t i = 0; i < tl->n; i++) {
		struct event *event = &tl->events[i];

		if (boot[event->source] != event->boot) {
			boot[event->source] = event->boot;
			last[event->source] = INT64_MIN;
		}
		if (event->t_ns != TIME_UNKNOWN)
			last[event->source] = event->t_ns;
		event->order = last[event->source];
	}
}

static int compare_events(const void *one, const void *other)
{
	const struct event *a = one;
	const struct event *b = other;

	if (a->boot != b->boot)
		return a->boot < b->boot ? -1 : 1;
	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	return a->seq < b->seq ? -1 : a->seq > b->seq;
}

/**
 * timeline_sort() - merge the sources into one order
 * @tl: each source's events were added in the order in which it gave them
 *
 * By boot, then by virtual time; an event without a time stays behind what its
 * own source said last.
 */
void timeline_sort(struct timeline *tl)
{
	set_orders(tl);
	if (tl->n)
		qsort(tl->events, tl->n, sizeof(*tl->events), compare_events);
}

/**
 * timeline_free() - give back all that a timeline holds
 * @tl: empty afterwards
 */
void timeline_free(struct timeline *tl)
{
	for (size_t i = 0; i < tl->n; i++) {
		json_decref(tl->events[i].data);
		free(tl->events[i].text);
	}
	free(tl->events);
	memset(tl, 0, sizeof(*tl));
}

/**
 * timeline_first() - the first event of a kind
 * @tl: sorted
 * @kind: wanted
 * @boot: in this boot; 0 in any
 *
 * Return: the event, NULL when there is none.
 */
const struct event *timeline_first(const struct timeline *tl, enum event_kind kind, int boot)
{
	for (size_t i = 0; i < tl->n; i++)
		if (tl->events[i].kind == kind && (!boot || tl->events[i].boot == boot))
			return &tl->events[i];
	return NULL;
}

/**
 * timeline_write() - timeline.jsonl: an object a line
 * @tl: sorted
 * @out: to this stream
 *
 * Return: 0, -1 when a write failed.
 */
int timeline_write(const struct timeline *tl, FILE *out)
{
	for (size_t i = 0; i < tl->n; i++) {
		const struct event *event = &tl->events[i];
		json_t *line = json_pack("{s:i s:s s:s s:O}", "boot", event->boot,
					 "source", event_source_name(event->source),
					 "kind", event_kind_name(event->kind),
					 "data", event->data);

		if (!line)
			return -1;
		if (event->t_ns != TIME_UNKNOWN)
			json_object_set_new(line, "t_ns", json_integer(event->t_ns));
		if (event->upper_bound)
			json_object_set_new(line, "upper_bound", json_true());
		if (event->estimated)
			json_object_set_new(line, "estimated", json_true());
		if (event->text)
			json_object_set_new(line, "text", json_text(event->text));
		json_dumpf(line, out, JSON_COMPACT);
		fputc('\n', out);
		json_decref(line);
	}
	return ferror(out) ? -1 : 0;
}
