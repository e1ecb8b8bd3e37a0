// SPDX-License-Identifier: GPL-2.0
/*
 * What is known of a driver's traces, and the marks that devices carry.
 *
 * A device is known by its identity from one boot to the next: numbers change
 * with the order in which drivers are loaded.
 */
#include <linux/watchdog.h>
#include <stdio.h>
#include <string.h>

#include "compiler.h"
#include "dogs.h"
#include "watchdog.h"

/*
 * As linux 6.1 has them. i6300esb reads the chip's "timed out" bit when it is
 * loaded, and clears it. ib700wdt knows no bootstatus, iTCO_wdt sets it to 0,
 * softdog has none to set. The iTCO resets when its timer has run out twice,
 * which the driver takes into account on some chips only.
 */
static const struct dog_traits traits[] = {
	{ "i6300esb", .marks = true, .soft = false, .stages = 1 },
	{ "ib700wdt", .marks = false, .soft = false, .stages = 1 },
	{ "iTCO_wdt", .marks = false, .soft = false, .stages = 2 },
	{ "softdog", .marks = false, .soft = true, .stages = 1 },
};

static const struct dog_traits not_known = { "", false, false, 2 };

/**
 * dog_traits() - what is known of a driver
 * @driver: its name
 *
 * Return: its traits; of one that is not in the table: nothing in particular.
 */
const struct dog_traits *dog_traits(const char *driver)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(traits); i++) {
		if (!strcmp(traits[i].driver, driver))
			return &traits[i];
	}
	return &not_known;
}

/**
 * dogs_scan() - the watchdogs of this boot; opens none
 * @root: "" on a real machine
 * @dogs: the result
 */
void dogs_scan(const char *root, struct dogs *dogs)
{
	struct watchdog list[WATCHDOGS_MAX];
	int i, n;

	memset(dogs, 0, sizeof(*dogs));
	n = watchdog_scan(root, list, WATCHDOGS_MAX);
	for (i = 0; i < n && dogs->n < DOGS_MAX; i++) {
		struct dog *dog = &dogs->list[dogs->n++];

		strcpy(dog->identity, list[i].identity);
		strcpy(dog->driver, list[i].driver);
		if (!*dog->identity)
			strcpy(dog->identity, list[i].driver);
		dog->marked = list[i].bootstatus > 0 &&
			      list[i].bootstatus & WDIOF_CARDRESET;
	}
}

/**
 * dogs_find() - a device by its identity
 * @dogs: the devices
 * @identity: what its driver calls it
 *
 * Return: the device; NULL if there is none, or more than one, of that name.
 */
const struct dog *dogs_find(const struct dogs *dogs, const char *identity)
{
	const struct dog *found = NULL;
	int i;

	for (i = 0; i < dogs->n; i++) {
		if (!*identity || strcmp(dogs->list[i].identity, identity))
			continue;
		if (found)
			return NULL;
		found = &dogs->list[i];
	}
	return found;
}

/**
 * dogs_put() - add the devices to a record
 * @rec: the record
 * @dogs: the devices
 */
void dogs_put(struct record *rec, const struct dogs *dogs)
{
	char key[24];
	int i;

	for (i = 0; i < dogs->n; i++) {
		snprintf(key, sizeof(key), "dog%d", i);
		record_text(rec, key, dogs->list[i].identity);
		snprintf(key, sizeof(key), "driver%d", i);
		record_text(rec, key, dogs->list[i].driver);
		snprintf(key, sizeof(key), "marked%d", i);
		record_i64(rec, key, dogs->list[i].marked);
	}
}

/**
 * dogs_get() - the devices of a record
 * @view: the record
 * @dogs: the result
 */
void dogs_get(const struct record_view *view, struct dogs *dogs)
{
	char key[24];

	memset(dogs, 0, sizeof(*dogs));
	while (dogs->n < DOGS_MAX) {
		struct dog *dog = &dogs->list[dogs->n];

		snprintf(key, sizeof(key), "dog%d", dogs->n);
		if (!record_get_text(view, key, dog->identity,
				     sizeof(dog->identity)))
			return;
		snprintf(key, sizeof(key), "driver%d", dogs->n);
		record_get_text(view, key, dog->driver, sizeof(dog->driver));
		snprintf(key, sizeof(key), "marked%d", dogs->n);
		dog->marked = record_get(view, key) == 1;
		dogs->n++;
	}
}
