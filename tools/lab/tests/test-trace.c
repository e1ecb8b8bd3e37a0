// SPDX-License-Identifier: GPL-2.0
/* QEMU's trace: what it dates, and what becomes of verdicts with and without it. */
#include "fixture.h"

#define HPET(ticks) TRACE_HPET " reading counter + 0 = 0x" ticks "\n"
#define FIRES TRACE_ACTION " action=0\n"
#define WRITE(addr, value, name) \
	TRACE_WRITE " cpu 1 mr 0x5555 addr " addr " value " value " size 2 name '" name "'\n"

static struct fixture fx;
static struct timeline tl;

static int teardown(void **state)
{
	(void)state;
	fixture_close(&fx);
	timeline_free(&tl);
	return 0;
}

static void parse(const char *text)
{
	FILE *in = fmemopen((void *)text, strlen(text), "r");

	assert_non_null(in);
	timeline_free(&tl);
	evidence_trace(&tl, in);
	fclose(in);
}

static int64_t field(const struct event *event, const char *key)
{
	return json_integer_value(json_object_get(event->data, key));
}

static void a_firing_lies_between_two_readings(void **state)
{
	(void)state;
	parse(HPET("100") HPET("200") FIRES HPET("300") HPET("400"));
	assert_int_equal(tl.n, 1);
	assert_int_equal(tl.events[0].kind, EVENT_DEVICE_FIRES);
	assert_int_equal(tl.events[0].boot, 1);
	assert_int_equal(tl.events[0].t_ns, 0x280 * 10);
	assert_int_equal(field(&tl.events[0], "after_ns"), 0x200 * 10);
	assert_int_equal(field(&tl.events[0], "before_ns"), 0x300 * 10);
}

static void without_both_readings_it_has_no_time(void **state)
{
	(void)state;
	parse(FIRES HPET("300"));
	assert_int_equal(tl.events[0].t_ns, TIME_UNKNOWN);
	parse(HPET("300") FIRES);
	assert_int_equal(tl.events[0].t_ns, TIME_UNKNOWN);
	/* The counter started anew: the machine was reset in between */
	parse(HPET("10000000") FIRES HPET("10"));
	assert_int_equal(tl.events[0].t_ns, TIME_UNKNOWN);
}

static void readings_of_two_cpus_change_places(void **state)
{
	(void)state;
	parse(HPET("300") HPET("200") FIRES HPET("2ff") HPET("400"));
	assert_int_equal(field(&tl.events[0], "after_ns"), 0x300 * 10);
	assert_int_equal(field(&tl.events[0], "before_ns"), 0x400 * 10);
}

static void a_reset_begins_another_boot(void **state)
{
	(void)state;
	parse(HPET("10000000") HPET("10") FIRES HPET("20"));
	assert_int_equal(tl.events[0].boot, 2);
	assert_int_equal(tl.events[0].t_ns, 0x18 * 10);
}

static void writes_that_reload(void **state)
{
	static const struct {
		const char *line;
		size_t n;
	} rows[] = {
		{ WRITE("0xfebff00c", "0x100", "i6300esb"), 1 },
		{ WRITE("0xfebff00c", "0x80", "i6300esb"), 0 },
		{ WRITE("0xfebff000", "0x100", "i6300esb"), 0 },
		{ WRITE("0xfebff00c", "0x100", "serial"), 0 },
		{ WRITE("0x443", "0xa", "ib700"), 1 },
		{ WRITE("0x441", "0x0", "ib700"), 0 },
		{ TRACE_TCO_RELOAD " ticks=50 (30000 ms)\n", 1 },
		{ TRACE_WRITE "\n", 0 },
		{ TRACE_WRITE " name 'ib700' addr x", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		parse(rows[i].line);
		assert_int_equal(tl.n, rows[i].n);
		if (tl.n)
			assert_int_equal(tl.events[0].kind, EVENT_RELOAD);
	}
}

static void other_lines_are_passed_over(void **state)
{
	(void)state;
	parse("\n\n" HPET("100") "qemu: says something\n" HPET("zz")
	      TRACE_HPET "\n" HPET("ffffffffffffffffffff") FIRES HPET("200") "x");
	assert_int_equal(tl.n, 1);
	assert_int_equal(field(&tl.events[0], "after_ns"), 0x100 * 10);
}

static void thinned(const char *text, const char *wanted)
{
	FILE *in = fmemopen((void *)text, strlen(text), "r");
	char *got = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&got, &len);

	assert_int_equal(trace_thin(in, out), 0);
	fclose(in);
	fclose(out);
	assert_string_equal(got, wanted);
	free(got);
}

static void thinning_keeps_what_dates(void **state)
{
	(void)state;
	thinned(HPET("1") HPET("2") HPET("3") FIRES HPET("4") HPET("5") HPET("6"),
		HPET("1") HPET("3") FIRES HPET("4") HPET("6"));
	thinned(HPET("1") FIRES FIRES HPET("4"), HPET("1") FIRES FIRES HPET("4"));
	thinned(HPET("1") WRITE("0x1", "0x2", "serial") HPET("2") HPET("3"),
		HPET("1") HPET("3"));
	thinned(HPET("1") HPET("2") WRITE("0x443", "0x2", "ib700"),
		HPET("1") HPET("2") WRITE("0x443", "0x2", "ib700"));
	thinned("x", "x");
}

static void thinning_changes_no_date(void **state)
{
	static const char text[] = HPET("1") HPET("20") HPET("300") WRITE("0x443", "0x2", "ib700")
		HPET("410") HPET("420") HPET("430") FIRES HPET("440") HPET("450") HPET("460");
	FILE *in = fmemopen((void *)text, strlen(text), "r");
	int64_t reload, fires;
	char *thin = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&thin, &len);

	(void)state;
	parse(text);
	reload = tl.events[0].t_ns;
	fires = tl.events[1].t_ns;
	assert_int_equal(trace_thin(in, out), 0);
	fclose(in);
	fclose(out);
	assert_true(len < strlen(text));
	parse(thin);
	free(thin);
	assert_int_equal(tl.events[0].t_ns, reload);
	assert_int_equal(tl.events[1].t_ns, fires);
}

static void judge(const char *name)
{
	fixture_open(&fx, name);
	fixture_judge(&fx);
}

/* 3 s x 1.006633: hw/watchdog/wdt_i6300esb.c counts 33 MHz / 2^15 */
static void assert_fired_when_due(void)
{
	assert_int_equal(fx.seen.when, VERDICT_IN_FAULT);
	assert_in_range(fx.seen.keepalive_to_fire_ns, 3019500000, 3020300000);
	assert_false(fx.seen.fire_is_upper_bound);
	assert_in_range(fx.seen.fire_span_ns, 1, NSEC_PER_MSEC);
}

static void the_trace_dates_a_dud_too(void **state)
{
	(void)state;
	judge("i6300esb-none-trace");
	assert_int_equal(fx.seen.effect, EFFECT_NONE);
	assert_fired_when_due();
	assert_true(fx.met);

	fixture_remove(&fx, EVIDENCE_TRACE);
	fixture_judge(&fx);
	assert_true(fx.seen.fire_is_upper_bound);
	assert_int_equal(fx.seen.fire_span_ns, -1);
	assert_true(fx.met);
}

/* QEMU's main loop may be seconds late: the firing is not */
static void a_vm_stopped_after_the_thaw_has_fired_before(void **state)
{
	(void)state;
	judge("i6300esb-trace");
	assert_fired_when_due();
	fixture_fire_at(&fx, fixture_freeze_ns(&fx) + 9000 * NSEC_PER_MSEC);
	fixture_judge(&fx);
	assert_fired_when_due();
	assert_int_equal(fx.seen.protected, PROTECTED_YES);
	assert_true(fx.met);
}

static void a_late_firing_in_the_trace_is_late(void **state)
{
	int64_t t = 0;
	char text[200];

	(void)state;
	judge("i6300esb-trace");
	t = (fixture_freeze_ns(&fx) + 8300 * NSEC_PER_MSEC) / HPET_NS_PER_TICK;
	snprintf(text, sizeof(text), HPET("%llx") FIRES HPET("%llx"), (unsigned long long)t,
		 (unsigned long long)t + 100);
	fixture_cut_at(&fx, EVIDENCE_TRACE, TRACE_ACTION);
	fixture_append(&fx, EVIDENCE_TRACE, text);
	fixture_judge(&fx);
	assert_int_equal(fx.seen.when, VERDICT_AT_THAW);
	assert_int_equal(fx.seen.protected, PROTECTED_BY_LUCK);
	assert_false(fx.met);
}

static void a_keepalive_that_was_not_reported_counts(void **state)
{
	(void)state;
	fixture_open(&fx, "i6300esb-trace");
	fixture_cut_at(&fx, EVIDENCE_AGENT, "\"event\":\"keepalive\"");
	fixture_append(&fx, EVIDENCE_AGENT, "{\"event\":\"keepalive\",\"hpet\":1,\"n\":1}\n");
	fixture_judge(&fx);
	assert_fired_when_due();
}

static void trace_and_qmp_must_agree(void **state)
{
	(void)state;
	fixture_open(&fx, "i6300esb-trace");
	fixture_drop(&fx, EVIDENCE_QMP, "\"event\":\"WATCHDOG\"");
	fixture_judge(&fx);
	assert_int_equal(fx.seen.when, VERDICT_ERROR);
	assert_false(fx.met);
}

#define test(function) cmocka_unit_test_teardown(function, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_firing_lies_between_two_readings),
		test(without_both_readings_it_has_no_time),
		test(readings_of_two_cpus_change_places),
		test(a_reset_begins_another_boot),
		test(writes_that_reload),
		test(other_lines_are_passed_over),
		test(thinning_keeps_what_dates),
		test(thinning_changes_no_date),
		test(the_trace_dates_a_dud_too),
		test(a_vm_stopped_after_the_thaw_has_fired_before),
		test(a_late_firing_in_the_trace_is_late),
		test(a_keepalive_that_was_not_reported_counts),
		test(trace_and_qmp_must_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
