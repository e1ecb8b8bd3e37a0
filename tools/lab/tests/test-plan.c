// SPDX-License-Identifier: GPL-2.0
/* From the command line's lists to cells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compiler.h"
#include "expect.h"
#include "plan.h"

static struct plan plan;
static struct cells made;
static struct cell *cells;
static size_t n;
static char why[512];

/* A preset of a single plan */
static int preset(struct plan *to, const char *name)
{
	struct plan plans[PRESET_PLANS_MAX];
	bool sparing;
	size_t count;

	if (plan_preset(plans, &count, &sparing, name))
		return -1;
	assert_int_equal(count, 1);
	assert_false(sparing);
	*to = plans[0];
	return 0;
}

static int multiply(void)
{
	int ret;

	cells_free(&made);
	ret = plan_cells(&plan, false, &made, why, sizeof(why));
	cells = made.cell;
	n = made.n;
	return ret;
}

static int setup(void **state)
{
	(void)state;
	memset(&plan, 0, sizeof(plan));
	if (preset(&plan, "quick"))
		return -1;
	cells = NULL;
	n = 0;
	why[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cells_free(&made);
	return 0;
}

static void make(void)
{
	if (multiply())
		fail_msg("%s", why);
}

static void refused(const char *reason)
{
	why[0] = '\0';
	assert_int_equal(multiply(), -1);
	if (!strstr(why, reason))
		fail_msg("'%s' does not say '%s'", why, reason);
}

static bool has(const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(cells[i].id, id))
			return true;
	return false;
}

static void presets(void **state)
{
	struct plan plans[PRESET_PLANS_MAX];
	char names[128], *save = NULL;
	bool sparing;
	size_t count, known = 0;

	(void)state;
	plan_preset_names(names, sizeof(names));
	for (char *p = strtok_r(names, ", ", &save); p; p = strtok_r(NULL, ", ", &save)) {
		assert_int_equal(plan_preset(plans, &count, &sparing, p), 0);
		cells_free(&made);
		for (size_t i = 0; i < count; i++)
			if (plan_cells(&plans[i], sparing, &made, why, sizeof(why)))
				fail_msg("%s", why);
		assert_true(made.n >= 8);
		known++;
	}
	assert_int_equal(known, 6);
	assert_int_equal(plan_preset(plans, &count, &sparing, "slow"), -1);
	assert_int_equal(plan_preset(plans, &count, &sparing, ""), -1);
}

static void expect_preset(const char *name)
{
	struct plan plans[PRESET_PLANS_MAX];
	struct expectation e;
	size_t count;
	bool sparing;

	cells_free(&made);
	assert_int_equal(plan_preset(plans, &count, &sparing, name), 0);
	assert_true(sparing);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(plan_cells(&plans[i], sparing, &made, why, sizeof(why)), 0);
	assert_true(made.n > 100);
	assert_true(made.n_out > 0);
	for (size_t i = 0; i < made.n; i++)
		if (expect(&e, &made.cell[i]))
			fail_msg("%s: nothing is expected", made.cell[i].id);
	for (size_t i = 0; i < made.n_out; i++)
		assert_non_null(made.out[i].rule);
}

/* Every cell of the big presets has an expectation, every one left out a rule */
static void full_is_expected(void **state)
{
	(void)state;
	expect_preset("full");
	expect_preset("faults");
}

/* A fault of a CPU that is not there would be another fault */
static void a_cpu_that_hangs_must_be_there(void **state)
{
	(void)state;
	plan.faults = "irqs-off-other,irqs-off-dog,irqs-off-but-one";
	plan.watchdogs = "softdog";
	make();
	assert_int_equal(n, 2);
	assert_int_equal(made.n_out, 1);
	assert_string_equal(made.out[0].cell.fault->name, "irqs-off-other");
	plan.cpus = 1;
	make();
	assert_int_equal(n, 0);
	plan.cpus = 3;
	make();
	assert_int_equal(n, 3);
	assert_int_equal(cell_hung_cpus(&cells[0]), 4);
	assert_int_equal(cell_hung_cpus(&cells[1]), 2);
	assert_int_equal(cell_hung_cpus(&cells[2]), 6);
}

static void impossible_is_left_out(void **state)
{
	(void)state;
	plan.watchdogs = "itco";
	plan.machines = "pc,q35";
	plan.faults = "stop-machine";
	make();
	assert_int_equal(n, 1);
	assert_string_equal(cells[0].machine->name, "q35");
	assert_int_equal(made.n_out, 1);
}

/* Of our kernels one has it; what a user's has nobody knows here */
static void a_detector_of_one_kernel(void **state)
{
	(void)state;
	plan.watchdogs = "softdog,hardlockup-buddy";
	plan.faults = "irqs-off-dog";
	plan.kernels = "debian-6.1,debian-6.12,debug-6.12,custom";
	plan.timeouts = "4";
	make();
	assert_int_equal(n, 6);
	assert_int_equal(made.n_out, 2);
	assert_non_null(strstr(made.out[1].rule, "CONFIG_HARDLOCKUP_DETECTOR_BUDDY"));
	assert_true(has("irqs-off-dog.hardlockup-buddy.tsc.pc.debug-6.12.8000ms.4000ms"));
	assert_true(has("irqs-off-dog.hardlockup-buddy.tsc.pc.custom.8000ms.4000ms"));
}

static void the_talk(void **state)
{
	(void)state;
	assert_int_equal(preset(&plan, "talk"), 0);
	make();
	assert_true(has("stop-machine.i6300esb.tsc.pc.debian-6.1.60000ms.30000ms"));
	assert_true(has("stop-machine.i6300esb-none.tsc.pc.debian-6.1.60000ms.30000ms"));
	assert_true(has("stop-machine.softdog.tsc.pc.debian-6.1.60000ms.30000ms"));
	assert_true(has("none.none.tsc.pc.debian-6.1.60000ms.30000ms"));
}

static void product(void **state)
{
	(void)state;
	plan.msecs = "1000,2000,3000";
	plan.timeouts = "3,4";
	plan.kernels = "a,b";
	make();
	assert_int_equal(n, 2 * 4 * 3 * 2 * 2);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(cells[i].id, cells[k].id);
		assert_non_null(cells[i].fault);
		assert_non_null(cells[i].watchdog);
		assert_int_equal(cells[i].interval_ms, 500);
		assert_int_equal(cells[i].settle_ms, 5000);
		assert_int_equal(cells[i].cpus, 2);
		assert_true(cells[i].periods >= 3);
	}
	assert_true(has("stop-machine.softdog.tsc.pc.b.3000ms.4000ms"));
}

static void twins_come_once(void **state)
{
	(void)state;
	plan.faults = "stop-machine";
	plan.watchdogs = "none,softdog,i6300esb,i6300esb-none";
	plan.actions = "reset,poweroff,none";
	make();
	/*
	 * Neither nothing nor softdog has an action; i6300esb has three, and that
	 * with "none" is the dud, which has two more.
	 */
	assert_int_equal(n, 1 + 1 + 3 + 2);
	assert_true(has("stop-machine.i6300esb-poweroff.tsc.pc.debian-6.1.8000ms.3000ms"));

	plan.actions = NULL;
	plan.watchdogs = "softdog,softdog";
	plan.faults = "none,none,stop-machine";
	make();
	assert_int_equal(n, 2);
}

static void ids_tell_cells_apart(void **state)
{
	(void)state;
	plan.faults = "stop-machine";
	plan.watchdogs = "i6300esb,i6300esb-none";
	plan.actions = "reset,none";
	make();
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (cells[i].watchdog == cells[k].watchdog &&
			    cells[i].action == cells[k].action)
				fail_msg("%s is there twice", cells[i].id);
	assert_int_equal(n, 3);
	assert_true(has("stop-machine.i6300esb.tsc.pc.debian-6.1.8000ms.3000ms"));
	assert_true(has("stop-machine.i6300esb-none.tsc.pc.debian-6.1.8000ms.3000ms"));
}

static void unknown_names(void **state)
{
	(void)state;
	plan.faults = "stop-machine,meteorite";
	refused("no fault 'meteorite'; there are: none, stop-machine");
	setup(state);
	plan.watchdogs = "pug";
	refused("no watchdog 'pug'; there are: none, i6300esb, ib700, itco, softdog, hangcheck-timer, ");
	setup(state);
	plan.clocks = "sundial";
	refused("no clock 'sundial'; there are: tsc, hpet, acpi_pm, kvm-clock");
	setup(state);
	plan.machines = "pdp11";
	refused("no machine 'pdp11'; there are: pc, q35");
	setup(state);
	plan.actions = "explode";
	refused("no action 'explode'; there are: reset, poweroff, pause, inject-nmi, none");
	setup(state);
	/* Names are whole names */
	plan.watchdogs = "i6300";
	refused("no watchdog 'i6300'");
	plan.watchdogs = " softdog";
	refused("no watchdog ' softdog'");
	plan.watchdogs = "SOFTDOG";
	refused("no watchdog 'SOFTDOG'");
}

static void a_long_unknown_name_is_cut(void **state)
{
	static char name[4096];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	plan.watchdogs = name;
	refused("no watchdog 'xxx");
	assert_true(strlen(why) < sizeof(why));
}

static void numbers_out_of_range(void **state)
{
	static const char * const lengths[] = {
		"0", "600001", "-1", "1e3", "1.5", "", "12ms", "99999999999999999999", " 1", "+1",
	};
	static const char * const timeouts[] = { "0", "65536", "-3", "3.5", "3s", "0x3" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		plan.msecs = lengths[i];
		refused("--msecs");
	}
	setup(state);
	for (size_t i = 0; i < ARRAY_SIZE(timeouts); i++) {
		plan.timeouts = timeouts[i];
		refused("--timeout");
	}
	setup(state);
	plan.msecs = "1";
	make();
	plan.msecs = "600000";
	make();
}

static void timeouts_that_a_driver_refuses(void **state)
{
	(void)state;
	plan.watchdogs = "i6300esb";
	plan.timeouts = "2046";
	make();
	plan.timeouts = "2047";
	refused("i6300esb takes 1 to 2046 s");
	/* Where nothing is armed it does not matter */
	plan.watchdogs = "none";
	make();
	plan.watchdogs = "softdog";
	plan.timeouts = "65535";
	make();
}

static void keepalives_slower_than_the_timeout(void **state)
{
	(void)state;
	plan.timeouts = "3";
	plan.interval_ms = 3000;
	refused("faster than the timeout");
	plan.interval_ms = 2999;
	make();
	assert_int_equal(cells[0].periods, 3);
	plan.interval_ms = 10;
	make();
	assert_int_equal(cells[0].periods, 300);
}

static void empty_lists(void **state)
{
	static const char * const empty[] = { "", ",", ",,," };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(empty); i++) {
		setup(state);
		plan.faults = empty[i];
		refused("--faults wants a list");
		setup(state);
		plan.watchdogs = empty[i];
		refused("--watchdogs wants a list");
		setup(state);
		plan.kernels = empty[i];
		refused("--kernels wants a list");
		setup(state);
		plan.actions = empty[i];
		refused("--action wants a list");
		setup(state);
		plan.msecs = empty[i];
		refused("--msecs wants a list");
		setup(state);
		plan.timeouts = empty[i];
		refused("--timeout wants a list");
	}
	setup(state);
	/* A stray comma is none the worse */
	plan.watchdogs = ",softdog,,none,";
	plan.faults = "none";
	make();
	assert_int_equal(n, 2);
}

static void lists_without_end(void **state)
{
	char list[65 * 3 + 1] = "";

	(void)state;
	for (int i = 0; i < 65; i++)
		sprintf(list + strlen(list), "%s%d", i ? "," : "", i + 10);
	plan.msecs = list;
	refused("1 to 64 names");
	/* Eight long lists are more cells than anybody can run, or hold */
	list[64 * 3 - 1] = '\0';
	plan.msecs = list;
	plan.timeouts = list;
	plan.kernels = list;
	plan.clocks = list;
	refused("a run has at most");
}

static void numbers(void **state)
{
	unsigned int value = 7;

	(void)state;
	assert_int_equal(plan_number("10", 1, 10, &value), 0);
	assert_int_equal(value, 10);
	assert_int_equal(plan_number("11", 1, 10, &value), -1);
	assert_int_equal(plan_number("0", 1, 10, &value), -1);
	assert_int_equal(plan_number("4294967297", 0, 4294967295U, &value), -1);
	assert_int_equal(plan_number("4294967295", 0, 4294967295U, &value), 0);
	assert_int_equal(plan_number("18446744073709551617", 0, 10, &value), -1);
	assert_int_equal(plan_number("", 0, 10, &value), -1);
	assert_int_equal(plan_number("1 ", 0, 10, &value), -1);
}

/* What is written beside the evidence is read back the same */
static void cells_survive_json(void **state)
{
	(void)state;
	plan.actions = "poweroff";
	make();
	for (size_t i = 0; i < n; i++) {
		json_t *json = cell_to_json(&cells[i]);
		const char *reason = NULL;
		struct cell back;

		assert_int_equal(cell_from_json(&back, json, &reason), 0);
		assert_memory_equal(&back, &cells[i], sizeof(back));
		json_decref(json);
	}
}

static void cells_of_strange_json(void **state)
{
	static const struct {
		const char *key;
		const char *value;
	} rows[] = {
		{ "id", "null" }, { "fault", "\"meteorite\"" }, { "watchdog", "7" },
		{ "watchdog", "\"pug\"" }, { "clock", "\"sundial\"" }, { "machine", "\"\"" },
		{ "action", "\"explode\"" }, { "msecs", "-1" }, { "msecs", "\"8000\"" },
		{ "timeout_ms", "null" }, { "cpus", "0" }, { "periods", "1.5" },
	};
	const char *reason = NULL;
	struct cell back;

	(void)state;
	make();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		json_t *json = cell_to_json(&cells[0]);

		json_object_set_new(json, rows[i].key,
				    json_loads(rows[i].value, JSON_DECODE_ANY, NULL));
		if (!cell_from_json(&back, json, &reason))
			fail_msg("%s = %s was taken", rows[i].key, rows[i].value);
		assert_non_null(reason);
		json_decref(json);
	}
	for (size_t i = 0; i < 2; i++) {
		char text[512];
		json_t *json = cell_to_json(&cells[0]);

		memset(text, 'x', sizeof(text) - 1);
		text[sizeof(text) - 1] = '\0';
		json_object_set_new(json, i ? "id" : "kernel", json_string(text));
		assert_int_equal(cell_from_json(&back, json, &reason), -1);
		json_decref(json);
	}
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(presets),
		test(full_is_expected),
		test(a_cpu_that_hangs_must_be_there),
		test(impossible_is_left_out),
		test(a_detector_of_one_kernel),
		test(the_talk),
		test(product),
		test(twins_come_once),
		test(ids_tell_cells_apart),
		test(unknown_names),
		test(a_long_unknown_name_is_cut),
		test(numbers_out_of_range),
		test(timeouts_that_a_driver_refuses),
		test(keepalives_slower_than_the_timeout),
		test(empty_lists),
		test(lists_without_end),
		test(numbers),
		test(cells_survive_json),
		test(cells_of_strange_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
