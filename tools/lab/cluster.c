// SPDX-License-Identifier: GPL-2.0
/*
 * A cluster's VMs together. Code that drives one is written in the order in which
 * things happen: cluster_wait() serves the event loop until a condition holds, a
 * node dies, somebody interrupts, or time is up.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "cluster.h"
#include "drill-outside.h"
#include "evidence.h"
#include "live.h"
#include "util.h"
#include "vm.h"

static const char * const node_names[NODES] = { "alt01", "alt02", "alt03", "dcs" };

/**
 * cluster_fail() - say what went wrong, once
 * @c: the cluster
 * @fmt: a sentence; what was said first stays
 *
 * Return: -1.
 */
int cluster_fail(struct cluster *c, const char *fmt, ...)
{
	va_list ap;

	if (c->why[0])
		return -1;
	va_start(ap, fmt);
	vsnprintf(c->why, sizeof(c->why), fmt, ap);
	va_end(ap);
	return -1;
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *si, void *data)
{
	struct cluster *c = data;

	(void)source;
	c->interrupted = true;
	cluster_fail(c, "interrupted by %s", strsignal(si->ssi_signo));
	return 0;
}

/* Ctrl-Z: what comes is stamped as it comes, and nobody would */
static int on_stop(sd_event_source *source, const struct signalfd_siginfo *si, void *data)
{
	(void)source;
	(void)si;
	(void)data;
	live_line("not stopped: a drill can't stand still (Ctrl-C ends it)");
	return 0;
}

static int catch_signals(struct cluster *c)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	sigset_t set;
	int ret = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTSTP);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (size_t i = 0; ret >= 0 && i < ARRAY_SIZE(signals); i++)
		ret = sd_event_add_signal(c->loop, NULL, signals[i], on_signal, c);
	if (ret >= 0)
		ret = sd_event_add_signal(c->loop, NULL, SIGTSTP, on_stop, c);
	return ret;
}

/**
 * node_init() - a node without a QEMU yet
 * @node: all zero
 * @c: it is to belong to
 * @index: its place there
 */
void node_init(struct node *node, struct cluster *c, int index)
{
	node->cluster = c;
	node->index = index;
	node->name = node_names[index];
	node->qmp.fd = -1;
	node->lan = -1;
	node->console.fd = -1;
	node->agent.fd = -1;
	node->log.fd = -1;
	node->watch.lines.fd = -1;
}

/**
 * cluster_open() - a cluster without VMs yet
 * @c: to be set up
 * @host: runs it
 * @drill: what it is for; stays the caller's
 *
 * Return: 0, or -1 after saying why not. cluster_close() is due in any case.
 */
int cluster_open(struct cluster *c, const struct host *host, const struct drill *drill)
{
	memset(c, 0, sizeof(*c));
	c->host = host;
	c->drill = drill;
	c->n = drill_nodes(drill);
	c->lock = -1;
	c->api.lines.fd = -1;
	for (int i = 0; i < NODES; i++)
		node_init(&c->nodes[i], c, i);
	if (sd_event_new(&c->loop) < 0 || catch_signals(c) < 0) {
		warn_line("the event loop can't be set up");
		return -1;
	}
	switch_init(&c->lan, c->loop);
	return 0;
}

/* What the hypervisor's API was asked to end is the drill's own doing */
static bool is_gone(const struct node *node)
{
	return node && node->child && !node->pid && !node->fenced;
}

static const struct node *find_gone(const struct cluster *c)
{
	for (int i = 0; i < c->n; i++) {
		if (is_gone(&c->nodes[i]))
			return &c->nodes[i];
		if (is_gone(c->nodes[i].target))
			return c->nodes[i].target;
	}
	return NULL;
}

static void tell_gone(struct cluster *c, const struct node *node)
{
	char words[200];

	vm_last_words(node->dir, words, sizeof(words));
	cluster_fail(c, "the QEMU of %s ended by itself%s%s%s", node->name, words,
		     *node->complaint ? ": " : "", node->complaint);
}

/**
 * cluster_wait() - serve the event loop until something holds
 * @c: the cluster
 * @seconds: at most
 * @cond: that
 * @data: for it
 *
 * Return: 0; -ETIMEDOUT; -EINTR after a signal; -EPIPE when a QEMU has ended.
 */
int cluster_wait(struct cluster *c, double seconds, cluster_cond cond, void *data)
{
	double end = now_s() + seconds;

	for (;;) {
		const struct node *gone = c->ending ? NULL : find_gone(c);

		if (c->interrupted)
			return -EINTR;
		if (gone) {
			tell_gone(c, gone);
			return -EPIPE;
		}
		if (cond && cond(c, data))
			return 0;
		if (now_s() >= end)
			return -ETIMEDOUT;
		if (sd_event_run(c->loop, 20000) < 0)
			return -EIO;
	}
}

static bool is_never(struct cluster *c, void *data)
{
	(void)c;
	(void)data;
	return false;
}

/**
 * cluster_pass() - serve the event loop while time passes
 * @c: open
 * @seconds: so long
 *
 * Return: 0; -1 where something ended it before.
 */
int cluster_pass(struct cluster *c, double seconds)
{
	return cluster_wait(c, seconds, is_never, NULL) == -ETIMEDOUT ? 0 : -1;
}

static void on_event(struct node *node, const char *event, json_t *msg)
{
	const char *status = "";

	if (strcmp(event, "MIGRATION"))
		return;
	json_unpack(msg, "{s:{s:s}}", "data", "status", &status);
	if (!strcmp(status, "completed"))
		node->loaded = true;
	else if (!strcmp(status, "pre-switchover"))
		node->between = true;
	else if (!strcmp(status, "failed"))
		cluster_fail(node->cluster, "%s could not be saved or loaded (see %s/%s)",
			     node->name, node->dir, EVIDENCE_STDERR);
}

static void on_message(struct qmp *qmp, json_t *msg, void *data)
{
	const char *event = json_string_value(json_object_get(msg, "event"));
	struct node *node = data;

	(void)qmp;
	if (json_object_get(msg, "QMP")) {
		node->greeted = true;
	} else if (event) {
		on_event(node, event, msg);
	} else {
		json_decref(node->reply);
		node->reply = json_incref(msg);
		node->answers++;
	}
}

/* The child's end, right behind, says more */
static void on_close(struct qmp *qmp, const char *why, void *data)
{
	(void)qmp;
	(void)why;
	(void)data;
}

static int on_child(sd_event_source *source, const siginfo_t *si, void *data)
{
	struct node *node = data;

	(void)source;
	(void)si;
	node->pid = 0;
	if (node->fenced)
		hypervisor_gone(node);
	return 0;
}

/* ready; begin COMMAND; output; end STATUS COMMAND */
static void on_agent(struct lines *lines, const char *text, void *data)
{
	struct node *node = data;

	(void)lines;
	if (!strcmp(text, "ready")) {
		node->ready = true;
	} else if (!strncmp(text, "end ", 4)) {
		node->status = atoi(text + 4);
		node->ended++;
	} else if (strncmp(text, "begin ", 6)) {
		snprintf(node->words, sizeof(node->words), "%s", text);
	}
}

/* Our own init ends the machine after its first complaint */
static void on_console(struct lines *lines, const char *text, void *data)
{
	struct node *node = data;

	(void)lines;
	if (!node->complaint[0] && !strncmp(text, "pug-init: ", 10))
		snprintf(node->complaint, sizeof(node->complaint), "%s", text + 10);
}

static void on_log(struct lines *lines, const char *text, void *data)
{
	struct node *node = data;

	(void)lines;
	snprintf(node->said, sizeof(node->said), "%s", text);
}

static bool has_answered(struct cluster *c, void *data)
{
	struct node *node = data;

	(void)c;
	return node->answers;
}

/**
 * node_qmp() - a QMP command and its answer
 * @node: one
 * @command: this
 * @arguments: may be NULL; taken over
 * @seconds: at most
 *
 * Return: 0, the answer is in @node->reply; -1 after cluster_fail().
 */
int node_qmp(struct node *node, const char *command, json_t *arguments, double seconds)
{
	struct cluster *c = node->cluster;
	const char *desc = NULL;

	node->answers = 0;
	if (qmp_send(&node->qmp, command, command, arguments))
		return cluster_fail(c, "the QEMU of %s takes no QMP command", node->name);
	if (cluster_wait(c, seconds, has_answered, node))
		return cluster_fail(c, "the QEMU of %s does not answer %s", node->name, command);
	if (!json_unpack(node->reply, "{s:{s:s}}", "error", "desc", &desc))
		return cluster_fail(c, "the QEMU of %s refused %s: %s", node->name, command, desc);
	return 0;
}

/**
 * cluster_all() - one QMP command to all nodes
 * @c: the cluster
 * @command: in one go, so that the guests' clocks stay together
 *
 * Return: 0; -1 after cluster_fail().
 */
int cluster_all(struct cluster *c, const char *command)
{
	for (int i = 0; i < c->n; i++) {
		c->nodes[i].answers = 0;
		if (qmp_send(&c->nodes[i].qmp, command, command, NULL))
			return cluster_fail(c, "the QEMU of %s takes no QMP command",
					    c->nodes[i].name);
	}
	for (int i = 0; i < c->n; i++)
		if (cluster_wait(c, QMP_S, has_answered, &c->nodes[i]))
			return cluster_fail(c, "the QEMU of %s does not answer %s",
					    c->nodes[i].name, command);
	return 0;
}

static bool has_ended(struct cluster *c, void *data)
{
	struct node *node = data;

	(void)c;
	return node->ended;
}

/**
 * node_run() - have a guest carry out a command and wait for its end
 * @node: one
 * @command: a line for its shell, which runs as root
 * @seconds: at most; 0 does not wait
 *
 * Return: its exit status, the last line of its output is in @node->words;
 * negative when it could not be run, or did not end.
 */
int node_run(struct node *node, const char *command, double seconds)
{
	node->ended = 0;
	node->words[0] = '\0';
	if (lines_send(&node->agent, command))
		return -1;
	if (seconds <= 0)
		return 0;
	return cluster_wait(node->cluster, seconds, has_ended, node) ? -1 : node->status;
}

static unsigned int free_port(void)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(addr);
	unsigned int port = 0;

	if (fd < 0)
		return 0;
	if (!bind(fd, (struct sockaddr *)&addr, sizeof(addr)) &&
	    !getsockname(fd, (struct sockaddr *)&addr, &len))
		port = ntohs(addr.sin_port);
	close(fd);
	return port;
}

/* Return: 0; 1 where the host's port is taken; -1 after cluster_fail() */
static int forward(struct node *node, unsigned int guest_port, unsigned int port)
{
	char *line = xasprintf("hostfwd_add lab tcp:127.0.0.1:%u-10.0.%d.15:%u", port,
			       NODE_NET(node->index), guest_port);
	int ret = node_qmp(node, "human-monitor-command",
			   json_pack("{s:s}", "command-line", line), QMP_S);
	const char *text = "";

	free(line);
	if (ret)
		return -1;
	return json_unpack(node->reply, "{s:s}", "return", &text) || *text;
}

/**
 * node_forward() - make a port of a guest's reachable on 127.0.0.1
 * @node: one
 * @guest_port: of it
 * @port: set to the host's
 *
 * Somebody else may take the port that was free a moment ago: then another.
 *
 * Return: 0; -1 after cluster_fail().
 */
int node_forward(struct node *node, unsigned int guest_port, unsigned int *port)
{
	for (int i = 0; i < 20; i++) {
		int ret;

		*port = free_port();
		ret = forward(node, guest_port, *port);
		if (ret <= 0)
			return ret;
	}
	return cluster_fail(node->cluster, "%s: no port of 127.0.0.1 could be had", node->name);
}

/**
 * node_forward_again() - the same port as another QEMU had, which has ended
 * @node: one
 * @guest_port: of it
 * @port: of the host's
 *
 * Return: 0; -1 after cluster_fail().
 */
int node_forward_again(struct node *node, unsigned int guest_port, unsigned int port)
{
	int ret = forward(node, guest_port, port);

	return ret > 0 ? cluster_fail(node->cluster, "%s: port %u of 127.0.0.1 is taken",
				      node->name, port) : ret;
}

/**
 * node_start() - start a node's QEMU and listen to it
 * @node: its folder stands, with a disk in it
 * @fork_of_warm: it goes on where a warm one was saved
 *
 * Return: 0; -1 after cluster_fail().
 */
int node_start(struct node *node, bool fork_of_warm)
{
	struct cluster *c = node->cluster;
	int ret = switch_add(&c->lan, &node->lan);

	node->qmp.on_message = on_message;
	node->qmp.on_close = on_close;
	node->qmp.data = node;
	node->console.on_line = on_console;
	node->console.data = node;
	node->agent.on_line = on_agent;
	node->agent.data = node;
	node->log.on_line = on_log;
	node->log.data = node;
	if (ret >= 0)
		ret = node_spawn(node, fork_of_warm);
	if (ret < 0)
		return cluster_fail(c, "%s could not be started: %s", node->name, strerror(-ret));
	if (sd_event_add_child(c->loop, &node->child, node->pid, WEXITED, on_child, node) < 0)
		return cluster_fail(c, "%s can't be waited for", node->name);
	/* What the API said before it ended it is to be read before */
	sd_event_source_set_priority(node->child, SD_EVENT_PRIORITY_IDLE);
	return 0;
}

/**
 * node_stop() - end a node's QEMU, and all that was beside it; what it said stays
 * @node: started, or not
 */
void node_stop(struct node *node)
{
	if (node->target) {
		/* Its disk is this one's */
		node->target->disk_pid = 0;
		node_stop(node->target);
		free(node->target);
		node->target = NULL;
	}
	/* It would miss its machine */
	outside_stop(node);
	node->child = sd_event_source_disable_unref(node->child);
	child_end(&node->pid);
	disk_stop(node);
	qmp_close(&node->qmp);
	if (node->qmp_log)
		fclose(node->qmp_log);
	node->qmp_log = NULL;
	lines_close(&node->console);
	lines_close(&node->agent);
	lines_close(&node->log);
	if (node->lan >= 0)
		close(node->lan);
	node->lan = -1;
	json_decref(node->reply);
	node->reply = NULL;
	free(node->dir);
	free(node->evidence);
	node->dir = NULL;
	node->evidence = NULL;
	node->greeted = false;
	node->loaded = false;
	node->ready = false;
	node->fenced = false;
}

/**
 * cluster_stop() - end the VMs; what they said stays
 * @c: open
 */
void cluster_stop(struct cluster *c)
{
	c->ending = true;
	for (int i = 0; i < NODES; i++)
		node_stop(&c->nodes[i]);
	hypervisor_stop(c);
	switch_free(&c->lan);
	switch_init(&c->lan, c->loop);
	c->ending = false;
}

/**
 * cluster_close() - give back all that a cluster holds
 * @c: opened, or not
 */
void cluster_close(struct cluster *c)
{
	cluster_stop(c);
	switch_free(&c->lan);
	if (c->lock >= 0)
		close(c->lock);
	c->lock = -1;
	free(c->warm);
	c->warm = NULL;
	c->loop = sd_event_unref(c->loop);
}
