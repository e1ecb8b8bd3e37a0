// SPDX-License-Identifier: GPL-2.0
/* See settle.h. Nothing here asks a server: it judges what was read. */
#include <stdlib.h>
#include <string.h>

#include "settle.h"
#include "util.h"

/**
 * settle_init() - nothing yet
 * @s: set; settle_free() it
 */
void settle_init(struct settle *s)
{
	memset(s, 0, sizeof(*s));
	s->leader = -1;
	s->verdict = SETTLE_CANNOT_TELL;
}

/**
 * settle_free() - free it with all journals and rows
 * @s: initialised
 */
void settle_free(struct settle *s)
{
	for (size_t i = 0; i < s->journals_n; i++)
		journal_free(&s->journals[i]);
	for (uint32_t i = 0; i < s->clients_n; i++)
		free(s->clients[i]);
	for (size_t i = 0; i < s->nodes_n; i++)
		free(s->nodes[i].rows);
	for (size_t i = 0; i < s->findings_n; i++)
		free(s->findings[i].times);
	free(s->journals);
	free(s->clients);
	free(s->nodes);
	free(s->findings);
	settle_init(s);
}

/**
 * settle_client() - the index of a client's name
 * @s: the name is added to it if need be
 * @name: asked
 *
 * Return: the index.
 */
uint32_t settle_client(struct settle *s, const char *name)
{
	for (uint32_t i = 0; i < s->clients_n; i++)
		if (!strcmp(s->clients[i], name))
			return i;
	s->clients = xrealloc(s->clients, (s->clients_n + 1) * sizeof(*s->clients));
	s->clients[s->clients_n] = xstrdup(name);
	return s->clients_n++;
}

/**
 * settle_take_journal() - add a journal that was read
 * @s: before any node's rows are added
 * @j: belongs to @s then; of a client that has no journal yet
 */
void settle_take_journal(struct settle *s, struct journal *j)
{
	s->journals = xrealloc(s->journals, (s->journals_n + 1) * sizeof(*s->journals));
	s->journals[s->journals_n++] = *j;
	settle_client(s, j->client);
}

/**
 * settle_add_journal() - read a journal and add it
 * @s: before any node's rows are added
 * @path: of the journal
 * @why: what went wrong, to be freed; set on failure only
 *
 * Refused while a client writes it, and if there is one of this client already:
 * one of the two would be wrong about every row of the other.
 *
 * Return: 0 or -1.
 */
int settle_add_journal(struct settle *s, const char *path, char **why)
{
	struct journal j;

	if (journal_is_written(path) == 1) {
		*why = xasprintf("%s: its client is still running: stop it first", path);
		return -1;
	}
	if (journal_read(&j, path, why))
		return -1;
	if (!j.client[0])
		*why = xasprintf("%s is no journal", path);
	for (uint32_t i = 0; j.client[0] && i < s->clients_n; i++)
		if (!strcmp(s->clients[i], j.client)) {
			*why = xasprintf("%s: there is another journal of client %s", path,
					 j.client);
			j.client[0] = '\0';
		}
	if (!j.client[0]) {
		journal_free(&j);
		return -1;
	}
	settle_take_journal(s, &j);
	return 0;
}

/**
 * settle_add_node() - add a node
 * @s: given
 * @name: of the node
 *
 * Return: the node, to be filled in; it may move when the next is added.
 */
struct settle_node *settle_add_node(struct settle *s, const char *name)
{
	struct settle_node *node;

	s->nodes = xrealloc(s->nodes, (s->nodes_n + 1) * sizeof(*s->nodes));
	node = &s->nodes[s->nodes_n++];
	memset(node, 0, sizeof(*node));
	snprintf(node->name, sizeof(node->name), "%s", name);
	return node;
}

/**
 * settle_add_row() - a row that a node has
 * @node: has it
 * @client: settle_client()'s index
 * @id: its number
 * @digest: of everything else in it
 */
void settle_add_row(struct settle_node *node, uint32_t client, int64_t id, int64_t digest)
{
	if (node->n == node->cap) {
		node->cap = node->cap ? 2 * node->cap : 1024;
		node->rows = xrealloc(node->rows, node->cap * sizeof(*node->rows));
	}
	node->rows[node->n++] = (struct settle_row) { client, id, digest };
}

static int compare_rows(const void *a, const void *b)
{
	const struct settle_row *x = a, *y = b;

	if (x->client != y->client)
		return x->client < y->client ? -1 : 1;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->digest == y->digest ? 0 : x->digest < y->digest ? -1 : 1;
}

/**
 * struct cursor - where the merge of journals and nodes stands
 * @client: whose rows are looked at
 * @key: next of its journal
 * @rows: next of each node
 * @times: how often each node has the row that is looked at
 */
struct cursor {
	uint32_t client;
	size_t key;
	size_t *rows;
	uint32_t *times;
};

static const struct settle_row *row_at(const struct settle *s, const struct cursor *c, size_t node)
{
	const struct settle_node *n = &s->nodes[node];

	if (!n->known || c->rows[node] == n->n || n->rows[c->rows[node]].client != c->client)
		return NULL;
	return &n->rows[c->rows[node]];
}

static const struct journal_key *key_at(const struct settle *s, const struct cursor *c)
{
	if (c->client >= s->journals_n || c->key == s->journals[c->client].n)
		return NULL;
	return &s->journals[c->client].keys[c->key];
}

/* The least number of this client that the journal or a node has next */
static bool next_id(const struct settle *s, const struct cursor *c, int64_t *id)
{
	const struct journal_key *key = key_at(s, c);
	bool any = key;

	if (key)
		*id = key->id;
	for (size_t i = 0; i < s->nodes_n; i++) {
		const struct settle_row *row = row_at(s, c, i);

		if (row && (!any || row->id < *id)) {
			*id = row->id;
			any = true;
		}
	}
	return any;
}

static void find(struct settle *s, const struct cursor *c, enum settle_kind kind, int64_t id,
		 const struct journal_key *key)
{
	struct settle_finding *finding;

	if (s->findings_n == s->findings_cap) {
		s->findings_cap = s->findings_cap ? 2 * s->findings_cap : 64;
		s->findings = xrealloc(s->findings, s->findings_cap * sizeof(*s->findings));
	}
	finding = &s->findings[s->findings_n++];
	*finding = (struct settle_finding) { kind, c->client, id, key, NULL };
	finding->times = xcalloc(s->nodes_n, sizeof(*finding->times));
	memcpy(finding->times, c->times, s->nodes_n * sizeof(*finding->times));
	s->counts[kind]++;
}

/* Counts the row on each node, steps over it there, and says if they differ */
static bool take_row(struct settle *s, struct cursor *c, int64_t id)
{
	const struct settle_row *first = NULL, *rows;
	uint32_t first_times = 0;
	bool any = false, differ = false;

	for (size_t i = 0; i < s->nodes_n; i++) {
		const struct settle_row *row = row_at(s, c, i);

		rows = row;
		c->times[i] = 0;
		for (; row && row->id == id; row = row_at(s, c, i)) {
			c->times[i]++;
			c->rows[i]++;
		}
		if (!s->nodes[i].known)
			continue;
		if (any && c->times[i] != first_times)
			differ = true;
		for (uint32_t k = 0; any && !differ && k < first_times; k++)
			differ = first[k].digest != rows[k].digest;
		if (!any) {
			first = rows;
			first_times = c->times[i];
		}
		any = true;
	}
	return differ;
}

static void judge_row(struct settle *s, struct cursor *c, int64_t id)
{
	const struct journal_key *key = key_at(s, c);
	bool acked, differ = take_row(s, c, id), anywhere = false;
	uint32_t times = c->times[s->leader];

	if (key && key->id == (uint64_t)id)
		c->key++;
	else
		key = NULL;
	for (size_t i = 0; i < s->nodes_n; i++)
		anywhere = anywhere || c->times[i];
	acked = key && key->outcome == OUTCOME_ACKED;
	s->acked += acked;
	s->present += acked && times;
	if (acked && !times)
		find(s, c, SETTLE_LOST, id, key);
	if (key && !acked && times)
		find(s, c, SETTLE_PHANTOM, id, key);
	if (!key && anywhere)
		find(s, c, SETTLE_FOREIGN, id, key);
	if (times > 1)
		find(s, c, SETTLE_TWICE, id, key);
	if (differ)
		find(s, c, SETTLE_DIFFERS, id, key);
}

static int compare_findings(const void *a, const void *b)
{
	const struct settle_finding *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->client != y->client)
		return x->client < y->client ? -1 : 1;
	return x->id == y->id ? 0 : x->id < y->id ? -1 : 1;
}

/* Of a damaged journal one can't say that it never tried a row */
static bool is_proof(const struct settle *s, const struct settle_finding *f)
{
	if (f->kind == SETTLE_PHANTOM)
		return false;
	return f->kind != SETTLE_FOREIGN || f->client >= s->journals_n ||
	       !s->journals[f->client].damaged;
}

static enum settle_verdict verdict_of(const struct settle *s)
{
	bool whole = s->leader >= 0;

	for (size_t i = 0; i < s->findings_n; i++)
		if (is_proof(s, &s->findings[i]))
			return SETTLE_WRONG;
	for (size_t i = 0; i < s->journals_n; i++)
		whole = whole && !s->journals[i].damaged;
	for (size_t i = 0; i < s->nodes_n; i++)
		whole = whole && s->nodes[i].known;
	return whole && s->journals_n ? SETTLE_ALL_THERE : SETTLE_CANNOT_TELL;
}

/**
 * settle_judge() - compare
 * @s: with all journals, nodes and the leader; gets findings and a verdict
 */
void settle_judge(struct settle *s)
{
	struct cursor c = { 0 };
	int64_t id = 0;

	if (s->leader >= 0 && !s->nodes[s->leader].known) {
		snprintf(s->leader_why, sizeof(s->leader_why), "the leader %.60s: %.170s",
			 s->nodes[s->leader].name, s->nodes[s->leader].why);
		s->leader = -1;
	}
	if (s->leader >= 0) {
		c.rows = xcalloc(s->nodes_n, sizeof(*c.rows));
		c.times = xcalloc(s->nodes_n, sizeof(*c.times));
		for (size_t i = 0; i < s->nodes_n; i++)
			if (s->nodes[i].n)
				qsort(s->nodes[i].rows, s->nodes[i].n, sizeof(struct settle_row),
				      compare_rows);
		for (; c.client < s->clients_n; c.client++) {
			c.key = 0;
			while (next_id(s, &c, &id))
				judge_row(s, &c, id);
		}
		free(c.rows);
		free(c.times);
		if (s->findings_n)
			qsort(s->findings, s->findings_n, sizeof(*s->findings), compare_findings);
	}
	s->verdict = verdict_of(s);
}
