// SPDX-License-Identifier: GPL-2.0
/*
 * The decision. This table is the one in Documentation/fencing.rst: a test
 * prints it and compares the two.
 *
 * Of what is not in here nothing can lead to a promotion: the last rows match
 * whatever is left, and refuse.
 */
#include <string.h>

#include "compiler.h"
#include "decide.h"

#define B(x)		(1U << (x))

#define STRICT		B(POLICY_STRICT)
#define TALK		B(POLICY_TALK)
#define API_DEAF	(B(API_SILENT) | B(API_UNFIT))
#define API_ACTIVE	(B(API_LEADER) | B(API_DEMOTING))
#define API_ALIVE	(API_ACTIVE | B(API_UNCLEAR))
#define VM_ALIVE	(B(VM_RUNNING) | B(VM_NOT_OFF))
#define VM_LOST		(B(VM_UNKNOWN) | B(VM_WRONG))
#define NOT_END		(B(STAGE_WAIT) | B(STAGE_ACT))

const char *const policy_names[POLICY_N] = {
	[POLICY_STRICT] = "strict", [POLICY_TALK] = "talk",
};

const char *const api_names[API_N] = {
	[API_UNASKED] = "unasked", [API_SILENT] = "silent", [API_UNFIT] = "unfit",
	[API_LEADER] = "leader", [API_DEMOTING] = "demoting", [API_UNCLEAR] = "unclear",
	[API_STOPPED] = "stopped", [API_RECOVERY] = "recovery",
};

const char *const vm_names[VM_N] = {
	[VM_UNKNOWN] = "unknown", [VM_OFF] = "off", [VM_RUNNING] = "running",
	[VM_NOT_OFF] = "not-off", [VM_WRONG] = "wrong",
};

const char *const ping_names[PING_N] = {
	[PING_UNKNOWN] = "unknown", [PING_YES] = "yes", [PING_NO] = "no",
};

const char *const stage_names[STAGE_N] = {
	[STAGE_WAIT] = "wait", [STAGE_ACT] = "act", [STAGE_END] = "end",
};

const char *const outcome_names[OUTCOME_N] = {
	[OUTCOME_PROVEN] = "proven", [OUTCOME_WAIT] = "wait",
	[OUTCOME_SHOOT] = "shoot", [OUTCOME_REFUSE] = "refuse",
};

const struct rule decide_rules[] = {
	{
		.id = "recovery", .policy = STRICT, .api = B(API_RECOVERY),
		.outcome = OUTCOME_PROVEN,
		.why = "it says itself that it is no leader and in recovery",
	}, {
		.id = "stopped", .policy = STRICT, .api = B(API_STOPPED),
		.outcome = OUTCOME_PROVEN,
		.why = "it says itself that it is no leader and that its PostgreSQL is stopped",
	}, {
		.id = "never-primary", .policy = STRICT, .never_primary = 'y',
		.api = API_DEAF | B(API_UNCLEAR), .outcome = OUTCOME_PROVEN,
		.why = "the configuration says that it can never be a primary",
	}, {
		.id = "off", .policy = STRICT, .api = API_DEAF, .vm = B(VM_OFF),
		.outcome = OUTCOME_PROVEN,
		.why = "its VM is off",
	}, {
		.id = "confirmed", .policy = STRICT, .api = API_DEAF, .vm = VM_LOST,
		.stage = B(STAGE_ACT) | B(STAGE_END), .confirmed = 'y',
		.outcome = OUTCOME_PROVEN,
		.why = "an operator has confirmed that it is off",
	}, {
		.id = "off-but-alive-wait", .policy = STRICT, .api = API_ALIVE,
		.vm = B(VM_OFF), .stage = NOT_END, .outcome = OUTCOME_WAIT,
		.why = "its VM is off, yet it answered a moment ago",
	}, {
		.id = "off-but-alive", .policy = STRICT, .api = API_ALIVE,
		.vm = B(VM_OFF), .stage = B(STAGE_END), .outcome = OUTCOME_REFUSE,
		.why = "its VM is off, yet it answers: the configured VM is not its own",
	}, {
		.id = "grace", .policy = STRICT, .stage = B(STAGE_WAIT),
		.outcome = OUTCOME_WAIT,
		.why = "it is given a moment to say that it is no leader",
	}, {
		.id = "shoot", .policy = STRICT, .api = API_DEAF | API_ACTIVE,
		.vm = VM_ALIVE, .stage = B(STAGE_ACT), .may_shoot = 'y',
		.never_primary = 'n', .outcome = OUTCOME_SHOOT,
		.why = "it may still be a primary, so its VM is stopped",
	}, {
		.id = "ask-again", .policy = STRICT, .stage = B(STAGE_ACT),
		.outcome = OUTCOME_WAIT,
		.why = "nothing can be done but to ask again",
	}, {
		.id = "leads", .policy = STRICT, .api = B(API_LEADER),
		.outcome = OUTCOME_REFUSE,
		.why = "it says that it is a leader",
	}, {
		.id = "demoting", .policy = STRICT, .api = B(API_DEMOTING),
		.outcome = OUTCOME_REFUSE,
		.why = "its PostgreSQL has not finished stopping",
	}, {
		.id = "unclear", .policy = STRICT, .api = B(API_UNCLEAR),
		.outcome = OUTCOME_REFUSE,
		.why = "it does not say what its PostgreSQL is",
	}, {
		.id = "wrong-vm", .policy = STRICT, .vm = B(VM_WRONG),
		.outcome = OUTCOME_REFUSE,
		.why = "it does not answer, and the configured VM is not its own",
	}, {
		.id = "not-shot", .policy = STRICT, .vm = VM_ALIVE, .may_shoot = 'n',
		.outcome = OUTCOME_REFUSE,
		.why = "it does not answer, its VM is not off and was not to be stopped: another member is recorded as the last leader",
	}, {
		.id = "not-off", .policy = STRICT, .vm = VM_ALIVE,
		.outcome = OUTCOME_REFUSE,
		.why = "it does not answer, and its VM could not be stopped",
	}, {
		.id = "nobody-knows", .policy = STRICT, .outcome = OUTCOME_REFUSE,
		.why = "neither it nor its hypervisor answers",
	}, {
		.id = "talk-ping", .policy = TALK, .ping = B(PING_YES),
		.outcome = OUTCOME_PROVEN,
		.why = "it answers to ping (which proves nothing)",
	}, {
		.id = "talk-rest", .policy = TALK, .ping = B(PING_NO),
		.api = API_ALIVE | B(API_STOPPED) | B(API_RECOVERY) | B(API_UNFIT),
		.outcome = OUTCOME_PROVEN,
		.why = "its REST API answers (which proves nothing)",
	}, {
		.id = "talk-off", .policy = TALK, .api = B(API_SILENT), .ping = B(PING_NO),
		.vm = B(VM_OFF), .outcome = OUTCOME_PROVEN,
		.why = "its VM is off",
	}, {
		.id = "talk-shoot", .policy = TALK, .api = B(API_SILENT),
		.ping = B(PING_NO), .vm = VM_ALIVE, .stage = B(STAGE_ACT), .outcome = OUTCOME_SHOOT,
		.why = "neither ping nor REST API answers, so its VM is stopped",
	}, {
		.id = "talk-wait", .policy = TALK, .stage = NOT_END,
		.outcome = OUTCOME_WAIT,
		.why = "asked again until the deadline",
	}, {
		.id = "talk-end", .policy = TALK, .outcome = OUTCOME_REFUSE,
		.why = "it does not answer, and its VM is not off",
	},
};

const size_t decide_rules_n = ARRAY_SIZE(decide_rules);

static bool in(unsigned int mask, unsigned int value)
{
	return !mask || mask & B(value);
}

static bool is(char wanted, bool value)
{
	return !wanted || (wanted == 'y') == value;
}

static bool matches(const struct rule *rule, const struct facts *facts)
{
	return in(rule->policy, facts->policy) && in(rule->ping, facts->ping) &&
	       in(rule->api, facts->api) && in(rule->vm, facts->vm) &&
	       in(rule->stage, facts->stage) &&
	       is(rule->never_primary, facts->never_primary) &&
	       is(rule->confirmed, facts->confirmed) &&
	       is(rule->may_shoot, facts->may_shoot);
}

/**
 * decide_member() - the row of the table that is about these facts
 * @facts: what is known of a member
 *
 * Return: the first row that matches; never NULL. Facts out of their range
 * match the last row, which refuses.
 */
const struct rule *decide_member(const struct facts *facts)
{
	for (size_t i = 0; i < decide_rules_n; i++)
		if (matches(&decide_rules[i], facts))
			return &decide_rules[i];
	return &decide_rules[decide_rules_n - 1];
}

/**
 * decide_stage() - how far the decision has come for a member
 * @pace: how long members are given
 * @api: what it says
 * @tries: how often its Patroni was asked; one lost packet is no silence
 * @now_ms: since the beginning
 *
 * A planned switchover has the old leader demoting when the new one takes the
 * key, so one that answers is given longer, and one that is stopping its
 * PostgreSQL nearly all the time there is.
 *
 * Return: the stage.
 */
enum stage decide_stage(const struct pace *pace, enum api_fact api,
			unsigned int tries, uint64_t now_ms)
{
	uint64_t last = pace->deadline_ms > pace->reserve_ms ?
			pace->deadline_ms - pace->reserve_ms : 0;
	uint64_t act = pace->grace_ms;

	if (now_ms >= pace->deadline_ms)
		return STAGE_END;
	if (now_ms >= last)
		return STAGE_ACT;
	if (api == API_DEMOTING)
		return STAGE_WAIT;
	if (api == API_LEADER || api == API_UNCLEAR)
		act = pace->demote_wait_ms;
	else if (tries < 2)
		return STAGE_WAIT;
	return now_ms >= act ? STAGE_ACT : STAGE_WAIT;
}

/**
 * decide_witnesses() - what two hypervisors' words come to
 * @a: of the first
 * @b: of the second
 *
 * Return: off only if both say so, and nothing better than the worse of them.
 */
enum vm_fact decide_witnesses(enum vm_fact a, enum vm_fact b)
{
	if (a == VM_WRONG || b == VM_WRONG)
		return VM_WRONG;
	if (a == b)
		return a;
	if (a == VM_UNKNOWN && b == VM_OFF)
		return VM_UNKNOWN;
	if (a == VM_OFF && b == VM_UNKNOWN)
		return VM_UNKNOWN;
	if (a == VM_UNKNOWN)
		return b;
	if (b == VM_UNKNOWN)
		return a;
	return VM_NOT_OFF;
}

/**
 * decide_may_shoot() - may this member's VM be stopped?
 * @member: its name
 * @recorded: who led last as the record has it, NULL if there is none
 * @recorded_timeline: the timeline of that leader, 0 if unknown
 * @own_timeline: the timeline of our own PostgreSQL, 0 if unknown
 *
 * The record narrows whom to shoot only while nobody was promoted since: each
 * promotion begins a timeline. A record that cannot be dated counts for
 * nothing. It never replaces a proof.
 *
 * Return: true if so.
 */
bool decide_may_shoot(const char *member, const char *recorded,
		      uint64_t recorded_timeline, uint64_t own_timeline)
{
	if (!recorded || !recorded_timeline || recorded_timeline != own_timeline)
		return true;
	return !strcmp(member, recorded);
}
