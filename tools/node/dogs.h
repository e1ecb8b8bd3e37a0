/* SPDX-License-Identifier: GPL-2.0 */
/* What is known of a driver's traces, and the marks that devices carry. */
#ifndef PUG_DOGS_H
#define PUG_DOGS_H

#include <stdbool.h>

#include "record.h"

#define DOGS_MAX	8

/**
 * struct dog_traits - what a driver leaves behind when its watchdog fires
 * @driver: the driver
 * @marks: after a reset by it, and only then or after a firing without effect,
 *	its bootstatus has WDIOF_CARDRESET
 * @soft: a timer of the kernel: it cannot fire while the kernel stands still
 * @stages: it fires after so many times the timeout at most
 */
struct dog_traits {
	const char *driver;
	bool marks;
	bool soft;
	int stages;
};

const struct dog_traits *dog_traits(const char *driver);

/**
 * struct dog - a watchdog device of one boot
 * @identity: what the driver calls it
 * @driver: the driver; "" if not known
 * @marked: its bootstatus says that it reset the machine
 */
struct dog {
	char identity[64];
	char driver[64];
	bool marked;
};

/**
 * struct dogs - the watchdog devices of one boot
 * @list: the first ones
 * @n: how many are in @list
 */
struct dogs {
	struct dog list[DOGS_MAX];
	int n;
};

void dogs_scan(const char *root, struct dogs *dogs);
const struct dog *dogs_find(const struct dogs *dogs, const char *identity);
void dogs_put(struct record *rec, const struct dogs *dogs);
void dogs_get(const struct record_view *view, struct dogs *dogs);

#endif /* PUG_DOGS_H */
