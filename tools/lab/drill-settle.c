// SPDX-License-Identifier: GPL-2.0
/* What became of every row of a drill: its clients' journals, and what its nodes have. */
#include <stdlib.h>

#include "drill-play.h"
#include "drill-settle.h"
#include "ledger.h"
#include "settle-nodes.h"
#include "util.h"

/* A standby that has not replayed by then will not: it is on another timeline */
#define REPLAY_S 5
/* Seen at a load of 25: a healthy leader did not answer for 5 s */
#define CONNECT_S 20

/**
 * drill_dsn() - how a node's PostgreSQL is reached from here
 * @c: open
 * @node: which
 * @connect_s: time limit
 *
 * Return: to be freed.
 */
char *drill_dsn(const struct cluster *c, int node, int connect_s)
{
	return xasprintf("host=127.0.0.1 port=%u user=postgres dbname=postgres connect_timeout=%d",
			 c->nodes[node].port, connect_s);
}

/**
 * drill_journal_path() - where a client writes down what it does
 * @dir: the drill's folder
 * @client: its name
 *
 * Return: to be freed.
 */
char *drill_journal_path(const char *dir, const char *client)
{
	return xasprintf("%s/" DRILL_LEDGER "/%s.jsonl", dir, client);
}

static int add_journals(struct settle *s, const char * const *clients, const char *dir)
{
	char *why = NULL;
	int ret = 0;

	for (int i = 0; clients[i] && !ret; i++) {
		char *journal = drill_journal_path(dir, clients[i]);

		ret = settle_add_journal(s, journal, &why);
		free(journal);
	}
	if (ret)
		warn_safe("%s", why);
	free(why);
	return ret;
}

/**
 * settle_to_file() - compare journals with what nodes have, and write down what came of it
 * @clients: names of those whose journals are in @dir, the last is NULL
 * @dir: folder of a drill
 * @sources: nodes, which are asked; blocks
 * @n: how many
 * @options: how
 * @name: of the file in @dir
 *
 * Return: 0, also where rows are lost; else it could not be done.
 */
int settle_to_file(const char * const *clients, const char *dir,
		   const struct settle_source *sources, size_t n,
		   const struct settle_options *options, const char *name)
{
	char *path = path_join(dir, name);
	struct settle s;
	json_t *json;
	int ret;

	settle_init(&s);
	ret = add_journals(&s, clients, dir);
	if (!ret) {
		settle_read_nodes(&s, sources, n, options);
		settle_judge(&s);
		json = settle_json(&s);
		ret = json_dump_file(json, path, JSON_INDENT(1));
		json_decref(json);
	}
	settle_free(&s);
	free(path);
	return ret;
}

/**
 * drill_settle() - of a cluster in VMs
 * @c: its nodes are asked; blocks
 * @leader: whose rows count where several take writes, NULL for nobody's
 * @dir: the drill's folder
 * @name: of the file there
 *
 * Return: as settle_to_file().
 */
int drill_settle(const struct cluster *c, const char *leader, const char *dir,
		 const char *name)
{
	struct settle_options options = { LEDGER_TABLE, leader, REPLAY_S * NSEC_PER_SEC,
					   SETTLE_QUERY_NS };
	struct settle_source sources[DATABASES];
	size_t n = c->drill->alone ? 1 : DATABASES;
	char *dsn[DATABASES];
	int ret;

	for (size_t i = 0; i < n; i++) {
		dsn[i] = drill_dsn(c, (int)i, CONNECT_S);
		sources[i] = (struct settle_source) { c->nodes[i].name, dsn[i] };
	}
	ret = settle_to_file(drill_clients(c->drill), dir, sources, n, &options, name);
	for (size_t i = 0; i < n; i++)
		free(dsn[i]);
	return ret;
}
