// SPDX-License-Identifier: GPL-2.0
/*
 * What the drill makes in a database is a schema with a name of its own, and nothing
 * outside of it: so it is removed by one statement, and can't be taken for another's.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "inventory-db.h"
#include "inventory-facts.h"
#include "ledger.h"
#include "pg.h"
#include "util.h"

#define IN_RECOVERY "SELECT pg_is_in_recovery()"
#define STATEMENT_NS (20 * NSEC_PER_SEC)

/**
 * schema_name() - one that nobody has
 * @name: filled in
 */
void schema_name(char name[SCHEMA_SIZE])
{
	unsigned int number = 0;

	while (getrandom(&number, sizeof(number), 0) != sizeof(number))
		;
	snprintf(name, SCHEMA_SIZE, INVENTORY_SCHEMA "%08x", number);
}

/* A server that is in recovery now leads no more */
static int on_leader(const struct inventory_member *member, const char *sql, char **why)
{
	PGresult *row = NULL;
	struct dsn dsn;
	struct pg pg;
	int ret = -1;

	*why = NULL;
	pg_init(&pg);
	if (!dsn_parse(&dsn, member->dsn, why)) {
		if (pg_connect(&pg, &dsn, LEDGER_ASK_NS) == PG_OK &&
		    pg_query(&pg, IN_RECOVERY, 0, NULL, STATEMENT_NS, &row) == PG_OK) {
			if (*PQgetvalue(row, 0, 0) == 't')
				*why = xasprintf("%s is in recovery", member->name);
			else if (pg_query(&pg, sql, 0, NULL, STATEMENT_NS, NULL) == PG_OK)
				ret = 0;
		}
		if (ret && !*why)
			*why = xasprintf("%s: %s", member->name, pg.error);
	}
	PQclear(row);
	pg_close(&pg);
	dsn_free(&dsn);
	return ret;
}

/**
 * schema_make() - make a drill's schema
 * @member: that leads
 * @schema: from schema_name()
 * @why: what went wrong, to be freed; set on failure only. It may be there all the same
 *
 * Return: 0 or -1.
 */
int schema_make(const struct inventory_member *member, const char *schema, char **why)
{
	char *sql = xasprintf("CREATE SCHEMA %s", schema);
	int ret = on_leader(member, sql, why);

	free(sql);
	return ret;
}

/**
 * schema_remove() - remove it, with all that is in it
 * @member: that leads
 * @schema: from schema_name()
 * @why: what went wrong, to be freed; set on failure only
 *
 * Return: 0: it is not there any more; or -1.
 */
int schema_remove(const struct inventory_member *member, const char *schema, char **why)
{
	char *sql = xasprintf("DROP SCHEMA IF EXISTS %s CASCADE", schema);
	int ret = on_leader(member, sql, why);

	free(sql);
	return ret;
}

/**
 * inventory_join() - one connection string for all members
 * @inv: has one for each
 * @extra: settings for all
 * @why: why that can't be, to be freed; set on failure only
 *
 * Return: a string for dsn_parse_private(), to be freed; NULL on failure.
 */
char *inventory_join(const struct inventory *inv, const char *extra, char **why)
{
	struct dsn *dsns = xcalloc(inv->n, sizeof(*dsns));
	char *joined = NULL, *reason = NULL;
	size_t i;

	*why = NULL;
	for (i = 0; i < inv->n && !*why; i++) {
		if (dsn_parse(&dsns[i], inv->members[i].dsn, &reason))
			*why = xasprintf("the dsn of %s: %s", inv->members[i].name, reason);
		else if (dsns[i].n != 1)
			*why = xasprintf("the dsn of %s has several hosts: it must be of this member and no other",
					 inv->members[i].name);
		free(reason);
		reason = NULL;
	}
	if (!*why) {
		joined = dsn_join(dsns, inv->n, extra, &reason);
		if (!joined)
			*why = xasprintf("in the members' dsn %s", reason);
		free(reason);
	}
	while (i--)
		dsn_free(&dsns[i]);
	free(dsns);
	return joined;
}

/**
 * inventory_server() - where a member's dsn leads, for people
 * @member: its dsn may be in a file
 *
 * Return: "HOST:PORT", to be freed; nothing else of the string is told.
 */
char *inventory_server(const struct inventory_member *member)
{
	char *why = NULL, *server;
	struct dsn dsn;

	server = dsn_parse(&dsn, member->dsn, &why) ? xstrdup("?") : dsn_server(&dsn, 0);
	free(why);
	dsn_free(&dsn);
	return server;
}
