// SPDX-License-Identifier: GPL-2.0
/* Drills: words, expectations, and verdicts on timelines told by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compiler.h"
#include "drill-expect.h"
#include "drill-fixture.h"

static void test_reset_in_fault(void **state)
{
	struct drill drill = default_drill();
	struct drill_timeline tl;
	struct drill_verdict v;

	(void)state;
	begin(&tl, NOTHING_LOST);
	drill_add(&tl, MOMENT_WATCHDOG, 0, 121, 0, "WATCHDOG");
	drill_add(&tl, MOMENT_RESET, 0, 121.05, 0, "RESET");
	drill_add(&tl, MOMENT_BOOT, 0, 140, 0, "ready");
	drill_add(&tl, MOMENT_REWIND, 0, 150, 0, "running pg_rewind from alt02");
	v = judge(&tl, &drill);
	assert_int_equal(v.kind, DRILL_SAFE);
	assert_string_equal(v.by, "i6300esb");
	assert_int_equal(v.fenced_ms, 21050);
	assert_int_equal(v.new_leader_ms, 30000);
	assert_int_equal(v.first_ack_ms, 31000);
	assert_int_equal(v.outage_ms, 31500);
	assert_int_equal(v.two_leaders_ms, 0);
	assert_int_equal(v.acked, 50);
	assert_int_equal(v.phantom, 1);
	assert_string_equal(v.old_leader, "reset, rewound");
	assert_string_equal(v.timelines, "1 2");
}

/* The event does not name the device: what the drill has armed fired */
static void test_reset_by_itco(void **state)
{
	struct drill drill = default_drill();
	struct drill_timeline tl;
	struct drill_verdict v;

	(void)state;
	drill.dog = DRILL_ITCO;
	begin(&tl, NOTHING_LOST);
	drill_add(&tl, MOMENT_WATCHDOG, 0, 145, 0, "WATCHDOG");
	drill_add(&tl, MOMENT_RESET, 0, 145.05, 0, "RESET");
	v = judge(&tl, &drill);
	assert_string_equal(v.by, "itco");
	assert_int_equal(v.kind, DRILL_SAFE);
	/* Another led by then */
	assert_int_equal(v.right, RIGHT_NO);
}

static void test_lock_taken_back(void **state)
{
	struct drill drill = default_drill();
	struct drill_timeline tl;
	struct drill_verdict v;

	(void)state;
	begin(&tl, TWO_LOST);
	drill_add(&tl, MOMENT_THAW, 0, 159.98, 0, "thaw");
	drill_add(&tl, MOMENT_WORD, 0, 160.1, 0, "agent: end");
	drill_add(&tl, MOMENT_KEY, 3, 160.8, 0, "key");
	drill_add(&tl, MOMENT_DEMOTED, 1, 161.25, 0, "Demoting self");
	/* It is not over with the word, and a row much later is another story */
	drill_add(&tl, MOMENT_ACK, 1, 161.5, 2, "row");
	drill_add(&tl, MOMENT_ACK, 1, 164.5, 2, "row");
	drill_add(&tl, MOMENT_REWIND, 1, 165, 0, "running pg_rewind");
	v = judge(&tl, &drill);
	assert_int_equal(v.kind, DRILL_LOST);
	assert_int_equal(v.lost, 2);
	assert_string_equal(v.by, "");
	assert_int_equal(v.fenced_ms, DRILL_NO_TIME);
	assert_int_equal(v.two_leaders_ms, 1500);
	assert_string_equal(v.old_leader, "took the lock back");
}

/* Reset 30 ms after the thaw: what matters is whether its user space got to run */
static void test_at_thaw(void **state)
{
	struct drill drill = default_drill();
	struct drill_timeline tl;
	struct drill_verdict v;

	(void)state;
	for (int word = 0; word < 2; word++) {
		begin(&tl, NOTHING_LOST);
		drill_add(&tl, MOMENT_THAW, 0, 159.98, 0, "thaw");
		if (word)
			drill_add(&tl, MOMENT_WORD, 0, 160.01, 0, "agent: end");
		drill_add(&tl, MOMENT_SOFTDOG, 0, 160.02, 0, "softdog");
		drill_add(&tl, MOMENT_RESET, 0, 160.03, 0, "RESET");
		/* What it says after the reset is another boot's */
		drill_add(&tl, MOMENT_WORD, 0, 175, 0, "agent: later");
		v = judge(&tl, &drill);
		assert_string_equal(v.by, "softdog");
		assert_int_equal(v.kind, word ? DRILL_SPLIT_BRAIN : DRILL_SAFE);
		assert_int_equal(v.two_leaders_ms, word ? 30 : 0);
	}
}

/* repmgr: reset in time, but PostgreSQL comes up again as the primary that it was */
static void test_leads_again(void **state)
{
	struct drill drill = default_drill();
	struct drill_timeline tl;
	struct drill_verdict v;

	(void)state;
	for (int manager = 0; manager < DRILL_MANAGERS; manager++) {
		drill.manager = manager;
		begin(&tl, TWO_LOST);
		drill_add(&tl, MOMENT_WATCHDOG, 0, 121, 0, "WATCHDOG");
		drill_add(&tl, MOMENT_RESET, 0, 121.05, 0, "RESET");
		drill_add(&tl, MOMENT_PG_PROMOTED, 1, 130, 0, "received promote request");
		drill_add(&tl, MOMENT_PG_PRIMARY, 0, 145, 0, "ready to accept connections");
		drill_add(&tl, MOMENT_ACK, 0, 146, 1, "row");
		v = judge(&tl, &drill);
		assert_int_equal(v.kind, DRILL_LOST);
		assert_string_equal(v.by, "i6300esb");
		assert_int_equal(v.two_leaders_ms, manager == DRILL_REPMGR ? 55000 : 0);
		assert_string_equal(v.old_leader,
				    manager == DRILL_REPMGR ? "reset, leads again" : "reset");
	}
	/* Stopped to be made a standby, once all is counted */
	begin(&tl, TWO_LOST);
	drill_add(&tl, MOMENT_PG_PROMOTED, 1, 130, 0, "received promote request");
	drill_add(&tl, MOMENT_THAW, 0, 159.98, 0, "thaw");
	drill_add(&tl, MOMENT_ACK, 0, 160.5, 1, "row");
	drill_add(&tl, MOMENT_PG_DOWN, 0, 201, 0, "shutting down");
	v = judge(&tl, &drill);
	assert_string_equal(v.old_leader, "went on");
	assert_int_equal(v.two_leaders_ms, 40000);
	/* Back before another is promoted: two lead from then on */
	begin(&tl, NOTHING_LOST);
	drill_add(&tl, MOMENT_RESET, 0, 112, 0, "RESET");
	drill_add(&tl, MOMENT_PG_PRIMARY, 0, 125, 0, "ready to accept connections");
	drill_add(&tl, MOMENT_PG_PROMOTED, 1, 130, 0, "received promote request");
	v = judge(&tl, &drill);
	assert_int_equal(v.two_leaders_ms, 70000);
}

static void test_demoted(void **state)
{
	struct drill drill = default_drill();
	struct drill_timeline tl;
	struct drill_verdict v;

	(void)state;
	begin(&tl, NOTHING_LOST);
	drill_add(&tl, MOMENT_THAW, 0, 159.98, 0, "thaw");
	drill_add(&tl, MOMENT_ACK, 0, 160.5, 1, "row");
	drill_add(&tl, MOMENT_DEMOTED, 0, 164, 0, "demoting self because");
	v = judge(&tl, &drill);
	assert_int_equal(v.kind, DRILL_SPLIT_BRAIN);
	assert_int_equal(v.two_leaders_ms, 4000);
	assert_string_equal(v.old_leader, "demoted");
}

static void test_outage(void **state)
{
	struct drill drill = default_drill();
	struct drill_timeline tl;
	struct drill_verdict v;
	char text[64];

	(void)state;
	begin(&tl, NOTHING_LOST);
	for (size_t i = 0; i < tl.n; i++)
		if (tl.moments[i].kind == MOMENT_ACK && tl.moments[i].node == 1 &&
		    tl.moments[i].t < 160)
			tl.moments[i].t = 160;
	v = judge(&tl, &drill);
	assert_int_equal(v.kind, DRILL_OUTAGE);
	drill_sentence(&v, text, sizeof(text));
	assert_string_equal(text, "OUTAGE 60 s");
}

static void test_vm_pause(void **state)
{
	struct drill drill = default_drill();
	struct drill_timeline tl;
	struct drill_verdict v;

	(void)state;
	drill.fault = DRILL_VM_PAUSE;
	begin(&tl, TWO_LOST);
	for (size_t i = 0; i < tl.n; i++)
		if (tl.moments[i].kind == MOMENT_FREEZE)
			tl.moments[i].kind = MOMENT_STOP;
	/* The one of the fork does not count */
	drill_add(&tl, MOMENT_THAW, 0, 89, 0, "RESUME");
	drill_add(&tl, MOMENT_THAW, 0, 160, 0, "RESUME");
	drill_add(&tl, MOMENT_WORD, 0, 160.5, 0, "log");
	drill_add(&tl, MOMENT_DEMOTED, 0, 168, 0, "demoting self because");
	v = judge(&tl, &drill);
	assert_int_equal(v.kind, DRILL_LOST);
	assert_int_equal(v.two_leaders_ms, 8000);
}

/* A fault that left no mark was none, whatever came of it: each fault with its mark, and without */
static void test_bite(void **state)
{
	static const struct {
		enum drill_fault fault;
		enum moment_kind mark;
		const char *why;
	} rows[] = {
		{ DRILL_STOP_MACHINE, MOMENT_FREEZE, "did not freeze" },
		{ DRILL_VM_PAUSE, MOMENT_STOP, "was not stopped" },
		{ DRILL_VM_SNAPSHOT, MOMENT_STOP, "was not stopped" },
		{ DRILL_DISK_FULL, MOMENT_NO_SPACE, "no full disk" },
	};
	struct drill drill = default_drill();
	struct drill_timeline tl;
	struct drill_verdict v;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (int k = 0; k < 3; k++) {
			drill.fault = rows[i].fault;
			begin(&tl, TWO_LOST);
			for (size_t m = 0; m < tl.n; m++)
				if (tl.moments[m].kind == MOMENT_FREEZE)
					tl.moments[m].kind = k == 1 ? rows[i].mark : MOMENT_OTHER;
			/* Of a snapshot QEMU also says that it is written */
			drill_add(&tl, MOMENT_MOVED, 0, 130, 0, "moved");
			/* Of another node, or of before the fault, it is none */
			if (k == 2) {
				drill_add(&tl, rows[i].mark, 1, FAULT, 0, "mark");
				drill_add(&tl, rows[i].mark, 0, 80, 0, "mark");
			}
			v = judge(&tl, &drill);
			assert_int_equal(v.kind, k == 1 ? DRILL_LOST : DRILL_ERROR);
			if (k != 1)
				assert_non_null(strstr(v.reason, rows[i].why));
		}
	}
}

/* A hog is proved by silence: one word in the middle, and it was none */
static void test_hog_is_silent(void **state)
{
	static const struct {
		double word;
		double reset;
		bool bites;
	} rows[] = {
		{ 0, 0, true }, { 103, 0, true }, { 130, 0, false }, { 152, 0, false },
		{ 157, 0, true }, { 130, 120, true }, { 115, 120, false },
	};
	struct drill drill = default_drill();
	struct drill_timeline tl;
	struct drill_verdict v;

	(void)state;
	drill.fault = DRILL_RT_HOG;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		begin(&tl, TWO_LOST);
		for (size_t m = 0; m < tl.n; m++)
			if (tl.moments[m].kind == MOMENT_FREEZE)
				tl.moments[m].kind = MOMENT_OTHER;
		if (rows[i].word > 0)
			drill_add(&tl, MOMENT_WORD, 0, rows[i].word, 0, "log");
		if (rows[i].reset > 0)
			drill_add(&tl, MOMENT_RESET, 0, rows[i].reset, 0, "RESET");
		v = judge(&tl, &drill);
		assert_int_equal(v.kind, rows[i].bites ? DRILL_LOST : DRILL_ERROR);
		if (!rows[i].bites)
			assert_non_null(strstr(v.reason, "starved nobody"));
	}
}

/* Each of these must be an error, and say why */
static void test_cannot_judge(void **state)
{
	struct drill drill = default_drill();
	struct drill_timeline tl;
	struct drill_verdict v;

	(void)state;
	for (int without = 0; without < 6; without++) {
		static const enum moment_kind kinds[] = {
			MOMENT_FAULT, MOMENT_FREEZE, MOMENT_END,
		};

		begin(&tl, NOTHING_LOST);
		for (size_t i = 0; without < 3 && i < tl.n; i++)
			if (tl.moments[i].kind == kinds[without])
				tl.moments[i].kind = MOMENT_OTHER;
		if (without == 3) {
			json_decref(tl.settled);
			tl.settled = NULL;
		}
		if (without == 4)
			json_object_del(tl.settled, "leader");
		if (without == 5)
			drill_add(&tl, MOMENT_ERROR, MOMENT_LAB, 150, 0, "the QEMU of alt02 ended");
		v = judge(&tl, &drill);
		assert_int_equal(v.kind, DRILL_ERROR);
		assert_true(*v.reason);
		assert_int_equal(v.two_leaders_ms, DRILL_NO_TIME);
	}
	begin(&tl, NOTHING_LOST);
	drill_broken(&tl, "line 3 can't be read");
	v = judge(&tl, &drill);
	assert_int_equal(v.kind, DRILL_ERROR);
	assert_string_equal(v.reason, "line 3 can't be read");
	begin(&tl, NOTHING_LOST);
	json_object_del(tl.settled, "leader");
	json_object_set_new(tl.settled, "no_leader", json_string("two nodes say they lead"));
	v = judge(&tl, &drill);
	assert_int_equal(v.kind, DRILL_ERROR);
	assert_non_null(strstr(v.reason, "not known: two nodes say they lead"));
}

/* Nothing is lost, but not all was seen; 5: the third may stay behind */
static void test_doubt(void **state)
{
	static const char * const reasons[] = {
		"become well", "twice", "nobody tried", "what alt02 has", "what alt01 has", NULL,
	};
	struct drill drill = default_drill();
	struct drill_timeline tl;
	struct drill_verdict v;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		json_t *nodes;

		begin(&tl, NOTHING_LOST);
		nodes = json_object_get(tl.settled, "nodes");
		if (i == 0)
			drill_add(&tl, MOMENT_NOT_WELL, MOMENT_LAB, 199, 0, "not well");
		else if (i == 1)
			json_array_append_new(json_object_get(tl.settled, "twice"), json_object());
		else if (i == 2)
			json_object_set_new(tl.settled, "foreign", json_pack("[{}]"));
		else if (i == 3)
			json_array_remove(nodes, 1);
		else if (i == 4)
			json_object_set_new(json_array_get(nodes, 0), "known", json_false());
		else
			json_array_append_new(nodes, json_pack("{s:b}", "known", 0));
		v = judge(&tl, &drill);
		assert_int_equal(v.kind, reasons[i] ? DRILL_ERROR : DRILL_SAFE);
		if (reasons[i])
			assert_non_null(strstr(v.reason, reasons[i]));
	}
}

/* The log lacks the promotion, or has it late */
static void test_leads_without_word(void **state)
{
	struct drill drill = default_drill();
	struct drill_timeline tl;
	struct drill_verdict v;

	(void)state;
	for (int late = 0; late < 2; late++) {
		begin(&tl, NOTHING_LOST);
		for (size_t i = 0; i < tl.n; i++) {
			struct moment *m = &tl.moments[i];

			if (m->kind == MOMENT_PROMOTED && late)
				m->t = 170;
			else if (m->kind == MOMENT_PROMOTED)
				m->kind = MOMENT_OTHER;
		}
		drill_add(&tl, MOMENT_THAW, 0, 159.98, 0, "thaw");
		drill_add(&tl, MOMENT_ACK, 0, 160.5, 1, "row");
		drill_add(&tl, MOMENT_DEMOTED, 0, 164, 0, "demoting self because");
		v = judge(&tl, &drill);
		assert_int_equal(v.kind, DRILL_SPLIT_BRAIN);
		assert_int_equal(v.new_leader_ms, 31000);
		assert_int_equal(v.two_leaders_ms, 4000);
	}
}

static void read_text(void (*fn)(struct drill_timeline *tl, int node, FILE *in), const char *text,
		      struct drill_timeline *tl)
{
	FILE *in = fmemopen((void *)text, strlen(text), "r");

	assert_non_null(in);
	fn(tl, 0, in);
	fclose(in);
}

#define CONSOLE_LINES \
	"{\"host_s\":1.5,\"text\":\"[ 1.0] stop-machine: freeze asked_ms=1\"}\n{\"host_s\":2.5,\"text\":\"[ 1.1] softdog: Initiating system reboot\"}\n"
#define QMP_LINES \
	"{\"host_s\":3,\"from\":\"qemu\",\"msg\":{\"event\":\"RESET\",\"data\":{\"guest\":true,\"reason\":\"guest-reset\"}}}\n{\"host_s\":3,\"from\":\"lab\",\"msg\":{\"execute\":\"stop\"}}\n"
#define REST_LINES \
	"{\"host_s\":4,\"json\":{\"http\":200,\"body\":{\"role\":\"master\",\"state\":\"running\",\"timeline\":7}}}\n{\"host_s\":5,\"json\":{\"http\":200,\"body\":{\"role\":\"master\",\"state\":\"running\",\"timeline\":7}}}\n{\"host_s\":6,\"json\":{\"error\":\"Timeout was reached\"}}\n"
#define KEY_LINES \
	"{\"host_s\":7,\"json\":{\"http\":200,\"body\":{\"kvs\":[{\"value\":\"YWx0MDI=\"}]}}}\n{\"host_s\":8,\"json\":{\"http\":200,\"body\":{}}}\n"

#define HYPERVISOR_LINES \
	"{\"host_s\":1,\"text\":\"43211\"}\n{\"host_s\":2,\"text\":\"stop 102 alt02\"}\n{\"host_s\":3,\"text\":\"gone 102 alt02\"}\n"
#define FENCE_LINES \
	"{\"host_s\":4,\"text\":\"pug-fence: alt01: its VM is off\"}\n{\"host_s\":5,\"text\":\"2026 [1] LOG:  received promote request\"}\n{\"host_s\":6,\"text\":\"2026 [1] LOG:  database system is ready to accept connections\"}\n{\"host_s\":7,\"text\":\"2026 [1] LOG:  database system is ready to accept read-only connections\"}\n"

static void test_readers(void **state)
{
	struct drill_timeline tl = { 0 };

	(void)state;
	read_text(drill_console, CONSOLE_LINES, &tl);
	read_text(drill_qmp, QMP_LINES, &tl);
	read_text(drill_rest, REST_LINES, &tl);
	read_text(drill_key, KEY_LINES, &tl);
	drill_sort(&tl);
	assert_string_equal(tl.broken, "");
	assert_int_equal(tl.n, 7);
	assert_int_equal(tl.moments[0].kind, MOMENT_FREEZE);
	assert_int_equal(tl.moments[1].kind, MOMENT_SOFTDOG);
	assert_int_equal(tl.moments[2].kind, MOMENT_RESET);
	assert_int_equal(tl.moments[3].value, 7);
	assert_int_equal(tl.moments[4].value, 0);
	assert_int_equal(tl.moments[5].value, 1);
	assert_int_equal(tl.moments[6].value, -1);
	drill_timeline_free(&tl);
	read_text(drill_hypervisor, HYPERVISOR_LINES, &tl);
	read_text(drill_log, FENCE_LINES, &tl);
	drill_sort(&tl);
	assert_int_equal(tl.n, 7);
	assert_int_equal(tl.moments[0].kind, MOMENT_OTHER);
	assert_int_equal(tl.moments[1].kind, MOMENT_KILL);
	assert_int_equal(tl.moments[1].node, 1);
	assert_int_equal(tl.moments[2].kind, MOMENT_OFF);
	assert_int_equal(tl.moments[3].kind, MOMENT_DECISION);
	assert_int_equal(tl.moments[4].kind, MOMENT_PG_PROMOTED);
	assert_int_equal(tl.moments[5].kind, MOMENT_PG_PRIMARY);
	/* A standby that takes readers takes no writes */
	assert_int_equal(tl.moments[6].kind, MOMENT_WORD);
	drill_timeline_free(&tl);
}

/* Cut off at the end is what a killed lab leaves; in the middle it is damage */
static void test_damage(void **state)
{
	struct drill_timeline tl = { 0 };

	(void)state;
	read_text(drill_log, "{\"host_s\":1,\"text\":\"a\"}\n{\"host_s\":2,\"te", &tl);
	assert_string_equal(tl.broken, "");
	assert_int_equal(tl.n, 1);
	read_text(drill_log, "{\"host_s\":1,\"te\n{\"host_s\":2,\"text\":\"b\"}\n", &tl);
	assert_true(*tl.broken);
	drill_timeline_free(&tl);
}

#define NO_SPACE_LINES \
	"{\"host_s\":3,\"from\":\"qemu\",\"msg\":{\"event\":\"BLOCK_IO_ERROR\",\"data\":{\"action\":\"stop\",\"nospace\":true}}}\n{\"host_s\":4,\"from\":\"qemu\",\"msg\":{\"event\":\"BLOCK_IO_ERROR\",\"data\":{\"action\":\"report\",\"nospace\":false}}}\n"
#define VIEW_LINES \
	"{\"host_s\":5,\"json\":{\"http\":200,\"body\":{\"members\":[{\"name\":\"alt01\",\"role\":\"leader\",\"state\":\"running\",\"lag\":1}]}}}\n{\"host_s\":6,\"json\":{\"http\":200,\"body\":{\"members\":[{\"name\":\"alt01\",\"role\":\"leader\",\"state\":\"running\",\"lag\":2}]}}}\n{\"host_s\":7,\"json\":{\"error\":\"late\"}}\n{\"host_s\":8,\"json\":{\"http\":200,\"body\":{\"members\":[{\"name\":7},{}]}}}\n"

/* Of a disk's errors only one is the fault's; of many same views the first is shown */
static void test_more_readers(void **state)
{
	struct drill_timeline tl = { 0 };

	(void)state;
	read_text(drill_qmp, NO_SPACE_LINES, &tl);
	read_text(drill_view, VIEW_LINES, &tl);
	assert_string_equal(tl.broken, "");
	assert_int_equal(tl.n, 5);
	assert_int_equal(tl.moments[0].kind, MOMENT_NO_SPACE);
	assert_int_equal(tl.moments[1].kind, MOMENT_OTHER);
	assert_string_equal(tl.moments[2].text, "/cluster: alt01 leader running");
	assert_string_equal(tl.moments[3].text, "/cluster: no answer");
	assert_string_equal(tl.moments[4].text, "/cluster: ? ? ?, ? ? ?");
	drill_timeline_free(&tl);
}

static void test_json_both_ways(void **state)
{
	struct drill drill = default_drill(), back;
	const char *why = NULL;
	json_t *json, *again;

	(void)state;
	drill.dog = DRILL_SOFTDOG;
	drill.mode = DRILL_REQUIRED;
	drill.sync = DRILL_STRICT;
	drill.fault = DRILL_RT_HOG;
	drill.fence = DRILL_FENCE_TALK;
	drill.ttl_s = 20;
	drill.unit = DRILL_IMPROVED;
	drill.pg_rewind = false;
	drill.check_timeline = true;
	drill.salvage = SALVAGE_STREAM;
	drill.release = DRILL_TRIXIE;
	drill.outside_s = 15;
	drill.manager = DRILL_REPMGR;
	json = drill_to_json(&drill);
	assert_int_equal(drill_from_json(&back, json, &why), 0);
	again = drill_to_json(&back);
	assert_true(json_equal(json, again));
	json_decref(again);
	/* Kept before there was a choice */
	json_object_del(json, "unit");
	json_object_del(json, "pg_rewind");
	json_object_del(json, "check_timeline");
	json_object_del(json, "salvage");
	json_object_del(json, "release");
	json_object_del(json, "outside_s");
	json_object_del(json, "manager");
	assert_int_equal(drill_from_json(&back, json, &why), 0);
	assert_int_equal(back.unit, DRILL_TALK);
	assert_true(back.pg_rewind);
	assert_false(back.check_timeline);
	assert_int_equal(back.salvage, SALVAGE_NONE);
	assert_int_equal(back.release, DRILL_BOOKWORM);
	assert_int_equal(back.outside_s, 0);
	json_object_set_new(json, "outside_s", json_integer(-1));
	assert_int_equal(drill_from_json(&back, json, &why), -1);
	json_object_del(json, "outside_s");
	assert_int_equal(back.manager, DRILL_PATRONI);
	json_object_set_new(json, "manager", json_string("keepalived"));
	assert_int_equal(drill_from_json(&back, json, &why), -1);
	json_object_del(json, "manager");
	json_object_set_new(json, "sync", json_string("quorum"));
	assert_int_equal(drill_from_json(&back, json, &why), -1);
	json_object_set_new(json, "release", json_string("trixie"));
	assert_int_equal(drill_from_json(&back, json, &why), 0);
	json_object_set_new(json, "watchdog", json_string("poodle"));
	assert_int_equal(drill_from_json(&back, json, &why), -1);
	assert_non_null(why);
	json_object_del(json, "watchdog");
	assert_int_equal(drill_from_json(&back, json, &why), -1);
	json_decref(json);
}

/* What came back is told only by nodes of which nothing else is wrong */
static void test_salvaged(void **state)
{
	static const struct {
		const char *json;
		long salvaged;
	} rows[] = {
		{ "{\"leader\":\"alt01\",\"lost\":[],\"twice\":[],\"foreign\":[]}", 2 },
		{ "{\"leader\":\"alt01\",\"lost\":[{}],\"twice\":[],\"foreign\":[]}", 1 },
		{ "{\"leader\":\"alt01\",\"lost\":[{},{}],\"twice\":[],\"foreign\":[]}", 0 },
		{ "{\"leader\":\"alt01\",\"lost\":[{},{},{}],\"twice\":[],\"foreign\":[]}", -1 },
		{ "{\"leader\":\"alt01\",\"lost\":[],\"twice\":[{}],\"foreign\":[]}", -1 },
		{ "{\"leader\":\"alt01\",\"lost\":[],\"twice\":[],\"foreign\":[{}]}", -1 },
		{ "{\"no_leader\":\"two\",\"lost\":[],\"twice\":[],\"foreign\":[]}", -1 },
		{ "{}", -1 }, { "[]", -1 }, { "", -1 },
	};
	struct drill drill = default_drill();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct drill_timeline tl;
		struct drill_verdict v;

		begin(&tl, TWO_LOST);
		tl.salvaged = json_loads(rows[i].json, 0, NULL);
		drill_add(&tl, MOMENT_THAW, 0, 160, 0, "thaw");
		v = judge(&tl, &drill);
		/* That they came back does not unlose them */
		assert_int_equal(v.kind, DRILL_LOST);
		assert_int_equal(v.lost, 2);
		assert_int_equal(v.salvaged, rows[i].salvaged);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reset_by_itco),
		cmocka_unit_test(test_reset_in_fault), cmocka_unit_test(test_lock_taken_back),
		cmocka_unit_test(test_at_thaw), cmocka_unit_test(test_demoted),
		cmocka_unit_test(test_leads_again),
		cmocka_unit_test(test_outage), cmocka_unit_test(test_vm_pause),
		cmocka_unit_test(test_cannot_judge), cmocka_unit_test(test_doubt),
		cmocka_unit_test(test_leads_without_word), cmocka_unit_test(test_readers),
		cmocka_unit_test(test_damage), cmocka_unit_test(test_json_both_ways),
		cmocka_unit_test(test_bite),
		cmocka_unit_test(test_salvaged),
		cmocka_unit_test(test_hog_is_silent), cmocka_unit_test(test_more_readers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
