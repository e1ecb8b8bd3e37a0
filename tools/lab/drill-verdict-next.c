// SPDX-License-Identifier: GPL-2.0
/* Of a drill's verdict, what becomes of the new leader where it is frozen as well. */
#include <stdio.h>
#include <string.h>

#include "drill-verdict-next.h"

/**
 * next_find() - was the new leader frozen, and how did that end?
 * @next: filled in
 * @tl: in order
 * @leader: who leads in the first one's place, -1 nobody
 * @promoted: since when
 */
void next_find(struct next_freeze *next, const struct drill_timeline *tl, int leader,
	       double promoted)
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
	if (next->reset)
		snprintf(end, sizeof(end), " and was reset or ended after %.1f s",
			 next->reset - fault);
	snprintf(text, len, ", froze after %.1f s%s", next->frozen - fault, end);
	return text;
}
