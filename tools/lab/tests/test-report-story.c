// SPDX-License-Identifier: GPL-2.0
/* Timelines made small, results checked, runs compared: on data told by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compiler.h"
#include "report-model.h"
#include "util.h"

static char why[512];

static FILE *stream(const char *text)
{
	FILE *in = fmemopen((void *)text, strlen(text), "r");

	assert_non_null(in);
	return in;
}

static json_t *marks_of(const char *text)
{
	FILE *in = stream(text);
	json_t *marks = report_marks(in, why, sizeof(why));

	fclose(in);
	return marks;
}

static json_int_t at(json_t *list, size_t i, size_t k)
{
	return json_integer_value(json_array_get(json_array_get(list, i), k));
}

/* --- a cell's ----------------------------------------------------------------------- */

#define EVENT(boot, kind, t) \
	"{\"boot\":" #boot ",\"source\":\"agent\",\"kind\":\"" kind "\",\"t_ns\":" #t ",\"text\":\"x\",\"data\":{}}\n"

static void times_count_from_the_fault(void **state)
{
	json_t *story = marks_of(EVENT(1, "armed", 5000000000) EVENT(1, "keepalive", 9500000000)
				 EVENT(1, "canary", 9700000000)
				 EVENT(1, "freeze-asked", 9900000000)
				 EVENT(1, "freeze", 10000000000)
				 EVENT(1, "watchdog", 13019500000) EVENT(2, "boot", 7000000000));
	json_t *list = json_object_get(story, "marks");

	(void)state;
	assert_non_null(story);
	assert_int_equal(json_array_size(list), 5);
	assert_int_equal(at(list, 0, 1), -5000000);
	assert_int_equal(at(list, 2, 1), 0);
	assert_int_equal(at(list, 3, 1), 3019500);
	/* Another boot has a clock of its own */
	assert_int_equal(at(list, 4, 0), 2);
	assert_int_equal(at(list, 4, 1), 7000000);
	assert_int_equal(at(json_object_get(story, "keepalive"), 0, 0), -500000);
	assert_int_equal(at(json_object_get(story, "canary"), 0, 0), -300000);
	json_decref(story);
}

static void the_fault_begins_when_the_last_cpu_stopped(void **state)
{
	json_t *story = marks_of(EVENT(1, "freeze", 10000000000)
				 "{\"boot\":1,\"source\":\"console\",\"kind\":\"thaw\",\"t_ns\":18002000000,\"data\":{\"entry_ns\":10002000000}}\n");
	json_t *list = json_object_get(story, "marks");

	(void)state;
	assert_int_equal(at(list, 0, 1), -2000);
	assert_int_equal(at(list, 1, 1), 8000000);
	json_decref(story);
}

static void what_comes_by_the_hundred_is_bundled_and_counted(void **state)
{
	json_t *story, *bundles;
	char *text = NULL;
	size_t size = 0, i;
	FILE *out = open_memstream(&text, &size);
	json_int_t sum = 0;

	(void)state;
	for (i = 0; i < 5000; i++)
		fprintf(out, "{\"boot\":1,\"source\":\"canary\",\"kind\":\"canary\",\"t_ns\":%zu}\n",
			i * 1000000);
	fclose(out);
	story = marks_of(text);
	bundles = json_object_get(story, "canary");
	assert_in_range(json_array_size(bundles), 50, 101);
	for (i = 0; i < json_array_size(bundles); i++) {
		assert_true(at(bundles, i, 0) <= at(bundles, i, 1));
		sum += at(bundles, i, 2);
	}
	assert_int_equal(sum, 5000);
	json_decref(story);
	free(text);
}

static void dull_lines_and_rubbish_times_are_left_out(void **state)
{
	json_t *story = marks_of(EVENT(1, "other", 1) EVENT(0, "start", 1)
				 EVENT(1, "watchdog", 1e300)
				 "{\"boot\":1}\n{\"boot\":\"x\",\"kind\":1,\"source\":2}\n");
	json_t *list = json_object_get(story, "marks");

	(void)state;
	assert_int_equal(json_array_size(list), 1);
	assert_true(json_is_null(json_array_get(json_array_get(list, 0), 1)));
	json_decref(story);
}

static void a_line_that_is_no_json_is_named(void **state)
{
	(void)state;
	assert_null(marks_of(EVENT(1, "armed", 1) "{\"boot\":1,\n"));
	assert_string_equal(why, "line 2 of timeline.jsonl can't be read");
}

/* --- a drill's ------------------------------------------------------------------------ */

#define MOMENT(t, kind, node, value, text) \
	"{\"t_s\":" #t ",\"host_s\":100" #t ",\"kind\":\"" kind "\",\"node\":\"" node "\",\"value\":" #value ",\"text\":\"" text "\"}\n"
#define DRILL \
	MOMENT(0.5, "ack", "db-b", 1, "row 1") MOMENT(1.0, "ack", "db-b", 1, "row 2") \
	MOMENT(1.0, "role", "db-b", 1, "REST: master, running, timeline 1") \
	MOMENT(1.5, "key", "etcd", 0, "the leader key names db-b") \
	MOMENT(2.0, "key", "etcd", -1, "the leader key has expired") \
	MOMENT(3.0, "reset", "db-b", 0, "QMP RESET") MOMENT(4.0, "word", "db-b", 0, "dull") \
	MOMENT(9.0, "ack", "db-a", 2, "row 3") MOMENT(9.9, "end", "lab", 0, "settle")

static json_t *lanes_of(const char *text, const char *settled)
{
	json_t *s = settled ? json_loads(settled, 0, NULL) : NULL, *lanes;
	FILE *in = stream(text);

	lanes = report_lanes(in, s, why, sizeof(why));
	fclose(in);
	json_decref(s);
	return lanes;
}

static json_int_t sum_of(json_t *lanes, const char *name)
{
	json_t *list = json_object_get(lanes, name);
	json_int_t sum = 0;

	for (size_t i = 0; i < json_array_size(list); i++)
		sum += at(list, i, 2);
	return sum;
}

static void nodes_are_those_of_the_data(void **state)
{
	json_t *l = lanes_of(DRILL, NULL), *nodes = json_object_get(l, "nodes");

	(void)state;
	assert_non_null(l);
	assert_int_equal(json_array_size(nodes), 3);
	assert_string_equal(json_string_value(json_array_get(nodes, 0)), "db-b");
	assert_int_equal(sum_of(l, "acks"), 3);
	assert_int_equal(sum_of(l, "lost"), 0);
	assert_string_equal(json_string_value(json_array_get(json_array_get(
			    json_object_get(l, "key"), 0), 1)), "db-b");
	assert_true(json_is_null(json_array_get(json_array_get(json_object_get(l, "key"), 1), 1)));
	/* reset and end, not the word */
	assert_int_equal(json_array_size(json_object_get(l, "marks")), 2);
	json_decref(l);
}

static void lost_rows_are_those_of_the_moment(void **state)
{
	/* 1001.0 is db-b's second row, 1009.0 that of db-a; nothing was acknowledged at 5 */
	json_t *l = lanes_of(DRILL, "{\"lost\":[{\"t_ns\":1001000000000},{\"t_ns\":1009000000000},{\"t_ns\":1005000000000},{}]}");
	json_t *lost = json_object_get(l, "lost");

	(void)state;
	assert_int_equal(sum_of(l, "lost"), 2);
	assert_int_equal(json_integer_value(json_object_get(l, "lost_placed")), 2);
	assert_int_equal(at(lost, 0, 0), 0);
	assert_int_equal(at(lost, 1, 0), 2);
	json_decref(l);
}

static void a_row_is_not_lost_twice(void **state)
{
	json_t *l = lanes_of(DRILL, "{\"lost\":[{\"t_ns\":1001000000000},{\"t_ns\":1001000000000}]}");

	(void)state;
	assert_int_equal(sum_of(l, "lost"), 1);
	json_decref(l);
}

/* --- comparison ------------------------------------------------------------------------ */

#define CELL \
	"{s:s,s:s,s:s,s:s,s:s,s:i,s:b,s:{s:s,s:s,s:s,s:s,s:f}}"

static void add_cell(struct report_run *run, const char *fault, const char *kernel,
		     const char *protected, double fired)
{
	struct report_item *item = report_add(&run->cells);
	char *id = xasprintf("%s.softdog.tsc.pc.%s", fault, kernel);

	item->result = json_pack(CELL, "id", id, "fault", fault, "watchdog", "softdog",
				 "clock", "tsc", "kernel", kernel, "timeout_ms", 3000,
				 "as_expected", 1, "observed", "verdict", "at-thaw",
				 "effect", "reset", "by", "softdog", "protected", protected,
				 "keepalive_to_fire_ms", fired);
	assert_non_null(item->result);
	item->name = id;
}

static size_t size_of(json_t *changes, const char *name)
{
	return json_array_size(json_object_get(changes, name));
}

static void compare(struct report *r, const char *kernel, const char *protected, double fired)
{
	memset(r, 0, sizeof(*r));
	r->n = 2;
	r->runs = xcalloc(2, sizeof(*r->runs));
	add_cell(&r->runs[0], "stop-machine", "a", "by luck", 8000);
	add_cell(&r->runs[0], "other", "a", "no", 8000);
	add_cell(&r->runs[1], "other", kernel, "no", 8000);
	add_cell(&r->runs[1], "stop-machine", kernel, protected, fired);
	r->changes = report_compare(&r->runs[0], &r->runs[1]);
}

static void the_same_is_no_change(void **state)
{
	struct report r;

	(void)state;
	compare(&r, "a", "by luck", 8100);
	assert_int_equal(size_of(r.changes, "pairs"), 2);
	assert_int_equal(size_of(r.changes, "changed"), 0);
	assert_int_equal(size_of(r.changes, "moved"), 0);
	assert_int_equal(size_of(r.changes, "about"), 0);
	report_free(&r);
}

static void another_kernel_is_what_is_compared(void **state)
{
	struct report r;

	(void)state;
	compare(&r, "b", "no", 8000);
	assert_int_equal(size_of(r.changes, "about"), 1);
	assert_int_equal(size_of(r.changes, "pairs"), 2);
	assert_int_equal(size_of(r.changes, "changed"), 1);
	assert_int_equal(size_of(r.changes, "only_a") + size_of(r.changes, "only_b"), 0);
	report_free(&r);
}

static void what_moved_is_told_apart(void **state)
{
	struct report r;

	(void)state;
	compare(&r, "a", "by luck", 8300);
	assert_int_equal(size_of(r.changes, "changed"), 0);
	assert_int_equal(size_of(r.changes, "moved"), 1);
	report_free(&r);
}

static void a_cell_of_one_run_only_is_named(void **state)
{
	struct report r;

	(void)state;
	compare(&r, "a", "no", 8000);
	json_decref(r.changes);
	add_cell(&r.runs[1], "third", "a", "yes", 1000);
	r.changes = report_compare(&r.runs[0], &r.runs[1]);
	assert_int_equal(size_of(r.changes, "only_b"), 1);
	assert_int_equal(json_integer_value(json_array_get(json_object_get(r.changes, "only_b"),
							   0)), 2);
	report_free(&r);
}

/* --- words ------------------------------------------------------------------------------ */

static void a_watchdog_is_named_with_its_action(void **state)
{
	static const struct {
		const char *fault;
		const char *dog;
		const char *id;
		const char *wanted;
	} rows[] = {
		{ "f", "i6300esb", "f.i6300esb.tsc.pc.k.1ms.2ms", "i6300esb" },
		{ "f", "i6300esb", "f.i6300esb-pause.tsc.pc.k.1ms.2ms", "i6300esb-pause" },
		{ "f", "a+b", "f.a+b.tsc", "a+b" },
		/* An id that does not fit its fields names nothing */
		{ "f", "softdog", "g.i6300esb.tsc", "softdog" }, { "f", "softdog", "f", "softdog" },
		{ "f", "softdog", "f.soft.tsc", "softdog" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		json_t *cell = json_pack("{s:s,s:s,s:s}", "fault", rows[i].fault, "watchdog",
					 rows[i].dog, "id", rows[i].id);
		char *name = report_watchdog(cell);

		assert_string_equal(name, rows[i].wanted);
		free(name);
		json_decref(cell);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_count_from_the_fault),
		cmocka_unit_test(the_fault_begins_when_the_last_cpu_stopped),
		cmocka_unit_test(what_comes_by_the_hundred_is_bundled_and_counted),
		cmocka_unit_test(dull_lines_and_rubbish_times_are_left_out),
		cmocka_unit_test(a_line_that_is_no_json_is_named),
		cmocka_unit_test(nodes_are_those_of_the_data),
		cmocka_unit_test(lost_rows_are_those_of_the_moment),
		cmocka_unit_test(a_row_is_not_lost_twice),
		cmocka_unit_test(the_same_is_no_change),
		cmocka_unit_test(another_kernel_is_what_is_compared),
		cmocka_unit_test(what_moved_is_told_apart),
		cmocka_unit_test(a_cell_of_one_run_only_is_named),
		cmocka_unit_test(a_watchdog_is_named_with_its_action),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
