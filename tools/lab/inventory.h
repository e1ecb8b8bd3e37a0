/* SPDX-License-Identifier: GPL-2.0 */
/* A cluster that is not the lab's: who its members are and how they are reached. */
#ifndef PUG_INVENTORY_H
#define PUG_INVENTORY_H

#include <stddef.h>

#define INVENTORY_MEMBERS_MAX 16
#define INVENTORY_FILE_MAX (64 << 10)
/* More than a line of an inventory may have */
#define INVENTORY_TEXT 192
#define INVENTORY_SSH "ssh -o BatchMode=yes -o ConnectTimeout=5 -o ControlPath=none"
#define INVENTORY_NODE "pug-node"

struct adapter;

/**
 * struct inventory_member - a node of the cluster
 * @name: as the cluster's manager calls it
 * @ssh: USER@HOST, for the ssh command
 * @dsn: of its PostgreSQL itself, without a password, or @FILE
 * @api: of its Patroni: http(s)://HOST:PORT, "" where it is asked by SQL
 * @pug_node: command on it
 * @become: words before a command that wants root, "" for none
 * @line: of its section
 */
struct inventory_member {
	char name[64];
	char ssh[INVENTORY_TEXT];
	char dsn[INVENTORY_TEXT];
	char api[INVENTORY_TEXT];
	char pug_node[INVENTORY_TEXT];
	char become[INVENTORY_TEXT];
	unsigned int line;
};

/**
 * struct inventory - a cluster
 * @scope: as Patroni has it; elsewhere a name of its owner's
 * @system_identifier: of its PostgreSQL, "" where @scope says which cluster it is
 * @adapter: who manages it
 * @cacert: file of trusted certificates for @api, "" for the system's
 * @patroni_config: Patroni's file on each member, "" where it may not be looked at
 * @ssh: command, to be split at blanks
 * @members: its nodes
 * @n: how many
 */
struct inventory {
	char scope[INVENTORY_TEXT];
	char system_identifier[INVENTORY_TEXT];
	const struct adapter *adapter;
	char cacert[INVENTORY_TEXT];
	char patroni_config[INVENTORY_TEXT];
	char ssh[INVENTORY_TEXT];
	struct inventory_member members[INVENTORY_MEMBERS_MAX];
	size_t n;
};

int inventory_parse(struct inventory *inv, const char *path, const char *text, size_t len,
		    char **why);
int inventory_load(struct inventory *inv, const char *path, char **why);
int inventory_find(const struct inventory *inv, const char *name);

#endif
