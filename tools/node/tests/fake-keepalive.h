/* SPDX-License-Identifier: GPL-2.0 */
/* A watchdog, a clock and signals that are made up, for keepalive's logic. */
#ifndef PUG_FAKE_KEEPALIVE_H
#define PUG_FAKE_KEEPALIVE_H

#include <errno.h>
#include <signal.h>

#include "keepalive.h"
#include "node.h"
#include "num.h"
#include "tree.h"

#define MS	NSEC_PER_MSEC
#define MAX_LOG	64

/* What the fake device does, and what was done to it. */
struct fake {
	/* answers */
	int support_rc;
	int set_rc;
	int get_rc;
	int ping_rc;
	int ping_fails_at;
	int magic_rc;
	int taken;
	int set_says;
	int pretimeout;
	int pre_rc;
	int bootstatus;
	int still_active;
	/* the clock: how much later than asked each wake-up comes */
	uint64_t now;
	uint64_t late[MAX_LOG];
	int stop_after;
	/* a log */
	uint64_t ping_at[MAX_LOG];
	int checks, pings, waits, magics, closes;
	bool closed_before_magic;
};

static struct fake fake;
static struct keepalive_options opts;
static struct watchdog facts;
static struct output out;

static int fake_support(void *self, struct watchdog_info *info)
{
	struct fake *dev = self;

	if (dev->support_rc)
		return dev->support_rc;
	memset(info, 0, sizeof(*info));
	info->options = WDIOF_MAGICCLOSE;
	/* all of the array, no zero at its end */
	memset(info->identity, 'x', sizeof(info->identity));
	return 0;
}

static int fake_set_timeout(void *self, int *seconds)
{
	struct fake *dev = self;

	if (dev->set_rc)
		return dev->set_rc;
	if (dev->set_says)
		*seconds = dev->set_says;
	return 0;
}

static int fake_get_timeout(void *self, int *seconds)
{
	struct fake *dev = self;

	if (dev->get_rc)
		return dev->get_rc;
	*seconds = dev->taken;
	return 0;
}

static int fake_set_pretimeout(void *self, int seconds)
{
	struct fake *dev = self;

	if (dev->pre_rc)
		return dev->pre_rc;
	dev->pretimeout = seconds;
	return 0;
}

static int fake_get_pretimeout(void *self, int *seconds)
{
	struct fake *dev = self;

	*seconds = dev->pretimeout;
	return dev->pretimeout < 0 ? -EOPNOTSUPP : 0;
}

static int fake_get_bootstatus(void *self, int *flags)
{
	*flags = ((struct fake *)self)->bootstatus;
	return 0;
}

static int fake_check(void *self, const char *path)
{
	return ((struct fake *)self)->checks++ == 1 ? -EIO : strcmp(path, "/well");
}

static int fake_ping(void *self)
{
	struct fake *dev = self;

	assert_int_equal(dev->closes, 0);
	assert_true(dev->pings < MAX_LOG);
	dev->ping_at[dev->pings++] = dev->now;
	if (dev->ping_fails_at && dev->pings != dev->ping_fails_at)
		return 0;
	return dev->ping_rc;
}

static int fake_magic(void *self)
{
	struct fake *dev = self;

	dev->magics++;
	dev->closed_before_magic = dev->closes;
	return dev->magic_rc;
}

static int fake_close(void *self)
{
	((struct fake *)self)->closes++;
	return 0;
}

static int fake_still_active(void *self)
{
	struct fake *dev = self;

	assert_int_equal(dev->closes, 1);
	return dev->still_active;
}

static uint64_t fake_now(void *self)
{
	return ((struct fake *)self)->now;
}

static enum wait_result fake_wait(void *self, uint64_t until_ns)
{
	struct fake *dev = self;

	if (++dev->waits == dev->stop_after)
		return WAIT_STOP;
	if (until_ns > dev->now)
		dev->now = until_ns;
	dev->now += dev->late[dev->waits];
	return WAIT_DUE;
}

static const struct keepalive_ops fake_ops = {
	.support = fake_support,
	.set_timeout = fake_set_timeout,
	.get_timeout = fake_get_timeout,
	.set_pretimeout = fake_set_pretimeout,
	.get_pretimeout = fake_get_pretimeout,
	.get_bootstatus = fake_get_bootstatus,
	.check = fake_check,
	.ping = fake_ping,
	.magic = fake_magic,
	.close = fake_close,
	.still_active = fake_still_active,
	.now = fake_now,
	.wait = fake_wait,
};

static int setup(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	fake.taken = 30;
	fake.now = 1000 * MS;
	fake.stop_after = 4;
	memset(&opts, 0, sizeof(opts));
	opts.device = "/dev/watchdog9";
	opts.timeout = 30;
	opts.interval_ns = 10000 * MS;
	memset(&facts, 0, sizeof(facts));
	strcpy(facts.driver, "i6300esb");
	facts.min_timeout = SYSFS_UNKNOWN;
	facts.max_timeout = SYSFS_UNKNOWN;
	output_open(&out, true);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	output_close(&out);
	return 0;
}

#endif
