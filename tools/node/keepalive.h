/* SPDX-License-Identifier: GPL-2.0 */
/* Arms a watchdog, keeps it from firing, disarms it. */
#ifndef PUG_KEEPALIVE_H
#define PUG_KEEPALIVE_H

#include <linux/watchdog.h>
#include <stdbool.h>
#include <stdint.h>

#include "emit.h"
#include "pace.h"
#include "watchdog.h"

/**
 * struct keepalive_options - what was asked for
 * @device: as typed
 * @timeout: seconds
 * @pretimeout: seconds before the timeout at which the core's governor acts; 0: leave it
 * @interval_ns: nanoseconds from one keepalive to the next
 * @count: stop after so many; 0: do not
 * @check: file to be read before each keepalive; NULL: none
 * @realtime: SCHED_FIFO and locked memory
 * @verbose: a line of text for each keepalive
 */
struct keepalive_options {
	const char *device;
	int timeout;
	int pretimeout;
	uint64_t interval_ns;
	uint64_t count;
	const char *check;
	bool realtime;
	bool verbose;
};

enum wait_result {
	WAIT_DUE,	/* it is time */
	WAIT_STOP,	/* a signal asks to stop */
};

/**
 * struct keepalive_ops - the device, the clock and the signals
 *
 * @support: WDIOC_GETSUPPORT
 * @set_timeout: WDIOC_SETTIMEOUT
 * @get_timeout: WDIOC_GETTIMEOUT
 * @set_pretimeout: WDIOC_SETPRETIMEOUT
 * @get_pretimeout: WDIOC_GETPRETIMEOUT
 * @get_bootstatus: WDIOC_GETBOOTSTATUS
 * @check: read the file that says whether the machine is well
 * @ping: one keepalive
 * @magic: write the magic 'V'
 * @close: close it
 * @still_active: after the close: 1, 0 or SYSFS_UNKNOWN
 * @now: nanoseconds of CLOCK_MONOTONIC
 * @wait: until that time or until a signal asks to stop
 *
 * A table, so that tests can give a device that does not reset the machine.
 * Functions return 0 or a negative error number where nothing else is said.
 */
struct keepalive_ops {
	int (*support)(void *self, struct watchdog_info *info);
	int (*set_timeout)(void *self, int *seconds);
	int (*get_timeout)(void *self, int *seconds);
	int (*set_pretimeout)(void *self, int seconds);
	int (*get_pretimeout)(void *self, int *seconds);
	int (*get_bootstatus)(void *self, int *flags);
	int (*check)(void *self, const char *path);
	int (*ping)(void *self);
	int (*magic)(void *self);
	int (*close)(void *self);
	int (*still_active)(void *self);
	uint64_t (*now)(void *self);
	enum wait_result (*wait)(void *self, uint64_t until_ns);
};

/**
 * struct keepalive - one run
 * @opts: what was asked for
 * @ops: the device
 * @self: given to @ops
 * @facts: what sysfs knows of it; NULL: nothing
 * @em: where events go
 * @opened: when the device was about to be opened
 */
struct keepalive {
	const struct keepalive_options *opts;
	const struct keepalive_ops *ops;
	void *self;
	const struct watchdog *facts;
	struct emitter *em;
	struct stamp opened;
};

int keepalive_run(const struct keepalive *run);

#endif /* PUG_KEEPALIVE_H */
