// SPDX-License-Identifier: GPL-2.0
/*
 * What a member's Patroni says of itself. The fields and words are those of
 * Patroni 3.0.2 to 4.1, patroni/api.py (get_postgresql_status and
 * _write_status_response) and the set_state() and set_role() calls of
 * patroni/ha.py and patroni/postgresql/.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "io.h"
#include "patroni.h"

enum role { ROLE_LEADER, ROLE_DEMOTED, ROLE_REPLICA, ROLE_NONE, ROLE_N };

static const struct {
	const char *word;
	enum role role;
} roles[] = {
	{ "master", ROLE_LEADER }, { "primary", ROLE_LEADER },
	{ "promoted", ROLE_LEADER }, { "leader", ROLE_LEADER },
	{ "standby_leader", ROLE_LEADER },
	{ "demoted", ROLE_DEMOTED }, { "replica", ROLE_REPLICA },
	{ "uninitialized", ROLE_NONE },
};

/*
 * By state and role. A state that is not here is unclear, or leads if the role
 * does. Patroni releases the leader key of a planned switchover with role
 * "demoted" and state "stopping", when pg_control says shut down and the
 * postmaster is still archiving (ha.py, demote()). "starting" with role
 * "replica" is a PostgreSQL that was started with standby.signal in place
 * (follow() writes it before start()). "running" with role "replica" is
 * pg_is_in_recovery(), asked for this very answer.
 */
static const struct {
	const char *word;
	enum api_fact by_role[ROLE_N];
} states[] = {
	{ "running", { API_LEADER, API_UNCLEAR, API_RECOVERY, API_UNCLEAR } },
	{ "starting", { API_LEADER, API_UNCLEAR, API_RECOVERY, API_UNCLEAR } },
	{ "stopping", { API_DEMOTING, API_DEMOTING, API_UNCLEAR, API_UNCLEAR } },
	{ "stop failed", { API_LEADER, API_DEMOTING, API_UNCLEAR, API_UNCLEAR } },
	{ "stopped", { API_DEMOTING, API_STOPPED, API_STOPPED, API_STOPPED } },
	{ "crashed", { API_DEMOTING, API_STOPPED, API_STOPPED, API_STOPPED } },
	{ "start failed", { API_DEMOTING, API_STOPPED, API_STOPPED, API_STOPPED } },
	{ "creating replica", { API_LEADER, API_STOPPED, API_STOPPED, API_STOPPED } },
};

static void __printf(3, 4) say(struct patroni *out, enum api_fact fact, const char *fmt, ...)
{
	va_list ap;

	out->fact = fact;
	va_start(ap, fmt);
	vsnprintf(out->why, sizeof(out->why), fmt, ap);
	va_end(ap);
	io_clean_text(out->why);
}

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
	io_clean_text(to);
}

static enum api_fact look_up(const char *state, const char *role)
{
	int r = -1;

	for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
		if (!strcmp(roles[i].word, role))
			r = roles[i].role;
	if (r < 0)
		return API_UNFIT;
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (!strcmp(states[i].word, state))
			return states[i].by_role[r];
	return r == ROLE_LEADER ? API_LEADER : API_UNCLEAR;
}

/* What must be in the answer of this member, and of no other */
static bool is_its_own(const struct config *config, const struct member *member,
		       const char *sysid, const json_t *about, struct patroni *out)
{
	const char *scope = answer_text(about, "scope");
	enum api_fact fact;

	if (strcmp(scope, config->scope)) {
		say(out, API_UNFIT, "it says that its scope is '%.60s', not '%s'", scope,
		    config->scope);
		return false;
	}
	if (out->name[0] && strcmp(out->name, member->name)) {
		say(out, API_UNFIT, "it says that its name is '%s', not '%s'", out->name,
		    member->name);
		return false;
	}
	if (!out->name[0] && !config->by_address) {
		say(out, API_UNFIT, "it does not say its name (Patroni before 3.2 does not): set 'identity = address' in [patroni]");
		return false;
	}
	if (!sysid)
		return true;
	/* Without a data directory there is nothing to be a primary of */
	if (!out->sysid[0] && !strcmp(out->role, "uninitialized"))
		return true;
	if (!*sysid) {
		/* No proof, and no reason to stop a machine that may be healthy */
		fact = look_up(out->state, out->role);
		say(out, fact == API_LEADER || fact == API_DEMOTING ? fact : API_UNCLEAR,
		    "our own Patroni has not told the system identifier: set it in [cluster]");
		return false;
	}
	if (strcmp(out->sysid, sysid)) {
		say(out, API_UNFIT, "its system identifier is '%s', not '%s'", out->sysid, sysid);
		return false;
	}
	return true;
}

static bool has_replay_position(const json_t *answer)
{
	const json_t *xlog = json_object_get(answer, "xlog");

	return json_object_get(xlog, "replayed_location") &&
	       !json_object_get(xlog, "location");
}

/**
 * patroni_judge() - what an answer comes to
 * @config: scope, kind of identity
 * @member: who was asked
 * @sysid: the cluster's system identifier, "" if unknown, NULL: not compared
 * @text: the answer
 * @len: its length
 * @out: the result
 */
void patroni_judge(const struct config *config, const struct member *member,
		   const char *sysid, const char *text, size_t len, struct patroni *out)
{
	struct trouble why = { "" };
	json_t *answer, *about;
	enum api_fact fact;

	memset(out, 0, sizeof(*out));
	answer = answer_parse(text, len, &why);
	if (!answer) {
		say(out, API_UNFIT, "its answer: %s", why.text);
		return;
	}
	about = json_object_get(answer, "patroni");
	copy(out->role, sizeof(out->role), answer_text(answer, "role"));
	copy(out->state, sizeof(out->state), answer_text(answer, "state"));
	copy(out->name, sizeof(out->name), answer_text(about, "name"));
	copy(out->sysid, sizeof(out->sysid), answer_text(answer, "database_system_identifier"));
	if (json_integer_value(json_object_get(answer, "timeline")) > 0)
		out->timeline = json_integer_value(json_object_get(answer, "timeline"));
	fact = look_up(out->state, out->role);
	if (fact == API_RECOVERY && !strcmp(out->state, "running") && !has_replay_position(answer))
		fact = API_UNCLEAR;
	if (is_its_own(config, member, sysid, about, out))
		say(out, fact, "it says: state '%s', role '%s'%s", out->state, out->role,
		    strncmp(member->api, "http:", 5) ? "" :
		    ", over plain HTTP, which is weaker: it can be forged");
	json_decref(answer);
}

/**
 * patroni_http() - how members are asked
 * @config: certificates
 * @http: to be filled
 */
void patroni_http(const struct config *config, struct http *http)
{
	memset(http, 0, sizeof(*http));
	http->ca = config->tls_ca;
	http->cert = config->tls_cert;
	http->key = config->tls_key;
	http->fresh = true;
}

/**
 * patroni_ask() - ask a member once
 * @config: bounds, scope
 * @member: whom
 * @sysid: the cluster's system identifier, "" if unknown, NULL: not compared
 * @http: as patroni_http() has made it
 * @until_ms: as now_ms(); it is not waited for beyond
 * @out: the result
 *
 * Each question has a number that no cache has seen, over a new connection.
 */
void patroni_ask(const struct config *config, const struct member *member,
		 const char *sysid, struct http *http, uint64_t until_ms, struct patroni *out)
{
	uint64_t now = now_ms();
	uint64_t left = until_ms > now ? until_ms - now : 1;
	static unsigned int count;
	struct trouble why = { "" };
	char url[400];

	snprintf(url, sizeof(url), "%s/patroni?pug=%d-%llu-%u", member->api, (int)getpid(),
		 (unsigned long long)now, ++count);
	if (http_get(http, url, min_u64(config->try_ms, left), &why)) {
		memset(out, 0, sizeof(*out));
		say(out, strncmp(why.text, "an answer of", 12) ? API_SILENT : API_UNFIT,
		    "it does not answer: %s", why.text);
		return;
	}
	patroni_judge(config, member, sysid, http->body, http->len, out);
	out->server_time = http->server_time;
	if (http->status != 200)
		say(out, API_UNFIT, "its answer has HTTP status %ld", http->status);
	else if (http->aged)
		say(out, API_UNFIT, "the answer comes out of a cache");
}

static bool cannot_lead(const json_t *member)
{
	const json_t *tags = json_object_get(member, "tags");
	const json_t *priority = json_object_get(tags, "failover_priority");

	return json_is_true(json_object_get(tags, "nofailover")) ||
	       (json_is_integer(priority) && json_integer_value(priority) <= 0);
}

/**
 * patroni_members() - compare the configuration with what Patroni itself lists
 * @config: the members
 * @text: the answer to GET /cluster
 * @len: its length
 * @tell: called with 2 for each member that is not configured, or is said to be
 *	never_primary and may lead; with 1 for one that is configured and not there
 * @arg: for @tell
 * @why: why it cannot be compared
 *
 * Return: 0, or -1 if it cannot be.
 */
int patroni_members(const struct config *config, const char *text, size_t len,
		    void (*tell)(void *arg, int level, const char *name, const char *what),
		    void *arg, struct trouble *why)
{
	json_t *answer = answer_parse(text, len, why), *list, *member;
	bool seen[CONFIG_MEMBERS_MAX] = { false };
	size_t i;

	if (!answer)
		return -1;
	list = json_object_get(answer, "members");
	if (!json_array_size(list)) {
		json_decref(answer);
		return trouble_set(why, "Patroni lists no members");
	}
	json_array_foreach(list, i, member) {
		char name[64];
		int index;

		copy(name, sizeof(name), answer_text(member, "name"));
		index = config_member(config, name);
		if (index < 0) {
			tell(arg, 2, name, "Patroni lists it, and the configuration does not: it would never be asked");
			continue;
		}
		seen[index] = true;
		if (config->members[index].never_primary && !cannot_lead(member))
			tell(arg, 2, name, "it is never_primary here, and has no tag nofailover");
	}
	for (i = 0; i < config->n_members; i++)
		if (!seen[i])
			tell(arg, 1, config->members[i].name,
			     "it is configured, and Patroni does not list it: is it down, or gone for good?");
	json_decref(answer);
	return 0;
}

/**
 * patroni_leader() - who leads, as GET /cluster has it
 * @config: the members
 * @text: the answer
 * @len: its length
 * @leader: room for 64 bytes
 * @timeline: of the leader
 * @why: why nobody
 *
 * Return: 0, or -1.
 */
int patroni_leader(const struct config *config, const char *text,
		   size_t len, char *leader, uint64_t *timeline, struct trouble *why)
{
	json_t *answer = answer_parse(text, len, why), *member;
	size_t i;
	int rc = -1;

	if (!answer)
		return -1;
	json_array_foreach(json_object_get(answer, "members"), i, member) {
		json_int_t tli = json_integer_value(json_object_get(member, "timeline"));
		const char *name = answer_text(member, "name");

		if (strcmp(answer_text(member, "role"), "leader") || tli <= 0)
			continue;
		if (config_member(config, name) < 0)
			continue;
		snprintf(leader, 64, "%s", name);
		*timeline = tli;
		rc = 0;
	}
	json_decref(answer);
	if (rc)
		trouble_set(why, "Patroni names no leader with a timeline that is in the configuration");
	return rc;
}
