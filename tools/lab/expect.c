// SPDX-License-Identifier: GPL-2.0
/*
 * What must happen, from the sources of kernel, QEMU and driver. A row is
 * written before its first run and is not bent to what was seen: a difference
 * is a surprise, and stays one.
 */
#include <string.h>

#include "expect.h"

/**
 * struct expect_row - the outcome when the fault outlasts the deadline
 * @fault: row applies to it
 * @watchdog: and to it
 * @when: it fires then
 * @outlasted: why
 * @not_outlasted: why it does not fire when the fault is shorter
 */
struct expect_row {
	const char *fault;
	const char *watchdog;
	enum verdict_when when;
	const char *outlasted;
	const char *not_outlasted;
};

#define PINGED_AGAIN "the thawed keepalive process pings before the deadline"

static const struct expect_row expect_rows[] = {
	{ "none", "none", VERDICT_NEVER,
	  "nothing is armed and nothing is done",
	  "nothing is armed and nothing is done" },
	{ "none", "i6300esb", VERDICT_NEVER,
	  "Linux 6.1 drivers/watchdog/i6300esb.c:esb_timer_keepalive reloads stage 1 each interval",
	  "Linux 6.1 drivers/watchdog/i6300esb.c:esb_timer_keepalive reloads stage 1 each interval" },
	{ "none", "i6300esb-none", VERDICT_NEVER,
	  "Linux 6.1 drivers/watchdog/i6300esb.c:esb_timer_keepalive reloads stage 1 each interval",
	  "Linux 6.1 drivers/watchdog/i6300esb.c:esb_timer_keepalive reloads stage 1 each interval" },
	{ "none", "softdog", VERDICT_NEVER,
	  "Linux 6.1 drivers/watchdog/softdog.c:softdog_ping restarts the hrtimer each interval",
	  "Linux 6.1 drivers/watchdog/softdog.c:softdog_ping restarts the hrtimer each interval" },
	{ "stop-machine", "none", VERDICT_NEVER,
	  "Linux 6.1 kernel/stop_machine.c:multi_cpu_stop returns when the fault ends; nobody resets",
	  "Linux 6.1 kernel/stop_machine.c:multi_cpu_stop returns when the fault ends; nobody resets" },
	{ "stop-machine", "i6300esb", VERDICT_IN_FAULT,
	  "QEMU 10.0 hw/watchdog/wdt_i6300esb.c:i6300esb_restart_timer counts two stages on QEMU_CLOCK_VIRTUAL, which stopped CPUs do not stop",
	  PINGED_AGAIN },
	{ "stop-machine", "i6300esb-none", VERDICT_IN_FAULT,
	  "QEMU 10.0 hw/watchdog/watchdog.c:watchdog_perform_action: action none sends the event and does nothing",
	  PINGED_AGAIN },
	{ "stop-machine", "softdog", VERDICT_AT_THAW,
	  "Linux 6.1 drivers/watchdog/softdog.c:softdog_ping arms an hrtimer; kernel/time/hrtimer.c:hrtimer_interrupt can run it only when interrupts are on again",
	  PINGED_AGAIN },
};

static const struct {
	const char *action;
	enum verdict_effect effect;
} action_effects[] = {
	{ "reset", EFFECT_RESET },
	{ "poweroff", EFFECT_OFF },
	{ "pause", EFFECT_PAUSED },
	{ "none", EFFECT_NONE },
};

static const struct expect_row *expect_row(const struct cell *cell)
{
	for (size_t i = 0; i < sizeof(expect_rows) / sizeof(expect_rows[0]); i++)
		if (!strcmp(expect_rows[i].fault, cell->fault->name) &&
		    !strcmp(expect_rows[i].watchdog, cell->watchdog->name))
			return &expect_rows[i];
	return NULL;
}

static enum verdict_effect effect_of(const struct cell *cell)
{
	/* softdog's own: softdog_fire() -> emergency_restart() */
	if (!cell->action)
		return EFFECT_RESET;
	for (size_t i = 0; i < sizeof(action_effects) / sizeof(action_effects[0]); i++)
		if (!strcmp(action_effects[i].action, cell->action))
			return action_effects[i].effect;
	return EFFECT_NONE;
}

/**
 * expect_deadline_ms() - from a keepalive to the firing, by the driver's sums
 * @cell: asked
 *
 * Return: milliseconds of virtual time; 0 where nothing is armed.
 */
int64_t expect_deadline_ms(const struct cell *cell)
{
	return (int64_t)cell->timeout_ms * cell->watchdog->deadline_ppm / 1000000;
}

static void expect_nothing(struct expectation *e, const char *reason)
{
	e->when = VERDICT_NEVER;
	e->or_when = VERDICT_NEVER;
	e->effect = EFFECT_NONE;
	e->by = "";
	e->reason = reason;
}

/**
 * expect() - what must happen in a cell
 * @e: filled in
 * @cell: asked; nothing else is looked at, no evidence above all
 *
 * The last keepalive comes up to one interval before the fault, so a freeze
 * that ends inside that interval before the deadline may go either way.
 *
 * Return: 0, -1 where no expectation has been written (the cell must not run).
 */
int expect(struct expectation *e, const struct cell *cell)
{
	const struct expect_row *row = expect_row(cell);
	int64_t deadline = expect_deadline_ms(cell);

	if (!row)
		return -1;
	if (row->when == VERDICT_NEVER) {
		expect_nothing(e, row->outlasted);
		return 0;
	}
	if (cell->msecs + (int64_t)cell->interval_ms < deadline) {
		expect_nothing(e, row->not_outlasted);
		return 0;
	}
	e->when = row->when;
	e->or_when = cell->msecs > deadline ? row->when : VERDICT_NEVER;
	e->effect = effect_of(cell);
	e->by = cell->watchdog->fires_as;
	e->reason = row->outlasted;
	return 0;
}

/**
 * expect_met() - was it as expected?
 * @e: from expect()
 * @v: from verdict()
 *
 * Who fired is part of it: a reset at the right moment by somebody else is a
 * surprise.
 *
 * Return: true when verdict, effect and author agree.
 */
bool expect_met(const struct expectation *e, const struct verdict *v)
{
	if (v->when == VERDICT_NEVER && e->or_when == VERDICT_NEVER)
		return v->effect == EFFECT_NONE;
	return v->when == e->when && v->effect == e->effect && !strcmp(v->by, e->by);
}
