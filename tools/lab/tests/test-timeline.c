// SPDX-License-Identifier: GPL-2.0
/* Many sources, one order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "timeline.h"

static struct timeline tl;

static int setup(void **state)
{
	(void)state;
	memset(&tl, 0, sizeof(tl));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	timeline_free(&tl);
	return 0;
}

static void add(const char *name, enum event_source source, int boot, int64_t t_ns)
{
	event_text(timeline_add(&tl, EVENT_OTHER, source, boot, t_ns, NULL), "%s", name);
}

static void assert_order(const char *names)
{
	char text[256] = "";

	timeline_sort(&tl);
	for (size_t i = 0; i < tl.n; i++) {
		strcat(text, i ? " " : "");
		strcat(text, tl.events[i].text);
	}
	assert_string_equal(text, names);
}

static void by_boot_then_by_time(void **state)
{
	(void)state;
	add("d", SOURCE_QMP, 2, 5);
	add("a", SOURCE_AGENT, 1, 100);
	add("c", SOURCE_CANARY, 1, 300);
	add("b", SOURCE_CONSOLE, 1, 200);
	add("lab", SOURCE_LAB, 0, TIME_UNKNOWN);
	assert_order("lab a b c d");
}

static void equal_times_as_read(void **state)
{
	(void)state;
	for (int i = 0; i < 300; i++)
		timeline_add(&tl, EVENT_CANARY, SOURCE_CANARY, 1, 7, json_integer(i));
	timeline_sort(&tl);
	for (int i = 0; i < 300; i++)
		assert_int_equal(json_integer_value(tl.events[i].data), i);
}

static void untimed_stay_behind_their_own_source(void **state)
{
	(void)state;
	add("c100", SOURCE_CONSOLE, 1, 100);
	add("c?", SOURCE_CONSOLE, 1, TIME_UNKNOWN);
	add("c??", SOURCE_CONSOLE, 1, TIME_UNKNOWN);
	add("c300", SOURCE_CONSOLE, 1, 300);
	add("a50", SOURCE_AGENT, 1, 50);
	add("a200", SOURCE_AGENT, 1, 200);
	add("a?", SOURCE_AGENT, 1, TIME_UNKNOWN);
	assert_order("a50 c100 c? c?? a200 a? c300");
}

static void untimed_first_when_nothing_is_known(void **state)
{
	(void)state;
	add("a1", SOURCE_AGENT, 1, 1);
	add("q?", SOURCE_QMP, 1, TIME_UNKNOWN);
	add("q5", SOURCE_QMP, 1, 5);
	assert_order("q? a1 q5");
}

/* The counter starts anew: what was last said in boot 1 is no place in boot 2 */
static void a_new_boot_forgets_the_time(void **state)
{
	(void)state;
	add("q900", SOURCE_QMP, 1, 900);
	add("q?", SOURCE_QMP, 2, TIME_UNKNOWN);
	add("a10", SOURCE_AGENT, 2, 10);
	assert_order("q900 q? a10");
}

static void sources_do_not_push_each_other(void **state)
{
	(void)state;
	add("a900", SOURCE_AGENT, 1, 900);
	add("c?", SOURCE_CONSOLE, 1, TIME_UNKNOWN);
	add("c10", SOURCE_CONSOLE, 1, 10);
	assert_order("c? c10 a900");
}

static void nothing_sorts_to_nothing(void **state)
{
	(void)state;
	timeline_sort(&tl);
	assert_int_equal(tl.n, 0);
	assert_null(timeline_first(&tl, EVENT_OTHER, 0));
}

static void sorting_twice_changes_nothing(void **state)
{
	(void)state;
	add("c100", SOURCE_CONSOLE, 1, 100);
	add("c?", SOURCE_CONSOLE, 1, TIME_UNKNOWN);
	add("a100", SOURCE_AGENT, 1, 100);
	timeline_sort(&tl);
	assert_order("c100 c? a100");
}

static void first_of_a_kind(void **state)
{
	(void)state;
	timeline_add(&tl, EVENT_BOOT, SOURCE_AGENT, 2, 5, NULL);
	timeline_add(&tl, EVENT_BOOT, SOURCE_AGENT, 1, 9, NULL);
	timeline_add(&tl, EVENT_CANARY, SOURCE_CANARY, 1, 1, NULL);
	timeline_sort(&tl);
	assert_int_equal(timeline_first(&tl, EVENT_BOOT, 0)->t_ns, 9);
	assert_int_equal(timeline_first(&tl, EVENT_BOOT, 1)->t_ns, 9);
	assert_int_equal(timeline_first(&tl, EVENT_BOOT, 2)->t_ns, 5);
	assert_null(timeline_first(&tl, EVENT_BOOT, 3));
	assert_null(timeline_first(&tl, EVENT_DONE, 0));
}

static void the_first_reason_stays(void **state)
{
	char *endless = malloc(100000);

	(void)state;
	timeline_broken(&tl, "first %d", 1);
	timeline_broken(&tl, "second");
	assert_string_equal(tl.broken, "first 1");
	tl.broken[0] = '\0';
	memset(endless, 'x', 99999);
	endless[99999] = '\0';
	timeline_broken(&tl, "%s", endless);
	assert_int_equal(strlen(tl.broken), sizeof(tl.broken) - 1);
	free(endless);
}

static void text_can_be_replaced(void **state)
{
	struct event *event;

	(void)state;
	event = timeline_add(&tl, EVENT_OTHER, SOURCE_QMP, 1, 0, NULL);
	assert_null(event->text);
	assert_true(json_is_object(event->data));
	event_text(event, "one");
	event_text(event, "%s", "two");
	assert_string_equal(event->text, "two");
}

static void every_name_is_there(void **state)
{
	(void)state;
	for (int i = 0; i < EVENT_NR; i++) {
		assert_non_null(event_kind_name(i));
		for (int k = 0; k < i; k++)
			assert_string_not_equal(event_kind_name(i), event_kind_name(k));
	}
	for (int i = 0; i < SOURCE_NR; i++)
		assert_non_null(event_source_name(i));
}

/* One object a line, whatever bytes an event is made of */
static void written_as_json_lines(void **state)
{
	char *text = NULL, *line, *save = NULL;
	size_t size = 0, lines = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	add("plain", SOURCE_AGENT, 1, 12);
	add("\xff\xfe not UTF-8", SOURCE_CONSOLE, 1, TIME_UNKNOWN);
	add("\"quoted\"\n\t\x1b[2J", SOURCE_CONSOLE, 1, 20);
	timeline_add(&tl, EVENT_WATCHDOG, SOURCE_QMP, 1, 30, NULL)->upper_bound = true;
	timeline_sort(&tl);
	assert_int_equal(timeline_write(&tl, out), 0);
	fclose(out);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		json_t *json = json_loads(line, 0, NULL);

		assert_true(json_is_object(json));
		assert_true(json_is_integer(json_object_get(json, "boot")));
		assert_true(json_is_string(json_object_get(json, "source")));
		assert_true(json_is_string(json_object_get(json, "kind")));
		json_decref(json);
		lines++;
	}
	assert_int_equal(lines, 4);
	assert_non_null(strstr(event_kind_name(EVENT_WATCHDOG), "watchdog"));
	free(text);
}

static void a_full_disk_is_noticed(void **state)
{
	FILE *out = fopen("/dev/full", "we");

	(void)state;
	if (!out)
		skip();
	setvbuf(out, NULL, _IONBF, 0);
	add("x", SOURCE_AGENT, 1, 1);
	assert_int_equal(timeline_write(&tl, out), -1);
	fclose(out);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(by_boot_then_by_time),
		test(equal_times_as_read),
		test(untimed_stay_behind_their_own_source),
		test(untimed_first_when_nothing_is_known),
		test(a_new_boot_forgets_the_time),
		test(sources_do_not_push_each_other),
		test(nothing_sorts_to_nothing),
		test(sorting_twice_changes_nothing),
		test(first_of_a_kind),
		test(the_first_reason_stays),
		test(text_can_be_replaced),
		test(every_name_is_there),
		test(written_as_json_lines),
		test(a_full_disk_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
