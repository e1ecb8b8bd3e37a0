// SPDX-License-Identifier: GPL-2.0
/*
 * The ruler: the HPET's main counter, mapped read-only.
 *
 * QEMU derives it from its virtual clock, at 10 ns a tick, and it can be read
 * from outside while the VM stands still, so stamps taken here and there are on
 * one scale. Clocks of the kernel are under test and measure nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "num.h"
#include "ruler.h"

#define HPET_PAGE	4096
/* Indices of 32-bit registers; IA-PC HPET specification 1.0a, section 2.3.1 */
#define HPET_CAPS	(0x00 / 4)
#define HPET_PERIOD	(0x04 / 4)
#define HPET_CONFIG	(0x10 / 4)
#define HPET_COUNT_LOW	(0xf0 / 4)
#define HPET_COUNT_HIGH	(0xf4 / 4)

#define HPET_CAPS_WIDE		0x2000u
#define HPET_CONFIG_ENABLED	0x0001u
/* The specification's greatest period: 100 ns */
#define HPET_PERIOD_MAX_FS	100000000u

/* One load of 32 bits each time it is called, neither split nor left out. */
static uint32_t read_register(const struct ruler *ruler, int index)
{
	return __atomic_load_n(&ruler->regs[index], __ATOMIC_ACQUIRE);
}

static int check_registers(struct ruler *ruler)
{
	ruler->period_fs = read_register(ruler, HPET_PERIOD);
	ruler->wide = read_register(ruler, HPET_CAPS) & HPET_CAPS_WIDE;
	if (!ruler->period_fs || ruler->period_fs > HPET_PERIOD_MAX_FS)
		return -ENODEV;
	if (!(read_register(ruler, HPET_CONFIG) & HPET_CONFIG_ENABLED))
		return -ENODEV;
	return 0;
}

/**
 * ruler_map() - map an HPET's registers from an open descriptor
 * @ruler: the result; ruler_ready() is false after a failure
 * @fd: descriptor of /dev/hpet, readable; may be closed afterwards
 *
 * Return: 0 or a negative error number; -ENODEV if what is mapped is no HPET
 * or stands still.
 */
int ruler_map(struct ruler *ruler, int fd)
{
	struct stat st;
	void *page;
	int rc;

	memset(ruler, 0, sizeof(*ruler));
	if (fstat(fd, &st))
		return -errno;
	/* reading behind the end of a short file would be SIGBUS */
	if (S_ISREG(st.st_mode) && st.st_size < HPET_PAGE)
		return -ENODEV;
	page = mmap(NULL, HPET_PAGE, PROT_READ, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		return -errno;
	ruler->regs = page;
	rc = check_registers(ruler);
	if (rc)
		ruler_close(ruler);
	return rc;
}

/* A regular file would be a ruler that lies: only a device is taken. */
static int map_inherited(struct ruler *ruler, const char *text)
{
	struct stat st;
	uint64_t fd;

	if (num_u64(text, INT32_MAX, &fd) || fstat(fd, &st))
		return -EBADF;
	if (!S_ISCHR(st.st_mode))
		return -ENODEV;
	return ruler_map(ruler, fd);
}

/**
 * ruler_open() - find and map the HPET
 * @ruler: the result; ruler_ready() is false after a failure
 *
 * The descriptor named by the environment's PUG_RULER_FD is used if it is one,
 * else /dev/hpet is opened, which takes one of the HPET's few free timers and
 * hence fails with -EBUSY when others have done so.
 *
 * Return: 0 or a negative error number; doing without is up to the caller.
 */
int ruler_open(struct ruler *ruler)
{
	const char *inherited = getenv(RULER_FD_ENV);
	int fd, rc;

	if (inherited && !map_inherited(ruler, inherited))
		return 0;
	memset(ruler, 0, sizeof(*ruler));
	fd = open("/dev/hpet", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = ruler_map(ruler, fd);
	close(fd);
	return rc;
}

/**
 * ruler_read() - read the main counter
 * @ruler: a ruler that is ready
 *
 * Two halves are read because a 64-bit read of the HPET is not one access
 * everywhere; the high half is read again to notice a carry between them.
 *
 * Return: ticks of @ruler->period_fs each; 32 bits of them if not @wide.
 */
uint64_t ruler_read(const struct ruler *ruler)
{
	uint32_t high, low, again;

	if (!ruler->wide)
		return read_register(ruler, HPET_COUNT_LOW);
	again = read_register(ruler, HPET_COUNT_HIGH);
	do {
		high = again;
		low = read_register(ruler, HPET_COUNT_LOW);
		again = read_register(ruler, HPET_COUNT_HIGH);
	} while (high != again);
	return (uint64_t)high << 32 | low;
}

/**
 * ruler_close() - unmap the HPET
 * @ruler: a ruler, ready or not
 */
void ruler_close(struct ruler *ruler)
{
	if (ruler->regs)
		munmap(ruler->regs, HPET_PAGE);
	ruler->regs = NULL;
}
