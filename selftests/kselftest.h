/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the kernel's own kselftest.h is not at hand: as much of it as the targets
 * here use, under the same names, so that they build in both places as they are.
 */
#ifndef PUG_KSELFTEST_H
#define PUG_KSELFTEST_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define KSFT_PASS 0
#define KSFT_FAIL 1
#define KSFT_SKIP 4

#define ARRAY_SIZE(arr) (sizeof(arr) / sizeof((arr)[0]))
#define KSFT_PRINTF __attribute__((format(printf, 1, 2)))

static struct {
	unsigned int plan;
	unsigned int passed;
	unsigned int failed;
	unsigned int skipped;
} ksft_counts;

static inline unsigned int ksft_number(void)
{
	return ksft_counts.passed + ksft_counts.failed + ksft_counts.skipped;
}

static inline void ksft_print_header(void)
{
	printf("TAP version 13\n");
	/* Whole lines, whatever becomes of the test */
	setvbuf(stdout, NULL, _IOLBF, 0);
}

static inline void ksft_set_plan(unsigned int plan)
{
	ksft_counts.plan = plan;
	printf("1..%u\n", plan);
}

static inline unsigned int ksft_get_fail_cnt(void)
{
	return ksft_counts.failed;
}

static inline KSFT_PRINTF void ksft_print_msg(const char *fmt, ...)
{
	va_list args;

	printf("# ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
}

static inline KSFT_PRINTF void ksft_test_result_pass(const char *fmt, ...)
{
	va_list args;

	ksft_counts.passed++;
	printf("ok %u ", ksft_number());
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
}

static inline KSFT_PRINTF void ksft_test_result_fail(const char *fmt, ...)
{
	va_list args;

	ksft_counts.failed++;
	printf("not ok %u ", ksft_number());
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
}

static inline KSFT_PRINTF void ksft_test_result_skip(const char *fmt, ...)
{
	va_list args;

	ksft_counts.skipped++;
	printf("ok %u # SKIP ", ksft_number());
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
}

static inline void ksft_print_counts(void)
{
	if (ksft_counts.plan != ksft_number())
		printf("# Planned tests != run tests (%u != %u)\n",
		       ksft_counts.plan, ksft_number());
	printf("# Totals: pass:%u fail:%u xfail:0 xpass:0 skip:%u error:0\n",
	       ksft_counts.passed, ksft_counts.failed, ksft_counts.skipped);
}

static inline __attribute__((noreturn)) void ksft_exit_pass(void)
{
	ksft_print_counts();
	exit(KSFT_PASS);
}

static inline __attribute__((noreturn)) void ksft_exit_fail(void)
{
	ksft_print_counts();
	exit(KSFT_FAIL);
}

static inline __attribute__((noreturn)) KSFT_PRINTF
void ksft_exit_fail_msg(const char *fmt, ...)
{
	va_list args;

	printf("Bail out! ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	ksft_print_counts();
	exit(KSFT_FAIL);
}

static inline __attribute__((noreturn)) KSFT_PRINTF
void ksft_exit_skip(const char *fmt, ...)
{
	va_list args;

	printf("1..0 # SKIP ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	exit(KSFT_SKIP);
}

#endif /* PUG_KSELFTEST_H */
