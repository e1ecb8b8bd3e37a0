// SPDX-License-Identifier: GPL-2.0
/*
 * For tests: a backend that takes one of PostgreSQL's inner locks and keeps it
 * until it is killed.
 */
#include "postgres.h"

#include "fmgr.h"
#include "storage/lwlock.h"
#include "utils/builtins.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(pug_hold);

/**
 * pug_hold() - hold a lock for ever
 * @fcinfo: the lock: ProcArray or WALWrite
 *
 * Return: never, but for another name.
 */
Datum pug_hold(FunctionCallInfo fcinfo)
{
	const char *name = text_to_cstring(PG_GETARG_TEXT_PP(0));

	if (!strcmp(name, "ProcArray"))
		LWLockAcquire(ProcArrayLock, LW_EXCLUSIVE);
	else if (!strcmp(name, "WALWrite"))
		LWLockAcquire(WALWriteLock, LW_EXCLUSIVE);
	else
		elog(ERROR, "no lock is called so here: %s", name);
	elog(NOTICE, "holds it");
	for (;;)
		pg_usleep(1000000);
}
