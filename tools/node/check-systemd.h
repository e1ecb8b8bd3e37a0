/* SPDX-License-Identifier: GPL-2.0 */
/* systemd's own use of the watchdog, as it is configured. */
#ifndef PUG_CHECK_SYSTEMD_H
#define PUG_CHECK_SYSTEMD_H

#include <stdint.h>

#include "check-conf.h"

#define SPAN_UNSET	(-1)	/* not configured */
#define SPAN_DEFAULT	(-2)	/* "default": whatever the driver has */
#define SPAN_BAD	(-3)	/* it is no time span */
#define SPAN_INFINITY	(-4)

/**
 * struct sdconf - what system.conf and its drop-ins say
 * @runtime_s: RuntimeWatchdogSec in seconds, 0: off; or one of the above
 * @runtime_from: the file that says so
 * @reboot_s: RebootWatchdogSec, the same
 * @reboot_from: the file that says so
 * @device: WatchdogDevice; "" if not given
 * @present: systemd is pid 1 here, as far as can be seen
 */
struct sdconf {
	int64_t runtime_s;
	char runtime_from[96];
	int64_t reboot_s;
	char reboot_from[96];
	char device[64];
	bool present;
};

int64_t sdconf_span(const char *text, size_t len);
void sdconf_init(struct sdconf *conf);
void sdconf_parse(const char *path, const char *text, size_t len, void *conf);
void sdconf_read(const char *root, struct sdconf *conf, struct unread *unread);

#endif /* PUG_CHECK_SYSTEMD_H */
