// SPDX-License-Identifier: GPL-2.0
/*
 * What must come of a drill, by the sources: Linux 6.1, QEMU 10.0, Patroni 3.0.2.
 * Written down before a configuration's first run; what differed is a surprise.
 */
#include <string.h>

#include "drill-expect.h"

/* QEMU counts in 2^15 / 33 MHz * 2^10: a "second" is 1.00663 s */
#define ESB_PPM 1006630L
#define SLACK_MS 1500

#define TAKEN_BACK \
	"patroni/dcs/etcd3.py:_update_leader (3.0.2): a put without a condition; the thawed leader's loop is overdue and its view of etcd stale (KVCache), so it takes the lock back, and the new leader is rewound with all that was acknowledged meanwhile"

#define ZOMBIE \
	"patroni/ha.py:_run_cycle (3.0.2): the thawed leader does not know that time has passed, so PostgreSQL takes writes until Patroni's next loop, up to loop_wait later; the client that clings gets them acknowledged, and they are rewound away"

#define UNACKED \
	"src/backend/replication/syncrep.c:SyncRepWaitForLSN (15): the thawed leader's commits wait for its synchronous standby, which leads by now and streams from it no more; Patroni's next loop demotes it before one is acknowledged"

#define OVERDUE \
	"drivers/watchdog/softdog.c:softdog_fire (6.1): an hrtimer, overdue since the freeze held off its interrupt, runs at the thaw before user space of its CPU"

#define ESB_TIMER \
	"hw/watchdog/wdt_i6300esb.c:i6300esb_timer_expired (10.0): a timer on QEMU's virtual clock, which a frozen guest does not stop"

#define HARD_TIMER \
	"drivers/watchdog/softdog.c:softdog_fire (6.1): an hrtimer in hard interrupt context, which a FIFO task does not hold off; nobody gets to feed it"

static long timeout_ms(const struct drill *drill)
{
	return drill_timeout_s(drill) * 1000L;
}

static bool is_guarded(const struct drill *drill)
{
	return drill->dog != DRILL_NO_DOG && drill->mode != DRILL_OFF;
}

/* Linux 6.1 takes more than half a counter's period for none at all */
static bool loses_time(const struct drill *drill)
{
	return drill->clock->wrap_us && drill->freeze_ms > drill->clock->wrap_us / 2000;
}

static bool keeps_some(const struct drill *drill)
{
	return drill->clock->wrap_us / 1000 > drill->loop_s * 1000;
}

static void in_fault(struct drill_expectation *e, const struct drill *drill, long ppm)
{
	/* The last keepalive is up to loop_wait old, and as much older as the loop took */
	e->kind = DRILL_SAFE;
	e->by = drill_dogs[drill->dog];
	e->fence_min_ms = (timeout_ms(drill) - drill->loop_s * 1000L - SLACK_MS) / 1000 * ppm /
			  1000;
	e->fence_max_ms = timeout_ms(drill) / 1000 * ppm / 1000 + SLACK_MS;
}

static void nobody(struct drill_expectation *e, const char *reason)
{
	e->kind = DRILL_LOST;
	e->by = "";
	e->reason = reason;
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

static void taken_back(struct drill_expectation *e, const struct drill *drill)
{
	static const char * const reasons[] = {
		[DRILL_ASYNC] = TAKEN_BACK,
		[DRILL_SYNC] = TAKEN_BACK " (ha.py:enforce_primary_role: it was promoted with synchronous_standby_names empty, so it acknowledged alone)",
		[DRILL_STRICT] = TAKEN_BACK " (ha.py:enforce_primary_role: strict mode promotes with synchronous_standby_names '*', which the third node satisfies although it is tagged nosync, so rows were acknowledged)",
	};

	nobody(e, reasons[drill->sync]);
}

static int expect_stop_machine(struct drill_expectation *e, const struct drill *drill)
{
	/* What is left over behind a wrap or two may be more than the timeout, or less */
	if (drill->dog != DRILL_I6300ESB && loses_time(drill) && keeps_some(drill))
		return -1;
	if (!is_guarded(drill)) {
		if (loses_time(drill))
			zombie(e, drill);
		else
			taken_back(e, drill);
	} else if (drill->dog == DRILL_I6300ESB) {
		in_fault(e, drill, ESB_PPM);
		e->reason = ESB_TIMER;
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
	in_fault(e, drill, drill->dog == DRILL_I6300ESB ? ESB_PPM : 1000000L);
	e->reason = drill->dog == DRILL_I6300ESB ?
		"hw/watchdog/wdt_i6300esb.c:i6300esb_timer_expired (10.0): nobody gets to feed it" :
		HARD_TIMER;
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
	memset(e, 0, sizeof(*e));
	e->by = "";
	if (drill->freeze_ms < (drill->ttl_s + drill->loop_s) * 1000)
		return -1;
	if (drill_faults[drill->fault].stops_time) {
		zombie(e, drill);
		return 0;
	}
	return drill->fault == DRILL_RT_HOG ? expect_rt_hog(e, drill) :
	       expect_stop_machine(e, drill);
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
	if (v->kind == DRILL_ERROR || strcmp(e->by, v->by))
		return false;
	if (v->kind != e->kind && !(e->also & 1u << v->kind))
		return false;
	return !*e->by || (v->fenced_ms >= e->fence_min_ms && v->fenced_ms <= e->fence_max_ms);
}
