// SPDX-License-Identifier: GPL-2.0
/* Presets: cells that belong together, by one name. */
#include <stdio.h>
#include <string.h>

#include "compiler.h"
#include "plan.h"

#define EVERY_KERNEL \
	"debian-6.1,debian-6.1-rt,debian-6.12,debian-6.12-rt,debian-5.10,debian-7"
#define EVERY_WATCHDOG \
	"none,i6300esb,ib700,itco,softdog,hangcheck-timer,i6300esb+softdog,i6300esb-none," \
	"i6300esb-nmi-ignored,i6300esb-closed,i6300esb-refused,i6300esb-unopened," \
	"itco-noreboot,softdog-noboot,hangcheck-default"

#define EVERY_OTHER_DOG "i6300esb-daemon,softdog-panic,softdog-pretimeout,softdog-on-boot"
#define WITHOUT_KEEPALIVE "softlockup,hung-task,rcu-stall"

#define EVERY_LOCKUP									\
	"irqs-off-dog,irqs-off-cpu0,irqs-off-other,irqs-off-but-one,preempt-off-dog,"	\
	"preempt-off-all,softirqs-off-all,rcu-reader,spinlock"
#define EVERY_USER_FAULT								\
	"keepalive-stopped,programs-stopped,keepalive-killed,keepalive-closed,keepalive-closed-nowayout,"	\
	"descriptors,fork-bomb"
#define EVERY_CRASH "panic,panic-reboots,oops-panics,bug-in-irq,panic-stopped,oops"
#define EVERY_HANG									\
	"dstate,keepalive-stuck,reboot-hangs,fifo-hog,fifo-hog-unthrottled,deadline-hog,"		\
	"deadline-hog-unthrottled"
#define EVERY_FAULT EVERY_LOCKUP "," EVERY_USER_FAULT "," EVERY_CRASH "," EVERY_HANG

/**
 * struct preset - cells by name
 * @name: on the command line
 * @sparing: combinations that would tell nothing new are left out, by rule
 * @plans: multiplied out one after the other
 */
struct preset {
	const char *name;
	bool sparing;
	struct plan plans[PRESET_PLANS_MAX];
};

static const struct preset presets[] = {
	{ "talk", false, { {
		/* The talk's demonstration, with its dud and its controls */
		.faults = "none,stop-machine",
		.watchdogs = "none,i6300esb,i6300esb-none,softdog",
		.clocks = "tsc", .machines = "pc", .kernels = "debian-6.1",
		.msecs = "60000", .timeouts = "30",
		.interval_ms = 1000, .settle_ms = 10000, .cpus = 2,
	} } },
	{ "quick", false, { {
		/* The same, short: for trying out and for checks */
		.faults = "none,stop-machine",
		.watchdogs = "none,i6300esb,i6300esb-none,softdog",
		.clocks = "tsc", .machines = "pc", .kernels = "debian-6.1",
		.msecs = "8000", .timeouts = "3",
		.interval_ms = 500, .settle_ms = 5000, .cpus = 2,
	} } },
	{ "full", true, { {
		.faults = "none,stop-machine",
		.watchdogs = EVERY_WATCHDOG,
		.clocks = "tsc", .machines = "pc,q35", .kernels = EVERY_KERNEL,
		.msecs = "60000", .timeouts = "10",
		.interval_ms = 1000, .settle_ms = 10000, .cpus = 2,
	}, {
		/* Both sides of hpet's half (21.5 s) and wrap (42.9 s) */
		.faults = "stop-machine",
		.watchdogs = "i6300esb,softdog,hangcheck-timer",
		.clocks = "hpet", .machines = "pc", .kernels = EVERY_KERNEL,
		.msecs = "20000,25000,40000,50000,60000", .timeouts = "10",
		.interval_ms = 1000, .settle_ms = 30000, .cpus = 2,
	}, {
		/* Both sides of acpi_pm's half (2.34 s) and wrap (4.69 s) */
		.faults = "stop-machine",
		.watchdogs = "i6300esb,softdog",
		.clocks = "acpi_pm", .machines = "pc", .kernels = EVERY_KERNEL,
		.msecs = "2000,3000,4000,5000", .timeouts = "1",
		.interval_ms = 500, .settle_ms = 10000, .cpus = 2,
	}, {
		.faults = "stop-machine",
		.watchdogs = "i6300esb,softdog,hangcheck-timer",
		.clocks = "acpi_pm,kvm-clock", .machines = "pc", .kernels = EVERY_KERNEL,
		.msecs = "60000", .timeouts = "10",
		.interval_ms = 1000, .settle_ms = 10000, .cpus = 2,
	}, {
		.faults = "stop-machine",
		.watchdogs = "i6300esb,ib700,itco",
		.actions = "reset,poweroff,pause,inject-nmi,none",
		.clocks = "tsc", .machines = "pc,q35", .kernels = EVERY_KERNEL,
		.msecs = "60000", .timeouts = "10",
		.interval_ms = 1000, .settle_ms = 10000, .cpus = 2,
	} } },
	{ "faults", true, { {
		/* Every other fault; the longest deadline is iTCO's, 19.2 s */
		.faults = EVERY_FAULT,
		.watchdogs = "none,i6300esb,ib700,softdog,i6300esb-none",
		.clocks = "tsc", .machines = "pc", .kernels = "debian-6.1",
		.msecs = "30000", .timeouts = "10",
		.interval_ms = 1000, .settle_ms = 10000, .cpus = 3,
	}, {
		.faults = EVERY_FAULT,
		.watchdogs = "itco,itco-running",
		.clocks = "tsc", .machines = "q35", .kernels = "debian-6.1",
		.msecs = "30000", .timeouts = "10",
		.interval_ms = 1000, .settle_ms = 10000, .cpus = 3,
	}, {
		.faults = "none,stop-machine," EVERY_FAULT,
		.watchdogs = EVERY_OTHER_DOG "," WITHOUT_KEEPALIVE,
		.clocks = "tsc", .machines = "pc", .kernels = "debian-6.1",
		.msecs = "30000", .timeouts = "10",
		.interval_ms = 1000, .settle_ms = 10000, .cpus = 3,
	}, {
		.faults = "none,stop-machine", .watchdogs = "itco-running",
		.clocks = "tsc", .machines = "q35", .kernels = "debian-6.1",
		.msecs = "30000", .timeouts = "10",
		.interval_ms = 1000, .settle_ms = 10000, .cpus = 3,
	} } },
	{ "outside", true, { {
		/* What is done to the VM; most of it in real time only */
		.faults = "vm-pause,disk-full,host-stall,link-down,disk-hang,cpu-steal,vm-migrate,vm-snapshot",
		.watchdogs = "none,i6300esb,ib700,softdog,pug-watch",
		.clocks = "tsc", .machines = "pc", .kernels = "debian-6.1",
		.msecs = "20000", .timeouts = "6",
		.interval_ms = 1000, .settle_ms = 10000, .cpus = 2,
	}, {
		/* A detector of the kernel's, where programs wait for what is outside */
		.faults = "link-down,disk-hang",
		.watchdogs = "hung-task",
		.clocks = "tsc", .machines = "pc", .kernels = "debian-6.1",
		.msecs = "20000", .timeouts = "6",
		.interval_ms = 1000, .settle_ms = 10000, .cpus = 2,
	}, {
		/* And what a watchdog outside sees of what is done inside */
		.faults = "none,stop-machine,panic,keepalive-stopped",
		.watchdogs = "pug-watch",
		.clocks = "tsc", .machines = "pc", .kernels = "debian-6.1",
		.msecs = "20000", .timeouts = "6",
		.interval_ms = 1000, .settle_ms = 10000, .cpus = 2,
	} } },
	{ "memory", true, { {
		/* In real time only; on a busy host it takes 15 s to take all there is */
		.faults = "thrash,thrash-locked,memory-leak,oom",
		.watchdogs = "none,i6300esb,ib700,softdog,pug-watch",
		.clocks = "tsc", .machines = "pc", .kernels = "debian-6.1",
		.msecs = "40000", .timeouts = "6",
		.interval_ms = 1000, .settle_ms = 10000, .cpus = 2,
	} } },
};

/**
 * plan_preset() - the plans of a preset
 * @plans: filled in, room for PRESET_PLANS_MAX
 * @n: how many there are
 * @sparing: combinations that would tell nothing new are to be left out
 * @name: of the preset
 *
 * Return: 0, -1 when there is none of that name.
 */
int plan_preset(struct plan *plans, size_t *n, bool *sparing, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(presets); i++) {
		if (strcmp(presets[i].name, name))
			continue;
		*sparing = presets[i].sparing;
		for (*n = 0; *n < PRESET_PLANS_MAX && presets[i].plans[*n].faults; (*n)++)
			plans[*n] = presets[i].plans[*n];
		return 0;
	}
	return -1;
}

/**
 * plan_preset_name() - presets one after the other
 * @n: from 0
 *
 * Return: the name of the nth, NULL when there are no more.
 */
const char *plan_preset_name(size_t n)
{
	return n < ARRAY_SIZE(presets) ? presets[n].name : NULL;
}

/**
 * plan_preset_names() - for messages
 * @text: gets the names
 * @len: its size
 */
void plan_preset_names(char *text, size_t len)
{
	size_t used = 0;

	for (size_t i = 0; i < ARRAY_SIZE(presets) && used < len; i++)
		used += snprintf(text + used, len - used, "%s%s", i ? ", " : "", presets[i].name);
}
