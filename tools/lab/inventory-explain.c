// SPDX-License-Identifier: GPL-2.0
/*
 * pug explain of a drill on somebody's cluster: what its manager saw is kept as it was seen,
 * and is judged once more together with the clients' journals and the nodes' rows.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "drill-play.h"
#include "evidence.h"
#include "inventory-adapter.h"
#include "inventory-explain.h"
#include "keep.h"
#include "util.h"

/* A drill of an hour, on a host that is up for a hundred years */
#define FREEZE_MS_MAX 3600000
#define HOST_S_MAX 1e10
#define SETTING_S_MAX 1000000

/**
 * inventory_is_folder() - of a drill on somebody's cluster?
 * @dir: a folder
 *
 * Return: whether.
 */
bool inventory_is_folder(const char *dir)
{
	char *path = path_join(dir, INVENTORY_KEPT);
	bool is = !access(path, F_OK);

	free(path);
	return is;
}

/**
 * inventory_seen() - what was seen, beside journals and rows
 * @drill: played
 *
 * Return: a new object: all that its verdict is made of.
 */
json_t *inventory_seen(const struct inventory_drill *drill)
{
	const struct inventory_facts *facts = drill->facts;
	const struct member_facts *old = &facts->members[facts->leader];
	json_t *json = json_pack("{s:s s:I s:b s:i s:o s:o s:I s:I s:I s:o s:b s:f s:f s:b}",
				 "schema", drill->schema,
				 "freeze_ms", (json_int_t)drill->wish->freeze_ms,
				 "without_protection", drill->wish->without_protection,
				 "leader_before", facts->leader,
				 "hostname", json_text(old->hostname),
				 "boot_id_before", json_text(old->boot_id),
				 "ttl_s", (json_int_t)facts->ttl_s,
				 "loop_wait_s", (json_int_t)facts->loop_s,
				 "retry_timeout_s", (json_int_t)facts->retry_s,
				 "error", json_text(drill->error),
				 "interrupted", drill->interrupted, "fault_s", drill->fault_s,
				 "end_s", drill->end_s, "frozen", drill->frozen);

	json_object_update_new(json, json_pack("{s:i s:s s:i s:b s:b s:b}",
					       "reset", (int)drill->reset,
					       "boot_id_after", drill->boot_id,
					       "leader_after", drill->leader, "well", drill->well,
					       "two_lead", drill->two_lead,
					       "schema_left", drill->schema_left));
	return json;
}

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

static bool is_past(double t)
{
	return t >= 0 && t < HOST_S_MAX;
}

/* What came from a file is no more than somebody's word */
static bool is_sane(const struct kept_drill *k, json_int_t freeze, json_int_t ttl,
		    json_int_t loop, json_int_t retry, int reset)
{
	const struct inventory_drill *d = &k->drill;
	int n = (int)k->inv.n;

	return freeze > 0 && freeze <= FREEZE_MS_MAX && ttl >= 0 && ttl <= SETTING_S_MAX &&
	       loop >= 0 && loop <= SETTING_S_MAX && retry >= 0 && retry <= SETTING_S_MAX &&
	       k->facts.leader >= 0 && k->facts.leader < n && d->leader >= -1 && d->leader < n &&
	       reset >= ANSWER_UNKNOWN && reset <= ANSWER_YES && is_past(d->fault_s) &&
	       is_past(d->end_s);
}

static int take_members(struct inventory *inv, const json_t *members)
{
	const json_t *member;
	const char *name;
	size_t i;

	json_array_foreach(members, i, member) {
		if (i == INVENTORY_MEMBERS_MAX ||
		    json_unpack((json_t *)member, "{s:s}", "name", &name))
			return -1;
		copy(inv->members[inv->n++].name, sizeof(inv->members[i].name), name);
	}
	return inv->n ? 0 : -1;
}

static int take_inventory(struct kept_drill *k, json_t *json)
{
	const char *scope, *adapter;
	json_t *members;

	if (json_unpack(json, "{s:s s:s s:o}", "scope", &scope, "adapter", &adapter,
			"members", &members) || take_members(&k->inv, members))
		return -1;
	copy(k->inv.scope, sizeof(k->inv.scope), scope);
	k->inv.adapter = adapter_find(adapter);
	k->facts.adapter = k->inv.adapter;
	return k->inv.adapter ? 0 : -1;
}

static int take_seen(struct kept_drill *k, json_t *json)
{
	const char *schema, *hostname, *before, *after, *error;
	json_int_t freeze, ttl, loop, retry;
	int without, interrupted, frozen, well, two, left, reset;
	struct inventory_drill *d = &k->drill;
	struct member_facts *old;

	if (json_unpack(json, "{s:s s:I s:b s:i s:s s:s s:I s:I s:I s:s s:b s:F s:F s:b}",
			"schema", &schema, "freeze_ms", &freeze, "without_protection", &without,
			"leader_before", &k->facts.leader, "hostname", &hostname,
			"boot_id_before", &before, "ttl_s", &ttl, "loop_wait_s", &loop,
			"retry_timeout_s", &retry, "error", &error, "interrupted", &interrupted,
			"fault_s", &d->fault_s, "end_s", &d->end_s, "frozen", &frozen) ||
	    json_unpack(json, "{s:i s:s s:i s:b s:b s:b}", "reset", &reset,
			"boot_id_after", &after, "leader_after", &d->leader, "well", &well,
			"two_lead", &two, "schema_left", &left) ||
	    !is_sane(k, freeze, ttl, loop, retry, reset))
		return -1;
	k->wish.freeze_ms = freeze;
	k->wish.without_protection = without;
	k->facts.ttl_s = ttl;
	k->facts.loop_s = loop;
	k->facts.retry_s = retry;
	old = &k->facts.members[k->facts.leader];
	copy(old->hostname, sizeof(old->hostname), hostname);
	copy(old->boot_id, sizeof(old->boot_id), before);
	copy(d->schema, sizeof(d->schema), schema);
	copy(d->error, sizeof(d->error), error);
	copy(d->boot_id, sizeof(d->boot_id), after);
	d->interrupted = interrupted;
	d->frozen = frozen;
	d->reset = reset;
	d->well = well;
	d->two_lead = two;
	d->schema_left = left;
	return 0;
}

/**
 * inventory_from_kept() - a drill as it was kept
 * @k: all zero; filled in, and may not be moved
 * @inventory: of INVENTORY_KEPT
 * @seen: of INVENTORY_SEEN
 *
 * Return: 0; -1 where one of them is not what was written.
 */
int inventory_from_kept(struct kept_drill *k, json_t *inventory, json_t *seen)
{
	k->drill.inv = &k->inv;
	k->drill.wish = &k->wish;
	k->drill.facts = &k->facts;
	return take_inventory(k, inventory) || take_seen(k, seen) ? -1 : 0;
}

static int load(struct kept_drill *k, const char *dir)
{
	char *kept = path_join(dir, INVENTORY_KEPT), *seen = path_join(dir, INVENTORY_SEEN);
	json_t *inventory = json_load_file(kept, 0, NULL);
	json_t *saw = json_load_file(seen, 0, NULL);
	int ret = 0;

	if (inventory_from_kept(k, inventory, saw)) {
		warn_line("%s and %s do not tell of a drill that was played (before its end they are not both there)",
			  kept, seen);
		ret = -1;
	}
	json_decref(inventory);
	json_decref(saw);
	free(kept);
	free(seen);
	return ret;
}

static void print_all(const struct inventory_verdict *v, const struct drill_timeline *tl, bool all)
{
	char *reason = text_escape(v->reason);

	drill_timeline_print(tl, all, stdout);
	printf("\n%s: %s\n", drill_kind_name(v->kind), reason);
	free(reason);
}

static void compare_stored(const struct inventory_verdict *v, const char *dir)
{
	char *path = path_join(dir, DERIVED_RESULT);
	json_t *stored = json_load_file(path, 0, NULL);
	const char *was = json_string_value(json_object_get(stored, "verdict"));

	if (was && strcmp(was, drill_kind_name(v->kind)))
		warn_safe("the stored verdict was '%s': the evidence or the program has changed since",
			  was);
	json_decref(stored);
	free(path);
}

/**
 * inventory_explain() - judge once more what is kept of a drill on somebody's cluster
 * @dir: its folder
 * @json: print the result as JSON, in place of timeline and words
 * @all: print also what decides nothing
 *
 * Return: the exit status, as the drill had it.
 */
int inventory_explain(const char *dir, bool json, bool all)
{
	struct kept_drill *k = xcalloc(1, sizeof(*k));
	struct drill_timeline tl = { 0 };
	int ret = PUG_COULD_NOT_RUN;
	struct inventory_verdict v;

	k->drill.dir = dir;
	if (!load(k, dir)) {
		inventory_evidence(&tl, &k->drill);
		inventory_judge(&v, &k->drill, &tl);
		compare_stored(&v, dir);
		ret = inventory_status(&v, &k->drill);
		if (json)
			results_write(inventory_result(&v, &k->drill), "-");
		else
			print_all(&v, &tl, all);
	}
	drill_timeline_free(&tl);
	free(k);
	return ret;
}
