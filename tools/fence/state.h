/* SPDX-License-Identifier: GPL-2.0 */
/* What outlives a decision: last leader, incident, confirmations, log. */
#ifndef PUG_FENCE_STATE_H
#define PUG_FENCE_STATE_H

#include "config.h"

/* An incident that was not touched for so long is over. */
#define INCIDENT_MS	900000

/**
 * struct leader - who led last, as our own Patroni has told
 * @name: the member
 * @timeline: then; a later promotion makes the record stale
 */
struct leader {
	char name[64];
	uint64_t timeline;
};

/**
 * struct incident - refused decisions, one after another
 * @id: a random name, what a confirmation is bound to
 * @members: of whom there was no proof, with a blank between
 * @timeline: of our own PostgreSQL, 0 if unknown: a promotion since ends the incident
 * @last_ms: when it was refused last
 */
struct incident {
	char id[17];
	uint64_t timeline;
	char members[CONFIG_MEMBERS_MAX * 65];
	uint64_t last_ms;
};

int state_check(const struct config *config, struct trouble *why);
int state_lock(const struct config *config, struct trouble *why);
int state_put_leader(const struct config *config, const struct leader *leader,
		     struct trouble *why);
void state_drop_leader(const struct config *config);
int state_get_leader(const struct config *config, struct leader *leader);
int state_get_incident(const struct config *config, struct incident *incident);
int state_open_incident(const struct config *config, const char *members, uint64_t timeline,
			struct incident *incident, struct trouble *why);
void state_close_incident(const struct config *config);
int state_confirm(const struct config *config, const struct incident *incident,
		  const char *member, const char *by, struct trouble *why);
bool state_is_confirmed(const struct config *config, const char *member, char *by, size_t size,
			uint64_t *timeline);
int state_use_confirmation(const struct config *config, const char *member);
void state_log(const struct config *config, const char *line);

#endif /* PUG_FENCE_STATE_H */
