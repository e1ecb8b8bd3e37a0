// SPDX-License-Identifier: GPL-2.0
/*
 * What must come of a drill, by the sources: Linux 6.1, QEMU 10.0, Patroni 3.0.2,
 * repmgr 5.3.3, systemd 252.
 * Written down before a configuration's first run; what differed is a surprise.
 */
#include <string.h>

#include "drill-expect.h"
#include "drill-expect-part.h"
#include "drill-expect-why.h"
#include "drill-hang.h"

/* iTCO counts whole ticks, and must expire twice */
#define TCO_TICK_MS 600L
#define TCO_STAGES 2

/* pug-fence: grace, and some time to ask and to end a VM, all on a busy host */
#define GRACE_MS 5000
#define FENCING_MS 15000

static long timeout_ms(const struct drill *drill)
{
	return drill_timeout_s(drill) * 1000L;
}

static bool keeps_some(const struct drill *drill)
{
	return drill->clock->wrap_us / 1000 > drill->loop_s * 1000;
}

static bool is_device(const struct drill *drill)
{
	return drill->dog == DRILL_I6300ESB || drill->dog == DRILL_ITCO;
}

/* From the last keepalive to the reset */
static long deadline_ms(const struct drill *drill)
{
	if (drill->dog == DRILL_I6300ESB)
		return timeout_ms(drill) / 1000 * ESB_PPM / 1000;
	if (drill->dog == DRILL_ITCO)
		return timeout_ms(drill) / TCO_TICK_MS * TCO_TICK_MS * TCO_STAGES;
	return timeout_ms(drill);
}

static void in_fault(struct drill_expectation *e, const struct drill *drill, const char *reason)
{
	long deadline = deadline_ms(drill);

	/* The last keepalive is up to loop_wait old, and as much older as the loop took */
	e->kind = DRILL_SAFE;
	e->by = drill_dogs[drill->dog];
	e->fence_min_ms = deadline - drill->loop_s * 1000L - SLACK_MS;
	e->fence_max_ms = deadline + SLACK_MS;
	e->reason = reason;
	/* The key was refreshed right before that keepalive: it is long gone */
	if (deadline >= (drill->ttl_s + drill->loop_s) * 1000L + SLACK_MS)
		e->right = RIGHT_NO;
}

/* Patroni's next loop may come before a row; with a standby to wait for, none comes */
static void zombie(struct drill_expectation *e, const struct drill *drill)
{
	nobody(e, ZOMBIE);
	e->also = 1u << DRILL_SPLIT_BRAIN;
	if (drill->sync == DRILL_ASYNC)
		return;
	e->kind = DRILL_SPLIT_BRAIN;
	e->also = 1u << DRILL_SAFE;
	e->reason = UNACKED;
	if (drill->sync == DRILL_ANY)
		any_one(e, UNACKED ANY_ONE);
}

static void at_thaw(struct drill_expectation *e, const struct drill *drill)
{
	e->kind = DRILL_SAFE;
	/* On another CPU user space may be quicker than the timer */
	if (drill->cpus > 1)
		e->also = 1u << DRILL_SPLIT_BRAIN | 1u << DRILL_LOST;
	e->by = "softdog";
	e->fence_min_ms = drill->freeze_ms - SLACK_MS;
	e->fence_max_ms = drill->freeze_ms + 2 * SLACK_MS;
	e->reason = OVERDUE;
}

/* Who is thawed demotes itself as soon as Patroni's loop goes on, which is overdue */
static void given_up(struct drill_expectation *e, const struct drill *drill)
{
	zombie(e, drill);
	if (drill->sync != DRILL_ASYNC)
		return;
	e->also |= 1u << DRILL_SAFE;
	e->reason = GIVEN_UP;
}

static void taken_back(struct drill_expectation *e, const struct drill *drill)
{
	static const char * const reasons[DRILL_SYNCS] = {
		[DRILL_ASYNC] = TAKEN_BACK,
		[DRILL_SYNC] = TAKEN_BACK " (ha.py:enforce_primary_role: it was promoted with synchronous_standby_names empty, so it acknowledged alone)",
		[DRILL_STRICT] = TAKEN_BACK " (ha.py:enforce_primary_role: strict mode promotes with synchronous_standby_names '*', which the third node satisfies although it is tagged nosync, so rows were acknowledged)",
		[DRILL_TWO] = TAKEN_BACK " (the second synchronous standby follows the new leader, and acknowledges there what will be rewound)",
		[DRILL_ANY] = TAKEN_BACK " (the third node follows the new leader, and its answer is enough there for what will be rewound)",
	};

	if (drill->release == DRILL_TRIXIE) {
		given_up(e, drill);
		return;
	}
	nobody(e, reasons[drill->sync]);
	/*
	 * Where the freeze catches it in a request to etcd that request times out at the
	 * thaw, and it demotes itself (ha.py:_run_cycle): seen once in seven
	 */
	e->also = 1u << DRILL_SPLIT_BRAIN;
}

/* Of such a timeout it may be too late for the freeze; or it is for the phase to say */
static int expect_itco(struct drill_expectation *e, const struct drill *drill)
{
	in_fault(e, drill, TCO_TIMER);
	if (drill->sync == DRILL_ANY)
		any_one(e, TCO_TIMER ANY_ONE);
	if ((long)drill->freeze_ms > e->fence_max_ms)
		return 0;
	if ((long)drill->freeze_ms > e->fence_min_ms - SLACK_MS || loses_time(drill) ||
	    drill->sync != DRILL_ASYNC || drill->release != DRILL_BOOKWORM)
		return -1;
	e->fence_min_ms = 0;
	e->fence_max_ms = 0;
	taken_back(e, drill);
	e->reason = TCO_LATE;
	return 0;
}

static int expect_stop_machine(struct drill_expectation *e, const struct drill *drill)
{
	/* What is left over behind a wrap or two may be more than the timeout, or less */
	if (!is_device(drill) && loses_time(drill) && keeps_some(drill))
		return -1;
	if (!is_guarded(drill)) {
		if (loses_time(drill))
			zombie(e, drill);
		else
			taken_back(e, drill);
	} else if (drill->dog == DRILL_ITCO) {
		return expect_itco(e, drill);
	} else if (drill->dog == DRILL_I6300ESB) {
		in_fault(e, drill, ESB_TIMER);
		if (drill->sync == DRILL_ANY)
			any_one(e, ESB_TIMER ANY_ONE);
	} else if (loses_time(drill)) {
		zombie(e, drill);
	} else {
		at_thaw(e, drill);
	}
	return 0;
}

static int expect_rt_hog(struct drill_expectation *e, const struct drill *drill)
{
	if (!is_guarded(drill)) {
		taken_back(e, drill);
		return 0;
	}
	if (drill->dog == DRILL_ITCO)
		return expect_itco(e, drill);
	if (drill->fault == DRILL_RT_HOG_50 && drill->unit == DRILL_TALK)
		in_fault(e, drill, ASKS_FIRST);
	else
		in_fault(e, drill, drill->dog == DRILL_I6300ESB ? STARVED : HARD_TIMER);
	return 0;
}

static bool is_stop(const struct drill *drill)
{
	return drill_faults[drill->fault].thaw == THAW_ENDED;
}

static void shot(struct drill_expectation *e, const struct drill *drill, const char *reason)
{
	e->kind = DRILL_SAFE;
	e->by = "fence";
	e->right = RIGHT_YES;
	/* The key was refreshed up to loop_wait before, or is given back at once */
	e->fence_min_ms = GRACE_MS - SLACK_MS;
	if (!is_stop(drill))
		e->fence_min_ms += (drill->ttl_s - drill->loop_s) * 1000L;
	e->fence_max_ms = drill->freeze_ms;
	e->reason = reason;
}

/* An i6300esb that Patroni opens, and no talk's script that may err */
static bool is_well_guarded(const struct drill *drill)
{
	return is_guarded(drill) && drill->dog == DRILL_I6300ESB &&
	       drill->fence != DRILL_FENCE_TALK;
}

/* Who fires first, and who may still have to */
static void guarded(struct drill_expectation *e, const struct drill *drill, const char *reason)
{
	in_fault(e, drill, reason);
	if (drill->fence == DRILL_NO_FENCE)
		return;
	e->or_by = "fence";
	e->right = RIGHT_YES;
	e->fence_max_ms = drill->freeze_ms;
}

/* Whose standby is cut off acknowledges nothing */
static void with_standby(struct drill_expectation *e, const struct drill *drill)
{
	if (drill->sync == DRILL_ASYNC)
		return;
	e->kind = DRILL_SAFE;
	e->reason = CUT_OFF_SYNC;
	if (drill->sync == DRILL_ANY)
		any_one(e, CUT_OFF_SYNC ANY_ONE);
}

static int expect_partition(struct drill_expectation *e, const struct drill *drill)
{
	if ((drill->release != DRILL_BOOKWORM && drill->sync != DRILL_ASYNC) ||
	    (is_guarded(drill) && !is_well_guarded(drill)))
		return -1;
	if (is_guarded(drill)) {
		guarded(e, drill, CUT_OFF_GUARDED);
		e->or_by = e->by;
		e->by = drill->fence == DRILL_NO_FENCE ? "" : "fence";
	} else if (drill->fence == DRILL_NO_FENCE) {
		nobody(e, CUT_OFF);
	} else {
		shot(e, drill, CUT_OFF "; it answers neither question, so its VM is ended all the same");
	}
	e->kind = DRILL_LOST;
	e->right = RIGHT_YES;
	with_standby(e, drill);
	return 0;
}

/* The machine is well, its PostgreSQL leads on, and nobody is there who would end that */
static int expect_patroni_hang(struct drill_expectation *e, const struct drill *drill)
{
	if (is_guarded(drill) ? !is_well_guarded(drill) : drill->sync != DRILL_ASYNC)
		return -1;
	if (is_guarded(drill)) {
		guarded(e, drill, ALIVE_UNTIL);
		if (drill->sync == DRILL_ASYNC || drill->sync == DRILL_ANY)
			e->also = 1u << DRILL_LOST;
	} else if (drill->fence == DRILL_FENCE_STRICT) {
		shot(e, drill, ALIVE_SHOT);
		e->also = 1u << DRILL_LOST;
	} else {
		nobody(e, drill->fence == DRILL_NO_FENCE ? ALIVE : ALIVE_PINGED);
	}
	return 0;
}

/* Who is killed is started again: nobody takes over, and no watchdog fires */
static int expect_kill(struct drill_expectation *e, const struct drill *drill)
{
	e->kind = DRILL_SAFE;
	e->reason = drill->fault == DRILL_KILL_PATRONI ? PATRONI_AGAIN : PG_AGAIN;
	return 0;
}

/* How soon the leader demotes itself is the phase of its loop */
static int expect_etcd_pause(struct drill_expectation *e, const struct drill *drill)
{
	bool failsafe = drill->unit == DRILL_IMPROVED;

	e->kind = failsafe ? DRILL_SAFE : DRILL_OUTAGE;
	e->also = failsafe ? 0 : 1u << DRILL_SAFE;
	e->reason = failsafe ? FAILSAFE : NO_DCS;
	return 0;
}

/* What it acknowledges between its thaw and its demotion may not have been shipped */
static void locked(struct drill_expectation *e, const struct drill *drill)
{
	e->kind = DRILL_OUTAGE;
	e->also = drill->sync == DRILL_ASYNC ? 1u << DRILL_LOST : 0;
	e->right = RIGHT_UNKNOWN;
	e->reason = LOCKED;
}

/* A VM that is moved stands still as one that is paused does, mostly for a moment only */
static int expect_migration(struct drill_expectation *e, const struct drill *drill)
{
	long stands = drill->freeze_ms;

	if ((drill->fence != DRILL_NO_FENCE && drill->fence != DRILL_FENCE_STRICT) ||
	    drill->outside_s || drill->manager != DRILL_PATRONI)
		return -1;
	if (stands >= (drill->ttl_s + drill->loop_s) * 1000L) {
		zombie(e, drill);
		if (drill->fence != DRILL_NO_FENCE)
			locked(e, drill);
		return 0;
	}
	/* The key was refreshed up to loop_wait before, and is to be refreshed after */
	if (stands + 2 * drill->loop_s * 1000L + SLACK_MS > drill->ttl_s * 1000L)
		return -1;
	e->kind = DRILL_SAFE;
	e->reason = MOVED;
	return 0;
}

static int expect_stop(struct drill_expectation *e, const struct drill *drill)
{
	bool ping = drill->fault == DRILL_CLEAN_STOP;

	if (is_guarded(drill))
		return -1;
	if (drill->fence == DRILL_FENCE_STRICT || (drill->fence == DRILL_FENCE_TALK && !ping)) {
		shot(e, drill, STOPPED_SHOT);
		e->healthy_stopped = 1;
		return 0;
	}
	e->kind = DRILL_SAFE;
	e->right = RIGHT_YES;
	e->reason = drill->fence == DRILL_NO_FENCE ? STOPPED : STOPPED_PINGED;
	return 0;
}

/* What beats a watchdog in the machine is left to the fence; of others it is too late for it */
static int expect_both(struct drill_expectation *e, const struct drill *drill)
{
	if (!is_well_guarded(drill) || drill->unit != DRILL_TALK)
		return -1;
	if (drill_faults[drill->fault].stops_time)
		shot(e, drill, SHOT);
	else
		guarded(e, drill, ESB_FIRST);
	return 0;
}

/* The second one meets it a few seconds after the first, if it is still there */
static int expect_two_freezes(struct drill_expectation *e, const struct drill *drill)
{
	if (loses_time(drill) || (drill->fence != DRILL_NO_FENCE && !is_well_guarded(drill)))
		return -1;
	return drill->fence == DRILL_NO_FENCE ? expect_stop_machine(e, drill) :
	       expect_both(e, drill);
}

/*
 * The second one is on a new leader, which the first follows once it is back. How far it
 * came until then is a race; with a standby to wait for it may lead only if it is that
 */
static int expect_new_leader(struct drill_expectation *e, const struct drill *drill)
{
	bool sync = drill->sync == DRILL_SYNC, waits = sync || drill->check_timeline;

	/* The first must not be back before the second stands */
	if (drill->freeze_ms < (drill->ttl_s + drill->loop_s + 2 * DRILL_BETWEEN_S) * 1000)
		return -1;
	if (loses_time(drill) || drill->release != DRILL_BOOKWORM || (drill->sync && !sync) ||
	    drill->outside_s)
		return -1;
	if (!is_guarded(drill) && !sync && drill->fence == DRILL_NO_FENCE) {
		taken_back(e, drill);
		e->reason = TAKEN_BACK_TWICE;
		return 0;
	}
	if (!is_well_guarded(drill) || (drill->fence != DRILL_NO_FENCE && !sync))
		return -1;
	guarded(e, drill, sync ? NEXT_SYNC : NEXT_ASYNC);
	e->next_fenced = true;
	e->kind = waits ? DRILL_OUTAGE : DRILL_LOST;
	e->also = 1u << DRILL_SAFE | (waits ? 0 : 1u << DRILL_OUTAGE);
	if (!sync && drill->check_timeline)
		e->reason = NEXT_CHECKED;
	return 0;
}

static int expect_fence(struct drill_expectation *e, const struct drill *drill)
{
	bool late = drill->dog == DRILL_SOFTDOG && !is_hog(drill);

	if (is_guarded(drill) && !late)
		return expect_both(e, drill);
	if (is_hog(drill) && drill->fence == DRILL_FENCE_TALK)
		nobody(e, PINGED);
	else
		shot(e, drill, SHOT);
	return 0;
}

/* systemd's last ping is up to half of the timeout old */
static int expect_repmgr(struct drill_expectation *e, const struct drill *drill)
{
	bool pause = drill->fault == DRILL_VM_PAUSE;

	if ((drill->fault != DRILL_STOP_MACHINE && !pause) || drill->dog == DRILL_SOFTDOG ||
	    drill->dog == DRILL_ITCO || drill->outside_s || loses_time(drill))
		return -1;
	/* A paused VM has no time that passes for a watchdog */
	nobody(e, TWO_PRIMARIES);
	if (drill->dog == DRILL_NO_DOG || pause)
		return 0;
	in_fault(e, drill, COMES_BACK);
	e->fence_min_ms = timeout_ms(drill) / 2 - SLACK_MS;
	e->kind = DRILL_LOST;
	e->right = RIGHT_YES;
	return 0;
}

/**
 * drill_expect() - what must come of it
 * @e: filled in
 * @drill: as asked
 *
 * Return: 0; -1 when nobody has written that down: where the phase of Patroni's
 * loop decides, or what is left of a clock that has wrapped.
 */
int drill_expect(struct drill_expectation *e, const struct drill *drill)
{
	/* The same with a fence, or with something of their own to say of it */
	static int (* const rows[HANG_FIRST])(struct drill_expectation *e,
					      const struct drill *drill) = {
		[DRILL_PARTITION] = expect_partition,
		[DRILL_CLEAN_STOP] = expect_stop,
		[DRILL_SILENT_STOP] = expect_stop,
		[DRILL_PATRONI_HANG] = expect_patroni_hang,
		[DRILL_KILL_PATRONI] = expect_kill,
		[DRILL_KILL_POSTGRES] = expect_kill,
		[DRILL_ETCD_PAUSE] = expect_etcd_pause,
		[DRILL_TWO_FREEZES] = expect_two_freezes,
		[DRILL_NEW_LEADER] = expect_new_leader,
	};

	memset(e, 0, sizeof(*e));
	e->by = "";
	if (drill_hangs(drill))
		return hang_expect(e, drill);
	if (!drill_faults[drill->fault].may_be_short &&
	    drill->freeze_ms < (drill->ttl_s + drill->loop_s) * 1000 +
	    (drill->fence == DRILL_NO_FENCE ? 0 : FENCING_MS))
		return -1;
	if (drill->fault == DRILL_LIVE_MIGRATION)
		return expect_migration(e, drill);
	if (drill->manager == DRILL_REPMGR)
		return expect_repmgr(e, drill);
	if (drill->fence == DRILL_FENCE_SBD)
		return drill_expect_sbd(e, drill);
	if (drill->outside_s && drill_stands_still(drill))
		return drill_expect_outside(e, drill);
	if (rows[drill->fault])
		return rows[drill->fault](e, drill);
	if (drill->fence != DRILL_NO_FENCE)
		return expect_fence(e, drill);
	if (drill_faults[drill->fault].stops_time) {
		zombie(e, drill);
		return 0;
	}
	return is_hog(drill) ? expect_rt_hog(e, drill) :
	       expect_stop_machine(e, drill);
}

/* Of the new leader's freeze the same is wanted, from its own begin */
static bool next_met(const struct drill_expectation *e, const struct drill_verdict *v)
{
	long after = v->next_fenced_ms - v->next_frozen_ms;

	if (!e->next_fenced)
		return v->next_fenced_ms <= 0;
	if (strcmp(e->by, v->next_by) && (!e->or_by || strcmp(e->or_by, v->next_by)))
		return false;
	return v->next_fenced_ms > 0 && after >= e->fence_min_ms && after <= e->fence_max_ms;
}

/**
 * drill_met() - is what was seen what was expected?
 * @e: expected
 * @v: seen
 *
 * Return: whether the verdict, who fired, and about when, agree.
 */
bool drill_met(const struct drill_expectation *e, const struct drill_verdict *v)
{
	long after = v->noticed_ms > 0 ? v->noticed_ms : v->fenced_ms;

	if (v->kind == DRILL_ERROR)
		return false;
	if (strcmp(e->by, v->by) && (!e->or_by || !*v->by || strcmp(e->or_by, v->by)))
		return false;
	if (v->kind != e->kind && !(e->also & 1u << v->kind))
		return false;
	if (e->right != RIGHT_UNKNOWN && v->right != e->right)
		return false;
	if (v->healthy_stopped != e->healthy_stopped)
		return false;
	if (!next_met(e, v))
		return false;
	return !*e->by || (after >= e->fence_min_ms && after <= e->fence_max_ms);
}
