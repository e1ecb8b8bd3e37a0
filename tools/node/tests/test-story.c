// SPDX-License-Identifier: GPL-2.0
/* Journals of verify runs and the file of boots: whole, torn and damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "boots.h"
#include "compiler.h"
#include "record.h"
#include "story.h"

struct text {
	char buf[16384];
	size_t len;
	size_t last;	/* where the last record begins */
	uint64_t n;
};

static void add(struct text *text, struct record *rec)
{
	size_t len = record_end(rec);

	text->last = text->len;
	memcpy(text->buf + text->len, rec->text, len);
	text->len += len;
}

static void add_plain(struct text *text, const char *event, int64_t boottime)
{
	struct record rec;

	record_begin(&rec, event, ++text->n);
	record_i64(&rec, "boottime_ms", boottime);
	add(text, &rec);
}

static void add_planned(struct text *text, const char *fault)
{
	static const struct moment at = { 1000000, 50000, 1000 };
	struct record rec;

	record_begin(&rec, "planned", ++text->n);
	record_text(&rec, "boot_id", "b1");
	record_text(&rec, "hostname", "db1");
	record_text(&rec, "identity", "i6300ESB timer");
	record_text(&rec, "driver", "i6300esb");
	record_text(&rec, "fault", fault);
	record_i64(&rec, "msecs", 30000);
	moment_put(&rec, &at);
	add(text, &rec);
}

static void add_armed(struct text *text)
{
	struct record rec;

	record_begin(&rec, "armed", ++text->n);
	record_i64(&rec, "timeout_taken", 10);
	add(text, &rec);
}

static void add_fault(struct text *text, int64_t keepalive_ms)
{
	static const struct moment at = { 1010000, 60000, 1010 };
	struct record rec;

	record_begin(&rec, "fault", ++text->n);
	record_i64(&rec, "keepalive_ms", keepalive_ms);
	moment_put(&rec, &at);
	add(text, &rec);
}

static void make(struct text *text)
{
	memset(text, 0, sizeof(*text));
	add_planned(text, "stop-machine");
	add_armed(text);
	add_fault(text, 59990);
}

static void expect(const struct text *text, enum story_state state,
		   enum story_phase phase)
{
	struct story story;

	story_read(text->buf, text->len, &story);
	assert_int_equal(story.state, state);
	assert_int_equal(story.phase, phase);
}

static void whole(void **state)
{
	struct story story;
	struct text text;

	(void)state;
	make(&text);
	story_read(text.buf, text.len, &story);
	assert_int_equal(story.state, STORY_WHOLE);
	assert_int_equal(story.phase, PHASE_FAULT);
	assert_string_equal(story.identity, "i6300ESB timer");
	assert_string_equal(story.machine, "");
	assert_int_equal(story.timeout_s, 10);
	assert_int_equal(story.msecs, 30000);
	assert_int_equal(story.turnaround_ms, -1);
	assert_int_equal(story.keepalive_ms, 59990);
	assert_int_equal(story.alive_ms, 60000);
	assert_int_equal(story.planned.rtc_s, 1000);
	add_plain(&text, "over", 90100);
	expect(&text, STORY_WHOLE, PHASE_OVER);
	add_plain(&text, "alive", 90200);
	add_plain(&text, "alive", 90300);
	add_plain(&text, "of-a-later-version", 90350);
	add_plain(&text, "ended", 90400);
	story_read(text.buf, text.len, &story);
	assert_int_equal(story.state, STORY_WHOLE);
	assert_int_equal(story.phase, PHASE_ENDED);
	assert_int_equal(story.alive_ms, 90400);
}

static void empty(void **state)
{
	struct text text = { 0 };

	(void)state;
	expect(&text, STORY_NONE, PHASE_NOTHING);
	/* a file that got its length and no data */
	text.len = 4096;
	expect(&text, STORY_DAMAGED, PHASE_NOTHING);
}

/* Wherever it is cut, no more is known than what was whole. */
static void torn(void **state)
{
	struct text text;
	size_t len;

	(void)state;
	make(&text);
	add_plain(&text, "over", 90100);
	for (len = text.last + 1; len < text.len; len++) {
		struct text cut = text;

		cut.len = len;
		expect(&cut, STORY_TORN, PHASE_FAULT);
		/* the rest of the block as zeroes */
		memset(cut.buf + len, 0, 512);
		cut.len = len + 512;
		expect(&cut, STORY_TORN, PHASE_FAULT);
	}
}

static void damaged(void **state)
{
	struct text text;

	(void)state;
	make(&text);
	text.buf[20] ^= 1;
	expect(&text, STORY_DAMAGED, PHASE_FAULT);

	/* a whole record is gone */
	memset(&text, 0, sizeof(text));
	add_planned(&text, "stop-machine");
	text.n++;
	add_fault(&text, 59990);
	expect(&text, STORY_DAMAGED, PHASE_FAULT);

	/* out of order */
	memset(&text, 0, sizeof(text));
	add_planned(&text, "stop-machine");
	add_fault(&text, 59990);
	expect(&text, STORY_DAMAGED, PHASE_FAULT);

	/* twice */
	make(&text);
	add_armed(&text);
	expect(&text, STORY_DAMAGED, PHASE_FAULT);

	/* a keepalive after the fault's begin, none at all, an unknown fault */
	memset(&text, 0, sizeof(text));
	add_planned(&text, "stop-machine");
	add_armed(&text);
	add_fault(&text, 60001);
	expect(&text, STORY_DAMAGED, PHASE_FAULT);
	memset(&text, 0, sizeof(text));
	add_planned(&text, "stop-machine");
	add_armed(&text);
	add_fault(&text, -1);
	expect(&text, STORY_DAMAGED, PHASE_FAULT);
	memset(&text, 0, sizeof(text));
	add_planned(&text, "unplug");
	expect(&text, STORY_DAMAGED, PHASE_PLANNED);
}

static void add_boot(struct text *text, const char *boot_id, int64_t rtc_s)
{
	const struct moment at = { rtc_s * 1000, 5000, rtc_s };
	struct dogs dogs = {
		.list = { { "i6300ESB timer", "i6300esb", true },
			  { "Software Watchdog", "softdog", false } },
		.n = 2,
	};
	struct record rec;

	record_begin(&rec, "boot", ++text->n);
	record_text(&rec, "boot_id", boot_id);
	moment_put(&rec, &at);
	dogs_put(&rec, &dogs);
	add(text, &rec);
}

static void add_stop(struct text *text, const char *boot_id, const char *how,
		     int64_t rtc_s)
{
	const struct moment at = { rtc_s * 1000, 99000, rtc_s };
	struct record rec;

	record_begin(&rec, "stop", ++text->n);
	record_text(&rec, "boot_id", boot_id);
	record_text(&rec, "how", how);
	moment_put(&rec, &at);
	add(text, &rec);
}

static void boots(void **state)
{
	struct text text = { 0 };
	struct boots boots;

	(void)state;
	boots_read("", 0, "b3", "b1", &boots);
	assert_false(boots.known);
	assert_int_equal(boots.between, -1);

	add_boot(&text, "b0", 1000);
	add_stop(&text, "b0", "reboot", 2000);
	add_boot(&text, "b1", 2025);
	boots_read(text.buf, text.len, "b2", "b1", &boots);
	assert_true(boots.known);
	assert_false(boots.recorded);
	assert_string_equal(boots.boot_id, "b1");
	assert_string_equal(boots.stop, "");
	assert_int_equal(boots.between, 0);
	/* 20 s from the order to the kernel's start, and a second, and a hundredth of the boot */
	assert_int_equal(boots.turnaround_ms, 21050);
	assert_int_equal(boots.dogs.n, 2);
	assert_true(dogs_find(&boots.dogs, "i6300ESB timer")->marked);
	assert_string_equal(dogs_find(&boots.dogs, "Software Watchdog")->driver,
			    "softdog");
	assert_null(dogs_find(&boots.dogs, "none"));

	add_boot(&text, "b2", 3000);
	/* an order of a boot that has no record is not this one's */
	add_stop(&text, "bx", "poweroff", 3500);
	add_boot(&text, "b3", 4000);
	boots_read(text.buf, text.len, "b3", "b1", &boots);
	assert_true(boots.recorded);
	assert_string_equal(boots.boot_id, "b2");
	assert_string_equal(boots.stop, "");
	assert_int_equal(boots.between, 1);
	boots_read(text.buf, text.len, "b3", "bx", &boots);
	assert_int_equal(boots.between, -1);
	/* what comes after is of no interest */
	add_stop(&text, "b3", "reboot", 4100);
	boots_read(text.buf, text.len, "b3", "b1", &boots);
	assert_string_equal(boots.stop, "");
}

/* What is missing may be a boot. */
static void boots_damaged(void **state)
{
	struct text text = { 0 };
	struct boots boots;
	size_t first;

	(void)state;
	add_boot(&text, "b1", 1000);
	first = text.len;
	add_boot(&text, "b2", 2000);
	text.buf[first + 30] ^= 4;
	boots_read(text.buf, text.len, "b3", "b1", &boots);
	assert_true(boots.damaged);
	assert_int_equal(boots.between, -1);
	/* mended by the record of the boot that was before */
	add_boot(&text, "b2b", 2500);
	boots_read(text.buf, text.len, "b3", "b1", &boots);
	assert_false(boots.damaged);
	assert_string_equal(boots.boot_id, "b2b");
	assert_int_equal(boots.between, -1);
	boots_read(text.buf, text.len - 1, "b3", "b1", &boots);
	assert_true(boots.damaged);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),	cmocka_unit_test(empty),
		cmocka_unit_test(torn),		cmocka_unit_test(damaged),
		cmocka_unit_test(boots),	cmocka_unit_test(boots_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
