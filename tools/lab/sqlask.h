/* SPDX-License-Identifier: GPL-2.0 */
/* One question at a time to a PostgreSQL, whose answer is JSON, as a REST API's is. */
#ifndef PUG_SQLASK_H
#define PUG_SQLASK_H

#include <stdint.h>

#include <jansson.h>

#include "poller.h"

/*
 * What PostgreSQL knows of itself. After a promotion pg_control has the old timeline
 * until the next checkpoint: a primary's is in the name of the WAL that it writes.
 */
#define SQL_OF_SERVER \
	"'database_system_identifier', " \
	"(SELECT system_identifier::text FROM pg_control_system()), " \
	"'role', CASE WHEN pg_is_in_recovery() THEN 'replica' ELSE 'primary' END, " \
	"'state', 'running', " \
	"'replication_state', (SELECT status FROM pg_stat_wal_receiver LIMIT 1), " \
	"'timeline', CASE WHEN pg_is_in_recovery() THEN " \
	"coalesce((SELECT received_tli FROM pg_stat_wal_receiver LIMIT 1), " \
	"(SELECT timeline_id FROM pg_control_checkpoint())) ELSE " \
	"('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END"

#define SERVER_SQL "SELECT json_build_object(" SQL_OF_SERVER ")"

/**
 * struct sql_question - what is asked, and whom
 * @dsn: connection string of one server, or @FILE
 * @sql: gives one row with one column of JSON
 * @limit_ns: time limit, of the connection and of the query each
 */
struct sql_question {
	const char *dsn;
	const char *sql;
	int64_t limit_ns;
};

json_t *sql_ask(const struct sql_question *question);
int poller_start_sql(struct poller *poller, sd_event *loop, const struct sql_question *question,
		     unsigned int period_ms, const char *path);

#endif
