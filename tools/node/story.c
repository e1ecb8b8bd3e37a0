// SPDX-License-Identifier: GPL-2.0
/*
 * What the journal of a verify run tells: pure, from the text alone.
 */
#include <string.h>

#include "compiler.h"
#include "story.h"

static const char * const fault_names[] = {
	[FAULT_STOP_MACHINE] = "stop-machine",
	[FAULT_NO_KEEPALIVE] = "no-keepalive",
};

/**
 * fault_name() - a fault as it is typed
 * @fault: the fault
 *
 * Return: its name.
 */
const char *fault_name(enum fault fault)
{
	return fault_names[fault];
}

/**
 * fault_find() - a fault by its name
 * @name: the name
 * @fault: the result
 *
 * Return: true if there is such a fault.
 */
bool fault_find(const char *name, enum fault *fault)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fault_names); i++) {
		if (strcmp(fault_names[i], name))
			continue;
		*fault = i;
		return true;
	}
	return false;
}

static void read_plan(const struct record_view *view, struct story *story)
{
	char name[32];

	record_get_text(view, "machine", story->machine,
			sizeof(story->machine));
	record_get_text(view, "hostname", story->hostname,
			sizeof(story->hostname));
	record_get_text(view, "boot_id", story->boot_id,
			sizeof(story->boot_id));
	record_get_text(view, "device", story->device, sizeof(story->device));
	record_get_text(view, "identity", story->identity,
			sizeof(story->identity));
	record_get_text(view, "driver", story->driver, sizeof(story->driver));
	record_get_text(view, "fault", name, sizeof(name));
	/* a fault of a later version: nothing is known of what it means */
	if (!fault_find(name, &story->fault))
		story->state = STORY_DAMAGED;
	story->msecs = record_get(view, "msecs");
	story->turnaround_ms = record_get(view, "turnaround_ms");
	moment_get(view, &story->planned);
}

static void read_armed(const struct record_view *view, struct story *story)
{
	story->timeout_s = record_get(view, "timeout_taken");
}

static void read_fault(const struct record_view *view, struct story *story)
{
	moment_get(view, &story->at);
	story->keepalive_ms = record_get(view, "keepalive_ms");
	if (story->keepalive_ms < 0 ||
	    story->at.boottime_ms < story->keepalive_ms)
		story->state = STORY_DAMAGED;
	story->alive_ms = story->at.boottime_ms;
}

static void read_alive(const struct record_view *view, struct story *story)
{
	int64_t now = record_get(view, "boottime_ms");

	if (now > story->alive_ms)
		story->alive_ms = now;
}

static const struct {
	const char *event;
	enum story_phase phase;
	void (*read)(const struct record_view *view, struct story *story);
} events[] = {
	{ "planned", PHASE_PLANNED, read_plan },
	{ "armed", PHASE_ARMED, read_armed },
	{ "fault", PHASE_FAULT, read_fault },
	{ "alive", PHASE_NOTHING, read_alive },
	{ "over", PHASE_OVER, read_alive },
	{ "ended", PHASE_ENDED, read_alive },
	{ "failed", PHASE_FAILED, read_alive },
};

/* Phases come in order, each once; only "alive" may be anywhere. */
static void take(const struct record_view *view, struct story *story)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		if (!strcmp(events[i].event, view->event))
			break;
	}
	if (i == ARRAY_SIZE(events))
		return;
	if (events[i].phase != PHASE_NOTHING) {
		if (events[i].phase <= story->phase ||
		    (events[i].phase <= PHASE_OVER &&
		     events[i].phase != story->phase + 1))
			story->state = STORY_DAMAGED;
		if (events[i].phase > story->phase)
			story->phase = events[i].phase;
	}
	events[i].read(view, story);
}

static void mend(struct story *story, enum story_state state)
{
	if (state > story->state)
		story->state = state;
}

/**
 * story_read() - read a journal
 * @text: the file, whole
 * @len: its length
 * @story: what it tells
 *
 * Records count from 1: one that is missing is seen. What stands behind the
 * last good line is a record that was being written when the machine ended.
 */
void story_read(const char *text, size_t len, struct story *story)
{
	const char *end = text + len;
	const char *cursor = text;
	struct record_view view;
	enum record_found found;
	enum story_state tail = STORY_WHOLE;
	uint64_t n = 0;

	memset(story, 0, sizeof(*story));
	story->timeout_s = -1;
	story->msecs = -1;
	story->turnaround_ms = -1;
	story->keepalive_ms = -1;
	story->alive_ms = -1;
	story->planned = (struct moment){ -1, -1, -1 };
	story->at = story->planned;
	while ((found = record_next(&cursor, end, &view)) != RECORD_END) {
		if (found != RECORD_GOOD) {
			tail = STORY_TORN;
			continue;
		}
		/* good records behind a bad one */
		if (tail != STORY_WHOLE || view.n != ++n) {
			mend(story, STORY_DAMAGED);
			n = view.n;
		}
		tail = STORY_WHOLE;
		take(&view, story);
	}
	mend(story, tail);
	if (!len)
		story->state = STORY_NONE;
	else if (story->state == STORY_NONE)
		story->state = STORY_WHOLE;
	else if (story->state == STORY_TORN && !n)
		story->state = STORY_DAMAGED;
}
