// SPDX-License-Identifier: GPL-2.0
/* What must happen where a VM, or its host, is made to stand still. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "compiler.h"
#include "expect.h"

struct row {
	const char *fault;
	const char *watchdog;
	enum verdict_when when;
	enum verdict_effect effect;
	const char *by;
};

static struct cell cell_of(const struct row *row)
{
	struct cell cell;

	memset(&cell, 0, sizeof(cell));
	cell.fault = fault_find(row->fault);
	cell.watchdog = watchdog_find(row->watchdog);
	assert_non_null(cell.fault);
	assert_non_null(cell.watchdog);
	cell.clock = clocksource_find("tsc");
	cell.machine = machine_find("pc");
	strcpy(cell.kernel, "debian-6.1");
	cell.action = cell.watchdog->action;
	cell.msecs = 20000;
	cell.timeout_ms = 6000;
	cell.interval_ms = 1000;
	cell.cpus = 2;
	return cell;
}

static void rows(void **state)
{
	static const struct row table[] = {
		{ "vm-pause", "none", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "vm-pause", "i6300esb", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "vm-pause", "softdog", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "vm-pause", "hangcheck-timer", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "vm-pause", "i6300esb-closed", VERDICT_UNARMED, EFFECT_NONE, "" },
		{ "vm-pause", "pug-watch", VERDICT_IN_FAULT, EFFECT_RESET, "pug-watch" },
		{ "disk-full", "softdog", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "disk-full", "itco", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "disk-full", "pug-watch", VERDICT_IN_FAULT, EFFECT_RESET, "pug-watch" },
		{ "host-stall", "i6300esb", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "host-stall", "ib700", VERDICT_AT_THAW, EFFECT_RESET, "ib700" },
		{ "host-stall", "softdog", VERDICT_AT_THAW, EFFECT_RESET, "softdog" },
		{ "host-stall", "softdog-noboot", VERDICT_AT_THAW, EFFECT_NONE, "softdog" },
		{ "host-stall", "i6300esb+softdog", VERDICT_AT_THAW, EFFECT_RESET, "softdog" },
		{ "host-stall", "pug-watch", VERDICT_AT_THAW, EFFECT_RESET, "pug-watch" },
		{ "link-down", "none", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "link-down", "i6300esb", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "link-down", "softdog", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "link-down", "rcu-stall", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "link-down", "i6300esb-closed", VERDICT_UNARMED, EFFECT_NONE, "" },
		{ "link-down", "pug-watch", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "disk-hang", "none", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "disk-hang", "i6300esb", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "disk-hang", "softdog", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "disk-hang", "softlockup", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "disk-hang", "hung-task", VERDICT_IN_FAULT, EFFECT_PANICKED, "hung-task" },
		{ "disk-hang", "pug-watch", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "cpu-steal", "none", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "cpu-steal", "i6300esb", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "cpu-steal", "softdog", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "cpu-steal", "softlockup", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "cpu-steal", "pug-watch", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "vm-migrate", "none", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "vm-migrate", "i6300esb", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "vm-migrate", "ib700", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "vm-migrate", "softdog", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "vm-migrate", "i6300esb-closed", VERDICT_UNARMED, EFFECT_NONE, "" },
		{ "vm-migrate", "pug-watch", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "vm-snapshot", "none", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "vm-snapshot", "i6300esb", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "vm-snapshot", "hangcheck-timer", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "vm-snapshot", "softdog", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "vm-snapshot", "pug-watch", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "vm-pause", "hung-task", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "thrash", "pug-watch", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "memory-leak", "pug-watch", VERDICT_IN_FAULT, EFFECT_RESET, "pug-watch" },
		{ "none", "pug-watch", VERDICT_NEVER, EFFECT_NONE, "" },
		{ "stop-machine", "pug-watch", VERDICT_IN_FAULT, EFFECT_RESET, "pug-watch" },
		{ "keepalive-closed", "pug-watch", VERDICT_UNARMED, EFFECT_NONE, "" },
		{ "oops", "pug-watch", VERDICT_NEVER, EFFECT_NONE, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct cell cell = cell_of(&table[i]);
		struct expectation e;

		assert_int_equal(expect(&e, &cell), 0);
		assert_string_equal(verdict_when_name(e.when), verdict_when_name(table[i].when));
		assert_string_equal(verdict_effect_name(e.effect),
				    verdict_effect_name(table[i].effect));
		assert_string_equal(e.by, table[i].by);
		assert_true(strlen(e.reason) > 10);
	}
}

static void shorter_than_the_deadline(void **state)
{
	static const struct row row = { .fault = "vm-pause", .watchdog = "pug-watch" };
	struct cell cell = cell_of(&row);
	struct expectation e;

	(void)state;
	cell.msecs = 4000;
	assert_int_equal(expect(&e, &cell), 0);
	assert_int_equal(e.when, VERDICT_NEVER);
	cell.msecs = 5500;
	assert_int_equal(expect(&e, &cell), 0);
	assert_int_equal(e.when, VERDICT_IN_FAULT);
	assert_int_equal(e.or_when, VERDICT_NEVER);
}

/* softdog-on-boot is gone before anything could be done to its machine */
static void nobody_has_read_it(void **state)
{
	static const struct row row = { .fault = "link-down", .watchdog = "softdog-on-boot" };
	struct cell cell = cell_of(&row);
	struct expectation e;

	(void)state;
	assert_int_equal(expect(&e, &cell), -1);
	/* Too short for a second look to be sure */
	cell.fault = fault_find("disk-hang");
	cell.watchdog = watchdog_find("hung-task");
	cell.msecs = 14000;
	assert_int_equal(expect(&e, &cell), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),
		cmocka_unit_test(shorter_than_the_deadline),
		cmocka_unit_test(nobody_has_read_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
