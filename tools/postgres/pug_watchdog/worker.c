// SPDX-License-Identifier: GPL-2.0
/*
 * The worker: probe, then notify. It waits in one place, WaitLatchOrSocket(),
 * with a limit; sockets are non-blocking, notifications are not waited for, and
 * no file is opened. What it learns of a file system it learns from a backend
 * that either answers or does not.
 *
 * An answer is a sign of life, whatever it says; silence is none. A server that
 * says "too many clients", "starting up", "no space left" or "no such role" is
 * not cured by killing it. So only silence ends notifications, and answers that
 * prove less than was asked are logged and shown.
 */
#include "postgres.h"

#include <sys/socket.h>
#include <unistd.h>

#include "access/xlog.h"
#if PG_VERSION_NUM >= 150000
#include "access/xlogrecovery.h"
#endif
#include "miscadmin.h"
#include "pgstat.h"
#include "port/atomics.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "replication/walreceiver.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/spin.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "pug_watchdog.h"
#include "probe.h"

#define HELD_MAX	3		/* mute backends that we leave behind */
#define PAUSE_MIN_US	20000
#define PAUSE_MAX_US	1000000

static struct probe probe = { .fd = -1 };
static int held[HELD_MAX];		/* connections that were not answered in time */
static int held_count;
static int64 next_us;			/* when the next probe is due */
static int64 probe_began_us;		/* when the last was */
static int64 proved_us;			/* when all that was asked was last proved */
static bool whole;			/* all that is asked for is being asked */

static int64 half_interval(void)
{
	return (int64)(pug_notify.usec / 2);
}

/* Between two probes while something is wrong */
static int64 pause_us(void)
{
	int64 pause = half_interval() / 8;

	return Max(PAUSE_MIN_US, Min(PAUSE_MAX_US, pause));
}

static int64 limit_us(int level)
{
	int64 limit = (int64)pug_limit_ms[level - 1] * 1000;

	return limit ? limit : half_interval();
}

static const char *tell(enum pug_state state)
{
	switch (state) {
	case PUG_ALIVE:
		return "is alive";
	case PUG_ANSWERING:
		return "answers, and systemd is notified";
	case PUG_GRACE:
		return "is not proved alive, and forgiven for now";
	default:
		return "is not proved alive, systemd is not notified";
	}
}

/*
 * Notify first, log later: the log may lie on what hangs. systemctl status shows
 * the STATUS line.
 */
static void set_state(enum pug_state state, const char *reason)
{
	char message[REASON_MAX + 64];

	if (pug_status->state == state && !strcmp(pug_status->reason, reason))
		return;
	pug_status_begin();
	pug_status->state = state;
	pug_status->changed = GetCurrentTimestamp();
	snprintf(pug_status->reason, REASON_MAX, "%s", reason);
	pug_status_end();
	snprintf(message, sizeof(message), "STATUS=" PUG_NAME ": PostgreSQL %s%s%s", tell(state),
		 reason[0] ? ": " : "", reason);
	notify_send(&pug_notify, message);
	ereport(LOG, errmsg(PUG_NAME ": PostgreSQL %s%s%s", tell(state), reason[0] ? ": " : "",
			    reason));
}

/* Returns false where systemd does not take it, and says so in the state */
static bool notify_alive(void)
{
	char message[64] = "WATCHDOG=1";
	char reason[REASON_MAX];
	int ret;

	if (pug_status->relaxed)
		snprintf(message, sizeof(message), "WATCHDOG_USEC=%llu\nWATCHDOG=1",
			 (unsigned long long)pug_notify.usec);
	ret = notify_send(&pug_notify, message);
	if (ret) {
		snprintf(reason, sizeof(reason), "could not notify: %s", strerror(-ret));
		set_state(PUG_SILENT, reason);
		return false;
	}
	pug_status_begin();
	pug_status->relaxed = false;
	pug_status->notifications++;
	pug_status->last = GetCurrentTimestamp();
	pug_status_end();
	return true;
}

static void count_probe(bool failed)
{
	pug_status_begin();
	pug_status->probes++;
	pug_status->failures += failed;
	pug_status->proved = probe.proved;
	for (int i = 0; i < probe.proved; i++)
		pug_status->took_us[i] = probe.took_us[i];
	pug_status_end();
}

static void drop_held(void)
{
	while (held_count)
		close(held[--held_count]);
}

/* Those that have been answered after all, or closed, are of no more use */
static void look_at_held(void)
{
	char byte;

	for (int i = held_count - 1; i >= 0; i--) {
		if (recv(held[i], &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN)
			continue;
		close(held[i]);
		held[i] = held[--held_count];
	}
}

/*
 * A probe that is mute is left, not closed: its backend would not see that
 * anyway, and while HELD_MAX of them hang no more are made.
 */
static void leave_probe(void)
{
	if (probe.fd >= 0 && held_count < HELD_MAX && whole) {
		held[held_count++] = probe.fd;
		probe.fd = -1;
	}
	probe_close(&probe);
}

/* Up to where the primary says it has WAL; 0 where no WAL receiver runs */
static XLogRecPtr primary_end(void)
{
	XLogRecPtr end = InvalidXLogRecPtr;

	SpinLockAcquire(&WalRcv->mutex);
	if (WalRcv->walRcvState == WALRCV_STREAMING)
		end = WalRcv->latestWalEnd;
	SpinLockRelease(&WalRcv->mutex);
	return end;
}

/*
 * There is WAL that is not replayed, and neither receiving nor replaying moves.
 * Not where an administrator wants it so: replay paused, or delayed.
 */
static bool replay_stands(int64 now)
{
	static XLogRecPtr last_received, last_replayed;
	static int64 moved_us;
	XLogRecPtr received = GetWalRcvFlushRecPtr(NULL, NULL);
	XLogRecPtr replayed = GetXLogReplayRecPtr(NULL);
	XLogRecPtr wanted = Max(received, primary_end());
#if PG_VERSION_NUM >= 140000
	bool paused = GetRecoveryPauseState() != RECOVERY_NOT_PAUSED;
#else
	bool paused = RecoveryIsPaused();
#endif

	if (!moved_us || paused || recovery_min_apply_delay > 0 || replayed >= wanted ||
	    received != last_received || replayed != last_replayed) {
		last_received = received;
		last_replayed = replayed;
		moved_us = now;
		return false;
	}
	return now - moved_us > (int64)pug_replay_limit_ms * 1000;
}

/* A failure above level 1, while level 1 is proved, may be forgiven for a while */
static bool in_grace(int64 now)
{
	return probe.proved >= 1 && now - proved_us < (int64)pug_grace_ms * 1000;
}

static void on_failure(const char *reason, int64 now)
{
	count_probe(true);
	leave_probe();
	if (in_grace(now) && notify_alive()) {
		set_state(PUG_GRACE, reason);
		next_us = Max(probe_began_us + half_interval(), now + pause_us());
		return;
	}
	if (!in_grace(now))
		set_state(PUG_SILENT, reason);
	next_us = now + pause_us();
}

static void on_late(int64 now)
{
	static const char * const what[LEVELS] = {
		"the postmaster does not answer", "a backend does not answer SELECT 1",
		"a WAL flush does not end",
	};
	char reason[REASON_MAX];
	int level = probe.proved + 1;

	snprintf(reason, sizeof(reason), "level %d: %s within %lld ms", level, what[level - 1],
		 (long long)(limit_us(level) / 1000));
	on_failure(reason, now);
}

static void on_success(enum pug_state state, const char *reason, int64 now)
{
	proved_us = now;
	count_probe(false);
	drop_held();
	next_us = probe_began_us + half_interval();
	if (notify_alive())
		set_state(state, reason);
	else
		next_us = now + pause_us();
}

static void on_proved(int64 now)
{
	char reason[REASON_MAX] = "";

	/* Only level 1 was asked, because of those that hang above it */
	if (!whole && pug_level > 1) {
		snprintf(reason, sizeof(reason), "level %d: %d backends do not answer",
			 probe.proved + 1, held_count);
		on_failure(reason, now);
		return;
	}
	if (pug_level == LEVELS && pug_replay_limit_ms && RecoveryInProgress() &&
	    replay_stands(now)) {
		snprintf(reason, sizeof(reason), "level 3: replay has not moved for %d ms",
			 pug_replay_limit_ms);
		on_failure(reason, now);
		return;
	}
	on_success(PUG_ALIVE, reason, now);
}

static void on_end(enum probe_end end, int64 now)
{
	switch (end) {
	case PROBE_WAITS:
		break;
	case PROBE_PROVED:
		on_proved(now);
		break;
	case PROBE_ANSWERED:
		on_success(PUG_ANSWERING, probe.why, now);
		break;
	case PROBE_BROKEN:
		on_failure(probe.why, now);
		break;
	}
}

static void begin_probe(int64 now)
{
	int level = pug_level;

	look_at_held();
	/* A standby flushes what it receives; it writes no WAL of its own */
	if (level == LEVELS && RecoveryInProgress())
		level--;
	whole = held_count < HELD_MAX;
	if (!whole)
		level = 1;
	probe_began_us = now;
	on_end(probe_begin(&probe, level), now);
}

static void reload(void)
{
	ConfigReloadPending = false;
	ProcessConfigFile(PGC_SIGHUP);
	pug_status_begin();
	pug_status->level = pug_level;
	pug_status_end();
	/* The new settings at once */
	probe_close(&probe);
	next_us = pug_now_us();
}

static void wait_for_something(void)
{
	int64 until = probe.fd < 0 ? next_us : probe.began_us + limit_us(probe.proved + 1);
	int64 left = until - pug_now_us();
	int events = WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH;

	if (probe.fd >= 0)
		events |= WL_SOCKET_READABLE;
	WaitLatchOrSocket(MyLatch, events, probe.fd >= 0 ? probe.fd : PGINVALID_SOCKET,
			  left > 0 ? (long)((left + 999) / 1000) : 0, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
}

static void step(void)
{
	int64 now = pug_now_us();

	if (probe.fd < 0) {
		if (now >= next_us)
			begin_probe(now);
		return;
	}
	/* First what has come: we too may have been stopped */
	on_end(probe_read(&probe), now);
	if (probe.fd >= 0 && now - probe.began_us >= limit_us(probe.proved + 1))
		on_late(now);
}

/**
 * pug_watchdog_main() - the worker
 * @arg: unused
 *
 * Exits with 1, which makes the postmaster start it again.
 */
void pug_watchdog_main(Datum arg)
{
	(void)arg;
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
	BackgroundWorkerUnblockSignals();
	pug_status_begin();
	pug_status->pid = MyProcPid;
	pug_status->level = pug_level;
	pug_status_end();
	next_us = pug_now_us();
	proved_us = next_us;
	while (!ShutdownRequestPending) {
		if (ConfigReloadPending)
			reload();
		step();
		wait_for_something();
	}
	proc_exit(1);
}
