// SPDX-License-Identifier: GPL-2.0
/*
 * One client: connect, insert, write down, again. Nothing is sent before the
 * journal has the try, nothing is tried before the journal has what became of
 * the last: whenever the client ends, at most one row is in doubt, and the
 * journal says which.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "ledger.h"
#include "pg.h"
#include "util.h"

#define IDENTIFY_SQL \
	"SELECT (SELECT system_identifier FROM pg_control_system())::text, " \
	"pg_is_in_recovery(), " \
	"coalesce(host(inet_server_addr()) || ':' || inet_server_port(), ''), " \
	"CASE WHEN pg_is_in_recovery() THEN 0 ELSE " \
	"('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int END"

/**
 * struct state - a client at work
 * @client: how it works
 * @dsn: parsed
 * @pg: its connection
 * @file: its journal
 * @insert: statement
 * @system: of the server it is connected to, "" if not known
 * @server: what that calls itself, or as connected
 * @timeline: of that, 0 if not known
 * @host: the one it clings to, -1 for none yet
 * @id: number of the row to try
 * @failed: the journal can't be written
 */
struct state {
	const struct ledger_client *client;
	struct dsn dsn;
	struct pg pg;
	struct journal_file file;
	char *insert;
	char system[24];
	char server[128];
	uint32_t timeline;
	ssize_t host;
	uint64_t id;
	bool failed;
};

/* A journal that can't be written ends the client: nothing more is sent */
static bool note(struct state *s, const struct journal_record *record)
{
	int ret = journal_write(&s->file, record);

	if (!ret)
		return true;
	warn_line("%s: %s: the client %s stops", s->client->journal, strerror(-ret),
		  s->client->name);
	s->failed = true;
	return false;
}

static bool note_event(struct state *s, enum journal_event event, const char *status)
{
	return note(s, &(struct journal_record) {
		.event = event,
		.id = event == JOURNAL_CONNECT || event == JOURNAL_NO_CONNECT ||
		      event == JOURNAL_STOP ? 0 : s->id,
		.server = s->server,
		.system = s->system,
		.timeline = s->timeline,
		.status = status,
		.sqlstate = s->pg.sqlstate,
		.error = s->pg.error[0] ? s->pg.error : s->pg.warning,
	});
}

/* Waits for a signal to stop, that long */
static void pause_ns(struct state *s, int64_t ns)
{
	struct pollfd wake = { .fd = s->pg.wake, .events = POLLIN };
	struct timespec ts = { ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };

	if (s->pg.woken || ns < 0)
		ts = (struct timespec) { 0 };
	if (ppoll(&wake, 1, &ts, NULL) > 0)
		s->pg.woken = true;
}

static void forget_server(struct state *s)
{
	pg_close(&s->pg);
	s->system[0] = '\0';
	s->timeline = 0;
}

/* Who is this? Through haproxy the address says nothing, the server itself does */
static enum pg_status identify(struct state *s)
{
	PGresult *row;
	enum pg_status status;

	status = pg_query(&s->pg, IDENTIFY_SQL, 0, NULL, s->client->statement_ns, &row);
	if (status != PG_OK)
		return status;
	snprintf(s->system, sizeof(s->system), "%s", PQgetvalue(row, 0, 0));
	if (*PQgetvalue(row, 0, 2))
		snprintf(s->server, sizeof(s->server), "%s", PQgetvalue(row, 0, 2));
	s->timeline = strtoul(PQgetvalue(row, 0, 3), NULL, 10);
	PQclear(row);
	return PG_OK;
}

static bool connect_host(struct state *s, size_t host)
{
	int64_t limit = s->dsn.connect_ns ? s->dsn.connect_ns : s->client->connect_ns;
	enum pg_status status = pg_connect_host(&s->pg, &s->dsn, host, limit);

	snprintf(s->server, sizeof(s->server), "%s", s->pg.peer);
	if (status == PG_OK)
		status = identify(s);
	/* Without the right to ask who it is, one may still insert */
	if (status == PG_OK || status == PG_ERROR) {
		s->host = host;
		return note_event(s, JOURNAL_CONNECT, NULL);
	}
	note_event(s, JOURNAL_NO_CONNECT, pg_status_word(status));
	forget_server(s);
	return false;
}

static bool connect_any(struct state *s)
{
	if (s->client->cling && s->host >= 0)
		return connect_host(s, s->host);
	for (size_t i = 0; i < s->dsn.n && !s->pg.woken && !s->failed; i++)
		if (connect_host(s, i))
			return true;
	return false;
}

static enum pg_status wait_answer(struct state *s, PGresult **row)
{
	enum pg_status status;

	status = pg_collect(&s->pg, pg_now_ns() + s->client->statement_ns, row);
	if (status != PG_TIMEOUT || !s->client->cling || s->pg.woken)
		return status;
	if (!note_event(s, JOURNAL_SLOW, NULL))
		return PG_TIMEOUT;
	return pg_collect(&s->pg, PG_NO_DEADLINE, row);
}

/* Read-only, or shutting down: who does not cling looks for another server */
static bool is_to_be_left(const struct state *s, enum pg_status status)
{
	if (status == PG_BROKEN || status == PG_TIMEOUT)
		return true;
	return !s->client->cling && status == PG_ERROR &&
	       (!strcmp(s->pg.sqlstate, "25006") || !strncmp(s->pg.sqlstate, "57P", 3));
}

static void note_answer(struct state *s, enum pg_status status, const PGresult *row)
{
	if (row) {
		s->timeline = strtoul(PQgetvalue(row, 0, 0), NULL, 10);
		if (*PQgetvalue(row, 0, 1))
			snprintf(s->server, sizeof(s->server), "%s", PQgetvalue(row, 0, 1));
	}
	/* "canceling wait for synchronous replication": committed, on one node */
	if (status == PG_OK && s->pg.warning[0])
		note_event(s, JOURNAL_UNKNOWN, "warning");
	else if (status == PG_OK)
		note_event(s, JOURNAL_ACK, NULL);
	else
		note_event(s, status == PG_ERROR ? JOURNAL_REFUSED : JOURNAL_UNKNOWN,
			   pg_status_word(status));
}

static void insert(struct state *s)
{
	char number[24];
	const char *const params[] = { s->client->name, number };
	PGresult *row = NULL;
	enum pg_status status;

	s->pg.error[0] = '\0';
	s->pg.warning[0] = '\0';
	s->pg.sqlstate[0] = '\0';
	if (!note_event(s, JOURNAL_TRY, NULL))
		return;
	snprintf(number, sizeof(number), "%llu", (unsigned long long)s->id);
	status = pg_send(&s->pg, s->insert, 2, params);
	if (status == PG_OK)
		status = wait_answer(s, &row);
	if (!s->failed)
		note_answer(s, status, row);
	PQclear(row);
	if (!s->client->retry || (status == PG_OK && !s->pg.warning[0]))
		s->id++;
	if (is_to_be_left(s, status))
		forget_server(s);
}

static void work(struct state *s)
{
	uint64_t end = s->client->rows ? s->id + s->client->rows : UINT64_MAX;
	int64_t next;

	while (!s->pg.woken && !s->failed && s->id < end) {
		next = pg_now_ns() + s->client->interval_ns;
		if (!s->pg.conn && !connect_any(s)) {
			pause_ns(s, LEDGER_RECONNECT_NS);
			continue;
		}
		if (s->failed || s->pg.woken)
			break;
		insert(s);
		if (s->client->fresh)
			forget_server(s);
		pause_ns(s, next - pg_now_ns());
	}
	if (!s->failed) {
		s->pg.error[0] = '\0';
		s->pg.warning[0] = '\0';
		s->pg.sqlstate[0] = '\0';
		note_event(s, JOURNAL_STOP, s->pg.woken ? "asked" : "done");
	}
}

/**
 * ledger_client_run() - be a client
 * @client: how it works
 * @wake: a descriptor; when it can be read, the client ends after the insert
 *	that it is in, waiting for the answer no longer than its limit
 *
 * Return: PUG_AS_EXPECTED, or PUG_COULD_NOT_RUN after a line on stderr.
 */
int ledger_client_run(const struct ledger_client *client, int wake)
{
	struct state s = { .client = client, .host = -1, .file = { .fd = -1 } };
	char *why = NULL;
	int64_t id;

	if (client->is_private ? dsn_parse_private(&s.dsn, client->dsn, &why) :
	    dsn_parse(&s.dsn, client->dsn, &why))
		goto refused;
	id = journal_open(&s.file, client->journal, client->name, client->sync, &why);
	if (id < 0)
		goto refused;
	s.id = id;
	s.insert = xasprintf("INSERT INTO %s (client, id) VALUES ($1, $2) RETURNING timeline, CASE server WHEN 'local' THEN '' ELSE server END",
			     client->table);
	pg_init(&s.pg);
	s.pg.wake = wake;
	s.pg.grace_ns = client->statement_ns;
	work(&s);
	pg_close(&s.pg);
	close(s.file.fd);
	free(s.insert);
	dsn_free(&s.dsn);
	return s.failed ? PUG_COULD_NOT_RUN : PUG_AS_EXPECTED;
refused:
	warn_line("client %s: %s", client->name, why);
	free(why);
	dsn_free(&s.dsn);
	return PUG_COULD_NOT_RUN;
}
