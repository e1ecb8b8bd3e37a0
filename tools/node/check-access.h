/* SPDX-License-Identifier: GPL-2.0 */
/* May Patroni's user open the watchdog, and still after a reboot? */
#ifndef PUG_CHECK_ACCESS_H
#define PUG_CHECK_ACCESS_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "check-conf.h"

#define GROUPS_MAX 64

/**
 * struct identity - a user and the groups it is in
 * @known: it was found
 * @uid: its number
 * @groups: its groups, the primary one first
 * @n_groups: how many
 * @name: its name or number
 */
struct identity {
	bool known;
	uid_t uid;
	gid_t groups[GROUPS_MAX];
	int n_groups;
	char name[40];
};

/* Something that sets who may open the node, at each boot. */
struct keeper {
	char path[128];		/* "" if none was found */
	char line[160];
};

/**
 * struct access - what was found out about the node
 * @error: why the node cannot be looked at, a positive error number; or 0
 * @mode: its mode
 * @uid: its owner
 * @gid: its group
 * @acl: it has an access list, which is not looked into
 * @user: whose access is asked for
 * @rule: a udev rule about it
 * @unit: a line of a Patroni unit about it
 */
struct access {
	int error;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	bool acl;
	struct identity user;
	struct keeper rule;
	struct keeper unit;
};

bool access_allows(const struct access *access);
void access_parse_rules(const char *path, const char *text, size_t len,
			void *keeper);
void access_parse_unit(const char *path, const char *text, size_t len,
		       void *keeper);
void identity_find(const char *root, const char *name, struct identity *who);
void identity_of_uid(const char *root, uid_t uid, struct identity *who);
void access_read(const char *root, const char *device, struct access *access,
		 struct unread *unread);

#endif /* PUG_CHECK_ACCESS_H */
