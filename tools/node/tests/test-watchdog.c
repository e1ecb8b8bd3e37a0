// SPDX-License-Identifier: GPL-2.0
/* Which watchdogs there are, on machines made of files. */
#include <sys/sysmacros.h>

#include "fake-sysfs.h"
#include "watchdog.h"

static struct tree tree;
static struct watchdog list[WATCHDOGS_MAX];

static int setup(void **state)
{
	(void)state;
	tree_make(&tree);
	memset(list, 0xa5, sizeof(list));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_remove(&tree);
	return 0;
}

static void empty_machine(void **state)
{
	(void)state;
	assert_int_equal(watchdog_scan(tree.root, list, WATCHDOGS_MAX), 0);
	tree_dir(&tree, CLASS);
	assert_int_equal(watchdog_scan(tree.root, list, WATCHDOGS_MAX), 0);
}

static void softdog(void **state)
{
	(void)state;
	fake_softdog(&tree, 0);
	fake_misc(&tree);
	assert_int_equal(watchdog_scan(tree.root, list, WATCHDOGS_MAX), 1);
	assert_string_equal(list[0].device, "/dev/watchdog0");
	assert_true(list[0].is_dev_watchdog);
	assert_false(list[0].legacy);
	assert_string_equal(list[0].identity, "Software Watchdog");
	assert_string_equal(list[0].driver, "softdog");
	assert_int_equal(list[0].driver_source, DRIVER_IDENTITY);
	assert_string_equal(list[0].state, "inactive");
	assert_int_equal(list[0].timeout, 60);
	assert_int_equal(list[0].max_timeout, 65535);
	assert_int_equal(list[0].pretimeout, 0);
	assert_int_equal(list[0].timeleft, SYSFS_UNKNOWN);
	assert_int_equal(list[0].nowayout, 0);
	assert_int_equal(list[0].bootstatus, 0);
	assert_true(watchdog_has_dev(&list[0], makedev(246, 0)));
	assert_true(watchdog_has_dev(&list[0], makedev(10, 130)));
	assert_false(watchdog_has_dev(&list[0], makedev(246, 1)));
	assert_false(watchdog_has_dev(&list[0], 0));
}

/* The identity is no proof where the module is not loaded. */
static void identity_alone_names_no_driver(void **state)
{
	(void)state;
	fake_bare(&tree, 0);
	fake_attr(&tree, "watchdog0", "identity", "Software Watchdog\n");
	assert_int_equal(watchdog_scan(tree.root, list, WATCHDOGS_MAX), 1);
	assert_string_equal(list[0].driver, "");
	assert_int_equal(list[0].driver_source, DRIVER_UNKNOWN);
	assert_string_equal(driver_source_name(list[0].driver_source), "");
}

static void driver_by_link(void **state)
{
	(void)state;
	fake_itco(&tree, 1);
	assert_int_equal(watchdog_scan(tree.root, list, WATCHDOGS_MAX), 1);
	assert_string_equal(list[0].driver, "iTCO_wdt");
	assert_int_equal(list[0].driver_source, DRIVER_LINK);
	assert_int_equal(list[0].timeleft, 29);
	assert_int_equal(list[0].pretimeout, SYSFS_UNKNOWN);
	assert_int_equal(list[0].nowayout, 1);
	assert_int_equal(list[0].bootstatus, 32);
	assert_false(list[0].is_dev_watchdog);

	/* the module's name goes before the driver's */
	tree_link(&tree, "/sys/bus/platform/drivers/iTCO_wdt/module",
		  "../../../../module/its_module");
	assert_int_equal(watchdog_scan(tree.root, list, WATCHDOGS_MAX), 1);
	assert_string_equal(list[0].driver, "its_module");
}

static void without_watchdog_sysfs(void **state)
{
	(void)state;
	fake_bare(&tree, 0);
	fake_misc(&tree);
	assert_int_equal(watchdog_scan(tree.root, list, WATCHDOGS_MAX), 1);
	assert_string_equal(list[0].device, "/dev/watchdog0");
	assert_string_equal(list[0].identity, "");
	assert_string_equal(list[0].driver, "");
	assert_string_equal(list[0].state, "");
	assert_int_equal(list[0].timeout, SYSFS_UNKNOWN);
	assert_int_equal(list[0].nowayout, SYSFS_UNKNOWN);
	assert_int_equal(list[0].bootstatus, SYSFS_UNKNOWN);
}

static void rubbish_is_unknown(void **state)
{
	(void)state;
	fake_bare(&tree, 0);
	fake_attr(&tree, "watchdog0", "timeout", "soon\n");
	fake_attr(&tree, "watchdog0", "timeleft", "-1\n");
	fake_attr(&tree, "watchdog0", "bootstatus", "\n");
	fake_attr(&tree, "watchdog0", "dev", "ten:130\n");
	assert_int_equal(watchdog_scan(tree.root, list, WATCHDOGS_MAX), 1);
	assert_int_equal(list[0].timeout, SYSFS_UNKNOWN);
	assert_int_equal(list[0].timeleft, SYSFS_UNKNOWN);
	assert_int_equal(list[0].bootstatus, SYSFS_UNKNOWN);
	assert_int_equal(list[0].n_devs, 0);
}

/* ib700wdt: nothing but /dev/watchdog. Seen in a guest with linux 6.1. */
static void legacy_alone(void **state)
{
	(void)state;
	fake_misc(&tree);
	tree_dir(&tree, "/sys/module/ib700wdt");
	tree_link(&tree, "/dev/watchdog", "/dev/null");
	assert_int_equal(watchdog_scan(tree.root, list, WATCHDOGS_MAX), 1);
	assert_string_equal(list[0].device, "/dev/watchdog");
	assert_true(list[0].legacy);
	assert_string_equal(list[0].driver, "ib700wdt");
	assert_int_equal(list[0].driver_source, DRIVER_MODULE);
	assert_int_equal(list[0].timeout, SYSFS_UNKNOWN);
	assert_int_equal(list[0].number, -1);

	/* two that could be it: cannot tell */
	tree_dir(&tree, "/sys/module/wdt_pci");
	assert_int_equal(watchdog_scan(tree.root, list, WATCHDOGS_MAX), 1);
	assert_string_equal(list[0].driver, "");
}

/* A core device that comes after a legacy driver never gets number 0. */
static void legacy_first(void **state)
{
	(void)state;
	fake_misc(&tree);
	tree_dir(&tree, "/sys/module/ib700wdt");
	fake_softdog(&tree, 1);
	assert_int_equal(watchdog_scan(tree.root, list, WATCHDOGS_MAX), 2);
	assert_string_equal(list[0].device, "/dev/watchdog1");
	assert_false(list[0].is_dev_watchdog);
	assert_string_equal(list[1].device, "/dev/watchdog");
	assert_true(list[1].legacy);
	assert_ptr_equal(watchdog_find(list, 2, makedev(10, 130)), &list[1]);
	assert_ptr_equal(watchdog_find(list, 2, makedev(246, 1)), &list[0]);
	assert_null(watchdog_find(list, 2, makedev(1, 3)));
}

/* The module is loaded but its device is not there: /dev/watchdog is not its. */
static void legacy_module_without_device(void **state)
{
	(void)state;
	fake_misc(&tree);
	tree_dir(&tree, "/sys/module/ib700wdt");
	fake_softdog(&tree, 0);
	assert_int_equal(watchdog_scan(tree.root, list, WATCHDOGS_MAX), 1);
	assert_true(list[0].is_dev_watchdog);
	assert_string_equal(list[0].driver, "softdog");
}

static void sorted_by_number(void **state)
{
	(void)state;
	fake_softdog(&tree, 10);
	fake_softdog(&tree, 2);
	fake_itco(&tree, 0);
	tree_file(&tree, CLASS "watchdogX/dev", "1:1\n");
	tree_file(&tree, CLASS "watchdog/dev", "1:1\n");
	tree_file(&tree, CLASS "other0/dev", "1:1\n");
	assert_int_equal(watchdog_scan(tree.root, list, WATCHDOGS_MAX), 3);
	assert_string_equal(list[0].device, "/dev/watchdog0");
	assert_string_equal(list[1].device, "/dev/watchdog2");
	assert_string_equal(list[2].device, "/dev/watchdog10");
}

static void more_than_fit(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 5; i++)
		fake_bare(&tree, i);
	fake_misc(&tree);
	assert_int_equal(watchdog_scan(tree.root, list, 3), 3);
	assert_string_equal(list[2].device, "/dev/watchdog2");
	assert_int_equal(watchdog_scan(tree.root, list, 0), 0);
}

/* Symbolic links to a character device, as making one takes root. */
static void nodes_without_sysfs(void **state)
{
	(void)state;
	tree_link(&tree, "/dev/watchdog0", "/dev/null");
	tree_link(&tree, "/dev/watchdog", "/dev/zero");
	tree_file(&tree, "/dev/watchdog7", "not a device");
	tree_link(&tree, "/dev/watchdog8", "nowhere");
	tree_link(&tree, "/dev/watchdogs", "/dev/full");
	assert_int_equal(watchdog_scan(tree.root, list, WATCHDOGS_MAX), 2);
	assert_string_equal(list[0].device, "/dev/watchdog");
	assert_string_equal(list[1].device, "/dev/watchdog0");
	assert_string_equal(list[1].identity, "");
	assert_int_equal(list[1].timeout, SYSFS_UNKNOWN);
	assert_true(watchdog_has_dev(&list[1], makedev(1, 3)));
}

static void nodes_are_not_counted_twice(void **state)
{
	(void)state;
	fake_softdog(&tree, 0);
	fake_misc(&tree);
	tree_link(&tree, "/dev/watchdog0", "/dev/null");
	tree_link(&tree, "/dev/watchdog", "/dev/null");
	assert_int_equal(watchdog_scan(tree.root, list, WATCHDOGS_MAX), 1);
}

/* The name in uevent is the kernel's; nonsense there is not followed. */
static void strange_uevent(void **state)
{
	(void)state;
	fake_bare(&tree, 0);
	fake_attr(&tree, "watchdog0", "uevent", "DEVNAME=\n");
	assert_int_equal(watchdog_scan(tree.root, list, WATCHDOGS_MAX), 1);
	assert_string_equal(list[0].device, "/dev/watchdog0");
	fake_attr(&tree, "watchdog0", "uevent",
		  "DEVNAME=a-name-that-is-longer-than-any-device-node-has\n");
	assert_int_equal(watchdog_scan(tree.root, list, WATCHDOGS_MAX), 1);
	assert_string_equal(list[0].device, "/dev/watchdog0");
	fake_attr(&tree, "watchdog0", "uevent", "DEVNAME=dog/zero\n");
	assert_int_equal(watchdog_scan(tree.root, list, WATCHDOGS_MAX), 1);
	assert_string_equal(list[0].device, "/dev/dog/zero");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(empty_machine),
		TEST(softdog),
		TEST(identity_alone_names_no_driver),
		TEST(driver_by_link),
		TEST(without_watchdog_sysfs),
		TEST(rubbish_is_unknown),
		TEST(legacy_alone),
		TEST(legacy_first),
		TEST(legacy_module_without_device),
		TEST(sorted_by_number),
		TEST(more_than_fit),
		TEST(nodes_without_sysfs),
		TEST(nodes_are_not_counted_twice),
		TEST(strange_uevent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
