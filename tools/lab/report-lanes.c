// SPDX-License-Identifier: GPL-2.0
/*
 * A drill's timeline.jsonl, made small: what each node was, whom the leader key
 * named, how many rows were acknowledged where, and which of them are gone.
 * Times are seconds from the fault's begin.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "report-model.h"
#include "util.h"

#define NODES_MAX 16
#define ACKS_MAX 1000000
/* Rows are counted in so many steps over the whole drill */
#define STEPS 240
#define LIST_MAX 400
#define SAID_MAX 200
#define T_MAX 1e6
/* A row's moment is the journal's t_ns as seconds: so much is lost on the way */
#define SAME_S 1e-5

struct ack {
	double t;
	double host;
	int node;
	bool lost;
};

struct lanes {
	char *nodes[NODES_MAX];
	int n_nodes;
	struct ack *acks;
	size_t n_acks;
	size_t cap;
	json_t *key;		/* [t, name or null] */
	json_t *roles;		/* [node, t, words, timeline that it leads or 0] */
	json_t *marks;		/* [t, node or null, kind, words] */
	double from;
	double to;
	size_t placed;		/* lost rows whose moment is known */
};

/* The lab is no node */
static int node_of(struct lanes *l, const char *name)
{
	if (!strcmp(name, "lab") || strlen(name) > 64)
		return -1;
	for (int i = 0; i < l->n_nodes; i++)
		if (!strcmp(l->nodes[i], name))
			return i;
	if (l->n_nodes == NODES_MAX)
		return -1;
	l->nodes[l->n_nodes] = xstrdup(name);
	return l->n_nodes++;
}

static json_t *node_json(int node)
{
	return node < 0 ? json_null() : json_integer(node);
}

static json_t *seconds(double t)
{
	return json_real((double)(long long)(t * 1000 + (t < 0 ? -0.5 : 0.5)) / 1000);
}

static json_t *said(const char *text)
{
	char *copy = xasprintf("%.*s", SAID_MAX, text);
	json_t *json = json_text(copy);

	free(copy);
	return json;
}

static void add_ack(struct lanes *l, double t, double host, int node)
{
	if (node < 0 || l->n_acks == ACKS_MAX)
		return;
	if (l->n_acks == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 1024;
		l->acks = xrealloc(l->acks, l->cap * sizeof(*l->acks));
	}
	l->acks[l->n_acks++] = (struct ack) { .t = t, .host = host, .node = node };
}

static void add_to(json_t *list, json_t *entry)
{
	if (json_array_size(list) < LIST_MAX)
		json_array_append_new(list, entry);
	else
		json_decref(entry);
}

/* "the leader key names NODE" */
static json_t *key_name(const char *text)
{
	static const char names[] = " names ";
	const char *at = strstr(text, names);

	return at ? said(at + strlen(names)) : json_null();
}

static const char *after_rest(const char *text)
{
	return strncmp(text, "REST: ", 6) ? text : text + 6;
}

/* Decides nothing, comes by the thousand */
static bool is_dull(const char *kind)
{
	return !strcmp(kind, "other") || !strcmp(kind, "word");
}

static void take_line(struct lanes *l, json_t *line)
{
	const char *kind, *name, *text;
	json_int_t value;
	double t, host;
	int node;

	if (json_unpack(line, "{s:F s:F s:s s:s s:I s:s}", "t_s", &t, "host_s", &host, "kind",
			&kind, "node", &name, "value", &value, "text", &text) ||
	    fabs(t) > T_MAX)
		return;
	if (is_dull(kind))
		return;
	node = node_of(l, name);
	if (t > l->to)
		l->to = t;
	if (!strcmp(kind, "ack"))
		add_ack(l, t, host, node);
	else if (!strcmp(kind, "key"))
		add_to(l->key, json_pack("[o, o]", seconds(t), key_name(text)));
	else if (!strcmp(kind, "role"))
		add_to(l->roles, json_pack("[o, o, o, I]", node_json(node), seconds(t),
					   said(after_rest(text)), value));
	else
		add_to(l->marks, json_pack("[o, o, o, o]", seconds(t), node_json(node),
					   said(kind), said(text)));
}

static int by_host(const void *a, const void *b)
{
	const struct ack *x = a, *y = b;

	return (x->host > y->host) - (x->host < y->host);
}

/* By the moment at which the client had its acknowledgment */
static void lose(struct lanes *l, double host)
{
	size_t low = 0, high = l->n_acks;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (l->acks[middle].host < host - SAME_S)
			low = middle + 1;
		else
			high = middle;
	}
	/* Two rows of one moment: the next */
	while (low < l->n_acks && l->acks[low].lost && l->acks[low].host <= host + SAME_S)
		low++;
	if (low == l->n_acks || l->acks[low].lost || l->acks[low].host > host + SAME_S)
		return;
	l->acks[low].lost = true;
	l->placed++;
}

static void lose_all(struct lanes *l, json_t *settled)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(settled, "lost"), i, row) {
		json_t *t = json_object_get(row, "t_ns");

		if (json_is_integer(t))
			lose(l, (double)json_integer_value(t) / NSEC_PER_SEC);
	}
}

/* [node, step, how many] for each step in which there are any */
static json_t *count_steps(const struct lanes *l, double width, bool lost)
{
	size_t *counts = xcalloc((size_t)NODES_MAX * (STEPS + 1), sizeof(*counts));
	json_t *steps = json_array();

	for (size_t i = 0; i < l->n_acks; i++) {
		const struct ack *ack = &l->acks[i];
		int step = (int)((ack->t - l->from) / width);

		if (step >= 0 && step <= STEPS && (ack->lost || !lost))
			counts[ack->node * (STEPS + 1) + step]++;
	}
	for (int i = 0; i < NODES_MAX * (STEPS + 1); i++)
		if (counts[i])
			json_array_append_new(steps, json_pack("[i, i, I]", i / (STEPS + 1),
							       i % (STEPS + 1),
							       (json_int_t)counts[i]));
	free(counts);
	return steps;
}

static json_t *finish(struct lanes *l, json_t *settled)
{
	json_t *nodes = json_array(), *acks, *lost;
	double width;

	for (int i = 0; i < l->n_nodes; i++)
		json_array_append_new(nodes, json_text(l->nodes[i]));
	if (l->n_acks)
		qsort(l->acks, l->n_acks, sizeof(*l->acks), by_host);
	lose_all(l, settled);
	/* What was before the first row is not the drill's */
	l->from = l->n_acks ? l->acks[0].t : 0;
	if (l->from > -5)
		l->from = -5;
	width = (l->to - l->from) / STEPS;
	if (width < 0.1)
		width = 0.1;
	acks = count_steps(l, width, false);
	lost = count_steps(l, width, true);
	return json_pack("{s:o s:o s:o s:o s:o s:o s:o s:o s:o s:I}", "nodes", nodes,
			 "from", seconds(l->from), "to", seconds(l->to), "step", json_real(width),
			 "key", json_incref(l->key), "roles", json_incref(l->roles),
			 "marks", json_incref(l->marks), "acks", acks, "lost", lost,
			 "lost_placed", (json_int_t)l->placed);
}

/**
 * report_lanes() - what is drawn of a drill's timeline
 * @in: timeline.jsonl
 * @settled: settle.json, or NULL
 * @why: why nothing can be, a sentence
 * @len: size of @why
 *
 * Return: a new object, or NULL.
 */
json_t *report_lanes(FILE *in, json_t *settled, char *why, size_t len)
{
	struct lanes l = {
		.key = json_array(), .roles = json_array(), .marks = json_array(),
	};
	size_t cap = 0, number = 0;
	bool broken = false;
	char *text = NULL;
	json_t *lanes;
	ssize_t size;

	while (!broken && (size = getline(&text, &cap, in)) > 0) {
		json_t *line = json_loadb(text, (size_t)size, JSON_REJECT_DUPLICATES, NULL);

		number++;
		broken = !json_is_object(line);
		if (!broken)
			take_line(&l, line);
		json_decref(line);
	}
	free(text);
	lanes = finish(&l, settled);
	for (int i = 0; i < l.n_nodes; i++)
		free(l.nodes[i]);
	free(l.acks);
	json_decref(l.key);
	json_decref(l.roles);
	json_decref(l.marks);
	if (!broken && !ferror(in))
		return lanes;
	snprintf(why, len, "line %zu of " DERIVED_TIMELINE " can't be read", number);
	json_decref(lanes);
	return NULL;
}
