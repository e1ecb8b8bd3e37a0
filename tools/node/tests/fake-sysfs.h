/* SPDX-License-Identifier: GPL-2.0 */
/* Watchdogs as linux 6.1's sysfs showed them in a guest. */
#ifndef PUG_FAKE_SYSFS_H
#define PUG_FAKE_SYSFS_H

#include "tree.h"

#define CLASS "/sys/class/watchdog/"

static inline void fake_attr(const struct tree *tree, const char *dog,
			     const char *attr, const char *text)
{
	char name[128];

	snprintf(name, sizeof(name), CLASS "%s/%s", dog, attr);
	tree_file(tree, name, text);
}

/* With CONFIG_WATCHDOG_SYSFS off this is all there is. */
static inline void fake_bare(const struct tree *tree, int number)
{
	char dog[32];
	char text[96];

	snprintf(dog, sizeof(dog), "watchdog%d", number);
	snprintf(text, sizeof(text), "246:%d\n", number);
	fake_attr(tree, dog, "dev", text);
	snprintf(text, sizeof(text), "MAJOR=246\nMINOR=%d\nDEVNAME=%s\n",
		 number, dog);
	fake_attr(tree, dog, "uevent", text);
}

static inline void fake_softdog(const struct tree *tree, int number)
{
	char dog[32];

	fake_bare(tree, number);
	snprintf(dog, sizeof(dog), "watchdog%d", number);
	fake_attr(tree, dog, "identity", "Software Watchdog\n");
	fake_attr(tree, dog, "state", "inactive\n");
	fake_attr(tree, dog, "timeout", "60\n");
	fake_attr(tree, dog, "min_timeout", "1\n");
	fake_attr(tree, dog, "max_timeout", "65535\n");
	fake_attr(tree, dog, "pretimeout", "0\n");
	fake_attr(tree, dog, "nowayout", "0\n");
	fake_attr(tree, dog, "bootstatus", "0\n");
	tree_dir(tree, "/sys/module/softdog");
}

/* iTCO_wdt has a parent, and a timeleft */
static inline void fake_itco(const struct tree *tree, int number)
{
	char dog[32];
	char link[128];

	fake_bare(tree, number);
	snprintf(dog, sizeof(dog), "watchdog%d", number);
	fake_attr(tree, dog, "identity", "iTCO_wdt\n");
	fake_attr(tree, dog, "state", "active\n");
	fake_attr(tree, dog, "timeout", "30\n");
	fake_attr(tree, dog, "timeleft", "29\n");
	fake_attr(tree, dog, "nowayout", "1\n");
	fake_attr(tree, dog, "bootstatus", "32\n");
	tree_dir(tree, "/sys/devices/iTCO_wdt.1.auto");
	tree_dir(tree, "/sys/bus/platform/drivers/iTCO_wdt");
	snprintf(link, sizeof(link), CLASS "%s/device", dog);
	tree_link(tree, link, "../../../devices/iTCO_wdt.1.auto");
	tree_link(tree, "/sys/devices/iTCO_wdt.1.auto/driver",
		  "../../bus/platform/drivers/iTCO_wdt");
}

static inline void fake_misc(const struct tree *tree)
{
	tree_file(tree, "/sys/class/misc/watchdog/dev", "10:130\n");
}

#endif /* PUG_FAKE_SYSFS_H */
