// SPDX-License-Identifier: GPL-2.0
/* A page of memory for an HPET. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "ruler.h"

#define WIDE	0x2000u
#define PERIOD	10000000u

struct page {
	uint32_t caps;
	uint32_t period;
	uint32_t unused[2];
	uint32_t config;
	uint32_t more[55];
	uint32_t low;
	uint32_t high;
};

static int make_page(const struct page *page)
{
	int fd = memfd_create("hpet", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 4096), 0);
	assert_int_equal(pwrite(fd, page, sizeof(*page), 0), sizeof(*page));
	return fd;
}

static int map_page(struct ruler *ruler, const struct page *page)
{
	int fd = make_page(page);
	int rc = ruler_map(ruler, fd);

	close(fd);
	return rc;
}

static void reads_both_halves(void **state)
{
	struct page page = { .caps = WIDE, .period = PERIOD, .config = 1,
			     .low = 0xdeadbeef, .high = 0x12 };
	struct ruler ruler;

	(void)state;
	assert_int_equal(sizeof(page), 0xf8);
	assert_int_equal(map_page(&ruler, &page), 0);
	assert_true(ruler_ready(&ruler));
	assert_int_equal(ruler.period_fs, PERIOD);
	assert_true(ruler_read(&ruler) == 0x12deadbeefULL);
	ruler_close(&ruler);
	assert_false(ruler_ready(&ruler));
	ruler_close(&ruler);

	/* 32 bits only: what stands in the other half means nothing */
	page.caps = 0;
	assert_int_equal(map_page(&ruler, &page), 0);
	assert_true(ruler_read(&ruler) == 0xdeadbeefULL);
	ruler_close(&ruler);
}

static void check_refused(uint32_t period, uint32_t config)
{
	struct page page = { .caps = WIDE, .period = period, .config = config };
	struct ruler ruler;

	assert_int_equal(map_page(&ruler, &page), -ENODEV);
	assert_false(ruler_ready(&ruler));
}

static void what_is_no_running_hpet_is_no_ruler(void **state)
{
	struct ruler ruler;
	int fd;

	(void)state;
	check_refused(0, 1);
	check_refused(100000001, 1);
	check_refused(PERIOD, 0);

	/* a file too short to be read from */
	fd = memfd_create("short", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ruler_map(&ruler, fd), -ENODEV);
	close(fd);
	assert_int_equal(ruler_map(&ruler, fd), -EBADF);
	assert_false(ruler_ready(&ruler));
}

/* The environment may name a device, never a file somebody has prepared. */
static void inherited_file_is_not_believed(void **state)
{
	struct page page = { .caps = WIDE, .period = PERIOD, .config = 1,
			     .low = 77 };
	int fd = make_page(&page);
	struct ruler ruler;
	char number[16];

	(void)state;
	snprintf(number, sizeof(number), "%d", fd);
	setenv(RULER_FD_ENV, number, 1);
	if (!ruler_open(&ruler))
		assert_true(ruler_read(&ruler) != 77);
	else
		assert_false(ruler_ready(&ruler));
	ruler_close(&ruler);
	setenv(RULER_FD_ENV, "rubbish", 1);
	ruler_open(&ruler);
	ruler_close(&ruler);
	unsetenv(RULER_FD_ENV);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_both_halves),
		cmocka_unit_test(what_is_no_running_hpet_is_no_ruler),
		cmocka_unit_test(inherited_file_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
