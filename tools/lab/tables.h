/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_TABLES_H
#define PUG_TABLES_H

#include <stdbool.h>
#include <stddef.h>

/* Who must not be heard of while a fault lasts: what shows that it held */
enum silence {
	SILENT_ALL,		/* user space, on every CPU */
	SILENT_CPUS,		/* user space on the CPUs that it hangs */
	SILENT_KEEPALIVE,	/* who keeps the watchdog alive */
	SILENT_NOBODY,		/* all goes on, but for what a watchdog does not see */
};

/* What is done from outside of the guest, by the lab, when /init asks for it */
enum outside {
	OUTSIDE_NOTHING,
	OUTSIDE_PAUSE,		/* QMP stop, and cont */
	OUTSIDE_DISK_FULL,	/* ENOSPC for the guest's write: QEMU stops it, and cont */
	OUTSIDE_STALL,		/* SIGSTOP of its QEMU, and SIGCONT; in real time only */
	OUTSIDE_LINK_DOWN,	/* QMP set_link of its network card: off, and on */
	OUTSIDE_DISK_HANG,	/* SIGSTOP of who serves its disk, and SIGCONT */
	OUTSIDE_STEAL,		/* SIGSTOP of its QEMU 10 times a second; in real time only */
	OUTSIDE_MIGRATE,	/* its state is saved, and goes on in a second QEMU */
	OUTSIDE_SNAPSHOT,	/* its state is saved, it runs on, and that state goes on then */
};

/* CPUs as bits. All of a guest's, and all but the first */
#define CPUS_ALL (~0UL)
#define CPUS_BUT_ONE (~1UL)
/* Of the faults that want to know, who keeps the watchdog alive last ran here */
#define DOG_CPU 1

/**
 * struct fault - what can be done to a guest
 * @name: as on the command line and in results
 * @has_duration: something is done (freeze), and may end (thaw); false for the control
 * @summary: one line for --list --all and the documentation
 * @module: of modules/, which does it; NULL where the guest's /init does
 * @row: what is written to its file "fault"; NULL where it knows one only
 * @silent: who falls silent
 * @cpus: that hang, for SILENT_CPUS
 * @placed: who keeps the watchdog alive, and with it softdog's timer, is on DOG_CPU
 * @endless: there is no thaw; it lasts for the cell's length
 * @fatal: the kernel panics: nothing runs any more, and only the lab can watch that
 * @outside: the lab does it, not the guest
 * @felt: by the guest, which says so, and when it is to end: without its word the fault
 *	did not hold
 * @settings: for the guest's /init, shell assignments
 * @swaps: the guest has a disk to swap to
 * @slow: what it does to memory takes a virtual second a MiB in warp: in real time only
 */
struct fault {
	const char *name;
	bool has_duration;
	const char *summary;
	const char *module;
	const char *row;
	enum silence silent;
	unsigned long cpus;
	bool placed;
	bool endless;
	bool fatal;
	enum outside outside;
	bool felt;
	const char *settings;
	bool swaps;
	bool slow;
};

/* How the guest treats its watchdog */
enum dog_mode {
	DOG_KEPT_ALIVE,		/* armed, and pinged by pug-node keepalive */
	DOG_DAEMON,		/* pinged by Debian's watchdog, configured as in the talk */
	DOG_CLOSED,		/* the same, and closed with the magic character before the fault */
	DOG_CARELESS,		/* pinged by a program that shrugs at a refused timeout */
	DOG_UNOPENED,		/* the driver is loaded, nobody opens the device */
	DOG_SELF,		/* needs no keepalive: loading the module arms it */
	DOG_OUTSIDE,		/* beside the VM, by the host's time; hears pug-node beacon */
	DOG_DETECTOR,		/* the kernel's own, set by sysctls */
	DOG_STARTED,		/* the driver starts it when it is loaded, nobody opens it */
	DOG_KERNEL,		/* found running, nobody opens it: the kernel's worker feeds it */
};

/* What counts its timeout down */
enum dog_ruler {
	RULER_NONE,		/* nothing does */
	RULER_QEMU,		/* an emulated device: QEMU_CLOCK_VIRTUAL */
	RULER_GUEST,		/* the guest kernel's own clock */
};

/**
 * struct watchdog - one row: a watchdog as it is configured
 * @name: as on the command line and in results
 * @fires_as: who fires when this one does: what verdict() must name
 * @module: guest kernel module, NULL when there is nothing to arm
 * @before: modules that must be loaded first
 * @params: for @module; a shell word list in which $timeout may stand
 * @sets: files to be written then, a shell word list of FILE=VALUE, below /proc/sys/kernel
 *	where FILE is no path
 * @second: module of a second dog, kept alive beside the first
 * @mode: how the guest treats it
 * @ruler: what counts it down
 * @action: for QEMU's devices the default -action watchdog=...; NULL for others
 * @nmi_panics: unknown_nmi_panic is set, for action inject-nmi
 * @pretimeout: the core's pretimeout is set too, to half the timeout
 * @panics: it fires by a panic, after which the kernel stays as it is
 * @stays_on_reboot: nothing stops it when the machine is about to reboot
 * @fires_dry: fires without an effect of its own, by its configuration
 * @noreboot: value of the ICH9-LPC.noreboot strap
 * @unit_ms: it counts whole units of this, rounding a timeout down; 0 where that
 *	makes no difference
 * @deadline_ppm: real deadline over requested timeout, in millionths
 * @min_timeout_s: least timeout that the driver takes
 * @max_timeout_s: greatest
 * @machine: the only machine that has it, NULL for all
 * @kernel: the only one of vm/kernels and vm/debug that has it, NULL for all; a kernel
 *	of the user's may
 */
struct watchdog {
	const char *name;
	const char *fires_as;
	const char *module;
	const char *before;
	const char *params;
	const char *sets;
	const char *second;
	enum dog_mode mode;
	enum dog_ruler ruler;
	const char *action;
	bool nmi_panics;
	bool pretimeout;
	bool panics;
	bool stays_on_reboot;
	bool fires_dry;
	bool noreboot;
	unsigned int unit_ms;
	unsigned int deadline_ppm;
	unsigned int min_timeout_s;
	unsigned int max_timeout_s;
	const char *machine;
	const char *kernel;
};

/**
 * struct clocksource - a guest clocksource
 * @name: the kernel's name for it
 * @cmdline: what the kernel command line needs so that it is used
 * @wrap_us: from one wrap of its counter to the next, 0 for 64 bits
 * @needs_kvm: there is none without KVM
 */
struct clocksource {
	const char *name;
	const char *cmdline;
	unsigned int wrap_us;
	bool needs_kvm;
};

/**
 * struct machine - a QEMU machine type
 * @name: as on the command line and in results
 * @qemu: value of -machine
 */
struct machine {
	const char *name;
	const char *qemu;
};

extern const struct fault faults[];
extern const struct watchdog watchdogs[];
extern const struct clocksource clocksources[];
extern const struct machine machines[];
extern const char * const watchdog_actions[];

const struct fault *fault_find(const char *name);
const struct watchdog *watchdog_find(const char *name);
const struct clocksource *clocksource_find(const char *name);
const struct machine *machine_find(const char *name);
const char *watchdog_action_find(const char *name);
void names_of(const void *table, size_t row_size, char *text, size_t len);

#endif
