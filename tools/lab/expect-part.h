/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_EXPECT_PART_H
#define PUG_EXPECT_PART_H

#include "expect.h"

/* What holds whatever the fault: of watchdogs from which nothing comes */
#define STARTS_NOTHING \
	"Linux 6.1 drivers/watchdog/watchdog_dev.c:watchdog_open starts the device, loading its driver does not"
#define STOPPED_BEFORE \
	"Linux 6.1 drivers/watchdog/watchdog_dev.c:watchdog_release stops a device that was closed with the magic character"
#define REFUSED \
	"Linux 6.1 drivers/watchdog/watchdog_dev.c:watchdog_set_timeout refuses what is out of range, and the driver's heartbeat of 1000 s stays"
#define STRAPPED \
	"QEMU 10.0 hw/acpi/ich9_tco.c:tco_timer_expired calls watchdog_perform_action() only with the NO_REBOOT strap off"

int expect_part(struct expectation *e, const struct cell *cell, enum verdict_effect effect);

#endif
