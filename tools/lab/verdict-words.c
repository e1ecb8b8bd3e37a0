// SPDX-License-Identifier: GPL-2.0
/* A verdict in words and as JSON. */
#include "util.h"
#include "verdict.h"

static const char * const when_names[VERDICT_NR] = {
	[VERDICT_ERROR] = "error",
	[VERDICT_UNARMED] = "unarmed",
	[VERDICT_BEFORE_FAULT] = "before-fault",
	[VERDICT_IN_FAULT] = "in-fault",
	[VERDICT_AT_THAW] = "at-thaw",
	[VERDICT_AFTER_THAW] = "after-thaw",
	[VERDICT_NEVER] = "never",
};

static const char * const effect_names[EFFECT_NR] = {
	[EFFECT_NONE] = "none",
	[EFFECT_RESET] = "reset",
	[EFFECT_OFF] = "off",
	[EFFECT_PAUSED] = "paused",
	[EFFECT_PANICKED] = "panicked",
};

static const char * const protected_names[PROTECTED_NR] = {
	[PROTECTED_NA] = "n/a",
	[PROTECTED_NO] = "no",
	[PROTECTED_BY_LUCK] = "by luck",
	[PROTECTED_YES] = "yes",
};

/**
 * verdict_when_name() - the word for it
 * @when: a verdict
 *
 * Return: a static string.
 */
const char *verdict_when_name(enum verdict_when when)
{
	return when_names[when];
}

/**
 * verdict_effect_name() - the word for it
 * @effect: of firing
 *
 * Return: a static string.
 */
const char *verdict_effect_name(enum verdict_effect effect)
{
	return effect_names[effect];
}

/**
 * verdict_protected_name() - the word for it
 * @protected: was the machine gone in time?
 *
 * Return: a static string.
 */
const char *verdict_protected_name(enum verdict_protected protected)
{
	return protected_names[protected];
}

static json_t *ms_or_null(int64_t ns)
{
	return ns < 0 ? json_null() : json_real((double)ns / NSEC_PER_MSEC);
}

/**
 * verdict_to_json() - the "observed" object of a result
 * @v: from verdict()
 *
 * Return: a new object; times in ms of virtual time, null where there is none.
 */
json_t *verdict_to_json(const struct verdict *v)
{
	json_t *json = json_pack("{s:s s:s s:s s:s s:o s:i s:b s:b s:b s:b s:o}",
				 "verdict", verdict_when_name(v->when),
				 "effect", verdict_effect_name(v->effect),
				 "protected", verdict_protected_name(v->protected),
				 "by", v->by, "action", json_text(v->action),
				 "zombie_writes", (int)v->zombie_writes,
				 "fire_is_upper_bound", v->fire_is_upper_bound,
				 "fire_is_estimate", v->fire_is_estimate,
				 "came_back", v->came_back,
				 "boot_ids_differ", v->boot_ids_differ,
				 "reason", json_text(v->reason));

	json_object_set_new(json, "keepalive_to_fire_ms", ms_or_null(v->keepalive_to_fire_ns));
	json_object_set_new(json, "fault_to_fire_ms", ms_or_null(v->fault_to_fire_ns));
	json_object_set_new(json, "fire_span_ms", ms_or_null(v->fire_span_ns));
	json_object_set_new(json, "zombie_ms", ms_or_null(v->zombie_ns));
	if (!v->return_watched) {
		json_object_set_new(json, "came_back", json_null());
		json_object_set_new(json, "boot_ids_differ", json_null());
	}
	json_object_set_new(json, "bootstatus",
			    v->bootstatus < 0 ? json_null() : json_integer(v->bootstatus));
	return json;
}
