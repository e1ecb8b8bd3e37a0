// SPDX-License-Identifier: GPL-2.0
/*
 * What outlives a decision, as small files of key=value in state_dir. Each is
 * written beside its place and renamed, so that whatever kills us leaves the old
 * one or the new one. Times are of CLOCK_BOOTTIME and hold for one boot: a clock
 * that is set makes no confirmation valid again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "io.h"
#include "kv.h"
#include "num.h"
#include "state.h"

#define FILE_MAX	2048
#define LOG_MAX		(1 << 20)

static void path_of(const struct config *config, const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", config->state_dir, name);
}

/**
 * state_check() - can state be kept?
 * @config: says where
 * @why: why not
 *
 * Return: 0, or -1.
 */
int state_check(const struct config *config, struct trouble *why)
{
	struct stat st;

	if (stat(config->state_dir, &st))
		return trouble_set(why, "%s: %s: create it for the user that Patroni runs as, mode 700",
				   config->state_dir, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return trouble_set(why, "%s: this is no folder", config->state_dir);
	if (st.st_mode & 022 || (st.st_uid && st.st_uid != geteuid() && geteuid()))
		return trouble_set(why, "%s: it must belong to this user, and others must not write there: chmod 700",
				   config->state_dir);
	return 0;
}

/* A file written by root must be readable for who owns the folder */
static void give_to_owner(const struct config *config, int fd)
{
	struct stat st;

	if (!geteuid() && !stat(config->state_dir, &st) && st.st_uid)
		if (fchown(fd, st.st_uid, st.st_gid))
			return;
}

/**
 * state_lock() - one decision at a time
 * @config: says where
 * @why: why not
 *
 * The lock ends with the process.
 *
 * Return: 0, or -1.
 */
int state_lock(const struct config *config, struct trouble *why)
{
	static int fd = -1;
	char path[400];

	if (state_check(config, why))
		return -1;
	path_of(config, "lock", path, sizeof(path));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return trouble_set(why, "%s: %s", path, strerror(errno));
	give_to_owner(config, fd);
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		return trouble_set(why, "another pug-fence pre-promote is at it (it holds %s)",
				   path);
	}
	return 0;
}

static int put(const struct config *config, const char *name, const char *text,
	       struct trouble *why)
{
	char path[400], beside[420];
	size_t len = strlen(text);
	bool good;
	int fd;

	if (state_check(config, why))
		return -1;
	path_of(config, name, path, sizeof(path));
	snprintf(beside, sizeof(beside), "%s.%d", path, (int)getpid());
	/* One that was left by a process of our number that was killed, or put there */
	unlink(beside);
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return trouble_set(why, "%s: %s", beside, strerror(errno));
	give_to_owner(config, fd);
	good = write(fd, text, len) == (ssize_t)len && !fsync(fd);
	if (close(fd) || !good || rename(beside, path)) {
		trouble_set(why, "%s: %s", path, strerror(errno));
		unlink(beside);
		return -1;
	}
	return 0;
}

static ssize_t get(const struct config *config, const char *name, char *text)
{
	char path[400];
	struct stat st;

	path_of(config, name, path, sizeof(path));
	if (lstat(path, &st) || !S_ISREG(st.st_mode) || st.st_mode & 022 ||
	    (st.st_uid && st.st_uid != geteuid() && geteuid()))
		return -1;
	return io_read_file(path, text, FILE_MAX);
}

static bool field(const char *text, size_t len, const char *key, char *out, size_t size)
{
	struct kv pair;

	if (!kv_find(text, len, key, &pair) || pair.value_len >= size || !pair.value_len)
		return false;
	memcpy(out, pair.value, pair.value_len);
	out[pair.value_len] = '\0';
	return true;
}

static bool number(const char *text, size_t len, const char *key, uint64_t *value)
{
	char word[32];

	return field(text, len, key, word, sizeof(word)) && !num_u64(word, UINT64_MAX, value);
}

static const char *boot_id(void)
{
	static char id[64];

	if (!*id && io_read_file("/proc/sys/kernel/random/boot_id", id, sizeof(id)) < 0)
		strcpy(id, "unknown");
	id[strcspn(id, "\n")] = '\0';
	return id;
}

static bool is_this_boot(const char *text, size_t len)
{
	char id[64];

	return field(text, len, "boot", id, sizeof(id)) && !strcmp(id, boot_id()) &&
	       strcmp(id, "unknown");
}

/**
 * state_put_leader() - record who leads
 * @config: says where
 * @leader: who
 * @why: why it could not be recorded
 *
 * Return: 0, or -1.
 */
int state_put_leader(const struct config *config, const struct leader *leader,
		     struct trouble *why)
{
	char text[FILE_MAX];

	snprintf(text, sizeof(text), "scope=%s\nname=%s\ntimeline=%llu\n", config->scope,
		 leader->name, (unsigned long long)leader->timeline);
	return put(config, "leader", text, why);
}

/**
 * state_drop_leader() - it is not known who leads
 * @config: says where
 */
void state_drop_leader(const struct config *config)
{
	char path[400];

	path_of(config, "leader", path, sizeof(path));
	unlink(path);
}

/**
 * state_get_leader() - who led last
 * @config: scope and members
 * @leader: who
 *
 * Return: 0, or -1 if there is no record that is about this cluster.
 */
int state_get_leader(const struct config *config, struct leader *leader)
{
	char text[FILE_MAX], scope[128];
	ssize_t len = get(config, "leader", text);

	if (len < 0 || !field(text, len, "scope", scope, sizeof(scope)) ||
	    strcmp(scope, config->scope) ||
	    !field(text, len, "name", leader->name, sizeof(leader->name)) ||
	    !number(text, len, "timeline", &leader->timeline))
		return -1;
	return config_member(config, leader->name) < 0 ? -1 : 0;
}

/**
 * state_get_incident() - the one that is open
 * @config: says where
 * @incident: it
 *
 * Return: 0, or -1 if there is none.
 */
int state_get_incident(const struct config *config, struct incident *incident)
{
	char text[FILE_MAX];
	ssize_t len = get(config, "incident", text);

	if (len < 0 || !is_this_boot(text, len) ||
	    !field(text, len, "id", incident->id, sizeof(incident->id)) ||
	    !field(text, len, "members", incident->members, sizeof(incident->members)) ||
	    !number(text, len, "timeline", &incident->timeline) ||
	    !number(text, len, "last", &incident->last_ms))
		return -1;
	return incident->last_ms > now_ms() || now_ms() - incident->last_ms > INCIDENT_MS ? -1 : 0;
}

static int new_id(char *id)
{
	uint64_t random;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return -1;
	snprintf(id, 17, "%016llx", (unsigned long long)random);
	return 0;
}

/**
 * state_open_incident() - a decision was refused
 * @config: says where
 * @members: of whom there was no proof
 * @timeline: of our own PostgreSQL, 0 if unknown
 * @incident: the one that goes on, or a new one
 * @why: why it could not be kept
 *
 * Return: 0, or -1: then nothing can be confirmed.
 */
int state_open_incident(const struct config *config, const char *members, uint64_t timeline,
			struct incident *incident, struct trouble *why)
{
	char text[FILE_MAX];

	if ((state_get_incident(config, incident) || incident->timeline != timeline) &&
	    new_id(incident->id))
		return trouble_set(why, "no random numbers");
	snprintf(incident->members, sizeof(incident->members), "%s", members);
	incident->timeline = timeline;
	incident->last_ms = now_ms();
	snprintf(text, sizeof(text), "id=%s\nboot=%s\nlast=%llu\ntimeline=%llu\nmembers=%s\n",
		 incident->id, boot_id(), (unsigned long long)incident->last_ms,
		 (unsigned long long)timeline, members);
	return put(config, "incident", text, why);
}

/**
 * state_close_incident() - it ended with a promotion, or somebody's role has changed
 * @config: says where, and who the members are
 *
 * What was confirmed for it ends with it, also for a decision that has read it
 * already and is still at it: that one cannot use it up.
 */
void state_close_incident(const struct config *config)
{
	char path[400];

	path_of(config, "incident", path, sizeof(path));
	unlink(path);
	for (unsigned int i = 0; i < config->n_members; i++)
		state_use_confirmation(config, config->members[i].name);
}

/**
 * state_confirm() - an operator has made sure that a member is off
 * @config: how long that is good for
 * @incident: it is good for
 * @member: who is off
 * @by: who says so
 * @why: why it could not be kept
 *
 * Return: 0, or -1.
 */
int state_confirm(const struct config *config, const struct incident *incident,
		  const char *member, const char *by, struct trouble *why)
{
	char text[FILE_MAX], name[80];

	snprintf(name, sizeof(name), "confirm.%s", member);
	snprintf(text, sizeof(text), "incident=%s\nmember=%s\nby=%s\nboot=%s\nuntil=%llu\n",
		 incident->id, member, by, boot_id(),
		 (unsigned long long)(now_ms() + config->confirm_ms));
	return put(config, name, text, why);
}

/**
 * state_is_confirmed() - has an operator confirmed, for this incident?
 * @config: says where
 * @member: who would be off
 * @by: who says so
 * @size: room in @by
 * @timeline: of our own PostgreSQL when the incident was opened, 0 if unknown then:
 *	it must be the same still. NULL: not wanted
 *
 * Return: true if so, and if it has not expired.
 */
bool state_is_confirmed(const struct config *config, const char *member, char *by, size_t size,
			uint64_t *timeline)
{
	char text[FILE_MAX], file[80], name[64], id[17];
	struct incident incident;
	uint64_t until;
	ssize_t len;

	snprintf(file, sizeof(file), "confirm.%s", member);
	len = get(config, file, text);
	if (len < 0 || state_get_incident(config, &incident))
		return false;
	if (timeline)
		*timeline = incident.timeline;
	return is_this_boot(text, len) && field(text, len, "incident", id, sizeof(id)) &&
	       !strcmp(id, incident.id) && field(text, len, "member", name, sizeof(name)) &&
	       !strcmp(name, member) && field(text, len, "by", by, size) &&
	       number(text, len, "until", &until) && now_ms() < until &&
	       until - now_ms() <= config->confirm_ms;
}

/**
 * state_use_confirmation() - it is good for one decision
 * @config: says where
 * @member: who was confirmed to be off
 *
 * Return: 0, or -1 if it cannot be taken away: then it must not be used.
 */
int state_use_confirmation(const struct config *config, const char *member)
{
	char path[400], name[80];

	snprintf(name, sizeof(name), "confirm.%s", member);
	path_of(config, name, path, sizeof(path));
	return unlink(path);
}

/**
 * state_log() - add a line to the log
 * @config: says where
 * @line: without a newline
 *
 * A log that cannot be written does not change a decision: it stands on
 * standard error as well. Beyond 1 MiB it begins anew and keeps the one before.
 */
void state_log(const struct config *config, const char *line)
{
	char path[400], old[420], text[2400], stamp[40];
	struct trouble why = { "" };
	time_t now = time(NULL);
	struct stat st;
	int fd, len;

	if (state_check(config, &why))
		return;
	path_of(config, "log", path, sizeof(path));
	snprintf(old, sizeof(old), "%s.1", path);
	if (!lstat(path, &st) && st.st_size > LOG_MAX)
		rename(path, old);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	give_to_owner(config, fd);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	len = snprintf(text, sizeof(text) - 1, "%s %s", stamp, line);
	if (len > (int)sizeof(text) - 2)
		len = sizeof(text) - 2;
	text[len++] = '\n';
	io_write_all(fd, text, len);
	close(fd);
}
