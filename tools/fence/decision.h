/* SPDX-License-Identifier: GPL-2.0 */
/* One decision, from the first question to the deadline. */
#ifndef PUG_FENCE_DECISION_H
#define PUG_FENCE_DECISION_H

#include "config.h"
#include "decide.h"
#include "state.h"
#include "worker.h"

/* An answer older than this is no answer. */
#define FRESH_MS	10000

/**
 * struct seat - what is known of one member
 * @api: last report of its Patroni, but for a single lack of an answer
 * @api_tries: reports so far
 * @silences: of these, how many were the lack of an answer since the last one
 * @vm: last report of its hypervisor
 * @witness: last report of the second one
 * @ping: last report of ping
 * @shot_why: how the last order to stop went
 * @shots: orders given
 * @shot_ms: when the last was given, or was told to be carried out
 * @confirmed_by: who has confirmed that it is off, empty for nobody
 * @confirmed_on: our own timeline at that incident
 * @may_shoot: its VM may be stopped
 * @rule: what all that comes to
 */
struct seat {
	struct report api, vm, witness, ping;
	unsigned int api_tries;
	unsigned int silences;
	char shot_why[256];
	unsigned int shots;
	uint64_t shot_ms;
	char confirmed_by[64];
	uint64_t confirmed_on;
	bool may_shoot;
	const struct rule *rule;
};

/**
 * struct decision - all members
 * @config: what it is made by
 * @begun_ms: when it began
 * @ended_ms: when it was made
 * @sysid: the cluster's system identifier, as far as known
 * @own: what our own Patroni says of us; no proof counts unless that is recovery
 * @own_timeline: of our PostgreSQL, 0 if unknown
 * @has_leader: there is a record of the last leader
 * @leader: that record
 * @seats: by member
 * @workers: those who ask
 * @n_workers: how many
 * @promote: every other member is proven
 */
struct decision {
	const struct config *config;
	uint64_t begun_ms, ended_ms;
	char sysid[32];
	enum api_fact own;
	uint64_t own_timeline;
	bool has_leader;
	struct leader leader;
	struct seat seats[CONFIG_MEMBERS_MAX];
	struct worker workers[CONFIG_MEMBERS_MAX * 4];
	unsigned int n_workers;
	bool promote;
};

void decision_make(const struct config *config, struct decision *decision);
void decision_facts(const struct decision *decision, int member, uint64_t now,
		    struct facts *facts);
size_t decision_words(const struct decision *decision, int member, char *out, size_t size);

#endif /* PUG_FENCE_DECISION_H */
