// SPDX-License-Identifier: GPL-2.0
/*
 * Which watchdogs this machine has.
 *
 * Nothing here opens a watchdog: opening arms it, and an open that is not
 * followed by the magic close resets the machine. So it is sysfs and stat(2)
 * only, and what they do not tell stays unknown.
 */
#define _GNU_SOURCE 1
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "compiler.h"
#include "kv.h"
#include "num.h"
#include "watchdog.h"

#define CLASS_DIR	"/sys/class/watchdog"
#define MISC_DIR	"/sys/class/misc/watchdog"
#define MODULE_DIR	"/sys/module"
#define PREFIX		"watchdog"
#define OLD_NODE	"/dev/watchdog"

/*
 * Drivers that register /dev/watchdog by themselves, without watchdog core: no
 * class device, no attributes. Those of linux 6.1 for x86 with
 * .minor = WATCHDOG_MINOR.
 */
static const char * const legacy_modules[] = {
	"acquirewdt", "advantechwdt", "alim1535_wdt", "alim7101_wdt",
	"cpu5wdt", "eurotechwdt", "geodewdt", "ib700wdt", "ibmasr",
	"ipmi_watchdog", "it8712f_wdt", "machzwd", "mixcomwd", "nv_tco",
	"pc87413_wdt", "pcwd", "pcwd_pci", "pcwd_usb", "rdc321x_wdt",
	"sbc60xxwdt", "sbc7240_wdt", "sbc8360", "sbc_epx_c3",
	"sbc_fitpc2_wdt", "sc1200wdt", "sc520_wdt", "sch311x_wdt",
	"scx200_wdt", "smsc37b787_wdt", "w83877f_wdt", "w83977f_wdt",
	"wafer5823wdt", "wdt", "wdt_pci",
};

/*
 * Drivers that give their watchdog no parent device, so that sysfs has no
 * device/driver link; with the identity each of them has in linux 6.1.
 */
static const struct {
	const char *identity;
	const char *module;
} parentless_drivers[] = {
	{ "Software Watchdog", "softdog" },
	{ "i6300ESB timer", "i6300esb" },
	{ "IT87 WDT", "it87_wdt" },
	{ "W83627HF Watchdog", "w83627hf_wdt" },
};

static bool exists(const char *root, const char *dir, const char *name)
{
	char path[SYSFS_PATH_MAX];
	struct stat st;

	if (sysfs_path(path, sizeof(path), root, dir, name))
		return false;
	return !stat(path, &st);
}

static void clear(struct watchdog *dog)
{
	memset(dog, 0, sizeof(*dog));
	dog->number = -1;
	dog->min_timeout = SYSFS_UNKNOWN;
	dog->max_timeout = SYSFS_UNKNOWN;
	dog->timeout = SYSFS_UNKNOWN;
	dog->pretimeout = SYSFS_UNKNOWN;
	dog->timeleft = SYSFS_UNKNOWN;
	dog->nowayout = SYSFS_UNKNOWN;
	dog->bootstatus = SYSFS_UNKNOWN;
}

static void add_dev(struct watchdog *dog, dev_t dev)
{
	if (dev && dog->n_devs < 2 && !watchdog_has_dev(dog, dev))
		dog->devs[dog->n_devs++] = dev;
}

/* Attribute `dev`: "MAJOR:MINOR" */
static dev_t read_dev(const char *root, const char *dir)
{
	uint64_t major, minor;
	char text[32];
	char *colon;

	if (sysfs_text(root, dir, "dev", text, sizeof(text)) <= 0)
		return 0;
	colon = strchr(text, ':');
	if (!colon)
		return 0;
	*colon++ = '\0';
	if (num_u64(text, UINT32_MAX, &major) ||
	    num_u64(colon, UINT32_MAX, &minor))
		return 0;
	return makedev(major, minor);
}

static void find_parentless_driver(const char *root, struct watchdog *dog)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(parentless_drivers); i++) {
		if (strcmp(parentless_drivers[i].identity, dog->identity) ||
		    !exists(root, MODULE_DIR, parentless_drivers[i].module))
			continue;
		strcpy(dog->driver, parentless_drivers[i].module);
		dog->driver_source = DRIVER_IDENTITY;
		return;
	}
}

/* The module's name is what people blacklist and load; built in it has none. */
static void find_driver(const char *root, const char *dir,
			struct watchdog *dog)
{
	if (!sysfs_link_name(root, dir, "device/driver/module", dog->driver,
			     sizeof(dog->driver)) ||
	    !sysfs_link_name(root, dir, "device/driver", dog->driver,
			     sizeof(dog->driver)))
		dog->driver_source = DRIVER_LINK;
	else if (!exists(root, dir, "device"))
		find_parentless_driver(root, dog);
}

/* udev may name the node as it likes, the kernel's name is in uevent. */
static void find_node(const char *root, const char *dir, const char *name,
		      struct watchdog *dog)
{
	char text[512];
	struct kv pair;
	ssize_t len;

	len = sysfs_text(root, dir, "uevent", text, sizeof(text));
	if (len > 0 && kv_find(text, len, "DEVNAME", &pair) &&
	    pair.value_len && pair.value_len < sizeof(dog->device) - 5)
		snprintf(dog->device, sizeof(dog->device), "/dev/%.*s",
			 (int)pair.value_len, pair.value);
	else
		snprintf(dog->device, sizeof(dog->device), "/dev/%.26s", name);
}

static void read_class_device(const char *root, const char *name,
			      struct watchdog *dog)
{
	char dir[SYSFS_PATH_MAX];

	clear(dog);
	if (sysfs_path(dir, sizeof(dir), "", CLASS_DIR, name))
		return;
	dog->number = atoi(name + strlen(PREFIX));
	find_node(root, dir, name, dog);
	add_dev(dog, read_dev(root, dir));
	sysfs_text(root, dir, "identity", dog->identity,
		   sizeof(dog->identity));
	sysfs_text(root, dir, "state", dog->state, sizeof(dog->state));
	dog->timeout = sysfs_number(root, dir, "timeout");
	dog->min_timeout = sysfs_number(root, dir, "min_timeout");
	dog->max_timeout = sysfs_number(root, dir, "max_timeout");
	dog->pretimeout = sysfs_number(root, dir, "pretimeout");
	dog->timeleft = sysfs_number(root, dir, "timeleft");
	dog->nowayout = sysfs_number(root, dir, "nowayout");
	dog->bootstatus = sysfs_number(root, dir, "bootstatus");
	find_driver(root, dir, dog);
}

static int is_numbered(const struct dirent *entry)
{
	uint64_t number;

	return !strncmp(entry->d_name, PREFIX, strlen(PREFIX)) &&
	       !num_u64(entry->d_name + strlen(PREFIX), 9999, &number);
}

static int is_any(const struct dirent *entry)
{
	return !strcmp(entry->d_name, PREFIX) || is_numbered(entry);
}

static int scan_class(const char *root, struct watchdog *list, int max)
{
	char path[SYSFS_PATH_MAX];
	struct dirent **names;
	int i, n;

	if (sysfs_path(path, sizeof(path), root, CLASS_DIR, ""))
		return 0;
	n = scandir(path, &names, is_numbered, versionsort);
	if (n < 0)
		return 0;
	for (i = 0; i < n; i++) {
		if (i < max)
			read_class_device(root, names[i]->d_name, &list[i]);
		free(names[i]);
	}
	free(names);
	return n < max ? n : max;
}

/* The only loaded legacy driver, NULL if there are none or several. */
static const char *loaded_legacy_module(const char *root)
{
	const char *found = NULL;
	int count = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(legacy_modules); i++) {
		if (!exists(root, MODULE_DIR, legacy_modules[i]))
			continue;
		found = legacy_modules[i];
		count++;
	}
	return count == 1 ? found : NULL;
}

static void describe_legacy(const char *root, dev_t dev, struct watchdog *dog)
{
	const char *module = loaded_legacy_module(root);

	clear(dog);
	dog->legacy = true;
	strcpy(dog->device, OLD_NODE);
	add_dev(dog, dev);
	if (!module)
		return;
	strcpy(dog->driver, module);
	dog->driver_source = DRIVER_MODULE;
}

/*
 * Whose is /dev/watchdog? Watchdog core registers it with watchdog0, and gives
 * a device another number than 0 where a legacy driver has been faster: so if
 * there is a watchdog0, it is that one's.
 */
static int add_misc(const char *root, struct watchdog *list, int n, int max)
{
	dev_t dev = read_dev(root, MISC_DIR);

	if (!dev)
		return n;
	if (n && !list[0].number) {
		list[0].is_dev_watchdog = true;
		add_dev(&list[0], dev);
		return n;
	}
	if (n < max)
		describe_legacy(root, dev, &list[n++]);
	return n;
}

/* What stands in /dev but not in sysfs: sysfs is not mounted, or a stray. */
static int add_node(const char *root, const char *name, struct watchdog *list,
		    int n, int max)
{
	char path[SYSFS_PATH_MAX];
	char device[32];
	struct stat st;
	int i;

	if (sysfs_path(path, sizeof(path), root, "/dev", name) ||
	    stat(path, &st) || !S_ISCHR(st.st_mode))
		return n;
	snprintf(device, sizeof(device), "/dev/%.26s", name);
	for (i = 0; i < n; i++) {
		if (!strcmp(list[i].device, device) ||
		    watchdog_has_dev(&list[i], st.st_rdev) ||
		    (list[i].is_dev_watchdog && !strcmp(name, PREFIX)))
			return n;
	}
	if (n == max)
		return n;
	clear(&list[n]);
	strcpy(list[n].device, device);
	add_dev(&list[n], st.st_rdev);
	return n + 1;
}

static int scan_nodes(const char *root, struct watchdog *list, int n, int max)
{
	char path[SYSFS_PATH_MAX];
	struct dirent **names;
	int i, found;

	if (sysfs_path(path, sizeof(path), root, "/dev", ""))
		return n;
	found = scandir(path, &names, is_any, versionsort);
	if (found < 0)
		return n;
	for (i = 0; i < found; i++) {
		n = add_node(root, names[i]->d_name, list, n, max);
		free(names[i]);
	}
	free(names);
	return n;
}

/**
 * watchdog_scan() - find the watchdogs, opening none
 * @root: "" on a real machine; tests give a directory with sys and dev in it
 * @list: the watchdogs found: by number, then a legacy one
 * @max: room in @list
 *
 * Return: number of watchdogs found.
 */
int watchdog_scan(const char *root, struct watchdog *list, int max)
{
	int n = scan_class(root, list, max);

	n = add_misc(root, list, n, max);
	return scan_nodes(root, list, n, max);
}

/**
 * watchdog_has_dev() - does a device number lead to this watchdog?
 * @dog: the watchdog
 * @dev: the device number
 *
 * Return: true if so.
 */
bool watchdog_has_dev(const struct watchdog *dog, dev_t dev)
{
	int i;

	for (i = 0; i < dog->n_devs; i++) {
		if (dog->devs[i] == dev)
			return true;
	}
	return false;
}

/**
 * watchdog_find() - the watchdog that a device number leads to
 * @list: what watchdog_scan() found
 * @n: how many
 * @dev: the device number
 *
 * Return: the watchdog, NULL if none is known to be it.
 */
const struct watchdog *watchdog_find(const struct watchdog *list, int n,
				     dev_t dev)
{
	int i;

	for (i = 0; i < n; i++) {
		if (watchdog_has_dev(&list[i], dev))
			return &list[i];
	}
	return NULL;
}

/**
 * driver_source_name() - how the driver's name is known, for JSON
 * @source: the source
 *
 * Return: a word; "" if the driver is not known.
 */
const char *driver_source_name(enum driver_source source)
{
	static const char * const names[] = {
		[DRIVER_UNKNOWN] = "",
		[DRIVER_LINK] = "link",
		[DRIVER_IDENTITY] = "identity",
		[DRIVER_MODULE] = "module",
	};

	return names[source];
}
