// SPDX-License-Identifier: GPL-2.0
/*
 * What the nodes have: of each one statement's rows, which is one snapshot, read
 * when it has replayed what the leader had. The digest is md5's first half: the
 * server's faster hash functions may differ between major versions.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ledger.h"
#include "pg.h"
#include "settle-nodes.h"
#include "util.h"

#define CLIENTS_MAX 4096
#define ROWS_MAX 50000000
#define POLL_NS (100 * NSEC_PER_MSEC)

#define LOOK_SQL \
	"SELECT (SELECT system_identifier FROM pg_control_system()), pg_is_in_recovery(), " \
	"CASE WHEN pg_is_in_recovery() " \
	"THEN (SELECT timeline_id FROM pg_control_checkpoint()) " \
	"ELSE ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int " \
	"END, set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO', false)"

static void cannot(struct settle_node *node, const char *what, const struct pg *pg)
{
	node->known = false;
	snprintf(node->why, sizeof(node->why), "%.60s: %.180s", what, pg->error);
}

static void look(struct settle_node *node, struct pg *pg, const char *dsn,
		 const struct settle_options *o)
{
	struct dsn parsed;
	PGresult *row;
	char *why;

	if (dsn_parse(&parsed, dsn, &why)) {
		snprintf(node->why, sizeof(node->why), "%.250s", why);
		free(why);
	} else if (pg_connect(pg, &parsed, LEDGER_ASK_NS) != PG_OK) {
		cannot(node, pg->peer, pg);
	} else if (pg_query(pg, LOOK_SQL, 0, NULL, o->query_ns, &row) != PG_OK) {
		cannot(node, "asking for its state", pg);
		pg_close(pg);
	} else {
		snprintf(node->system, sizeof(node->system), "%s", PQgetvalue(row, 0, 0));
		node->standby = *PQgetvalue(row, 0, 1) == 't';
		node->timeline = strtoul(PQgetvalue(row, 0, 2), NULL, 10);
		PQclear(row);
	}
	dsn_free(&parsed);
}

static void choose_leader(struct settle *s, const struct pg *pgs, const char *wanted)
{
	size_t writable = 0, reached = 0;

	for (size_t i = 0; i < s->nodes_n; i++) {
		bool match = wanted ? !strcmp(s->nodes[i].name, wanted) :
			     pgs[i].conn && !s->nodes[i].standby;

		reached += !!pgs[i].conn;
		if (match) {
			s->leader = i;
			writable++;
		}
	}
	if (writable == 1)
		return;
	s->leader = -1;
	if (wanted)
		snprintf(s->leader_why, sizeof(s->leader_why), "no node is called %.100s", wanted);
	else if (writable)
		snprintf(s->leader_why, sizeof(s->leader_why),
			 "%zu nodes take writes: the cluster has not settled (--leader NAME chooses)",
			 writable);
	else
		snprintf(s->leader_why, sizeof(s->leader_why),
			 "none of the %zu nodes that answer takes writes", reached);
}

static void rest(void)
{
	const struct timespec ts = { 0, POLL_NS };

	nanosleep(&ts, NULL);
}

/* Until the standby has what the leader had when it was asked */
static bool wait_replay(struct settle_node *node, struct pg *pg, const char *lsn,
			const struct settle_options *o)
{
	int64_t end = pg_now_ns() + o->wait_ns;
	const char *const params[] = { lsn };
	bool there = false;
	PGresult *row;

	for (;;) {
		if (pg_query(pg, "SELECT coalesce(pg_last_wal_replay_lsn() >= $1::pg_lsn, false), pg_last_wal_replay_lsn()",
			     1, params, o->query_ns, &row) != PG_OK) {
			cannot(node, "asking what it has replayed", pg);
			return false;
		}
		there = *PQgetvalue(row, 0, 0) == 't';
		if (!there && pg_now_ns() >= end)
			snprintf(node->why, sizeof(node->why),
				 "has replayed up to %.20s, the leader is at %.20s: does it follow?",
				 PQgetvalue(row, 0, 1), lsn);
		PQclear(row);
		if (there || pg_now_ns() >= end)
			return there;
		rest();
	}
}

static bool take_row(struct settle *s, struct settle_node *node, const PGresult *row,
		     uint32_t *client)
{
	const char *name = PQgetvalue(row, 0, 0);

	/* Rows of a client mostly come one after another */
	if (*client >= s->clients_n || strcmp(s->clients[*client], name))
		*client = settle_client(s, name);
	settle_add_row(node, *client, strtoll(PQgetvalue(row, 0, 1), NULL, 10),
		       strtoll(PQgetvalue(row, 0, 2), NULL, 10));
	if (s->clients_n <= CLIENTS_MAX && node->n <= ROWS_MAX)
		return true;
	snprintf(node->why, sizeof(node->why),
		 "the table has more than %d rows or %d clients: is it the ledger's?", ROWS_MAX,
		 CLIENTS_MAX);
	return false;
}

static void read_rows(struct settle *s, size_t i, struct pg *pg, const struct settle_options *o)
{
	char *sql = xasprintf("SELECT client, id, ('x' || left(md5(ROW(timeline, server, at)::text), 16))::bit(64)::bigint FROM %s",
			      o->table);
	int64_t deadline = pg_now_ns() + o->query_ns;
	struct settle_node *node = &s->nodes[i];
	uint32_t client = UINT32_MAX;
	enum pg_status status;
	PGresult *row;
	bool good = true;

	status = pg_send(pg, sql, 0, NULL);
	if (status == PG_OK)
		PQsetSingleRowMode(pg->conn);
	while (status == PG_OK && good) {
		status = pg_row(pg, deadline, &row);
		if (!row)
			break;
		good = take_row(s, node, row, &client);
		PQclear(row);
	}
	if (status != PG_OK)
		cannot(node, "reading its rows", pg);
	else
		node->known = good;
	free(sql);
}

static void read_leader(struct settle *s, struct pg *pgs, const struct settle_options *o,
			char lsn[32])
{
	struct settle_node *leader = &s->nodes[s->leader];
	struct pg *pg = &pgs[s->leader];
	PGresult *row;

	*lsn = '\0';
	if (!pg->conn)
		return;
	if (pg_query(pg, "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END",
		     0, NULL, o->query_ns, &row) != PG_OK) {
		cannot(leader, "asking for its position", pg);
		return;
	}
	snprintf(lsn, 32, "%s", PQgetvalue(row, 0, 0));
	PQclear(row);
	read_rows(s, s->leader, pg, o);
}

static void read_other(struct settle *s, size_t i, struct pg *pg, const char *lsn,
		       const struct settle_options *o)
{
	struct settle_node *node = &s->nodes[i];
	const struct settle_node *leader = &s->nodes[s->leader];

	if (!pg->conn)
		return;
	if (leader->system[0] && strcmp(node->system, leader->system)) {
		snprintf(node->why, sizeof(node->why),
			 "is of another cluster: its system identifier is %s, the leader's %s",
			 node->system, leader->system);
		return;
	}
	if (node->standby && *lsn && !wait_replay(node, pg, lsn, o))
		return;
	read_rows(s, i, pg, o);
}

/**
 * settle_read_nodes() - read what the nodes have
 * @s: with all journals; gets nodes and the leader
 * @sources: nodes
 * @n: how many
 * @o: how they are asked
 *
 * A node that can't be asked is a node that is not known, and says why.
 */
void settle_read_nodes(struct settle *s, const struct settle_source *sources, size_t n,
		       const struct settle_options *o)
{
	struct pg *pgs = xcalloc(n, sizeof(*pgs));
	char lsn[32];

	for (size_t i = 0; i < n; i++) {
		pg_init(&pgs[i]);
		look(settle_add_node(s, sources[i].name), &pgs[i], sources[i].dsn, o);
	}
	choose_leader(s, pgs, o->leader);
	if (s->leader >= 0) {
		read_leader(s, pgs, o, lsn);
		for (size_t i = 0; i < n; i++)
			if ((ssize_t)i != s->leader)
				read_other(s, i, &pgs[i], lsn, o);
	}
	for (size_t i = 0; i < n; i++) {
		if (!s->nodes[i].known && !s->nodes[i].why[0])
			snprintf(s->nodes[i].why, sizeof(s->nodes[i].why),
				 "not read: there is no leader to compare with");
		pg_close(&pgs[i]);
	}
	free(pgs);
}
