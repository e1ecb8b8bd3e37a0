/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel's log says of watchdogs and clocks. */
#ifndef PUG_CHECK_KLOG_H
#define PUG_CHECK_KLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KLOG_UNKNOWN	(-1)

/**
 * struct klog - what was found in it
 * @read: it could be read; what is not found may have been overwritten
 * @error: why not, a positive error number
 * @softdog_noboot: soft_noboot of the last start of softdog, or KLOG_UNKNOWN
 * @softdog_panic: soft_panic, the same
 * @itco_noreboot: iTCO_wdt could not clear NO_REBOOT and gave up
 * @hpet_khz: frequency of the HPET, or KLOG_UNKNOWN
 * @tsc_unstable: the kernel has taken the TSC out of service
 * @systemd_refused: systemd could not set its timeout
 */
struct klog {
	bool read;
	int error;
	int softdog_noboot;
	int softdog_panic;
	bool itco_noreboot;
	int64_t hpet_khz;
	bool tsc_unstable;
	bool systemd_refused;
};

void klog_init(struct klog *klog);
void klog_parse(struct klog *klog, const char *text, size_t len);
void klog_read(const char *root, struct klog *klog);

#endif /* PUG_CHECK_KLOG_H */
