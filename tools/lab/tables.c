// SPDX-License-Identifier: GPL-2.0
/* What cells are made of. A new fault, watchdog, clock or machine is a row. */
#include <stdio.h>
#include <string.h>

#include "tables.h"

#define LOCKUP(name_, row_, cpus_, summary_)					\
	.name = (name_), .has_duration = true, .summary = (summary_),		\
	.module = "lockup", .row = (row_), .silent = SILENT_CPUS, .cpus = (cpus_), \
	.placed = true

#define USER(name_, silent_, summary_)						\
	.name = (name_), .has_duration = true, .silent = (silent_), .summary = (summary_)

#define PANIC(name_, row_, settings_, summary_)					\
	.name = (name_), .has_duration = true, .summary = (summary_),		\
	.module = "crash", .row = (row_), .cpus = 1UL << DOG_CPU, .placed = true, \
	.endless = true, .fatal = true, .settings = (settings_)

#define HOG(name_, row_, silent_, settings_, summary_)				\
	.name = (name_), .has_duration = true, .summary = (summary_),		\
	.module = "hang", .row = (row_), .silent = (silent_), .cpus = CPUS_ALL,	\
	.settings = (settings_)

const struct fault faults[] = {
	{ .name = "none",
	  .summary = "the control: a healthy machine, which must not be reset" },
	{ .name = "stop-machine", .has_duration = true, .module = "stop-machine",
	  .summary = "all CPUs frozen through stop_machine() by stop-machine.ko" },
	/* lockup.ko: some CPUs hang, the others go on */
	{ LOCKUP("irqs-off-dog", "irqs-off", 1UL << DOG_CPU,
		 "interrupts off on the CPU that has softdog's timer") },
	{ LOCKUP("irqs-off-cpu0", "irqs-off", 1UL, "interrupts off on CPU 0") },
	{ LOCKUP("irqs-off-other", "irqs-off", 1UL << 2, "interrupts off on a third CPU") },
	{ LOCKUP("irqs-off-but-one", "irqs-off", CPUS_BUT_ONE,
		 "interrupts off on all CPUs but the first") },
	{ LOCKUP("preempt-off-dog", "preempt-off", 1UL << DOG_CPU,
		 "preemption off on the CPU that has softdog's timer"),
	  .settings = "release=yes" },
	{ LOCKUP("preempt-off-all", "preempt-off", CPUS_ALL, "preemption off on all CPUs") },
	{ LOCKUP("softirqs-off-all", "softirqs-off", CPUS_ALL, "soft interrupts off on all CPUs") },
	{ LOCKUP("rcu-reader", "rcu-reader", 1UL, "an RCU reader that does not end, on CPU 0") },
	{ LOCKUP("spinlock", "spinlock", CPUS_ALL,
		 "CPU 0 holds a spinlock, the others want it with interrupts off") },
	/* In user space, by the guest's /init */
	{ USER("keepalive-stopped", SILENT_KEEPALIVE,
	       "the keepalive process gets SIGSTOP, and SIGCONT at the end") },
	{ USER("programs-stopped", SILENT_CPUS,
	       "all programs but /init get SIGSTOP: user space is as good as dead"),
	  .cpus = CPUS_ALL },
	{ USER("keepalive-killed", SILENT_KEEPALIVE,
	       "it gets SIGKILL: the kernel closes the device without the magic V"),
	  .endless = true },
	{ USER("keepalive-closed", SILENT_KEEPALIVE,
	       "it gets SIGTERM, and closes the device with the magic V"),
	  .endless = true },
	{ USER("keepalive-closed-nowayout", SILENT_KEEPALIVE,
	       "the device is closed with the magic V, and its driver has nowayout=1"),
	  .endless = true, .settings = "wd_more=nowayout=1" },
	{ USER("descriptors", SILENT_NOBODY, "no file can be opened any more but by root") },
	{ USER("fork-bomb", SILENT_NOBODY, "a user's fork bomb, up to the limit of processes") },
	/* crash.ko: on the CPU that has softdog's timer, the one on which it might still run */
	{ PANIC("panic", "panic", "sysctls='panic=0'",
		"the kernel panics, and stays so (kernel.panic=0)") },
	{ PANIC("panic-reboots", "panic", "sysctls='panic=5'",
		"the kernel panics, and reboots after 5 s (kernel.panic=5)") },
	{ PANIC("oops-panics", "oops", "sysctls='panic=0 panic_on_oops=1'",
		"a thread oopses, which is a panic (kernel.panic_on_oops=1)") },
	{ PANIC("bug-in-irq", "bug-in-irq", "sysctls='panic=0 panic_on_oops=0'",
		"BUG() in an interrupt, which is a panic all the same") },
	{ PANIC("panic-stopped", "panic-stopped", "sysctls='panic=0'",
		"the kernel panics with all CPUs in stop_machine()") },
	{ .name = "oops", .has_duration = true, .module = "crash", .row = "oops",
	  .silent = SILENT_NOBODY, .cpus = 1UL << DOG_CPU, .placed = true, .endless = true,
	  .settings = "sysctls='panic_on_oops=0'",
	  .summary = "a thread oopses and is gone; the machine goes on" },
	/* hang.ko: the kernel goes on, programs do not */
	{ .name = "dstate", .has_duration = true, .module = "hang", .row = "dstate",
	  .silent = SILENT_NOBODY,
	  .summary = "tasks in uninterruptible sleep, one a CPU" },
	{ .name = "keepalive-stuck", .has_duration = true, .module = "hang", .row = "gate",
	  .silent = SILENT_KEEPALIVE, .settings = "check=/sys/kernel/debug/hang/gate",
	  .summary = "the keepalive process waits for a lock, in a file that it checks" },
	{ .name = "reboot-hangs", .has_duration = true, .module = "hang", .row = "reboot",
	  .silent = SILENT_KEEPALIVE, .endless = true, .settings = "leave=KILL",
	  .summary = "programs are killed, and the reboot that follows never comes" },
	{ HOG("fifo-hog", "fifo-hog", SILENT_NOBODY, NULL,
	      "SCHED_FIFO 99 on every CPU, throttled as by default") },
	{ HOG("fifo-hog-unthrottled", "fifo-hog", SILENT_CPUS,
	      "sysctls='sched_rt_runtime_us=-1'",
	      "SCHED_FIFO 99 on every CPU (kernel.sched_rt_runtime_us=-1)") },
	{ HOG("deadline-hog", "deadline-hog", SILENT_NOBODY, NULL,
	      "SCHED_DEADLINE on every CPU, as much as may be booked by default") },
	{ HOG("deadline-hog-unthrottled", "deadline-hog-all", SILENT_CPUS,
	      "sysctls='sched_rt_runtime_us=-1'",
	      "SCHED_DEADLINE on every CPU, all of it (kernel.sched_rt_runtime_us=-1)") },
	/* Memory runs out, in real time only: in warp a guest takes a MiB a virtual second */
	{ USER("thrash", SILENT_NOBODY,
	       "programs use more memory than there is: pages go to swap, on a disk, and back"),
	  .felt = true, .slow = true, .swaps = true, .settings = "swap=1" },
	{ USER("thrash-locked", SILENT_NOBODY,
	       "the same, and the keepalive process is locked in memory (and SCHED_FIFO)"),
	  .felt = true, .slow = true, .swaps = true, .settings = "swap=1 realtime=--realtime" },
	{ .name = "memory-leak", .has_duration = true, .module = "memory", .row = "leak",
	  .silent = SILENT_NOBODY, .settings = "sysctls='panic=0'", .fatal = true, .slow = true,
	  .summary = "the kernel takes all memory: all programs are killed, then it panics" },
	{ USER("oom", SILENT_NOBODY,
	       "a program eats memory until the OOM killer ends it, again and again"),
	  .felt = true, .slow = true },
	/* From outside: the lab does it */
	{ .name = "vm-pause", .has_duration = true, .outside = OUTSIDE_PAUSE,
	  .summary = "the VM is paused over QMP, and goes on" },
	{ .name = "disk-full", .has_duration = true, .outside = OUTSIDE_DISK_FULL,
	  .summary = "a write finds the disk below it full, and QEMU stops the VM" },
	{ .name = "host-stall", .has_duration = true, .outside = OUTSIDE_STALL,
	  .summary = "its QEMU gets SIGSTOP, and SIGCONT: a host that stands still" },
	{ .name = "link-down", .has_duration = true, .outside = OUTSIDE_LINK_DOWN,
	  .felt = true, .silent = SILENT_NOBODY,
	  .summary = "its network card loses the link, and gets it back" },
	{ .name = "disk-hang", .has_duration = true, .outside = OUTSIDE_DISK_HANG,
	  .felt = true, .silent = SILENT_NOBODY,
	  .summary = "the disk below it does not answer: who writes to it sleeps until it does" },
	{ .name = "cpu-steal", .has_duration = true, .outside = OUTSIDE_STEAL,
	  .silent = SILENT_NOBODY,
	  .summary = "its QEMU runs for 10 ms of each 100: a host that has no time for it" },
	{ .name = "vm-migrate", .has_duration = true, .outside = OUTSIDE_MIGRATE,
	  .silent = SILENT_NOBODY,
	  .summary = "the VM is migrated to a second QEMU, and goes on there" },
	{ .name = "vm-snapshot", .has_duration = true, .outside = OUTSIDE_SNAPSHOT,
	  .silent = SILENT_NOBODY,
	  .summary = "a snapshot is taken, the VM runs on, and is then reverted to it" },
	{ .name = NULL },
};

/*
 * QEMU's i6300esb counts 2 x (timeout << 9) << 15 ticks of 30 ns (1.0066); its
 * TCO timer must expire twice, and Linux asks for the whole timeout each time, in
 * ticks of 0.6 s (drivers/watchdog/iTCO_wdt.c:seconds_to_ticks).
 */
#define I6300ESB_COMMON					\
	.fires_as = "i6300esb", .module = "i6300esb",	\
	.ruler = RULER_QEMU, .deadline_ppm = 1006633,	\
	.min_timeout_s = 1, .max_timeout_s = 2046
#define ITCO_COMMON						\
	.fires_as = "itco", .module = "iTCO_wdt", .before = "lpc_ich i2c-i801",	\
	.ruler = RULER_QEMU, .action = "reset",		\
	.nmi_panics = true, .unit_ms = 600, .deadline_ppm = 2000000,	\
	.min_timeout_s = 3, .max_timeout_s = 613, .machine = "q35"
#define SOFTDOG_BUT_DEADLINE				\
	.module = "softdog", .ruler = RULER_GUEST,	\
	.min_timeout_s = 1, .max_timeout_s = 65535
#define SOFTDOG_COMMON					\
	SOFTDOG_BUT_DEADLINE, .fires_as = "softdog", .deadline_ppm = 1000000
#define HANGCHECK_COMMON						\
	.fires_as = "hangcheck-timer", .module = "hangcheck-timer",	\
	.mode = DOG_SELF, .ruler = RULER_GUEST, .deadline_ppm = 1000000,	\
	.min_timeout_s = 2, .max_timeout_s = 65535
/* Each is quiet after a panic: kernel.panic is 0 as by default */
#define DETECTOR								\
	.mode = DOG_DETECTOR,							\
	.ruler = RULER_GUEST, .deadline_ppm = 1000000, .panics = true,		\
	.min_timeout_s = 4, .max_timeout_s = 120
#define RCU_STALL "/sys/module/rcupdate/parameters/rcu_cpu_stall_"
#define HANGCHECK_PARAMS "hangcheck_tick=1 hangcheck_margin=$((timeout - 1))"

const struct watchdog watchdogs[] = {
	{ .name = "none" },
	{ .name = "i6300esb", I6300ESB_COMMON, .action = "reset", .nmi_panics = true },
	{ .name = "ib700", .fires_as = "ib700", .module = "ib700wdt",
	  .ruler = RULER_QEMU, .action = "reset", .nmi_panics = true,
	  .deadline_ppm = 1000000, .min_timeout_s = 2, .max_timeout_s = 30,
	  .stays_on_reboot = true },
	{ .name = "itco", ITCO_COMMON },
	{ .name = "softdog", SOFTDOG_COMMON },
	{ .name = "hangcheck-timer", HANGCHECK_COMMON,
	  .params = HANGCHECK_PARAMS " hangcheck_reboot=1" },
	{ .name = "i6300esb+softdog", I6300ESB_COMMON, .action = "reset",
	  .nmi_panics = true, .second = "softdog" },
	/* Beside the VM: tools/lab/watch.c */
	{ .name = "pug-watch", .fires_as = "pug-watch", .module = "pug-watch",
	  .mode = DOG_OUTSIDE, .deadline_ppm = 1000000,
	  .min_timeout_s = 1, .max_timeout_s = 86400 },
	{ .name = "i6300esb-daemon", I6300ESB_COMMON, .action = "reset", .nmi_panics = true,
	  .mode = DOG_DAEMON },
	{ .name = "softdog-panic", SOFTDOG_COMMON, .params = "soft_panic=1", .panics = true },
	{ .name = "softdog-pretimeout", SOFTDOG_BUT_DEADLINE, .fires_as = "pretimeout",
	  .before = "pretimeout_panic", .pretimeout = true, .panics = true,
	  .stays_on_reboot = true, .deadline_ppm = 500000,
	  .sets = "/sys/class/watchdog/watchdog0/pretimeout_governor=panic" },
	{ .name = "itco-running", ITCO_COMMON, .mode = DOG_KERNEL, .params = "heartbeat=$timeout" },
	{ .name = "softlockup", .fires_as = "softlockup", DETECTOR,
	  .sets = "watchdog_thresh=$((timeout / 2)) soft_watchdog=1 softlockup_panic=1" },
	{ .name = "hung-task", .fires_as = "hung-task", DETECTOR,
	  .sets = "hung_task_timeout_secs=$timeout hung_task_panic=1" },
	{ .name = "rcu-stall", .fires_as = "rcu-stall", DETECTOR,
	  .sets = RCU_STALL "timeout=$timeout " RCU_STALL "suppress=0 panic_on_rcu_stall=1" },
	/* Each CPU looks after the next one; Debian's kernels are built without it */
	{ .name = "hardlockup-buddy", .fires_as = "hardlockup-buddy", DETECTOR,
	  .kernel = "debug-6.12",
	  .sets = "watchdog_thresh=$((timeout / 2)) nmi_watchdog=1 hardlockup_panic=1" },
	/* Resets a healthy machine: it runs, and nobody is told to feed it */
	{ .name = "softdog-on-boot", SOFTDOG_COMMON, .mode = DOG_STARTED,
	  .params = "soft_active_on_boot=1 soft_margin=$timeout" },
	/* Duds: each looks like protection, none is */
	{ .name = "i6300esb-none", I6300ESB_COMMON, .action = "none" },
	{ .name = "i6300esb-nmi-ignored", I6300ESB_COMMON, .action = "inject-nmi" },
	{ .name = "i6300esb-closed", I6300ESB_COMMON, .action = "reset", .mode = DOG_CLOSED },
	{ .name = "i6300esb-refused", I6300ESB_COMMON, .action = "reset",
	  .mode = DOG_CARELESS, .params = "heartbeat=1000" },
	{ .name = "i6300esb-unopened", I6300ESB_COMMON, .action = "reset", .mode = DOG_UNOPENED },
	{ .name = "itco-noreboot", ITCO_COMMON, .noreboot = true },
	{ .name = "softdog-noboot", SOFTDOG_COMMON, .params = "soft_noboot=1", .fires_dry = true },
	{ .name = "hangcheck-default", HANGCHECK_COMMON, .params = HANGCHECK_PARAMS,
	  .fires_dry = true },
	{ .name = NULL },
};

const struct clocksource clocksources[] = {
	/* Under TCG with SMP 6.1 distrusts the TSC unless told otherwise */
	{ "tsc", "tsc=reliable clocksource=tsc", 0, false },
	/* 32 bits at 100 MHz in QEMU */
	{ "hpet", "tsc=reliable clocksource=hpet", 42949673, false },
	/* 24 bits at 3.579545 MHz */
	{ "acpi_pm", "tsc=reliable clocksource=acpi_pm", 4686966, false },
	{ "kvm-clock", "clocksource=kvm-clock", 0, true },
	{ NULL, NULL, 0, false },
};

const struct machine machines[] = {
	{ "pc", "pc" },
	{ "q35", "q35" },
	{ NULL, NULL },
};

/* QAPI's WatchdogAction, without debug and shutdown (an ACPI request) */
const char * const watchdog_actions[] = {
	"reset", "poweroff", "pause", "inject-nmi", "none", NULL,
};

/* All tables start their rows with the name and end with a NULL one. */
static const char *row_name(const void *row)
{
	return *(const char * const *)row;
}

static const void *row_find(const void *table, size_t row_size, const char *name)
{
	const char *row = table;

	for (; row_name(row); row += row_size)
		if (!strcmp(row_name(row), name))
			return row;
	return NULL;
}

/**
 * names_of() - the names in a table, for messages
 * @table: faults, watchdogs, clocksources or machines
 * @row_size: of one of its rows
 * @text: gets "one, two, three", cut where it does not fit
 * @len: size of @text
 */
void names_of(const void *table, size_t row_size, char *text, size_t len)
{
	const char *row = table;
	size_t used = 0;

	text[0] = '\0';
	for (; row_name(row) && used < len; row += row_size)
		used += snprintf(text + used, len - used, "%s%s", used ? ", " : "", row_name(row));
}

/**
 * fault_find() - a fault by its name
 * @name: from the command line or a result
 *
 * Return: the row, or NULL.
 */
const struct fault *fault_find(const char *name)
{
	return row_find(faults, sizeof(*faults), name);
}

/**
 * watchdog_find() - a watchdog by its name
 * @name: from the command line or a result
 *
 * Return: the row, or NULL.
 */
const struct watchdog *watchdog_find(const char *name)
{
	return row_find(watchdogs, sizeof(*watchdogs), name);
}

/**
 * clocksource_find() - a clocksource by its name
 * @name: from the command line or a result
 *
 * Return: the row, or NULL.
 */
const struct clocksource *clocksource_find(const char *name)
{
	return row_find(clocksources, sizeof(*clocksources), name);
}

/**
 * machine_find() - a machine type by its name
 * @name: from the command line or a result
 *
 * Return: the row, or NULL.
 */
const struct machine *machine_find(const char *name)
{
	return row_find(machines, sizeof(*machines), name);
}

/**
 * watchdog_action_find() - one of QEMU's watchdog actions, made static
 * @name: from the command line or a result
 *
 * Return: the table's own string, or NULL.
 */
const char *watchdog_action_find(const char *name)
{
	for (size_t i = 0; watchdog_actions[i]; i++)
		if (!strcmp(watchdog_actions[i], name))
			return watchdog_actions[i];
	return NULL;
}
