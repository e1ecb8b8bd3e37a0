// SPDX-License-Identifier: GPL-2.0
/*
 * The decision table: each row is the first match of something, and what a
 * proof is stands here a second time, in other words than the table's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "compiler.h"
#include "decide.h"

typedef void (*visit)(const struct facts *facts, void *arg);

static void every_combination(visit fn, void *arg)
{
	struct facts f;

	for (int i = 0; i < POLICY_N * PING_N * API_N * VM_N * STAGE_N * 8; i++) {
		int n = i;

		f.policy = n % POLICY_N;
		n /= POLICY_N;
		f.ping = n % PING_N;
		n /= PING_N;
		f.api = n % API_N;
		n /= API_N;
		f.vm = n % VM_N;
		n /= VM_N;
		f.stage = n % STAGE_N;
		n /= STAGE_N;
		f.never_primary = n & 1;
		f.confirmed = n & 2;
		f.may_shoot = n & 4;
		fn(&f, arg);
	}
}

static bool has_proof(const struct facts *f)
{
	bool silent = f->api == API_SILENT || f->api == API_UNFIT;

	if (f->api == API_RECOVERY || f->api == API_STOPPED)
		return true;
	if (f->api == API_LEADER || f->api == API_DEMOTING)
		return false;
	if (f->api == API_UNASKED)
		return false;
	if (f->never_primary)
		return true;
	if (silent && f->vm == VM_OFF)
		return true;
	return silent && f->confirmed && f->stage != STAGE_WAIT &&
	       (f->vm == VM_UNKNOWN || f->vm == VM_WRONG);
}

static void check_strict(const struct facts *f, void *arg)
{
	const struct rule *rule = decide_member(f);
	bool proven;

	(void)arg;
	if (f->policy != POLICY_STRICT)
		return;
	proven = rule->outcome == OUTCOME_PROVEN;
	if (proven != has_proof(f))
		fail_msg("row %s: api %s, vm %s, stage %s, confirmed %d, never %d", rule->id,
			 api_names[f->api], vm_names[f->vm], stage_names[f->stage], f->confirmed,
			 f->never_primary);
}

static void strict_promotes_with_proof_and_only_then(void **state)
{
	(void)state;
	every_combination(check_strict, NULL);
}

static void check_shot(const struct facts *f, void *arg)
{
	const struct rule *rule = decide_member(f);

	(void)arg;
	if (rule->outcome != OUTCOME_SHOOT)
		return;
	assert_true(f->vm == VM_RUNNING || f->vm == VM_NOT_OFF);
	assert_int_equal(f->stage, STAGE_ACT);
	assert_true(f->api != API_RECOVERY && f->api != API_STOPPED);
	if (f->policy == POLICY_TALK)
		return;
	assert_true(f->may_shoot);
	assert_false(f->never_primary);
	assert_true(f->api != API_UNCLEAR && f->api != API_UNASKED);
}

static void nothing_is_shot_that_may_be_healthy(void **state)
{
	(void)state;
	every_combination(check_shot, NULL);
}

static void check_end(const struct facts *f, void *arg)
{
	enum outcome outcome = decide_member(f)->outcome;

	(void)arg;
	if (f->stage == STAGE_END)
		assert_true(outcome == OUTCOME_PROVEN || outcome == OUTCOME_REFUSE);
	else
		assert_int_not_equal(outcome, OUTCOME_REFUSE);
}

static void the_deadline_ends_it(void **state)
{
	(void)state;
	every_combination(check_end, NULL);
}

static void note_row(const struct facts *f, void *arg)
{
	bool *seen = arg;

	seen[decide_member(f) - decide_rules] = true;
}

static void every_row_is_reached(void **state)
{
	bool seen[64] = { false };

	(void)state;
	assert_true(decide_rules_n <= ARRAY_SIZE(seen));
	every_combination(note_row, seen);
	for (size_t i = 0; i < decide_rules_n; i++)
		if (!seen[i])
			fail_msg("row %s is never the first to match", decide_rules[i].id);
}

/* One example a row, by hand: policy, api, vm, ping, stage, never, confirmed, may */
static const struct {
	const char *id;
	struct facts f;
} examples[] = {
#define S(a, v, s, n, c, m) { POLICY_STRICT, n, c, m, PING_UNKNOWN, a, v, s }
#define T(p, a, v, s) { POLICY_TALK, false, false, true, p, a, v, s }
	{ "recovery", S(API_RECOVERY, VM_RUNNING, STAGE_WAIT, 0, 0, 1) },
	{ "stopped", S(API_STOPPED, VM_UNKNOWN, STAGE_END, 0, 0, 1) },
	{ "never-primary", S(API_SILENT, VM_RUNNING, STAGE_WAIT, 1, 0, 1) },
	{ "off", S(API_SILENT, VM_OFF, STAGE_WAIT, 0, 0, 0) },
	{ "confirmed", S(API_SILENT, VM_UNKNOWN, STAGE_ACT, 0, 1, 1) },
	{ "off-but-alive-wait", S(API_LEADER, VM_OFF, STAGE_ACT, 0, 0, 1) },
	{ "off-but-alive", S(API_UNCLEAR, VM_OFF, STAGE_END, 0, 0, 1) },
	{ "grace", S(API_SILENT, VM_UNKNOWN, STAGE_WAIT, 0, 1, 1) },
	{ "shoot", S(API_LEADER, VM_NOT_OFF, STAGE_ACT, 0, 1, 1) },
	{ "ask-again", S(API_SILENT, VM_RUNNING, STAGE_ACT, 0, 0, 0) },
	{ "leads", S(API_LEADER, VM_RUNNING, STAGE_END, 0, 1, 1) },
	{ "demoting", S(API_DEMOTING, VM_UNKNOWN, STAGE_END, 0, 1, 1) },
	{ "unclear", S(API_UNCLEAR, VM_RUNNING, STAGE_END, 0, 1, 1) },
	{ "wrong-vm", S(API_SILENT, VM_WRONG, STAGE_END, 0, 0, 1) },
	{ "not-shot", S(API_UNFIT, VM_NOT_OFF, STAGE_END, 0, 1, 0) },
	{ "not-off", S(API_SILENT, VM_NOT_OFF, STAGE_END, 0, 1, 1) },
	{ "nobody-knows", S(API_SILENT, VM_UNKNOWN, STAGE_END, 0, 0, 1) },
	{ "talk-ping", T(PING_YES, API_LEADER, VM_RUNNING, STAGE_WAIT) },
	{ "talk-rest", T(PING_NO, API_LEADER, VM_RUNNING, STAGE_WAIT) },
	{ "talk-off", T(PING_NO, API_SILENT, VM_OFF, STAGE_ACT) },
	{ "talk-shoot", T(PING_NO, API_SILENT, VM_RUNNING, STAGE_ACT) },
	{ "talk-wait", T(PING_UNKNOWN, API_SILENT, VM_RUNNING, STAGE_ACT) },
	{ "talk-end", T(PING_NO, API_SILENT, VM_RUNNING, STAGE_END) },
};

static void every_row_has_its_example(void **state)
{
	(void)state;
	assert_int_equal(ARRAY_SIZE(examples), decide_rules_n);
	for (size_t i = 0; i < decide_rules_n; i++) {
		assert_string_equal(examples[i].id, decide_rules[i].id);
		assert_string_equal(decide_member(&examples[i].f)->id, examples[i].id);
	}
}

static void facts_out_of_range_refuse(void **state)
{
	struct facts f = { .policy = 7, .api = 19, .vm = 23, .stage = 9, .ping = 11 };

	(void)state;
	assert_int_equal(decide_member(&f)->outcome, OUTCOME_REFUSE);
	f.policy = POLICY_STRICT;
	assert_int_equal(decide_member(&f)->outcome, OUTCOME_REFUSE);
}

static void stages(void **state)
{
	const struct pace pace = { 5000, 15000, 20000, 60000 };

	(void)state;
	assert_int_equal(decide_stage(&pace, API_SILENT, 5, 4999), STAGE_WAIT);
	assert_int_equal(decide_stage(&pace, API_SILENT, 5, 5000), STAGE_ACT);
	assert_int_equal(decide_stage(&pace, API_SILENT, 1, 5000), STAGE_WAIT);
	assert_int_equal(decide_stage(&pace, API_LEADER, 1, 14999), STAGE_WAIT);
	assert_int_equal(decide_stage(&pace, API_LEADER, 1, 15000), STAGE_ACT);
	assert_int_equal(decide_stage(&pace, API_DEMOTING, 9, 39999), STAGE_WAIT);
	assert_int_equal(decide_stage(&pace, API_DEMOTING, 9, 40000), STAGE_ACT);
	assert_int_equal(decide_stage(&pace, API_SILENT, 0, 40000), STAGE_ACT);
	assert_int_equal(decide_stage(&pace, API_SILENT, 9, 60000), STAGE_END);
	assert_int_equal(decide_stage(&pace, API_RECOVERY, 9, 99999), STAGE_END);
}

static void two_witnesses_must_agree(void **state)
{
	(void)state;
	for (int a = 0; a < VM_N; a++) {
		for (int b = 0; b < VM_N; b++) {
			enum vm_fact both = decide_witnesses(a, b);

			assert_int_equal(both, decide_witnesses(b, a));
			assert_int_equal(both == VM_OFF, a == VM_OFF && b == VM_OFF);
			assert_int_equal(both == VM_WRONG, a == VM_WRONG || b == VM_WRONG);
		}
	}
	assert_int_equal(decide_witnesses(VM_OFF, VM_RUNNING), VM_NOT_OFF);
	assert_int_equal(decide_witnesses(VM_UNKNOWN, VM_RUNNING), VM_RUNNING);
}

static void a_record_narrows_only_on_its_timeline(void **state)
{
	(void)state;
	assert_true(decide_may_shoot("pg1", NULL, 5, 5));
	assert_true(decide_may_shoot("pg1", "pg3", 5, 6));
	assert_true(decide_may_shoot("pg1", "pg3", 0, 0));
	assert_true(decide_may_shoot("pg1", "pg1", 5, 5));
	assert_false(decide_may_shoot("pg1", "pg3", 5, 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strict_promotes_with_proof_and_only_then),
		cmocka_unit_test(nothing_is_shot_that_may_be_healthy),
		cmocka_unit_test(the_deadline_ends_it),
		cmocka_unit_test(every_row_is_reached),
		cmocka_unit_test(every_row_has_its_example),
		cmocka_unit_test(facts_out_of_range_refuse),
		cmocka_unit_test(stages),
		cmocka_unit_test(two_witnesses_must_agree),
		cmocka_unit_test(a_record_narrows_only_on_its_timeline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
