// SPDX-License-Identifier: GPL-2.0
/*
 * repmgr.conf: how long a primary may be silent, and whether a standby's repmgrd may
 * promote it. It is not in the database, so it is read over ssh: these lines only, for
 * others may have passwords.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "inventory-adapter.h"
#include "inventory-facts.h"
#include "remote.h"
#include "util.h"

#define SSH_S 20
/* configdata.c and repmgr.h of 5.3.3, where a line is missing */
#define ATTEMPTS 6
#define INTERVAL_S 10
#define MONITOR_S 2

enum { SET_FAILOVER, SET_ATTEMPTS, SET_INTERVAL, SET_MONITOR, SETTINGS };

static const char * const names[SETTINGS] = {
	"failover", "reconnect_attempts", "reconnect_interval", "monitor_interval_secs",
};

#define WANTED \
	"^[[:space:]]*(failover|reconnect_attempts|reconnect_interval|monitor_interval_secs)" \
	"[[:space:]=]"

/* "name = 'value'  # comment", the last one of a name counts (configfile-scan.l) */
static void take_line(char *line, char values[SETTINGS][32])
{
	char *value = line + strcspn(line, " \t=");
	size_t len;

	if (!*value)
		return;
	*value++ = '\0';
	value += strspn(value, " \t=");
	len = *value == '\'' ? strcspn(++value, "'") : strcspn(value, " \t#\r");
	for (size_t i = 0; i < SETTINGS; i++)
		if (!strcmp(line, names[i]))
			snprintf(values[i], sizeof(values[i]), "%.*s", (int)len, value);
}

static unsigned int number(const char *value, unsigned int other)
{
	char *end;
	long n = strtol(value, &end, 10);

	return *value && !*end && n >= 0 && n <= 3600 ? (unsigned int)n : other;
}

/**
 * facts_repmgr() - the lines of a standby's repmgr.conf
 * @facts: the time until another leads is the longest of all standbys'
 * @member: whose
 * @text: those lines
 */
void facts_repmgr(struct inventory_facts *facts, size_t member, const char *text)
{
	char values[SETTINGS][32] = { "" }, *copy = xstrdup(text), *save = NULL;
	unsigned int silent_s, monitor_s;

	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		take_line(line + strspn(line, " \t"), values);
	free(copy);
	/* The default is manual */
	facts->members[member].automatic =
		strcmp(values[SET_FAILOVER], "automatic") ? ANSWER_NO : ANSWER_YES;
	silent_s = number(values[SET_ATTEMPTS], ATTEMPTS) *
		   number(values[SET_INTERVAL], INTERVAL_S);
	monitor_s = number(values[SET_MONITOR], MONITOR_S);
	/* With no attempt it acts at once; 0 would be: not known */
	silent_s = silent_s ? silent_s : 1;
	if (silent_s > facts->ttl_s)
		facts->ttl_s = silent_s;
	if (monitor_s > facts->loop_s)
		facts->loop_s = monitor_s;
}

/* It comes from a database, and becomes an argument of a command */
static bool is_path(const char *text)
{
	if (*text != '/')
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr("/_.-+@", *text))
			return false;
	return true;
}

/**
 * repmgr_settings() - read each standby's repmgr.conf
 * @inv: the cluster
 * @facts: members were asked, and one leads
 */
void repmgr_settings(const struct inventory *inv, struct inventory_facts *facts)
{
	for (size_t i = 0; i < inv->n; i++) {
		struct member_facts *m = &facts->members[i];
		const char * const words[] = { "grep", "-E", WANTED, m->config_file, NULL };
		struct remote_command command = { &inv->members[i], true, words };
		struct remote_answer answer;

		m->automatic = ANSWER_UNKNOWN;
		if ((int)i == facts->leader || !is_path(m->config_file))
			continue;
		remote_run(inv, &command, SSH_S, &answer);
		/* grep says 1 where none of them is there; sudo may, too, and has a reason */
		if (!answer.status || (answer.status == 1 && !*answer.err))
			facts_repmgr(facts, i, answer.out);
		remote_free(&answer);
	}
}
