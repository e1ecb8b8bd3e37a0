/* SPDX-License-Identifier: GPL-2.0 */
/* What GET /patroni of a member comes to. */
#ifndef PUG_FENCE_PATRONI_H
#define PUG_FENCE_PATRONI_H

#include <time.h>

#include "config.h"
#include "decide.h"
#include "http.h"

/**
 * struct patroni - what a Patroni says
 * @fact: what it comes to
 * @why: in words
 * @role: its word
 * @state: its word
 * @name: empty before Patroni 3.2
 * @sysid: system identifier, empty if it has no data directory
 * @timeline: of its PostgreSQL, 0 if it does not say
 * @server_time: of its machine, 0 if unknown
 */
struct patroni {
	enum api_fact fact;
	char why[256];
	char role[32];
	char state[48];
	char name[64];
	char sysid[32];
	uint64_t timeline;
	time_t server_time;
};

void patroni_judge(const struct config *config, const struct member *member,
		   const char *sysid, const char *text, size_t len, struct patroni *out);
void patroni_ask(const struct config *config, const struct member *member,
		 const char *sysid, struct http *http, uint64_t until_ms, struct patroni *out);
int patroni_leader(const struct config *config, const char *text,
		   size_t len, char *leader, uint64_t *timeline, struct trouble *why);
int patroni_members(const struct config *config, const char *text, size_t len,
		    void (*tell)(void *arg, int level, const char *name, const char *what),
		    void *arg, struct trouble *why);
void patroni_http(const struct config *config, struct http *http);

#endif /* PUG_FENCE_PATRONI_H */
