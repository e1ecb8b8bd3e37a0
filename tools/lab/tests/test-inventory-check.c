// SPDX-License-Identifier: GPL-2.0
/* May it be drilled? Everything that is not known, or is not well, is a no. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compiler.h"
#include "inventory-facts.h"
#include "inventory-play.h"
#include "util.h"

static struct inventory inv;
static struct inventory_facts facts;
static struct inventory_wish wish;

static json_t *answer_of(const char *body)
{
	json_t *json = json_loads(body, 0, NULL);

	assert_non_null(json);
	return json_pack("{s:i s:o}", "http", 200, "body", json);
}

static void patroni(size_t i, const char *body)
{
	json_t *answer = answer_of(body);

	facts_member(&facts.members[i], answer);
	json_decref(answer);
}

static void cluster(const char *body)
{
	json_t *answer = answer_of(body);

	facts_cluster(&facts, &inv, answer);
	json_decref(answer);
}

static void config(const char *body)
{
	json_t *answer = answer_of(body);

	facts_config(&facts, answer);
	json_decref(answer);
}

#define ABOUT(name) "\"patroni\":{\"scope\":\"s\",\"name\":\"" name "\"},\"database_system_identifier\":\"77\""
#define LEADER "{\"state\":\"running\",\"role\":\"primary\",\"timeline\":3," ABOUT("a") "}"
#define STANDBY "{\"state\":\"running\",\"role\":\"replica\",\"timeline\":3," ABOUT("b") "}"
#define LISTED(more) \
	"{\"members\":[{\"name\":\"a\",\"role\":\"leader\",\"state\":\"running\"}," \
	"{\"name\":\"b\",\"role\":\"replica\",\"state\":\"streaming\"" more "}]}"
#define ARMED \
	"{\"event\":\"finding\",\"name\":\"holder\",\"grade\":\"pass\",\"why\":\"Patroni uses it\"}\n" \
	"{\"event\":\"danger\",\"name\":\"a kernel that freezes\",\"protected\":\"yes\",\"why\":\"fires\"}"

/* A cluster against which nothing can be said */
static int set_up(void **state)
{
	size_t leaders;

	(void)state;
	memset(&inv, 0, sizeof(inv));
	inv.n = 2;
	inv.adapter = adapter_default();
	strcpy(inv.scope, "s");
	strcpy(inv.members[0].name, "a");
	strcpy(inv.members[1].name, "b");
	wish = (struct inventory_wish) { 60000, false };
	facts_init(&facts, inv.adapter);
	patroni(0, LEADER);
	patroni(1, STANDBY);
	facts.leader = facts_find_leader(&facts, 2, &leaders);
	cluster(LISTED(",\"lag\":0"));
	config("{\"ttl\":30,\"loop_wait\":10,\"retry_timeout\":10}");
	for (int i = 0; i < 2; i++) {
		struct member_facts *m = &facts.members[i];

		m->sql_why[0] = '\0';
		m->ssh_why[0] = '\0';
		strcpy(m->sql_sysid, "77");
		strcpy(m->boot_id, i ? "boot-b" : "boot-a");
		m->in_recovery = i;
		m->etcd = ANSWER_NO;
	}
	facts.may_create = true;
	facts.its_machine = ANSWER_YES;
	facts.module = ANSWER_YES;
	facts.max_ms = 600000;
	facts_check(&facts, ARMED);
	facts_list(&facts, "{\"event\":\"watchdog\",\"state\":\"active\",\"holders\":[{\"pid\":1}]}\n");
	return 0;
}

/* All reasons, a line each */
static char *decide(void)
{
	struct reasons reasons = { NULL, 0 };
	char *all = xstrdup("");

	inventory_decide(&inv, &facts, &wish, &reasons);
	for (size_t i = 0; i < reasons.n; i++) {
		char *more = xasprintf("%s%s\n", all, reasons.list[i]);

		free(all);
		all = more;
	}
	reasons_free(&reasons);
	return all;
}

static void check_fine(void)
{
	char *all = decide();

	assert_string_equal(all, "");
	free(all);
}

/* One reason, and that; then all is well again */
static void check_refused(const char *words)
{
	char *all = decide();

	if (!strstr(all, words) || strchr(all, '\n') != all + strlen(all) - 1)
		fail_msg("not only '%s' in:\n%s", words, all);
	free(all);
	set_up(NULL);
}

/* That reason, and those that come of it */
static void check_among(const char *words)
{
	char *all = decide();

	if (!strstr(all, words))
		fail_msg("no '%s' in:\n%s", words, all);
	free(all);
	set_up(NULL);
}

static void test_fine(void **state)
{
	(void)state;
	check_fine();
	assert_true(facts_watched(&facts));
	assert_false(facts_fenced(&facts, &inv));
	/* Patroni 3.0.2 has no name there, "master", and replicas that are "running" */
	patroni(0, "{\"state\":\"running\",\"role\":\"master\",\"timeline\":3,\"database_system_identifier\":\"77\",\"patroni\":{\"scope\":\"s\",\"version\":\"3.0.2\"}}");
	facts.members[1].streaming = false;
	cluster("{\"members\":[{\"name\":\"a\",\"role\":\"leader\"},{\"name\":\"b\",\"role\":\"replica\",\"state\":\"running\",\"lag\":0}]}");
	facts.members[1].streaming = true;
	check_fine();
}

static void test_leaders(void **state)
{
	(void)state;
	patroni(1, LEADER);
	facts.leader = -1;
	facts.members[1].in_recovery = false;
	strcpy(facts.members[1].name, "b");
	check_refused("2 members say that they lead");
	patroni(0, STANDBY);
	strcpy(facts.members[0].name, "a");
	facts.members[0].in_recovery = true;
	facts.leader = -1;
	check_refused("nobody leads");
	patroni(0, "{\"state\":\"running\",\"role\":\"standby_leader\",\"timeline\":3," ABOUT("a") "}");
	facts.leader = -1;
	check_among("a leads a standby cluster");
}

static void test_standbys(void **state)
{
	(void)state;
	cluster(LISTED(",\"lag\":0,\"tags\":{\"nofailover\":true}"));
	check_refused("no standby would take over: b must not be promoted");
	cluster(LISTED(",\"lag\":0,\"tags\":{\"failover_priority\":0}"));
	check_refused("must not be promoted");
	cluster(LISTED(",\"lag\":0,\"tags\":{\"failover_priority\":\"0\"}"));
	check_refused("must not be promoted");
	cluster(LISTED(",\"lag\":\"unknown\""));
	check_refused("b has a lag that is not known");
	cluster(LISTED(",\"lag\":1048577"));
	check_refused("lags more than");
	facts.members[1].streaming = false;
	check_refused("b is not known to stream");
	facts.members[1].timeline = 2;
	check_refused("b is on another timeline");
	facts.members[1].timeline = 0;
	check_refused("b is on another timeline");
	strcpy(facts.members[1].state, "starting");
	check_refused("b does not run");
	facts.members[1].listed = false;
	check_refused("b is not in the leader's list");
	cluster("{\"members\":[{\"name\":\"x\\u001b\"}]}");
	check_refused("members that the inventory does not have: x\\x1b");
	config("{\"ttl\":30,\"loop_wait\":10,\"maximum_lag_on_failover\":5}");
	facts.members[1].lag = 6;
	check_refused("lags more than");
}

/* In synchronous mode Patroni promotes no other */
static void test_sync(void **state)
{
	static const char * const modes[] = { "true", "\"quorum\"", "\"on\"" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		char *text = xasprintf("{\"ttl\":30,\"loop_wait\":10,\"synchronous_mode\":%s}",
				       modes[i]);

		set_up(NULL);
		config(text);
		check_refused("b is no synchronous standby");
		config(text);
		cluster("{\"members\":[{\"name\":\"a\"},{\"name\":\"b\",\"role\":\"sync_standby\",\"lag\":0}]}");
		check_fine();
		free(text);
	}
	config("{\"ttl\":30,\"loop_wait\":10,\"synchronous_mode\":\"off\"}");
	facts.members[1].is_sync = false;
	check_fine();
}

static void test_identity(void **state)
{
	(void)state;
	strcpy(inv.scope, "t");
	check_among("a belongs to the cluster 's', the inventory is of 't'");
	strcpy(facts.members[1].scope, "t");
	check_refused("b belongs to the cluster 't', the inventory is of 's'");
	strcpy(facts.members[1].name, "c");
	check_refused("there is the member 'c', not b");
	strcpy(facts.members[1].sql_sysid, "78");
	check_refused("the dsn of b leads to another cluster");
	facts.members[0].in_recovery = true;
	check_refused("the dsn of a leads to another server");
	strcpy(facts.members[1].boot_id, "boot-a");
	check_refused("a and b are on one machine");
	facts.its_machine = ANSWER_NO;
	check_refused("the ssh of a leads to a machine where its PostgreSQL does not run");
	facts.its_machine = ANSWER_UNKNOWN;
	check_refused("can't be shown");
	strcpy(facts.members[1].ssh_why, "Connection refused");
	check_refused("the machine of b can't be asked over ssh");
}

static void test_etcd(void **state)
{
	(void)state;
	facts.members[0].etcd = ANSWER_YES;
	wish.without_protection = true;
	check_refused("an etcd runs on the machine of a");
	facts.members[1].etcd = ANSWER_YES;
	check_refused("an etcd runs on the machine of b");
	facts.members[0].etcd = ANSWER_UNKNOWN;
	check_refused("whether an etcd runs on the machine of a can't be told");
}

static void test_freeze(void **state)
{
	(void)state;
	wish.freeze_ms = 39000;
	check_refused("--freeze 40 is the least");
	config("{}");
	facts.ttl_s = 0;
	check_refused("for how long a leader may be silent can't be read");
	facts.module = ANSWER_NO;
	check_refused("stop-machine.ko is not loaded on a");
	facts.module = ANSWER_UNKNOWN;
	check_refused("can't be told");
	facts.max_ms = -1;
	check_refused("can't be told");
	facts.max_ms = 59999;
	check_refused("allows 59999 ms");
	facts.paused = true;
	check_refused("maintenance mode");
	facts.members[1].paused = true;
	check_refused("b is in maintenance mode");
	strcpy(facts.leftovers, "pug_drill_00000001");
	check_refused("'DROP SCHEMA pug_drill_00000001 CASCADE'");
	facts.may_create = false;
	check_refused("may not make a schema");
}

/* Each piece of the proof is wanted */
static void test_protection(void **state)
{
	(void)state;
	facts.active = false;
	check_refused("no watchdog is confirmed");
	facts.holder = false;
	check_refused("no watchdog is confirmed");
	strcpy(facts.frozen, "by luck");
	check_refused("no watchdog is confirmed");
	strcpy(facts.frozen, "");
	check_refused("pug-node check does not say so");
	strcpy(facts.protection_why, "pug-node: command not found");
	check_refused("command not found");
	facts.members[0].no_watchdog = true;
	check_refused("Patroni says that it can't use it");
	facts.active = false;
	wish.without_protection = true;
	check_fine();
	wish.without_protection = false;
	facts.members[1].fence = ANSWER_YES;
	check_fine();
	assert_true(facts_fenced(&facts, &inv));
	facts.members[1].fence = ANSWER_UNKNOWN;
	check_refused("no pug-fence is confirmed");
}

/* Of what a tool prints only whole lines of JSON count, and only those that are meant */
static void test_tools(void **state)
{
	(void)state;
	facts_init(&facts, inv.adapter);
	facts_check(&facts, "");
	facts_check(&facts, "{\"event\":\"danger\"\n[]\nnull\n{\"event\":3}\n"
		    "{\"event\":\"danger\",\"name\":\"a VM paused by the hypervisor\",\"protected\":\"yes\"}");
	assert_string_equal(facts.frozen, "");
	facts_list(&facts, "{\"event\":\"watchdog\",\"state\":\"inactive\",\"holders\":[]}\n"
		   "{\"event\":\"watchdog\",\"state\":\"active\",\"holders\":null}\n"
		   "{\"event\":\"watchdog\",\"state\":\"active\",\"holders\":[]}");
	assert_false(facts.active);
	set_up(NULL);
}

static void test_answers(void **state)
{
	json_t *answer = json_pack("{s:s}", "error", "Connection\nrefused");

	(void)state;
	facts_member(&facts.members[1], answer);
	json_decref(answer);
	check_among("the Patroni of b does not answer at : Connection\\x0arefused\n");
	answer = json_pack("{s:i s:s}", "http", 404, "body", "<html>");
	facts_member(&facts.members[1], answer);
	json_decref(answer);
	check_among("HTTP status 404");
	answer = json_null();
	facts_member(&facts.members[1], answer);
	facts_cluster(&facts, &inv, answer);
	facts_config(&facts, answer);
	check_among("the Patroni of b does not answer");
}

/* --- without Patroni ------------------------------------------------------- */

#define REPMGR(role, name, runs) \
	"{\"state\":\"running\",\"role\":\"" role "\",\"timeline\":3," \
	"\"database_system_identifier\":\"77\",\"patroni\":{\"name\":\"" name "\"}," \
	"\"runs\":" runs ",\"pause\":false,\"config_file\":\"/etc/repmgr.conf\"}"
#define NODES(type_b, state_b, lag_b, priority_b, more) \
	"{\"members\":[{\"name\":\"a\",\"role\":\"leader\",\"state\":\"not attached\"," \
	"\"witness\":false,\"tags\":{\"failover_priority\":100}}," \
	"{\"name\":\"b\",\"role\":\"" type_b "\",\"state\":\"" state_b "\",\"lag\":" lag_b \
	",\"tags\":{\"failover_priority\":" priority_b "}}" more "]}"
#define WELL NODES("replica", "streaming", "0", "100", "")
#define CONF "failover='automatic'\nreconnect_attempts = 3 # less\nreconnect_interval=10\n"

/* The same cluster, kept by repmgr; its watchdog is systemd's */
static void set_up_repmgr(void)
{
	size_t leaders;

	set_up(NULL);
	inv.adapter = adapter_find("repmgr");
	strcpy(inv.system_identifier, "77");
	facts.adapter = inv.adapter;
	facts.ttl_s = 0;
	facts.loop_s = 0;
	patroni(0, REPMGR("primary", "a", "true"));
	patroni(1, REPMGR("replica", "b", "true"));
	facts.leader = facts_find_leader(&facts, 2, &leaders);
	facts.members[1].listed = false;
	cluster(WELL);
	facts_repmgr(&facts, 1, CONF);
	facts.holder = false;
	wish.freeze_ms = 32000;
}

static void check_repmgr(const char *words)
{
	check_refused(words);
	set_up_repmgr();
}

static void test_repmgr(void **state)
{
	(void)state;
	set_up_repmgr();
	check_fine();
	assert_int_equal(facts.ttl_s, 30);
	assert_int_equal(facts.loop_s, 2);
	assert_true(facts_watched(&facts));
	inv.system_identifier[0] = '\0';
	check_among("in [cluster] system_identifier = 77, says a");
	set_up_repmgr();
	strcpy(inv.system_identifier, "78");
	check_among("b belongs to another cluster: its system identifier is 77, the inventory has 78");
	set_up_repmgr();
	patroni(1, REPMGR("replica", "b", "false"));
	check_repmgr("repmgrd does not run on b");
	patroni(0, REPMGR("primary", "a", "null"));
	check_repmgr("whether repmgrd runs on a can't be told: is repmgr in shared_preload_libraries?");
	facts.members[1].paused = true;
	check_repmgr("b is in maintenance mode: nobody would take over (repmgr service unpause)");
	wish.freeze_ms = 31000;
	check_repmgr("--freeze 32 is the least here (reconnect_attempts * reconnect_interval + monitor");
	facts.active = false;
	check_repmgr("that it is armed, and by whom, is not confirmed");
	strcpy(facts.frozen, "by luck");
	check_repmgr("no watchdog is confirmed");
	patroni(1, REPMGR("primary", "b", "true"));
	facts.members[1].in_recovery = false;
	facts.leader = -1;
	check_repmgr("2 members say that they lead");
}

static void test_repmgr_nodes(void **state)
{
	(void)state;
	set_up_repmgr();
	cluster(NODES("replica", "streaming", "0", "0", ""));
	check_repmgr("b must not be promoted (its priority in repmgr.nodes is 0)");
	cluster(NODES("replica", "inactive", "0", "100", ""));
	check_repmgr("b is not in the leader's list");
	cluster(NODES("replica", "not attached", "null", "100", ""));
	check_repmgr("b has a lag that is not known");
	cluster(NODES("replica", "streaming", "1048577", "100", ""));
	check_repmgr("b lags more than 1 MB");
	cluster(NODES("leader", "streaming", "0", "100", ""));
	check_repmgr("repmgr lists b as its leader, and a leads");
	facts.members[1].automatic = ANSWER_NO;
	check_repmgr("b does not promote by itself (failover in repmgr.conf)");
	facts.members[1].automatic = ANSWER_UNKNOWN;
	check_repmgr("b has a repmgr.conf that can't be read");
	cluster(NODES("replica", "streaming", "0", "100",
		      "],\"no_failover\":\"no other node\",\"x\":["));
	check_repmgr("nobody would take over: no other node");
	/* A witness is never touched: it may be there, but not in the inventory */
	cluster(NODES("replica", "streaming", "0", "100",
		      ",{\"name\":\"w\",\"role\":\"witness\",\"witness\":true}"));
	check_fine();
	cluster(NODES("replica", "streaming", "0", "100",
		      ",{\"name\":\"c\",\"role\":\"replica\",\"witness\":false}"));
	check_repmgr("repmgr lists members that the inventory does not have: c");
	facts.members[1].witness = true;
	check_among("b is a witness: the drill never touches one");
}

/* repmgr.conf: quotes, comments, blanks; the last one counts, and nonsense does not */
static void test_repmgr_conf(void **state)
{
	static const struct {
		const char *text;
		enum answer automatic;
		unsigned int ttl_s, loop_s;
	} rows[] = {
		{ "", ANSWER_NO, 60, 2 },
		{ "failover = automatic", ANSWER_YES, 60, 2 },
		{ "  failover 'automatic'  # yes", ANSWER_YES, 60, 2 },
		{ "failover=automatic\nfailover=manual", ANSWER_NO, 60, 2 },
		{ "failover='automatic", ANSWER_YES, 60, 2 },
		{ "reconnect_attempts=0", ANSWER_NO, 1, 2 },
		{ "reconnect_attempts=x\nmonitor_interval_secs=5", ANSWER_NO, 60, 5 },
		{ "reconnect_interval=99999999999999999999", ANSWER_NO, 60, 2 },
		{ "failover_x=automatic\n=\n#", ANSWER_NO, 60, 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		facts.ttl_s = 0;
		facts.loop_s = 0;
		facts_repmgr(&facts, 1, rows[i].text);
		assert_int_equal(facts.members[1].automatic, rows[i].automatic);
		assert_int_equal(facts.ttl_s, rows[i].ttl_s);
		assert_int_equal(facts.loop_s, rows[i].loop_s);
	}
	/* The slowest of all counts */
	facts_repmgr(&facts, 0, "reconnect_attempts=1");
	assert_int_equal(facts.ttl_s, 60);
}

/* --- the verdict ------------------------------------------------------------ */

#define SETTLED(verdict, lost) \
	"{\"verdict\":\"" verdict "\",\"acked_rows\":9,\"leader\":\"b\",\"lost\":[" lost "]," \
	"\"twice\":[],\"foreign\":[],\"differs\":[],\"phantom\":[]}"

static struct inventory_drill drill;

static void judge(struct inventory_verdict *v, const char *settled, double last_old)
{
	struct drill_timeline tl = { 0 };

	for (int i = 0; i < 5; i++)
		drill_add(&tl, MOMENT_ACK, MOMENT_LAB, 95 + i, 1, "a row");
	if (last_old > 0)
		drill_add(&tl, MOMENT_ACK, MOMENT_LAB, last_old, 1, "a row");
	drill_add(&tl, MOMENT_ACK, MOMENT_LAB, 130, 2, "a row");
	drill_add(&tl, MOMENT_ACK, MOMENT_LAB, 169, 2, "a row");
	drill_sort(&tl);
	tl.settled = settled ? json_loads(settled, 0, NULL) : NULL;
	inventory_judge(v, &drill, &tl);
	drill_timeline_free(&tl);
}

static void ready(void)
{
	drill = (struct inventory_drill) {
		.inv = &inv, .wish = &wish, .facts = &facts, .dir = "", .fault_s = 100,
		.end_s = 170, .frozen = true, .reset = ANSWER_YES, .leader = 1, .well = true,
	};
}

static void check_verdict(const char *settled, double last_old, enum drill_kind kind, int status,
			  const char *words)
{
	struct inventory_verdict v;
	json_t *json;

	judge(&v, settled, last_old);
	if (v.kind != kind || !strstr(v.reason, words))
		fail_msg("%s: %s", drill_kind_name(v.kind), v.reason);
	assert_int_equal(inventory_status(&v, &drill), status);
	json = inventory_result(&v, &drill);
	assert_string_equal(json_string_value(json_object_get(json, "verdict")),
			    drill_kind_name(kind));
	json_decref(json);
	ready();
}

static void test_verdict(void **state)
{
	(void)state;
	ready();
	check_verdict(SETTLED("all-there", ""), 0, DRILL_SAFE, 0,
		      "a was frozen for 60 s, and it was reset; b leads now. None of 9");
	check_verdict(SETTLED("wrong", "{},{}"), 0, DRILL_LOST, 1, "2 of 9 acknowledged rows are lost");
	check_verdict(SETTLED("all-there", ""), 160, DRILL_SPLIT_BRAIN, 0,
		      "For 30.0 s two nodes acknowledged writes");
	facts.retry_s = 1;
	facts.ttl_s = 20;
	check_verdict(SETTLED("all-there", ""), 0, DRILL_OUTAGE, 0, "39.0 s");
	set_up(NULL);
	check_verdict(SETTLED("could-not-tell", ""), 0, DRILL_ERROR, 2, "");
	check_verdict(NULL, 0, DRILL_ERROR, 2, "What the nodes have is not known");
	check_verdict("{\"verdict\":\"could-not-tell\",\"acked_rows\":9,\"no_leader\":\"none answers\",\"lost\":[]}",
		      0, DRILL_ERROR, 2, "none answers");
	drill.well = false;
	check_verdict(SETTLED("all-there", ""), 0, DRILL_ERROR, 2, "has not become well");
	drill.frozen = false;
	check_verdict(SETTLED("all-there", ""), 0, DRILL_ERROR, 2, "stood still can't be shown");
	drill.fault_s = 0;
	check_verdict(SETTLED("all-there", ""), 0, DRILL_ERROR, 2, "there was no freeze");
	strcpy(drill.error, "the disk is full");
	check_verdict(SETTLED("all-there", ""), 0, DRILL_ERROR, 2, "the disk is full");
	drill.schema_left = true;
	strcpy(drill.schema, "pug_drill_00000002");
	check_verdict(SETTLED("all-there", ""), 0, DRILL_SAFE, 2, "pug_drill_00000002 is still there");
	drill.interrupted = true;
	check_verdict(SETTLED("all-there", ""), 0, DRILL_SAFE, 2, "");
	drill.two_lead = true;
	check_verdict(SETTLED("all-there", ""), 0, DRILL_SPLIT_BRAIN, 0,
		      "a leads on beside it: nothing of Patroni ends that");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_fine, set_up),
		cmocka_unit_test_setup(test_leaders, set_up),
		cmocka_unit_test_setup(test_standbys, set_up),
		cmocka_unit_test_setup(test_sync, set_up),
		cmocka_unit_test_setup(test_identity, set_up),
		cmocka_unit_test_setup(test_etcd, set_up),
		cmocka_unit_test_setup(test_freeze, set_up),
		cmocka_unit_test_setup(test_protection, set_up),
		cmocka_unit_test_setup(test_tools, set_up),
		cmocka_unit_test_setup(test_answers, set_up),
		cmocka_unit_test_setup(test_repmgr, set_up),
		cmocka_unit_test_setup(test_repmgr_nodes, set_up),
		cmocka_unit_test_setup(test_repmgr_conf, set_up),
		cmocka_unit_test_setup(test_verdict, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
