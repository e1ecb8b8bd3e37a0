// SPDX-License-Identifier: GPL-2.0
/* What signs of life tell, and what rubbish does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "witness.h"

static struct witness_tale tale;

static enum witness_news alive_of(struct witness *w, const char *host, const char *boot,
				  uint64_t n, int64_t phase, int64_t at_ms)
{
	struct record rec;
	size_t len;

	record_begin(&rec, "alive", n);
	record_text(&rec, "hostname", host);
	record_text(&rec, "boot_id", boot);
	record_i64(&rec, "phase", phase);
	record_i64(&rec, "since_keepalive_ms", n * 100);
	len = record_end(&rec);
	witness_take(w, rec.text, len, at_ms, &tale);
	return tale.news;
}

static enum witness_news back_of(struct witness *w, const char *boot, uint64_t n, int64_t at_ms)
{
	struct record rec;
	size_t len;

	record_begin(&rec, "back", n);
	record_text(&rec, "hostname", "db1");
	record_text(&rec, "boot_id", boot);
	record_text(&rec, "when", "in-fault");
	record_text(&rec, "cause", "watchdog");
	record_text(&rec, "who", "i6300ESB timer");
	record_i64(&rec, "from_ms", 5);
	record_i64(&rec, "to_ms", 10600);
	len = record_end(&rec);
	witness_take(w, rec.text, len, at_ms, &tale);
	return tale.news;
}

static struct witness *new_witness(void)
{
	return calloc(1, sizeof(struct witness));
}

static void a_reset(void **state)
{
	struct witness *w = new_witness();

	(void)state;
	assert_int_equal(alive_of(w, "db1", "b1", 1, 2, 1000), WITNESS_FIRST);
	assert_int_equal(alive_of(w, "db1", "b1", 2, 2, 1100), WITNESS_NOTHING);
	assert_int_equal(alive_of(w, "db1", "b1", 3, 3, 1200), WITNESS_PHASE);
	assert_false(witness_miss(w, 1500, &tale));
	assert_true(witness_miss(w, 1600, &tale));
	assert_int_equal(tale.news, WITNESS_SILENT);
	assert_int_equal(tale.last_since_keepalive_ms, 300);
	/* once */
	assert_false(witness_miss(w, 1700, &tale));
	assert_int_equal(back_of(w, "b2", 1, 13000), WITNESS_BACK);
	assert_int_equal(tale.gap_ms, 11800);
	assert_int_equal(tale.last_since_keepalive_ms, 300);
	assert_int_equal(tale.to_ms, 10600);
	assert_string_equal(tale.cause, "watchdog");
	assert_int_equal(back_of(w, "b2", 2, 13001), WITNESS_NOTHING);
	assert_false(witness_miss(w, 20000, &tale));
	assert_int_equal(w->list[0].longest_ms, 11800);
	free(w);
}

static void a_thaw(void **state)
{
	struct witness *w = new_witness();

	(void)state;
	alive_of(w, "db1", "b1", 1, 3, 1000);
	assert_true(witness_miss(w, 2000, &tale));
	assert_int_equal(alive_of(w, "db1", "b1", 2, 4, 31000), WITNESS_SAME_BOOT);
	assert_int_equal(tale.gap_ms, 30000);
	assert_int_equal(alive_of(w, "db1", "b2", 1, 1, 61000), WITNESS_NEW_BOOT);
	free(w);
}

/* One lost is no silence; doubled and late ones change nothing. */
static void a_bad_network(void **state)
{
	struct witness *w = new_witness();

	(void)state;
	alive_of(w, "db1", "b1", 1, 2, 1000);
	assert_int_equal(alive_of(w, "db1", "b1", 4, 2, 1300), WITNESS_NOTHING);
	assert_int_equal(alive_of(w, "db1", "b1", 3, 2, 1310), WITNESS_NOTHING);
	assert_int_equal(alive_of(w, "db1", "b1", 4, 2, 1320), WITNESS_NOTHING);
	assert_int_equal(w->list[0].lost, 2);
	assert_int_equal(w->list[0].heard, 4);
	assert_int_equal(w->list[0].at_ms, 1300);
	free(w);
}

static void rubbish(void **state)
{
	struct witness *w = new_witness();
	char name[16];

	(void)state;
	witness_take(w, "", 0, 1, &tale);
	assert_int_equal(tale.news, WITNESS_BAD);
	witness_take(w, "pug1 00000000 1 alive hostname=x\n", 33, 1, &tale);
	assert_int_equal(tale.news, WITNESS_BAD);
	assert_int_equal(alive_of(w, "", "b1", 1, 1, 1), WITNESS_BAD);
	assert_int_equal(w->bad, 3);
	assert_int_equal(w->n, 0);
	for (int i = 0; i < WITNESS_MAX; i++) {
		snprintf(name, sizeof(name), "db%d", i);
		assert_int_equal(alive_of(w, name, "b1", 1, 1, 1), WITNESS_FIRST);
	}
	assert_int_equal(alive_of(w, "one more", "b1", 1, 1, 1), WITNESS_STRANGER);
	assert_int_equal(alive_of(w, "db7", "b1", 2, 1, 2), WITNESS_NOTHING);
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reset),
		cmocka_unit_test(a_thaw),
		cmocka_unit_test(a_bad_network),
		cmocka_unit_test(rubbish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
