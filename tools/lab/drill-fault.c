// SPDX-License-Identifier: GPL-2.0
/* What is done to the leader in a drill: how each fault begins, and how it ends. */
#include <stdlib.h>

#include "drill-fault.h"
#include "util.h"

/* Seconds at most: what a busy host makes of one or two */
#define LEVEL_S 90
#define HANG_S 120
#define END_S 60
/* A loop may be late */
#define TAKE_UP_S 3

static int run_there(struct node *node, char *line)
{
	int ret = node_run(node, line, 0);

	free(line);
	return ret ? cluster_fail(node->cluster, "%s takes no command", node->name) : 0;
}

static bool is_broken(const struct node *node)
{
	return node->cluster->why[0] || node->cluster->interrupted;
}

static int begin_stop_machine(struct node *node, const struct drill *drill)
{
	return run_there(node, xasprintf("insmod /usr/lib/pug/stop-machine.ko msecs=%u",
					   drill->freeze_ms));
}

static int begin_two_freezes(struct node *node, const struct drill *drill)
{
	return run_there(node, xasprintf("insmod /usr/lib/pug/stop-machine.ko msecs=%u; rmmod stop-machine; sleep %d; insmod /usr/lib/pug/stop-machine.ko msecs=%u",
					 drill->freeze_ms, DRILL_BETWEEN_S, drill->freeze_ms));
}

static int begin_rt_hog(struct node *node, const struct drill *drill)
{
	int priority = drill->fault == DRILL_RT_HOG_50 ? 50 : 99;

	/* A hog ends by its own CPU time: nobody else would get to end it */
	return run_there(node, xasprintf("echo -1 >/proc/sys/kernel/sched_rt_runtime_us; for c in $(seq 0 %u); do (ulimit -t %u; exec taskset -c $c chrt -f %d sh -c 'while :; do :; done') & done; wait",
					   drill->cpus - 1, drill->freeze_ms / 1000, priority));
}

static int begin_vm_pause(struct node *node, const struct drill *drill)
{
	(void)drill;
	return node_qmp(node, "stop", NULL, QMP_S);
}

static int go_on(struct node *node, const struct drill *drill)
{
	(void)drill;
	return node_qmp(node, "cont", NULL, QMP_S);
}

/*
 * As a snapshot with memory of a hypervisor that does not write it while the VM runs. A fork
 * of a warm cluster leaves its memory out of its state, since there is a file of it: here
 * all is written
 */
static int begin_vm_snapshot(struct node *node, const struct drill *drill)
{
	(void)drill;
	return node_qmp(node, "migrate-set-capabilities", qmp_migration(false), QMP_S) ||
	       node_qmp(node, "stop", NULL, QMP_S) ||
	       node_save(node, DRILL_SNAPSHOT) ? -1 : 0;
}

/* A stun that was over before the snapshot was whole would have been of nothing */
static int end_vm_snapshot(struct node *node, const struct drill *drill)
{
	if (!node->loaded)
		return cluster_fail(node->cluster, "%s could not be saved within the fault",
				    node->name);
	return go_on(node, drill);
}

static int begin_live_migration(struct node *node, const struct drill *drill)
{
	(void)drill;
	return node_move_begin(node);
}

static int end_live_migration(struct node *node, const struct drill *drill)
{
	(void)drill;
	return node_move_end(node);
}

static int begin_disk_full(struct node *node, const struct drill *drill)
{
	(void)drill;
	return disk_fill(node, true);
}

/* Somebody makes room and lets the VM go on: QEMU writes what it could not */
static int end_disk_full(struct node *node, const struct drill *drill)
{
	return disk_fill(node, false) || go_on(node, drill) ? -1 : 0;
}

/*
 * PostgreSQL's processes are known in the guest only. To take 40 connections has been
 * seen to take 48 s: the fault's time is counted from when it has begun. One whose
 * machine was reset before that is told from the evidence.
 */
static int begin_hang(struct node *node, const struct drill *drill)
{
	char *line = xasprintf(HANG_COMMAND "begin %s", drill_faults[drill->fault].name);

	node_run(node, line, HANG_S);
	free(line);
	return is_broken(node) ? -1 : 0;
}

/* A machine that was reset has nothing to end, and may not listen yet */
static int end_hang(struct node *node, const struct drill *drill)
{
	char *line = xasprintf(HANG_COMMAND "end %s", drill_faults[drill->fault].name);

	node_run(node, line, END_S);
	free(line);
	return is_broken(node) ? -1 : 0;
}

/* Its port of the switch is its index: nodes are started in order */
static int begin_partition(struct node *node, const struct drill *drill)
{
	(void)drill;
	switch_cut(&node->cluster->lan, node->index, true);
	return 0;
}

static int end_partition(struct node *node, const struct drill *drill)
{
	(void)drill;
	switch_cut(&node->cluster->lan, node->index, false);
	return 0;
}

static int run_words(struct node *node, const char *words)
{
	return run_there(node, xstrdup(words));
}

static int begin_clean_stop(struct node *node, const struct drill *drill)
{
	(void)drill;
	return run_words(node, "systemctl stop patroni");
}

static int begin_silent_stop(struct node *node, const struct drill *drill)
{
	(void)drill;
	return run_words(node,
			 "echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all; systemctl stop patroni");
}

/* Maintenance is over */
static int end_stop(struct node *node, const struct drill *drill)
{
	(void)drill;
	return run_words(node,
			 "echo 0 >/proc/sys/net/ipv4/icmp_echo_ignore_all; systemctl start --no-block patroni");
}

static int begin_patroni_hang(struct node *node, const struct drill *drill)
{
	(void)drill;
	return run_words(node, "kill -STOP $(systemctl show -P MainPID patroni)");
}

static int end_patroni_hang(struct node *node, const struct drill *drill)
{
	(void)drill;
	return run_words(node, "kill -CONT $(systemctl show -P MainPID patroni)");
}

static int begin_kill_patroni(struct node *node, const struct drill *drill)
{
	(void)drill;
	return run_words(node, "kill -KILL $(systemctl show -P MainPID patroni)");
}

static int begin_kill_postgres(struct node *node, const struct drill *drill)
{
	(void)drill;
	return run_words(node, "kill -KILL $(head -n 1 /var/lib/postgresql/data/postmaster.pid)");
}

static const struct {
	int (*begin)(struct node *node, const struct drill *drill);
	int (*end)(struct node *node, const struct drill *drill);
} rows[HANG_FIRST] = {
	[DRILL_STOP_MACHINE] = { begin_stop_machine, NULL },
	[DRILL_VM_PAUSE] = { begin_vm_pause, go_on },
	[DRILL_VM_SNAPSHOT] = { begin_vm_snapshot, end_vm_snapshot },
	[DRILL_RT_HOG] = { begin_rt_hog, NULL },
	[DRILL_DISK_FULL] = { begin_disk_full, end_disk_full },
	[DRILL_PARTITION] = { begin_partition, end_partition },
	[DRILL_CLEAN_STOP] = { begin_clean_stop, end_stop },
	[DRILL_SILENT_STOP] = { begin_silent_stop, end_stop },
	[DRILL_PATRONI_HANG] = { begin_patroni_hang, end_patroni_hang },
	[DRILL_KILL_PATRONI] = { begin_kill_patroni, NULL },
	[DRILL_KILL_POSTGRES] = { begin_kill_postgres, NULL },
	[DRILL_ETCD_PAUSE] = { begin_vm_pause, go_on },
	[DRILL_TWO_FREEZES] = { begin_two_freezes, NULL },
	[DRILL_RT_HOG_50] = { begin_rt_hog, NULL },
	[DRILL_NEW_LEADER] = { begin_stop_machine, NULL },
	[DRILL_LIVE_MIGRATION] = { begin_live_migration, end_live_migration },
};

static int set_level(struct node *node, const struct drill *drill)
{
	char *line;
	int ret;

	if (drill->keeper < KEEPER_LEVEL_1 || drill->keeper > KEEPER_LEVEL_3)
		return 0;
	line = xasprintf(HANG_COMMAND "level %d", drill->keeper);
	ret = node_run(node, line, LEVEL_S);
	free(line);
	return ret ? cluster_fail(node->cluster, "the module does not prove that level: %s",
				  node->words) : 0;
}

/* Each Patroni takes it up in its own next loop */
static int set_check_timeline(struct node *node, const struct drill *drill)
{
	if (!drill->check_timeline)
		return 0;
	if (node_run(node,
		     "curl -sS -m 30 -X PATCH -d '{\"check_timeline\": true}' http://127.0.0.1:8008/config | grep -o '\"check_timeline\": *true'",
		     LEVEL_S))
		return cluster_fail(node->cluster, "Patroni does not take check_timeline: %s",
				    node->words);
	return cluster_pass(node->cluster, drill->loop_s + TAKE_UP_S);
}

/**
 * settings_begin() - what is set in a running cluster, so that one saved serves for all
 * @node: the leader of a healthy cluster
 * @drill: as asked
 *
 * Return: 0 once it is in force; -1 after cluster_fail().
 */
int settings_begin(struct node *node, const struct drill *drill)
{
	return set_level(node, drill) || set_check_timeline(node, drill) ? -1 : 0;
}

/**
 * fault_begin() - do it
 * @node: to this one
 * @drill: as asked
 *
 * Return: 0 once it is asked for, and where PostgreSQL hangs once it does; -1 after
 * cluster_fail().
 */
int fault_begin(struct node *node, const struct drill *drill)
{
	return drill_hangs(drill) ? begin_hang(node, drill) :
		rows[drill->fault].begin(node, drill);
}

/**
 * fault_end() - undo it, where it does not end by itself
 * @node: to which it was done
 * @drill: as asked
 *
 * There is nothing to undo on a machine that was ended meanwhile.
 *
 * Return: 0; -1 after cluster_fail().
 */
int fault_end(struct node *node, const struct drill *drill)
{
	if (!node->pid)
		return 0;
	if (drill_hangs(drill))
		return end_hang(node, drill);
	return rows[drill->fault].end ? rows[drill->fault].end(node, drill) : 0;
}
