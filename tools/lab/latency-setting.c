// SPDX-License-Identifier: GPL-2.0
/*
 * How a running cluster is told to replicate, and how it is seen that it does. A setting
 * that did not take would be measured as the one before it: so both PostgreSQL and Patroni
 * are asked, before a round and after it.
 */
#include <stdlib.h>
#include <string.h>

#include "latency.h"
#include "util.h"

#define REPLICAS (3 - 1)

/**
 * struct way - a way to replicate
 * @mode: Patroni's synchronous_mode
 * @strict: its synchronous_mode_strict
 * @count: its synchronous_node_count
 * @names: PostgreSQL's own synchronous_standby_names, of which Patroni knows nothing
 * @state: pg_stat_replication.sync_state of those whose answer counts
 * @states: so many are in that state, the others are async
 * @role: what Patroni calls these
 * @roles: so many
 */
struct way {
	const char *mode;
	bool strict;
	int count;
	const char *names;
	const char *state;
	size_t states;
	const char *role;
	size_t roles;
};

/*
 * Of quorum: patroni/postgresql/sync.py:current_state
 * (4.0.7): a replica with nofailover is left out, as our third node is
 */
static const struct way ways[DRILL_SYNCS] = {
	[DRILL_ASYNC] = { .count = 1, .state = "sync" },
	[DRILL_SYNC] = { "on", false, 1, NULL, "sync", 1, "sync_standby", 1 },
	[DRILL_STRICT] = { "on", true, 1, NULL, "sync", 1, "sync_standby", 1 },
	[DRILL_TWO] = { "on", false, 2, NULL, "sync", 2, "sync_standby", 2 },
	[DRILL_ANY] = { .count = 1, .names = "ANY 1 (alt01, alt02, alt03)", .state = "quorum",
			.states = 2 },
	[DRILL_QUORUM] = { "quorum", false, 1, NULL, "quorum", 1, "quorum_standby", 1 },
};

static json_t *mode_of(const struct way *way)
{
	if (!way->mode)
		return json_false();
	return strcmp(way->mode, "on") ? json_string(way->mode) : json_true();
}

/**
 * latency_patch() - what is sent to Patroni's PATCH /config
 * @sync: the setting
 *
 * All keys that another setting may have left behind are in it; null removes one
 * (patroni/utils.py:patch_config, 3.0.2).
 *
 * Return: a new object.
 */
json_t *latency_patch(enum drill_sync sync)
{
	const struct way *way = &ways[sync];

	return json_pack("{s:o s:o s:i s:{s:{s:o}}}", "synchronous_mode", mode_of(way),
			 "synchronous_mode_strict", way->strict ? json_true() : json_null(),
			 "synchronous_node_count", way->count, "postgresql", "parameters",
			 "synchronous_standby_names",
			 way->names ? json_string(way->names) : json_null());
}

/* How many have this word under @key */
static size_t count(json_t *list, const char *key, const char *word)
{
	size_t n = 0, i;
	json_t *one;

	json_array_foreach(list, i, one) {
		const char *text = json_string_value(json_object_get(one, key));

		n += text && !strcmp(text, word);
	}
	return n;
}

/* "alt02 async, alt03 sync" */
static void list_words(json_t *list, const char *key, char *text, size_t len)
{
	json_t *one;
	size_t i;

	snprintf(text, len, "%s", json_array_size(list) ? "" : "nobody");
	json_array_foreach(list, i, one) {
		const char *name = json_string_value(json_object_get(one, "name"));
		const char *word = json_string_value(json_object_get(one, key));
		size_t used = strlen(text);

		snprintf(text + used, len - used, "%s%.40s %.40s", i ? ", " : "",
			 name ? name : "?", word ? word : "?");
	}
}

/**
 * latency_taken() - does the cluster replicate so?
 * @sync: the setting
 * @replicas: pg_stat_replication of the leader: an array of name, state, sync_state
 * @members: Patroni's: an array of name and role
 * @why: why not
 * @len: room in @why
 *
 * Return: 0 if it does, -1 if not.
 */
int latency_taken(enum drill_sync sync, json_t *replicas, json_t *members, char *why, size_t len)
{
	const struct way *way = &ways[sync];
	char said[150];

	if (json_array_size(replicas) != REPLICAS ||
	    count(replicas, "state", "streaming") != REPLICAS) {
		list_words(replicas, "state", said, sizeof(said));
		snprintf(why, len, "not both replicas follow the leader: %s", said);
		return -1;
	}
	if (count(replicas, "sync_state", way->state) != way->states ||
	    count(replicas, "sync_state", "async") != REPLICAS - way->states) {
		list_words(replicas, "sync_state", said, sizeof(said));
		snprintf(why, len, "pg_stat_replication has %s, and of %s %zu are to be %s", said,
			 drill_syncs[sync], way->states, way->state);
		return -1;
	}
	if (count(members, "role", "sync_standby") + count(members, "role", "quorum_standby") !=
	    way->roles || (way->roles && count(members, "role", way->role) != way->roles)) {
		list_words(members, "role", said, sizeof(said));
		snprintf(why, len, "Patroni has %s, and of %s %zu are to be %s", said,
			 drill_syncs[sync], way->roles, way->role ? way->role : "waited for");
		return -1;
	}
	return 0;
}
