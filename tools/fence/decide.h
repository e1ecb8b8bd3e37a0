/* SPDX-License-Identifier: GPL-2.0 */
/* What is known of a member -> proof or none. Pure: no clock, no I/O. */
#ifndef PUG_FENCE_DECIDE_H
#define PUG_FENCE_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a decision is made: as it must be, or as the talk's script did. */
enum policy { POLICY_STRICT, POLICY_TALK, POLICY_N };

/* What the member's own Patroni says. */
enum api_fact {
	API_UNASKED,	/* neither an answer yet, nor the lack of one */
	API_SILENT,	/* no answer */
	API_UNFIT,	/* an answer that is not this member's, or no Patroni's */
	API_LEADER,	/* says that it leads, or that its PostgreSQL is a primary */
	API_DEMOTING,	/* was a leader, its PostgreSQL is being stopped */
	API_UNCLEAR,	/* no leader, but its PostgreSQL is neither of the next two */
	API_STOPPED,	/* no leader, PostgreSQL is not running */
	API_RECOVERY,	/* no leader, PostgreSQL is in recovery */
	API_N
};

/* What the hypervisor says of the member's VM. */
enum vm_fact {
	VM_UNKNOWN,	/* no answer, or none that can be understood */
	VM_OFF,		/* identity compared, its process is gone */
	VM_RUNNING,
	VM_NOT_OFF,	/* paused, io-error, prelaunch, hibernated, locked ... */
	VM_WRONG,	/* not the VM that the configuration means, or no VM */
	VM_N
};

/* Whether it answers to ICMP; asked under policy talk only. */
enum ping_fact { PING_UNKNOWN, PING_YES, PING_NO, PING_N };

/* How far the decision has come, for this member. */
enum stage {
	STAGE_WAIT,	/* a healthy member may need a moment to say so */
	STAGE_ACT,	/* it had that moment */
	STAGE_END,	/* the deadline */
	STAGE_N
};

enum outcome {
	OUTCOME_PROVEN,		/* it is no leader and will not be one by itself */
	OUTCOME_WAIT,		/* ask again */
	OUTCOME_SHOOT,		/* stop its VM, then ask again */
	OUTCOME_REFUSE,		/* no proof: no promotion */
	OUTCOME_N
};

/**
 * struct facts - what is known of one member at one moment
 * @policy: how to judge
 * @never_primary: the configuration says that it can never be a primary
 * @confirmed: an operator has confirmed, for this incident, that it is off
 * @may_shoot: its VM may be stopped
 * @ping: see enum ping_fact
 * @api: see enum api_fact
 * @vm: see enum vm_fact
 * @stage: see enum stage
 */
struct facts {
	enum policy policy;
	bool never_primary;
	bool confirmed;
	bool may_shoot;
	enum ping_fact ping;
	enum api_fact api;
	enum vm_fact vm;
	enum stage stage;
};

/**
 * struct rule - a row of the decision table; the first that matches counts
 * @id: its name in Documentation/fencing.rst and in the log
 * @policy: bits of enum policy, 0 for any; likewise the next four
 * @ping: bits of enum ping_fact
 * @api: bits of enum api_fact
 * @vm: bits of enum vm_fact
 * @stage: bits of enum stage
 * @never_primary: 'y', 'n', or 0 for both; likewise the next two
 * @confirmed: of struct facts
 * @may_shoot: of struct facts
 * @outcome: what follows
 * @why: the proof, or what it lacks, in words for the log
 */
struct rule {
	const char *id;
	unsigned int policy, ping, api, vm, stage;
	char never_primary, confirmed, may_shoot;
	enum outcome outcome;
	const char *why;
};

extern const struct rule decide_rules[];
extern const size_t decide_rules_n;
extern const char *const policy_names[POLICY_N];
extern const char *const api_names[API_N];
extern const char *const vm_names[VM_N];
extern const char *const ping_names[PING_N];
extern const char *const stage_names[STAGE_N];
extern const char *const outcome_names[OUTCOME_N];

/**
 * struct pace - how long members are given; milliseconds from the beginning
 * @grace_ms: before a member that does not answer is acted on
 * @demote_wait_ms: the same for one that says that it leads
 * @reserve_ms: kept back before the deadline for stopping VMs
 * @deadline_ms: of the whole decision
 */
struct pace {
	uint64_t grace_ms;
	uint64_t demote_wait_ms;
	uint64_t reserve_ms;
	uint64_t deadline_ms;
};

const struct rule *decide_member(const struct facts *facts);
enum stage decide_stage(const struct pace *pace, enum api_fact api,
			unsigned int tries, uint64_t now_ms);
enum vm_fact decide_witnesses(enum vm_fact a, enum vm_fact b);
bool decide_may_shoot(const char *member, const char *recorded,
		      uint64_t recorded_timeline, uint64_t own_timeline);

#endif /* PUG_FENCE_DECIDE_H */
