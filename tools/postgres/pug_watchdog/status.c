// SPDX-License-Identifier: GPL-2.0
/*
 * The worker's state in shared memory, and the function that reads it. No lock:
 * a worker that is stopped while it writes must not hold up those who ask why.
 */
#include "postgres.h"

#include <time.h>

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "pug_watchdog.h"

#define COLUMNS		14
#define READ_TRIES	1000

PG_FUNCTION_INFO_V1(pug_watchdog_status);

static const char * const state_names[] = {
	[PUG_OFF] = "off",
	[PUG_STARTING] = "starting",
	[PUG_ALIVE] = "alive",
	[PUG_ANSWERING] = "answering",
	[PUG_GRACE] = "grace",
	[PUG_SILENT] = "silent",
};

/**
 * pug_now_us - the clock that systemd's watchdog goes by
 *
 * Return: CLOCK_MONOTONIC in microseconds.
 */
int64 pug_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/**
 * pug_status_begin - the worker is about to write
 *
 * One that died while it wrote left an odd number.
 */
void pug_status_begin(void)
{
	uint32 changes = pg_atomic_read_u32(&pug_status->changes);

	pg_atomic_write_u32(&pug_status->changes, changes | 1);
	pg_write_barrier();
}

/**
 * pug_status_end - the worker has written
 */
void pug_status_end(void)
{
	pg_write_barrier();
	pg_atomic_write_u32(&pug_status->changes, pg_atomic_read_u32(&pug_status->changes) + 1);
}

static bool read_status(struct pug_status *copy)
{
	for (int i = 0; i < READ_TRIES; i++) {
		uint32 before = pg_atomic_read_u32(&pug_status->changes);

		pg_read_barrier();
		memcpy(copy, pug_status, sizeof(*copy));
		pg_read_barrier();
		if (!(before & 1) && pg_atomic_read_u32(&pug_status->changes) == before)
			return true;
		pg_usleep(100);
	}
	return false;
}

static Datum milliseconds(int64 us)
{
	return Float8GetDatum((double)us / 1000.0);
}

/**
 * pug_watchdog_status() - the row of the view
 * @fcinfo: no arguments
 *
 * Return: the row; an error where the module is not in shared_preload_libraries,
 * or the worker was stopped while it wrote.
 */
Datum pug_watchdog_status(FunctionCallInfo fcinfo)
{
	Datum values[COLUMNS];
	bool nulls[COLUMNS] = { false };
	struct pug_status s;
	TupleDesc desc;

	if (!pug_status)
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg(PUG_NAME " must be loaded via shared_preload_libraries"));
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE ||
	    desc->natts != COLUMNS)
		elog(ERROR, "the extension's SQL does not fit the module");
	if (!read_status(&s))
		ereport(ERROR, errmsg("the worker of " PUG_NAME " does not finish its writing"),
			errhint("Is it stopped? Process %d", s.pid));
	values[0] = CStringGetTextDatum(state_names[s.state]);
	values[1] = CStringGetTextDatum(s.reason);
	values[2] = Int32GetDatum(s.pid);
	nulls[2] = !s.pid;
	values[3] = Int32GetDatum(s.level);
	values[4] = Int32GetDatum(s.proved);
	values[5] = Int64GetDatum((int64)(s.usec / 1000));
	nulls[5] = s.state == PUG_OFF;
	values[6] = Int64GetDatum(s.notifications);
	values[7] = TimestampTzGetDatum(s.last);
	nulls[7] = !s.last;
	values[8] = TimestampTzGetDatum(s.changed);
	values[9] = Int64GetDatum(s.probes);
	values[10] = Int64GetDatum(s.failures);
	for (int i = 0; i < LEVELS; i++) {
		values[11 + i] = milliseconds(s.took_us[i]);
		nulls[11 + i] = !s.took_us[i];
	}
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}
