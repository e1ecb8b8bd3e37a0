// SPDX-License-Identifier: GPL-2.0
/*
 * Results as their schema has them (Documentation/schema), from whoever wrote
 * them. What is kept is what the tables below name, so that nothing else can
 * come into a report; what faults and watchdogs are called is the data's affair.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report-model.h"
#include "util.h"

/* Longest text: verdicts have reasons of 511 bytes at most */
#define TEXT_MAX 2048
/* In ms that is 30 years */
#define NUMBER_MAX 1e12

enum field_flags {
	TEXT = 1,
	WHOLE = 2,
	NUMBER = 4,
	TRUTH = 8,
	LIST = 16,		/* of texts */
	NONE = 32,		/* or null */
	OPTIONAL = 64,
};

/**
 * struct field - one member of a result
 * @group: the object in the result that it is in, NULL for the result itself
 * @name: of it
 * @flags: what it may be
 */
struct field {
	const char *group;
	const char *name;
	unsigned int flags;
};

static const struct field cell_fields[] = {
	{ NULL, "id", TEXT }, { NULL, "fault", TEXT }, { NULL, "watchdog", TEXT },
	{ NULL, "clock", TEXT }, { NULL, "machine", TEXT }, { NULL, "kernel", TEXT },
	{ NULL, "action", TEXT | NONE },
	{ NULL, "msecs", WHOLE }, { NULL, "timeout_ms", WHOLE }, { NULL, "interval_ms", WHOLE },
	{ NULL, "phase_ms", WHOLE | OPTIONAL }, { NULL, "dog_cpu", WHOLE | NONE | OPTIONAL },
	{ NULL, "settle_ms", WHOLE }, { NULL, "cpus", WHOLE },
	{ NULL, "see_return", TRUTH | OPTIONAL }, { NULL, "not_run", TEXT | OPTIONAL },
	{ NULL, "as_expected", TRUTH | NONE }, { NULL, "wall_s", NUMBER },
	{ NULL, "virtual_s", NUMBER }, { NULL, "frozen_s", NUMBER | OPTIONAL },
	{ "expected", "verdict", TEXT }, { "expected", "effect", TEXT },
	{ "expected", "by", TEXT }, { "expected", "reason", TEXT },
	{ "expected", "or_verdict", TEXT | OPTIONAL },
	{ "observed", "verdict", TEXT }, { "observed", "effect", TEXT },
	{ "observed", "protected", TEXT }, { "observed", "by", TEXT },
	{ "observed", "action", TEXT }, { "observed", "reason", TEXT },
	{ "observed", "keepalive_to_fire_ms", NUMBER | NONE },
	{ "observed", "fault_to_fire_ms", NUMBER | NONE },
	{ "observed", "fire_span_ms", NUMBER | NONE | OPTIONAL },
	{ "observed", "zombie_ms", NUMBER | NONE }, { "observed", "zombie_writes", WHOLE },
	{ "observed", "fire_is_upper_bound", TRUTH }, { "observed", "fire_is_estimate", TRUTH },
	{ "observed", "came_back", TRUTH | NONE }, { "observed", "boot_ids_differ", TRUTH | NONE },
	{ "observed", "bootstatus", WHOLE | NONE },
	{ NULL, NULL, 0 },
};

static const struct field drill_fields[] = {
	{ NULL, "drill", TEXT }, { NULL, "fault", TEXT }, { NULL, "watchdog", TEXT },
	{ NULL, "mode", TEXT }, { NULL, "sync", TEXT }, { NULL, "clock", TEXT },
	{ NULL, "unit", TEXT | OPTIONAL }, { NULL, "freeze_ms", WHOLE }, { NULL, "ttl_s", WHOLE },
	{ NULL, "loop_wait_s", WHOLE }, { NULL, "retry_timeout_s", WHOLE }, { NULL, "cpus", WHOLE },
	{ NULL, "as_expected", TRUTH }, { NULL, "wall_s", NUMBER },
	{ "expected", "verdict", TEXT }, { "expected", "or", LIST },
	{ "expected", "fired_by", TEXT | NONE }, { "expected", "reason", TEXT },
	{ "observed", "verdict", TEXT }, { "observed", "sentence", TEXT },
	{ "observed", "fired_by", TEXT | NONE }, { "observed", "fenced_after_ms", WHOLE | NONE },
	{ "observed", "new_leader_after_ms", WHOLE | NONE },
	{ "observed", "new_leader_frozen_after_ms", WHOLE | NONE | OPTIONAL },
	{ "observed", "new_leader_fenced_after_ms", WHOLE | NONE | OPTIONAL },
	{ "observed", "new_leader_fired_by", TEXT | NONE | OPTIONAL },
	{ "observed", "first_ack_after_ms", WHOLE | NONE },
	{ "observed", "two_leaders_ms", WHOLE | NONE },
	{ "observed", "two_leaders_from_ms", WHOLE | NONE | OPTIONAL },
	{ "observed", "outage_ms", WHOLE | NONE }, { "observed", "old_leader", TEXT },
	{ "observed", "acked_rows", WHOLE | NONE }, { "observed", "lost_rows", WHOLE | NONE },
	{ "observed", "phantom_rows", WHOLE | NONE },
	{ "observed", "duplicate_rows", WHOLE | NONE },
	{ "observed", "differing_rows", WHOLE | NONE }, { "observed", "timelines", TEXT },
	{ "observed", "reason", TEXT },
	{ NULL, NULL, 0 },
};

static const struct field run_fields[] = {
	{ NULL, "version", WHOLE }, { NULL, "interrupted", TRUTH }, { NULL, "virtual_s", NUMBER },
	{ NULL, "wall_s", NUMBER }, { NULL, "accel", TEXT }, { NULL, "time", TEXT },
	{ NULL, "qemu", TEXT }, { NULL, "jobs", WHOLE },
	{ NULL, NULL, 0 },
};

static bool is_texts(const json_t *json)
{
	for (size_t i = 0; i < json_array_size(json); i++)
		if (json_string_length(json_array_get(json, i)) > TEXT_MAX ||
		    !json_is_string(json_array_get(json, i)))
			return false;
	return json_is_array(json) && json_array_size(json) < 16;
}

static bool is_fine(const json_t *value, unsigned int flags)
{
	if (flags & TEXT && json_is_string(value))
		return json_string_length(value) <= TEXT_MAX;
	if (flags & (WHOLE | NUMBER) && json_is_integer(value))
		return fabs(json_number_value(value)) < NUMBER_MAX;
	if (flags & NUMBER && json_is_real(value))
		return fabs(json_real_value(value)) < NUMBER_MAX;
	return (flags & TRUTH && json_is_boolean(value)) ||
	       (flags & NONE && json_is_null(value)) || (flags & LIST && is_texts(value));
}

/* Where there is nothing to take it from, and nothing is wrong with that */
static bool may_lack(const struct field *f, json_t *json, const json_t *from)
{
	if (!from && f->group && !strcmp(f->group, "observed"))
		return json_object_get(json, "not_run") &&
		       json_is_null(json_object_get(json, "observed"));
	return from && f->flags & OPTIONAL;
}

static json_t *group_of(json_t *to, const char *name)
{
	json_t *group = json_object_get(to, name);

	if (group)
		return group;
	json_object_set_new(to, name, json_object());
	return json_object_get(to, name);
}

static int take(json_t *to, json_t *json, const struct field *f, char *why, size_t len)
{
	json_t *from = f->group ? json_object_get(json, f->group) : json, *value;

	if (!json_is_object(from))
		from = NULL;
	value = json_object_get(from, f->name);
	if (!value && may_lack(f, json, from))
		return 0;
	if (!value || !is_fine(value, f->flags)) {
		snprintf(why, len, "'%s%s%s' %s", f->group ? f->group : "", f->group ? "." : "",
			 f->name, value ? "is not what it should be" : "is missing");
		return -1;
	}
	json_object_set(f->group ? group_of(to, f->group) : to, f->name, value);
	return 0;
}

static json_t *check(json_t *json, const struct field *fields, char *why, size_t len)
{
	json_t *to = json_object();

	for (const struct field *f = fields; f->name; f++) {
		if (!take(to, json, f, why, len))
			continue;
		json_decref(to);
		return NULL;
	}
	return to;
}

/**
 * report_check_cell() - is this a cell's result?
 * @json: from anywhere
 * @why: if not, what is wrong with it
 * @len: size of @why
 *
 * Return: a new object with what a report may show, or NULL.
 */
json_t *report_check_cell(json_t *json, char *why, size_t len)
{
	return check(json, cell_fields, why, len);
}

/**
 * report_check_drill() - is this a drill's result?
 * @json: from anywhere
 * @why: if not, what is wrong with it
 * @len: size of @why
 *
 * Return: a new object, or NULL.
 */
json_t *report_check_drill(json_t *json, char *why, size_t len)
{
	return check(json, drill_fields, why, len);
}

/**
 * report_check_run() - is this a run's file, of a version that is known?
 * @json: from anywhere
 * @why: if not, what is wrong with it
 * @len: size of @why
 *
 * Return: a new object, without the cells, or NULL.
 */
json_t *report_check_run(json_t *json, char *why, size_t len)
{
	json_t *about = check(json, run_fields, why, len);
	json_int_t version = json_integer_value(json_object_get(about, "version"));

	if (!about || version == REPORT_VERSION)
		return about;
	snprintf(why, len, "it is of version %lld; this program knows %d", (long long)version,
		 REPORT_VERSION);
	json_decref(about);
	return NULL;
}
