/* SPDX-License-Identifier: GPL-2.0 */
/* What is seen of somebody's cluster while it is drilled. */
#ifndef PUG_INVENTORY_WATCH_H
#define PUG_INVENTORY_WATCH_H

#include <systemd/sd-event.h>

#include "inventory-play.h"
#include "poller.h"
#include "util.h"

#define PLAY_CLIENTS 2

/**
 * struct watch_seen - a member's last answer to what it is
 * @play: it belongs to
 * @at_s: host time, 0 none yet
 * @facts: what it said
 */
struct watch_seen {
	struct watch_play *play;
	double at_s;
	struct member_facts facts;
};

/**
 * struct watch_play - a drill under way
 * @drill: as asked, and what was seen
 * @loop: serves the polls
 * @lab: lab.jsonl
 * @polls: of the members
 * @seen: what these say
 * @clients: the ledger's, 0 while they do not run
 * @calm_s: since when all is well, 0 it is not
 * @silent_s: the leader's longest silence since the freeze began
 * @target: the member whose schema is removed
 * @cleaning: it ends
 * @hurries: signals that came then
 */
struct watch_play {
	struct inventory_drill *drill;
	sd_event *loop;
	FILE *lab;
	struct poller polls[INVENTORY_MEMBERS_MAX];
	struct watch_seen seen[INVENTORY_MEMBERS_MAX];
	pid_t clients[PLAY_CLIENTS];
	double calm_s;
	double silent_s;
	int target;
	bool cleaning;
	int hurries;
};

typedef bool (*play_cond)(struct watch_play *p, void *data);

int play_open(struct watch_play *p);
void play_close(struct watch_play *p);
void play_check(struct watch_play *p);
int play_wait(struct watch_play *p, double seconds, play_cond cond, void *data);
int play_fail(struct watch_play *p, const char *fmt, ...) __printf(2, 3);
void play_log(struct watch_play *p, const char *event, const char *fmt, ...) __printf(3, 4);
int play_leader(struct watch_play *p);
bool play_gives_up(struct watch_play *p, void *data);
bool play_is_out(const struct watch_play *p, size_t member);
bool play_old_is_back(struct watch_play *p, void *data);
bool play_two_lead(const struct watch_play *p);
bool play_is_well(struct watch_play *p, void *data);
bool play_is_calm(struct watch_play *p, void *data);

#endif
