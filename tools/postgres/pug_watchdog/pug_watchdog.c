// SPDX-License-Identifier: GPL-2.0
/*
 * pug_watchdog: PostgreSQL under systemd's watchdog, without a patch.
 *
 * Here is what runs in the postmaster: settings, the worker's registration, and
 * a hook that is called when shared memory is made anew after a crash. For in
 * crash recovery PostgreSQL starts no background worker: HandleChildCrash() sets
 * FatalError, maybe_start_bgworkers() returns on it, and what resets it at the
 * beginning of redo does not ask for workers again (postmaster.c of 15).
 * A recovery longer than the watchdog's interval would be killed, begin again,
 * and be killed again. So the hook asks the manager for a longer interval, which
 * the next worker takes back.
 */
#include "postgres.h"

#include <limits.h>
#include <stdlib.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "postmaster/bgworker.h"
#include "postmaster/bgworker_internals.h"
#include "postmaster/postmaster.h"
#include "storage/ipc.h"
#include "storage/shmem.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "pug_watchdog.h"

#if PG_VERSION_NUM < 130000 || PG_VERSION_NUM >= 180000
#error pug_watchdog knows PostgreSQL 13 to 17
#endif

PG_MODULE_MAGIC;

int pug_level = 2;
int pug_limit_ms[LEVELS];
int pug_grace_ms;
int pug_replay_limit_ms;
char *pug_role;
char *pug_database;
struct notify pug_notify = { .fd = -1 };
struct pug_status *pug_status;

static int crash_recovery_s;
static char *notify_socket;
static int watchdog_ms;
static const char *off_reason;
static bool started;
static shmem_startup_hook_type prev_startup_hook;
#if PG_VERSION_NUM >= 150000
static shmem_request_hook_type prev_request_hook;
#endif

void _PG_init(void);

static void define_settings(void)
{
	static const char * const limit_names[LEVELS] = {
		PUG_NAME ".limit_connect", PUG_NAME ".limit_query", PUG_NAME ".limit_flush",
	};
	static const char * const limit_texts[LEVELS] = {
		"How long the postmaster may take to answer (level 1).",
		"How long a backend may take to answer SELECT 1 (level 2).",
		"How long a WAL flush may take (level 3).",
	};

	DefineCustomIntVariable(PUG_NAME ".level", "What has to be proved before systemd is notified.",
				"1: the postmaster answers; 2: and a backend SELECT 1; 3: and WAL is flushed.",
				&pug_level, 2, 1, LEVELS, PGC_SIGHUP, 0, NULL, NULL, NULL);
	for (int i = 0; i < LEVELS; i++)
		DefineCustomIntVariable(limit_names[i], limit_texts[i],
					"0: half of the watchdog's interval, which is all there is.",
					&pug_limit_ms[i], 0, 0, INT_MAX, PGC_SIGHUP, GUC_UNIT_MS,
					NULL, NULL, NULL);
	DefineCustomIntVariable(PUG_NAME ".grace",
				"How long levels above 1 may stay unproved while level 1 is proved.",
				"0: notifications end at once.", &pug_grace_ms, 0, 0, INT_MAX,
				PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable(PUG_NAME ".replay_limit",
				"How long a standby's replay may stand still with WAL to replay (level 3).",
				"0: it is not looked at.", &pug_replay_limit_ms, 0, 0, INT_MAX,
				PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable(PUG_NAME ".crash_recovery",
				"The watchdog's interval while PostgreSQL recovers from a crash.",
				"0: as always, which kills a recovery that takes longer.",
				&crash_recovery_s, 3600, 0, INT_MAX / 1000, PGC_SIGHUP,
				GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomStringVariable(PUG_NAME ".role", "Who asks SELECT 1.", NULL, &pug_role,
				   "postgres", PGC_SIGHUP, GUC_SUPERUSER_ONLY, NULL, NULL, NULL);
	DefineCustomStringVariable(PUG_NAME ".database", "Where SELECT 1 is asked.", NULL,
				   &pug_database, "postgres", PGC_SIGHUP, GUC_SUPERUSER_ONLY, NULL,
				   NULL, NULL);
	DefineCustomStringVariable(PUG_NAME ".notify_socket",
				   "A service manager's socket, where it is not the environment's.",
				   "For a supervisor beside Patroni. Wants watchdog_interval too.",
				   &notify_socket, "", PGC_POSTMASTER, GUC_SUPERUSER_ONLY, NULL,
				   NULL, NULL);
	DefineCustomIntVariable(PUG_NAME ".watchdog_interval",
				"The watchdog's interval, with notify_socket.", NULL, &watchdog_ms,
				0, 0, INT_MAX, PGC_POSTMASTER, GUC_UNIT_MS, NULL, NULL, NULL);
#if PG_VERSION_NUM >= 150000
	MarkGUCPrefixReserved(PUG_NAME);
#else
	EmitWarningsOnPlaceholders(PUG_NAME);
#endif
}

/* Asked of the environment, or of the settings where these name a socket */
static bool is_wanted(void)
{
	char usec[32];

	if (!notify_socket[0])
		return !notify_setup(&pug_notify, getenv("NOTIFY_SOCKET"), getenv("WATCHDOG_USEC"),
				     getenv("WATCHDOG_PID"), PostmasterPid, &off_reason);
	if (!watchdog_ms)
		ereport(FATAL, errmsg(PUG_NAME ".notify_socket wants " PUG_NAME
				      ".watchdog_interval"));
	snprintf(usec, sizeof(usec), "%d000", watchdog_ms);
	if (notify_setup(&pug_notify, notify_socket, usec, NULL, 0, &off_reason))
		ereport(FATAL, errmsg(PUG_NAME ".notify_socket or .watchdog_interval: %s",
				      off_reason));
	return true;
}

/*
 * RegisterBackgroundWorker() only logs where there is no room, and a server that
 * systemd waits for in vain is killed at each interval: better not start.
 */
static void register_worker(void)
{
	BackgroundWorker worker = {
		.bgw_flags = BGWORKER_SHMEM_ACCESS,
		.bgw_start_time = BgWorkerStart_PostmasterStart,
		.bgw_restart_time = 1,
	};
	slist_iter iter;

	snprintf(worker.bgw_name, sizeof(worker.bgw_name), "%s", PUG_NAME);
	snprintf(worker.bgw_type, sizeof(worker.bgw_type), "%s", PUG_NAME);
	snprintf(worker.bgw_library_name, sizeof(worker.bgw_library_name), "%s", PUG_NAME);
	snprintf(worker.bgw_function_name, sizeof(worker.bgw_function_name), "%s", "pug_watchdog_main");
	RegisterBackgroundWorker(&worker);
	slist_foreach(iter, &BackgroundWorkerList) {
		RegisteredBgWorker *rw = slist_container(RegisteredBgWorker, rw_lnode, iter.cur);

		if (!strcmp(rw->rw_worker.bgw_name, PUG_NAME))
			return;
	}
	ereport(FATAL, errmsg(PUG_NAME " got no background worker"),
		errhint("Raise max_worker_processes by one."));
}

/* In the postmaster: never wait, and a failure is only worth a line */
static void relax_manager(void)
{
	char message[64];
	int ret;

	if (!crash_recovery_s)
		return;
	snprintf(message, sizeof(message), "WATCHDOG_USEC=%lld", crash_recovery_s * 1000000LL);
	ret = notify_send(&pug_notify, message);
	if (!ret) {
		pug_status->relaxed = true;
		return;
	}
	errno = -ret;
	ereport(LOG, errmsg(PUG_NAME ": could not ask for time for crash recovery: %m"));
}

static void startup_hook(void)
{
	bool found;

	if (prev_startup_hook)
		prev_startup_hook();
	pug_status = ShmemInitStruct(PUG_NAME, sizeof(*pug_status), &found);
	if (found)
		return;
	memset(pug_status, 0, sizeof(*pug_status));
	pg_atomic_init_u32(&pug_status->changes, 0);
	pug_status->changed = GetCurrentTimestamp();
	pug_status->state = off_reason ? PUG_OFF : PUG_STARTING;
	pug_status->level = pug_level;
	pug_status->usec = off_reason ? 0 : pug_notify.usec;
	snprintf(pug_status->reason, REASON_MAX, "%s", off_reason ? off_reason : "");
	if (started && !off_reason)
		relax_manager();
	started = true;
}

static void request_memory(void)
{
#if PG_VERSION_NUM >= 150000
	if (prev_request_hook)
		prev_request_hook();
#endif
	RequestAddinShmemSpace(MAXALIGN(sizeof(struct pug_status)));
}

/**
 * _PG_init() - called in the postmaster, before shared memory is there
 */
void _PG_init(void)
{
	if (!process_shared_preload_libraries_in_progress)
		return;
	define_settings();
#if PG_VERSION_NUM >= 150000
	prev_request_hook = shmem_request_hook;
	shmem_request_hook = request_memory;
#else
	request_memory();
#endif
	prev_startup_hook = shmem_startup_hook;
	shmem_startup_hook = startup_hook;
	if (!is_wanted()) {
		ereport(LOG, errmsg(PUG_NAME " does nothing: %s", off_reason));
		return;
	}
	if (!Unix_socket_directories || !Unix_socket_directories[0])
		ereport(FATAL, errmsg(PUG_NAME " asks through a unix socket, and there is none"),
			errhint("Set unix_socket_directories."));
	register_worker();
	ereport(LOG, errmsg(PUG_NAME " notifies the service manager every %llu ms while PostgreSQL is alive",
			    (unsigned long long)(pug_notify.usec / 2000)));
}
