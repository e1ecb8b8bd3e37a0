// SPDX-License-Identifier: GPL-2.0
/*
 * A drill on somebody's cluster, in the order in which it happens: a schema, clients
 * that write, a freeze, a wait until all is well, what every node has. Whatever comes
 * between, the schema is removed in the end. Nothing is judged here.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "drill-play.h"
#include "drill-settle.h"
#include "inventory-play.h"
#include "inventory-watch.h"
#include "ledger.h"
#include "remote.h"
#include "util.h"

#define READY_S 60
#define BEFORE_S 6
/* After the fault's end, beside ttl: a reset machine has to boot, and to rewind */
#define AFTER_S 150
/* Where nothing makes it follow: so long the old leader may take to be there again */
#define BACK_S 60
/* ssh and sync(2) before the freeze, ssh after it */
#define SSH_S 30
#define MAKE_S 60
#define REMOVE_S 90
#define SETTLE_S 300
#define REPLAY_S 10
#define ASK_S 20
#define CONNECT_NS (2 * NSEC_PER_SEC)
/* A leader that is silent for this part of the freeze stood still */
#define SILENT 0.8
/* Of pug-node freeze */
#define NOT_AS_ASKED 1
#define OF_ALL "target_session_attrs=read-write connect_timeout=2"

const char * const inventory_clients[] = { "multihost", "cling", NULL };

/**
 * inventory_table() - the ledger's
 * @drill: has its schema
 *
 * Return: its name, to be freed.
 */
char *inventory_table(const struct inventory_drill *drill)
{
	return xasprintf("%s.ledger", drill->schema);
}

static bool has_ended(struct watch_play *p, void *data)
{
	(void)p;
	return child_ended(data);
}

static int end_of(struct watch_play *p, struct child *child, double seconds)
{
	if (play_wait(p, seconds, has_ended, child)) {
		kill(-child->pid, SIGKILL);
		kill(child->pid, SIGKILL);
		waitpid(child->pid, NULL, 0);
		return -1;
	}
	return WIFEXITED(child->status) ? WEXITSTATUS(child->status) : -1;
}

/* libpq blocks, and the polls are served by this process: so in another */
static int run_child(struct watch_play *p, int (*fn)(void *data), double seconds)
{
	struct child child = { .pid = child_call(fn, p) };

	return child.pid < 0 ? -1 : end_of(p, &child, seconds);
}

static int warn_why(char *why)
{
	warn_safe("%s", why);
	free(why);
	return -1;
}

static int make_table(void *data)
{
	struct watch_play *p = data;
	const struct inventory_member *member = &p->drill->inv->members[p->drill->facts->leader];
	char *table = inventory_table(p->drill), *why = NULL;
	int ret = schema_make(member, p->drill->schema, &why) ||
		  ledger_init(member->dsn, table, false, &why) ? warn_why(why) : 0;

	free(table);
	return ret;
}

static int remove_it(void *data)
{
	struct watch_play *p = data;
	char *why = NULL;

	return schema_remove(&p->drill->inv->members[p->target], p->drill->schema, &why) ?
	       warn_why(why) : 0;
}

static int start_client(struct watch_play *p, size_t i, const char *table, const char *joined)
{
	struct ledger_client client = LEDGER_CLIENT_DEFAULTS;
	bool cling = !strcmp(inventory_clients[i], "cling");
	char *journal = drill_journal_path(p->drill->dir, inventory_clients[i]), *why = NULL;
	int ret = 0;

	client.name = inventory_clients[i];
	client.dsn = cling ? p->drill->inv->members[p->drill->facts->leader].dsn : joined;
	client.is_private = !cling;
	client.journal = journal;
	client.table = table;
	client.cling = cling;
	client.connect_ns = CONNECT_NS;
	p->clients[i] = ledger_start(&client, &why);
	if (p->clients[i] < 0) {
		p->clients[i] = 0;
		ret = play_fail(p, "the client %s: %s", inventory_clients[i], why);
	}
	free(why);
	free(journal);
	return ret;
}

static int start_clients(struct watch_play *p)
{
	char *folder = path_join(p->drill->dir, DRILL_LEDGER), *why = NULL;
	char *table = inventory_table(p->drill);
	char *joined = inventory_join(p->drill->inv, OF_ALL, &why);
	int ret = 0;

	if (!joined)
		ret = play_fail(p, "%s", why);
	else if (make_dirs(folder))
		ret = play_fail(p, "%s can't be made: %s", folder, strerror(errno));
	for (size_t i = 0; !ret && inventory_clients[i]; i++)
		ret = start_client(p, i, table, joined);
	if (joined)
		explicit_bzero(joined, strlen(joined));
	free(joined);
	free(table);
	free(folder);
	free(why);
	return ret;
}

static bool no_client_runs(struct watch_play *p, void *data)
{
	bool runs = false;

	(void)data;
	for (int i = 0; i < PLAY_CLIENTS; i++)
		runs |= child_runs(&p->clients[i]);
	return !runs;
}

/* Their journals stand whatever ends them */
static void stop_clients(struct watch_play *p, double seconds)
{
	for (int i = 0; i < PLAY_CLIENTS; i++)
		if (p->clients[i] > 0)
			kill(p->clients[i], SIGTERM);
	play_wait(p, seconds, no_client_runs, NULL);
	for (int i = 0; i < PLAY_CLIENTS; i++)
		child_end(&p->clients[i]);
}

static int settle(void *data)
{
	struct watch_play *p = data;
	const struct inventory *inv = p->drill->inv;
	char *table = inventory_table(p->drill);
	/* Where two take writes the new one's rows count */
	const char *leader = p->drill->two_lead ? inv->members[p->drill->leader].name : NULL;
	struct settle_options options = { table, leader, REPLAY_S * NSEC_PER_SEC, SETTLE_QUERY_NS };
	struct settle_source sources[INVENTORY_MEMBERS_MAX];
	size_t n = 0;
	int ret;

	for (size_t i = 0; i < inv->n; i++)
		if (!play_is_out(p, i))
			sources[n++] = (struct settle_source) { inv->members[i].name,
								inv->members[i].dsn };
	ret = settle_to_file(inventory_clients, p->drill->dir, sources, n, &options,
			     DRILL_SETTLED);
	free(table);
	return ret;
}

static bool never(struct watch_play *p, void *data)
{
	(void)p;
	(void)data;
	return false;
}

static int pass(struct watch_play *p, double seconds)
{
	return play_wait(p, seconds, never, NULL) == -ETIMEDOUT ? 0 : -1;
}

/* It freezes from when pug-node says so until it says that it has thawed, or is reset */
static bool has_event(const struct watch_play *p, const char *event)
{
	char *path = path_join(p->drill->dir, INVENTORY_FROZEN), *line = NULL;
	FILE *in = fopen(path, "re");
	bool found = false;
	size_t size = 0;

	while (in && getline(&line, &size, in) > 0) {
		json_t *json = json_loads(line, 0, NULL);
		const char *text = json_string_value(json_object_get(json, "event"));

		found |= text && !strcmp(text, event);
		json_decref(json);
	}
	if (in)
		fclose(in);
	free(line);
	free(path);
	return found;
}

static void last_words(const struct watch_play *p, char *text, size_t size)
{
	char *path = path_join(p->drill->dir, INVENTORY_FROZEN), *line = NULL;
	FILE *in = fopen(path, "re");
	size_t room = 0;

	*text = '\0';
	while (in && getline(&line, &room, in) > 0)
		snprintf(text, size, "%.*s", (int)strcspn(line, "\n"), line);
	if (in)
		fclose(in);
	free(line);
	free(path);
}

/* What pug-node itself refuses has other statuses than a connection that breaks */
static int freeze(struct watch_play *p)
{
	const struct inventory_drill *drill = p->drill;
	const struct inventory_member *member = &drill->inv->members[drill->facts->leader];
	char *ms = xasprintf("%u", drill->wish->freeze_ms), words[300];
	const char * const argv[] = { member->pug_node, "freeze", "--msecs", ms, "--yes-freeze",
				      drill->facts->members[drill->facts->leader].hostname,
				      "--json", NULL };
	struct remote_command command = { member, true, argv };
	struct child child = { 0 };
	int status;

	play_log(p, "fault", "stop-machine for %s ms on %s", ms, member->name);
	p->drill->fault_s = now_s();
	child.pid = remote_start(drill->inv, &command, drill->dir, INVENTORY_FROZEN);
	free(ms);
	if (child.pid < 0)
		return play_fail(p, "fork: %s", strerror(errno));
	status = end_of(p, &child, drill->wish->freeze_ms / 1000.0 + SSH_S);
	if (drill->interrupted)
		return -1;
	play_log(p, "fault-due", "ssh: status %d", status);
	if (status <= 0 || status == 255)
		return 0;
	/* Any but this one says that it was not tried */
	if (status != NOT_AS_ASKED)
		p->drill->fault_s = 0;
	last_words(p, words, sizeof(words));
	return play_fail(p, "%s could not be frozen as asked: %s", member->name, words);
}

/* The same that led when the plan was told, and still does */
static int check_leader(struct watch_play *p)
{
	int leader = play_leader(p);

	if (leader == p->drill->facts->leader)
		return 0;
	if (leader < 0)
		return play_fail(p, "nobody, or more than one, said in the last seconds that it leads: nothing was frozen");
	return play_fail(p, "%s leads, which did not before the plan: nothing was frozen",
			 p->drill->inv->members[leader].name);
}

/* A connection that broke says nothing: where a fence counts, all may look well already */
static int wait_due(struct watch_play *p)
{
	double freeze_s = p->drill->wish->freeze_ms / 1000.0;
	double left = p->drill->fault_s + freeze_s - now_s();

	if (left > 0 && pass(p, left))
		return -1;
	p->drill->frozen = has_event(p, "thawed") || p->silent_s > freeze_s * SILENT;
	return 0;
}

static int act(struct watch_play *p)
{
	struct inventory_drill *drill = p->drill;
	double limit = drill->facts->ttl_s + AFTER_S;

	if (play_wait(p, READY_S, play_is_well, NULL))
		return play_fail(p, "the cluster is not healthy within %d s", READY_S);
	if (check_leader(p))
		return -1;
	play_log(p, "healthy", "one leader, and its standbys");
	drill->schema_made = true;
	if (run_child(p, make_table, MAKE_S))
		return play_fail(p, "the ledger's table could not be made");
	play_log(p, "schema", "%s", drill->schema);
	if (start_clients(p) || pass(p, BEFORE_S) || check_leader(p) || freeze(p) ||
	    wait_due(p))
		return -1;
	drill->well = !play_wait(p, limit, play_is_calm, NULL);
	if (drill->interrupted)
		return -1;
	if (drill->well)
		play_log(p, "well", "one leader, and its standbys on its timeline");
	else
		play_log(p, "not-well", "the cluster is not well %.0f s after the fault", limit);
	/* A thaw, and still more a boot, takes longer than the others need to be calm */
	if (!drill->inv->adapter->rejoins &&
	    play_wait(p, BACK_S, play_old_is_back, NULL) == -EINTR)
		return -1;
	drill->leader = play_leader(p);
	drill->two_lead = play_two_lead(p);
	if (drill->two_lead)
		play_log(p, "two-lead", "%s, too: nothing makes it follow",
			 drill->inv->members[drill->facts->leader].name);
	stop_clients(p, 10);
	drill->end_s = now_s();
	play_log(p, "settle", "clients stopped");
	if (run_child(p, settle, SETTLE_S))
		return play_fail(p, "the nodes' rows could not be read");
	return 0;
}

static void ask_boot_id(struct watch_play *p)
{
	static const char * const words[] = { "cat", "/proc/sys/kernel/random/boot_id", NULL };
	struct inventory_drill *drill = p->drill;
	int leader = drill->facts->leader;
	const struct member_facts *m = &drill->facts->members[leader];
	struct remote_command command = { &drill->inv->members[leader], false, words };
	struct remote_answer answer;

	remote_run(drill->inv, &command, ASK_S, &answer);
	if (!answer.status && *answer.out) {
		char *clean = text_escape(answer.out);

		snprintf(drill->boot_id, sizeof(drill->boot_id), "%s", clean);
		free(clean);
		drill->reset = strcmp(drill->boot_id, m->boot_id) ? ANSWER_YES : ANSWER_NO;
	}
	drill->frozen |= drill->reset == ANSWER_YES;
	play_log(p, "boot-id", "%s", *drill->boot_id ? drill->boot_id : answer.err);
	remote_free(&answer);
}

static bool calm_or_hurried(struct watch_play *p, void *data)
{
	return play_gives_up(p, data) || play_is_calm(p, data);
}

/*
 * While it is frozen another may lead for a moment, and be rewound when the old leader
 * thaws: the schema would be back. So the cluster has to be calm first, if it ever is.
 */
static void wait_thaw(struct watch_play *p)
{
	const struct inventory_drill *drill = p->drill;
	double limit = drill->facts->ttl_s + AFTER_S, due;

	if (!drill->fault_s || drill->end_s)
		return;
	due = drill->fault_s + drill->wish->freeze_ms / 1000.0 - now_s();
	warn_line("%s stays frozen until its time is up: the schema is removed when all is well again, within %.0f s",
		  drill->inv->members[drill->facts->leader].name, limit + (due > 0 ? due : 0));
	if (due > 0)
		play_wait(p, due, play_gives_up, NULL);
	p->calm_s = 0;
	play_wait(p, limit, calm_or_hurried, NULL);
}

static bool try_remove(struct watch_play *p)
{
	int leader = play_leader(p);

	/* One that leads on has it, too */
	p->target = p->drill->facts->leader;
	if (leader < 0 || (play_two_lead(p) && run_child(p, remove_it, REMOVE_S)))
		return false;
	p->target = leader;
	if (run_child(p, remove_it, REMOVE_S))
		return false;
	/* Two polls on: had another taken over meanwhile, it might have it still */
	play_wait(p, 2, never, NULL);
	return play_leader(p) == leader;
}

static void remove_schema(struct watch_play *p)
{
	struct inventory_drill *drill = p->drill;
	double end;

	wait_thaw(p);
	end = now_s() + REMOVE_S;
	do {
		if (try_remove(p)) {
			play_log(p, "removed", "%s", drill->schema);
			return;
		}
		play_wait(p, 1, play_gives_up, NULL);
	} while (now_s() < end && !play_gives_up(p, NULL));
	drill->schema_left = true;
	play_log(p, "not-removed", "%s", drill->schema);
	warn_line("the schema could not be removed. On whoever leads run: psql -c 'DROP SCHEMA %s CASCADE'",
		  drill->schema);
}

/**
 * inventory_play() - play a drill and keep the evidence
 * @drill: complete; filled in with what was seen
 */
void inventory_play(struct inventory_drill *drill)
{
	struct watch_play *p = xcalloc(1, sizeof(*p));

	drill->leader = -1;
	p->drill = drill;
	if (!play_open(p)) {
		act(p);
		p->cleaning = true;
		stop_clients(p, 10);
		if (drill->schema_made)
			remove_schema(p);
		if (drill->fault_s)
			ask_boot_id(p);
		if (*drill->error)
			play_log(p, "error", "%s", drill->error);
		play_log(p, "end", "nothing runs any more");
		play_check(p);
	}
	play_close(p);
	free(p);
}
