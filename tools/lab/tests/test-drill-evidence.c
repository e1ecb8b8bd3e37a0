// SPDX-License-Identifier: GPL-2.0
/*
 * Recorded drills, thinned by thin-drill: the verdict that people reached who read
 * the timeline, from the evidence alone; and none where something is missing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "compiler.h"
#include "drill-run.h"
#include "util.h"

#define DRILLS "tools/lab/tests/drills"

struct recorded {
	const char *name;
	enum drill_kind kind;
	const char *by;
	const char *old_leader;
	long two_leaders_min;
	long two_leaders_max;
	enum drill_right right;
	const char *at_promotion;
	const char *stopped;
	bool surprise;
};

static const struct recorded recorded[] = {
	{ "none", DRILL_LOST, "", "took the lock back", 200, 10000, RIGHT_NO, "not gone", "",
	  false },
	{ "i6300esb", DRILL_SAFE, "i6300esb", "reset, rewound", 0, 0, RIGHT_YES, "reset", "",
	  false },
	{ "disk-full", DRILL_LOST, "", "demoted, rewound", 1000, 12000, RIGHT_NO, "not gone", "",
	  false },
	{ "rt-hog-strict", DRILL_SAFE, "fence", "off", 0, 0, RIGHT_YES, "off", "alt01", false },
	{ "patroni-hang-talk", DRILL_LOST, "", "took the lock back", 20000, 30000, RIGHT_NO,
	  "not gone", "", false },
	{ "itco", DRILL_SAFE, "itco", "reset, rewound", 0, 0, RIGHT_NO, "not gone", "", false },
	{ "outside-disk-full", DRILL_SAFE, "pug-watch", "reset, rewound", 0, 0, RIGHT_YES, "reset",
	  "alt01", false },
	{ "sbd-vm-pause", DRILL_LOST, "sbd", "reset, rewound", 500, 1500, RIGHT_NO, "not gone", "",
	  false },
	/* Nothing of repmgr ends that two lead */
	{ "repmgr", DRILL_LOST, "", "went on", 25000, 26000, RIGHT_NO, "not gone", "", false },
	/* It was to be pinged, and was not: fencing.rst */
	{ "rt-hog-talk", DRILL_LOST, "fence", "off", 0, 0, RIGHT_YES, "off", "alt01", true },
};

static void load(struct drill_result *r, struct drill_timeline *tl, const char *dir)
{
	char why[512] = "";

	memset(tl, 0, sizeof(*tl));
	if (drill_load(r, dir, why, sizeof(why)))
		fail_msg("%s", why);
	drill_derive(r, dir, tl);
}

static void test_recorded(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(recorded); i++) {
		const struct recorded *want = &recorded[i];
		char *dir = path_join(DRILLS, want->name);
		struct drill_timeline tl;
		struct drill_result r;

		load(&r, &tl, dir);
		if (r.seen.kind != want->kind)
			fail_msg("%s: %s: %s", want->name, drill_kind_name(r.seen.kind),
				 r.seen.reason);
		assert_string_equal(r.seen.by, want->by);
		assert_string_equal(r.seen.old_leader, want->old_leader);
		assert_in_range(r.seen.two_leaders_ms, want->two_leaders_min,
				want->two_leaders_max);
		assert_true(r.seen.new_leader_ms > 20000 && r.seen.new_leader_ms < 60000);
		assert_int_equal(r.seen.right, want->right);
		assert_string_equal(r.seen.at_promotion, want->at_promotion);
		assert_string_equal(r.seen.stopped, want->stopped);
		assert_int_equal(r.seen.healthy_stopped, 0);
		assert_int_equal(r.met, !want->surprise);
		drill_timeline_free(&tl);
		free(dir);
	}
}

/* One node under systemd: neither etcd nor Patroni has left a word */
static void test_hung(void **state)
{
	char *dir = path_join(DRILLS, "stop-postmaster");
	struct drill_timeline tl;
	struct drill_result r;

	(void)state;
	load(&r, &tl, dir);
	assert_string_equal(r.seen.by, "systemd");
	assert_int_equal(r.seen.kind, DRILL_SAFE);
	assert_int_equal(r.seen.noticed_ms, 21765);
	/* Sessions ended with the kill, and nobody had got a new one since the fault */
	assert_in_range(r.seen.outage_ms, 3000, 5000);
	assert_in_range(r.seen.no_login_ms, r.seen.noticed_ms, r.seen.noticed_ms + 5000);
	assert_true(r.met);
	drill_timeline_free(&tl);
	free(dir);
}

static void copy_tree(const char *from, const char *to)
{
	char *command = xasprintf("cp -r " DRILLS "/%s %s", from, to);

	assert_int_equal(system(command), 0);
	free(command);
}

/* Without any one file there is no verdict, and the reason names it */
static void test_missing(void **state)
{
	static const char * const files[] = {
		"hypervisor.jsonl",
		"lab.jsonl", "alt01.qmp.jsonl", "alt02.log.jsonl", "alt03.rest.jsonl",
		"dcs.key.jsonl", "ledger/cling.jsonl", "settle.json",
	};
	char top[] = "/tmp/test-drill.XXXXXX";
	char *command;

	(void)state;
	assert_non_null(mkdtemp(top));
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char *dir = xasprintf("%s/%zu", top, i), *path = path_join(dir, files[i]);
		struct drill_timeline tl;
		struct drill_result r;

		copy_tree("rt-hog-strict", dir);
		assert_int_equal(unlink(path), 0);
		load(&r, &tl, dir);
		assert_int_equal(r.seen.kind, DRILL_ERROR);
		assert_true(*r.seen.reason);
		assert_false(r.met);
		drill_timeline_free(&tl);
		free(path);
		free(dir);
	}
	command = xasprintf("rm -rf %s", top);
	assert_int_equal(system(command), 0);
	free(command);
}

/* A client that died says nothing of what came after its death */
static void test_client_died(void **state)
{
	char top[] = "/tmp/test-drill.XXXXXX";
	struct drill_timeline tl;
	struct drill_result r;
	char *command, *dir;

	(void)state;
	assert_non_null(mkdtemp(top));
	dir = path_join(top, "died");
	copy_tree("i6300esb", dir);
	command = xasprintf("sed -i '$d' %s/ledger/cling.jsonl", dir);
	assert_int_equal(system(command), 0);
	free(command);
	load(&r, &tl, dir);
	assert_int_equal(r.seen.kind, DRILL_ERROR);
	assert_non_null(strstr(r.seen.reason, "the client cling ended before"));
	drill_timeline_free(&tl);
	free(dir);
	command = xasprintf("rm -rf %s", top);
	assert_int_equal(system(command), 0);
	free(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded), cmocka_unit_test(test_missing),
		cmocka_unit_test(test_client_died), cmocka_unit_test(test_hung),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
