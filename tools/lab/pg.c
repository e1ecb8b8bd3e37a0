// SPDX-License-Identifier: GPL-2.0
/* See pg.h. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pg.h"
#include "util.h"

/**
 * pg_now_ns() - the host's monotonic clock
 *
 * Return: nanoseconds.
 */
int64_t pg_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

/**
 * pg_status_word() - a status for people and journals
 * @status: asked
 *
 * Return: a word.
 */
const char *pg_status_word(enum pg_status status)
{
	static const char * const words[] = {
		[PG_OK] = "ok", [PG_ERROR] = "error", [PG_BROKEN] = "broken",
		[PG_TIMEOUT] = "timeout",
	};

	return words[status];
}

/**
 * pg_init() - no connection yet
 * @pg: set
 */
void pg_init(struct pg *pg)
{
	memset(pg, 0, sizeof(*pg));
	pg->wake = -1;
}

/**
 * pg_close() - give a connection up
 * @pg: what was last said on it stays
 *
 * Tells the server if that can be done at once; never waits.
 */
void pg_close(struct pg *pg)
{
	PQclear(pg->partial);
	pg->partial = NULL;
	PQfinish(pg->conn);
	pg->conn = NULL;
}

/* libpq's messages have a newline at their end, and some in the middle */
static void copy_line(char *to, size_t size, const char *from)
{
	size_t len;

	snprintf(to, size, "%s", from ? from : "");
	len = strlen(to);
	while (len && to[len - 1] == '\n')
		to[--len] = '\0';
	for (char *p = to; *p; p++)
		if (*p == '\n' || *p == '\t')
			*p = ' ';
}

static void forget(struct pg *pg)
{
	PQclear(pg->partial);
	pg->partial = NULL;
	pg->late = false;
	pg->sqlstate[0] = '\0';
	pg->error[0] = '\0';
	pg->warning[0] = '\0';
}

static enum pg_status timed_out(struct pg *pg, const char *what)
{
	if (!pg->error[0]) {
		snprintf(pg->error, sizeof(pg->error), "no answer in time (%s)", what);
		pg->late = true;
	}
	return PG_TIMEOUT;
}

static enum pg_status broken(struct pg *pg)
{
	if (!pg->error[0])
		copy_line(pg->error, sizeof(pg->error),
			  pg->conn ? PQerrorMessage(pg->conn) : "out of memory");
	return PG_BROKEN;
}

static int timeout_ms(int64_t deadline)
{
	int64_t left;

	if (deadline == PG_NO_DEADLINE)
		return -1;
	left = deadline - pg_now_ns();
	if (left <= 0)
		return 0;
	left = (left + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC;
	return left > 3600 * 1000 ? 3600 * 1000 : (int)left;
}

/* Shortens the deadline once when woken. Returns poll()'s events, 0 in time. */
static short wait_socket(struct pg *pg, short events, int64_t *deadline)
{
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = PQsocket(pg->conn), .events = events },
			{ .fd = pg->woken ? -1 : pg->wake, .events = POLLIN },
		};
		int n = poll(fds, 2, timeout_ms(*deadline));

		if (n < 0 && errno != EINTR)
			return POLLERR;
		if (n > 0 && fds[1].revents) {
			int64_t end = pg_now_ns() + pg->grace_ns;

			pg->woken = true;
			if (end < *deadline)
				*deadline = end;
		}
		if (n > 0 && fds[0].revents)
			return fds[0].revents;
		if (*deadline != PG_NO_DEADLINE && pg_now_ns() >= *deadline)
			return 0;
	}
}

/* The first warning counts; notices of lower rank are chatter */
static void on_notice(void *arg, const PGresult *notice)
{
	const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *detail = PQresultErrorField(notice, PG_DIAG_MESSAGE_DETAIL);
	const char *state = PQresultErrorField(notice, PG_DIAG_SQLSTATE);
	struct pg *pg = arg;
	char *text;

	if (pg->warning[0] || (severity && strcmp(severity, "WARNING")))
		return;
	text = xasprintf("%s %s%s%s", state ? state : "?????",
			 PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY) ?: "a warning",
			 detail ? ": " : "", detail ? detail : "");
	copy_line(pg->warning, sizeof(pg->warning), text);
	free(text);
}

static enum pg_status poll_connection(struct pg *pg, int64_t deadline)
{
	PostgresPollingStatusType status = PGRES_POLLING_WRITING;

	for (;;) {
		if (!wait_socket(pg, status == PGRES_POLLING_WRITING ? POLLOUT : POLLIN, &deadline))
			return timed_out(pg, "connecting");
		status = PQconnectPoll(pg->conn);
		if (status == PGRES_POLLING_OK)
			return PQsetnonblocking(pg->conn, 1) ? broken(pg) : PG_OK;
		if (status == PGRES_POLLING_FAILED)
			return broken(pg);
	}
}

/**
 * pg_connect_host() - connect to one server of a string
 * @pg: closed
 * @dsn: parsed
 * @host: which of its servers
 * @limit_ns: time limit
 *
 * Return: PG_OK, PG_BROKEN or PG_TIMEOUT; then @pg is closed.
 */
enum pg_status pg_connect_host(struct pg *pg, const struct dsn *dsn, size_t host, int64_t limit_ns)
{
	int64_t deadline = pg_now_ns() + limit_ns;
	char *server = dsn_server(dsn, host);
	enum pg_status status;

	forget(pg);
	snprintf(pg->peer, sizeof(pg->peer), "%s", server);
	free(server);
	pg->conn = dsn_start(dsn, host);
	if (!pg->conn || PQstatus(pg->conn) == CONNECTION_BAD)
		status = broken(pg);
	else
		status = poll_connection(pg, deadline);
	if (status == PG_OK)
		PQsetNoticeReceiver(pg->conn, on_notice, pg);
	else
		pg_close(pg);
	return status;
}

/**
 * pg_connect() - connect to the first server of a string that is as it wants
 * @pg: closed
 * @dsn: parsed
 * @limit_ns: time limit for each server; the string's connect_timeout wins
 *
 * Return: PG_OK, or what the last server gave; then @pg is closed.
 */
enum pg_status pg_connect(struct pg *pg, const struct dsn *dsn, int64_t limit_ns)
{
	enum pg_status status = PG_BROKEN;

	for (size_t i = 0; i < dsn->n && status != PG_OK && !pg->woken; i++)
		status = pg_connect_host(pg, dsn, i, dsn->connect_ns ? dsn->connect_ns : limit_ns);
	return status;
}

/**
 * pg_send() - ask, without waiting for the answer
 * @pg: connected, idle
 * @sql: one statement
 * @n: of its parameters
 * @params: as text, NULL for null
 *
 * Return: PG_OK or PG_BROKEN.
 */
enum pg_status pg_send(struct pg *pg, const char *sql, int n, const char *const *params)
{
	forget(pg);
	if (!PQsendQueryParams(pg->conn, sql, n, NULL, params, NULL, NULL, 0) ||
	    PQflush(pg->conn) < 0)
		return broken(pg);
	return PG_OK;
}

static enum pg_status until_result(struct pg *pg, int64_t *deadline)
{
	for (;;) {
		int unsent = PQflush(pg->conn);
		short seen;

		if (unsent < 0)
			return broken(pg);
		if (!PQisBusy(pg->conn))
			return PG_OK;
		seen = wait_socket(pg, unsent ? POLLIN | POLLOUT : POLLIN, deadline);
		if (!seen)
			return timed_out(pg, "statement");
		if ((seen & (POLLIN | POLLERR | POLLHUP)) && !PQconsumeInput(pg->conn))
			return broken(pg);
	}
}

static bool is_good(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
	       status == PGRES_SINGLE_TUPLE;
}

static void keep_error(struct pg *pg, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (pg->error[0])
		return;
	copy_line(pg->error, sizeof(pg->error), PQresultErrorMessage(result));
	snprintf(pg->sqlstate, sizeof(pg->sqlstate), "%s", state ? state : "");
}

/* Until libpq has no more results, which is when the server is ready again */
static enum pg_status collect(struct pg *pg, int64_t deadline)
{
	enum pg_status status;
	PGresult *next;

	for (;;) {
		status = until_result(pg, &deadline);
		if (status != PG_OK)
			return status;
		next = PQgetResult(pg->conn);
		if (!next)
			return PG_OK;
		if (is_good(next)) {
			PQclear(pg->partial);
			pg->partial = next;
			continue;
		}
		keep_error(pg, next);
		PQclear(next);
		if (PQstatus(pg->conn) == CONNECTION_BAD)
			return PG_BROKEN;
	}
}

/**
 * pg_collect() - wait for the answer to pg_send()
 * @pg: connected
 * @deadline: on pg_now_ns()'s clock; after PG_TIMEOUT one may wait once more
 * @result: the answer, to be PQclear()ed; NULL if there is none that is good
 *
 * Waits until the server is ready for the next statement. Only then has the
 * statement's transaction ended: in the extended protocol "INSERT 0 1" arrives
 * before the commit and its wait for a synchronous standby (PostgreSQL 15,
 * exec_execute_message() and the finish_xact_command() of Sync).
 *
 * Return: PG_OK only if all of this was heard, and no error.
 */
enum pg_status pg_collect(struct pg *pg, int64_t deadline, PGresult **result)
{
	enum pg_status status;

	/* Asked once more after the time was up: that is no error of the server's */
	if (pg->late)
		pg->error[0] = '\0';
	pg->late = false;
	status = collect(pg, deadline);
	*result = NULL;
	if (status == PG_TIMEOUT)
		return status;
	if (PQstatus(pg->conn) == CONNECTION_BAD)
		status = PG_BROKEN;
	if (status == PG_BROKEN)
		return broken(pg);
	if (pg->error[0])
		return PG_ERROR;
	if (!pg->partial) {
		snprintf(pg->error, sizeof(pg->error), "an answer without a result");
		return PG_ERROR;
	}
	*result = pg->partial;
	pg->partial = NULL;
	return PG_OK;
}

/**
 * pg_query() - ask and wait
 * @pg: connected
 * @sql: one statement
 * @n: of its parameters
 * @params: as text, NULL for null
 * @limit_ns: time limit
 * @result: as pg_collect(); may be NULL if only the status matters
 *
 * Return: as pg_collect().
 */
enum pg_status pg_query(struct pg *pg, const char *sql, int n, const char *const *params,
			int64_t limit_ns, PGresult **result)
{
	PGresult *mine = NULL;
	enum pg_status status = pg_send(pg, sql, n, params);

	if (status == PG_OK)
		status = pg_collect(pg, pg_now_ns() + limit_ns, &mine);
	if (result)
		*result = mine;
	else
		PQclear(mine);
	return status;
}

/**
 * pg_row() - the next row of an answer that is too long to be held
 * @pg: after pg_send() and PQsetSingleRowMode()
 * @deadline: on pg_now_ns()'s clock
 * @result: one row, to be PQclear()ed; NULL when there is no more
 *
 * Return: PG_OK also at the end.
 */
enum pg_status pg_row(struct pg *pg, int64_t deadline, PGresult **result)
{
	enum pg_status status;
	PGresult *next;

	*result = NULL;
	for (;;) {
		status = until_result(pg, &deadline);
		if (status != PG_OK)
			return status;
		next = PQgetResult(pg->conn);
		if (!next)
			return pg->error[0] ? PG_ERROR : PG_OK;
		if (PQresultStatus(next) == PGRES_SINGLE_TUPLE) {
			*result = next;
			return PG_OK;
		}
		if (!is_good(next))
			keep_error(pg, next);
		PQclear(next);
		if (PQstatus(pg->conn) == CONNECTION_BAD)
			return broken(pg);
	}
}
