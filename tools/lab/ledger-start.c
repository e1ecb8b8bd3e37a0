// SPDX-License-Identifier: GPL-2.0
/* Clients as processes of their own: what kills one leaves its journal. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "ledger.h"
#include "pg.h"
#include "util.h"

#define INIT_LIMIT_NS (30 * NSEC_PER_SEC)

/*
 * No unique key: it would hide that a row came twice. A row says by itself on
 * which timeline and server it was written.
 */
#define TABLE_SQL \
	"CREATE TABLE IF NOT EXISTS %s (" \
	"client text NOT NULL, id bigint NOT NULL, " \
	"timeline int NOT NULL DEFAULT " \
	"('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int, " \
	"server text NOT NULL DEFAULT " \
	"coalesce(host(inet_server_addr()) || ':' || inet_server_port(), 'local'), " \
	"at timestamptz NOT NULL DEFAULT clock_timestamp())"

/**
 * ledger_table_is_good() - may the table be called this?
 * @table: small letters, digits and '_', with one '.' after a schema's name
 *
 * It goes into statements as it is.
 *
 * Return: whether.
 */
bool ledger_table_is_good(const char *table)
{
	const char *p = table;

	for (int part = 0; part < 2; part++) {
		size_t len = strspn(p, "abcdefghijklmnopqrstuvwxyz_0123456789");

		if (!len || len > 63 || (*p >= '0' && *p <= '9'))
			return false;
		if (!p[len])
			return true;
		if (p[len] != '.')
			return false;
		p += len + 1;
	}
	return false;
}

static int query(struct pg *pg, char *sql, PGresult **result)
{
	enum pg_status status = pg_query(pg, sql, 0, NULL, INIT_LIMIT_NS, result);

	free(sql);
	return status == PG_OK ? 0 : -1;
}

static int make_table(struct pg *pg, const char *table, bool empty, char **why)
{
	PGresult *rows = NULL;
	int ret = 0;

	if (query(pg, xasprintf(TABLE_SQL, table), NULL) ||
	    (empty && query(pg, xasprintf("TRUNCATE %s", table), NULL)) ||
	    query(pg, xasprintf("SELECT client, id, timeline, server, at FROM %s LIMIT 1", table),
		  &rows))
		return -1;
	if (PQntuples(rows)) {
		*why = xasprintf("the table %s has rows: --empty removes them", table);
		ret = -1;
	}
	PQclear(rows);
	return ret;
}

/**
 * ledger_init() - make the table
 * @dsn: of a server that takes writes
 * @table: ledger_table_is_good()
 * @empty: remove the rows that are in it; else a table with rows is refused
 * @why: what went wrong, to be freed; set on failure only
 *
 * Return: 0 or -1.
 */
int ledger_init(const char *dsn, const char *table, bool empty, char **why)
{
	struct dsn parsed;
	struct pg pg;
	int ret = -1;

	*why = NULL;
	pg_init(&pg);
	if (!dsn_parse(&parsed, dsn, why)) {
		if (pg_connect(&pg, &parsed, LEDGER_ASK_NS) == PG_OK)
			ret = make_table(&pg, table, empty, why);
		if (ret && !*why)
			*why = xasprintf("%s: %s", pg.peer, pg.error);
	}
	pg_close(&pg);
	dsn_free(&parsed);
	return ret;
}

/* Nothing of the parent's but standard input, output and error is the child's */
static int be_child(const struct ledger_client *client, pid_t parent)
{
	sigset_t stop, none;
	int wake;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		return PUG_COULD_NOT_RUN;
	syscall(SYS_close_range, 3, ~0U, 0);
	sigemptyset(&none);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_SETMASK, &stop, NULL);
	wake = signalfd(-1, &stop, SFD_CLOEXEC);
	if (wake < 0)
		return PUG_COULD_NOT_RUN;
	return ledger_client_run(client, wake);
}

/**
 * ledger_start() - start a client as a child process
 * @client: how it works
 * @why: what went wrong, to be freed; set on failure only
 *
 * SIGTERM stops it. It ends with this process, and its journal remains. The
 * connection string is nowhere to be seen in /proc.
 *
 * Return: its process id; ledger_stop() it, or wait for it. -1 on failure.
 */
pid_t ledger_start(const struct ledger_client *client, char **why)
{
	pid_t parent = getpid(), pid;
	struct dsn parsed;
	int ret;

	ret = client->is_private ? dsn_parse_private(&parsed, client->dsn, why) :
	      dsn_parse(&parsed, client->dsn, why);
	dsn_free(&parsed);
	if (ret)
		return -1;
	if (!journal_name_is_good(client->name) || !ledger_table_is_good(client->table)) {
		*why = xasprintf("a client's name has letters, digits, '-', '_' and '.', a table's small letters, digits and '_'");
		return -1;
	}
	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		*why = xasprintf("fork: %s", strerror(errno));
		return -1;
	}
	if (!pid) {
		ret = be_child(client, parent);
		fflush(NULL);
		_exit(ret);
	}
	return pid;
}

/**
 * ledger_stop() - stop a client and wait for its end
 * @pid: from ledger_start(), not yet waited for
 * @limit_ns: then it is killed; its own time limit for an insert, and some
 *
 * Return: its exit status, or -1 if it had to be killed or was.
 */
int ledger_stop(pid_t pid, int64_t limit_ns)
{
	int fd = syscall(SYS_pidfd_open, pid, 0), status = 0;
	struct pollfd end = { .fd = fd, .events = POLLIN };
	struct timespec ts = { limit_ns / NSEC_PER_SEC, limit_ns % NSEC_PER_SEC };

	kill(pid, SIGTERM);
	if (fd < 0 || ppoll(&end, 1, &ts, NULL) <= 0)
		kill(pid, SIGKILL);
	if (fd >= 0)
		close(fd);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
