/* SPDX-License-Identifier: GPL-2.0 */
/* Patroni's settings about the watchdog, from options and from its files. */
#ifndef PUG_CHECK_PATRONI_H
#define PUG_CHECK_PATRONI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check-conf.h"

/* Patroni's own defaults (patroni/config.py, watchdog/base.py; 3.0.2, 4.1.4). */
#define PATRONI_TTL		30
#define PATRONI_LOOP_WAIT	10
#define PATRONI_SAFETY_MARGIN	5
#define PATRONI_DEVICE		"/dev/watchdog"

enum patroni_mode {
	MODE_UNKNOWN,
	MODE_OFF,
	MODE_AUTOMATIC,
	MODE_REQUIRED,
	MODE_UNRECOGNIZED,	/* Patroni takes it for off */
};

/* Where a setting comes from; a later one wins. */
enum setting_source {
	FROM_NOWHERE,
	FROM_DEFAULT,
	FROM_FILE,
	FROM_DYNAMIC,	/* patroni.dynamic.json, Patroni's copy of the DCS */
	FROM_OPTION,
};

struct setting {
	enum setting_source from;
	int64_t value;
};

/**
 * struct patroni - settings
 * @asked: an option or the file says something about Patroni
 * @file: its configuration file; "" if none was given
 * @error: why the file cannot be used; "" if it can
 * @mode: watchdog.mode
 * @mode_from: where that is from
 * @device: watchdog.device; "" if not given
 * @driver: watchdog.driver; "" if not given
 * @safety_margin: watchdog.safety_margin
 * @ttl: from the DCS
 * @loop_wait: from the DCS
 * @boot_ttl: bootstrap.dcs.ttl: what the DCS was given once
 * @data_dir: postgresql.data_dir; "" if not given
 * @dynamic_error: why patroni.dynamic.json cannot be used; "" if it can
 * @unclear: something of interest is an alias or a merge, or no number
 */
struct patroni {
	bool asked;
	char file[160];
	char error[200];
	enum patroni_mode mode;
	enum setting_source mode_from;
	char device[64];
	char driver[32];
	struct setting safety_margin;
	struct setting ttl;
	struct setting loop_wait;
	struct setting boot_ttl;
	char data_dir[200];
	char dynamic_error[200];
	bool unclear;
};

enum patroni_mode patroni_mode_of(const char *text, bool plain);
const char *patroni_mode_name(enum patroni_mode mode);
const char *setting_source_name(enum setting_source source);
void patroni_parse(struct patroni *patroni, const char *text, size_t len,
		   enum setting_source source);
void patroni_read(const char *root, const char *path, struct patroni *patroni);

#endif /* PUG_CHECK_PATRONI_H */
