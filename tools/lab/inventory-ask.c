// SPDX-License-Identifier: GPL-2.0
/*
 * Asks a cluster about itself: who manages it, PostgreSQL, and the machines over ssh.
 * All of it only reads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory-facts.h"
#include "ledger.h"
#include "pg.h"
#include "remote.h"
#include "util.h"

#define SQL_NS (10 * NSEC_PER_SEC)
#define SSH_S 20
#define CHECK_S 60
#define FREEZE_FILE "/sys/kernel/debug/stop-machine/freeze"
#define MAX_MS_FILE "/sys/module/stop_machine/parameters/max_ms"

#define LOOK_SQL \
	"SELECT pg_is_in_recovery(), (SELECT system_identifier FROM pg_control_system()), " \
	"coalesce((SELECT status FROM pg_stat_wal_receiver LIMIT 1), ''), " \
	"has_database_privilege(current_database(), 'CREATE'), pg_backend_pid(), " \
	"coalesce(inet_client_port(), -1), " \
	"coalesce((SELECT string_agg(nspname, ', ') FROM pg_namespace " \
	"WHERE nspname ~ '^" INVENTORY_SCHEMA "[0-9a-f]{8}$'), '')"

static void ask_managers(const struct inventory *inv, struct inventory_facts *facts)
{
	const struct adapter *adapter = inv->adapter;
	size_t leaders;
	json_t *answer;

	for (size_t i = 0; i < inv->n; i++) {
		answer = adapter_ask(inv, i, adapter->of_member);
		facts_member(&facts->members[i], answer);
		json_decref(answer);
	}
	facts->leader = facts_find_leader(facts, inv->n, &leaders);
	if (facts->leader < 0)
		return;
	answer = adapter_ask(inv, facts->leader, adapter->of_cluster);
	facts_cluster(facts, inv, answer);
	json_decref(answer);
	if (adapter->settings) {
		adapter->settings(inv, facts);
		return;
	}
	answer = adapter_ask(inv, facts->leader, adapter->of_config);
	facts_config(facts, answer);
	json_decref(answer);
}

/* A clean copy of what went wrong elsewhere */
static void note_why(char *why, size_t size, const char *text)
{
	char *clean = text_escape(text);

	snprintf(why, size, "%s", *clean ? clean : "it does not say why");
	free(clean);
}

static enum answer run(const struct inventory *inv, const struct remote_command *command,
		       double seconds, struct remote_answer *answer)
{
	remote_run(inv, command, seconds, answer);
	return answer->status < 0 || answer->status == 255 ? ANSWER_UNKNOWN :
	       answer->status ? ANSWER_NO : ANSWER_YES;
}

/*
 * ssh may lead to another machine than the dsn: then the wrong one would freeze. The
 * server process of our connection runs on the right one, and its title has the port
 * that we come from.
 */
static enum answer is_its_machine(const struct inventory *inv, size_t member, const char *pid,
				  const char *port)
{
	char *path = xasprintf("/proc/%s/cmdline", pid);
	const char * const words[] = { "cat", path, NULL };
	struct remote_command command = { &inv->members[member], false, words };
	char *mark = strcmp(port, "-1") ? xasprintf("(%s)", port) : xstrdup("[local]");
	struct remote_answer answer;
	enum answer ret = run(inv, &command, SSH_S, &answer);

	if (ret == ANSWER_YES && (strncmp(answer.out, "postgres: ", 10) ||
				  !strstr(answer.out, mark)))
		ret = ANSWER_NO;
	remote_free(&answer);
	free(mark);
	free(path);
	return ret;
}

static void take_row(const struct inventory *inv, struct inventory_facts *facts, size_t i,
		     const PGresult *row)
{
	struct member_facts *m = &facts->members[i];

	m->sql_why[0] = '\0';
	m->in_recovery = *PQgetvalue(row, 0, 0) == 't';
	snprintf(m->sql_sysid, sizeof(m->sql_sysid), "%s", PQgetvalue(row, 0, 1));
	m->streaming |= !strcmp(PQgetvalue(row, 0, 2), "streaming");
	if ((int)i != facts->leader)
		return;
	facts->may_create = *PQgetvalue(row, 0, 3) == 't';
	snprintf(facts->leftovers, sizeof(facts->leftovers), "%s", PQgetvalue(row, 0, 6));
	facts->its_machine = is_its_machine(inv, i, PQgetvalue(row, 0, 4), PQgetvalue(row, 0, 5));
}

static void ask_server(const struct inventory *inv, struct inventory_facts *facts, size_t i)
{
	struct member_facts *m = &facts->members[i];
	char *why = NULL;
	PGresult *row;
	struct dsn dsn;
	struct pg pg;

	pg_init(&pg);
	if (dsn_parse(&dsn, inv->members[i].dsn, &why)) {
		note_why(m->sql_why, sizeof(m->sql_why), why);
	} else if (dsn.n != 1) {
		note_why(m->sql_why, sizeof(m->sql_why),
			 "its dsn has several hosts: it must be of this member and no other");
	} else if (pg_connect(&pg, &dsn, SQL_NS) != PG_OK ||
		   pg_query(&pg, LOOK_SQL, 0, NULL, SQL_NS, &row) != PG_OK) {
		note_why(m->sql_why, sizeof(m->sql_why), pg.error);
	} else {
		take_row(inv, facts, i, row);
		PQclear(row);
	}
	free(why);
	pg_close(&pg);
	dsn_free(&dsn);
}

/* One line that a command prints */
static bool ask_line(const struct inventory *inv, struct member_facts *m,
		     const struct inventory_member *member, const char * const *words, char *to,
		     size_t size)
{
	struct remote_command command = { member, false, words };
	struct remote_answer answer;
	bool good = run(inv, &command, SSH_S, &answer) == ANSWER_YES && *answer.out;

	if (good)
		note_why(to, size, answer.out);
	else
		note_why(m->ssh_why, sizeof(m->ssh_why), answer.err);
	remote_free(&answer);
	return good;
}

/* pgrep says 1 where there is none; whatever else it says is no answer */
static enum answer ask_etcd(const struct inventory *inv, const struct inventory_member *member)
{
	static const char * const words[] = { "pgrep", "-x", "etcd", NULL };
	struct remote_command command = { member, false, words };
	struct remote_answer answer;

	remote_run(inv, &command, SSH_S, &answer);
	remote_free(&answer);
	return answer.status == 0 ? ANSWER_YES : answer.status == 1 ? ANSWER_NO : ANSWER_UNKNOWN;
}

static void ask_machine(const struct inventory *inv, struct inventory_facts *facts, size_t i)
{
	static const char * const hostname[] = { "hostname", NULL };
	static const char * const boot_id[] = { "cat", "/proc/sys/kernel/random/boot_id", NULL };
	const struct inventory_member *member = &inv->members[i];
	struct member_facts *m = &facts->members[i];

	m->ssh_why[0] = '\0';
	if (!ask_line(inv, m, member, hostname, m->hostname, sizeof(m->hostname)) ||
	    !ask_line(inv, m, member, boot_id, m->boot_id, sizeof(m->boot_id)))
		return;
	m->etcd = ask_etcd(inv, member);
}

static void ask_module(const struct inventory *inv, struct inventory_facts *facts)
{
	static const char * const is_there[] = { "test", "-e", FREEZE_FILE, NULL };
	static const char * const max_ms[] = { "cat", MAX_MS_FILE, NULL };
	const struct inventory_member *member = &inv->members[facts->leader];
	struct remote_command command = { member, true, is_there };
	struct remote_answer answer;
	char *end;

	facts->module = run(inv, &command, SSH_S, &answer);
	/* test says 1 where it is not there; sudo may say that too, and has a reason then */
	if (facts->module == ANSWER_NO && (answer.status != 1 || *answer.err))
		facts->module = ANSWER_UNKNOWN;
	remote_free(&answer);
	if (facts->module != ANSWER_YES)
		return;
	command.words = max_ms;
	command.become = false;
	if (run(inv, &command, SSH_S, &answer) == ANSWER_YES && *answer.out) {
		facts->max_ms = strtol(answer.out, &end, 10);
		if (*end || facts->max_ms < 0)
			facts->max_ms = -1;
	}
	remote_free(&answer);
}

/* Its exit status is that of a monitoring plug-in: 3 is also "cannot tell" */
static void ask_check(const struct inventory *inv, struct inventory_facts *facts)
{
	const struct inventory_member *member = &inv->members[facts->leader];
	char *ttl = xasprintf("%u", facts->ttl_s), *loop = xasprintf("%u", facts->loop_s);
	const char * const words[] = {
		member->pug_node, "check", "--json", "--ttl", ttl, "--loop-wait", loop,
		*inv->patroni_config ? "--patroni" : NULL, inv->patroni_config, NULL
	};
	const char * const list[] = { member->pug_node, "list", "--json", NULL };
	struct remote_command command = { member, true, words };
	struct remote_answer answer;

	if (run(inv, &command, CHECK_S, &answer) == ANSWER_UNKNOWN || answer.status > 3)
		note_why(facts->protection_why, sizeof(facts->protection_why),
			 *answer.err ? answer.err : "pug-node check can't be run");
	else
		facts_check(facts, answer.out);
	remote_free(&answer);
	command.words = list;
	if (run(inv, &command, SSH_S, &answer) == ANSWER_YES)
		facts_list(facts, answer.out);
	remote_free(&answer);
	free(ttl);
	free(loop);
}

/* In Patroni's file there are passwords: of it only this line is read */
static enum answer ask_fence(const struct inventory *inv, const struct inventory_member *member)
{
	const char * const look[] = { "grep", "-E", "^[[:space:]]*pre_promote:[[:space:]]",
				      inv->patroni_config, NULL };
	static const char * const check[] = { "pug-fence", "check", NULL };
	struct remote_command command = { member, true, look };
	struct remote_answer answer;
	enum answer ret = run(inv, &command, SSH_S, &answer);

	if (ret == ANSWER_YES && !strstr(answer.out, "pug-fence pre-promote"))
		ret = ANSWER_NO;
	remote_free(&answer);
	if (ret != ANSWER_YES)
		return ret;
	command.words = check;
	ret = run(inv, &command, CHECK_S, &answer);
	/* 1 is a warning, such as of plain HTTP */
	if (answer.status == 1)
		ret = ANSWER_YES;
	remote_free(&answer);
	return ret;
}

/**
 * inventory_ask() - all that can be known before a drill
 * @inv: whom to ask
 * @facts: filled in
 *
 * Reads and changes nothing. What can't be asked is not known, and has a reason.
 */
void inventory_ask(const struct inventory *inv, struct inventory_facts *facts)
{
	facts_init(facts, inv->adapter);
	ask_managers(inv, facts);
	for (size_t i = 0; i < inv->n; i++) {
		ask_machine(inv, facts, i);
		ask_server(inv, facts, i);
	}
	if (facts->leader < 0 || *facts->members[facts->leader].ssh_why)
		return;
	ask_module(inv, facts);
	ask_check(inv, facts);
	for (size_t i = 0; *inv->patroni_config && i < inv->n; i++)
		if ((int)i != facts->leader && !facts->members[i].nofailover &&
		    !*facts->members[i].ssh_why)
			facts->members[i].fence = ask_fence(inv, &inv->members[i]);
}
