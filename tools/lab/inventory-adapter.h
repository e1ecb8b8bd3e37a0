/* SPDX-License-Identifier: GPL-2.0 */
/* Who manages a cluster, and how it is asked. */
#ifndef PUG_INVENTORY_ADAPTER_H
#define PUG_INVENTORY_ADAPTER_H

#include <stdbool.h>

#include <jansson.h>
#include <systemd/sd-event.h>

#include "inventory.h"
#include "poller.h"

struct inventory_facts;

/**
 * struct adapter - a manager of clusters
 * @name: in an inventory
 * @title: for people
 * @untested: nobody has drilled one with this program
 * @rest: it is asked over HTTP at a member's api, with paths; else by SQL, which gives
 *	an answer of the same form: that of Patroni's REST API, and what is marked in
 *	inventory-facts.c
 * @has_scope: a member says which cluster it is of; else the system identifier does
 * @rejoins: an old leader follows the new one by itself
 * @holds: it holds the watchdog itself, and another holder is no proof
 * @of_member: question: what are you?
 * @of_cluster: question to the leader: who is there?
 * @of_config: question to the leader: how long until another leads? NULL: see @settings
 * @settings: how that is read elsewhere, NULL: @of_config has it
 * @polled: what each member answered is kept in NAME.@polled.jsonl
 * @runs: what has to run on each member beside PostgreSQL, NULL where its answer shows it
 * @least: for so long a leader may be silent, in its own words
 * @max_lag: what is said of a standby that lags too much
 * @no_lead: what is said of one that must not be promoted
 * @resume: ends maintenance mode
 */
struct adapter {
	const char *name;
	const char *title;
	bool untested;
	bool rest;
	bool has_scope;
	bool rejoins;
	bool holds;
	const char *of_member;
	const char *of_cluster;
	const char *of_config;
	void (*settings)(const struct inventory *inv, struct inventory_facts *facts);
	const char *polled;
	const char *runs;
	const char *least;
	const char *max_lag;
	const char *no_lead;
	const char *resume;
};

const struct adapter *adapter_find(const char *name);
const struct adapter *adapter_default(void);
char *adapter_names(void);
json_t *adapter_ask(const struct inventory *inv, size_t member, const char *question);
int adapter_poll(const struct inventory *inv, size_t member, struct poller *poller,
		 sd_event *loop, unsigned int period_ms, const char *path);

#endif
