// SPDX-License-Identifier: GPL-2.0
/*
 * pug watch beside the VMs of a drill: a process of ours for each node with a database,
 * with a QMP socket of its own, and the signs of life of pug-node beacon in the guest.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "drill-outside.h"
#include "util.h"
#include "vm.h"

#define OUTSIDE_STDERR "watch.stderr"
/* A guest that has just been forked, on a busy host */
#define ALIVE_S 60

/* Who never sent a sign of life is not missed: before the fault there must be one */
static void on_line(struct lines *lines, const char *text, void *data)
{
	struct node *node = data;
	json_t *told = json_loads(text, 0, NULL);
	const char *event = json_string_value(json_object_get(told, "event"));

	(void)lines;
	if (event && !strcmp(event, "alive"))
		node->alive = true;
	json_decref(told);
}

static void run_watch(void *data)
{
	const struct node *node = data;
	char *after = xasprintf("%u", node->cluster->drill->outside_s);
	char * const argv[] = {
		(char *)"/proc/self/exe", (char *)"watch", (char *)"--qmp", (char *)WATCH_QMP,
		(char *)"--heartbeat", (char *)WATCH_HEART, (char *)"--name", (char *)node->name,
		(char *)"--action", (char *)"reset", (char *)"--after", after,
		(char *)"--json", NULL,
	};
	int heard = dup(STDOUT_FILENO);

	/* What it has to say against something goes to a file: what it tells is heard */
	child_settle_in(node->dir, OUTSIDE_STDERR);
	dup2(heard, STDOUT_FILENO);
	close(heard);
	child_exec(argv);
}

static int start(struct node *node)
{
	char *log = xasprintf("%s/%s." OUTSIDE_LOG ".jsonl", node->evidence, node->name);
	int ret;

	node->watch.lines.on_line = on_line;
	node->watch.lines.data = node;
	ret = poller_run(&node->watch, node->cluster->loop, run_watch, node, log);
	free(log);
	return ret < 0 ? cluster_fail(node->cluster, "pug watch can't be started beside %s",
				      node->name) : 0;
}

static bool all_alive(struct cluster *c, void *data)
{
	(void)data;
	for (int i = 0; i < DATABASES; i++)
		if (!c->nodes[i].alive)
			return false;
	return true;
}

/**
 * outside_start() - pug watch beside each node with a database, if it is wanted
 * @c: its VMs run
 *
 * Return: 0 once each has heard from its machine; -1 after cluster_fail().
 */
int outside_start(struct cluster *c)
{
	if (!c->drill->outside_s)
		return 0;
	for (int i = 0; i < DATABASES; i++)
		if (start(&c->nodes[i]))
			return -1;
	if (cluster_wait(c, ALIVE_S, all_alive, NULL))
		return cluster_fail(c, "not all machines gave a sign of life within %d s", ALIVE_S);
	return 0;
}

/**
 * outside_runs() - are they there still?
 * @c: after outside_start()
 *
 * Return: whether, or none was wanted.
 */
bool outside_runs(struct cluster *c)
{
	for (int i = 0; i < DATABASES && c->drill->outside_s; i++)
		if (!poller_runs(&c->nodes[i].watch))
			return false;
	return true;
}

/**
 * outside_stop() - end the one beside a node
 * @node: with or without one
 */
void outside_stop(struct node *node)
{
	poller_stop(&node->watch);
	node->alive = false;
}
