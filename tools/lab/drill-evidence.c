// SPDX-License-Identifier: GPL-2.0
/* From the files in a drill's folder to moments. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cluster.h"
#include "drill-play.h"
#include "drill-settle.h"
#include "drill-timeline.h"
#include "journal.h"
#include "util.h"

/* A drill has some thousand moments: more is a flood, or somebody's joke */
#define MOMENTS_MAX 200000
#define LINE_MAX_BYTES (64 << 10)

typedef void (*line_fn)(struct drill_timeline *tl, int node, double t, json_t *line, void *state);

/* The last line may be cut off where the lab was killed: that one only */
static void read_lines(struct drill_timeline *tl, int node, FILE *in, line_fn fn, void *state)
{
	char *text = NULL;
	size_t size = 0, number = 0;
	ssize_t len;

	while ((len = getline(&text, &size, in)) > 0 && tl->n < MOMENTS_MAX) {
		json_t *line = len <= LINE_MAX_BYTES ? json_loadb(text, len, 0, NULL) : NULL;
		double t;

		number++;
		if (line && !json_unpack(line, "{s:F}", "host_s", &t) && t >= 0 && t < 1e12)
			fn(tl, node, t, line, state);
		else if (text[len - 1] == '\n')
			drill_broken(tl, "line %zu of the evidence of %s can't be read", number,
				     drill_node_name(node));
		json_decref(line);
	}
	if (tl->n >= MOMENTS_MAX)
		drill_broken(tl, "there is too much evidence");
	free(text);
}

static const char *text_of(json_t *line)
{
	const char *text = json_string_value(json_object_get(line, "text"));

	return text ? text : "";
}

struct signature {
	const char *text;
	enum moment_kind kind;
};

static enum moment_kind kind_of(const struct signature *rows, size_t n, const char *text,
				enum moment_kind other)
{
	for (size_t i = 0; i < n; i++)
		if (strstr(text, rows[i].text))
			return rows[i].kind;
	return other;
}

static void console_line(struct drill_timeline *tl, int node, double t, json_t *line, void *state)
{
	static const struct signature rows[] = {
		{ "stop-machine: freeze ", MOMENT_FREEZE },
		{ "stop-machine: thaw ", MOMENT_THAW },
		{ "softdog: Initiating system reboot", MOMENT_SOFTDOG },
		{ "sysrq: Resetting", MOMENT_SYSRQ },
	};
	const char *text = text_of(line);

	(void)state;
	drill_add(tl, kind_of(rows, ARRAY_SIZE(rows), text, MOMENT_OTHER), node, t, 0, "%s", text);
}

/**
 * drill_console() - what a guest's kernel said
 * @tl: gets it
 * @node: which
 * @in: NODE.console.jsonl
 */
void drill_console(struct drill_timeline *tl, int node, FILE *in)
{
	read_lines(tl, node, in, console_line, NULL);
}

static void qmp_line(struct drill_timeline *tl, int node, double t, json_t *line, void *state)
{
	static const struct {
		const char *event;
		enum moment_kind kind;
	} rows[] = {
		{ "WATCHDOG", MOMENT_WATCHDOG }, { "RESET", MOMENT_RESET },
		{ "STOP", MOMENT_STOP }, { "RESUME", MOMENT_THAW },
		{ "SHUTDOWN", MOMENT_OFF },
	};
	const char *event = NULL, *detail = "", *status = "";
	json_t *msg = json_object_get(line, "msg");
	int nospace = false, by_qmp;

	(void)state;
	if (json_unpack(msg, "{s:s}", "event", &event))
		return;
	json_unpack(msg, "{s:{s:s}}", "data", "reason", &detail);
	json_unpack(msg, "{s:{s:s}}", "data", "action", &detail);
	json_unpack(msg, "{s:{s:b}}", "data", "nospace", &nospace);
	by_qmp = !strcmp(detail, "host-qmp-system-reset");
	json_unpack(msg, "{s:{s:s}}", "data", "status", &status);
	if (!strcmp(event, "MIGRATION"))
		drill_add(tl, strcmp(status, "completed") ? MOMENT_OTHER : MOMENT_MOVED, node, t, 0,
			  "QMP MIGRATION %s", status);
	if (!strcmp(event, "BLOCK_IO_ERROR"))
		drill_add(tl, nospace ? MOMENT_NO_SPACE : MOMENT_OTHER, node, t, 0,
			  "QMP BLOCK_IO_ERROR %s%s", detail, nospace ? ", no space" : "");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].event, event))
			drill_add(tl, rows[i].kind, node, t, by_qmp, "QMP %s %s", event, detail);
}

/**
 * drill_qmp() - what a QEMU said
 * @tl: gets it
 * @node: which
 * @in: NODE.qmp.jsonl
 */
void drill_qmp(struct drill_timeline *tl, int node, FILE *in)
{
	read_lines(tl, node, in, qmp_line, NULL);
}

static void watch_line(struct drill_timeline *tl, int node, double t, json_t *line, void *state)
{
	const char *event = "", *why = "";

	(void)state;
	json_unpack(line, "{s:{s:s s:s}}", "json", "event", &event, "why", &why);
	drill_add(tl, strcmp(event, "acts") ? MOMENT_OTHER : MOMENT_WATCH, node, t, 0,
		  "pug watch: %s", why);
}

/**
 * drill_watch() - what the pug watch beside a VM told
 * @tl: gets it
 * @node: which
 * @in: NODE.watch.jsonl
 */
void drill_watch(struct drill_timeline *tl, int node, FILE *in)
{
	read_lines(tl, node, in, watch_line, NULL);
}

static void agent_line(struct drill_timeline *tl, int node, double t, json_t *line, void *state)
{
	const char *text = text_of(line);
	enum moment_kind kind = MOMENT_WORD;

	(void)state;
	if (!strcmp(text, "ready"))
		kind = MOMENT_BOOT;
	else if (!strncmp(text, "pug-hang: begun ", 16))
		kind = MOMENT_HUNG;
	else if (!strncmp(text, "end 0 kill -", 12) && strncmp(text, "end 0 kill -CONT", 16))
		kind = MOMENT_SIGNALLED;
	drill_add(tl, kind, node, t, 0, "agent: %s", text);
}

/**
 * drill_agent() - what a guest's agent said
 * @tl: gets it
 * @node: which
 * @in: NODE.agent.jsonl
 */
void drill_agent(struct drill_timeline *tl, int node, FILE *in)
{
	read_lines(tl, node, in, agent_line, NULL);
}

static void log_line(struct drill_timeline *tl, int node, double t, json_t *line, void *state)
{
	/* Patroni 3.0 and 4.1 say these alike; PostgreSQL 15 */
	static const struct signature rows[] = {
		{ "pug-fence: ", MOMENT_DECISION },
		{ "pug-sbd: ", MOMENT_DECISION },
		{ "pre_promote script ", MOMENT_DECISION },
		{ "LOG:  received promote request", MOMENT_PG_PROMOTED },
		{ "LOG:  shutting down", MOMENT_PG_DOWN },
		{ "LOG:  database system is shut down", MOMENT_PG_DOWN },
		{ "LOG:  entering standby mode", MOMENT_PG_STANDBY },
		{ "LOG:  database system is ready to accept connections", MOMENT_PG_PRIMARY },
		{ "promoted self to leader", MOMENT_PROMOTED },
		{ "Demoting self", MOMENT_DEMOTED },
		{ "demoting self because", MOMENT_DEMOTED },
		{ "demoted self because", MOMENT_DEMOTED },
		{ "running pg_rewind from ", MOMENT_REWIND },
		{ "starting as readonly because i had the session lock", MOMENT_RESTARTED },
		/* systemd, of a unit with WatchdogSec */
		{ ": Watchdog timeout (limit ", MOMENT_SILENT },
	};
	const char *text = text_of(line);

	(void)state;
	drill_add(tl, kind_of(rows, ARRAY_SIZE(rows), text, MOMENT_WORD), node, t,
		  !strncmp(text, "pug-pgwatch@", 12), "%s", text);
}

/**
 * drill_log() - Patroni's and PostgreSQL's logs, etcd's
 * @tl: gets it
 * @node: which
 * @in: NODE.log.jsonl
 */
void drill_log(struct drill_timeline *tl, int node, FILE *in)
{
	read_lines(tl, node, in, log_line, NULL);
}

struct rest_state {
	const char *asked;
	char last[128];
};

static void rest_line(struct drill_timeline *tl, int node, double t, json_t *line, void *state)
{
	json_t *answer = json_object_get(line, "json"), *body = json_object_get(answer, "body");
	const char *role = "", *pg = "", *error = NULL;
	struct rest_state *s = state;
	json_int_t timeline = 0;
	char now[128];
	bool primary;

	json_unpack(body, "{s:s}", "role", &role);
	json_unpack(body, "{s:s}", "state", &pg);
	json_unpack(body, "{s:I}", "timeline", &timeline);
	primary = !strcmp(pg, "running") && (!strcmp(role, "master") || !strcmp(role, "primary"));
	if (!json_unpack(answer, "{s:s}", "error", &error))
		snprintf(now, sizeof(now), "no answer");
	else
		snprintf(now, sizeof(now), "%.20s, %.60s, timeline %lld", role, pg,
			 (long long)timeline);
	if (!strcmp(now, s->last))
		return;
	snprintf(s->last, sizeof(s->last), "%s", now);
	/* Zero is no timeline: of those that do not lead */
	drill_add(tl, MOMENT_ROLE, node, t, primary && timeline > 0 && timeline < 1000000 ?
		  (long)timeline : 0, "%s: %s", s->asked, now);
}

/**
 * drill_rest() - what Patroni answered, where it changed
 * @tl: gets it
 * @node: which
 * @in: NODE.rest.jsonl
 */
void drill_rest(struct drill_timeline *tl, int node, FILE *in)
{
	struct rest_state state = { "REST", "" };

	read_lines(tl, node, in, rest_line, &state);
}

/**
 * drill_sql() - what PostgreSQL answered, where it changed
 * @tl: gets it
 * @node: which
 * @in: NODE.sql.jsonl
 */
void drill_sql(struct drill_timeline *tl, int node, FILE *in)
{
	struct rest_state state = { "SQL", "" };

	read_lines(tl, node, in, rest_line, &state);
}

struct view_state {
	char last[256];
};

/* Lags and addresses change all the time: who is what does not */
static void view_line(struct drill_timeline *tl, int node, double t, json_t *line, void *state)
{
	json_t *answer = json_object_get(line, "json"), *member;
	json_t *members = json_object_get(json_object_get(answer, "body"), "members");
	struct view_state *s = state;
	char now[sizeof(s->last)] = "";
	size_t i, len = 0;

	json_array_foreach(members, i, member) {
		const char *name = "?", *role = "?", *pg = "?";

		json_unpack(member, "{s:s s:s s:s}", "name", &name, "role", &role, "state", &pg);
		len += snprintf(now + len, sizeof(now) - len, "%s%.20s %.20s %.20s",
				i ? ", " : "", name, role, pg);
		if (len >= sizeof(now))
			break;
	}
	if (!*now)
		snprintf(now, sizeof(now), "no answer");
	if (!strcmp(now, s->last))
		return;
	snprintf(s->last, sizeof(s->last), "%s", now);
	drill_add(tl, MOMENT_OTHER, node, t, 0, "/cluster: %s", now);
}

/**
 * drill_view() - what Patroni thinks of the whole cluster, where it changed
 * @tl: gets it
 * @node: which asked
 * @in: NODE.cluster.jsonl
 */
void drill_view(struct drill_timeline *tl, int node, FILE *in)
{
	struct view_state state = { "" };

	read_lines(tl, node, in, view_line, &state);
}

/* etcd's JSON has values in base64: of three names they are known */
static long node_of_key(const char *value)
{
	static const char * const values[] = { "YWx0MDE=", "YWx0MDI=", "YWx0MDM=" };

	for (size_t i = 0; value && i < ARRAY_SIZE(values); i++)
		if (!strcmp(values[i], value))
			return (long)i;
	return -1;
}

static void key_line(struct drill_timeline *tl, int node, double t, json_t *line, void *state)
{
	json_t *body = json_object_get(json_object_get(line, "json"), "body"), *kv;
	long *last = state, now;

	/* What etcd's gateway says where etcd does not answer is no key that is gone */
	if (!json_is_object(body) || json_object_get(body, "error"))
		return;
	kv = json_array_get(json_object_get(body, "kvs"), 0);
	now = node_of_key(json_string_value(json_object_get(kv, "value")));
	if (now == *last)
		return;
	*last = now;
	drill_add(tl, MOMENT_KEY, node, t, now, "the leader key %s%s",
		  now < 0 ? "has expired" : "names ", now < 0 ? "" : drill_node_name((int)now));
}

/**
 * drill_key() - whom the leader key named, where it changed
 * @tl: gets it
 * @node: where etcd runs
 * @in: dcs.key.jsonl
 */
void drill_key(struct drill_timeline *tl, int node, FILE *in)
{
	long state = -2;

	read_lines(tl, node, in, key_line, &state);
}

static void lab_line(struct drill_timeline *tl, int node, double t, json_t *line, void *state)
{
	static const struct {
		const char *event;
		enum moment_kind kind;
	} rows[] = {
		{ "healthy", MOMENT_HEALTHY }, { "fault", MOMENT_FAULT },
		{ "not-well", MOMENT_NOT_WELL }, { "error", MOMENT_ERROR },
		{ "settle", MOMENT_END },
	};
	enum moment_kind kind = MOMENT_OTHER;
	const char *event = "";

	(void)state;
	json_unpack(line, "{s:s}", "event", &event);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].event, event))
			kind = rows[i].kind;
	drill_add(tl, kind, node, t, 0, "%s: %s", event, text_of(line));
}

/**
 * drill_lab() - what the lab did
 * @tl: gets it
 * @node: MOMENT_LAB
 * @in: lab.jsonl
 */
void drill_lab(struct drill_timeline *tl, int node, FILE *in)
{
	read_lines(tl, node, in, lab_line, NULL);
}

/* "stop 101 alt01": it was asked for; "gone 101 alt01": its process has ended */
static void hypervisor_line(struct drill_timeline *tl, int node, double t, json_t *line,
			    void *state)
{
	const char *text = text_of(line), *name = strrchr(text, ' ');
	enum moment_kind kind = !strncmp(text, "stop ", 5) ? MOMENT_KILL :
				!strncmp(text, "gone ", 5) ? MOMENT_OFF : MOMENT_OTHER;

	(void)state;
	for (int i = 0; name && i < DRILL_DATABASES; i++)
		if (!strcmp(name + 1, drill_node_name(i)))
			node = i;
	drill_add(tl, kind, node, t, 0, "hypervisor: %s", text);
}

/**
 * drill_hypervisor() - what its API was asked for
 * @tl: gets it
 * @node: MOMENT_LAB
 * @in: hypervisor.jsonl
 */
void drill_hypervisor(struct drill_timeline *tl, int node, FILE *in)
{
	read_lines(tl, node, in, hypervisor_line, NULL);
}

/* As PostgreSQL names itself, in the cluster's network or in the lab's */
static int node_of_server(const char *server)
{
	static const char * const addresses[][2] = {
		{ "192.168.21.113:", "10.0.21.15:" }, { "192.168.21.114:", "10.0.22.15:" },
		{ "192.168.21.115:", "10.0.23.15:" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++)
		for (size_t k = 0; k < 2; k++)
			if (!strncmp(server, addresses[i][k], strlen(addresses[i][k])))
				return (int)i;
	return MOMENT_LAB;
}

/**
 * drill_journal() - what a client was acknowledged
 * @tl: gets it
 * @path: of its journal
 * @name: of the client
 * @node_of: tells a node by what its server calls itself
 */
void drill_journal(struct drill_timeline *tl, const char *path, const char *name,
		   int (*node_of)(const char *server))
{
	struct journal j;
	char *why = NULL;

	if (journal_read(&j, path, &why)) {
		drill_broken(tl, "%s", why);
		free(why);
		return;
	}
	if (j.damaged)
		drill_broken(tl, "the journal of %s is damaged: %s", name, j.damage);
	else if (!j.stopped)
		drill_broken(tl,
			     "the client %s ended before the drill: what came then is not known",
			     name);
	for (size_t i = 0; i < j.n && tl->n < MOMENTS_MAX; i++) {
		const struct journal_key *key = &j.keys[i];
		const struct journal_server *server = &j.servers[key->server];

		if (key->outcome != OUTCOME_ACKED)
			continue;
		drill_add(tl, strcmp(name, "fresh") ? MOMENT_ACK : MOMENT_LOGIN,
			  node_of(server->server), (double)key->t_ns / NSEC_PER_SEC,
			  server->timeline, "row %llu of %s acknowledged",
			  (unsigned long long)key->id, name);
		if (key->tries == 1 && key->t_ns > key->try_ns)
			tl->moments[tl->n - 1].took_ms = (double)(key->t_ns - key->try_ns) /
							 NSEC_PER_MSEC;
	}
	journal_free(&j);
}

static void read_journal(struct drill_timeline *tl, const char *dir, const char *name)
{
	char *path = drill_journal_path(dir, name);

	drill_journal(tl, path, name, node_of_server);
	free(path);
}

static void read_file(struct drill_timeline *tl, const char *dir, int node, const char *name,
		      void (*fn)(struct drill_timeline *tl, int node, FILE *in))
{
	char *path = path_join(dir, name);
	FILE *in = fopen(path, "re");

	if (in) {
		fn(tl, node, in);
		fclose(in);
	} else {
		drill_broken(tl, "%s can't be read: %s", name, strerror(errno));
	}
	free(path);
}

/* Where there was a hypervisor to ask */
static void read_hypervisor(struct drill_timeline *tl, const char *dir)
{
	char *path = path_join(dir, HYPERVISOR_LOG);

	tl->has_hypervisor = !access(path, F_OK);
	free(path);
	if (tl->has_hypervisor)
		read_file(tl, dir, MOMENT_LAB, HYPERVISOR_LOG, drill_hypervisor);
}

static void read_node(struct drill_timeline *tl, const char *dir, int node,
		      const struct drill *drill)
{
	static const struct {
		const char *name;
		void (*fn)(struct drill_timeline *tl, int node, FILE *in);
	} rows[] = {
		{ "console", drill_console }, { "qmp", drill_qmp }, { "agent", drill_agent },
		{ "log", drill_log },
	};
	char *name;
	FILE *in;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		name = xasprintf("%s.%s.jsonl", drill_node_name(node), rows[i].name);
		read_file(tl, dir, node, name, rows[i].fn);
		free(name);
	}
	if (node == DRILL_DATABASES || drill->alone)
		return;
	name = xasprintf("%s.watch.jsonl", drill_node_name(node));
	if (drill->outside_s)
		read_file(tl, dir, node, name, drill_watch);
	free(name);
	if (drill->manager == DRILL_REPMGR) {
		name = xasprintf("%s.sql.jsonl", drill_node_name(node));
		read_file(tl, dir, node, name, drill_sql);
		free(name);
		return;
	}
	name = xasprintf("%s.rest.jsonl", drill_node_name(node));
	read_file(tl, dir, node, name, drill_rest);
	free(name);
	/* It decides nothing, and older drills have none */
	name = xasprintf("%s/%s.cluster.jsonl", dir, drill_node_name(node));
	in = fopen(name, "re");
	if (in) {
		drill_view(tl, node, in);
		fclose(in);
	}
	free(name);
}

/**
 * drill_evidence() - all that a drill's folder has
 * @tl: empty; in order afterwards
 * @drill: as asked
 * @dir: the folder
 */
void drill_evidence(struct drill_timeline *tl, const struct drill *drill, const char *dir)
{
	const char * const *clients = drill_clients(drill);
	int nodes = drill_nodes(drill);
	char *path = path_join(dir, DRILL_SETTLED);

	read_file(tl, dir, MOMENT_LAB, DRILL_LAB, drill_lab);
	for (int i = 0; i < nodes; i++)
		read_node(tl, dir, i, drill);
	if (nodes > DRILL_DATABASES)
		read_file(tl, dir, DRILL_DATABASES, DRILL_KEY, drill_key);
	read_hypervisor(tl, dir);
	for (size_t i = 0; clients[i]; i++)
		read_journal(tl, dir, clients[i]);
	tl->settled = json_load_file(path, 0, NULL);
	free(path);
	path = path_join(dir, DRILL_SALVAGED);
	tl->salvaged = json_load_file(path, 0, NULL);
	free(path);
	drill_sort(tl);
}
