// SPDX-License-Identifier: GPL-2.0
/* What commits cost: numbers with known answers, and settings that did not take. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compiler.h"
#include "latency.h"

static void assert_near(double seen, double wanted)
{
	if (fabs(seen - wanted) > 0.000001)
		fail_msg("%g, and %g was wanted", seen, wanted);
}

static void test_median(void **state)
{
	static const double odd[] = { 9, 1, 5 }, even[] = { 4, 1, 100, 2 }, one[] = { 7 };

	(void)state;
	assert_near(latency_median(odd, 3), 5);
	assert_near(latency_median(even, 4), 3);
	assert_near(latency_median(one, 1), 7);
	assert_near(latency_median(one, 0), 0);
	/* It is not sorted in place */
	assert_near(odd[0], 9);
}

static void test_p99(void **state)
{
	double values[1000];

	(void)state;
	for (int i = 0; i < 1000; i++)
		values[i] = 1000 - i;
	assert_near(latency_p99(values, 1000), 990);
	assert_near(latency_p99(values + 900, 100), 99);
	/* 99 of 101 are less than 99 of a hundred */
	assert_near(latency_p99(values + 899, 101), 100);
	assert_near(latency_p99(values + 950, 50), 50);
	assert_near(latency_p99(values + 999, 1), 1);
	assert_near(latency_p99(values, 0), 0);
}

static double off1[] = { 1, 1, 3 }, off2[] = { 2, 2, 2 }, off3[] = { 4, 4, 4 };
static double on1[] = { 3, 3, 9 }, on2[] = { 8, 8, 8 }, cut[] = { 100 };

static void test_ratios(void **state)
{
	struct latency_round rounds[] = {
		{ DRILL_ASYNC, true, off1, ARRAY_SIZE(off1) },
		{ DRILL_SYNC, false, on1, ARRAY_SIZE(on1) },
		{ DRILL_ASYNC, true, off2, ARRAY_SIZE(off2) },
		{ DRILL_SYNC, false, on2, ARRAY_SIZE(on2) },
		{ DRILL_ASYNC, true, off3, ARRAY_SIZE(off3) },
		{ DRILL_SYNC, false, cut, ARRAY_SIZE(cut) },
	};
	struct latency l = { .rounds = rounds, .n = ARRAY_SIZE(rounds) };
	struct latency_sum sum;

	(void)state;
	latency_sum_up(&sum, &l, DRILL_SYNC, false);
	/* The third has nothing after it */
	assert_int_equal(sum.rounds, 2);
	assert_int_equal(sum.commits, 6);
	assert_near(sum.median_ms, 8);
	assert_near(sum.p99_ms, 9);
	/* 3 / median(1 1 3 2 2 2), 8 / median(2 2 2 4 4 4) */
	assert_near(sum.ratio_min, 1.5);
	assert_near(sum.ratio_max, 8.0 / 3);
	assert_near(sum.ratio, (1.5 + 8.0 / 3) / 2);
	assert_near(sum.p99_ratio_min, 2);
	assert_near(sum.p99_ratio_max, 3);
	latency_sum_up(&sum, &l, DRILL_ASYNC, true);
	assert_int_equal(sum.rounds, 3);
	assert_near(sum.median_ms, 2);
	latency_sum_up(&sum, &l, DRILL_STRICT, false);
	assert_int_equal(sum.rounds, 0);
	assert_near(sum.ratio, 0);
}

static json_t *replicas(const char *second, const char *third)
{
	return json_pack("[{s:s s:s s:s} {s:s s:s s:s}]", "name", "alt02", "state", "streaming",
			 "sync_state", second, "name", "alt03", "state", "streaming", "sync_state",
			 third);
}

static json_t *members(const char *second, const char *third)
{
	return json_pack("[{s:s s:s} {s:s s:s} {s:s s:s}]", "name", "alt01", "role", "leader",
			 "name", "alt02", "role", second, "name", "alt03", "role", third);
}

static int taken(enum drill_sync sync, json_t *r, json_t *m, char *why)
{
	int ret = latency_taken(sync, r, m, why, 300);

	json_decref(r);
	json_decref(m);
	return ret;
}

static const struct {
	enum drill_sync sync;
	const char *states[2];
	const char *roles[2];
} good[] = {
	{ DRILL_ASYNC, { "async", "async" }, { "replica", "replica" } },
	{ DRILL_SYNC, { "sync", "async" }, { "sync_standby", "replica" } },
	{ DRILL_STRICT, { "async", "sync" }, { "replica", "sync_standby" } },
	{ DRILL_TWO, { "sync", "sync" }, { "sync_standby", "sync_standby" } },
	{ DRILL_ANY, { "quorum", "quorum" }, { "replica", "replica" } },
	{ DRILL_QUORUM, { "quorum", "async" }, { "quorum_standby", "replica" } },
};

/* Each state of things is that of its own setting and of no other but on's and strict's */
static void test_taken(void **state)
{
	char why[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(good); k++) {
			bool same = i == k || (good[i].sync == DRILL_SYNC && k == 2) ||
				    (good[i].sync == DRILL_STRICT && k == 1);
			int ret = taken(good[i].sync,
					replicas(good[k].states[0], good[k].states[1]),
					members(good[k].roles[0], good[k].roles[1]), why);

			if (!ret != same)
				fail_msg("%s where it is %s", drill_syncs[good[i].sync],
					 drill_syncs[good[k].sync]);
		}
	}
}

static void test_not_taken(void **state)
{
	char why[300];
	json_t *gone = json_pack("[{s:s s:s s:s}]", "name", "alt02", "state", "streaming",
				 "sync_state", "sync");
	json_t *behind = replicas("async", "async");

	(void)state;
	assert_int_equal(taken(DRILL_SYNC, replicas("async", "async"),
			       members("sync_standby", "replica"), why), -1);
	assert_string_equal(why, "pg_stat_replication has alt02 async, alt03 async, and of on 1 are to be sync");
	/* PostgreSQL has it already, and Patroni may change it yet */
	assert_int_equal(taken(DRILL_ASYNC, replicas("async", "async"),
			       members("sync_standby", "replica"), why), -1);
	assert_non_null(strstr(why, "Patroni has alt01 leader, alt02 sync_standby"));
	assert_int_equal(taken(DRILL_TWO, replicas("sync", "potential"),
			       members("sync_standby", "sync_standby"), why), -1);
	assert_int_equal(taken(DRILL_SYNC, gone, members("sync_standby", "replica"), why), -1);
	assert_non_null(strstr(why, "not both replicas"));
	json_object_set_new(json_array_get(behind, 1), "state", json_string("catchup"));
	assert_int_equal(taken(DRILL_ASYNC, behind, members("replica", "replica"), why), -1);
	assert_int_equal(latency_taken(DRILL_ASYNC, NULL, NULL, why, sizeof(why)), -1);
}

/* What one setting sets, each of the others takes back */
static void test_patch(void **state)
{
	(void)state;
	for (int i = 0; i < DRILL_SYNCS; i++) {
		json_t *patch = latency_patch(i), *names;
		const char *key;
		json_t *value;
		size_t keys = 0;

		assert_non_null(patch);
		json_object_foreach(patch, key, value)
			keys++;
		assert_int_equal(keys, 4);
		names = json_object_get(json_object_get(json_object_get(patch, "postgresql"),
							"parameters"), "synchronous_standby_names");
		assert_non_null(names);
		assert_int_equal(json_is_string(names), i == DRILL_ANY);
		json_decref(patch);
	}
}

#define STATE(sync2, role2) \
	"{\"replicas\":[{\"name\":\"alt02\",\"state\":\"streaming\",\"sync_state\":\"" sync2 "\"}," \
	"{\"name\":\"alt03\",\"state\":\"streaming\",\"sync_state\":\"async\"}]," \
	"\"members\":[{\"name\":\"alt02\",\"role\":\"" role2 "\"}]}"
#define LINE(setting, beside, before, after, us) \
	"{\"setting\":\"" setting "\",\"beside\":" beside ",\"before\":" before ",\"after\":" \
	after ",\"commit_us\":" us "}\n"
#define OFF STATE("async", "replica")
#define ON STATE("sync", "sync_standby")
#define SERVER "{\"server\":{\"postgresql\":\"15.20\",\"patroni\":\"3.0.2\"}}\n"
#define BESIDE LINE("off", "true", OFF, OFF, "[1000,2000,3000]")

static void read_text(struct latency *l, const char *text)
{
	FILE *in = fmemopen((char *)text, strlen(text), "r");

	memset(l, 0, sizeof(*l));
	l->asked = (struct latency_asked) { .rounds = 1, .n = 1, .settings = { DRILL_SYNC } };
	latency_read_rounds(l, in);
	fclose(in);
}

static void test_read(void **state)
{
	struct latency_sum sum;
	struct latency l;

	(void)state;
	read_text(&l, SERVER BESIDE LINE("on", "false", ON, ON, "[4000]") BESIDE);
	assert_string_equal(l.why, "");
	assert_string_equal(l.patroni, "3.0.2");
	assert_int_equal(l.n, 3);
	latency_sum_up(&sum, &l, DRILL_SYNC, false);
	assert_near(sum.ratio, 2);
	latency_free(&l);
}

/* None of these may become a number: so many rounds are left, and why */
static void test_read_bad(void **state)
{
	static const struct {
		const char *text;
		size_t rounds;
		const char *why;
	} rows[] = {
		{ SERVER BESIDE LINE("on", "false", OFF, OFF, "[4000]") BESIDE, 1,
		  "before it: pg_stat" },
		{ SERVER BESIDE LINE("on", "false", ON, OFF, "[4000]") BESIDE, 1,
		  "after it: pg_stat" },
		{ SERVER LINE("off", "true", ON, ON, "[4000]"), 0, "before it" },
		{ SERVER LINE("off", "true", OFF, OFF, "[]"), 0, "no commits" },
		{ SERVER LINE("off", "true", OFF, OFF, "[0]"), 0, "a time that none takes" },
		{ SERVER LINE("off", "true", OFF, OFF, "[\"1\"]"), 0, "a time that none takes" },
		{ SERVER LINE("on", "true", ON, ON, "[1]"), 0, "is none" },
		{ SERVER LINE("maybe", "false", ON, ON, "[1]"), 0, "is none" },
		{ SERVER BESIDE "{\"setting\":\"on\",\"beside\":false,\"error\":\"no luck\"}\n", 1,
		  "round 2 (on) is none: no luck" },
		{ SERVER BESIDE "{\n", 1, "not JSON" },
		{ SERVER BESIDE "[]\n", 1, "can't be understood" },
		{ SERVER BESIDE, 1, "1 of 3 rounds" },
		/* Its end was not written */
		{ BESIDE "{\"setting\":\"on\",\"beside\":false,\"error\":\"no", 1,
		  "1 of 3 rounds" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct latency l;

		read_text(&l, rows[i].text);
		if (l.n != rows[i].rounds || !strstr(l.why, rows[i].why))
			fail_msg("row %zu: %zu rounds, '%s'", i, l.n, l.why);
		latency_free(&l);
	}
}

static void test_asked(void **state)
{
	struct latency_asked asked = {
		.release = DRILL_TRIXIE, .cpus = 1, .rounds = 3, .seconds = 4, .n = 2,
		.settings = { DRILL_QUORUM, DRILL_ASYNC },
	};
	json_t *json = latency_asked_to_json(&asked, "7.2");
	struct latency l = { .n = 0 };

	(void)state;
	assert_int_equal(latency_asked_from_json(&l, json), 0);
	assert_int_equal(l.asked.release, DRILL_TRIXIE);
	assert_int_equal(l.asked.settings[0], DRILL_QUORUM);
	assert_int_equal(latency_total(&l.asked), 13);
	json_object_set_new(json, "rounds", json_integer(0));
	assert_int_equal(latency_asked_from_json(&l, json), -1);
	json_object_set_new(json, "rounds", json_integer(1));
	json_object_set_new(json, "settings", json_pack("[s s]", "on", "on"));
	assert_int_equal(latency_asked_from_json(&l, json), -1);
	json_object_set_new(json, "settings", json_array());
	assert_int_equal(latency_asked_from_json(&l, json), -1);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_median), cmocka_unit_test(test_p99),
		cmocka_unit_test(test_ratios), cmocka_unit_test(test_taken),
		cmocka_unit_test(test_not_taken), cmocka_unit_test(test_patch),
		cmocka_unit_test(test_read), cmocka_unit_test(test_read_bad),
		cmocka_unit_test(test_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
