// SPDX-License-Identifier: GPL-2.0
/*
 * What must happen where a VM, or the host below it, is made to stand still. As in
 * expect.c a row is written before its first run, and is not bent to what was seen.
 */
#include <string.h>

#include "compiler.h"
#include "expect-outside.h"
#include "expect-part.h"

/**
 * struct outside_row - what a watchdog does about a fault from outside
 * @outside: the fault's kind
 * @fires_as: the watchdog's; NULL for all others
 * @when: if the fault outlasts the deadline
 * @why: the sources
 */
struct outside_row {
	enum outside outside;
	const char *fires_as;
	enum verdict_when when;
	const char *why;
};

#define BEACON_GOES_ON \
	"tools/node/beacon-run.c:send_all writes signs of life to a virtio-serial port, which "
#define NO_ANSWER \
	"QEMU 10.0 block/nbd.c:nbd_co_do_receive_one_chunk waits in a coroutine for a server that is silent: the VM goes on, and no error comes for which block/block-backend.c:blk_error_action could stop it"
#define STATE_GOES_ON \
	"QEMU 10.0 system/cpu-timers.c:vmstate_timers carries QEMU_CLOCK_VIRTUAL and the TSC over as they stood, hw/watchdog/wdt_i6300esb.c:vmstate_i6300esb and hw/watchdog/wdt_ib700.c:vmstate_ib700 what is left of a timeout, and the guest's memory its timers: no clock by which a watchdog counts has moved"
#define STALLED_CLOCK \
	"QEMU 10.0 system/cpu-timers.c:cpu_get_clock goes on by CLOCK_MONOTONIC while the process is stopped"

static const struct outside_row outside_rows[] = {
	{ OUTSIDE_PAUSE, "pug-watch", VERDICT_IN_FAULT,
	  "tools/lab/watch.c:watch_cause takes QEMU's state paused for a fault, and counts the host's time; QEMU 10.0 system/runstate.c:main_loop_should_exit carries out a reset of a VM that stands"
	},
	{ OUTSIDE_PAUSE, NULL, VERDICT_NEVER,
	  "QEMU 10.0 system/cpus.c:do_vm_stop calls cpu_disable_ticks: QEMU_CLOCK_VIRTUAL stands, by which devices count, and with it each of the guest's clocks"
	},
	{ OUTSIDE_DISK_FULL, "pug-watch", VERDICT_IN_FAULT,
	  "QEMU 10.0 block/block-backend.c:blk_error_action stops the VM in the state io-error, which tools/lab/watch.c:watch_cause takes for a fault; system/runstate.c:main_loop_should_exit carries out a reset of a VM that stands"
	},
	{ OUTSIDE_DISK_FULL, NULL, VERDICT_NEVER,
	  "QEMU 10.0 block/block-backend.c:blk_error_action stops the VM for ENOSPC (werror=enospc), and system/cpus.c:do_vm_stop calls cpu_disable_ticks: the clock by which devices count stands, and each of the guest's"
	},
	{ OUTSIDE_STALL, "pug-watch", VERDICT_AT_THAW,
	  "tools/lab/watch-qmp.c:watch_qmp_act sends system_reset to a QEMU that does not answer, and QEMU finds it in its socket when it goes on"
	},
	{ OUTSIDE_STALL, "softdog", VERDICT_AT_THAW,
	  STALLED_CLOCK ": Linux 6.1 kernel/time/hrtimer.c:hrtimer_interrupt runs the overdue drivers/watchdog/softdog.c:softdog_fire in the same pass as the timer that wakes the keepalive process"
	},
	{ OUTSIDE_STALL, "ib700", VERDICT_AT_THAW,
	  STALLED_CLOCK ": util/qemu-timer.c:timerlist_run_timers runs hw/watchdog/wdt_ib700.c:ib700_timer_expired in the same pass as the timer that would wake the guest"
	},
	{ OUTSIDE_STALL, "hangcheck-timer", VERDICT_AT_THAW,
	  STALLED_CLOCK ": Linux 6.1 drivers/char/hangcheck-timer.c:hangcheck_fire finds its margin exceeded"
	},
	{ OUTSIDE_STALL, "i6300esb", VERDICT_NEVER,
	  STALLED_CLOCK ", and QEMU 10.0 hw/watchdog/wdt_i6300esb.c:i6300esb_timer_expired only enters its second stage, which begins now: the keepalive process is faster"
	},
	{ OUTSIDE_STALL, "itco", VERDICT_NEVER,
	  STALLED_CLOCK ", and QEMU 10.0 hw/acpi/ich9_tco.c:tco_timer_expired counts one expiry and starts anew: the keepalive process is faster than the second"
	},
	{ OUTSIDE_LINK_DOWN, "pug-watch", VERDICT_NEVER,
	  BEACON_GOES_ON "QEMU 10.0 net/net.c:qmp_set_link does not touch; and the VM goes on, which is all that tools/lab/watch.c:cause_of asks about QEMU"
	},
	{ OUTSIDE_LINK_DOWN, NULL, VERDICT_NEVER,
	  "QEMU 10.0 hw/net/virtio-net.c:virtio_net_set_link_status only tells the guest, where Linux 6.1 drivers/net/virtio_net.c:virtnet_config_changed_work calls netif_carrier_off(): keepalives ask no network, and go on"
	},
	{ OUTSIDE_STEAL, "pug-watch", VERDICT_NEVER,
	  BEACON_GOES_ON "QEMU writes out in the 10 ms that it has: a sign of life is late by tenths of a second, and tools/lab/watch.c:cause_of waits for seconds"
	},
	{ OUTSIDE_STEAL, NULL, VERDICT_NEVER,
	  STALLED_CLOCK ", which is for 90 ms at a time: timers of QEMU's and of the guest's come so late, keepalives too, and each comes many times within a timeout"
	},
	{ OUTSIDE_MIGRATE, "pug-watch", VERDICT_NEVER,
	  "tools/lab/watch.c:cause_of misses no VM that said that it ends, and takes the QEMU that is found at the same socket for the next one; "
	  STATE_GOES_ON
	},
	{ OUTSIDE_MIGRATE, NULL, VERDICT_NEVER, STATE_GOES_ON },
	{ OUTSIDE_SNAPSHOT, "pug-watch", VERDICT_NEVER,
	  "tools/lab/watch.c:take_alive tells that the count of signs of life went back (BEAT_REWOUND), and takes it for one; "
	  STATE_GOES_ON
	},
	{ OUTSIDE_SNAPSHOT, NULL, VERDICT_NEVER, STATE_GOES_ON },
	{ OUTSIDE_DISK_HANG, "hung-task", VERDICT_IN_FAULT,
	  "Linux 6.1 mm/page-writeback.c:folio_wait_writeback, in the fsync() of who writes, sleeps uninterruptibly and wakes for nothing else, and kernel/hung_task.c:check_hung_task panics at the second look that finds that"
	},
	{ OUTSIDE_DISK_HANG, "pug-watch", VERDICT_NEVER,
	  BEACON_GOES_ON "needs no disk. " NO_ANSWER
	},
	{ OUTSIDE_DISK_HANG, NULL, VERDICT_NEVER,
	  NO_ANSWER "; only who writes sleeps, and the keepalive process does not write"
	},
};

static int outcome(struct expectation *e, enum verdict_when when, enum verdict_effect effect,
		   const char *by, const char *why)
{
	e->when = when;
	e->or_when = when;
	e->effect = effect;
	e->by = by;
	e->reason = why;
	return 0;
}

static int silence(struct expectation *e, enum verdict_when when, const char *why)
{
	return outcome(e, when, EFFECT_NONE, "", why);
}

/* Of two the one that a stall makes fire is the one in the guest */
static const char *firing(const struct cell *cell)
{
	const struct watchdog *wd = cell->watchdog;

	return wd->second && cell->fault->outside == OUTSIDE_STALL ? wd->second : wd->fires_as;
}

static const struct outside_row *row_of(const struct cell *cell)
{
	for (size_t i = 0; i < ARRAY_SIZE(outside_rows); i++) {
		const struct outside_row *row = &outside_rows[i];

		if (row->outside != cell->fault->outside)
			continue;
		if (!row->fires_as || !strcmp(row->fires_as, firing(cell)))
			return row;
	}
	return NULL;
}

/**
 * expect_outside() - what must happen in a cell whose fault comes from outside
 * @e: filled in
 * @cell: asked; nothing else is looked at
 * @effect: what firing does to this cell's guest
 *
 * Return: 0, -1 where no expectation has been written.
 */
int expect_outside(struct expectation *e, const struct cell *cell, enum verdict_effect effect)
{
	const struct watchdog *wd = cell->watchdog;
	const struct outside_row *row;
	int64_t deadline = expect_deadline_ms(cell);

	/* It is loaded before the fault, and resets a healthy machine */
	if (wd->mode == DOG_STARTED)
		return -1;
	if (!wd->fires_as)
		return silence(e, VERDICT_NEVER, "the VM goes on; nobody resets");
	if (wd->mode == DOG_CLOSED)
		return silence(e, VERDICT_UNARMED, STOPPED_BEFORE);
	if (wd->mode == DOG_UNOPENED)
		return silence(e, VERDICT_UNARMED, STARTS_NOTHING);
	row = row_of(cell);
	if (!row)
		return -1;
	if (wd->mode == DOG_CARELESS && row->when != VERDICT_NEVER)
		return silence(e, VERDICT_NEVER, REFUSED);
	if (row->when == VERDICT_NEVER)
		return silence(e, VERDICT_NEVER, row->why);
	/* Hung tasks are seen at the second look: up to twice the timeout, and rounded */
	if (wd->mode == DOG_DETECTOR && cell->msecs < cell->timeout_ms * 5 / 2)
		return -1;
	if (wd->noreboot)
		return silence(e, VERDICT_NEVER, STRAPPED);
	if ((int64_t)cell->msecs + cell->interval_ms < deadline)
		return silence(e, VERDICT_NEVER, "the fault ends before the deadline");
	outcome(e, row->when, effect, firing(cell), row->why);
	if (cell->msecs <= deadline)
		e->or_when = VERDICT_NEVER;
	return 0;
}
