// SPDX-License-Identifier: GPL-2.0
/* A checked result in words, the same in every format. */
#include <stdlib.h>
#include <string.h>

#include "report-model.h"
#include "util.h"

/**
 * report_text() - a text of a result
 * @json: checked
 * @group: object in it, NULL for itself
 * @name: of the member
 *
 * Return: the text, "" where there is none.
 */
const char *report_text(const json_t *json, const char *group, const char *name)
{
	const json_t *from = group ? json_object_get(json, group) : json;
	const char *text = json_string_value(json_object_get(from, name));

	return text ? text : "";
}

/**
 * report_number() - a number of a result
 * @json: checked
 * @group: object in it, NULL for itself
 * @name: of the member
 * @value: set to it
 *
 * Return: whether there is one.
 */
bool report_number(const json_t *json, const char *group, const char *name, double *value)
{
	const json_t *from = group ? json_object_get(json, group) : json;
	const json_t *number = json_object_get(from, name);

	*value = json_number_value(number);
	return json_is_number(number);
}

/**
 * report_outcome() - how a cell or drill came out, by what was expected
 * @cell: checked
 *
 * Return: "not run", "error", "as expected" or "surprise".
 */
const char *report_outcome(const json_t *cell)
{
	const char *verdict = report_text(cell, "observed", "verdict");

	if (!*verdict)
		return "not run";
	if (!strcasecmp(verdict, "error"))
		return "error";
	return json_is_true(json_object_get(cell, "as_expected")) ? "as expected" : "surprise";
}

/**
 * report_protected() - what a cell's colour and symbol go by
 * @cell: checked
 *
 * Return: as observed; "not run" or "error" where that says nothing.
 */
const char *report_protected(const json_t *cell)
{
	const char *outcome = report_outcome(cell);

	if (!strcmp(outcome, "not run") || !strcmp(outcome, "error"))
		return outcome;
	return report_text(cell, "observed", "protected");
}

/* What fired nothing has no effect worth a word */
static bool is_silent(const char *verdict)
{
	static const char * const words[] = { "", "never", "error", "unarmed" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i], verdict))
			return true;
	return false;
}

/**
 * report_seen() - a verdict with its effect
 * @cell: checked
 * @group: "observed" or "expected"
 *
 * Return: "in-fault, reset", to be freed.
 */
char *report_seen(const json_t *cell, const char *group)
{
	const char *verdict = report_text(cell, group, "verdict");
	const char *or = report_text(cell, group, "or_verdict");
	const char *effect = report_text(cell, group, "effect");

	if (!*verdict)
		return xstrdup("not run");
	if (is_silent(verdict) && !*or)
		return xstrdup(verdict);
	return xasprintf("%s%s%s, %s", verdict, *or ? "|" : "", or,
			 strcmp(effect, "none") ? effect : "no effect");
}

/**
 * report_watchdog() - the column of a cell: its watchdog as it was configured
 * @cell: checked
 *
 * An action that is not the watchdog's own stands behind its name in the id,
 * and nowhere else.
 *
 * Return: a new string.
 */
char *report_watchdog(const json_t *cell)
{
	const char *name = report_text(cell, NULL, "watchdog");
	const char *fault = report_text(cell, NULL, "fault");
	const char *id = report_text(cell, NULL, "id");
	size_t skip = strlen(fault), len;

	if (strncmp(id, fault, skip) || id[skip] != '.')
		return xstrdup(name);
	id += skip + 1;
	len = strcspn(id, ".");
	if (strncmp(id, name, strlen(name)) || len < strlen(name))
		return xstrdup(name);
	return xasprintf("%.*s", (int)len, id);
}

/**
 * report_fired() - how long after the last keepalive
 * @cell: checked
 *
 * Return: "30.20 s", with <= or ~ before a bound or an estimate, "" for never;
 * to be freed.
 */
char *report_fired(const json_t *cell)
{
	json_t *observed = json_object_get(cell, "observed");
	const char *sure = json_is_true(json_object_get(observed, "fire_is_upper_bound")) ? "<= " :
			   json_is_true(json_object_get(observed, "fire_is_estimate")) ? "~ " : "";
	double ms;

	if (!report_number(cell, "observed", "keepalive_to_fire_ms", &ms))
		return xstrdup("");
	return xasprintf("%s%.2f s", sure, ms / 1000);
}

/**
 * report_zombie() - how long the machine ran after the thaw, and what it did
 * @cell: checked
 *
 * Return: as in the table of pug matrix, "" where there was no such time; to be
 * freed.
 */
char *report_zombie(const json_t *cell)
{
	const char *protected = report_protected(cell);
	double ms, writes = 0;

	if (strcmp(protected, "yes") && strcmp(protected, "no") && strcmp(protected, "by luck"))
		return xstrdup("");
	report_number(cell, "observed", "zombie_writes", &writes);
	if (!report_number(cell, "observed", "zombie_ms", &ms))
		return xasprintf("no end, %.0f writes", writes);
	return xasprintf("%.3g ms, %.0f write%s", ms, writes, writes == 1 ? "" : "s");
}
