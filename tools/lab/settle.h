/* SPDX-License-Identifier: GPL-2.0 */
/* What became of every row: journals against what the nodes have. */
#ifndef PUG_SETTLE_H
#define PUG_SETTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "journal.h"

/**
 * struct settle_row - a row on a node
 * @client: index into struct settle's @clients
 * @id: its number
 * @digest: of everything else in it
 */
struct settle_row {
	uint32_t client;
	int64_t id;
	int64_t digest;
};

/**
 * struct settle_node - a node and what it has
 * @name: as asked
 * @known: its rows were read, all of them, when it had what the leader had
 * @why: why not, "" if so
 * @standby: it was in recovery
 * @system: system identifier, "" if not known
 * @timeline: 0 if not known
 * @rows: in any order; settle_judge() sorts them
 * @n: how many
 * @cap: room in @rows
 */
struct settle_node {
	char name[64];
	bool known;
	char why[256];
	bool standby;
	char system[24];
	uint32_t timeline;
	struct settle_row *rows;
	size_t n;
	size_t cap;
};

enum settle_kind {
	SETTLE_LOST,		/* acknowledged, and not on the leader */
	SETTLE_TWICE,		/* more than once on the leader */
	SETTLE_FOREIGN,		/* on a node, and no journal tried it */
	SETTLE_DIFFERS,		/* nodes disagree */
	SETTLE_PHANTOM,		/* not acknowledged, and on the leader: allowed */
	SETTLE_KINDS,
};

/**
 * struct settle_finding - a row that is not simply there
 * @kind: what about it
 * @client: index into @clients
 * @id: its number
 * @key: what the journal says of it, NULL if nothing
 * @times: how often it is on each node; 0 also where that is not known
 */
struct settle_finding {
	enum settle_kind kind;
	uint32_t client;
	int64_t id;
	const struct journal_key *key;
	uint32_t *times;
};

enum settle_verdict {
	SETTLE_ALL_THERE,
	SETTLE_WRONG,		/* something lost, doubled, foreign or different */
	SETTLE_CANNOT_TELL,
};

/**
 * struct settle - journals, nodes, and what comes of comparing them
 * @journals: read; journal i is that of client i
 * @journals_n: how many
 * @clients: names: of the journals', then of others that nodes have rows of
 * @clients_n: how many
 * @nodes: asked
 * @nodes_n: how many
 * @leader: whose rows count, index into @nodes; -1 if that is not known
 * @leader_why: why not, "" if so
 * @acked: rows that were acknowledged
 * @present: of these, on the leader
 * @counts: findings of each kind
 * @findings: by kind, client and id
 * @findings_n: how many
 * @findings_cap: room in @findings
 * @verdict: of it all
 */
struct settle {
	struct journal *journals;
	size_t journals_n;
	char **clients;
	uint32_t clients_n;
	struct settle_node *nodes;
	size_t nodes_n;
	ssize_t leader;
	char leader_why[256];
	uint64_t acked;
	uint64_t present;
	uint64_t counts[SETTLE_KINDS];
	struct settle_finding *findings;
	size_t findings_n;
	size_t findings_cap;
	enum settle_verdict verdict;
};

void settle_init(struct settle *s);
int settle_add_journal(struct settle *s, const char *path, char **why);
void settle_take_journal(struct settle *s, struct journal *j);
struct settle_node *settle_add_node(struct settle *s, const char *name);
uint32_t settle_client(struct settle *s, const char *name);
void settle_add_row(struct settle_node *node, uint32_t client, int64_t id, int64_t digest);
void settle_judge(struct settle *s);
void settle_free(struct settle *s);

const char *settle_kind_word(enum settle_kind kind);
char *settle_words(const struct settle *s);
void settle_print(const struct settle *s, FILE *out);
json_t *settle_json(const struct settle *s);

#endif
