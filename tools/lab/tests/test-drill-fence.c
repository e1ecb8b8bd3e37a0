// SPDX-License-Identifier: GPL-2.0
/* Drills with pug-fence: was it right to promote, whom did it hit, what must come of it? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "compiler.h"
#include "drill-expect.h"
#include "drill-fixture.h"

#define ENDED \
	"{\"verdict\":\"all-there\",\"acked_rows\":50,\"leader\":\"alt02\",\"lost\":[],\"phantom\":[],\"twice\":[],\"differs\":[],\"nodes\":[{\"known\":false},{\"known\":true},{\"known\":true}]}"

/* pug-fence ends the frozen leader's VM, and alt02 is promoted after that */
static void begin_fenced(struct drill_timeline *tl, struct drill *drill)
{
	*drill = default_drill();
	drill->fence = DRILL_FENCE_STRICT;
	begin(tl, ENDED);
	tl->has_hypervisor = true;
	/* Patroni says that it has promoted when it begins to ask */
	for (size_t i = 0; i < tl->n; i++)
		if (tl->moments[i].kind == MOMENT_PROMOTED)
			tl->moments[i].t = 121;
	drill_add(tl, MOMENT_KILL, 0, 127, 0, "hypervisor: stop 101 alt01");
	drill_add(tl, MOMENT_OFF, 0, 127.1, 0, "QMP SHUTDOWN");
	drill_add(tl, MOMENT_PG_PROMOTED, 1, 129, 0, "received promote request");
}

static void test_fenced(void **state)
{
	struct drill_timeline tl;
	struct drill_verdict v;
	struct drill drill;
	json_t *json;

	(void)state;
	begin_fenced(&tl, &drill);
	v = judge(&tl, &drill);
	assert_int_equal(v.kind, DRILL_SAFE);
	assert_string_equal(v.by, "fence");
	assert_int_equal(v.fenced_ms, 27100);
	assert_int_equal(v.new_leader_ms, 29000);
	assert_int_equal(v.right, RIGHT_YES);
	assert_string_equal(v.at_promotion, "off");
	assert_string_equal(v.stopped, "alt01");
	assert_int_equal(v.healthy_stopped, 0);
	assert_string_equal(v.old_leader, "off");
	json = drill_verdict_to_json(&v);
	assert_true(json_is_true(json_object_get(json, "right_to_promote")));
	assert_int_equal(json_array_size(json_object_get(json, "vms_stopped")), 1);
	json_decref(json);
}

static void read_watch(struct drill_timeline *tl, int node, double t, const char *event)
{
	char line[200];
	FILE *in;

	snprintf(line, sizeof(line),
		 "{\"host_s\":%.3f,\"json\":{\"event\":\"%s\",\"why\":\"paused\"}}\n", t, event);
	in = fmemopen(line, strlen(line), "r");
	drill_watch(tl, node, in);
	fclose(in);
}

/* pug watch resets the leader: its word and QEMU's make it, neither alone does */
static void test_watched(void **state)
{
	static const struct {
		const char *event;
		long asked;
		const char *by;
	} rows[] = {
		{ "acts", 1, "pug-watch" }, { "ill", 1, "unknown" }, { "acts", 0, "unknown" },
	};
	struct drill drill = default_drill();
	struct drill_timeline tl;
	struct drill_verdict v;

	(void)state;
	drill.fault = DRILL_VM_PAUSE;
	drill.outside_s = 15;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		begin(&tl, NOTHING_LOST);
		drill_add(&tl, MOMENT_STOP, 0, FAULT, 0, "QMP STOP");
		read_watch(&tl, 0, 115.2, rows[i].event);
		drill_add(&tl, MOMENT_RESET, 0, 115.1, rows[i].asked, "QMP RESET");
		drill_add(&tl, MOMENT_THAW, 0, 115.15, 0, "QMP RESUME");
		v = judge(&tl, &drill);
		assert_int_equal(v.kind, DRILL_SAFE);
		assert_string_equal(v.by, rows[i].by);
		assert_int_equal(v.fenced_ms, 15100);
		assert_int_equal(v.right, RIGHT_YES);
		assert_int_equal(v.two_leaders_ms, 0);
		assert_int_equal(v.healthy_stopped, 0);
	}
	/* A VM that nothing was the matter with */
	begin(&tl, NOTHING_LOST);
	drill_add(&tl, MOMENT_STOP, 0, FAULT, 0, "QMP STOP");
	read_watch(&tl, 1, 120, "acts");
	v = judge(&tl, &drill);
	assert_int_equal(v.healthy_stopped, 1);
	assert_string_equal(v.stopped, "alt02");
}

/* The pill is read after the thaw: the machine resets itself, by sysrq */
static void test_pill(void **state)
{
	struct drill drill = default_drill();
	struct drill_timeline tl;
	struct drill_verdict v;

	(void)state;
	for (int sbd = 0; sbd < 2; sbd++) {
		drill.fence = sbd ? DRILL_FENCE_SBD : DRILL_NO_FENCE;
		begin(&tl, NOTHING_LOST);
		drill_add(&tl, MOMENT_PG_PROMOTED, 1, 130, 0, "received promote request");
		drill_add(&tl, MOMENT_THAW, 0, 159.98, 0, "thaw");
		drill_add(&tl, MOMENT_WORD, 0, 160.3, 0, "Received command reset");
		drill_add(&tl, MOMENT_SYSRQ, 0, 160.5, 0, "sysrq: Resetting");
		drill_add(&tl, MOMENT_RESET, 0, 160.51, 0, "RESET");
		v = judge(&tl, &drill);
		assert_string_equal(v.by, sbd ? "sbd" : "unknown");
		assert_int_equal(v.kind, DRILL_SPLIT_BRAIN);
		assert_int_equal(v.two_leaders_ms, 510);
		assert_int_equal(v.right, RIGHT_NO);
	}
}

/* What was done is known by the hypervisor's word only, and so is that nothing was */
static void test_fence_unknown(void **state)
{
	struct drill_timeline tl;
	struct drill_verdict v;
	struct drill drill;

	(void)state;
	begin_fenced(&tl, &drill);
	tl.has_hypervisor = false;
	v = judge(&tl, &drill);
	assert_int_equal(v.kind, DRILL_ERROR);
	assert_non_null(strstr(v.reason, "hypervisor"));
	/* Nobody is excused but the one that was ended */
	begin_fenced(&tl, &drill);
	json_object_set_new(json_array_get(json_object_get(tl.settled, "nodes"), 2), "known",
			    json_false());
	v = judge(&tl, &drill);
	assert_int_equal(v.kind, DRILL_ERROR);
	assert_non_null(strstr(v.reason, "what alt03 has"));
}

/* It was ended too late: frozen is not gone */
static void test_promoted_before(void **state)
{
	struct drill_timeline tl;
	struct drill_verdict v;
	struct drill drill;

	(void)state;
	begin_fenced(&tl, &drill);
	for (size_t i = 0; i < tl.n; i++)
		if (tl.moments[i].kind == MOMENT_OFF)
			tl.moments[i].t = 129.5;
	v = judge(&tl, &drill);
	assert_int_equal(v.right, RIGHT_NO);
	assert_string_equal(v.at_promotion, "not gone");
}

static void test_healthy_stopped(void **state)
{
	static const struct {
		enum drill_fault fault;
		int node;		/* whose VM is ended as well */
		double t;
		long healthy;
	} rows[] = {
		{ DRILL_STOP_MACHINE, -1, 0, 0 },
		{ DRILL_STOP_MACHINE, 2, 128, 1 },
		{ DRILL_STOP_MACHINE, 1, 99, 1 },
		{ DRILL_PARTITION, -1, 0, 0 },
		{ DRILL_CLEAN_STOP, -1, 0, 1 },
		{ DRILL_SILENT_STOP, 2, 128, 2 },
	};
	struct drill_timeline tl;
	struct drill_verdict v;
	struct drill drill;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		begin_fenced(&tl, &drill);
		drill.fault = rows[i].fault;
		drill_add(&tl, MOMENT_DEMOTED, 0, 110, 0, "demoted self because");
		drill_add(&tl, MOMENT_PG_DOWN, 0, 111, 0, "shutting down");
		if (rows[i].node >= 0)
			drill_add(&tl, MOMENT_KILL, rows[i].node, rows[i].t, 0, "stop");
		v = judge(&tl, &drill);
		assert_int_equal(v.healthy_stopped, rows[i].healthy);
	}
	/* What was ended after its thaw had gone on by itself */
	begin_fenced(&tl, &drill);
	drill_add(&tl, MOMENT_THAW, 0, 126, 0, "thaw");
	v = judge(&tl, &drill);
	assert_int_equal(v.healthy_stopped, 1);
}

/* The last word of its PostgreSQL before the promotion counts */
static void test_right_by_postgres(void **state)
{
	static const struct {
		enum moment_kind kind;
		double t;
		enum drill_right right;
		const char *word;
	} rows[] = {
		{ MOMENT_OTHER, 0, RIGHT_NO, "not gone" },
		{ MOMENT_PG_DOWN, 110, RIGHT_YES, "PostgreSQL stopped" },
		{ MOMENT_PG_DOWN, 98, RIGHT_NO, "not gone" },
		{ MOMENT_PG_DOWN, 131, RIGHT_NO, "not gone" },
		{ MOMENT_PG_STANDBY, 112, RIGHT_YES, "in recovery" },
		{ MOMENT_RESET, 112, RIGHT_YES, "reset" },
		{ MOMENT_PG_PRIMARY, 113, RIGHT_NO, "a primary" },
	};
	struct drill drill = default_drill();
	struct drill_timeline tl;
	struct drill_verdict v;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		begin(&tl, NOTHING_LOST);
		drill_add(&tl, rows[i].kind, 0, rows[i].t, 0, "word");
		/* Another's word says nothing of it */
		drill_add(&tl, MOMENT_PG_DOWN, 2, 120, 0, "shutting down");
		v = judge(&tl, &drill);
		assert_int_equal(v.right, rows[i].right);
		assert_string_equal(v.at_promotion, rows[i].word);
	}
}

/* A leader that is cut off leads on until it demotes itself; one that is stopped does not */
static void test_not_frozen(void **state)
{
	struct drill drill = default_drill();
	struct drill_timeline tl;
	struct drill_verdict v;

	(void)state;
	for (int late = 0; late < 2; late++) {
		drill.fault = DRILL_PARTITION;
		begin(&tl, NOTHING_LOST);
		drill_add(&tl, MOMENT_WORD, 0, 101, 0, "log");
		drill_add(&tl, MOMENT_DEMOTED, 0, late ? 135 : 112, 0, "Demoting self (offline)");
		v = judge(&tl, &drill);
		assert_int_equal(v.two_leaders_ms, late ? 5000 : 0);
		assert_string_equal(v.old_leader, "demoted");
	}
	/* Reset before it could write that down; with neither nothing shows that it was cut off */
	for (int fires = 0; fires < 2; fires++) {
		drill.fault = DRILL_PARTITION;
		begin(&tl, NOTHING_LOST);
		drill_add(&tl, MOMENT_WORD, 0, 101, 0, "log");
		if (fires) {
			drill_add(&tl, MOMENT_WATCHDOG, 0, 116.4, 0, "reset");
			drill_add(&tl, MOMENT_RESET, 0, 116.6, 0, "guest-reset");
		}
		v = judge(&tl, &drill);
		assert_int_equal(v.kind, fires ? DRILL_SAFE : DRILL_ERROR);
		assert_string_equal(v.by, fires ? "i6300esb" : "");
	}
	drill.fault = DRILL_CLEAN_STOP;
	begin(&tl, NOTHING_LOST);
	drill_add(&tl, MOMENT_WORD, 0, 150, 0, "log");
	v = judge(&tl, &drill);
	assert_int_equal(v.kind, DRILL_ERROR);
	assert_non_null(strstr(v.reason, "was not stopped"));
	begin(&tl, NOTHING_LOST);
	drill_add(&tl, MOMENT_PG_DOWN, 0, 101, 0, "shutting down");
	drill_add(&tl, MOMENT_WORD, 0, 150, 0, "log");
	v = judge(&tl, &drill);
	assert_int_equal(v.kind, DRILL_SAFE);
	assert_int_equal(v.two_leaders_ms, 0);
	assert_string_equal(v.old_leader, "stopped");
}

/* What the sources say of each of the talk's cases, and of what nobody wrote down */
static void test_expectations(void **state)
{
	static const struct {
		enum drill_fault fault;
		enum drill_dog dog;
		enum drill_fence fence;
		int ret;
		enum drill_kind kind;
		const char *by;
		enum drill_right right;
		long healthy;
	} rows[] = {
		{ DRILL_STOP_MACHINE, DRILL_NO_DOG, DRILL_NO_FENCE, 0, DRILL_LOST, "", RIGHT_NO,
		  0 },
		{ DRILL_STOP_MACHINE, DRILL_NO_DOG, DRILL_FENCE_TALK, 0, DRILL_SAFE, "fence",
		  RIGHT_YES, 0 },
		{ DRILL_VM_PAUSE, DRILL_NO_DOG, DRILL_FENCE_STRICT, 0, DRILL_SAFE, "fence",
		  RIGHT_YES, 0 },
		{ DRILL_DISK_FULL, DRILL_NO_DOG, DRILL_FENCE_STRICT, 0, DRILL_SAFE, "fence",
		  RIGHT_YES, 0 },
		{ DRILL_RT_HOG, DRILL_NO_DOG, DRILL_FENCE_TALK, 0, DRILL_LOST, "", RIGHT_NO, 0 },
		{ DRILL_RT_HOG, DRILL_NO_DOG, DRILL_FENCE_STRICT, 0, DRILL_SAFE, "fence", RIGHT_YES,
		  0 },
		{ DRILL_RT_HOG, DRILL_SOFTDOG, DRILL_FENCE_STRICT, -1, 0, "", 0, 0 },
		{ DRILL_STOP_MACHINE, DRILL_I6300ESB, DRILL_FENCE_TALK, -1, 0, "", 0, 0 },
		{ DRILL_PARTITION, DRILL_NO_DOG, DRILL_NO_FENCE, 0, DRILL_LOST, "", RIGHT_YES, 0 },
		{ DRILL_PARTITION, DRILL_NO_DOG, DRILL_FENCE_STRICT, 0, DRILL_LOST, "fence",
		  RIGHT_YES, 0 },
		{ DRILL_PATRONI_HANG, DRILL_NO_DOG, DRILL_NO_FENCE, 0, DRILL_LOST, "", RIGHT_NO,
		  0 },
		{ DRILL_PATRONI_HANG, DRILL_NO_DOG, DRILL_FENCE_TALK, 0, DRILL_LOST, "", RIGHT_NO,
		  0 },
		{ DRILL_PATRONI_HANG, DRILL_NO_DOG, DRILL_FENCE_STRICT, 0, DRILL_SAFE, "fence",
		  RIGHT_YES, 0 },
		{ DRILL_CLEAN_STOP, DRILL_NO_DOG, DRILL_NO_FENCE, 0, DRILL_SAFE, "", RIGHT_YES, 0 },
		{ DRILL_CLEAN_STOP, DRILL_NO_DOG, DRILL_FENCE_TALK, 0, DRILL_SAFE, "", RIGHT_YES,
		  0 },
		{ DRILL_CLEAN_STOP, DRILL_NO_DOG, DRILL_FENCE_STRICT, 0, DRILL_SAFE, "fence",
		  RIGHT_YES, 1 },
		{ DRILL_SILENT_STOP, DRILL_NO_DOG, DRILL_FENCE_TALK, 0, DRILL_SAFE, "fence",
		  RIGHT_YES, 1 },
	};
	struct drill_expectation e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct drill drill = default_drill();

		drill.fault = rows[i].fault;
		drill.dog = rows[i].dog;
		drill.mode = drill.dog == DRILL_NO_DOG ? DRILL_OFF : DRILL_REQUIRED;
		drill.fence = rows[i].fence;
		assert_int_equal(drill_expect(&e, &drill), rows[i].ret);
		if (rows[i].ret)
			continue;
		assert_int_equal(e.kind, rows[i].kind);
		assert_string_equal(e.by, rows[i].by);
		assert_int_equal(e.right, rows[i].right);
		assert_int_equal(e.healthy_stopped, rows[i].healthy);
		/* A fence needs its grace: the thaw must not come before */
		drill.freeze_ms = (drill.ttl_s + drill.loop_s) * 1000;
		if (drill.fence != DRILL_NO_FENCE)
			assert_int_equal(drill_expect(&e, &drill), -1);
	}
}

/* The right verdict, with a healthy VM ended, or beside a leader, is a surprise */
static void test_met(void **state)
{
	struct drill_expectation e;
	struct drill_verdict v = {
		.kind = DRILL_SAFE, .by = "fence", .fenced_ms = 30000, .right = RIGHT_YES,
	};
	struct drill drill = default_drill();

	(void)state;
	drill.fence = DRILL_FENCE_STRICT;
	assert_int_equal(drill_expect(&e, &drill), 0);
	assert_true(drill_met(&e, &v));
	v.healthy_stopped = 1;
	assert_false(drill_met(&e, &v));
	v.healthy_stopped = 0;
	v.right = RIGHT_NO;
	assert_false(drill_met(&e, &v));
	v.right = RIGHT_YES;
	v.fenced_ms = 61000;
	assert_false(drill_met(&e, &v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_watched), cmocka_unit_test(test_pill),
		cmocka_unit_test(test_fenced), cmocka_unit_test(test_fence_unknown),
		cmocka_unit_test(test_promoted_before), cmocka_unit_test(test_healthy_stopped),
		cmocka_unit_test(test_right_by_postgres), cmocka_unit_test(test_not_frozen),
		cmocka_unit_test(test_expectations), cmocka_unit_test(test_met),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
