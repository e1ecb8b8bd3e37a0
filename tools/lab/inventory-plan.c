// SPDX-License-Identifier: GPL-2.0
/* What will be done to somebody's cluster, before anything is. */
#include <stdio.h>
#include <stdlib.h>

#include "inventory-play.h"
#include "remote.h"
#include "util.h"

/**
 * inventory_freeze_line() - the command that freezes, as the leader's shell is given it
 * @inv: the cluster
 * @facts: who leads, and its hostname
 * @wish: for how long
 *
 * Return: a line, to be freed.
 */
char *inventory_freeze_line(const struct inventory *inv, const struct inventory_facts *facts,
			    const struct inventory_wish *wish)
{
	const struct inventory_member *member = &inv->members[facts->leader];
	char *ms = xasprintf("%u", wish->freeze_ms);
	const char * const words[] = { member->pug_node, "freeze", "--msecs", ms, "--yes-freeze",
				       facts->members[facts->leader].hostname, "--json", NULL };
	struct remote_command command = { member, true, words };
	char *line = remote_line(&command);

	free(ms);
	return line;
}

static void print_others(const struct inventory *inv, const struct inventory_facts *facts,
			 FILE *out)
{
	for (size_t i = 0; i < inv->n; i++) {
		const char *why;

		if ((int)i == facts->leader)
			continue;
		if (facts_may_lead(facts, i, &why))
			fprintf(out, "  may take over   %s\n", inv->members[i].name);
		else
			fprintf(out, "  stays behind    %s: it %s\n", inv->members[i].name, why);
	}
}

static void print_protection(const struct inventory *inv, const struct inventory_facts *facts,
			     FILE *out)
{
	const char *name = inv->members[facts->leader].name;

	if (facts_watched(facts))
		fprintf(out, "  protection      a watchdog: %s\n", facts->frozen_why);
	if (facts_fenced(facts, inv))
		fprintf(out, "  protection      pug-fence, on those that may take over: it may end the VM of %s, which stays off\n",
			name);
	if (!facts_watched(facts) && !facts_fenced(facts, inv))
		fprintf(out, "  protection      NONE IS CONFIRMED: when %s thaws it may go on as the leader, and what another has acknowledged meanwhile may be lost, of the drill's clients and of all others\n",
			name);
}

static void print_rest(const struct inventory *inv, const struct inventory_facts *facts,
		       const char *schema, FILE *out)
{
	const char *name = inv->members[facts->leader].name;

	fprintf(out, "  over ssh        questions on every member, before and after; nothing is loaded, installed or configured\n");
	fprintf(out, "  in the database schema %s with one table, on %s; two clients insert twenty rows a second\n",
		schema, name);
	fprintf(out, "  it ends with    DROP SCHEMA %s CASCADE, on whoever leads then; after Ctrl-C, too\n",
		schema);
	if (!inv->adapter->rejoins)
		fprintf(out, "  afterwards      nothing of %s makes %s follow the new leader: thawed, or reset where PostgreSQL starts at boot, it leads on beside it, and takes writes, until you act (repmgr node rejoin --force-rewind)\n",
			inv->adapter->title, name);
	fprintf(out, "  what it costs   no client of this cluster can write until another leads; sessions with %s end; what it has acknowledged and not sent to a standby may be lost with it (as in any failover of an asynchronous cluster), and a reset is not a clean shutdown\n",
		name);
}

/**
 * inventory_plan() - say what will be done
 * @inv: the cluster
 * @facts: nothing is against it
 * @wish: what is done
 * @schema: that will be made
 * @out: where to
 */
void inventory_plan(const struct inventory *inv, const struct inventory_facts *facts,
		    const struct inventory_wish *wish, const char *schema, FILE *out)
{
	const struct member_facts *leader = &facts->members[facts->leader];
	char *line = inventory_freeze_line(inv, facts, wish);
	char *server = inventory_server(&inv->members[facts->leader]);

	fprintf(out, "The leader of the cluster %s will be frozen.\n", inv->scope);
	if (inv->adapter->untested)
		fprintf(out, "  UNTESTED        no %s was ever drilled with this program: what is asked of it is known from its documentation only\n",
			inv->adapter->title);
	fprintf(out, "  leads now       %s: machine %s, over ssh %s, PostgreSQL at %s, timeline %ld\n",
		inv->members[facts->leader].name, leader->hostname,
		inv->members[facts->leader].ssh, server, leader->timeline);
	print_others(inv, facts, out);
	print_protection(inv, facts, out);
	fprintf(out, "  is run on it    %s\n", line);
	fprintf(out, "  for             %u s (%s: %u s): every CPU of that machine stands still, with all else that runs there\n",
		wish->freeze_ms / 1000, inv->adapter->least, facts->ttl_s + facts->loop_s);
	print_rest(inv, facts, schema, out);
	free(server);
	free(line);
}
