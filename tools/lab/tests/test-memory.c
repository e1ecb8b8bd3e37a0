// SPDX-License-Identifier: GPL-2.0
/* A guest's last words: records of printk's ring, and what only looks like them */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "memory.h"

#define FREEZE "stop-machine: freeze asked_ms=60000 hpet=1."
#define FIRES "softdog: Initiating system reboot"
/* The ring's first number, less the flags above it */
#define FIRST_ID 0x3fffffffffff0000ULL

static char ram[4096];

static void put(size_t at, uint64_t id, const char *text)
{
	memcpy(ram + at - sizeof(id), &id, sizeof(id));
	memcpy(ram + at, text, strlen(text));
}

/* Of what is in ram; to be freed */
static char *records(void)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	memory_records(ram, sizeof(ram), out);
	fclose(out);
	return text;
}

static void expect_records(const char *wanted)
{
	char *text = records();

	assert_string_equal(text, wanted);
	free(text);
}

static int clean(void **state)
{
	(void)state;
	memset(ram, 0, sizeof(ram));
	return 0;
}

static void records_are_found(void **state)
{
	(void)state;
	put(64, FIRST_ID + 100, FREEZE);
	put(256, FIRST_ID + 101, FIRES);
	expect_records(FREEZE "\n" FIRES "\n");
}

/* Its numbers begin below 2^62 so that the way past 0 is seen early */
static void numbers_go_past_zero(void **state)
{
	(void)state;
	put(64, 0x3fffffffffffffffULL, FREEZE);
	put(256, 1, FIRES);
	expect_records(FREEZE "\n" FIRES "\n");
}

static void numbers_of_32_bits(void **state)
{
	(void)state;
	put(64, 0xfffff17c, FREEZE);
	put(256, 0xfffff17e, FIRES);
	expect_records(FREEZE "\n" FIRES "\n");
}

static void no_record(void **state)
{
	static const struct {
		size_t at;
		uint64_t id;
	} rows[] = {
		{ 256, 0 },				/* zeroes before it */
		{ 257, FIRST_ID + 101 },		/* not aligned */
		{ 260, FIRST_ID + 101 },
		{ 256, FIRST_ID + 99 },			/* older than the fault */
		{ 256, 0x6261 },			/* two letters and zeroes */
		{ 256, 0x0023636e61506400ULL },		/* another string's end */
		{ 256, 0x3201000000000000ULL },		/* a format string's level */
		{ 256, FIRST_ID + 101 + (1ULL << 62) },	/* with flags */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		clean(NULL);
		put(64, FIRST_ID + 100, FREEZE);
		put(rows[i].at, rows[i].id, FIRES);
		expect_records(FREEZE "\n");
	}
}

static void at_the_ends(void **state)
{
	(void)state;
	memcpy(ram, FIRES, strlen(FIRES));
	memcpy(ram + sizeof(ram) - 8, FIRES, 8);
	expect_records("");
	/* Its last character does not come */
	put(sizeof(ram) - 40, FIRST_ID, "stop-machine: freeze asked_ms=6000000000");
	expect_records("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(records_are_found, clean),
		cmocka_unit_test_setup(numbers_go_past_zero, clean),
		cmocka_unit_test_setup(numbers_of_32_bits, clean),
		cmocka_unit_test_setup(no_record, clean),
		cmocka_unit_test_setup(at_the_ends, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
