/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_CLUSTER_H
#define PUG_CLUSTER_H

#include <stdbool.h>

#include "disk-server.h"
#include "compiler.h"
#include "drill.h"
#include "host.h"
#include "poller.h"
#include "qmp.h"
#include "switch.h"

/* Three PostgreSQL nodes and the one with etcd and haproxy */
enum { NODE_FIRST, NODE_SECOND, NODE_THIRD, NODE_DCS, NODES };

#define DATABASES NODE_DCS
/* QEMU answers within milliseconds, on a busy machine within seconds */
#define QMP_S 20
/* 10.0.N.15 is a node in the lab's network: PostgreSQL names itself by it */
#define NODE_NET(index) (21 + (index))

/* Of a warm node; its forks write elsewhere */
#define NODE_DISK "disk"
#define NODE_DISK_SOCKET DISK_SOCKET

/* Where a VM is moved to, beside the nodes' folders; and in it, what it comes through */
#define NODE_TARGET "target"
#define NODE_MOVING "migration.sock"

/* sbd's disk, of all three: a link to the one beside the nodes' folders */
#define NODE_PILLS "sbd"

/* What the hypervisor's API calls a node's VM, and what tells it from others */
#define NODE_VMID(index) (101 + (index))
#define NODE_UUID "6c1ad4e0-0f2c-4f7c-9d19-6f2a4f3bb1%02d"
#define NODE_MAC "52:54:00:15:00:%02x"
/* In QEMU's folder: for the API; what the guest is told of it; for the guest's calls */
#define NODE_API_SOCKET "fence.sock"
#define NODE_FENCE "fence"
#define NODE_PUG "pug"
/* While it is there the hypervisor has the VM locked, since it is moved */
#define NODE_LOCK "migrate.lock"
/* Beside these folders, and in the drill's */
#define HYPERVISOR_PORT "hypervisor.port"
#define HYPERVISOR_LOG "hypervisor.jsonl"

struct cluster;

/**
 * struct node - one VM of a cluster
 * @cluster: it belongs to
 * @index: which: NODE_FIRST to NODE_DCS
 * @name: as in the talk
 * @dir: QEMU's working folder
 * @evidence: folder for what it says, under its name
 * @pid: of QEMU, 0 while there is none
 * @disk_pid: of the nbdkit that serves its disk, 0 where QEMU opens it itself
 * @lan: socket of its switch port for QEMU, -1 once QEMU has it
 * @qmp: connection to QEMU
 * @qmp_log: beside it
 * @child: notices its end
 * @console: the guest's kernel, stamped
 * @agent: carries out commands
 * @log: Patroni's and PostgreSQL's words, etcd's on NODE_DCS
 * @greeted: QEMU has said hello
 * @loaded: its state is read, or written
 * @between: it is moved, and stands between two QEMUs
 * @target: the other QEMU, while it is moved; NULL otherwise
 * @ready: the agent listens
 * @answers: QMP answers so far
 * @reply: the last one, owned
 * @ended: commands that the agent has carried out
 * @status: of the last
 * @words: its last line of output
 * @said: last line of @log
 * @complaint: the first of our init's on @console
 * @port: on 127.0.0.1, of its PostgreSQL (of haproxy on NODE_DCS)
 * @rest_port: likewise, of its Patroni (of etcd)
 * @fenced: the hypervisor was asked to end it
 * @watch: the pug watch beside it, where there is one
 * @alive: it has heard from the machine
 */
struct node {
	struct cluster *cluster;
	int index;
	const char *name;
	char *dir;
	char *evidence;
	pid_t pid;
	pid_t disk_pid;
	int lan;
	struct qmp qmp;
	FILE *qmp_log;
	sd_event_source *child;
	struct lines console;
	struct lines agent;
	struct lines log;
	bool greeted;
	bool loaded;
	bool between;
	struct node *target;
	bool ready;
	unsigned int answers;
	json_t *reply;
	unsigned int ended;
	int status;
	char words[4096];
	char said[256];
	char complaint[200];
	unsigned int port;
	unsigned int rest_port;
	bool fenced;
	struct poller watch;
	bool alive;
};

/**
 * struct hypervisor - the API that ends the nodes' VMs
 * @pid: of the process that serves it, 0 where there is none
 * @port: of 127.0.0.1
 * @lines: what it did
 */
struct hypervisor {
	pid_t pid;
	unsigned int port;
	struct lines lines;
};

/**
 * struct cluster - four VMs and the network between them, or one
 * @drill: what they are set up for
 * @n: so many of @nodes there are
 * @host: runs them
 * @loop: serves all
 * @lan: joins them
 * @nodes: the VMs
 * @api: of their hypervisor
 * @key: of all that made the warm ones
 * @warm: folder of the warm ones
 * @lock: holds it, -1 where there is none
 * @ending: QEMUs may go
 * @interrupted: by a signal
 * @tsc_khz: of the host, 0 not known
 * @ssh_key: whose owner may log in as root on all nodes; NULL for nobody
 * @why: what went wrong
 */
struct cluster {
	const struct drill *drill;
	int n;
	const struct host *host;
	sd_event *loop;
	struct lan_switch lan;
	struct node nodes[NODES];
	struct hypervisor api;
	char key[17];
	char *warm;
	int lock;
	bool ending;
	bool interrupted;
	unsigned int tsc_khz;
	const char *ssh_key;
	char why[512];
};

typedef bool (*cluster_cond)(struct cluster *cluster, void *data);

int cluster_open(struct cluster *c, const struct host *host, const struct drill *drill);
int cluster_boot(struct cluster *c, const char *dir);
int cluster_fork(struct cluster *c, const char *out);
int cluster_wait(struct cluster *c, double seconds, cluster_cond cond, void *data);
int cluster_pass(struct cluster *c, double seconds);
int cluster_fail(struct cluster *c, const char *fmt, ...) __printf(2, 3);
int cluster_all(struct cluster *c, const char *command);
bool cluster_moved(struct cluster *c, void *data);
void node_init(struct node *node, struct cluster *c, int index);
int node_start(struct node *node, bool fork_of_warm);
int node_save(struct node *node, const char *file);
int node_link_warm(struct node *node);
int node_greet(struct node *node, bool ignore_shared);
int node_move_begin(struct node *node);
int node_move_end(struct node *node);
void node_stop(struct node *node);
int node_qmp(struct node *node, const char *command, json_t *arguments, double seconds);
char *cluster_image(const struct cluster *c);
int node_run(struct node *node, const char *command, double seconds);
int node_forward(struct node *node, unsigned int guest_port, unsigned int *port);
int node_forward_again(struct node *node, unsigned int guest_port, unsigned int port);
int disk_serve(struct node *node);
bool disk_is_served(struct node *node);
int disk_fill(struct node *node, bool full);
void disk_stop(struct node *node);
bool node_has_pills(const struct node *node);
int pills_make(struct node *node, const char *dir);
int pills_fork(struct node *node, const char *dir);
int hypervisor_prepare(struct node *node);
int hypervisor_start(struct cluster *c, const char *out);
void hypervisor_gone(struct node *node);
bool hypervisor_runs(struct cluster *c);
void hypervisor_stop(struct cluster *c);
void cluster_stop(struct cluster *c);
void cluster_close(struct cluster *c);

pid_t node_spawn(struct node *node, bool fork_of_warm);
char *node_plan(const struct node *node);
char *node_full_plan(const struct node *node);
char *node_args(const struct node *node, bool fork_of_warm);
int warm_cluster(struct cluster *c);

#endif
