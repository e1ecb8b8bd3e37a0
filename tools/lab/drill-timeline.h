/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_DRILL_TIMELINE_H
#define PUG_DRILL_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include "compiler.h"
#include "drill.h"

/* Nodes by place: 0 the leader at first, 3 etcd and haproxy */
#define MOMENT_LAB (-1)
#define DRILL_DATABASES 3
#define DRILL_NODES 4

enum moment_kind {
	MOMENT_OTHER,		/* kept to be read, decides nothing */
	MOMENT_HEALTHY,		/* the lab saw one leader and two replicas */
	MOMENT_FAULT,		/* the lab asks for it */
	MOMENT_FREEZE,		/* console: the module stops the CPUs */
	MOMENT_THAW,		/* console: they go on within 20 ms; QMP: RESUME */
	MOMENT_WATCHDOG,	/* QMP: an emulated device fired */
	MOMENT_RESET,		/* QMP: the guest was reset; value: 1 by whom QMP serves */
	MOMENT_SOFTDOG,		/* console: it fires */
	MOMENT_SYSRQ,		/* console: somebody resets it by sysrq */
	MOMENT_STOP,		/* QMP: the VM stands still */
	MOMENT_MOVED,		/* QMP: its state was written, or read by another QEMU */
	MOMENT_NO_SPACE,	/* QMP: a write found no room on the disk */
	MOMENT_HUNG,		/* the fault was done to PostgreSQL */
	MOMENT_SILENT,		/* systemd: a unit's watchdog; value: 1 pug-pgwatch's */
	MOMENT_LOGIN,		/* a client that connects for each row: acknowledged */
	MOMENT_WORD,		/* the guest's user space said something */
	MOMENT_BOOT,		/* its agent is up, again */
	MOMENT_KEY,		/* etcd: the leader key names another; value: whom, -1 nobody */
	MOMENT_ROLE,		/* REST: role, state or timeline changed */
	MOMENT_PROMOTED,	/* Patroni: promotes */
	MOMENT_DEMOTED,		/* Patroni: demotes itself */
	MOMENT_RESTARTED,	/* Patroni: starts a PostgreSQL that is gone */
	MOMENT_REWIND,		/* Patroni: runs pg_rewind */
	MOMENT_ACK,		/* a client: acknowledged; value: on which timeline */
	MOMENT_SIGNALLED,	/* agent: Patroni or PostgreSQL was sent a signal */
	MOMENT_DECISION,	/* pug-fence: why it promotes, or not */
	MOMENT_WATCH,		/* pug watch acts */
	MOMENT_KILL,		/* the hypervisor was asked to end the VM */
	MOMENT_OFF,		/* QEMU has ended */
	MOMENT_PG_PROMOTED,	/* PostgreSQL: was told to leave recovery */
	MOMENT_PG_DOWN,		/* PostgreSQL: no client is served any more */
	MOMENT_PG_STANDBY,	/* PostgreSQL: in recovery, from now on a standby */
	MOMENT_PG_PRIMARY,	/* PostgreSQL: takes writes */
	MOMENT_NOT_WELL,	/* the lab waited in vain for the cluster to be well */
	MOMENT_ERROR,		/* the drill could not be carried through */
	MOMENT_END,		/* clients are stopped, rows are counted */
	MOMENT_KINDS
};

/**
 * struct moment - something seen
 * @kind: what
 * @node: whose, or MOMENT_LAB
 * @t: host's monotonic clock in seconds, at arrival
 * @value: see the kinds
 * @took_ms: of MOMENT_ACK: since it was sent; 0 where it was tried more than once
 * @text: for people, owned
 * @seq: position as read
 */
struct moment {
	enum moment_kind kind;
	int node;
	double t;
	long value;
	double took_ms;
	char *text;
	size_t seq;
};

/**
 * struct drill_timeline - all that was seen in a drill, in order
 * @moments: by time
 * @n: how many
 * @cap: allocated
 * @has_hypervisor: it was asked, or could have been
 * @settled: settle.json, NULL where there is none
 * @salvaged: salvaged.json, likewise
 * @broken: why the evidence can't be judged, empty when it can
 */
struct drill_timeline {
	struct moment *moments;
	size_t n;
	size_t cap;
	bool has_hypervisor;
	json_t *settled;
	json_t *salvaged;
	char broken[256];
};

void drill_add(struct drill_timeline *tl, enum moment_kind kind, int node, double t, long value,
	       const char *fmt, ...) __printf(6, 7);
void drill_broken(struct drill_timeline *tl, const char *fmt, ...) __printf(2, 3);
void drill_sort(struct drill_timeline *tl);
void drill_timeline_free(struct drill_timeline *tl);
const struct moment *drill_find(const struct drill_timeline *tl, enum moment_kind kind, int node,
				double from);
double drill_zero(const struct drill_timeline *tl);
int drill_timeline_write(const struct drill_timeline *tl, FILE *out);
void drill_timeline_print(const struct drill_timeline *tl, bool all, FILE *out);
const char *drill_node_name(int node);
const char *moment_kind_name(enum moment_kind kind);

void drill_console(struct drill_timeline *tl, int node, FILE *in);
void drill_qmp(struct drill_timeline *tl, int node, FILE *in);
void drill_agent(struct drill_timeline *tl, int node, FILE *in);
void drill_log(struct drill_timeline *tl, int node, FILE *in);
void drill_rest(struct drill_timeline *tl, int node, FILE *in);
void drill_sql(struct drill_timeline *tl, int node, FILE *in);
void drill_view(struct drill_timeline *tl, int node, FILE *in);
void drill_key(struct drill_timeline *tl, int node, FILE *in);
void drill_lab(struct drill_timeline *tl, int node, FILE *in);
void drill_evidence(struct drill_timeline *tl, const struct drill *drill, const char *dir);
void drill_journal(struct drill_timeline *tl, const char *path, const char *name,
		   int (*node_of)(const char *server));
void drill_watch(struct drill_timeline *tl, int node, FILE *in);
void drill_hypervisor(struct drill_timeline *tl, int node, FILE *in);

#endif
