// SPDX-License-Identifier: GPL-2.0
/* What came of a drill on somebody's cluster: from its folder to a few sentences. */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "drill-play.h"
#include "drill-settle.h"
#include "inventory-play.h"
#include "util.h"

/* Which server it was is not needed: a row's timeline says who led */
static int any_node(const char *server)
{
	(void)server;
	return DRILL_NODES;
}

/* What was done, and when: for who reads the timeline */
static void read_lab(struct drill_timeline *tl, const char *dir)
{
	char *path = path_join(dir, DRILL_LAB);
	FILE *in = fopen(path, "re");

	if (in) {
		drill_lab(tl, MOMENT_LAB, in);
		fclose(in);
	}
	free(path);
}

/**
 * inventory_evidence() - what the folder has
 * @tl: empty; in order afterwards
 * @drill: played
 */
void inventory_evidence(struct drill_timeline *tl, const struct inventory_drill *drill)
{
	char *path = path_join(drill->dir, DRILL_SETTLED);

	for (size_t i = 0; inventory_clients[i]; i++) {
		char *journal = drill_journal_path(drill->dir, inventory_clients[i]);

		drill_journal(tl, journal, inventory_clients[i], any_node);
		free(journal);
	}
	tl->settled = json_load_file(path, 0, NULL);
	free(path);
	read_lab(tl, drill->dir);
	drill_sort(tl);
}

static long count_of(const json_t *settled, const char *kind)
{
	const json_t *rows = json_object_get(settled, kind);

	return json_is_array(rows) ? (long)json_array_size(rows) : -1;
}

/* The old leader's timeline goes on being acknowledged after a newer one was */
static long two_leaders(const struct drill_timeline *tl, double fault)
{
	double newer = 0, older = 0;
	long before = 0;

	for (size_t i = 0; i < tl->n; i++) {
		const struct moment *m = &tl->moments[i];

		if (m->kind != MOMENT_ACK || m->value <= 0)
			continue;
		if (m->t < fault)
			before = m->value > before ? m->value : before;
		else if (m->value > before && !newer)
			newer = m->t;
		else if (m->value == before)
			older = m->t;
	}
	return newer && older > newer ? (long)((older - newer) * 1000 + 0.5) : 0;
}

static size_t count_acks(const struct drill_timeline *tl)
{
	size_t n = 0;

	for (size_t i = 0; i < tl->n; i++)
		n += tl->moments[i].kind == MOMENT_ACK;
	return n;
}

/* The drill's own reason for not being judged, NULL if it can be */
static const char *cannot_judge(const struct inventory_drill *drill,
				const struct drill_timeline *tl)
{
	if (*drill->error)
		return drill->error;
	if (!drill->fault_s)
		return "there was no freeze";
	if (!drill->frozen)
		return "that the leader stood still can't be shown";
	if (*tl->broken)
		return tl->broken;
	if (!count_acks(tl))
		return "no client was acknowledged anything";
	return NULL;
}

static void take_rows(struct inventory_verdict *v, const json_t *settled)
{
	const json_t *acked = json_object_get(settled, "acked_rows");

	/* Without a leader none is known to be lost, and none not to be */
	if (!json_object_get(settled, "leader"))
		return;
	v->acked = json_is_integer(acked) ? (long)json_integer_value(acked) : -1;
	v->lost = count_of(settled, "lost");
	v->twice = count_of(settled, "twice");
	v->foreign = count_of(settled, "foreign");
	v->differ = count_of(settled, "differs");
	v->phantom = count_of(settled, "phantom");
}

static enum drill_kind classify(const struct inventory_verdict *v,
				const struct inventory_drill *drill, const json_t *settled)
{
	const char *word = json_string_value(json_object_get(settled, "verdict"));
	const struct inventory_facts *facts = drill->facts;
	long failover_ms = (long)(facts->ttl_s + facts->loop_s + facts->retry_s) * 1000;

	if (!word || v->lost < 0 || v->acked < 0)
		return DRILL_ERROR;
	if (v->lost > 0)
		return DRILL_LOST;
	if (strcmp(word, "all-there") || !drill->well)
		return DRILL_ERROR;
	if (v->two_leaders_ms > 0 || drill->two_lead)
		return DRILL_SPLIT_BRAIN;
	return v->outage_ms > failover_ms ? DRILL_OUTAGE : DRILL_SAFE;
}

static void say(struct inventory_verdict *v, const char *fmt, ...) __printf(2, 3);

static void say(struct inventory_verdict *v, const char *fmt, ...)
{
	size_t len = strlen(v->reason);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(v->reason + len, sizeof(v->reason) - len, fmt, ap);
	va_end(ap);
}

static const char *name_of(const struct inventory_drill *drill, int member)
{
	return member < 0 ? "nobody" : drill->inv->members[member].name;
}

static void tell_story(struct inventory_verdict *v, const struct inventory_drill *drill)
{
	static const char * const resets[] = {
		[ANSWER_UNKNOWN] = "whether it was reset is not known",
		[ANSWER_NO] = "it was not reset", [ANSWER_YES] = "it was reset",
	};

	say(v, "%s was frozen for %u s, and %s; %s leads now. ",
	    name_of(drill, drill->facts->leader), drill->wish->freeze_ms / 1000,
	    resets[drill->reset], name_of(drill, drill->leader));
	if (v->lost > 0)
		say(v, "%ld of %ld acknowledged rows are lost", v->lost, v->acked);
	else if (v->lost == 0)
		say(v, "None of %ld acknowledged rows is lost", v->acked);
	else
		say(v, "What the nodes have is not known");
	if (v->outage_ms >= 0)
		say(v, "; the longest time without an acknowledgment was %.1f s",
		    (double)v->outage_ms / 1000);
	say(v, ". ");
	if (v->two_leaders_ms > 0)
		say(v, "For %.1f s two nodes acknowledged writes. ",
		    (double)v->two_leaders_ms / 1000);
	if (drill->two_lead)
		say(v, "%s leads on beside it: nothing of %s ends that. ",
		    name_of(drill, drill->facts->leader), drill->inv->adapter->title);
	if (v->twice > 0 || v->foreign > 0 || v->differ > 0)
		say(v, "Rows: %ld twice, %ld foreign, %ld different on the nodes. ", v->twice,
		    v->foreign, v->differ);
	if (!drill->well)
		say(v, "The cluster has not become well again. ");
}

/**
 * inventory_judge() - what the evidence shows
 * @v: filled in
 * @drill: played
 * @tl: from inventory_evidence()
 */
void inventory_judge(struct inventory_verdict *v, const struct inventory_drill *drill,
		     const struct drill_timeline *tl)
{
	const char *why = cannot_judge(drill, tl);
	const char *no_leader = json_string_value(json_object_get(tl->settled, "no_leader"));

	*v = (struct inventory_verdict) {
		.kind = DRILL_ERROR, .outage_ms = DRILL_NO_TIME, .two_leaders_ms = DRILL_NO_TIME,
		.acked = -1, .lost = -1, .twice = -1, .foreign = -1, .differ = -1, .phantom = -1,
	};
	if (why) {
		say(v, "%s. ", why);
	} else {
		take_rows(v, tl->settled);
		v->outage_ms = drill_longest_gap(tl, MOMENT_ACK, drill->fault_s, drill->end_s);
		v->two_leaders_ms = two_leaders(tl, drill->fault_s);
		v->kind = classify(v, drill, tl->settled);
		tell_story(v, drill);
		if (v->kind == DRILL_ERROR && no_leader)
			say(v, "%s. ", no_leader);
	}
	if (drill->schema_left)
		say(v, "The schema %s is still there. ", drill->schema);
	v->reason[strlen(v->reason) - 1] = '\0';
}

/* Rows that are doubled, foreign or different are no less wrong than lost ones */
static bool is_wrong(const struct inventory_verdict *v)
{
	return v->lost > 0 || v->twice > 0 || v->foreign > 0 || v->differ > 0;
}

/**
 * inventory_status() - what the program says with its exit status
 * @v: judged
 * @drill: played
 *
 * Return: 0: no acknowledged row is lost; 1: rows are; 2: it can't be told, or
 * something was left behind.
 */
int inventory_status(const struct inventory_verdict *v, const struct inventory_drill *drill)
{
	if (drill->interrupted || drill->schema_left)
		return PUG_COULD_NOT_RUN;
	if (is_wrong(v))
		return PUG_SURPRISE;
	return v->kind == DRILL_ERROR ? PUG_COULD_NOT_RUN : PUG_AS_EXPECTED;
}

static json_t *number(long value)
{
	return value < 0 ? json_null() : json_integer(value);
}

/**
 * inventory_result() - all of it, for programs
 * @v: judged
 * @drill: played
 *
 * Return: a new object (Documentation/your-cluster.rst).
 */
json_t *inventory_result(const struct inventory_verdict *v, const struct inventory_drill *drill)
{
	const struct member_facts *old = &drill->facts->members[drill->facts->leader];
	json_t *json = json_pack("{s:s s:s s:s s:s s:I s:I s:I s:b s:s s:s s:s s:s}",
				 "verdict", drill_kind_name(v->kind), "reason", v->reason,
				 "scope", drill->inv->scope,
				 "adapter", drill->inv->adapter->name,
				 "freeze_ms", (json_int_t)drill->wish->freeze_ms,
				 "ttl_s", (json_int_t)drill->facts->ttl_s,
				 "loop_wait_s", (json_int_t)drill->facts->loop_s,
				 "without_protection", drill->wish->without_protection,
				 "leader_before", name_of(drill, drill->facts->leader),
				 "hostname", old->hostname, "boot_id_before", old->boot_id,
				 "schema", drill->schema);

	json_object_set_new(json, "boot_id_after",
			    *drill->boot_id ? json_string(drill->boot_id) : json_null());
	json_object_set_new(json, "leader_reset", drill->reset == ANSWER_UNKNOWN ? json_null() :
			    json_boolean(drill->reset == ANSWER_YES));
	json_object_set_new(json, "leader_after", drill->leader < 0 ? json_null() :
			    json_string(name_of(drill, drill->leader)));
	json_object_set_new(json, "well", json_boolean(drill->well));
	json_object_set_new(json, "two_lead", json_boolean(drill->two_lead));
	json_object_set_new(json, "schema_removed", json_boolean(!drill->schema_left));
	json_object_set_new(json, "outage_ms", number(v->outage_ms));
	json_object_set_new(json, "two_leaders_ms", number(v->two_leaders_ms));
	json_object_set_new(json, "acked", number(v->acked));
	json_object_set_new(json, "lost", number(v->lost));
	json_object_set_new(json, "twice", number(v->twice));
	json_object_set_new(json, "foreign", number(v->foreign));
	json_object_set_new(json, "differ", number(v->differ));
	json_object_set_new(json, "phantom", number(v->phantom));
	return json;
}

/**
 * inventory_to_json() - the cluster, to be kept with the evidence
 * @inv: parsed
 *
 * Return: a new object; of connection strings only where they lead.
 */
json_t *inventory_to_json(const struct inventory *inv)
{
	json_t *members = json_array();

	for (size_t i = 0; i < inv->n; i++) {
		const struct inventory_member *m = &inv->members[i];
		char *server = inventory_server(m);

		json_array_append_new(members,
				      json_pack("{s:s s:s s:s s:o s:s s:s}", "name", m->name,
						"ssh", m->ssh, "api", m->api,
						"server", json_text(server),
						"pug_node", m->pug_node, "become", m->become));
		free(server);
	}
	return json_pack("{s:s s:s s:s s:o}", "scope", inv->scope, "adapter", inv->adapter->name,
			 "ssh", inv->ssh, "members", members);
}
