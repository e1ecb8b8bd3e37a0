// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's own word: the agent's lines, the canaries' writes, and what the
 * lab wrote down about itself. Each is one JSON object a line.
 */
#include <string.h>

#include "evidence.h"
#include "evidence-limit.h"
#include "util.h"

struct kind_row {
	const char *event;
	enum event_kind kind;
};

static const struct kind_row agent_kinds[] = {
	{ "boot", EVENT_BOOT },
	{ "bootstatus", EVENT_BOOTSTATUS },
	{ "armed", EVENT_ARMED },
	{ "keepalive", EVENT_KEEPALIVE },
	{ "disarmed", EVENT_DISARMED },
	{ "freeze", EVENT_FREEZE_ASKED },
	{ "outside", EVENT_FREEZE_ASKED },
	{ "thawed", EVENT_THAWED },
	/* Faults that /init does itself begin and end here */
	{ "fault", EVENT_FREEZE },
	{ "fault-over", EVENT_THAW },
	{ "felt", EVENT_FELT },
	{ "done", EVENT_DONE },
	{ "error", EVENT_AGENT_ERROR },
	{ NULL, EVENT_OTHER },
};

static const struct kind_row watch_kinds[] = {
	{ "watching", EVENT_WATCH_BEGINS },
	{ "acts", EVENT_WATCH_ACTS },
	{ NULL, EVENT_OTHER },
};

static const struct kind_row lab_kinds[] = {
	{ "start", EVENT_LAB_START },
	{ "error", EVENT_LAB_ERROR },
	{ "end", EVENT_LAB_END },
	{ "watched", EVENT_WATCHED },
	/* Faults from outside: the lab has seen that it was so before it says so */
	{ "fault", EVENT_FREEZE },
	{ "fault-over", EVENT_THAW },
	{ "travel", EVENT_TRAVEL },
	/* -action watchdog=poweroff: QEMU exits at once, its clock with it */
	{ "qemu-off", EVENT_POWEROFF },
	{ NULL, EVENT_OTHER },
};

static enum event_kind kind_of(const struct kind_row *rows, const char *event)
{
	while (rows->event && strcmp(rows->event, event))
		rows++;
	return rows->kind;
}

static int64_t ticks_ns(json_t *line, const char *key)
{
	json_t *ticks = json_object_get(line, key);

	if (!json_is_integer(ticks) || json_integer_value(ticks) < 0 ||
	    json_integer_value(ticks) > HPET_TICKS_MAX)
		return TIME_UNKNOWN;
	return json_integer_value(ticks) * HPET_NS_PER_TICK;
}

static int64_t hpet_ns(json_t *line)
{
	return ticks_ns(line, "hpet");
}

/* What a machine does that went back to a snapshot comes later than what it had done */
static int64_t lived_ns(const struct timeline *tl, json_t *line, int64_t before)
{
	int64_t t = hpet_ns(line);

	if (t == TIME_UNKNOWN || tl->read <= before)
		return t;
	return t + (tl->travel.from_ns - tl->travel.to_ns);
}

static const char *event_of(struct timeline *tl, json_t *line, const char *file)
{
	const char *event = json_string_value(json_object_get(line, "event"));

	if (!event)
		timeline_broken(tl, "%s has a line without an event", file);
	return event;
}

/* What is worth reading of a line, but for its name and stamp */
static void describe(struct event *event, const char *name, json_t *line)
{
	json_t *rest = json_copy(line);
	char *text;

	json_object_del(rest, "event");
	json_object_del(rest, "hpet");
	json_object_del(rest, "hpet_done");
	json_object_del(rest, "hpet_period_fs");
	json_object_del(rest, "host_s");
	text = json_dumps(rest, JSON_COMPACT | JSON_ENCODE_ANY);
	event_text(event, "%s%s%s", name, json_object_size(rest) ? " " : "",
		   json_object_size(rest) && text ? text : "");
	free(text);
	json_decref(rest);
}

static void check_period(struct timeline *tl, json_t *line)
{
	json_t *period = json_object_get(line, "hpet_period_fs");

	if (period && json_integer_value(period) != HPET_PERIOD_FS)
		timeline_broken(tl, "the guest's HPET does not tick at 10 ns: no ruler");
}

static void agent_line(struct timeline *tl, json_t *line, void *state)
{
	const char *name = event_of(tl, line, EVIDENCE_AGENT);
	struct event *event;
	enum event_kind kind;
	int *boot = state;

	if (!name || evidence_is_too_much(tl))
		return;
	kind = kind_of(agent_kinds, name);
	if (kind == EVENT_BOOT) {
		*boot = json_integer_value(json_object_get(line, "n"));
		check_period(tl, line);
	}
	/* It may have given up before it could say that it had booted */
	if (kind == EVENT_AGENT_ERROR && !*boot)
		*boot = 1;
	if (*boot < 1 || *boot > 1000) {
		timeline_broken(tl, "%s has a line outside any boot", EVIDENCE_AGENT);
		return;
	}
	event = timeline_add(tl, kind, SOURCE_AGENT, *boot, lived_ns(tl, line, tl->travel.agent),
			     json_incref(line));
	describe(event, name, line);
}

/**
 * evidence_agent() - what the guest's agent said
 * @tl: gets its events
 * @in: agent.jsonl
 */
void evidence_agent(struct timeline *tl, FILE *in)
{
	int boot = 0;

	evidence_json_lines(tl, in, EVIDENCE_AGENT, agent_line, &boot);
}

/* The first that is written after it shows it */
static void check_travel(struct timeline *tl, json_t *line, bool *travelled)
{
	if (*travelled || !tl->travel.from_ns || tl->read <= tl->travel.canary)
		return;
	*travelled = true;
	if (hpet_ns(line) >= tl->travel.from_ns)
		timeline_broken(tl, "the machine was to go back to a snapshot, and its canaries did not");
}

static void canary_line(struct timeline *tl, json_t *line, void *state)
{
	if (evidence_is_too_much(tl))
		return;
	if (hpet_ns(line) == TIME_UNKNOWN) {
		timeline_broken(tl, "%s has a line without a stamp", EVIDENCE_CANARY);
		return;
	}
	check_travel(tl, line, state);
	/* Canaries sing in the boot under test only */
	timeline_add(tl, EVENT_CANARY, SOURCE_CANARY, 1, lived_ns(tl, line, tl->travel.canary),
		     json_incref(line));
}

/**
 * evidence_canary() - what user space sent out of the VM
 * @tl: gets an event for each write that arrived
 * @in: canary.jsonl
 */
void evidence_canary(struct timeline *tl, FILE *in)
{
	bool travelled = false;

	evidence_json_lines(tl, in, EVIDENCE_CANARY, canary_line, &travelled);
	if (tl->travel.canary > tl->read)
		timeline_broken(tl, "%s ends before the travel", EVIDENCE_CANARY);
}

/* What pug watch told, but for its times, which are the host's */
static void watch_line(struct timeline *tl, json_t *line, void *state)
{
	const char *name = event_of(tl, line, EVIDENCE_WATCH);
	const char *why = json_string_value(json_object_get(line, "why"));
	struct event *event;

	(void)state;
	if (!name || evidence_is_too_much(tl))
		return;
	event = timeline_add(tl, kind_of(watch_kinds, name), SOURCE_LAB, 1, TIME_UNKNOWN,
			     json_incref(line));
	event_text(event, "pug watch: %s: %s", name, why ? why : "");
}

/**
 * evidence_watch() - what a watchdog beside the VM said
 * @tl: gets its events, which have an order only
 * @in: watch.jsonl
 */
void evidence_watch(struct timeline *tl, FILE *in)
{
	evidence_json_lines(tl, in, EVIDENCE_WATCH, watch_line, NULL);
}

/* Read before all that it is needed for */
static void note_travel(struct timeline *tl, json_t *line)
{
	struct travel travel = { ticks_ns(line, "from"), ticks_ns(line, "hpet"), 0, 0 };
	json_int_t agent, canary;

	if (json_unpack(line, "{s:I s:I}", EVIDENCE_AGENT, &agent, EVIDENCE_CANARY, &canary) ||
	    agent < 0 || canary < 0 || travel.to_ns == TIME_UNKNOWN ||
	    travel.from_ns <= travel.to_ns || tl->travel.from_ns) {
		timeline_broken(tl, "%s has a travel that is none", EVIDENCE_LAB);
		return;
	}
	travel.agent = agent;
	travel.canary = canary;
	tl->travel = travel;
}

/* By which field those are dated that have a place in the guest's first boot */
static const char *stamp_of(enum event_kind kind)
{
	if (kind == EVENT_TRAVEL)
		return "from";
	return kind == EVENT_WATCHED || kind == EVENT_FREEZE || kind == EVENT_THAW ? "hpet" : NULL;
}

static void lab_line(struct timeline *tl, json_t *line, void *state)
{
	const char *name = event_of(tl, line, EVIDENCE_LAB);
	struct event *event;
	enum event_kind kind;
	const char *stamp;

	(void)state;
	if (!name)
		return;
	kind = kind_of(lab_kinds, name);
	stamp = stamp_of(kind);
	if (kind == EVENT_TRAVEL)
		note_travel(tl, line);
	event = timeline_add(tl, kind, SOURCE_LAB, stamp || kind == EVENT_POWEROFF,
			     stamp ? ticks_ns(line, stamp) : TIME_UNKNOWN, json_incref(line));
	describe(event, name, line);
}

/**
 * evidence_lab() - what the lab did and what went wrong
 * @tl: gets its events, in boot 0: they have no place in the guest's time
 * @in: lab.jsonl
 */
void evidence_lab(struct timeline *tl, FILE *in)
{
	evidence_json_lines(tl, in, EVIDENCE_LAB, lab_line, NULL);
}
