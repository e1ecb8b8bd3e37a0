/* SPDX-License-Identifier: GPL-2.0 */
/* Which watchdogs this machine has, without opening any. */
#ifndef PUG_WATCHDOG_H
#define PUG_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sysfs.h"

#define WATCHDOGS_MAX	32

/* How the driver's name is known. */
enum driver_source {
	DRIVER_UNKNOWN,
	DRIVER_LINK,		/* sysfs: device/driver */
	DRIVER_IDENTITY,	/* the identity is the one of a loaded module */
	DRIVER_MODULE,		/* the only loaded module that could be it */
};

/**
 * struct watchdog - one watchdog, as sysfs shows it
 * @device: its node, such as "/dev/watchdog0"
 * @identity: what the driver calls it; "" if not known
 * @driver: the driver's name; "" if not known
 * @driver_source: how it is known
 * @state: "active", "inactive"; "" if not known
 * @is_dev_watchdog: /dev/watchdog is the same device
 * @legacy: the driver has no watchdog-core device, only /dev/watchdog
 * @number: N of watchdogN, -1 for a legacy one
 * @timeout: seconds
 * @min_timeout: seconds
 * @max_timeout: seconds; 0: the driver sets no limit
 * @pretimeout: seconds
 * @timeleft: seconds
 * @nowayout: 1 if it cannot be disarmed
 * @bootstatus: WDIOF_ flags of the last boot
 * @devs: its device numbers
 * @n_devs: how many
 *
 * Numbers are SYSFS_UNKNOWN where the kernel does not tell.
 */
struct watchdog {
	char device[32];
	char identity[64];
	char driver[64];
	enum driver_source driver_source;
	char state[16];
	bool is_dev_watchdog;
	bool legacy;
	int number;
	int64_t timeout;
	int64_t min_timeout;
	int64_t max_timeout;
	int64_t pretimeout;
	int64_t timeleft;
	int64_t nowayout;
	int64_t bootstatus;
	dev_t devs[2];
	int n_devs;
};

int watchdog_scan(const char *root, struct watchdog *list, int max);
const struct watchdog *watchdog_find(const struct watchdog *list, int n,
				     dev_t dev);
bool watchdog_has_dev(const struct watchdog *dog, dev_t dev);
const char *driver_source_name(enum driver_source source);

#endif /* PUG_WATCHDOG_H */
