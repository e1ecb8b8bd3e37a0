/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ledger: clients insert numbered rows and write down every try and every
 * acknowledgment; then it is settled what became of them. For drills:
 *
 *	ledger_init(dsn, LEDGER_TABLE, true, &why);
 *	pid = ledger_start(&client, &why);	// one process a client
 *	... freeze the leader ...
 *	ledger_stop(pid, limit_ns);
 *	journal_read(&journal, client.journal, &why);
 */
#ifndef PUG_LEDGER_H
#define PUG_LEDGER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "journal.h"

#define LEDGER_TABLE "pug_ledger"
#define LEDGER_INTERVAL_NS 100000000LL
#define LEDGER_STATEMENT_NS 2000000000LL
#define LEDGER_CONNECT_NS 1000000000LL
/* Where nothing is measured: a loaded machine may take its time */
#define LEDGER_ASK_NS 15000000000LL
#define LEDGER_RECONNECT_NS 200000000LL

/**
 * struct ledger_client - how a client works
 * @name: journal_name_is_good()
 * @dsn: whom it asks, as dsn_parse() takes it
 * @is_private: as dsn_parse_private() does
 * @journal: file; where there is one it goes on with the next number
 * @table: as made by ledger_init()
 * @interval_ns: from one try to the next
 * @statement_ns: time limit of an insert; then the connection is given up
 * @connect_ns: time limit to connect to one server; connect_timeout wins
 * @rows: stop after so many numbers, 0 for never
 * @fresh: connect for each row
 * @cling: keep to the first server it got, and wait for it beyond all limits
 * @retry: try the same number until it is acknowledged, as an application
 *	without idempotence does: this can insert twice
 * @sync: the journal waits for the disk after each line
 */
struct ledger_client {
	const char *name;
	const char *dsn;
	const char *journal;
	const char *table;
	int64_t interval_ns;
	int64_t statement_ns;
	int64_t connect_ns;
	uint64_t rows;
	bool is_private;
	bool fresh;
	bool cling;
	bool retry;
	bool sync;
};

#define LEDGER_CLIENT_DEFAULTS {			\
	.table = LEDGER_TABLE,				\
	.interval_ns = LEDGER_INTERVAL_NS,		\
	.statement_ns = LEDGER_STATEMENT_NS,		\
	.connect_ns = LEDGER_CONNECT_NS,		\
}

bool ledger_table_is_good(const char *table);
int ledger_init(const char *dsn, const char *table, bool empty, char **why);
int ledger_client_run(const struct ledger_client *client, int wake);
pid_t ledger_start(const struct ledger_client *client, char **why);
int ledger_stop(pid_t pid, int64_t limit_ns);

#endif
