// SPDX-License-Identifier: GPL-2.0
/*
 * May this cluster be drilled? A pure function of what is known. What is not known
 * is a no, and all that is in the way is said at once.
 */
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "inventory-facts.h"
#include "util.h"

static void __printf(2, 3)
add(struct reasons *reasons, const char *fmt, ...)
{
	va_list ap;

	reasons->list = xrealloc(reasons->list, (reasons->n + 1) * sizeof(*reasons->list));
	va_start(ap, fmt);
	reasons->list[reasons->n++] = xvasprintf(fmt, ap);
	va_end(ap);
}

/**
 * reasons_free() - free them
 * @reasons: may be empty
 */
void reasons_free(struct reasons *reasons)
{
	for (size_t i = 0; i < reasons->n; i++)
		free(reasons->list[i]);
	free(reasons->list);
	memset(reasons, 0, sizeof(*reasons));
}

/* Only of repmgr: each standby's own repmgrd decides that */
static const char *by_hand(const struct member_facts *m)
{
	return m->automatic == ANSWER_NO ? "does not promote by itself (failover in repmgr.conf)" :
	       m->automatic == ANSWER_UNKNOWN ?
	       "has a repmgr.conf that can't be read, or none that repmgr.nodes names" : NULL;
}

/**
 * facts_may_lead() - would this standby take over?
 * @facts: of the cluster
 * @member: which
 * @why: why not, a static string; set where it would not
 *
 * Return: whether.
 */
bool facts_may_lead(const struct inventory_facts *facts, size_t member, const char **why)
{
	const struct member_facts *m = &facts->members[member];
	const struct member_facts *leader = &facts->members[facts->leader];

	*why = m->witness ? "is a witness" :
	       *m->self_why ? "has a manager that does not answer" :
	       *m->sql_why ? "has a PostgreSQL that can't be asked" :
	       strcmp(m->role, "replica") || !m->in_recovery ? "is no replica" :
	       strcmp(m->state, "running") && strcmp(m->state, "streaming") ? "does not run" :
	       !m->listed ? "is not in the leader's list" :
	       m->nofailover ? facts->adapter->no_lead : by_hand(m) ? by_hand(m) :
	       facts->sync && !m->is_sync ?
	       "is no synchronous standby, and no other is promoted" :
	       !m->streaming ? "is not known to stream from the leader" :
	       !m->timeline || m->timeline != leader->timeline ? "is on another timeline" :
	       m->lag < 0 ? "has a lag that is not known" :
	       m->lag > facts->max_lag ? facts->adapter->max_lag : NULL;
	return !*why;
}

/**
 * facts_watched() - will a watchdog reset the leader in the freeze?
 * @facts: of the cluster
 *
 * Return: true only if that is confirmed: it is armed, held by Patroni, or by whoever
 * where the manager holds none, and such a one was seen to fire before the thaw.
 */
bool facts_watched(const struct inventory_facts *facts)
{
	return !*facts->protection_why && !strcmp(facts->frozen, "yes") &&
	       (facts->holder || !facts->adapter->holds) && facts->active &&
	       !facts->members[facts->leader].no_watchdog;
}

/**
 * facts_fenced() - does whoever takes over make sure that the leader is gone?
 * @facts: of the cluster
 * @inv: its members
 *
 * Return: true only if pug-fence is confirmed on each that may be promoted.
 */
bool facts_fenced(const struct inventory_facts *facts, const struct inventory *inv)
{
	const char *why;
	size_t n = 0;

	for (size_t i = 0; i < inv->n; i++) {
		if ((int)i == facts->leader || facts->members[i].nofailover)
			continue;
		if (facts->members[i].fence != ANSWER_YES)
			return false;
		n += facts_may_lead(facts, i, &why);
	}
	return n;
}

/* What is in no member's own name is told by what no two clusters share */
static void judge_identity(const struct inventory *inv, const struct member_facts *m,
			   struct reasons *reasons, const char *name)
{
	const struct adapter *adapter = inv->adapter;

	if (adapter->has_scope && strcmp(m->scope, inv->scope))
		add(reasons, "%s belongs to the cluster '%s', the inventory is of '%s'", name,
		    m->scope, inv->scope);
	if (!adapter->has_scope && !*inv->system_identifier)
		add(reasons, "which cluster it is has to be in the inventory, for %s has no name of it: in [cluster] system_identifier = %s, says %s",
		    adapter->title, m->sysid, name);
	else if (*inv->system_identifier && strcmp(m->sysid, inv->system_identifier))
		add(reasons, "%s belongs to another cluster: its system identifier is %s, the inventory has %s",
		    name, m->sysid, inv->system_identifier);
}

static void judge_witness(const struct inventory *inv, const struct member_facts *m,
			  struct reasons *reasons, const char *name)
{
	const char *runs = inv->adapter->runs;

	if (m->witness)
		add(reasons, "%s is a witness: the drill never touches one; remove it from the inventory",
		    name);
	if (runs && m->runs == ANSWER_NO)
		add(reasons, "%s does not run on %s: it would notice nothing", runs, name);
	else if (runs && m->runs == ANSWER_UNKNOWN)
		add(reasons, "whether %s runs on %s can't be told: is %s in shared_preload_libraries?",
		    runs, name, inv->adapter->name);
}

static void judge_self(const struct inventory *inv, const struct inventory_facts *facts,
		       struct reasons *reasons, size_t i)
{
	const struct inventory_member *member = &inv->members[i];
	const struct member_facts *m = &facts->members[i];

	if (*m->self_why && inv->adapter->rest) {
		add(reasons, "the %s of %s does not answer at %s: %s", inv->adapter->title,
		    member->name, member->api, m->self_why);
		return;
	}
	/* Where SQL fails altogether that is told once, of PostgreSQL */
	if (*m->self_why && !*m->sql_why)
		add(reasons, "the views of %s can't be asked on %s: %s", inv->adapter->title,
		    member->name, m->self_why);
	if (*m->self_why)
		return;
	judge_identity(inv, m, reasons, member->name);
	judge_witness(inv, m, reasons, member->name);
	if (*m->name && strcmp(m->name, member->name))
		add(reasons, "at %s there is the member '%s', not %s: its section's name must be that of %s",
		    inv->adapter->rest ? member->api : "its dsn", m->name, member->name,
		    inv->adapter->title);
	if (m->paused)
		add(reasons, "%s is in maintenance mode: nobody would take over (%s)",
		    member->name, inv->adapter->resume);
	if (!strcmp(m->role, "standby_leader"))
		add(reasons, "%s leads a standby cluster, which takes no writes", member->name);
}

static void judge_sql(const struct inventory *inv, const struct inventory_facts *facts,
		      struct reasons *reasons, size_t i)
{
	const struct inventory_member *member = &inv->members[i];
	const struct member_facts *m = &facts->members[i];

	if (*m->sql_why)
		add(reasons, "the PostgreSQL of %s can't be asked for its rows: %s", member->name,
		    m->sql_why);
	else if (!*m->self_why && strcmp(m->sysid, m->sql_sysid))
		add(reasons, "the dsn of %s leads to another cluster: its system identifier is %s, %s's %s",
		    member->name, m->sql_sysid, inv->adapter->title,
		    *m->sysid ? m->sysid : "not known");
	else if (!*m->self_why && m->in_recovery == facts_leads(m))
		add(reasons, "the dsn of %s leads to another server: %s says '%s', and it is %s recovery",
		    member->name, inv->adapter->title, m->role, m->in_recovery ? "in" : "not in");
}

static void judge_machine(const struct inventory *inv, const struct inventory_facts *facts,
			  struct reasons *reasons, size_t i)
{
	const struct inventory_member *member = &inv->members[i];
	const struct member_facts *m = &facts->members[i];

	if (*m->ssh_why) {
		add(reasons, "the machine of %s can't be asked over ssh (%s): %s", member->name,
		    member->ssh, m->ssh_why);
		return;
	}
	if (m->etcd == ANSWER_YES)
		add(reasons, "an etcd runs on the machine of %s: the drill never touches an etcd member, nor a cluster with one among those that may lead",
		    member->name);
	else if (m->etcd == ANSWER_UNKNOWN)
		add(reasons, "whether an etcd runs on the machine of %s can't be told (pgrep, of procps, is wanted there)",
		    member->name);
	for (size_t k = 0; k < i; k++)
		if (!*facts->members[k].ssh_why && *m->boot_id &&
		    !strcmp(m->boot_id, facts->members[k].boot_id))
			add(reasons, "%s and %s are on one machine: it would freeze both",
			    inv->members[k].name, member->name);
}

static void judge_leader(const struct inventory *inv, const struct inventory_facts *facts,
			 struct reasons *reasons)
{
	size_t leaders;

	facts_find_leader(facts, inv->n, &leaders);
	if (leaders > 1)
		add(reasons, "%zu members say that they lead: do nothing to this cluster but repair it",
		    leaders);
	else if (!leaders)
		add(reasons, "nobody leads");
}

static void judge_standbys(const struct inventory *inv, const struct inventory_facts *facts,
			   struct reasons *reasons)
{
	char list[512] = "";
	size_t n = 0;

	for (size_t i = 0; i < inv->n; i++) {
		size_t used = strlen(list);
		const char *why;

		if ((int)i == facts->leader)
			continue;
		n += facts_may_lead(facts, i, &why);
		if (why)
			snprintf(list + used, sizeof(list) - used, "%s%s %s", used ? "; " : "",
				 inv->members[i].name, why);
	}
	if (!n)
		add(reasons, "no standby would take over: %s", list);
	if (*facts->strangers)
		add(reasons, "%s lists members that the inventory does not have: %s",
		    inv->adapter->title, facts->strangers);
	if (*facts->no_failover)
		add(reasons, "nobody would take over: %s", facts->no_failover);
	for (size_t i = 0; i < inv->n; i++)
		if ((int)i != facts->leader && facts->members[i].says_leads)
			add(reasons, "%s lists %s as its leader, and %s leads: repair that first",
			    inv->adapter->title, inv->members[i].name,
			    inv->members[facts->leader].name);
	if (facts->paused && !facts->members[facts->leader].paused)
		add(reasons, "the cluster is in maintenance mode: nobody would take over (%s)",
		    inv->adapter->resume);
}

static void judge_freeze(const struct inventory *inv, const struct inventory_facts *facts,
			 const struct inventory_wish *wish, struct reasons *reasons)
{
	const char *name = inv->members[facts->leader].name;
	unsigned int least = facts->ttl_s + facts->loop_s;

	if (!facts->ttl_s)
		add(reasons, "for how long a leader may be silent can't be read (%s)",
		    inv->adapter->least);
	else if (wish->freeze_ms < least * 1000)
		add(reasons, "a freeze of %u s is over before another may lead: --freeze %u is the least here (%s)",
		    wish->freeze_ms / 1000, least, inv->adapter->least);
	if (facts->module == ANSWER_NO)
		add(reasons, "stop-machine.ko is not loaded on %s, or debugfs is not mounted: nothing is loaded by pug, see Documentation/your-cluster.rst",
		    name);
	else if (facts->module == ANSWER_UNKNOWN || facts->max_ms < 0)
		add(reasons, "whether stop-machine.ko is loaded on %s can't be told: does 'become' make root of us?",
		    name);
	else if ((long)wish->freeze_ms > facts->max_ms)
		add(reasons, "the module on %s allows %ld ms (its parameter max_ms), not %u", name,
		    facts->max_ms, wish->freeze_ms);
	if (facts->its_machine == ANSWER_NO)
		add(reasons, "the ssh of %s leads to a machine where its PostgreSQL does not run",
		    name);
	else if (facts->its_machine == ANSWER_UNKNOWN)
		add(reasons, "that the ssh of %s leads to its PostgreSQL's machine can't be shown: may /proc be read there (hidepid), and does the dsn lead to it directly?",
		    name);
}

static void judge_protection(const struct inventory *inv, const struct inventory_facts *facts,
			     const struct inventory_wish *wish, struct reasons *reasons)
{
	bool no_watchdog = facts->members[facts->leader].no_watchdog;
	const char *name = inv->members[facts->leader].name;
	const char *why = *facts->protection_why ? facts->protection_why :
			  no_watchdog ? "Patroni says that it can't use it" :
			  !*facts->frozen ? "pug-node check does not say so" :
			  strcmp(facts->frozen, "yes") ? facts->frozen_why :
			  inv->adapter->holds ? "that it is armed by Patroni is not confirmed" :
			  "that it is armed, and by whom, is not confirmed";

	if (wish->without_protection || facts_watched(facts) || facts_fenced(facts, inv))
		return;
	add(reasons, "no watchdog is confirmed to reset %s in the freeze (%s), and no pug-fence is confirmed on those that would take over: acknowledged rows may be lost; --without-protection drills all the same",
	    name, why);
}

static void judge_database(const struct inventory *inv, const struct inventory_facts *facts,
			   struct reasons *reasons)
{
	const char *name = inv->members[facts->leader].name;

	if (*facts->members[facts->leader].sql_why)
		return;
	if (*facts->leftovers)
		add(reasons, "an earlier drill has left something behind: %s; remove it on %s by 'DROP SCHEMA %s CASCADE'",
		    facts->leftovers, name, facts->leftovers);
	if (!facts->may_create)
		add(reasons, "the user of the dsn of %s may not make a schema there (GRANT CREATE ON DATABASE)",
		    name);
}

/**
 * inventory_decide() - may this cluster be drilled?
 * @inv: who should be there
 * @facts: what is known
 * @wish: what is to be done
 * @reasons: empty; all reasons against it
 */
void inventory_decide(const struct inventory *inv, const struct inventory_facts *facts,
		      const struct inventory_wish *wish, struct reasons *reasons)
{
	for (size_t i = 0; i < inv->n; i++) {
		judge_self(inv, facts, reasons, i);
		judge_sql(inv, facts, reasons, i);
		judge_machine(inv, facts, reasons, i);
	}
	judge_leader(inv, facts, reasons);
	if (facts->leader < 0)
		return;
	judge_standbys(inv, facts, reasons);
	judge_freeze(inv, facts, wish, reasons);
	judge_protection(inv, facts, wish, reasons);
	judge_database(inv, facts, reasons);
}
