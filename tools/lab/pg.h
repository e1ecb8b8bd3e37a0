/* SPDX-License-Identifier: GPL-2.0 */
/* libpq without blocking: every wait has a time limit of ours. */
#ifndef PUG_PG_H
#define PUG_PG_H

#include <stdbool.h>
#include <stdint.h>

#include "dsn.h"

#define PG_NO_DEADLINE INT64_MAX

enum pg_status {
	PG_OK,
	PG_ERROR,	/* the server said no; the connection goes on */
	PG_BROKEN,	/* the connection is lost, or there was none */
	PG_TIMEOUT,	/* the time was up; what was asked may happen yet */
};

/**
 * struct pg - a connection and what was last said on it
 * @conn: NULL when there is none
 * @partial: what came of an answer before the time was up
 * @wake: a descriptor that ends waits when it can be read, or -1
 * @grace_ns: how long a wait goes on after that
 * @woken: it was read from
 * @late: @error only says that the time was up
 * @sqlstate: of the last error, "" if it had none
 * @error: its text in one line, "" if there was none
 * @warning: of the last statement, "" if there was none
 * @peer: "HOST:PORT" that it was tried or made with
 */
struct pg {
	PGconn *conn;
	PGresult *partial;
	int wake;
	int64_t grace_ns;
	bool woken;
	bool late;
	char sqlstate[6];
	char error[512];
	char warning[512];
	char peer[128];
};

int64_t pg_now_ns(void);
void pg_init(struct pg *pg);
void pg_close(struct pg *pg);
enum pg_status pg_connect_host(struct pg *pg, const struct dsn *dsn, size_t host, int64_t limit_ns);
enum pg_status pg_connect(struct pg *pg, const struct dsn *dsn, int64_t limit_ns);
enum pg_status pg_send(struct pg *pg, const char *sql, int n, const char *const *params);
enum pg_status pg_collect(struct pg *pg, int64_t deadline, PGresult **result);
enum pg_status pg_query(struct pg *pg, const char *sql, int n, const char *const *params,
			int64_t limit_ns, PGresult **result);
enum pg_status pg_row(struct pg *pg, int64_t deadline, PGresult **result);
const char *pg_status_word(enum pg_status status);

#endif
