// SPDX-License-Identifier: GPL-2.0
/*
 * What must come of a drill whose leader is reset from outside: by pug watch, or by
 * sbd's poison pill (1.5.2). Written down before a configuration's first run.
 */
#include "drill-expect-part.h"

#define WATCHED \
	"tools/lab/watch.c:watch_due: the VM has been paused, out of disk or without a sign of life for so long, so it is reset from outside, and let go only when QEMU says that this is done (tools/lab/watch-qmp.c:on_reset): what comes back boots"

#define UNTICKLED \
	"src/sbd-inquisitor.c:inquisitor_child (1.5.2): without Pacemaker it feeds the watchdog while its servant reads the slot; frozen it does neither, so its watchdog fires by sbd's own timeout, long before the key expires; who would be promoted waits msgwait beside that"

#define PILL_READ_LATE \
	"src/sbd-md.c:servant_md (1.5.2): a VM that stands still reads no pill, and its watchdog stands still with it, but msgwait passes; the thawed leader finds its pill after its sleep of loop (1 s), and until then its PostgreSQL takes writes, which are rewound away"

#define PILL \
	"src/sbd-md.c:servant_md (1.5.2): the machine is well, so it reads its pill within loop (1 s) and resets itself (sbd-common.c:do_exit), before msgwait has passed and another is promoted"

/* Between two looks at its slot */
#define SBD_LOOP_MS 1000

/**
 * drill_stands_still() - does its whole machine?
 * @drill: as asked
 *
 * Return: whether: no sign of life, or QEMU itself says so.
 */
bool drill_stands_still(const struct drill *drill)
{
	return drill_faults[drill->fault].stops_time || is_hog(drill) ||
	       drill->fault == DRILL_STOP_MACHINE || drill->fault == DRILL_TWO_FREEZES;
}

/**
 * drill_expect_outside() - with pug watch beside the VMs
 * @e: filled in
 * @drill: of which drill_stands_still() is true
 *
 * The key was refreshed up to loop_wait before the fault: who is reset before ttl -
 * loop_wait have passed is gone before another may lead, however short the fault was.
 *
 * Return: 0; -1 when nobody has written that down.
 */
int drill_expect_outside(struct drill_expectation *e, const struct drill *drill)
{
	long after = drill->outside_s * 1000L;

	/* It leaves alone who is being saved; what it takes who is saved for is not written down */
	if (drill->fence != DRILL_NO_FENCE || drill->fault == DRILL_VM_SNAPSHOT ||
	    (is_guarded(drill) && !drill_faults[drill->fault].stops_time))
		return -1;
	e->kind = DRILL_SAFE;
	e->by = "pug-watch";
	/* From the last sign of life, or from when QEMU says it */
	e->fence_min_ms = after - SLACK_MS;
	e->fence_max_ms = after + 2 * SLACK_MS;
	/* A hog takes some time to take effect */
	if (is_hog(drill))
		e->fence_max_ms += 2 * SLACK_MS;
	if (e->fence_max_ms > (long)drill->freeze_ms)
		return -1;
	if (e->fence_max_ms < (drill->ttl_s - drill->loop_s) * 1000L)
		e->right = RIGHT_YES;
	e->reason = WATCHED;
	if (drill->sync == DRILL_ANY)
		any_one(e, WATCHED ANY_ONE);
	return 0;
}

/* The key expires ttl after its refresh, and somebody notices within loop_wait */
static void pilled(struct drill_expectation *e, const struct drill *drill, const char *reason)
{
	e->kind = DRILL_LOST;
	e->by = "sbd";
	e->right = RIGHT_YES;
	e->fence_min_ms = (drill->ttl_s - drill->loop_s) * 1000L - SLACK_MS;
	e->fence_max_ms = (drill->ttl_s + drill->loop_s) * 1000L + SBD_LOOP_MS + 2 * SLACK_MS;
	e->reason = reason;
}

/**
 * drill_expect_sbd() - with the poison pill
 * @e: filled in
 * @drill: of which the fence is sbd
 *
 * Return: 0; -1 when nobody has written that down.
 */
int drill_expect_sbd(struct drill_expectation *e, const struct drill *drill)
{
	if (drill->sync != DRILL_ASYNC || drill->outside_s || loses_time(drill))
		return -1;
	if (drill_faults[drill->fault].stops_time) {
		nobody(e, PILL_READ_LATE);
		e->also = 1u << DRILL_SPLIT_BRAIN;
		e->by = "sbd";
		e->fence_min_ms = drill->freeze_ms - SLACK_MS;
		e->fence_max_ms = drill->freeze_ms + SBD_LOOP_MS + 2 * SLACK_MS;
		return 0;
	}
	switch (drill->fault) {
	case DRILL_STOP_MACHINE:
	case DRILL_RT_HOG:
		e->kind = DRILL_SAFE;
		/* It may be back before its key expires, and lead on; or all of this takes long */
		e->also = 1u << DRILL_OUTAGE;
		e->by = "i6300esb";
		e->fence_max_ms = SBD_WATCHDOG_S * ESB_PPM / 1000 + SLACK_MS;
		e->fence_min_ms = e->fence_max_ms - SBD_LOOP_MS - 2 * SLACK_MS;
		e->reason = UNTICKLED;
		return 0;
	case DRILL_PARTITION:
		pilled(e, drill, CUT_OFF "; and " PILL);
		return 0;
	case DRILL_PATRONI_HANG:
		pilled(e, drill, PILL "; what it acknowledged in the last milliseconds may not have been shipped");
		e->kind = DRILL_SAFE;
		e->also = 1u << DRILL_LOST;
		return 0;
	default:
		return -1;
	}
}
