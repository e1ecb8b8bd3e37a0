// SPDX-License-Identifier: GPL-2.0
/*
 * What hypervisors, programs and those who call an agent say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fenceapi.h"
#include "http.h"
#include "patroni.h"
#include "pve.h"
#include "words.h"

static enum vm_fact judge(const char *status, const char *config, struct vm_view *view)
{
	json_t *s = json_loads(status, JSON_DECODE_ANY, NULL);
	json_t *c = json_loads(config, JSON_DECODE_ANY, NULL);

	memset(view, 0, sizeof(*view));
	pve_judge(s, c, "101", view);
	json_decref(s);
	json_decref(c);
	return view->fact;
}

static void pve_states(void **state)
{
	static const struct {
		enum vm_fact wanted;
		const char *status, *config;
	} table[] = {
		{ VM_OFF, "{\"status\":\"stopped\",\"qmpstatus\":\"stopped\",\"vmid\":101}", "{}" },
		{ VM_OFF, "{\"status\":\"stopped\",\"vmid\":\"101\"}", "{}" },
		{ VM_RUNNING, "{\"status\":\"running\",\"qmpstatus\":\"running\"}", "{}" },
		{ VM_NOT_OFF, "{\"status\":\"running\",\"qmpstatus\":\"paused\"}", "{}" },
		{ VM_NOT_OFF, "{\"status\":\"running\",\"qmpstatus\":\"stopped\"}", "{}" },
		{ VM_NOT_OFF, "{\"status\":\"stopped\",\"qmpstatus\":\"running\"}", "{}" },
		{ VM_NOT_OFF, "{\"status\":\"stopped\",\"pid\":7}", "{}" },
		{ VM_NOT_OFF, "{\"status\":\"stopped\",\"lock\":\"suspended\"}", "{}" },
		{ VM_NOT_OFF, "{\"status\":\"stopped\"}", "{\"lock\":\"backup\"}" },
		{ VM_NOT_OFF, "{\"status\":\"stopped\"}", "{\"vmstate\":\"local:x\"}" },
		{ VM_UNKNOWN, "{\"status\":\"stopped\",\"vmid\":102}", "{}" },
		{ VM_UNKNOWN, "{\"status\":\"unknown\"}", "{}" },
		{ VM_UNKNOWN, "{\"status\":7}", "{}" },
		{ VM_UNKNOWN, "{}", "{}" },
		{ VM_UNKNOWN, "[]", "{}" },
		{ VM_UNKNOWN, "{\"status\":\"stopped\"}", "null" },
	};
	struct vm_view view;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (judge(table[i].status, table[i].config, &view) != table[i].wanted)
			fail_msg("%s %s: %s", table[i].status, table[i].config, view.why);
}

static void pve_identity(void **state)
{
	struct member member = { .vm_uuid = "aa", .vm_name = "pg1", .vm_mac = "bc:24:11:00:00:01" };
	const unsigned int all = TELLS_UUID | TELLS_NAME | TELLS_MAC;
	const char *off = "{\"status\":\"stopped\"}";
	struct vm_view view;

	(void)state;
	/* What it could have told and did not is no match */
	judge(off, "{\"name\":\"pg1\"}", &view);
	assert_false(backend_identity(all, &member, &view));
	assert_int_equal(view.fact, VM_WRONG);
	assert_non_null(strstr(view.why, "does not tell its UUID"));
	judge(off, "{\"name\":\"pg1\",\"smbios1\":\"uuid=aa\"}", &view);
	assert_false(backend_identity(all, &member, &view));
	assert_non_null(strstr(view.why, "does not tell its MAC"));
	assert_true(backend_identity(TELLS_UUID | TELLS_NAME, &member, &view));
	judge(off,
	      "{\"name\":\"pg1\",\"smbios1\":\"manufacturer=x,uuid=AA,base64=1\",\"net0\":\"virtio=BC:24:11:00:00:02,bridge=a\",\"net3\":\"e1000=BC:24:11:00:00:01\"}",
	      &view);
	assert_string_equal(view.uuid, "aa");
	assert_true(backend_identity(all, &member, &view));
	strcpy(member.vm_mac, "bc:24:11:00:00:03");
	assert_false(backend_identity(all, &member, &view));
	assert_int_equal(view.fact, VM_WRONG);
	judge(off, "{}", &view);
	assert_false(backend_identity(all, &member, &view));
	member.vm_uuid[0] = '\0';
	member.vm_mac[0] = '\0';
	judge(off, "{\"name\":\"pg1\",\"template\":1}", &view);
	assert_false(backend_identity(all, &member, &view));
	assert_non_null(strstr(view.why, "template"));
	judge(off, "{\"name\":\"pg2\"}", &view);
	assert_false(backend_identity(all, &member, &view));
	judge(off, "{\"name\":\"pg1\"}", &view);
	assert_true(backend_identity(all, &member, &view));
	/* Nothing was compared: there is nothing that it could tell */
	assert_false(backend_identity(TELLS_MAC, &member, &view));
}

#define NODE(n, local, online) "{\"type\":\"node\",\"name\":\"" n "\"," \
	"\"local\":" local ",\"online\":" online "}"
#define CLUSTER(q) "{\"type\":\"cluster\",\"nodes\":2,\"quorate\":" q "}"

static void pve_quorums(void **state)
{
	static const struct {
		int wanted;
		const char *text;
	} table[] = {
		{ 0, "[" CLUSTER("1") "," NODE("a", "1", "1") "]" },
		{ 0, "[" NODE("a", "1", "1") "," CLUSTER("true") "]" },
		{ 0, "[" NODE("a", "1", "1") "]" },
		{ -1, "[" CLUSTER("0") "," NODE("a", "1", "1") "]" },
		{ -1, "[" CLUSTER("null") "," NODE("a", "1", "1") "]" },
		{ -1, "[{\"type\":\"cluster\"}]" },
		{ -1, "[" NODE("a", "1", "1") "," NODE("b", "0", "0") "]" },
		{ -1, "[" NODE("a", "0", "1") "]" },
		{ -1, "[]" }, { -1, "{}" }, { -1, "7" },
	};
	static const struct {
		int wanted;
		const char *text;
	} nodes[] = {
		{ 0, "[{\"node\":\"a\",\"status\":\"online\"}]" },
		{ 0, "[{\"status\":\"online\"},{\"status\":\"online\"},{\"status\":\"offline\"}]" },
		{ -1, "[{\"status\":\"online\"},{\"status\":\"unknown\"}]" },
		{ -1, "[{\"status\":\"offline\"}]" },
		{ -1, "[]" }, { -1, "null" },
	};
	json_t *list;
	char why[160];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		list = json_loads(table[i].text, JSON_DECODE_ANY, NULL);
		if (pve_quorum(list, why, sizeof(why)) != table[i].wanted)
			fail_msg("%s", table[i].text);
		json_decref(list);
	}
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		list = json_loads(nodes[i].text, JSON_DECODE_ANY, NULL);
		if (pve_majority(list, why, sizeof(why)) != nodes[i].wanted)
			fail_msg("%s", nodes[i].text);
		json_decref(list);
	}
	list = json_loads("[" CLUSTER("1") "," NODE("a", "1", "1") "," NODE("b", "0", "0")
			  ",{\"type\":\"node\",\"node\":\"c\",\"status\":\"online\"}]", 0, NULL);
	assert_true(pve_is_online(list, "a"));
	assert_false(pve_is_online(list, "b"));
	assert_true(pve_is_online(list, "c"));
	assert_false(pve_is_online(list, "d"));
	json_decref(list);
}

static void pve_tasks(void **state)
{
	struct trouble why = { "" };
	json_t *task = json_loads("{\"status\":\"running\"}", 0, NULL);

	(void)state;
	assert_int_equal(pve_task(task, &why), 1);
	json_object_set_new(task, "status", json_string("stopped"));
	assert_int_equal(pve_task(task, &why), -1);
	json_object_set_new(task, "exitstatus", json_string("OK"));
	assert_int_equal(pve_task(task, &why), 0);
	json_decref(task);
	assert_true(pve_is_upid("UPID:pve1:0001A2B3:00C0FFEE:65F00000:qmstop:101:fence@pve!stop:"));
	assert_false(pve_is_upid("UPID:../../access"));
	assert_false(pve_is_upid("UPID:pve1:x y"));
	assert_false(pve_is_upid(""));
}

static void pve_rights(void **state)
{
	json_t *p = json_loads("{\"/vms/101\":{\"VM.Audit\":1,\"VM.PowerMgmt\":0},\"/vms\":{\"VM.Audit\":1,\"VM.Console\":1}}",
			       0, NULL);
	char extra[64];

	(void)state;
	assert_int_equal(pve_privileges(p, "101", extra, sizeof(extra)),
			 PVE_HAS_AUDIT | PVE_HAS_POWER);
	assert_string_equal(extra, "");
	assert_int_equal(pve_privileges(p, "102", extra, sizeof(extra)), PVE_HAS_AUDIT);
	assert_string_equal(extra, "VM.Console");
	json_decref(p);
}

static void json_is_bounded(void **state)
{
	struct trouble why = { "" };
	char deep[200];

	(void)state;
	memset(deep, '[', sizeof(deep));
	assert_null(answer_parse(deep, sizeof(deep), &why));
	assert_null(answer_parse("{\"a\":1,\"a\":2}", 13, &why));
	assert_null(answer_parse("[]", 2, &why));
	assert_null(answer_parse("", 0, &why));
	why.text[0] = '\0';
	assert_null(answer_parse("<html>", 6, &why));
	assert_non_null(strstr(why.text, "HTML"));
}

static void programs(void **state)
{
	struct vm_view view = { 0 };

	(void)state;
	words_ssh("uuid=AB\nname=pg1\nstate=off\n", &view);
	assert_int_equal(view.fact, VM_OFF);
	assert_string_equal(view.uuid, "ab");
	words_ssh("state=paused\n", &view);
	assert_int_equal(view.fact, VM_NOT_OFF);
	words_ssh("", &view);
	assert_int_equal(view.fact, VM_UNKNOWN);
	words_ssh("xstate=off\n", &view);
	assert_int_equal(view.fact, VM_UNKNOWN);
}

static void agents(void **state)
{
	static const struct {
		enum vm_fact wanted;
		int status;
		const char *out;
	} table[] = {
		{ VM_RUNNING, 0, "Status: ON\n" },
		{ VM_OFF, 2, "Status: OFF\n" },
		{ VM_OFF, 2, "chatter\nStatus: OFF\n" },
		{ VM_UNKNOWN, 2, "" },
		{ VM_UNKNOWN, 2, "OFF\n" },
		{ VM_UNKNOWN, 2, "Status: ON\n" },
		{ VM_UNKNOWN, 2, "Status: OFFLINE\n" },
		{ VM_UNKNOWN, 2, "sh: 1: Syntax error\n" },
		{ VM_UNKNOWN, 0, "Status: OFF\n" },
		{ VM_UNKNOWN, 0, "" },
		{ VM_UNKNOWN, 1, "Status: OFF\n" },
		{ VM_UNKNOWN, -1, "Status: OFF\n" },
	};
	struct vm_view view = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		words_agent(table[i].status, table[i].out, "1,a\n101,pg1,off\n", "101", &view);
		if (view.fact != table[i].wanted)
			fail_msg("%d, '%s': %s", table[i].status, table[i].out, view.why);
		assert_string_equal(view.name, "pg1");
	}
	words_agent(0, "Status: ON\n", "", "101", &view);
	assert_string_equal(view.name, "");
}

#define INFO(state) "Id: -\nName: pg1\nUUID: AB\nState: " state "\nManaged save: no\n"

/* Each reason of libvirt's virDomainShutoffReason, in the words of virsh */
static void libvirt(void **state)
{
	static const struct {
		enum vm_fact wanted;
		const char *info, *reason;
	} table[] = {
		{ VM_OFF, INFO("shut off"), "shut off (shutdown)\n\n" },
		{ VM_OFF, INFO("shut off"), "shut off (destroyed)\n" },
		{ VM_UNKNOWN, INFO("shut off"), "shut off (migrated)\n" },
		{ VM_UNKNOWN, INFO("shut off"), "shut off (saved)\n" },
		{ VM_UNKNOWN, INFO("shut off"), "shut off (crashed)\n" },
		{ VM_UNKNOWN, INFO("shut off"), "shut off (failed)\n" },
		{ VM_UNKNOWN, INFO("shut off"), "shut off (from snapshot)\n" },
		{ VM_UNKNOWN, INFO("shut off"), "shut off (daemon)\n" },
		{ VM_UNKNOWN, INFO("shut off"), "shut off (unknown)\n" },
		{ VM_UNKNOWN, INFO("shut off"), "shut off (something new)\n" },
		{ VM_UNKNOWN, INFO("shut off"), "shut off\n" },
		{ VM_UNKNOWN, INFO("shut off"), "" },
		{ VM_UNKNOWN, INFO("shut off"), "running (booted)\n" },
		{ VM_UNKNOWN, INFO("shut off"), "paused (shutdown)\n" },
		{ VM_RUNNING, INFO("running"), "running (booted)\n" },
		{ VM_RUNNING, INFO("running"), "shut off (destroyed)\n" },
		{ VM_NOT_OFF, INFO("paused"), "paused (user)\n" },
		{ VM_NOT_OFF, INFO("crashed"), "crashed (panicked)\n" },
		{ VM_NOT_OFF, "State: shut off\nManaged save: yes\n", "shut off (shutdown)\n" },
		{ VM_NOT_OFF, "State: shut off\n", "shut off (shutdown)\n" },
		{ VM_UNKNOWN, "error: failed to get domain\n", "shut off (shutdown)\n" },
	};
	struct vm_view view;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		memset(&view, 0, sizeof(view));
		words_libvirt(table[i].info, table[i].reason, &view);
		if (view.fact != table[i].wanted)
			fail_msg("%s %s: %s", table[i].info, table[i].reason, view.why);
	}
	words_libvirt(INFO("running"), "", &view);
	assert_string_equal(view.name, "pg1");
	assert_string_equal(view.uuid, "ab");
}

static void standard_input(void **state)
{
	struct fenceapi wanted = { .action = "reboot" };
	const char *text =
		"# action=on\n action=off \r\nport=pg1\nnodename=x\nunknown=1\nnothing\n=\n";
	struct trouble why = { "" };
	char big[400] = "plug=";

	(void)state;
	assert_int_equal(fenceapi_parse(text, strlen(text), &wanted, &why), 0);
	assert_string_equal(wanted.action, "off");
	assert_string_equal(wanted.plug, "pg1");
	memset(big + 5, 'x', sizeof(big) - 5);
	assert_int_equal(fenceapi_parse(big, sizeof(big), &wanted, &why), -1);
}

/* What a leader is called where our own Patroni knows it */
static void the_leader(void **state)
{
	static struct config config = { .members = { { .name = "pg1" } }, .n_members = 1 };
	char good[200];
	const char *text = good;
	struct trouble why = { "" };
	uint64_t timeline = 0;
	char leader[64];

	(void)state;
	strcpy(good,
	       "{\"members\":[{\"name\":\"pg3\",\"role\":\"replica\",\"timeline\":5},{\"name\":\"pg1\",\"role\":\"leader\",\"timeline\":5}]}");
	assert_int_equal(patroni_leader(&config, text, strlen(text), leader, &timeline, &why), 0);
	assert_string_equal(leader, "pg1");
	assert_int_equal(timeline, 5);
	text = "{\"members\":[{\"name\":\"pg9\",\"role\":\"leader\",\"timeline\":5}]}";
	assert_int_equal(patroni_leader(&config, text, strlen(text), leader, &timeline, &why), -1);
	text = "{\"members\":[{\"name\":\"pg1\",\"role\":\"leader\"}]}";
	assert_int_equal(patroni_leader(&config, text, strlen(text), leader, &timeline, &why), -1);
}

static void collect(void *arg, int level, const char *name, const char *what)
{
	char *text = arg;

	snprintf(text + strlen(text), 400 - strlen(text), "%d %s: %.20s; ", level, name, what);
}

/* Patroni's own list against the configuration's */
static void the_members(void **state)
{
	static struct config config = {
		.members = { { .name = "pg1" }, { .name = "pg2", .never_primary = true } },
		.n_members = 2,
	};
	static const struct {
		int rc;
		const char *text, *wanted;
	} table[] = {
		{ 0, "{\"members\":[{\"name\":\"pg1\"},{\"name\":\"pg2\",\"tags\":{\"nofailover\":true}}]}",
			"" },
		{ 0, "{\"members\":[{\"name\":\"pg1\"},{\"name\":\"pg2\",\"tags\":{\"failover_priority\":0}}]}",
			"" },
		{ 0, "{\"members\":[{\"name\":\"pg2\",\"tags\":{\"nofailover\":false}},{\"name\":\"pg9\"}]}",
			"2 pg2: it is never_primary ; 2 pg9: Patroni lists it, an; "
			"1 pg1: it is configured, an; " },
		{ -1, "{\"members\":[]}", "" }, { -1, "{}", "" }, { -1, "<html>", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct trouble why = { "" };
		char told[400] = "";
		int rc;

		rc = patroni_members(&config, table[i].text, strlen(table[i].text), collect, told,
				     &why);
		assert_int_equal(rc, table[i].rc);
		assert_string_equal(told, table[i].wanted);
		assert_int_equal(!why.text[0], !table[i].rc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pve_states),
		cmocka_unit_test(pve_identity),
		cmocka_unit_test(pve_quorums),
		cmocka_unit_test(pve_tasks),
		cmocka_unit_test(pve_rights),
		cmocka_unit_test(json_is_bounded),
		cmocka_unit_test(programs),
		cmocka_unit_test(agents),
		cmocka_unit_test(libvirt),
		cmocka_unit_test(standard_input),
		cmocka_unit_test(the_leader),
		cmocka_unit_test(the_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
