// SPDX-License-Identifier: GPL-2.0
/* Whether a cluster is well, by what its nodes said just now: a pure function of that. */
#include <string.h>

#include "drill-seen.h"
#include "drill-timeline.h"
#include "util.h"

#define STALE_S 4
/* The leader at first, who may follow it, and who may not */
enum { FIRST, SECOND, THIRD };

/**
 * seen_answer() - a node has answered
 * @lines: of its poll
 * @text: {"body":{...}} or {"error":"..."}
 * @data: its struct seen
 */
void seen_answer(struct lines *lines, const char *text, void *data)
{
	struct seen *seen = data;
	json_t *answer = json_loads(text, 0, NULL), *body = json_object_get(answer, "body");
	const char *role = "", *state = "";

	(void)lines;
	if (json_is_object(body)) {
		seen->at_s = now_s();
		seen->timeline = 0;
		json_unpack(body, "{s:s s:s}", "role", &role, "state", &state);
		json_unpack(body, "{s:I}", "timeline", &seen->timeline);
		seen->primary = !strcmp(role, "master") || !strcmp(role, "primary");
		seen->running = !strcmp(state, "running");
	}
	json_decref(answer);
}

static bool is_fresh(const struct seen *seen)
{
	return seen->at_s && now_s() - seen->at_s <= STALE_S;
}

/**
 * seen_well() - does one lead, and do the others follow?
 * @seen: of the nodes
 * @from: the first of those that count
 * @to: the last, and one
 *
 * Return: whether one leads, the others follow on its timeline, and all said so just
 * now. One whose VM was ended stays so.
 */
bool seen_well(const struct seen *seen, int from, int to)
{
	const struct seen *first = NULL;
	int primaries = 0, others = 0;

	for (int i = from; i < to; i++) {
		if (seen[i].off)
			continue;
		if (!first)
			first = &seen[i];
		if (!seen[i].running || !is_fresh(&seen[i]) ||
		    seen[i].timeline != first->timeline)
			return false;
		primaries += seen[i].primary;
		others += !seen[i].primary;
	}
	return primaries == 1 && others;
}

/**
 * seen_promoted() - who leads in the first one's place, or beside it?
 * @seen: of the nodes
 *
 * Return: its place, 0 for nobody.
 */
int seen_promoted(const struct seen *seen)
{
	for (int i = SECOND; i < DRILL_DATABASES; i++)
		if (seen[i].primary && is_fresh(&seen[i]))
			return i;
	return FIRST;
}

/**
 * seen_calm() - is it as well as it will become?
 * @seen: of the nodes, after a fault
 * @drill: who manages them
 *
 * Return: whether.
 */
bool seen_calm(const struct seen *seen, const struct drill *drill)
{
	bool two = !seen[FIRST].off && !seen[SECOND].off;

	/* Nothing of repmgr makes an old leader follow: the others are the cluster */
	if (drill->manager == DRILL_REPMGR && seen_promoted(seen) != FIRST)
		return seen_well(seen, SECOND, DRILL_DATABASES);
	/* The third may stay behind on a timeline of its own, as in the talk */
	return seen_well(seen, FIRST, two ? THIRD : DRILL_DATABASES);
}
