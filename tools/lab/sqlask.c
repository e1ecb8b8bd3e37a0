// SPDX-License-Identifier: GPL-2.0
/*
 * SQL where others have a REST API. Each question has a connection of its own: one
 * through a freeze would hang on until its time is up, and then be of no use.
 */
#include <stdlib.h>

#include "pg.h"
#include "sqlask.h"
#include "util.h"

static json_t *error_of(const char *text)
{
	return json_pack("{s:o}", "error", json_text(*text ? text : "it does not say why"));
}

static json_t *body_of(const PGresult *row)
{
	json_t *body = NULL;

	if (PQntuples(row) && PQnfields(row) && !PQgetisnull(row, 0, 0))
		body = json_loads(PQgetvalue(row, 0, 0), JSON_DECODE_ANY, NULL);
	return body ? json_pack("{s:o}", "body", body) : error_of("the answer is no JSON");
}

/**
 * sql_ask() - ask and wait
 * @question: what
 *
 * Return: a new object: {"body":...} or {"error":"..."}.
 */
json_t *sql_ask(const struct sql_question *question)
{
	PGresult *row = NULL;
	char *why = NULL;
	struct dsn dsn;
	json_t *answer;
	struct pg pg;

	pg_init(&pg);
	if (dsn_parse(&dsn, question->dsn, &why))
		answer = error_of(why);
	else if (dsn.n != 1)
		answer = error_of("its dsn has several hosts: it must be of this member and no other");
	else if (pg_connect(&pg, &dsn, question->limit_ns) != PG_OK ||
		 pg_query(&pg, question->sql, 0, NULL, question->limit_ns, &row) != PG_OK)
		answer = error_of(pg.error);
	else
		answer = body_of(row);
	PQclear(row);
	free(why);
	pg_close(&pg);
	dsn_free(&dsn);
	return answer;
}

static json_t *ask_again(void *data)
{
	return sql_ask(data);
}

/**
 * poller_start_sql() - begin to ask
 * @poller: its @lines' on_line and data are set
 * @loop: serves it
 * @question: what
 * @period_ms: from an answer to the next question
 * @path: of the log
 *
 * Return: 0, or a negative errno.
 */
int poller_start_sql(struct poller *poller, sd_event *loop, const struct sql_question *question,
		     unsigned int period_ms, const char *path)
{
	return poller_call(poller, loop, ask_again, (void *)question, period_ms, path);
}
