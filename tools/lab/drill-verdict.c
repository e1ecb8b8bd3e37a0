// SPDX-License-Identifier: GPL-2.0
/*
 * From a drill's timeline to its verdict: a pure function. All times are by the
 * host's clock, at the arrival of what was seen.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "drill-hang.h"
#include "drill-verdict.h"
#include "drill-verdict-fence.h"
#include "drill-verdict-next.h"
#include "util.h"

/* An answer that was on its way when the leader froze */
#define IN_FLIGHT_S 0.5
/* Seen: 0.3 s */
#define DEMOTING_S 2
/* Until a hog is on every CPU, and what was said before has arrived */
#define HOGGING_S 10
/* A hog ends when it has had its CPU time, which a busy host gives it early or late */
#define HOG_END_S 5

static const char * const names[DRILL_KINDS] = {
	[DRILL_ERROR] = "ERROR", [DRILL_LOST] = "LOST", [DRILL_SPLIT_BRAIN] = "SPLIT-BRAIN",
	[DRILL_FALSE_KILL] = "FALSE KILL",
	[DRILL_OUTAGE] = "OUTAGE", [DRILL_SAFE] = "SAFE",
};

/**
 * struct story - the moments that decide; 0 for what did not happen
 * @fault: it began
 * @thaw: the old leader's CPUs go on, with all that it was
 * @reset: the old leader was reset, after the fault began
 * @again: the old leader, reset, takes writes again beside the new one
 * @off: its QEMU ended
 * @leader: who was promoted, -1 nobody
 * @promoted: when
 * @old_gone: the old leader leads no more
 * @new_gone: the new one leads no more
 * @next: what was done to that one
 * @end: of the drill
 */
struct story {
	double fault;
	double thaw;
	double reset;
	double again;
	double off;
	int leader;
	double promoted;
	double old_gone;
	double new_gone;
	struct next_freeze next;
	double end;
};

/**
 * drill_kind_name() - the verdict's word
 * @kind: which
 *
 * Return: a static string.
 */
const char *drill_kind_name(enum drill_kind kind)
{
	return names[kind];
}

static double time_of(const struct moment *m)
{
	return m ? m->t : 0;
}

static double earlier(double a, double b)
{
	return !a || (b && b < a) ? b : a;
}

static double find_thaw(const struct drill_timeline *tl, const struct drill *drill,
			const struct story *s)
{
	const struct moment *m = drill_find(tl, MOMENT_THAW, 0, s->fault);
	double due = s->fault + drill->freeze_ms / 1000.0;

	switch (drill_faults[drill->fault].thaw) {
	case THAW_ANNOUNCED:
		return m ? m->t + ANNOUNCED_S : 0;
	case THAW_RESUMED:
		return time_of(m);
	case THAW_NEVER_FROZEN:
		return s->fault;
	case THAW_ENDED:
		return 0;
	default:
		return time_of(drill_find(tl, MOMENT_WORD, 0, due - HOG_END_S));
	}
}

/* A word of its user space, or a row that it acknowledged */
static double first_sign(const struct drill_timeline *tl, int node, double from)
{
	return earlier(time_of(drill_find(tl, MOMENT_WORD, node, from)),
		       time_of(drill_find(tl, MOMENT_ACK, node, from)));
}

/*
 * Who acknowledges leads, even where the log's line of it is not there. Patroni says
 * that it has promoted when it begins to run pre_promote.
 */
static void find_leader(const struct drill_timeline *tl, const struct drill *drill,
			struct story *s)
{
	bool by_patroni = drill->fence == DRILL_NO_FENCE && drill->manager == DRILL_PATRONI;
	enum moment_kind kind = by_patroni ? MOMENT_PROMOTED : MOMENT_PG_PROMOTED;

	for (int i = 1; i < DRILL_DATABASES; i++) {
		const struct moment *m = drill_find(tl, kind, i, s->fault);
		const struct moment *ack = drill_find(tl, MOMENT_ACK, i, s->fault);

		if (!m || (ack && ack->t < m->t))
			m = ack;
		if (!m || (s->promoted && m->t > s->promoted))
			continue;
		s->leader = i;
		s->promoted = m->t;
	}
}

/**
 * verdict_end_of_lead() - when does a leader end to be one by its own word?
 * @tl: in order
 * @node: it
 * @from: it leads
 *
 * Patroni says that it demotes, and PostgreSQL acknowledges until it is stopped.
 *
 * Return: its last acknowledgment, 0 where it leads on.
 */
double verdict_end_of_lead(const struct drill_timeline *tl, int node, double from)
{
	double demoted = time_of(drill_find(tl, MOMENT_DEMOTED, node, from)), end = demoted;

	for (size_t i = 0; demoted && i < tl->n; i++) {
		const struct moment *m = &tl->moments[i];

		if (m->kind == MOMENT_ACK && m->node == node && m->t > demoted &&
		    m->t < demoted + DEMOTING_S)
			end = m->t;
	}
	return end;
}

static void tell_story(struct story *s, const struct drill_timeline *tl,
		       const struct drill *drill)
{
	const struct moment *end = drill_find(tl, MOMENT_END, MOMENT_LAB, 0);
	double gone;

	*s = (struct story) { .leader = -1, .fault = drill_zero(tl), .end = time_of(end) };
	s->reset = time_of(drill_find(tl, MOMENT_RESET, 0, s->fault));
	s->off = time_of(drill_find(tl, MOMENT_OFF, 0, s->fault));
	gone = earlier(s->reset, s->off);
	s->thaw = find_thaw(tl, drill, s);
	/* What is reset in the fault does not thaw: it boots. What was ended stays so */
	if (gone && (!s->thaw || gone < s->thaw))
		s->thaw = 0;
	find_leader(tl, drill, s);
	if (s->thaw)
		s->old_gone = earlier(earlier(gone, verdict_end_of_lead(tl, 0, s->thaw)),
				      time_of(drill_find(tl, MOMENT_SILENT, 0, s->fault)));
	/* Only Patroni looks first who leads: elsewhere PostgreSQL comes up as what it was */
	if (s->reset && s->leader > 0 && drill->manager != DRILL_PATRONI)
		s->again = time_of(drill_find(tl, MOMENT_PG_PRIMARY, 0, s->reset));
	if (s->leader <= 0)
		return;
	next_find(&s->next, tl, drill, s->leader, s->promoted);
	s->new_gone = earlier(verdict_end_of_lead(tl, s->leader, s->promoted), s->next.reset);
}

static long ms_between(double from, double to)
{
	return from && to ? (long)((to - from) * 1000 + 0.5) : DRILL_NO_TIME;
}

/* Only a user space that ran may have led */
static void two_leaders(struct drill_verdict *v, const struct story *s,
			const struct drill_timeline *tl)
{
	double begin, end = s->end, sign, slept;

	v->two_leaders_ms = 0;
	if (next_beside(&s->next, tl, &begin, &end)) {
		v->two_leaders_ms = ms_between(begin, end);
		v->two_from_ms = ms_between(s->fault, begin);
	}
	end = s->end;
	if (s->again) {
		begin = s->again > s->promoted ? s->again : s->promoted;
		v->two_leaders_ms = ms_between(begin, end);
		v->two_from_ms = ms_between(s->fault, begin);
		return;
	}
	if (!s->thaw || !s->promoted)
		return;
	if (s->old_gone && s->old_gone < end)
		end = s->old_gone;
	if (s->new_gone && s->new_gone < end)
		end = s->new_gone;
	begin = s->thaw > s->promoted ? s->thaw : s->promoted;
	slept = next_slept(&s->next, &begin, end);
	sign = first_sign(tl, 0, s->thaw - ANNOUNCED_S);
	if (!sign || sign > end || end - slept <= begin)
		return;
	if (ms_between(begin, end - slept) <= v->two_leaders_ms)
		return;
	v->two_leaders_ms = ms_between(begin, end - slept);
	v->two_from_ms = ms_between(s->fault, begin);
}

static void count_acks(struct drill_verdict *v, const struct story *s,
		       const struct drill_timeline *tl)
{
	double other = 0;

	for (size_t i = 0; i < tl->n; i++) {
		const struct moment *m = &tl->moments[i];

		if (m->kind != MOMENT_ACK || m->t > s->end)
			continue;
		if (!other && m->t > s->fault + IN_FLIGHT_S && m->node > 0)
			other = m->t;
	}
	v->first_ack_ms = ms_between(s->fault, other);
	v->outage_ms = drill_longest_gap(tl, MOMENT_ACK, s->fault, s->end);
}

/**
 * verdict_add_word() - one more word
 * @text: gets it
 * @size: room in @text
 * @word: behind a comma, where it is not the first
 */
void verdict_add_word(char *text, size_t size, const char *word)
{
	size_t len = strlen(text);

	snprintf(text + len, size - len, "%s%s", len ? ", " : "", word);
}

static bool key_came_back(const struct drill_timeline *tl, const struct story *s)
{
	const struct moment *away = NULL;

	for (size_t i = 0; i < tl->n; i++) {
		const struct moment *m = &tl->moments[i];

		if (m->kind != MOMENT_KEY || m->t < s->fault)
			continue;
		if (m->value != 0)
			away = m->value > 0 ? m : NULL;
		/* From one name to the other, without having expired between */
		if (m->value == 0 && away && s->thaw && m->t > s->thaw - ANNOUNCED_S)
			return true;
	}
	return false;
}

/* What is done to it when its rows are counted already is no story of the fault's */
static bool was_stopped(const struct drill_timeline *tl, const struct story *s)
{
	const struct moment *m = drill_find(tl, MOMENT_PG_DOWN, 0, s->fault);

	return m && m->t <= s->end;
}

static void how_it_came_back(struct drill_verdict *v, const struct story *s,
			     const struct drill_timeline *tl)
{
	char *text = v->old_leader;
	size_t size = sizeof(v->old_leader);

	if (drill_find(tl, MOMENT_SILENT, 0, s->fault))
		verdict_add_word(text, size, "killed");
	if (s->reset)
		verdict_add_word(text, size, "reset");
	if (s->again)
		verdict_add_word(text, size, "leads again");
	if (key_came_back(tl, s))
		verdict_add_word(text, size, "took the lock back");
	else if (s->thaw && !s->reset && drill_find(tl, MOMENT_DEMOTED, 0, s->thaw))
		verdict_add_word(text, size, "demoted");
	if (drill_find(tl, MOMENT_REWIND, 0, s->fault))
		verdict_add_word(text, size, "rewound");
	if (s->off)
		verdict_add_word(text, size, "off");
	else if (!*text && was_stopped(tl, s))
		verdict_add_word(text, size, "stopped");
	if (!*text)
		verdict_add_word(text, size, s->thaw ? "went on" : "did not come back");
}

static void add_number(char *text, size_t size, long number)
{
	size_t len = strlen(text);

	snprintf(text + len, size - len, "%s%ld", len ? " " : "", number);
}

/* In the order of their first leaders, although two may lead at a time */
static void find_timelines(struct drill_verdict *v, const struct drill_timeline *tl)
{
	long seen[8], last = 0;
	size_t n = 0, k;

	for (size_t i = 0; i < tl->n && n < ARRAY_SIZE(seen); i++) {
		const struct moment *m = &tl->moments[i];

		if ((m->kind != MOMENT_ROLE && m->kind != MOMENT_ACK) || m->value <= 0)
			continue;
		last = m->value;
		for (k = 0; k < n && seen[k] != last; k++)
			;
		if (k == n)
			seen[n++] = last;
	}
	for (k = 0; k < n; k++)
		add_number(v->timelines, sizeof(v->timelines), seen[k]);
	/* An old one that won in the end */
	if (n && seen[n - 1] != last)
		add_number(v->timelines, sizeof(v->timelines), last);
}

static long count_of(json_t *settled, const char *kind)
{
	json_t *rows = json_object_get(settled, kind);

	return json_is_array(rows) ? (long)json_array_size(rows) : -1;
}

/* Rows that could not be read on any node are no answer */
static int take_rows(struct drill_verdict *v, json_t *settled)
{
	const char *verdict = NULL;
	json_int_t acked = -1;

	json_unpack(settled, "{s:s s:I}", "verdict", &verdict, "acked_rows", &acked);
	if (!verdict || acked < 0 || acked > 1000000000)
		return -1;
	v->acked = (long)acked;
	v->lost = count_of(settled, "lost");
	v->phantom = count_of(settled, "phantom");
	v->duplicate = count_of(settled, "twice");
	v->differ = count_of(settled, "differs");
	return json_object_get(settled, "leader") && v->lost >= 0 ? 0 : -1;
}

/* Those that are there again, and no row that nobody tried, or twice */
static void take_salvaged(struct drill_verdict *v, json_t *settled)
{
	long lost = count_of(settled, "lost");

	if (v->lost <= 0 || lost < 0 || lost > v->lost || count_of(settled, "twice") ||
	    count_of(settled, "foreign") || !json_is_string(json_object_get(settled, "leader")))
		return;
	v->salvaged = v->lost - lost;
}

static int __printf(2, 3)
error(struct drill_verdict *v, const char *fmt, ...)
{
	va_list ap;

	v->kind = DRILL_ERROR;
	va_start(ap, fmt);
	vsnprintf(v->reason, sizeof(v->reason), fmt, ap);
	va_end(ap);
	return -1;
}

/* Nothing was heard of the leader from when it must have been starved until it may speak */
static bool was_silent(const struct drill_timeline *tl, const struct drill *drill)
{
	double from = drill_zero(tl) + HOGGING_S;
	double until = drill_zero(tl) + drill->freeze_ms / 1000.0 - HOG_END_S;
	double reset = time_of(drill_find(tl, MOMENT_RESET, 0, drill_zero(tl)));
	double off = time_of(drill_find(tl, MOMENT_OFF, 0, drill_zero(tl)));
	double sign = first_sign(tl, 0, from);

	return !sign || sign >= earlier(until, earlier(reset, off));
}

static bool took_hold(const struct drill_timeline *tl, const struct drill *drill)
{
	int bite = drill_faults[drill->fault].bite;
	const struct moment *asked = drill_find(tl, MOMENT_FAULT, MOMENT_LAB, 0);

	if (bite == MOMENT_KINDS)
		return was_silent(tl, drill);
	/* The module's line may arrive before the lab's own is written */
	if (drill_find(tl, bite, drill_faults[drill->fault].victim, asked->t - 1))
		return true;
	/*
	 * Whose watchdog fires while it demotes itself takes with it the line that says so: it
	 * was reset 0.1 s after it had begun to stop. Nothing but the fault has it fire
	 */
	return bite == MOMENT_DEMOTED && drill_find(tl, MOMENT_WATCHDOG, 0, asked->t);
}

/* To be moved takes some seconds in which the VM runs, and another may come to lead */
static bool acted_before(const struct drill_timeline *tl)
{
	const struct moment *asked = drill_find(tl, MOMENT_FAULT, MOMENT_LAB, 0);
	double zero = drill_zero(tl);

	for (size_t i = 0; i < tl->n; i++) {
		const struct moment *m = &tl->moments[i];

		if (m->t < asked->t || m->t >= zero)
			continue;
		if (m->kind == MOMENT_PROMOTED || (m->kind == MOMENT_KEY && m->value) ||
		    (!m->node && (m->kind == MOMENT_RESET || m->kind == MOMENT_OFF ||
				  m->kind == MOMENT_DEMOTED)))
			return true;
	}
	return false;
}

static int can_judge(struct drill_verdict *v, const struct drill_timeline *tl,
		     const struct drill *drill)
{
	const struct moment *m = drill_find(tl, MOMENT_ERROR, MOMENT_LAB, 0);
	const char *why = json_string_value(json_object_get(tl->settled, "no_leader"));
	const struct drill_fault_kind *kind = &drill_faults[drill->fault];

	if (m)
		return error(v, "%s", m->text);
	if (tl->broken[0])
		return error(v, "%s", tl->broken);
	if (!drill_find(tl, MOMENT_FAULT, MOMENT_LAB, 0))
		return error(v, "there was no fault");
	if (!drill_find(tl, MOMENT_END, MOMENT_LAB, 0))
		return error(v, "the drill was not played to its end");
	if (drill_asks_hypervisor(drill) && !tl->has_hypervisor)
		return error(v, "what the hypervisor was asked for is not known");
	if (!took_hold(tl, drill))
		return error(v, "%s", kind->no_bite);
	if (kind->moves && acted_before(tl))
		return error(v, "the leader led no more when its VM was stopped");
	if (kind->moves && !drill_find(tl, MOMENT_MOVED, kind->victim, drill_zero(tl)))
		return error(v, "the VM's state was not written: no MIGRATION completed of QEMU's");
	if (take_rows(v, tl->settled))
		return error(v, "what the nodes have in the end is not known%s%s",
			     why ? ": " : "", why ? why : "");
	if (!drill_find(tl, MOMENT_ACK, 0, 0))
		return error(v, "no client wrote to the leader before the fault");
	return 0;
}

static void explain(struct drill_verdict *v, const struct story *s, const struct drill *drill)
{
	char fired[80] = "nobody fired", before[80] = "", next[96];

	if (v->noticed_ms > 0)
		snprintf(fired, sizeof(fired), "%s acted %.1f s after the fault began", v->by,
			 (double)v->noticed_ms / 1000);
	else if (*v->by)
		snprintf(fired, sizeof(fired), "%s %s the leader %.1f s after the fault began",
			 v->by, s->off ? "ended" : "reset", (double)v->fenced_ms / 1000);
	if (drill->fence != DRILL_NO_FENCE && s->leader > 0)
		snprintf(before, sizeof(before), " from one that was %s", v->at_promotion);
	snprintf(v->reason, sizeof(v->reason),
		 "%s; %s took over%s%s%s; the old leader: %s; %ld of %ld acknowledged rows lost%s",
		 fired, s->leader > 0 ? drill_node_name(s->leader) : "nobody",
		 s->leader > 0 ? "" : " in its place", before,
		 next_words(&s->next, s->fault, next, sizeof(next)), v->old_leader, v->lost,
		 v->acked, v->healthy_stopped ? "; a healthy VM was ended" : "");
}

/**
 * drill_longest_outage() - sessions go on where nobody gets a new one
 * @v: judged
 *
 * Return: milliseconds.
 */
long drill_longest_outage(const struct drill_verdict *v)
{
	return v->no_login_ms > v->outage_ms ? v->no_login_ms : v->outage_ms;
}

static enum drill_kind classify(const struct drill_verdict *v, const struct drill *drill)
{
	if (v->lost > 0)
		return DRILL_LOST;
	if (v->two_leaders_ms > 0)
		return DRILL_SPLIT_BRAIN;
	if (drill_hangs(drill) && hang_is_false_kill(v, drill))
		return DRILL_FALSE_KILL;
	/* As long as Patroni may need for a failover, and its clients to notice */
	if (drill_longest_outage(v) > (long)(drill->ttl_s + drill->loop_s + drill->retry_s) * 1000)
		return DRILL_OUTAGE;
	return DRILL_SAFE;
}

/* SAFE is said only of what was seen to its end */
static void doubt(struct drill_verdict *v, const struct drill_timeline *tl,
		  const struct drill *drill)
{
	json_t *nodes = json_object_get(tl->settled, "nodes"), *node;
	int n = drill->alone ? 1 :
		drill_find(tl, MOMENT_OFF, 0, 0) ? DRILL_DATABASES : DRILL_DATABASES - 1;

	if (drill_find(tl, MOMENT_NOT_WELL, MOMENT_LAB, 0))
		error(v, "no row is lost so far, but the cluster has not become well");
	else if (v->duplicate > 0 || count_of(tl->settled, "foreign") > 0)
		error(v, "no row is lost, but rows are there twice, or nobody tried them");
	/* The third may stay behind, where the first is there */
	for (int i = 0; i < n; i++) {
		node = json_array_get(nodes, (size_t)i);
		if (!drill_find(tl, MOMENT_OFF, i, 0) &&
		    !json_is_true(json_object_get(node, "known")))
			error(v, "what %s has in the end is not known", drill_node_name(i));
	}
}

/**
 * drill_judge() - what the evidence shows
 * @v: filled in
 * @drill: as asked
 * @tl: in order
 */
void drill_judge(struct drill_verdict *v, const struct drill *drill,
		 const struct drill_timeline *tl)
{
	struct story s;

	memset(v, 0, sizeof(*v));
	v->kind = DRILL_ERROR;
	v->fenced_ms = DRILL_NO_TIME;
	v->noticed_ms = DRILL_NO_TIME;
	v->no_login_ms = DRILL_NO_TIME;
	v->new_leader_ms = DRILL_NO_TIME;
	v->next_frozen_ms = DRILL_NO_TIME;
	v->next_fenced_ms = DRILL_NO_TIME;
	v->first_ack_ms = DRILL_NO_TIME;
	v->two_leaders_ms = DRILL_NO_TIME;
	v->two_from_ms = DRILL_NO_TIME;
	v->outage_ms = DRILL_NO_TIME;
	v->acked = -1;
	v->lost = -1;
	v->salvaged = -1;
	v->phantom = -1;
	v->duplicate = -1;
	v->differ = -1;
	if (can_judge(v, tl, drill))
		return;
	tell_story(&s, tl, drill);
	if (drill_faults[drill->fault].next && (!s.next.frozen || s.next.lost_lead)) {
		error(v, "no new leader was frozen: %s", s.leader <= 0 ? "nobody took over" :
		      s.next.lost_lead ? "it led no more" :
		      "no line of the module's on its console");
		return;
	}
	v->fenced_ms = ms_between(s.fault, earlier(s.off, s.reset));
	judge_firing(v, tl, drill, s.fault, s.reset, s.off);
	if (drill_hangs(drill))
		hang_judge(v, tl, s.fault, s.end);
	v->new_leader_ms = ms_between(s.fault, s.promoted);
	v->next_frozen_ms = ms_between(s.fault, s.next.frozen);
	v->next_fenced_ms = ms_between(s.fault, next_fenced(&s.next));
	strcpy(v->next_by, s.next.by);
	two_leaders(v, &s, tl);
	count_acks(v, &s, tl);
	/* Being moved slows it down already */
	drill_time_commits(v, drill_faults[drill->fault].moves ?
			   drill_find(tl, MOMENT_FAULT, MOMENT_LAB, 0)->t : s.fault, tl);
	how_it_came_back(v, &s, tl);
	judge_promotion(v, tl, s.fault, s.promoted);
	count_stopped(v, tl, drill, s.fault, s.thaw, &s.next);
	find_timelines(v, tl);
	take_salvaged(v, tl->salvaged);
	v->kind = classify(v, drill);
	explain(v, &s, drill);
	if (v->kind == DRILL_SAFE)
		doubt(v, tl, drill);
}
