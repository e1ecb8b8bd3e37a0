/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of the module share. PostgreSQL's headers come first. */
#ifndef PUG_WATCHDOG_H
#define PUG_WATCHDOG_H

#include "notify.h"

#define PUG_NAME	"pug_watchdog"
#define REASON_MAX	192
#define LEVELS		3

enum pug_state {
	PUG_OFF,		/* nobody wants notifications */
	PUG_STARTING,		/* no probe has ended yet */
	PUG_ALIVE,		/* all that was asked is proved */
	PUG_ANSWERING,		/* it answers, but not what was asked: notified all the same */
	PUG_GRACE,		/* a level above 1 is not proved, and forgiven for a while */
	PUG_SILENT,		/* no notifications */
};

/**
 * struct pug_status - in shared memory; the worker writes, anybody reads
 * @changes: odd while the worker writes
 * @relaxed: a crash has made the manager's interval longer
 * @state: what the worker makes of it
 * @reason: of the state, for people
 * @pid: of the worker, 0 where none has run
 * @level: that is asked for
 * @proved: the highest level that the last probe proved
 * @usec: the manager's interval
 * @notifications: sent since the server was started
 * @last: when the last was sent
 * @changed: when the state changed
 * @probes: that have ended
 * @failures: those that ended badly
 * @took_us: how long each level took, the last time that it was proved
 */
struct pug_status {
	pg_atomic_uint32 changes;
	bool relaxed;
	enum pug_state state;
	char reason[REASON_MAX];
	int pid;
	int level;
	int proved;
	uint64 usec;
	int64 notifications;
	TimestampTz last;
	TimestampTz changed;
	int64 probes;
	int64 failures;
	int64 took_us[LEVELS];
};

/* pug_watchdog.c: settings, and what the postmaster knew at its start */
extern int pug_level;
extern int pug_limit_ms[LEVELS];
extern int pug_grace_ms;
extern int pug_replay_limit_ms;
extern char *pug_role;
extern char *pug_database;
extern struct notify pug_notify;
extern struct pug_status *pug_status;

/* status.c */
void pug_status_begin(void);
void pug_status_end(void);
int64 pug_now_us(void);

/* worker.c */
PGDLLEXPORT void pug_watchdog_main(Datum arg);

#endif /* PUG_WATCHDOG_H */
