/* SPDX-License-Identifier: GPL-2.0 */
/* What a cluster said of itself before it is drilled, and what is decided from that. */
#ifndef PUG_INVENTORY_FACTS_H
#define PUG_INVENTORY_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "inventory-adapter.h"
#include "inventory.h"

#define INVENTORY_SCHEMA "pug_drill_"

enum answer { ANSWER_UNKNOWN, ANSWER_NO, ANSWER_YES };

/**
 * struct member_facts - what is known of a member
 * @self_why: why its manager can't be asked about it, "" if it was
 * @name: as it calls itself, "" before Patroni 3.2
 * @scope: likewise
 * @role: master, primary, replica, ...
 * @state: of its PostgreSQL
 * @sysid: system identifier
 * @timeline: of its data, 0 unknown
 * @streaming: it or the leader's list says so, or its WAL receiver
 * @paused: its Patroni is in maintenance mode
 * @no_watchdog: its Patroni says that the watchdog could not be used
 * @listed: the leader's Patroni lists it
 * @is_sync: the leader waits for it
 * @nofailover: it must not be promoted
 * @witness: it votes, and has no data of the cluster: never touched
 * @says_leads: the leader's list says that it leads
 * @runs: what has to run beside its PostgreSQL does
 * @config_file: its manager's, "" unknown
 * @automatic: it would be promoted without anybody's word
 * @lag: bytes behind the leader, -1 unknown
 * @sql_why: why its PostgreSQL can't be asked, "" if it was
 * @in_recovery: that is a standby
 * @sql_sysid: its system identifier
 * @ssh_why: why its machine can't be asked, "" if it was
 * @hostname: of that
 * @boot_id: changes with each boot
 * @etcd: an etcd runs there
 * @fence: its Patroni runs pug-fence before it promotes, and that finds what it needs
 */
struct member_facts {
	char self_why[160];
	char name[64];
	char scope[64];
	char role[32];
	char state[48];
	char sysid[24];
	long timeline;
	bool streaming;
	bool paused;
	bool no_watchdog;
	bool listed;
	bool is_sync;
	bool nofailover;
	bool witness;
	bool says_leads;
	enum answer runs;
	char config_file[INVENTORY_TEXT];
	enum answer automatic;
	long long lag;
	char sql_why[256];
	bool in_recovery;
	char sql_sysid[24];
	char ssh_why[256];
	char hostname[256];
	char boot_id[40];
	enum answer etcd;
	enum answer fence;
};

/**
 * struct inventory_facts - what is known of a cluster
 * @adapter: who manages it
 * @members: in the inventory's order
 * @leader: the one that leads, -1 none or several
 * @ttl_s: Patroni's, or for how long a leader may be silent elsewhere, 0 unknown
 * @loop_s: its loop_wait
 * @retry_s: its retry_timeout
 * @max_lag: its maximum_lag_on_failover in bytes
 * @sync: only a synchronous standby may be promoted
 * @paused: the cluster is in maintenance mode
 * @no_failover: why nobody would be promoted, "" unknown
 * @strangers: members that the inventory does not have, "" none
 * @leftovers: schemas of earlier drills, "" none
 * @may_create: the leader's DSN may make a schema
 * @its_machine: the leader's ssh leads to where its PostgreSQL runs
 * @module: stop-machine.ko is loaded there
 * @max_ms: the longest freeze that it allows, -1 unknown
 * @frozen: word of pug-node check for "a kernel that freezes", "" unknown
 * @frozen_why: its reason
 * @holder: Patroni holds the watchdog, says pug-node check
 * @active: a watchdog is armed, says the kernel
 * @protection_why: why the three above are not known, "" where they are
 */
struct inventory_facts {
	const struct adapter *adapter;
	struct member_facts members[INVENTORY_MEMBERS_MAX];
	int leader;
	unsigned int ttl_s;
	unsigned int loop_s;
	unsigned int retry_s;
	long long max_lag;
	bool sync;
	bool paused;
	char no_failover[128];
	char strangers[256];
	char leftovers[512];
	bool may_create;
	enum answer its_machine;
	enum answer module;
	long max_ms;
	char frozen[16];
	char frozen_why[256];
	bool holder;
	bool active;
	char protection_why[256];
};

/**
 * struct inventory_wish - what somebody wants to be done
 * @freeze_ms: to the leader
 * @without_protection: although nothing may fence it
 */
struct inventory_wish {
	unsigned int freeze_ms;
	bool without_protection;
};

/**
 * struct reasons - why a cluster is not drilled
 * @list: sentences, owned
 * @n: how many
 */
struct reasons {
	char **list;
	size_t n;
};

void facts_init(struct inventory_facts *facts, const struct adapter *adapter);
void facts_member(struct member_facts *m, const json_t *answer);
void facts_cluster(struct inventory_facts *facts, const struct inventory *inv,
		   const json_t *answer);
void facts_config(struct inventory_facts *facts, const json_t *answer);
void facts_repmgr(struct inventory_facts *facts, size_t member, const char *text);
void facts_check(struct inventory_facts *facts, const char *lines);
void facts_list(struct inventory_facts *facts, const char *lines);
int facts_find_leader(const struct inventory_facts *facts, size_t n, size_t *leaders);

bool facts_leads(const struct member_facts *m);
bool facts_may_lead(const struct inventory_facts *facts, size_t member, const char **why);
bool facts_watched(const struct inventory_facts *facts);
bool facts_fenced(const struct inventory_facts *facts, const struct inventory *inv);
void inventory_decide(const struct inventory *inv, const struct inventory_facts *facts,
		      const struct inventory_wish *wish, struct reasons *reasons);
void reasons_free(struct reasons *reasons);

void repmgr_settings(const struct inventory *inv, struct inventory_facts *facts);
void inventory_ask(const struct inventory *inv, struct inventory_facts *facts);

#endif
