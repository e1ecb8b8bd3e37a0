// SPDX-License-Identifier: GPL-2.0
/*
 * Gathers what the findings are made of. Nothing is opened but files of text,
 * nothing is written (but for --observe).
 */
#define _GNU_SOURCE 1
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "recorded.h"
#include "sysfs.h"

#define PCI_DIR	"/sys/bus/pci/devices"

/*
 * The lab's matrix has measured those marked so (Documentation/matrix.rst;
 * tools/lab/tables.c has the deadlines). The others count in hardware or in the
 * hypervisor by their drivers' sources, and nobody has frozen a machine of theirs.
 */
static const struct dog_kind kinds[] = {
	{ .driver = "i6300esb", .outside = true, .measured = true,
	  .hypervisor = true, .deadline_ppm = 1006633, .what = "a device of QEMU's" },
	{ .driver = "ib700wdt", .outside = true, .measured = true,
	  .hypervisor = true, .deadline_ppm = 1000000, .max_timeout = 30,
	  .what = "a device of QEMU's" },
	{ .driver = "iTCO_wdt", .in_qemu = true, .outside = true, .measured = true,
	  .deadline_ppm = 2000000, .what = "the chipset's, here QEMU's" },
	{ .driver = "softdog", .measured = true, .deadline_ppm = 1000000,
	  .what = "a timer of this kernel" },
#define UNTRIED .outside = true, .deadline_ppm = 1000000
	{ .driver = "iTCO_wdt", UNTRIED, .what = "the chipset's" },
	{ .driver = "sp5100_tco", UNTRIED, .what = "the chipset's" },
	{ .driver = "ipmi_watchdog", UNTRIED, .what = "the BMC's" },
	{ .driver = "hpwdt", UNTRIED, .what = "the BMC's" },
	{ .driver = "wdat_wdt", UNTRIED, .what = "ACPI's" },
	{ .driver = "mei_wdt", UNTRIED, .what = "the management engine's" },
	{ .driver = "xen_wdt", UNTRIED, .hypervisor = true, .what = "Xen's" },
	{ .driver = "diag288_wdt", UNTRIED, .hypervisor = true,
	  .what = "z/VM's or KVM's" },
};

/* Documentation/clocks.rst; the HPET's frequency is the kernel log's to tell. */
static const struct clock_limit clocks[] = {
	{ "tsc", 0 }, { "kvm-clock", 0 }, { "arch_sys_counter", 0 },
	{ "hyperv_clocksource_tsc_page", 0 }, { "xen", 0 }, { "tsc-early", 0 },
	{ "acpi_pm", 4687 },
};

#define HPET_TICKS	4294967296ULL
#define HPET_QEMU_KHZ	100000

/**
 * product_is_qemu() - is this machine QEMU's?
 * @product: DMI's product_version: QEMU writes its machine type there
 *
 * Return: true if so.
 */
bool product_is_qemu(const char *product)
{
	return !strncmp(product, "pc-", 3);
}

/**
 * kind_find() - what is known of a driver
 * @driver: its name
 * @product: DMI's product_version
 *
 * Return: its row, NULL if nothing is known.
 */
const struct dog_kind *kind_find(const char *driver, const char *product)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].in_qemu && !product_is_qemu(product))
			continue;
		if (!strcmp(kinds[i].driver, driver))
			return &kinds[i];
	}
	return NULL;
}

/*
 * Before 6.10 a difference beyond half of the counter is taken for none
 * (clocksource_delta(); measured on 6.1), since then beyond the whole (measured
 * on 6.12). A release that cannot be read is taken for an old one.
 */
static bool reads_to_the_wrap(const char *release)
{
	unsigned int major, minor;

	if (sscanf(release, "%4u.%4u", &major, &minor) != 2)
		return false;
	return major > 6 || (major == 6 && minor >= 10);
}

static int64_t clock_whole_ms(const struct facts *facts)
{
	int64_t khz = facts->klog.hpet_khz;
	size_t i;

	if (!strcmp(facts->clocksource, "hpet"))
		return HPET_TICKS / (khz > 0 ? khz : HPET_QEMU_KHZ);
	for (i = 0; i < ARRAY_SIZE(clocks); i++) {
		if (!strcmp(clocks[i].name, facts->clocksource))
			return clocks[i].whole_ms;
	}
	return -1;
}

/**
 * clock_lost_ms() - the shortest freeze that the clock loses
 * @facts: what was read
 *
 * Return: milliseconds, 0 if it loses none, -1 if that is not known.
 */
int64_t clock_lost_ms(const struct facts *facts)
{
	int64_t whole = clock_whole_ms(facts);

	if (whole <= 0 || reads_to_the_wrap(facts->release))
		return whole;
	return whole / 2;
}

/**
 * dog_timeout() - the timeout that the driver has
 * @facts: what was read
 *
 * Return: seconds, -1 if not known.
 */
int64_t dog_timeout(const struct facts *facts)
{
	return facts->dog ? facts->dog->timeout : -1;
}

/**
 * dog_max_timeout() - the longest timeout that the driver takes
 * @facts: what was read
 *
 * Return: seconds, 0 if it sets no limit or that is not known.
 */
int64_t dog_max_timeout(const struct facts *facts)
{
	if (facts->dog && facts->dog->max_timeout > 0)
		return facts->dog->max_timeout;
	return facts->kind ? facts->kind->max_timeout : 0;
}

/**
 * dog_refuses() - does the driver refuse a timeout?
 * @facts: what was read
 * @seconds: the timeout
 *
 * include/linux/watchdog.h:watchdog_timeout_invalid()
 *
 * Return: true if it is known to.
 */
bool dog_refuses(const struct facts *facts, int64_t seconds)
{
	int64_t max = dog_max_timeout(facts);

	if (!facts->dog)
		return false;
	return (max > 0 && seconds > max) ||
	       (facts->dog->min_timeout > 0 && seconds < facts->dog->min_timeout);
}

/**
 * patroni_timeout() - the timeout that Patroni will ask for
 * @patroni: its settings
 * @known: whether it can be told
 *
 * As patroni/watchdog/base.py:WatchdogConfig.timeout has it, 3.0.2 and 4.1.4.
 *
 * Return: seconds.
 */
int64_t patroni_timeout(const struct patroni *patroni, bool *known)
{
	*known = patroni->ttl.from != FROM_NOWHERE &&
		 patroni->safety_margin.from != FROM_NOWHERE;
	if (!*known)
		return 0;
	if (patroni->safety_margin.value == -1)
		return patroni->ttl.value / 2;
	return patroni->ttl.value - patroni->safety_margin.value;
}

/**
 * patroni_expected() - is this a machine for Patroni?
 * @facts: what was read
 *
 * Return: true if it runs, or if the options are about it.
 */
bool patroni_expected(const struct facts *facts)
{
	return facts->patroni.asked || facts->user ||
	       procs_find(&facts->procs, PROC_PATRONI);
}

/**
 * patroni_arms_later() - is it all right that the watchdog is not armed now?
 * @facts: what was read
 *
 * Patroni arms it when it becomes leader, not before.
 *
 * Return: true if Patroni runs, PostgreSQL is a standby, and nothing is known
 * that would keep Patroni from opening the device.
 */
bool patroni_arms_later(const struct facts *facts)
{
	const struct access *access = &facts->access;

	return facts->dog && facts->feeder == FED_NOBODY &&
	       procs_find(&facts->procs, PROC_PATRONI) &&
	       procs_find(&facts->procs, PROC_STANDBY) &&
	       !procs_find(&facts->procs, PROC_PRIMARY) &&
	       !access->error && (access_allows(access) || access->acl) &&
	       facts->patroni.mode != MODE_OFF &&
	       facts->patroni.mode != MODE_UNRECOGNIZED;
}

static bool pci_is(const char *root, const char *name, const char *vendor,
		   const char *device)
{
	char dir[SYSFS_PATH_MAX];
	char text[16];

	if (sysfs_path(dir, sizeof(dir), "", PCI_DIR, name))
		return false;
	return sysfs_text(root, dir, "vendor", text, sizeof(text)) > 0 &&
	       !strcmp(text, vendor) &&
	       sysfs_text(root, dir, "device", text, sizeof(text)) > 0 &&
	       !strcmp(text, device);
}

/* drivers/watchdog/i6300esb.c: PCI_DEVICE_ID_INTEL_ESB_9 */
static bool find_esb(const char *root)
{
	char path[SYSFS_PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	if (sysfs_path(path, sizeof(path), root, PCI_DIR, ""))
		return false;
	dir = opendir(path);
	if (!dir)
		return false;
	while (!found && (entry = readdir(dir)))
		found = pci_is(root, entry->d_name, "0x8086", "0x25ab");
	closedir(dir);
	return found;
}

static enum feeder feeder_of(const struct facts *facts)
{
	const struct holders *held = facts->held;
	enum feeder feeder = FED_OTHER;
	int i;

	if (!facts->dog)
		return FED_NOBODY;
	for (i = 0; i < held->n; i++) {
		const struct proc *proc = procs_by_pid(&facts->procs,
						       held->list[i].pid);

		if (proc && proc->role == PROC_PATRONI)
			return FED_PATRONI;
		if (held->list[i].pid == 1)
			feeder = FED_SYSTEMD;
		else if (proc && proc->role == PROC_DAEMON)
			feeder = FED_DAEMON;
	}
	if (held->n)
		return feeder;
	if (!strcmp(facts->dog->state, "inactive"))
		return FED_NOBODY;
	if (!held->complete)
		return FED_UNKNOWN;
	return strcmp(facts->dog->state, "active") ? FED_NOBODY : FED_GONE;
}

static bool patroni_holds(const struct facts *facts, int n)
{
	int i;

	for (i = 0; i < facts->holders[n].n; i++) {
		const struct proc *proc;

		proc = procs_by_pid(&facts->procs, facts->holders[n].list[i].pid);
		if (proc && proc->role == PROC_PATRONI)
			return true;
	}
	return false;
}

/* What Patroni holds is what matters, where nobody says otherwise. */
static const char *default_device(const struct facts *facts)
{
	int i;

	for (i = 0; i < facts->n_dogs; i++) {
		if (patroni_holds(facts, i))
			return facts->dogs[i].is_dev_watchdog ? PATRONI_DEVICE :
			       facts->dogs[i].device;
	}
	return PATRONI_DEVICE;
}

static int dog_of(const struct facts *facts)
{
	struct stat st;
	int i;

	for (i = 0; i < facts->n_dogs; i++) {
		const struct watchdog *dog = &facts->dogs[i];

		if (!strcmp(dog->device, facts->device) ||
		    (dog->is_dev_watchdog &&
		     !strcmp(facts->device, PATRONI_DEVICE)))
			return i;
	}
	if (node_stat(facts->root, facts->device, &st))
		return -1;
	for (i = 0; i < facts->n_dogs; i++) {
		if (watchdog_has_dev(&facts->dogs[i], st.st_rdev))
			return i;
	}
	return -1;
}

/**
 * facts_choose() - which watchdog is judged
 * @facts: what was read of all of them; completed
 * @device: --device, or NULL
 */
void facts_choose(struct facts *facts, const char *device)
{
	int i;

	if (!device && *facts->patroni.device)
		device = facts->patroni.device;
	if (!device)
		device = default_device(facts);
	snprintf(facts->device, sizeof(facts->device), "%s", device);
	i = dog_of(facts);
	facts->dog = i < 0 ? NULL : &facts->dogs[i];
	facts->held = i < 0 ? NULL : &facts->holders[i];
	facts->kind = i < 0 ? NULL : kind_find(facts->dogs[i].driver,
					       facts->product);
	facts->feeder = feeder_of(facts);
}

/* --user, else the one Patroni runs as, else who runs this. */
static void choose_user(const struct check_options *opts, struct facts *facts)
{
	const struct proc *patroni = procs_find(&facts->procs, PROC_PATRONI);
	struct identity *user = &facts->access.user;

	if (opts->user)
		identity_find(opts->root, opts->user, user);
	else if (patroni)
		identity_of_uid(opts->root, patroni->uid, user);
	else
		identity_find(opts->root, "postgres", user);
}

static void read_system(const char *root, struct facts *facts)
{
	sysfs_text(root, "/sys/devices/system/clocksource/clocksource0",
		   "current_clocksource", facts->clocksource,
		   sizeof(facts->clocksource));
	sysfs_text(root, "/proc/sys/kernel", "osrelease", facts->release,
		   sizeof(facts->release));
	sysfs_text(root, "/sys/class/dmi/id", "product_version",
		   facts->product, sizeof(facts->product));
	facts->esb_in_pci = find_esb(root);
}

/**
 * facts_gather() - read everything
 * @opts: what was asked
 * @facts: what was read
 */
void facts_gather(const struct check_options *opts, struct facts *facts)
{
	const char *root = opts->root;
	int i;

	memset(facts, 0, sizeof(*facts));
	facts->root = root;
	facts->is_root = !geteuid();
	facts->user = opts->user;
	facts->n_dogs = watchdog_scan(root, facts->dogs, WATCHDOGS_MAX);
	for (i = 0; i < facts->n_dogs; i++)
		holders_find(root, facts->dogs[i].devs, facts->dogs[i].n_devs,
			     &facts->holders[i]);
	procs_read(root, &facts->procs);
	modconf_read(root, &facts->modules, &facts->unread);
	sdconf_read(root, &facts->systemd, &facts->unread);
	klog_read(root, &facts->klog);
	read_system(root, facts);
	facts->patroni = opts->patroni;
	if (opts->patroni_file)
		patroni_read(root, opts->patroni_file, &facts->patroni);
	facts_choose(facts, opts->device);
	choose_user(opts, facts);
	access_read(root, facts->device, &facts->access, &facts->unread);
	observed_init(&facts->observed);
	if (opts->observe_s)
		observe(root, opts->observe_s, &facts->observed);
}
