// SPDX-License-Identifier: GPL-2.0
/* Of a drill's verdict, what fencing is judged by: was it right, whom did it hit? */
#include <stdio.h>
#include <string.h>

#include "compiler.h"
#include "drill-verdict-fence.h"

/* QEMU does not say which device it was: only the one whose driver is loaded was armed */
static const char *device_of(const struct drill *drill)
{
	return drill->dog == DRILL_ITCO ? "itco" : "i6300esb";
}

/**
 * verdict_who_reset() - by what was seen of it
 * @tl: in order
 * @drill: as asked
 * @node: who was reset
 * @fault: when the fault began there
 *
 * Return: a static string, "" where it was not reset.
 */
const char *verdict_who_reset(const struct drill_timeline *tl, const struct drill *drill,
			      int node, double fault)
{
	const struct moment *reset = drill_find(tl, MOMENT_RESET, node, fault);

	/* It says that it acts before it does, but by another way */
	if (reset && reset->value)
		return drill_find(tl, MOMENT_WATCH, node, fault) ? "pug-watch" : "unknown";
	for (size_t i = 0; i < tl->n; i++) {
		const struct moment *m = &tl->moments[i];

		if (m->node != node || m->t < fault)
			continue;
		if (m->kind == MOMENT_WATCHDOG)
			return device_of(drill);
		if (m->kind == MOMENT_SOFTDOG)
			return "softdog";
		if (m->kind == MOMENT_SYSRQ)
			return drill->fence == DRILL_FENCE_SBD ? "sbd" : "unknown";
	}
	return reset ? "unknown" : "";
}

/**
 * judge_firing() - who ended or reset the old leader first
 * @v: gets it
 * @tl: in order
 * @drill: as asked
 * @fault: when it began
 * @reset: when it was reset, 0 never
 * @off: when its QEMU ended, 0 never
 */
void judge_firing(struct drill_verdict *v, const struct drill_timeline *tl,
		  const struct drill *drill, double fault, double reset, double off)
{
	const char *by = verdict_who_reset(tl, drill, 0, fault);

	if (off && (!reset || off < reset))
		by = drill_find(tl, MOMENT_KILL, 0, fault) ? "fence" : "unknown";
	snprintf(v->by, sizeof(v->by), "%s", by);
}

/**
 * judge_promotion() - what the old leader was when another was promoted
 * @v: gets it
 * @tl: in order
 * @fault: when it began
 * @promoted: when, 0 for nobody
 *
 * Only what keeps it from taking writes makes it gone: that it is frozen, or does not
 * answer, does not.
 */
void judge_promotion(struct drill_verdict *v, const struct drill_timeline *tl, double fault,
		     double promoted)
{
	static const struct {
		enum moment_kind kind;
		enum drill_right right;
		const char *word;
	} rows[] = {
		{ MOMENT_OFF, RIGHT_YES, "off" }, { MOMENT_RESET, RIGHT_YES, "reset" },
		{ MOMENT_PG_DOWN, RIGHT_YES, "PostgreSQL stopped" },
		{ MOMENT_PG_STANDBY, RIGHT_YES, "in recovery" },
		{ MOMENT_PG_PRIMARY, RIGHT_NO, "a primary" },
	};

	if (!promoted)
		return;
	v->right = RIGHT_NO;
	strcpy(v->at_promotion, "not gone");
	for (size_t i = 0; i < tl->n && tl->moments[i].t <= promoted; i++) {
		const struct moment *m = &tl->moments[i];

		for (size_t k = 0; k < ARRAY_SIZE(rows) && m->t >= fault; k++) {
			if (m->node || rows[k].kind != m->kind)
				continue;
			v->right = rows[k].right;
			strcpy(v->at_promotion, rows[k].word);
		}
	}
}

/*
 * Any but the leader is healthy, and so are leaders before and after the fault, or despite
 * it. One that was reset in it is none any more: it boots, and whoever asks hears nothing
 */
static bool was_healthy(const struct moment *kill, const struct drill *drill, double begin,
			double thaw, const struct next_freeze *next)
{
	const struct drill_fault_kind *fault = &drill_faults[drill->fault];

	if (next_stood(next, kill->node, kill->t))
		return false;
	if (kill->node || fault->harmless || kill->t < begin)
		return true;
	return fault->thaw != THAW_NEVER_FROZEN && thaw && kill->t > thaw;
}

/**
 * count_stopped() - whose VM was ended or reset from outside, and was it healthy?
 * @v: gets it
 * @tl: in order
 * @drill: as asked
 * @fault: when it began
 * @thaw: when the old leader went on, 0 never
 * @next: of the new leader
 */
void count_stopped(struct drill_verdict *v, const struct drill_timeline *tl,
		   const struct drill *drill, double fault, double thaw,
		   const struct next_freeze *next)
{
	unsigned int seen = 0;

	for (size_t i = 0; i < tl->n; i++) {
		const struct moment *m = &tl->moments[i];

		if (m->kind != MOMENT_KILL && m->kind != MOMENT_WATCH)
			continue;
		if (m->node < 0 || seen & 1u << m->node)
			continue;
		seen |= 1u << m->node;
		verdict_add_word(v->stopped, sizeof(v->stopped), drill_node_name(m->node));
		v->healthy_stopped += was_healthy(m, drill, fault, thaw, next);
	}
}

/**
 * verdict_stopped() - whose VM was ended
 * @v: judged
 *
 * Return: a new array of names.
 */
json_t *verdict_stopped(const struct drill_verdict *v)
{
	json_t *list = json_array();

	for (int i = 0; i < DRILL_DATABASES; i++)
		if (strstr(v->stopped, drill_node_name(i)))
			json_array_append_new(list, json_string(drill_node_name(i)));
	return list;
}
