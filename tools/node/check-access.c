// SPDX-License-Identifier: GPL-2.0
/*
 * May Patroni's user open the watchdog, and still after a reboot?
 *
 * Nothing is opened, nor is open(2) asked by access(2): that would be about the
 * user who runs this.
 */
#define _GNU_SOURCE 1
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "check-access.h"
#include "num.h"
#include "recorded.h"
#include "sysfs.h"

static const char * const rule_dirs[] = {
	"/etc/udev/rules.d", "/run/udev/rules.d", "/usr/local/lib/udev/rules.d",
	"/lib/udev/rules.d", "/usr/lib/udev/rules.d", NULL,
};

/* Units and their drop-ins under the names that packages and roles use. */
static const char * const unit_dirs[] = {
	"/etc/systemd/system/patroni.service.d",
	"/etc/systemd/system/patroni@.service.d",
	"/run/systemd/system/patroni.service.d",
	"/lib/systemd/system/patroni.service.d",
	"/usr/lib/systemd/system/patroni.service.d", NULL,
};

static const char * const unit_files[] = {
	"/etc/systemd/system/patroni.service",
	"/etc/systemd/system/patroni@.service",
	"/lib/systemd/system/patroni.service",
	"/lib/systemd/system/patroni@.service",
	"/usr/lib/systemd/system/patroni.service", NULL,
};

static bool in_groups(const struct identity *who, gid_t gid)
{
	int i;

	for (i = 0; i < who->n_groups; i++) {
		if (who->groups[i] == gid)
			return true;
	}
	return false;
}

/**
 * access_allows() - do mode and owner let the user write?
 * @access: what was found out
 *
 * Return: true if so. Access lists and capabilities are not looked at.
 */
bool access_allows(const struct access *access)
{
	if (!access->user.uid)
		return true;
	if (access->user.uid == access->uid)
		return access->mode & 0200;
	if (in_groups(&access->user, access->gid))
		return access->mode & 0020;
	return access->mode & 0002;
}

static void add_group(struct identity *who, gid_t gid)
{
	if (who->n_groups < GROUPS_MAX && !in_groups(who, gid))
		who->groups[who->n_groups++] = gid;
}

static FILE *open_below(const char *root, const char *path)
{
	char full[SYSFS_PATH_MAX];

	if (snprintf(full, sizeof(full), "%s%s", root, path) >= (int)sizeof(full))
		return NULL;
	return fopen(full, "re");
}

static void read_groups(const char *root, struct identity *who)
{
	FILE *file = open_below(root, "/etc/group");
	struct group *group;
	char **member;

	if (!file)
		return;
	while ((group = fgetgrent(file))) {
		for (member = group->gr_mem; *member; member++) {
			if (!strcmp(*member, who->name))
				add_group(who, group->gr_gid);
		}
	}
	fclose(file);
}

/* The files, not the C library's name service: this program is static. */
static bool find_user(const char *root, const char *name, uid_t uid,
		      struct identity *who)
{
	FILE *file = open_below(root, "/etc/passwd");
	struct passwd *user;

	if (!file)
		return false;
	while ((user = fgetpwent(file))) {
		if (name ? strcmp(user->pw_name, name) : user->pw_uid != uid)
			continue;
		who->known = true;
		who->uid = user->pw_uid;
		snprintf(who->name, sizeof(who->name), "%s", user->pw_name);
		add_group(who, user->pw_gid);
		break;
	}
	fclose(file);
	return who->known;
}

/**
 * identity_of_uid() - a user by number
 * @root: "" on a real machine
 * @uid: the number
 * @who: the user; known also where /etc/passwd does not have it, without groups
 */
void identity_of_uid(const char *root, uid_t uid, struct identity *who)
{
	memset(who, 0, sizeof(*who));
	if (find_user(root, NULL, uid, who)) {
		read_groups(root, who);
		return;
	}
	who->known = true;
	who->uid = uid;
	snprintf(who->name, sizeof(who->name), "%u", (unsigned int)uid);
}

/**
 * identity_find() - a user by name or number
 * @root: "" on a real machine
 * @name: the name; if it is a number, the number
 * @who: the user; @who->known says whether there is one
 */
void identity_find(const char *root, const char *name, struct identity *who)
{
	uint64_t uid;

	memset(who, 0, sizeof(*who));
	if (!num_u64(name, UINT32_MAX - 1, &uid)) {
		identity_of_uid(root, uid, who);
		return;
	}
	if (find_user(root, name, 0, who))
		read_groups(root, who);
	else
		snprintf(who->name, sizeof(who->name), "%s", name);
}

static void keep(struct keeper *keeper, const char *path,
		 const struct line *line)
{
	snprintf(keeper->path, sizeof(keeper->path), "%s", path);
	line_copy(line, keeper->line, sizeof(keeper->line));
}

/**
 * access_parse_rules() - a file of udev rules: who sets the node's owner?
 * @path: its path, for messages
 * @text: its contents; no terminating zero is needed
 * @len: its length
 * @keeper: a struct keeper, which gets the last such rule
 */
void access_parse_rules(const char *path, const char *text, size_t len,
			void *keeper)
{
	const char *cursor = text;
	struct line line;

	while (line_next(&cursor, text + len, &line)) {
		if (!line_has(&line, "watchdog"))
			continue;
		if (line_has(&line, "OWNER") || line_has(&line, "GROUP") ||
		    line_has(&line, "MODE"))
			keep(keeper, path, &line);
	}
}

/**
 * access_parse_unit() - a unit: does it change the node's owner at its start?
 * @path: its path, for messages
 * @text: its contents; no terminating zero is needed
 * @len: its length
 * @keeper: a struct keeper, which gets the last such line
 */
void access_parse_unit(const char *path, const char *text, size_t len,
		       void *keeper)
{
	const char *cursor = text;
	struct line line;

	while (line_next(&cursor, text + len, &line)) {
		if (line_starts(&line, "Exec") &&
		    line_has(&line, "/dev/watchdog") &&
		    (line_has(&line, "chown") || line_has(&line, "chgrp") ||
		     line_has(&line, "chmod") || line_has(&line, "setfacl")))
			keep(keeper, path, &line);
	}
}

/* An access list exists: a program that only looks cannot say whom it lets in */
static bool has_acl(const char *root, const char *device)
{
	return !*root && getxattr(device, "system.posix_acl_access", NULL, 0) > 0;
}

/**
 * access_read() - look at the node and at what sets its owner
 * @root: "" on a real machine
 * @device: the node
 * @access: what was found; @access->user is left as it is
 * @unread: where it is noted what cannot be read
 */
void access_read(const char *root, const char *device, struct access *access,
		 struct unread *unread)
{
	struct stat st;
	int i, rc;

	rc = node_stat(root, device, &st);
	access->error = -rc;
	if (!rc) {
		access->mode = st.st_mode;
		access->uid = st.st_uid;
		access->gid = st.st_gid;
		access->acl = has_acl(root, device);
	}
	conf_dirs(root, rule_dirs, ".rules", unread, access_parse_rules,
		  &access->rule);
	for (i = 0; unit_files[i]; i++)
		conf_file(root, unit_files[i], unread, access_parse_unit,
			  &access->unit);
	conf_dirs(root, unit_dirs, ".conf", unread, access_parse_unit,
		  &access->unit);
}
