// SPDX-License-Identifier: GPL-2.0
/*
 * PostgreSQL hangs, and its machine does not: who has to notice, written down before
 * a fault's first run, and who did. Everything else is as in any other drill.
 */
#include <stdio.h>
#include <string.h>

#include "compiler.h"
#include "drill-hang.h"

#define SLACK_MS 1500
/* The patch notifies once a minute, so its last word is up to so old */
#define PATCH_EVERY_S 60

#define SYSTEMD "systemd"
#define PGWATCH "pug-pgwatch"
#define ESB "i6300esb"

/**
 * struct hang - a fault of PostgreSQL's
 * @level: of pug_watchdog that has to notice; 0: none may
 * @patch: the talk's patch has to notice
 * @patroni: Patroni hangs with it, so it feeds its watchdog no more
 * @stays: a restart does not cure it
 * @unnoticed: what comes of it where nobody does
 * @reason: file:function with the version
 */
struct hang {
	int level;
	bool patch;
	bool patroni;
	bool stays;
	enum drill_kind unnoticed;
	const char *reason;
};

static const struct hang rows[DRILL_FAULTS] = {
	[HANG_POSTMASTER] = {
		1, true, false, false, DRILL_OUTAGE,
		"src/backend/postmaster/postmaster.c:ServerLoop (15) is what accepts and forks; sessions that are there, Patroni's too (postgresql/connection.py, 3.0.2), go on without it",
	},
	[HANG_BACKEND] = {
		0, false, false, true, DRILL_SAFE,
		"a backend that holds no lock holds up its own client only",
	},
	[HANG_CHECKPOINTER] = {
		0, false, false, true, DRILL_SAFE,
		"src/backend/postmaster/checkpointer.c:ForwardSyncRequest (15): backends do its work where its queue is full",
	},
	[HANG_WALWRITER] = {
		0, false, false, true, DRILL_SAFE,
		"src/backend/access/transam/xlog.c:XLogFlush (15): who commits writes WAL itself",
	},
	[HANG_WORKER] = {
		1, false, false, false, DRILL_SAFE,
		"worker.c: it is the worker that notifies, and a stopped one proves nothing",
	},
	[HANG_ALL] = {
		1, true, true, false, DRILL_OUTAGE,
		"patroni/ha.py:update_lock (3.0.2) asks PostgreSQL before it updates the key, over a connection without a time limit of the client's: so neither key nor watchdog is kept up",
	},
	[HANG_DISK] = {
		3, false, false, true, DRILL_OUTAGE,
		"fs/super.c:sb_start_write (6.1): who writes sleeps, and cannot be killed; reading goes on, and with it SELECT 1 and Patroni's query",
	},
	[HANG_DISK_FULL] = {
		0, false, false, true, DRILL_OUTAGE,
		"src/backend/storage/smgr/md.c:mdextend (15): ENOSPC is an error, and an answer; a new server would find as little room",
	},
	[HANG_SLOTS] = {
		0, false, false, true, DRILL_OUTAGE,
		"src/backend/storage/lmgr/proc.c:InitProcess (15): too many clients is an answer; Patroni has its connection",
	},
	[HANG_LOCK] = {
		2, false, true, false, DRILL_OUTAGE,
		"src/backend/storage/ipc/procarray.c:GetSnapshotData (15): no query without ProcArrayLock, and who waits for an LWLock can't be cancelled (lwlock.c:LWLockAcquire), so statement_timeout does not help Patroni",
	},
	[HANG_LOCK_WAL] = {
		3, false, false, false, DRILL_OUTAGE,
		"src/backend/access/transam/xlog.c:XLogFlush (15): no commit without WALWriteLock; what only reads goes on, as SELECT 1 and Patroni's query do",
	},
	[HANG_RECOVERY] = {
		0, false, false, true, DRILL_SAFE,
		"pug_watchdog.c:relax_manager: the interval is an hour in a crash's recovery; patroni/ha.py:handle_starting_instance (3.0.2) gives it primary_start_timeout, 300 s",
	},
	[HANG_BASEBACKUP] = {
		0, false, false, true, DRILL_SAFE, "it is slow, and answers",
	},
	[HANG_CHECKPOINT] = {
		0, false, false, true, DRILL_SAFE, "it is slow, and answers",
	},
	[HANG_PATRONI] = {
		0, false, true, true, DRILL_SAFE,
		"patroni/watchdog/base.py:keepalive (3.0.2): a Patroni that is stopped feeds nobody; PostgreSQL itself is well",
	},
};

static bool has_to_notice(const struct drill *drill)
{
	const struct hang *row = &rows[drill->fault];

	if (drill->keeper == KEEPER_PATCH)
		return row->patch;
	/* The keepers' numbers are their levels */
	return row->level && (int)drill->keeper >= row->level;
}

/* Where nobody can say, or what is asked makes no sense */
static bool is_nonsense(const struct drill *drill)
{
	int least = drill->keeper == KEEPER_PATCH ? PATCH_S : KEEPER_S;
	bool module = drill->keeper != KEEPER_NONE && drill->keeper != KEEPER_PATCH;

	if (drill->freeze_ms < (least + 5) * 1000U ||
	    drill->freeze_ms < (drill->ttl_s + drill->loop_s) * 1000)
		return true;
	if (drill->alone)
		return drill->fault == HANG_PATRONI || drill->dog == DRILL_SOFTDOG ||
		       drill->dog == DRILL_ITCO ||
		       (drill->fault == HANG_WORKER && !module);
	return drill->keeper == KEEPER_PATCH || drill->dog != DRILL_I6300ESB ||
	       drill->mode == DRILL_OFF || (drill->fault == HANG_WORKER && !module);
}

/* Half of the interval is what a probe may take; the last one was up to half ago */
static void keeper_times(struct drill_expectation *e, const struct drill *drill)
{
	long limit = drill->keeper == KEEPER_PATCH ? PATCH_S : KEEPER_S;
	long least = drill->keeper == KEEPER_PATCH ? PATCH_S - PATCH_EVERY_S : KEEPER_S / 2;

	e->fence_min_ms = least * 1000 - SLACK_MS;
	e->fence_max_ms = limit * 1000 + SLACK_MS;
}

/* Patroni's watchdog: its last keepalive is up to loop_wait old */
static void dog_times(struct drill_expectation *e, const struct drill *drill)
{
	long limit = drill_timeout_s(drill) * 1000L;
	long from = limit - drill->loop_s * 1000L - SLACK_MS;

	if (!*e->by || from < e->fence_min_ms)
		e->fence_min_ms = from;
	limit += limit / 150 + SLACK_MS;
	if (limit > e->fence_max_ms)
		e->fence_max_ms = limit;
}

/**
 * hang_expect() - what must come of it
 * @e: zeroed
 * @drill: as asked, of hang-postgres
 *
 * Return: 0; -1 when nobody has written that down.
 */
int hang_expect(struct drill_expectation *e, const struct drill *drill)
{
	const struct hang *row = &rows[drill->fault];

	if (is_nonsense(drill))
		return -1;
	e->by = "";
	e->or_by = "";
	e->reason = row->reason;
	e->kind = row->unnoticed;
	if (has_to_notice(drill)) {
		keeper_times(e, drill);
		e->by = drill->alone ? SYSTEMD : PGWATCH;
		e->kind = row->stays ? row->unnoticed : DRILL_SAFE;
		/* It may come so late that clients have waited for long */
		if (drill->keeper == KEEPER_PATCH)
			e->also = 1u << DRILL_OUTAGE;
	}
	if (row->patroni && !drill->alone) {
		dog_times(e, drill);
		if (*e->by)
			e->or_by = ESB;
		else
			e->by = ESB;
		e->kind = DRILL_SAFE;
		e->also |= 1u << DRILL_OUTAGE;
	}
	if (drill->fault == HANG_RECOVERY)
		e->also |= 1u << DRILL_OUTAGE;
	return 0;
}

static long ms_since(double fault, double t)
{
	return (long)((t - fault) * 1000 + 0.5);
}

/* The first that did something about it; one that only knew is not told from one that did not */
static void who_noticed(struct drill_verdict *v, const struct drill_timeline *tl, double fault)
{
	for (size_t i = 0; i < tl->n; i++) {
		const struct moment *m = &tl->moments[i];
		const char *by = NULL;

		if (m->t < fault)
			continue;
		if (m->kind == MOMENT_WATCHDOG && !m->node)
			by = ESB;
		else if (m->kind == MOMENT_SILENT && !m->node)
			by = m->value ? PGWATCH : SYSTEMD;
		else if ((m->kind == MOMENT_DEMOTED || m->kind == MOMENT_RESTARTED) && !m->node)
			by = "patroni";
		else if (m->kind == MOMENT_KEY && m->value)
			by = "ttl";
		if (!by)
			continue;
		snprintf(v->by, sizeof(v->by), "%s", by);
		v->noticed_ms = ms_since(fault, m->t);
		return;
	}
}

/**
 * hang_judge() - who noticed, when, and whether anybody could log in meanwhile
 * @v: gets that
 * @tl: in order
 * @fault: its begin
 * @end: of the drill
 */
void hang_judge(struct drill_verdict *v, const struct drill_timeline *tl, double fault, double end)
{
	v->by[0] = '\0';
	who_noticed(v, tl, fault);
	v->no_login_ms = drill_longest_gap(tl, MOMENT_LOGIN, fault, end);
}

/**
 * hang_is_false_kill() - did the keeper kill what it has to leave alone?
 * @v: judged
 * @drill: as asked
 *
 * Return: whether.
 */
bool hang_is_false_kill(const struct drill_verdict *v, const struct drill *drill)
{
	return !has_to_notice(drill) && (!strcmp(v->by, PGWATCH) || !strcmp(v->by, SYSTEMD));
}

#define ROW "%-17s  %-8s  %-8s  %-11s  %-11s  %-11s  %-11s  %-7s  %-7s  %-8s  %s\n"

/**
 * hang_print_head() - of the table
 */
void hang_print_head(void)
{
	printf("  " ROW, "FAULT", "KEEPER", "UNDER", "EXPECTED", "NOTICED BY", "AFTER", "SEEN",
	       "OUTAGE", "NO LOGIN", "LEADER", "OLD LEADER");
}

/**
 * hang_print_row() - of the table
 * @drill: as asked
 * @e: expected
 * @v: seen
 * @met: both agree
 */
void hang_print_row(const struct drill *drill, const struct drill_expectation *e,
		    const struct drill_verdict *v, bool met)
{
	char seen[64], after[16], outage[16], login[16], leader[16];

	drill_sentence(v, seen, sizeof(seen));
	printf("%c " ROW, v->kind == DRILL_ERROR ? 'E' : met ? ' ' : '!',
	       drill_faults[drill->fault].name, drill_keepers[drill->keeper],
	       drill->alone ? SYSTEMD : "patroni", *e->by ? e->by : "nobody",
	       *v->by ? v->by : "nobody", drill_seconds(after, sizeof(after), v->noticed_ms), seen,
	       drill_seconds(outage, sizeof(outage), v->outage_ms),
	       drill_seconds(login, sizeof(login), v->no_login_ms),
	       drill_seconds(leader, sizeof(leader), v->new_leader_ms), v->old_leader);
	if (v->kind == DRILL_ERROR || !met)
		printf("    %s\n", v->reason);
	fflush(stdout);
}
