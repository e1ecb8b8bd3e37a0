// SPDX-License-Identifier: GPL-2.0
/* Of a drill's verdict, what becomes of the new leader where it is frozen as well. */
#include <stdio.h>
#include <string.h>

#include "drill-verdict-fence.h"
#include "drill-verdict-next.h"

/* Demoted, or another is in the key */
static bool leads_no_more(const struct drill_timeline *tl, int leader, double from, double until)
{
	for (size_t i = 0; i < tl->n; i++) {
		const struct moment *m = &tl->moments[i];

		if (m->t <= from || m->t >= until)
			continue;
		if ((m->kind == MOMENT_DEMOTED && m->node == leader) ||
		    (m->kind == MOMENT_KEY && m->value >= 0 && m->value != leader))
			return true;
	}
	return false;
}

/**
 * next_find() - was the new leader frozen, and how did that end?
 * @next: filled in
 * @tl: in order
 * @drill: as asked
 * @leader: who leads in the first one's place, -1 nobody
 * @promoted: since when
 */
void next_find(struct next_freeze *next, const struct drill_timeline *tl,
	       const struct drill *drill, int leader, double promoted)
{
	const struct moment *frozen, *thaw, *reset, *off;

	*next = (struct next_freeze) { .node = leader };
	frozen = leader > 0 ? drill_find(tl, MOMENT_FREEZE, leader, promoted) : NULL;
	if (!frozen)
		return;
	next->frozen = frozen->t;
	thaw = drill_find(tl, MOMENT_THAW, leader, frozen->t);
	reset = drill_find(tl, MOMENT_RESET, leader, frozen->t);
	off = drill_find(tl, MOMENT_OFF, leader, frozen->t);
	if (!reset || (off && off->t < reset->t))
		reset = off;
	next->reset = reset ? reset->t : 0;
	/* What is reset in the freeze does not thaw: it boots */
	if (thaw && (!reset || thaw->t < reset->t))
		next->thaw = thaw->t + ANNOUNCED_S;
	next->lost_lead = leads_no_more(tl, leader, promoted, frozen->t);
	snprintf(next->by, sizeof(next->by), "%s", next->thaw || !reset ? "" : reset == off ?
		 "fence" : verdict_who_reset(tl, drill, leader, frozen->t));
}

/**
 * next_fenced() - when was it reset or ended, as it should be: in its freeze?
 * @next: found
 *
 * Return: when, 0 where it went on.
 */
double next_fenced(const struct next_freeze *next)
{
	return next->thaw ? 0 : next->reset;
}

static double earliest(double a, double b)
{
	return b && b < a ? b : a;
}

/**
 * next_beside() - did it lead on beside the first, when it went on?
 * @next: found
 * @tl: in order
 * @begin: set to when that began
 * @end: of the drill; set to when that ended
 *
 * The first leads again if it acknowledges something. As a leader it knows of nothing: it
 * leads until it demotes itself, or is reset.
 *
 * Return: whether.
 */
bool next_beside(const struct next_freeze *next, const struct drill_timeline *tl, double *begin,
		 double *end)
{
	const struct moment *ack, *sign;

	if (!next->thaw)
		return false;
	ack = drill_find(tl, MOMENT_ACK, 0, next->thaw);
	sign = drill_find(tl, MOMENT_WORD, next->node, next->thaw - ANNOUNCED_S);
	if (!ack || !sign)
		return false;
	*begin = ack->t;
	*end = earliest(*end, verdict_end_of_lead(tl, 0, ack->t));
	*end = earliest(*end, verdict_end_of_lead(tl, next->node, next->thaw));
	*end = earliest(*end, next->reset);
	return sign->t < *end && *begin < *end;
}

/**
 * next_stood() - did this node stand still, as the new leader?
 * @next: found
 * @node: of this one
 * @t: at this time
 *
 * Return: whether.
 */
bool next_stood(const struct next_freeze *next, int node, double t)
{
	return next->frozen && node == next->node && t >= next->frozen &&
	       (!next->thaw || t <= next->thaw);
}

/**
 * next_slept() - for how long of a time its user space did not run
 * @next: found
 * @begin: of that time; set to the thaw where it stood already
 * @end: of that time
 *
 * Return: seconds after @begin.
 */
double next_slept(const struct next_freeze *next, double *begin, double end)
{
	double thaw = next->thaw && next->thaw < end ? next->thaw : end;

	if (!next->frozen || next->frozen >= end || thaw <= *begin)
		return 0;
	if (next->frozen > *begin)
		return thaw - next->frozen;
	*begin = thaw;
	return 0;
}

/**
 * next_words() - for the verdict's sentence
 * @next: found
 * @fault: when the first was frozen
 * @text: room for it
 * @len: of @text
 *
 * Return: @text, empty where it was not frozen.
 */
const char *next_words(const struct next_freeze *next, double fault, char *text, size_t len)
{
	char end[48] = "";

	*text = '\0';
	if (!next->frozen)
		return text;
	if (next_fenced(next))
		snprintf(end, sizeof(end), " and was %s by %s after %.1f s",
			 strcmp(next->by, "fence") ? "reset" : "ended", next->by,
			 next->reset - fault);
	snprintf(text, len, ", froze after %.1f s%s", next->frozen - fault, end);
	return text;
}
