// SPDX-License-Identifier: GPL-2.0
/* A drill's one ordered list of all that was seen, by the host's clock. */
#include <stdlib.h>
#include <string.h>

#include "drill-timeline.h"
#include "util.h"

static const char * const names[] = { "alt01", "alt02", "alt03", "dcs" };

static const char * const kinds[MOMENT_KINDS] = {
	[MOMENT_OTHER] = "other", [MOMENT_HEALTHY] = "healthy", [MOMENT_FAULT] = "fault",
	[MOMENT_FREEZE] = "freeze", [MOMENT_THAW] = "thaw", [MOMENT_WATCHDOG] = "watchdog",
	[MOMENT_RESET] = "reset", [MOMENT_SOFTDOG] = "softdog", [MOMENT_STOP] = "stop",
	[MOMENT_SYSRQ] = "sysrq",
	[MOMENT_NO_SPACE] = "no-space", [MOMENT_MOVED] = "moved",
	[MOMENT_HUNG] = "hung",
	[MOMENT_SILENT] = "silent", [MOMENT_LOGIN] = "login", [MOMENT_WORD] = "word",
	[MOMENT_BOOT] = "boot", [MOMENT_KEY] = "key",
	[MOMENT_ROLE] = "role", [MOMENT_PROMOTED] = "promoted", [MOMENT_DEMOTED] = "demoted",
	[MOMENT_SIGNALLED] = "signalled",
	[MOMENT_RESTARTED] = "restarted",
	[MOMENT_DECISION] = "decision", [MOMENT_WATCH] = "watch",
	[MOMENT_KILL] = "kill", [MOMENT_OFF] = "off",
	[MOMENT_PG_PROMOTED] = "pg-promoted", [MOMENT_PG_DOWN] = "pg-down",
	[MOMENT_PG_STANDBY] = "pg-standby", [MOMENT_PG_PRIMARY] = "pg-primary",
	[MOMENT_REWIND] = "rewind", [MOMENT_ACK] = "ack", [MOMENT_NOT_WELL] = "not-well",
	[MOMENT_ERROR] = "error", [MOMENT_END] = "end",
};

/**
 * drill_node_name() - as the talk calls it
 * @node: its place, or MOMENT_LAB; DRILL_NODES for one of somebody's cluster
 *
 * Return: a static string.
 */
const char *drill_node_name(int node)
{
	return node < 0 ? "lab" : node < DRILL_NODES ? names[node] : "server";
}

/**
 * moment_kind_name() - for timeline.jsonl
 * @kind: which
 *
 * Return: a static string.
 */
const char *moment_kind_name(enum moment_kind kind)
{
	return kinds[kind];
}

/**
 * drill_add() - one more moment
 * @tl: it is added to
 * @kind: what
 * @node: whose
 * @t: when
 * @value: see enum moment_kind
 * @fmt: for people
 */
void drill_add(struct drill_timeline *tl, enum moment_kind kind, int node, double t, long value,
	       const char *fmt, ...)
{
	va_list ap;

	if (tl->n == tl->cap) {
		tl->cap = tl->cap ? 2 * tl->cap : 256;
		tl->moments = xrealloc(tl->moments, tl->cap * sizeof(*tl->moments));
	}
	va_start(ap, fmt);
	tl->moments[tl->n] = (struct moment) {
		.kind = kind, .node = node, .t = t, .value = value,
		.text = xvasprintf(fmt, ap), .seq = tl->n,
	};
	va_end(ap);
	tl->n++;
}

/**
 * drill_broken() - the evidence can't be judged
 * @tl: it came from
 * @fmt: why, a sentence; what was said first stays
 */
void drill_broken(struct drill_timeline *tl, const char *fmt, ...)
{
	va_list ap;

	if (tl->broken[0])
		return;
	va_start(ap, fmt);
	vsnprintf(tl->broken, sizeof(tl->broken), fmt, ap);
	va_end(ap);
}

static int by_time(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;

	if (x->t < y->t || x->t > y->t)
		return x->t < y->t ? -1 : 1;
	return (x->seq > y->seq) - (x->seq < y->seq);
}

/**
 * drill_sort() - put all in order
 * @tl: complete
 */
void drill_sort(struct drill_timeline *tl)
{
	if (tl->n)
		qsort(tl->moments, tl->n, sizeof(*tl->moments), by_time);
}

/**
 * drill_timeline_free() - give it back
 * @tl: empty afterwards
 */
void drill_timeline_free(struct drill_timeline *tl)
{
	for (size_t i = 0; i < tl->n; i++)
		free(tl->moments[i].text);
	free(tl->moments);
	json_decref(tl->settled);
	json_decref(tl->salvaged);
	memset(tl, 0, sizeof(*tl));
}

/**
 * drill_find() - the first of a kind
 * @tl: in order
 * @kind: which
 * @node: whose, or MOMENT_LAB for anybody's
 * @from: not before
 *
 * Return: it, or NULL.
 */
const struct moment *drill_find(const struct drill_timeline *tl, enum moment_kind kind, int node,
				double from)
{
	for (size_t i = 0; i < tl->n; i++) {
		const struct moment *m = &tl->moments[i];

		if (m->kind == kind && m->t >= from && (node == MOMENT_LAB || m->node == node))
			return m;
	}
	return NULL;
}

/**
 * drill_zero() - when the fault began
 * @tl: in order
 *
 * Return: the module's line or the VM's stop, else when the lab asked; 0 for never.
 */
double drill_zero(const struct drill_timeline *tl)
{
	const struct moment *asked = drill_find(tl, MOMENT_FAULT, MOMENT_LAB, 0), *m;

	if (!asked)
		return 0;
	m = drill_find(tl, MOMENT_FREEZE, 0, asked->t - 1);
	if (!m)
		m = drill_find(tl, MOMENT_STOP, 0, asked->t - 1);
	if (!m)
		m = drill_find(tl, MOMENT_HUNG, 0, asked->t - 1);
	return m ? m->t : asked->t;
}

/**
 * drill_timeline_write() - timeline.jsonl
 * @tl: in order
 * @out: written to
 *
 * Return: 0 or -1.
 */
int drill_timeline_write(const struct drill_timeline *tl, FILE *out)
{
	double zero = drill_zero(tl);

	for (size_t i = 0; i < tl->n; i++) {
		const struct moment *m = &tl->moments[i];
		json_t *line = json_pack("{s:f s:f s:s s:s s:I s:o}", "t_s", m->t - zero,
					 "host_s", m->t, "kind", moment_kind_name(m->kind),
					 "node", drill_node_name(m->node), "value",
					 (json_int_t)m->value, "text", json_text(m->text));
		int ret = json_dumpf(line, out, JSON_COMPACT);

		json_decref(line);
		if (ret || fputc('\n', out) == EOF)
			return -1;
	}
	return 0;
}

static bool is_chatter(const struct moment *m)
{
	return m->kind == MOMENT_OTHER || m->kind == MOMENT_WORD || m->kind == MOMENT_LOGIN;
}

/* Rows of one node, on one timeline */
struct acks {
	const struct moment *first;
	const struct moment *last;
	size_t n;
};

static struct acks *acks_of(struct acks *groups, size_t *n, size_t max, const struct moment *m)
{
	for (size_t i = 0; i < *n; i++)
		if (groups[i].first->node == m->node && groups[i].first->value == m->value)
			return &groups[i];
	if (*n == max)
		return NULL;
	groups[*n] = (struct acks) { .first = m };
	return &groups[(*n)++];
}

/*
 * Rows come by the hundred: those between which nothing else happens are one line for
 * each node, and for its timeline; where two lead theirs alternate.
 */
static size_t print_acks(const struct drill_timeline *tl, size_t from, bool all, double zero,
			 FILE *out)
{
	struct acks groups[DRILL_NODES];
	size_t i = from, n = 0;

	for (; i < tl->n; i++) {
		const struct moment *m = &tl->moments[i];
		struct acks *acks;

		if (!all && is_chatter(m))
			continue;
		if (m->kind != MOMENT_ACK)
			break;
		acks = acks_of(groups, &n, ARRAY_SIZE(groups), m);
		if (!acks)
			break;
		acks->last = m;
		acks->n++;
	}
	for (size_t k = 0; k < n; k++)
		fprintf(out, "%+10.3f  %-6s acknowledges %zu row%s, timeline %ld, the last at %+.3f\n",
			groups[k].first->t - zero, drill_node_name(groups[k].first->node),
			groups[k].n, groups[k].n == 1 ? "" : "s", groups[k].first->value,
			groups[k].last->t - zero);
	return i;
}

/**
 * drill_timeline_print() - for people
 * @tl: in order
 * @all: also what decides nothing
 * @out: written to
 *
 * Times are seconds from the fault's begin.
 */
void drill_timeline_print(const struct drill_timeline *tl, bool all, FILE *out)
{
	double zero = drill_zero(tl);

	for (size_t i = 0; i < tl->n; ) {
		const struct moment *m = &tl->moments[i];
		char *text;

		if (m->kind == MOMENT_ACK) {
			i = print_acks(tl, i, all, zero, out);
			continue;
		}
		i++;
		if (!all && is_chatter(m))
			continue;
		text = text_escape(m->text);
		fprintf(out, "%+10.3f  %-6s %s\n", m->t - zero, drill_node_name(m->node), text);
		free(text);
	}
}
