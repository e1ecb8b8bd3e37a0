// SPDX-License-Identifier: GPL-2.0
/*
 * Patroni has a REST API. repmgr and BiHA have views, which are put into the words of
 * that API here, by SQL: so all that decides and judges has one vocabulary, and a
 * manager is a row of this table. Sources:
 *
 * repmgr 5.3.3 and 5.5: repmgr--5.3.sql (nodes, repmgrd_is_running(), ...),
 *	dbutils.c:get_active_sibling_node_records(), repmgrd-physical.c:do_election()
 * BiHA of Postgres Pro Enterprise 16 to 18: its documentation, "Reference for the biha
 *	Extension". It is proprietary; nobody has tried this
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "inventory-adapter.h"
#include "inventory-facts.h"
#include "rest.h"
#include "sqlask.h"
#include "util.h"

#define REST_MS 5000L
#define REST_MAX (1 << 20)
#define ASK_NS (10 * NSEC_PER_SEC)
#define POLL_NS NSEC_PER_SEC

#define BEHIND "pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn)::bigint"

/* repmgrd sets the node's id in shared memory when it starts (repmgrd.c:main()) */
#define REPMGR_MEMBER \
	"SELECT json_build_object(" SQL_OF_SERVER ", " \
	"'patroni', json_build_object('name', (SELECT node_name FROM repmgr.nodes " \
	"WHERE node_id = repmgr.get_local_node_id())), " \
	"'runs', repmgr.repmgrd_is_running(), 'pause', repmgr.repmgrd_is_paused(), " \
	"'config_file', (SELECT config_file FROM repmgr.nodes " \
	"WHERE node_id = repmgr.get_local_node_id()))"

/*
 * A standby's application_name is its node_name (repmgr-action-standby.c). One whose WAL
 * comes from another standby is not in the leader's list, but may be in the history.
 */
#define REPMGR_CLUSTER \
	"SELECT json_build_object('members', (SELECT json_agg(json_build_object(" \
	"'name', n.node_name, 'witness', n.type = 'witness', " \
	"'role', CASE n.type WHEN 'primary' THEN 'leader' WHEN 'standby' THEN 'replica' " \
	"ELSE n.type END, " \
	"'state', CASE WHEN n.active THEN coalesce(r.state, 'not attached') " \
	"ELSE 'inactive' END, " \
	"'lag', coalesce(" BEHIND ", (SELECT h.replication_lag + h.apply_lag " \
	"FROM repmgr.monitoring_history h WHERE h.standby_node_id = n.node_id " \
	"AND h.last_monitor_time > now() - interval '1 minute' " \
	"ORDER BY h.last_monitor_time DESC LIMIT 1)), " \
	"'tags', json_build_object('failover_priority', n.priority))) " \
	"FROM repmgr.nodes n LEFT JOIN pg_stat_replication r " \
	"ON r.application_name = n.node_name), " \
	"'no_failover', CASE WHEN NOT EXISTS (SELECT FROM repmgr.nodes p JOIN repmgr.nodes n " \
	"ON n.location = p.location AND n.node_id <> p.node_id AND n.active " \
	"WHERE p.type = 'primary' AND p.active) THEN 'no other node is in the location of " \
	"the primary, and repmgrd promotes none then' END)"

/* Its standbys are biha_node_1, biha_node_2, ... in synchronous_standby_names */
#define BIHA_MEMBER \
	"SELECT json_build_object(" SQL_OF_SERVER ", " \
	"'patroni', json_build_object('name', 'biha_node_' || current_setting('biha.id')), " \
	"'nofailover', current_setting('biha.can_be_leader', true) = 'off')"

#define BIHA_CLUSTER \
	"SELECT json_build_object('members', (SELECT json_agg(json_build_object(" \
	"'name', 'biha_node_' || v.id, 'witness', v.state LIKE 'REFEREE%', " \
	"'role', CASE WHEN v.state LIKE 'LEADER%' THEN 'leader' " \
	"WHEN v.state = 'FOLLOWER' THEN 'replica' ELSE lower(v.state) END, " \
	"'state', coalesce(r.state, lower(v.state)), 'lag', " BEHIND ")) " \
	"FROM biha.status_v v LEFT JOIN pg_stat_replication r " \
	"ON r.application_name = 'biha_node_' || v.id), " \
	"'no_failover', CASE WHEN NOT EXISTS (SELECT FROM biha.status_v " \
	"WHERE state = 'LEADER_RW') THEN 'no node is in the state LEADER_RW' END)"

/* A node is offline when so many heartbeats are missed */
#define BIHA_CONFIG \
	"SELECT json_build_object('ttl', " \
	"ceil(s.period * current_setting('biha.heartbeat_max_lost')::int / 1000)::int, " \
	"'loop_wait', ceil(s.period / 1000)::int) FROM (SELECT coalesce((SELECT setting " \
	"FROM pg_settings WHERE name = 'biha.heartbeat_send_period'), " \
	"current_setting('biha.heartbeat_send_period'))::numeric AS period) s"

static const struct adapter adapters[] = {
	{
		.name = "patroni", .title = "Patroni", .rest = true, .has_scope = true,
		.rejoins = true, .holds = true, .of_member = "patroni",
		.of_cluster = "cluster", .of_config = "config", .polled = "rest",
		.least = "ttl + loop_wait", .max_lag = "lags more than maximum_lag_on_failover",
		.no_lead = "must not be promoted (tag nofailover or failover_priority)",
		.resume = "patronictl resume",
	},
	{
		.name = "repmgr", .title = "repmgr", .of_member = REPMGR_MEMBER,
		.of_cluster = REPMGR_CLUSTER, .settings = repmgr_settings, .polled = "sql",
		.runs = "repmgrd",
		.least = "reconnect_attempts * reconnect_interval + monitor_interval_secs",
		.max_lag = "lags more than 1 MB",
		.no_lead = "must not be promoted (its priority in repmgr.nodes is 0)",
		.resume = "repmgr service unpause",
	},
	{
		.name = "biha", .title = "BiHA", .untested = true, .rejoins = true,
		.of_member = BIHA_MEMBER, .of_cluster = BIHA_CLUSTER,
		.of_config = BIHA_CONFIG, .polled = "sql",
		.least = "biha.heartbeat_max_lost heartbeats, and one",
		.max_lag = "lags more than 1 MB",
		.no_lead = "must not be promoted (biha.can_be_leader)",
		.resume = "biha.service_mode(false)",
	},
};

/**
 * adapter_find() - a manager by its name
 * @name: in an inventory
 *
 * Return: its row, NULL if there is none.
 */
const struct adapter *adapter_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(adapters); i++)
		if (!strcmp(adapters[i].name, name))
			return &adapters[i];
	return NULL;
}

/**
 * adapter_default() - the manager where an inventory names none
 *
 * Return: its row.
 */
const struct adapter *adapter_default(void)
{
	return &adapters[0];
}

/**
 * adapter_names() - all of them, for a message
 *
 * Return: "patroni, ...", to be freed.
 */
char *adapter_names(void)
{
	char *names = xstrdup(adapters[0].name);

	for (size_t i = 1; i < ARRAY_SIZE(adapters); i++) {
		char *more = xasprintf("%s%s%s", names,
				       i + 1 < ARRAY_SIZE(adapters) ? ", " : " or ",
				       adapters[i].name);

		free(names);
		names = more;
	}
	return names;
}

static json_t *ask_rest(const struct inventory *inv, size_t member, const char *path)
{
	char *url = xasprintf("%s/%s", inv->members[member].api, path);
	struct rest rest;
	json_t *answer;

	answer = rest_open(&rest, inv->cacert, REST_MAX) ?
		 json_pack("{s:s}", "error", "libcurl does not start") :
		 rest_ask(&rest, url, NULL, REST_MS);
	rest_close(&rest);
	free(url);
	return answer;
}

/**
 * adapter_ask() - ask a member, and wait
 * @inv: has the adapter
 * @member: whom
 * @question: one of the adapter's
 *
 * Return: a new object: {"body":...} or {"error":"..."}.
 */
json_t *adapter_ask(const struct inventory *inv, size_t member, const char *question)
{
	struct sql_question sql = { inv->members[member].dsn, question, ASK_NS };

	return inv->adapter->rest ? ask_rest(inv, member, question) : sql_ask(&sql);
}

/**
 * adapter_poll() - ask a member again and again what it is
 * @inv: has the adapter, and stays
 * @member: whom
 * @poller: its @lines' on_line and data are set
 * @loop: serves it
 * @period_ms: from an answer to the next question
 * @path: of the log
 *
 * Return: 0, or a negative errno.
 */
int adapter_poll(const struct inventory *inv, size_t member, struct poller *poller,
		 sd_event *loop, unsigned int period_ms, const char *path)
{
	const struct adapter *adapter = inv->adapter;
	struct sql_question sql = { inv->members[member].dsn, adapter->of_member, POLL_NS };
	char *url;
	int ret;

	if (!adapter->rest)
		return poller_start_sql(poller, loop, &sql, period_ms, path);
	url = xasprintf("%s/%s", inv->members[member].api, adapter->of_member);
	poller->ca = inv->cacert;
	ret = poller_start(poller, loop, url, NULL, period_ms, path);
	free(url);
	return ret;
}
