// SPDX-License-Identifier: GPL-2.0
/*
 * Findings about the kernel: its clock, and what it does when it panics, locks
 * up, dumps or reboots.
 */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "sysfs.h"

static int64_t sysctl(const struct facts *facts, const char *name)
{
	return sysfs_number(facts->root, "/proc/sys/kernel", name);
}

static void judge_wrapping(const struct facts *facts, struct finding *f,
			   int64_t lost_ms)
{
	int64_t timeout_ms = dog_timeout(facts) * 1000;
	bool guess = !strcmp(facts->clocksource, "hpet") &&
		     facts->klog.hpet_khz < 0;

	if (timeout_ms >= lost_ms) {
		find(f, GRADE_FAIL, "%s on Linux %s loses a freeze of %lld.%02lld s or more%s, and softdog's timeout is %lld s: a freeze that is long enough for it is too long for the clock, and softdog does not fire at all (measured)",
		     facts->clocksource, facts->release,
		     (long long)lost_ms / 1000, (long long)lost_ms / 10 % 100,
		     guess ? " (taking the HPET for QEMU's)" : "",
		     (long long)timeout_ms / 1000);
	} else {
		find(f, GRADE_WARN, "%s on Linux %s loses a freeze of %lld.%02lld s or more%s: softdog does not fire after one (measured)",
		     facts->clocksource, facts->release,
		     (long long)lost_ms / 1000, (long long)lost_ms / 10 % 100,
		     guess ? " (taking the HPET for QEMU's)" : "");
	}
	advise(f, "a clock of 64 bits: kvm-clock, or tsc%s; or a watchdog outside of the kernel, to which the clock does not matter",
	       facts->klog.tsc_unstable ? ", which this kernel has marked unstable" : "");
}

static void judge_clock(const struct facts *facts, struct finding *f)
{
	int64_t lost_ms = clock_lost_ms(facts);

	if (!*facts->clocksource) {
		find(f, GRADE_CANNOT, "cannot tell, because current_clocksource cannot be read");
	} else if (facts->kind && facts->kind->outside) {
		find(f, GRADE_PASS, "%s; %s does not count by it",
		     facts->clocksource, facts->kind->driver);
	} else if (lost_ms < 0) {
		find(f, GRADE_CANNOT, "cannot tell, because nobody has frozen a machine with clocksource %s",
		     facts->clocksource);
	} else if (!lost_ms) {
		find(f, GRADE_PASS, "%s, which loses no freeze",
		     facts->clocksource);
	} else if (!facts->dog) {
		find(f, GRADE_WARN, "%s loses a freeze of %lld.%02lld s or more, and softdog with it",
		     facts->clocksource, (long long)lost_ms / 1000,
		     (long long)lost_ms / 10 % 100);
	} else {
		judge_wrapping(facts, f, lost_ms);
	}
}

static void judge_panic(const struct facts *facts, struct finding *f)
{
	int64_t panic = sysctl(facts, "panic");

	if (panic < 0) {
		/* negative is "reboot at once", which is no number to sysfs.c */
		char text[16];

		if (sysfs_text(facts->root, "/proc/sys/kernel", "panic", text,
			       sizeof(text)) > 0 && text[0] == '-')
			find(f, GRADE_PASS, "kernel.panic=%s: a panic reboots at once",
			     text);
		else
			find(f, GRADE_CANNOT, "cannot tell, because kernel.panic cannot be read");
	} else if (panic) {
		find(f, GRADE_PASS, "kernel.panic=%lld: a panic reboots after so many seconds",
		     (long long)panic);
	} else {
		find(f, GRADE_WARN, "kernel.panic=0: after a panic the machine stays as it is%s",
		     facts->kind && facts->kind->outside ?
		     " until the watchdog fires" : ", and softdog is no help then");
		advise(f, "sysctl kernel.panic=5, in a file of /etc/sysctl.d");
	}
}

static void judge_lockups(const struct facts *facts, struct finding *f)
{
	int64_t soft = sysctl(facts, "softlockup_panic");
	int64_t hung = sysctl(facts, "hung_task_panic");

	if (soft < 0 && hung < 0) {
		find(f, GRADE_CANNOT, "cannot tell, because kernel.softlockup_panic and kernel.hung_task_panic cannot be read, or this kernel has neither detector");
		return;
	}
	find(f, GRADE_PASS, "softlockup_panic=%lld hung_task_panic=%lld: %s. Neither sees a kernel that is frozen as a whole",
	     (long long)soft, (long long)hung,
	     soft > 0 && hung > 0 ? "both make a hang a panic" :
	     soft > 0 ? "a CPU that hangs is a panic, a task that hangs is a line in the log" :
	     hung > 0 ? "a task that hangs is a panic, a CPU that hangs is a line in the log" :
	     "a CPU or a task that hangs is a line in the log and no more");
}

static void judge_kdump(const struct facts *facts, struct finding *f)
{
	int64_t loaded = sysfs_number(facts->root, "/sys/kernel",
				      "kexec_crash_loaded");

	if (loaded < 0)
		return;
	if (!loaded)
		find(f, GRADE_PASS, "no crash kernel is loaded");
	else if (facts->kind && !facts->kind->outside)
		find(f, GRADE_WARN, "a crash kernel is loaded, and softdog is not in it: a dump that hangs is reset by nobody");
	else
		find(f, GRADE_WARN, "a crash kernel is loaded: the watchdog goes on counting while it dumps, and resets the machine when its timeout is over before the dump is");
	if (loaded)
		advise(f, "dump to where it is quick; the other nodes do not wait for it: ttl does");
}

static void judge_reboot(const struct facts *facts, struct finding *f)
{
	int64_t stop = sysfs_number(facts->root, "/sys/module/watchdog/parameters",
				    "stop_on_reboot");
	int64_t reboot = facts->systemd.reboot_s;

	if (!facts->dog)
		return;
	if (!stop) {
		find(f, GRADE_PASS, "watchdog.stop_on_reboot=0: it goes on counting while the machine reboots");
	} else if (facts->systemd.present && reboot == SPAN_UNSET) {
		find(f, GRADE_PASS, "a reboot that hangs is reset by systemd's RebootWatchdogSec, 10 min unless it is set%s",
		     facts->dog->max_timeout > 0 && facts->dog->max_timeout < 600 ?
		     "; this driver takes less, and systemd may then go without" : "");
	} else if (facts->systemd.present && (reboot > 0 || reboot == SPAN_DEFAULT)) {
		find(f, GRADE_PASS, "a reboot that hangs is reset by systemd's RebootWatchdogSec (%s)",
		     facts->systemd.reboot_from);
	} else {
		find(f, GRADE_WARN, "the driver stops at a reboot (%s), and no RebootWatchdogSec of systemd's starts it again: a reboot that hangs hangs",
		     stop > 0 ? "watchdog.stop_on_reboot=1" :
		     "softdog and i6300esb do unless told otherwise");
		advise(f, "watchdog.stop_on_reboot=0 on the kernel's command line, or RebootWatchdogSec=2min in /etc/systemd/system.conf.d");
	}
}

const struct finding_row kernel_findings[] = {
	{ "clock", judge_clock },
	{ "panic", judge_panic },
	{ "lockups", judge_lockups },
	{ "kdump", judge_kdump },
	{ "reboot", judge_reboot },
	{ NULL, NULL },
};
