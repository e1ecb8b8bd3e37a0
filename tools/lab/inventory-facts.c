// SPDX-License-Identifier: GPL-2.0
/*
 * From what members and tools answered to facts. The words are those of Patroni 3.0
 * to 4.1 (patroni/api.py, patroni/utils.py cluster_as_json()), and of pug-node(8). What
 * an adapter adds: "runs", "nofailover" and "config_file" of a member, "witness" in the
 * list, and "no_failover" beside it.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "inventory-facts.h"
#include "util.h"

/* Where nobody has set them (patroni/config.py) */
#define MAX_LAG 1048576
#define RETRY_S 10

/**
 * facts_init() - nothing is known
 * @facts: filled in
 * @adapter: who manages the cluster
 */
void facts_init(struct inventory_facts *facts, const struct adapter *adapter)
{
	memset(facts, 0, sizeof(*facts));
	facts->adapter = adapter;
	facts->leader = -1;
	facts->max_lag = MAX_LAG;
	facts->max_ms = -1;
	for (size_t i = 0; i < INVENTORY_MEMBERS_MAX; i++) {
		struct member_facts *m = &facts->members[i];

		m->lag = -1;
		m->automatic = ANSWER_YES;
		strcpy(m->self_why, "it was not asked");
		strcpy(m->sql_why, "it was not asked");
		strcpy(m->ssh_why, "it was not asked");
	}
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* From somebody else's machine, to be printed */
static void copy(char *to, size_t size, const char *from)
{
	char *clean = text_escape(from);

	snprintf(to, size, "%s", clean);
	free(clean);
}

/* A number of Patroni's settings may be a string: YAML's and JSON's users mix them */
static long long number_of(const json_t *object, const char *key, long long other)
{
	const json_t *value = json_object_get(object, key);
	const char *text = json_string_value(value);
	char *end;

	if (json_is_integer(value))
		return json_integer_value(value);
	if (text && *text) {
		long long number = strtoll(text, &end, 10);

		return *end ? other : number;
	}
	return other;
}

static const json_t *body_of(const json_t *answer, char *why, size_t size)
{
	const json_t *body = json_object_get(answer, "body");
	const char *error = text_of(answer, "error");

	*why = '\0';
	if (*error)
		copy(why, size, error);
	else if (!json_is_object(body))
		snprintf(why, size, "its answer is no JSON object (HTTP status %lld): is that Patroni's REST API?",
			 (long long)json_integer_value(json_object_get(answer, "http")));
	return *why ? NULL : body;
}

/**
 * facts_member() - what a member says of itself, as in Patroni's GET /patroni
 * @m: of the member that was asked
 * @answer: as adapter_ask() gives it
 *
 * One that does not lead, or is not healthy, answers all the same: its HTTP status
 * is no matter.
 */
void facts_member(struct member_facts *m, const json_t *answer)
{
	const json_t *body = body_of(answer, m->self_why, sizeof(m->self_why));
	const json_t *about = json_object_get(body, "patroni");
	long long timeline;

	if (!body)
		return;
	copy(m->name, sizeof(m->name), text_of(about, "name"));
	copy(m->scope, sizeof(m->scope), text_of(about, "scope"));
	copy(m->role, sizeof(m->role), text_of(body, "role"));
	copy(m->state, sizeof(m->state), text_of(body, "state"));
	copy(m->sysid, sizeof(m->sysid), text_of(body, "database_system_identifier"));
	timeline = number_of(body, "timeline", 0);
	m->timeline = timeline > 0 && timeline < 1000000000 ? (long)timeline : 0;
	m->streaming |= !strcmp(text_of(body, "replication_state"), "streaming");
	m->paused = json_is_true(json_object_get(body, "pause"));
	m->no_watchdog = json_is_true(json_object_get(body, "watchdog_failed"));
	m->nofailover |= json_is_true(json_object_get(body, "nofailover"));
	m->runs = json_is_true(json_object_get(body, "runs")) ? ANSWER_YES :
		  json_is_false(json_object_get(body, "runs")) ? ANSWER_NO : ANSWER_UNKNOWN;
	copy(m->config_file, sizeof(m->config_file), text_of(body, "config_file"));
}

static bool has_nofailover(const json_t *member)
{
	const json_t *tags = json_object_get(member, "tags");

	return json_is_true(json_object_get(tags, "nofailover")) ||
	       number_of(tags, "failover_priority", 1) <= 0;
}

static void add_stranger(struct inventory_facts *facts, const char *name)
{
	size_t used = strlen(facts->strangers);
	char clean[64];

	copy(clean, sizeof(clean), *name ? name : "one without a name");
	snprintf(facts->strangers + used, sizeof(facts->strangers) - used, "%s%s",
		 used ? ", " : "", clean);
}

/**
 * facts_cluster() - whom the leader lists, as in Patroni's GET /cluster
 * @facts: get what it says of each member
 * @inv: the members that should be there
 * @answer: of the leader, as adapter_ask() gives it
 */
void facts_cluster(struct inventory_facts *facts, const struct inventory *inv,
		   const json_t *answer)
{
	const json_t *body = json_object_get(answer, "body"), *member;
	size_t i;

	facts->paused = json_is_true(json_object_get(body, "pause"));
	copy(facts->no_failover, sizeof(facts->no_failover), text_of(body, "no_failover"));
	json_array_foreach(json_object_get(body, "members"), i, member) {
		int index = inventory_find(inv, text_of(member, "name"));
		struct member_facts *m;

		/* It is never touched, so it is right that it is not there */
		if (index < 0 && json_is_true(json_object_get(member, "witness")))
			continue;
		if (index < 0) {
			add_stranger(facts, text_of(member, "name"));
			continue;
		}
		m = &facts->members[index];
		m->listed = strcmp(text_of(member, "state"), "inactive");
		m->witness = json_is_true(json_object_get(member, "witness"));
		m->says_leads = !strcmp(text_of(member, "role"), "leader") && m->listed;
		m->is_sync = !strcmp(text_of(member, "role"), "sync_standby") ||
			     !strcmp(text_of(member, "role"), "quorum_standby");
		m->nofailover |= has_nofailover(member);
		m->streaming |= !strcmp(text_of(member, "state"), "streaming");
		m->lag = number_of(member, "lag", -1);
	}
}

/* true, "on" or "quorum" (patroni/utils.py, parse_bool(), and from 4.0 on its own words) */
static bool is_on(const json_t *value)
{
	const char *text = json_string_value(value);

	return json_is_true(value) || json_integer_value(value) ||
	       (text && strcasecmp(text, "off") && strcasecmp(text, "false") &&
		strcasecmp(text, "no") && strcmp(text, "0"));
}

/**
 * facts_config() - settings of the cluster, as in Patroni's GET /config
 * @facts: get its settings
 * @answer: of the leader, as adapter_ask() gives it
 */
void facts_config(struct inventory_facts *facts, const json_t *answer)
{
	const json_t *body = json_object_get(answer, "body");
	long long ttl = number_of(body, "ttl", 0), loop = number_of(body, "loop_wait", 0);
	long long retry = number_of(body, "retry_timeout", RETRY_S);

	/* Both are there wherever Patroni has written its settings once */
	if (ttl > 0 && ttl <= 3600 && loop > 0 && loop <= 3600) {
		facts->ttl_s = (unsigned int)ttl;
		facts->loop_s = (unsigned int)loop;
	}
	facts->retry_s = retry > 0 && retry <= 3600 ? (unsigned int)retry : RETRY_S;
	facts->sync = is_on(json_object_get(body, "synchronous_mode"));
	facts->max_lag = number_of(body, "maximum_lag_on_failover", MAX_LAG);
	facts->paused |= json_is_true(json_object_get(body, "pause"));
}

static void each_line(const char *lines,
		      void (*fn)(struct inventory_facts *facts, const json_t *line),
		      struct inventory_facts *facts)
{
	while (*lines) {
		size_t len = strcspn(lines, "\n");
		json_t *line = json_loadb(lines, len, 0, NULL);

		if (json_is_object(line))
			fn(facts, line);
		json_decref(line);
		lines += len + (lines[len] == '\n');
	}
}

static void check_line(struct inventory_facts *facts, const json_t *line)
{
	const char *event = text_of(line, "event"), *name = text_of(line, "name");

	if (!strcmp(event, "danger") && !strcmp(name, "a kernel that freezes")) {
		copy(facts->frozen, sizeof(facts->frozen), text_of(line, "protected"));
		copy(facts->frozen_why, sizeof(facts->frozen_why), text_of(line, "why"));
	} else if (!strcmp(event, "finding") && !strcmp(name, "holder")) {
		facts->holder = !strcmp(text_of(line, "grade"), "pass");
	}
}

/**
 * facts_check() - pug-node check --json, on the leader
 * @facts: get what it says of its watchdog
 * @lines: its output
 */
void facts_check(struct inventory_facts *facts, const char *lines)
{
	each_line(lines, check_line, facts);
}

/* "pass" is also said of a standby that will arm it later */
static void list_line(struct inventory_facts *facts, const json_t *line)
{
	if (!strcmp(text_of(line, "event"), "watchdog") &&
	    !strcmp(text_of(line, "state"), "active") &&
	    json_array_size(json_object_get(line, "holders")))
		facts->active = true;
}

/**
 * facts_list() - pug-node list --json, on the leader
 * @facts: get whether a watchdog is armed
 * @lines: its output
 */
void facts_list(struct inventory_facts *facts, const char *lines)
{
	each_line(lines, list_line, facts);
}

/**
 * facts_leads() - does it say that it is the leader?
 * @m: was asked
 *
 * Return: whether. The leader of a standby cluster is none: it takes no writes.
 */
bool facts_leads(const struct member_facts *m)
{
	return !*m->self_why && (!strcmp(m->role, "master") || !strcmp(m->role, "primary") ||
				 !strcmp(m->role, "leader"));
}

/**
 * facts_find_leader() - who leads
 * @facts: members were asked
 * @n: how many
 * @leaders: how many say so
 *
 * Return: its index, or -1 where it is not exactly one.
 */
int facts_find_leader(const struct inventory_facts *facts, size_t n, size_t *leaders)
{
	int leader = -1;

	*leaders = 0;
	for (size_t i = 0; i < n; i++) {
		if (!facts_leads(&facts->members[i]))
			continue;
		leader = (int)i;
		++*leaders;
	}
	return *leaders == 1 ? leader : -1;
}
