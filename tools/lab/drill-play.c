// SPDX-License-Identifier: GPL-2.0
/*
 * A drill, in the order in which it happens: fork the cluster, let clients write,
 * freeze the leader, wait until all is well again, ask every node what it has.
 * Nothing is judged here: all that is seen goes to the drill's folder.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "cluster.h"
#include "drill-fault.h"
#include "drill-live.h"
#include "drill-outside.h"
#include "drill-play.h"
#include "drill-salvage.h"
#include "drill-seen.h"
#include "drill-settle.h"
#include "keep.h"
#include "ledger.h"
#include "poller.h"
#include "sqlask.h"
#include "util.h"
#include "vm.h"

/*
 * Limits, not lengths: on a quiet machine the first polls are in after 2 s, and all
 * is well some 40 s after the fault. At a load of 20 an old leader was rewinding still
 * after 80 s.
 */
#define READY_S 120
#define CHECK_S 120
#define BEFORE_S 6
/* After the fault's end, beside ttl */
#define AFTER_S 150
/* So long the cluster must stay well before its rows are counted */
#define CALM_S 5
#define SETTLE_S 120
#define TABLE_TRIES 4
#define CONNECT_S 2
#define CLIENTS_MAX 4
/* One that connects for each row does so twice a second */
#define FRESH_NS (NSEC_PER_SEC / 2)
#define POLL_MS 400
/* Patroni asks etcd for each of these */
#define VIEW_MS 2000
#define POLLS (NODES + DATABASES)
/* Beside repmgr: how long the old leader is watched once it is back, for nobody stops it */
#define WATCH_S 20
#define REJOIN_S 120
/* The talk's pause between two rows, each with a connection of its own */
#define TALK_NS (NSEC_PER_SEC / 5)

/**
 * struct play - a drill under way
 * @cluster: its VMs
 * @drill: as asked
 * @dir: its folder
 * @lab: lab.jsonl
 * @polls: of the nodes' Patronis, of the leader key, and of what each Patroni
 *	thinks of the cluster
 * @n_polls: how many
 * @seen: what these say
 * @clients: the ledger's, 0 while they do not run
 * @calm_s: since when all is well, 0 it is not
 * @live: for who looks on
 */
struct play {
	struct cluster cluster;
	const struct drill *drill;
	const char *dir;
	FILE *lab;
	struct poller *polls;
	int n_polls;
	struct seen seen[DATABASES];
	pid_t clients[CLIENTS_MAX];
	double calm_s;
	struct drill_live live;
};

static void __printf(3, 4)
lab_log(struct play *p, const char *event, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	keep_event(p->lab, event, text);
	free(text);
}

/* What is asked: of node @i its Patroni, or etcd; then once more what it sees */
static int start_poll(struct play *p, int i)
{
	/* The leader's key, in etcd's JSON: /service/alt-cluster/leader */
	static const char question[] = "{\"key\":\"L3NlcnZpY2UvYWx0LWNsdXN0ZXIvbGVhZGVy\"}";
	struct node *node = &p->cluster.nodes[i % NODES];
	bool view = i >= NODES, dcs = i == NODE_DCS;
	char *url = xasprintf("http://127.0.0.1:%u/%s", node->rest_port,
			      dcs ? "v3/kv/range" : view ? "cluster" : "patroni");
	char *path = dcs ? path_join(p->dir, DRILL_KEY) :
		     xasprintf("%s/%s.%s.jsonl", p->dir, node->name, view ? "cluster" : "rest");
	int ret;

	if (!dcs && !view) {
		p->polls[i].lines.on_line = seen_answer;
		p->polls[i].lines.data = &p->seen[i];
	}
	ret = poller_start(&p->polls[i], p->cluster.loop, url, dcs ? question : NULL,
			   view ? VIEW_MS : POLL_MS, path);
	free(url);
	free(path);
	return ret;
}

/* Without Patroni PostgreSQL itself says what it is */
static int start_sql_poll(struct play *p, int i)
{
	char *dsn = drill_dsn(&p->cluster, i, 1);
	char *path = xasprintf("%s/%s.sql.jsonl", p->dir, p->cluster.nodes[i].name);
	struct sql_question question = { dsn, SERVER_SQL, NSEC_PER_SEC };
	int ret;

	p->polls[i].lines.on_line = seen_answer;
	p->polls[i].lines.data = &p->seen[i];
	ret = poller_start_sql(&p->polls[i], p->cluster.loop, &question, POLL_MS, path);
	free(path);
	free(dsn);
	return ret;
}

static int start_polls(struct play *p)
{
	bool repmgr = p->drill->manager == DRILL_REPMGR;
	int ret = 0;

	/* Nobody answers where there is no Patroni */
	if (p->drill->alone)
		return 0;
	p->polls = xcalloc(POLLS, sizeof(*p->polls));
	p->n_polls = repmgr ? DATABASES : POLLS;
	for (int i = 0; i < p->n_polls && ret >= 0; i++)
		ret = repmgr ? start_sql_poll(p, i) : start_poll(p, i);
	return ret < 0 ? cluster_fail(&p->cluster, "the polls can't be started: %s",
				      strerror(-ret)) : 0;
}

static bool is_off(const struct play *p, int node)
{
	return p->cluster.nodes[node].fenced && !p->cluster.nodes[node].pid;
}

static void see_off(struct play *p)
{
	for (int i = 0; i < DATABASES; i++)
		p->seen[i].off = is_off(p, i);
}

static bool is_well(struct cluster *c, void *data)
{
	struct play *p = data;

	(void)c;
	see_off(p);
	return seen_well(p->seen, NODE_FIRST, DATABASES);
}

static bool is_calm(struct cluster *c, void *data)
{
	struct play *p = data;

	(void)c;
	see_off(p);
	if (!seen_calm(p->seen, p->drill))
		p->calm_s = 0;
	else if (!p->calm_s)
		p->calm_s = now_s();
	return p->calm_s && now_s() - p->calm_s > CALM_S;
}

static bool has_ended(struct cluster *c, void *data)
{
	(void)c;
	return child_ended(data);
}

/* libpq blocks, and the network is served by this process: so in another */
static int run_child(struct play *p, int (*fn)(void *data), double seconds, const char *what)
{
	struct child child = { .pid = child_call(fn, p) };

	if (child.pid < 0)
		return cluster_fail(&p->cluster, "fork: %s", strerror(errno));
	if (cluster_wait(&p->cluster, seconds, has_ended, &child)) {
		kill(child.pid, SIGKILL);
		waitpid(child.pid, NULL, 0);
		return cluster_fail(&p->cluster, "%s within %.0f s", what, seconds);
	}
	if (WIFEXITED(child.status) && !WEXITSTATUS(child.status))
		return 0;
	return cluster_fail(&p->cluster, "%s", what);
}

/* A guest that has just been forked reads all that it needs: on a busy host for seconds */
static int make_table(void *data)
{
	struct play *p = data;
	char *dsn = drill_dsn(&p->cluster, NODE_FIRST, CONNECT_S), *why = NULL;
	int ret = -1;

	for (int i = 0; i < TABLE_TRIES && ret; i++) {
		free(why);
		ret = ledger_init(dsn, LEDGER_TABLE, true, &why);
	}
	if (ret)
		warn_line("the ledger's table can't be made: %s", why);
	free(why);
	free(dsn);
	return ret;
}

/* The talk's three: through haproxy's port, BiHA's URL, and one that clings */
static char *dsn_of_client(const struct play *p, const char *client)
{
	const struct node *n = p->cluster.nodes;

	if (!strcmp(client, "haproxy"))
		return drill_dsn(&p->cluster, NODE_DCS, CONNECT_S);
	/* With repmgr who connects for each row has the talk's string, too */
	if (p->drill->alone || !strcmp(client, "cling"))
		return drill_dsn(&p->cluster, NODE_FIRST, CONNECT_S);
	return xasprintf("postgresql://postgres@127.0.0.1:%u,127.0.0.1:%u,127.0.0.1:%u/postgres?target_session_attrs=read-write&connect_timeout=1",
			 n[NODE_FIRST].port, n[NODE_SECOND].port, n[NODE_THIRD].port);
}

static int start_clients(struct play *p)
{
	const char * const *names = drill_clients(p->drill);
	char *folder = path_join(p->dir, DRILL_LEDGER);
	int ret = make_dirs(folder);

	free(folder);
	for (int i = 0; names[i] && !ret; i++) {
		struct ledger_client client = LEDGER_CLIENT_DEFAULTS;
		char *journal = drill_journal_path(p->dir, names[i]);
		char *dsn = dsn_of_client(p, names[i]), *why = NULL;

		client.name = names[i];
		client.dsn = dsn;
		client.journal = journal;
		client.cling = !strcmp(names[i], "cling");
		client.fresh = !strcmp(names[i], "fresh");
		if (client.fresh)
			client.interval_ns = p->drill->manager == DRILL_REPMGR ? TALK_NS :
					     FRESH_NS;
		p->clients[i] = ledger_start(&client, &why);
		if (p->clients[i] < 0)
			ret = cluster_fail(&p->cluster, "the client %s: %s", names[i], why);
		free(why);
		free(dsn);
		free(journal);
	}
	return ret;
}

static bool no_client_runs(struct cluster *c, void *data)
{
	struct play *p = data;
	bool runs = false;

	(void)c;
	for (int i = 0; i < CLIENTS_MAX; i++)
		runs |= child_runs(&p->clients[i]);
	return !runs;
}

/* Their journals stand whatever ends them */
static void stop_clients(struct play *p, double seconds)
{
	for (int i = 0; i < CLIENTS_MAX; i++)
		if (p->clients[i] > 0)
			kill(p->clients[i], SIGTERM);
	if (seconds > 0)
		cluster_wait(&p->cluster, seconds, no_client_runs, p);
	for (int i = 0; i < CLIENTS_MAX; i++)
		child_end(&p->clients[i]);
}

static int settle(void *data)
{
	struct play *p = data;
	int leader = seen_promoted(p->seen);
	bool two = p->drill->manager == DRILL_REPMGR && leader != NODE_FIRST &&
		   p->seen[NODE_FIRST].primary;

	return drill_settle(&p->cluster, two ? p->cluster.nodes[leader].name : NULL, p->dir,
			    DRILL_SETTLED);
}

static int settle_again(void *data)
{
	struct play *p = data;

	return drill_settle(&p->cluster, NULL, p->dir, DRILL_SALVAGED);
}

static int begin_fault(struct play *p)
{
	struct node *victim = &p->cluster.nodes[drill_faults[p->drill->fault].victim];

	lab_log(p, "fault", "%s for %u ms on %s", drill_faults[p->drill->fault].name,
		p->drill->freeze_ms, victim->name);
	return fault_begin(victim, p->drill);
}

static bool another_leads(struct cluster *c, void *data)
{
	struct play *p = data;

	(void)c;
	return seen_promoted(p->seen) != NODE_FIRST;
}

/* Where who leads in its place gets the same. It may be nobody, which is for the judge */
static int begin_next(struct play *p)
{
	struct cluster *c = &p->cluster;
	struct node *next;
	int ret;

	if (!drill_faults[p->drill->fault].next)
		return 0;
	ret = cluster_wait(c, drill_fault_s(p->drill), another_leads, p);
	if (ret == -ETIMEDOUT) {
		lab_log(p, "no-new-leader", "nobody leads in place of the first");
		return 0;
	}
	next = &c->nodes[seen_promoted(p->seen)];
	if (ret || cluster_pass(c, DRILL_BETWEEN_S))
		return -1;
	/* That it leads still is for the judge: it may just not have answered */
	lab_log(p, "next-fault", "%s for %u ms on %s, which leads in its place",
		drill_faults[p->drill->fault].name, p->drill->freeze_ms, next->name);
	return fault_begin(next, p->drill);
}

static int end_fault(struct play *p)
{
	if (fault_end(&p->cluster.nodes[drill_faults[p->drill->fault].victim], p->drill))
		return -1;
	lab_log(p, "fault-due", "the fault should be over");
	return 0;
}

/* Alone it is well once it answers; that is asked in the machine, which goes on */
static int wait_calm(struct play *p, double limit)
{
	struct cluster *c = &p->cluster;
	int ret;

	if (!p->drill->alone)
		return cluster_wait(c, limit, is_calm, p);
	ret = node_run(&c->nodes[NODE_FIRST], HANG_COMMAND "wait", limit);
	return c->interrupted ? -EINTR : c->why[0] ? -EPIPE : ret ? -ETIMEDOUT : 0;
}

/* All three read their slots, and nobody has a pill */
static int check_pills(struct play *p)
{
	for (int i = 0; i < DATABASES; i++) {
		struct node *node = &p->cluster.nodes[i];

		if (node_run(node,
			     "systemctl -q is-active pug-sbd && test $(sbd -d /dev/vdc list | grep -c clear) = 3",
			     CHECK_S))
			return cluster_fail(&p->cluster, "sbd does not watch on %s, or has a pill: %s",
					    node->name, node->words);
	}
	return 0;
}

/* It must be able to do all that may be asked of it: 1 is a warning, of plain HTTP */
static int check_fence(struct play *p)
{
	struct node *node = &p->cluster.nodes[NODE_SECOND];
	int ret;

	if (p->drill->fence == DRILL_FENCE_SBD)
		return check_pills(p);
	if (p->drill->fence == DRILL_NO_FENCE)
		return 0;
	ret = node_run(node, "cd / && runuser -u postgres -- pug-fence check", CHECK_S);
	if (!ret || ret == 1)
		return 0;
	return cluster_fail(&p->cluster, "pug-fence check on %s, status %d: %s", node->name, ret,
			    node->words);
}

/* It belongs to who leads now, if that is one */
static int salvage_rows(struct play *p)
{
	const char *leader = NULL;
	int leaders = 0;

	if (p->drill->salvage == SALVAGE_NONE)
		return 0;
	for (int i = 0; i < DATABASES; i++) {
		if (is_off(p, i) || !p->seen[i].primary)
			continue;
		leader = p->cluster.nodes[i].name;
		leaders++;
	}
	if (leaders != 1) {
		lab_log(p, "not-salvaged", "%d nodes lead", leaders);
		return 0;
	}
	if (salvage_end(&p->cluster, leader))
		return -1;
	lab_log(p, "salvaged", "%s was given what it lacked", leader);
	return run_child(p, settle_again, SETTLE_S, "the nodes' rows could not be read again");
}

/* So long nobody acts; then somebody does what repmgr has for it, which is only told */
static int watch_on(struct play *p)
{
	if (p->drill->manager != DRILL_REPMGR)
		return 0;
	return cluster_pass(&p->cluster, WATCH_S);
}

static void rejoin(struct play *p)
{
	struct node *old = &p->cluster.nodes[NODE_FIRST];
	int leader = seen_promoted(p->seen), ret;
	char *line;

	if (p->drill->manager != DRILL_REPMGR || leader == NODE_FIRST)
		return;
	line = xasprintf("systemctl stop postgresql@15-main && cd / && runuser -u postgres -- /usr/lib/pug/repmgr rejoin %s 2>&1",
			 p->cluster.nodes[leader].name);
	ret = node_run(old, line, REJOIN_S);
	free(line);
	lab_log(p, ret ? "not-rejoined" : "rejoined", "%s: repmgr node rejoin --force-rewind: status %d: %s",
		old->name, ret, old->words);
}

static int act(struct play *p)
{
	struct cluster *c = &p->cluster;
	double limit = p->drill->ttl_s + AFTER_S;
	int ret;

	if (!p->drill->alone && cluster_wait(c, READY_S, is_well, p))
		return cluster_fail(c, "the cluster is not healthy %d s after the fork", READY_S);
	lab_log(p, "healthy", p->drill->alone ? "one server" : "one leader, two replicas");
	if (check_fence(p) || outside_start(c) || settings_begin(&c->nodes[NODE_FIRST], p->drill) ||
	    salvage_begin(c))
		return -1;
	if (run_child(p, make_table, 30, "the ledger's table could not be made") ||
	    start_clients(p) || cluster_pass(c, BEFORE_S))
		return -1;
	if (begin_fault(p) || begin_next(p) || cluster_pass(c, drill_fault_s(p->drill) + 1) ||
	    end_fault(p))
		return -1;
	ret = wait_calm(p, limit);
	if ((ret && ret != -ETIMEDOUT) || watch_on(p))
		return -1;
	if (ret)
		lab_log(p, "not-well", "the cluster is not well %.0f s after the fault", limit);
	else
		lab_log(p, "well", p->drill->alone ? "it answers" :
			"one leader, and its replica on its timeline");
	stop_clients(p, 10);
	lab_log(p, "settle", "clients stopped");
	if (run_child(p, settle, SETTLE_S, "the nodes' rows could not be read"))
		return -1;
	rejoin(p);
	return salvage_rows(p);
}

/* Of a full disk the last thing that can be told, if at all, is that it was full */
static int evidence_is_whole(struct play *p)
{
	struct cluster *c = &p->cluster;
	bool bad = ferror(p->lab);

	for (int i = 0; i < c->n; i++) {
		const struct node *node = &c->nodes[i];

		bad |= ferror(node->console.log) || ferror(node->agent.log) ||
		       ferror(node->log.log) || ferror(node->qmp_log);
	}
	for (int i = 0; p->polls && i < p->n_polls; i++) {
		bad |= ferror(p->polls[i].lines.log);
		if (!poller_runs(&p->polls[i]))
			cluster_fail(c, "a poll ended before the drill: what came then is not known");
	}
	if (drill_faults[p->drill->fault].own_disk && !disk_is_served(&c->nodes[NODE_FIRST]))
		cluster_fail(c, "nbdkit ended before the drill: the leader had no disk");
	if (!outside_runs(c))
		cluster_fail(c, "a pug watch ended before the drill: nobody looked after its VM");
	if (!hypervisor_runs(c))
		cluster_fail(c, "the hypervisor's API ended before the drill");
	if (bad)
		cluster_fail(c, "the disk is full: evidence is lost");
	return c->why[0] ? -1 : 0;
}

static void clean_up(struct play *p)
{
	drill_live_end(&p->live);
	stop_clients(p, 0);
	for (int i = 0; p->polls && i < p->n_polls; i++)
		poller_stop(&p->polls[i]);
	free(p->polls);
	cluster_close(&p->cluster);
}

/**
 * drill_remove_links() - what is of no use once the VMs have ended
 * @dir: folder of a drill
 *
 * Links to the warm cluster go; plans and command lines are evidence. The token opens
 * nothing any more, and is nobody's to keep.
 */
void drill_remove_links(const char *dir)
{
	static const char * const names[] = { "alt01", "alt02", "alt03", "dcs", NODE_TARGET };
	static const char * const links[] = {
		"image", "ram", NODE_DISK, NODE_PUG, NODE_FENCE, NODE_API_SOCKET,
		WATCH_QMP, WATCH_HEART, NODE_PILLS,
		"../hypervisor.json", "../hypervisor.key", "../" HYPERVISOR_PORT, DRILL_SNAPSHOT,
		NODE_DISK_SOCKET, NODE_MOVING, NODE_LOCK,
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(links); k++) {
			char *path = xasprintf("%s/vms/%s/%s", dir, names[i], links[k]);

			unlink(path);
			free(path);
		}
	}
}

/**
 * drill_play() - play a drill and keep the evidence
 * @host: runs it
 * @drill: which
 * @dir: its folder, made already
 * @before: what came of those before it, for who looks on
 * @interrupted: set when a signal ended it
 *
 * Return: 0; -1 when it could not be carried through: lab.jsonl says why.
 */
int drill_play(const struct host *host, const struct drill *drill, const char *dir,
	       const char *before, bool *interrupted)
{
	struct play *p = xcalloc(1, sizeof(*p));
	char *path = path_join(dir, DRILL_LAB);
	int ret = -1;

	p->drill = drill;
	p->dir = dir;
	p->lab = fopen(path, "we");
	if (!p->lab) {
		warn_line("%s can't be written: %s", path, strerror(errno));
	} else if (!cluster_open(&p->cluster, host, drill)) {
		lab_log(p, "start", "QEMU %s", host->qemu_version);
		p->live = (struct drill_live) { .dir = dir, .drill = drill, .before = before };
		drill_live_begin(&p->live, &p->cluster);
		ret = cluster_fork(&p->cluster, dir);
		if (!ret)
			lab_log(p, "forked", "warm cluster %s", p->cluster.key);
		if (!ret)
			ret = start_polls(p) || act(p) ? -1 : 0;
		if (!ret)
			ret = evidence_is_whole(p);
		if (ret)
			lab_log(p, "error", "%s", p->cluster.why);
		lab_log(p, "end", "the VMs are ended");
		*interrupted = p->cluster.interrupted;
	}
	clean_up(p);
	drill_remove_links(dir);
	if (p->lab)
		fclose(p->lab);
	free(path);
	free(p);
	return ret;
}
