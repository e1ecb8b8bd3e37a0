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
	const char *off = "{\"status\":\"stopped\"}";
	struct vm_view view;

	(void)state;
	judge(off,
	      "{\"name\":\"pg1\",\"smbios1\":\"manufacturer=x,uuid=AA,base64=1\",\"net0\":\"virtio=BC:24:11:00:00:02,bridge=a\",\"net3\":\"e1000=BC:24:11:00:00:01\"}",
	      &view);
	assert_string_equal(view.uuid, "aa");
	assert_true(backend_identity(&member, &view));
	strcpy(member.vm_mac, "bc:24:11:00:00:03");
	assert_false(backend_identity(&member, &view));
	assert_int_equal(view.fact, VM_WRONG);
	judge(off, "{}", &view);
	assert_false(backend_identity(&member, &view));
	judge(off, "{\"name\":\"pg1\",\"template\":1}", &view);
	assert_false(backend_identity(&member, &view));
	judge(off, "{\"name\":\"pg2\"}", &view);
	assert_false(backend_identity(&member, &view));
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
	words_dominfo("Id:             -\nName:           pg1\nUUID:           AB\nState:          shut off\nManaged save:   no\n",
		      &view);
	assert_int_equal(view.fact, VM_OFF);
	assert_string_equal(view.name, "pg1");
	words_dominfo("State: shut off\nManaged save: yes\n", &view);
	assert_int_equal(view.fact, VM_NOT_OFF);
	words_dominfo("State: shut off\n", &view);
	assert_int_equal(view.fact, VM_NOT_OFF);
	words_agent(2, "1,a\n101,pg1,off\n", "101", &view);
	assert_int_equal(view.fact, VM_OFF);
	assert_string_equal(view.name, "pg1");
	words_agent(0, "", "101", &view);
	assert_int_equal(view.fact, VM_RUNNING);
	assert_string_equal(view.name, "");
	words_agent(1, "", "101", &view);
	assert_int_equal(view.fact, VM_UNKNOWN);
	words_agent(-1, "", "101", &view);
	assert_int_equal(view.fact, VM_UNKNOWN);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pve_states),
		cmocka_unit_test(pve_identity),
		cmocka_unit_test(pve_tasks),
		cmocka_unit_test(pve_rights),
		cmocka_unit_test(json_is_bounded),
		cmocka_unit_test(programs),
		cmocka_unit_test(standard_input),
		cmocka_unit_test(the_leader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
