// SPDX-License-Identifier: GPL-2.0
/*
 * Findings about the watchdog itself: is there one, which, and what is it good
 * for?
 */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "sysfs.h"

static void blame_configuration(const struct facts *facts, struct finding *f)
{
	const struct modconf_entry *esb = &facts->modules.module[MODULE_I6300ESB];
	const struct modconf_entry *soft = &facts->modules.module[MODULE_SOFTDOG];

	if (facts->esb_in_pci && *esb->blacklisted_by) {
		find(f, GRADE_FAIL, "no %s. A 6300ESB is on the PCI bus, but its driver i6300esb is blacklisted by %s, so that nothing loads it",
		     facts->device, esb->blacklisted_by);
		advise(f, "remove that line, and name i6300esb in /etc/modules-load.d/watchdog.conf; for now: modprobe i6300esb");
	} else if (facts->esb_in_pci) {
		find(f, GRADE_FAIL, "no %s. A 6300ESB is on the PCI bus, but its driver i6300esb is not loaded",
		     facts->device);
		advise(f, "modprobe i6300esb, and name it in /etc/modules-load.d/watchdog.conf. If there is no such module: Debian's cloud kernels have none, install linux-image-amd64");
	} else if (*soft->blacklisted_by) {
		find(f, GRADE_FAIL, "no %s, and softdog is blacklisted by %s, so that systemd-modules-load refuses it too",
		     facts->device, soft->blacklisted_by);
		advise(f, "give the VM a watchdog device (Proxmox: qm set ID --watchdog model=i6300esb,action=reset); if there is to be softdog only, remove that line");
	} else {
		find(f, GRADE_FAIL, "no %s: this machine has no watchdog, or its driver is not loaded",
		     facts->device);
		advise(f, "give the VM a watchdog device (Proxmox: qm set ID --watchdog model=i6300esb,action=reset); on hardware load its driver (iTCO_wdt, sp5100_tco, ipmi_watchdog); softdog is better than none");
	}
}

static void judge_device(const struct facts *facts, struct finding *f)
{
	const struct watchdog *dog = facts->dog;

	if (!dog && facts->klog.itco_noreboot) {
		find(f, GRADE_FAIL, "no %s: iTCO_wdt says 'unable to reset NO_REBOOT flag, device disabled by hardware/BIOS'",
		     facts->device);
		advise(f, "look for a watchdog or TCO setting in the firmware; otherwise this machine needs another watchdog");
	} else if (!dog && facts->n_dogs) {
		find(f, GRADE_FAIL, "%s is no watchdog of this machine; it has %s (%s)",
		     facts->device, facts->dogs[0].device,
		     *facts->dogs[0].identity ? facts->dogs[0].identity : "?");
		advise(f, "correct --device, or watchdog.device in Patroni's file");
	} else if (!dog) {
		blame_configuration(facts, f);
	} else {
		find(f, GRADE_PASS, "%s: %s%s%s%s%s", facts->device,
		     *dog->identity ? dog->identity : "no name in sysfs",
		     *dog->driver ? ", driver " : "", dog->driver,
		     strcmp(dog->device, facts->device) ? ", also " : "",
		     strcmp(dog->device, facts->device) ? dog->device : "");
	}
}

/* Another driver that will, or may, bring a watchdog of its own at a boot. */
static const char *rival(const struct facts *facts)
{
	int i;

	for (i = 0; i < N_MODULES; i++) {
		const struct modconf_entry *entry = &facts->modules.module[i];

		if (!strcmp(module_name(i), facts->dog->driver))
			continue;
		if (*entry->loaded_by && !*entry->blacklisted_by)
			return module_name(i);
		if (i == MODULE_I6300ESB && facts->esb_in_pci &&
		    !*entry->blacklisted_by)
			return module_name(i);
	}
	return NULL;
}

static void judge_number(const struct facts *facts, struct finding *f)
{
	const char *other;

	if (!facts->dog)
		return;
	if (facts->n_dogs > 1) {
		other = facts->dogs[facts->dog == &facts->dogs[0]].device;
		find(f, GRADE_WARN, "there is %s beside it: drivers get their numbers in the order in which they are loaded, and /dev/watchdog is the first one's. At the next boot %s may be the other one",
		     other, facts->device);
		advise(f, "keep one of the two drivers from loading (modprobe.d: blacklist), or give the one you want a name of its own by a udev rule: KERNEL==\"watchdog[0-9]*\", ATTR{identity}==\"%.60s\", SYMLINK+=\"watchdog-patroni\"",
		       facts->dog->identity);
		return;
	}
	other = rival(facts);
	if (other) {
		find(f, GRADE_WARN, "it is the only one now, but %s may be loaded at the next boot too, and then be /dev/watchdog",
		     other);
		advise(f, "keep one of the two drivers from loading (modprobe.d: blacklist)");
		return;
	}
	find(f, GRADE_PASS, "it is the only one, and no other is configured: the name stays");
}

static void judge_kind(const struct facts *facts, struct finding *f)
{
	const struct dog_kind *kind = facts->kind;

	if (!facts->dog)
		return;
	if (!kind) {
		find(f, GRADE_CANNOT, "cannot tell, because %s is no driver that was tried, and whether it counts outside of this kernel is not known here",
		     *facts->dog->driver ? facts->dog->driver : "its driver, which sysfs does not name,");
		advise(f, "prove it: pug-node verify, on a machine that may be reset");
	} else if (!kind->outside) {
		find(f, GRADE_WARN, "softdog is %s. A freeze of the kernel freezes it too: it fires when the freeze is over, and not before (measured)",
		     kind->what);
		advise(f, "have a device outside of the kernel: i6300esb with QEMU, libvirt and Proxmox, iTCO_wdt or the BMC on hardware");
	} else if (!kind->measured) {
		find(f, GRADE_CANNOT, "cannot tell, because %s (%s) counts outside of this kernel by its driver's source, but nobody has frozen such a machine in this project's lab",
		     kind->driver, kind->what);
		advise(f, "prove it: pug-node verify, on a machine that may be reset");
	} else {
		find(f, GRADE_PASS, "%s is %s and counts outside of this kernel: it fires in the middle of a freeze, %u.%02u times its timeout after the last keepalive (measured in QEMU)",
		     kind->driver, kind->what, kind->deadline_ppm / 1000000,
		     kind->deadline_ppm / 10000 % 100);
	}
}

/* "pc-q35-7.2": QEMU's machine type, and so its defaults */
static bool q35_before_8(const char *product)
{
	unsigned int major, minor;

	return sscanf(product, "pc-q35-%4u.%4u", &major, &minor) == 2 &&
	       major < 8;
}

static void judge_itco(const struct facts *facts, struct finding *f)
{
	if (q35_before_8(facts->product)) {
		find(f, GRADE_FAIL, "QEMU's machine type is %s: below 8.0 its default is ICH9-LPC.noreboot=true, with which iTCO counts, expires and does nothing. From inside only the machine type shows",
		     facts->product);
		advise(f, "use a machine type of 8.0 or later, or -global ICH9-LPC.noreboot=false, or i6300esb");
	} else if (product_is_qemu(facts->product)) {
		find(f, GRADE_CANNOT, "cannot tell, because the guest cannot see whether QEMU (%s) was told ICH9-LPC.noreboot=true, nor its -action watchdog=",
		     facts->product);
		advise(f, "look at the hypervisor's configuration");
	} else {
		find(f, GRADE_CANNOT, "the driver could clear the chipset's NO_REBOOT flag, or there would be no device; that firmware sets it again, cannot be told without trying");
		advise(f, "prove it: pug-node verify, on a machine that may be reset");
	}
}

static void judge_action(const struct facts *facts, struct finding *f)
{
	if (!facts->kind)
		return;
	if (!strcmp(facts->kind->driver, "iTCO_wdt")) {
		judge_itco(facts, f);
	} else if (facts->kind->hypervisor) {
		find(f, GRADE_CANNOT, "cannot tell, because what firing does is the hypervisor's choice, and the guest does not see it. With action none the guest looks just the same and is not protected");
		advise(f, "look there: Proxmox: qm config ID | grep watchdog (action=reset or poweroff); libvirt: <watchdog model='i6300esb' action='reset'/>; QEMU: -action watchdog=reset. Do not take none, pause or debug for a cluster");
	}
}

static bool option_set(const char *options, const char *name)
{
	const char *at = strstr(options, name);

	return at && at[strlen(name)] == '=' && at[strlen(name) + 1] != '0';
}

/* Its parameters are not in sysfs; the kernel's log has them at its start. */
static void judge_softdog(const struct facts *facts, struct finding *f)
{
	const char *options = facts->modules.module[MODULE_SOFTDOG].options;
	const struct klog *klog = &facts->klog;
	int64_t panic = sysfs_number(facts->root, "/proc/sys/kernel", "panic");

	if (!facts->dog || strcmp(facts->dog->driver, "softdog"))
		return;
	if (klog->softdog_noboot > 0 || option_set(options, "soft_noboot")) {
		find(f, GRADE_FAIL, "soft_noboot is set: softdog prints a line and resets nothing");
		advise(f, "remove soft_noboot from modprobe.d, then reload softdog");
	} else if ((klog->softdog_panic > 0 || option_set(options, "soft_panic")) &&
		   panic <= 0) {
		find(f, GRADE_FAIL, "soft_panic is set and kernel.panic is %s: it panics and stays so",
		     panic ? "not known" : "0");
		advise(f, "sysctl kernel.panic=5, or remove soft_panic");
	} else if (klog->softdog_noboot < 0) {
		find(f, GRADE_CANNOT, "cannot tell its parameters, because %s",
		     klog->read ? "the line that softdog prints when it is loaded is gone from the kernel's log" :
				  "the kernel's log may be read by root only");
		advise(f, "%s", klog->read ? "look for 'softdog: initialized' in the journal: soft_noboot must be 0" :
				  "run this as root");
	} else {
		find(f, GRADE_PASS, "soft_noboot=0 soft_panic=%d",
		     klog->softdog_panic);
	}
}

static void judge_nowayout(const struct facts *facts, struct finding *f)
{
	if (!facts->dog)
		return;
	if (facts->dog->nowayout < 0)
		find(f, GRADE_CANNOT, "cannot tell, because this driver has no nowayout in sysfs");
	else if (facts->dog->nowayout)
		find(f, GRADE_PASS, "nowayout is set: once armed, nothing disarms it. When Patroni demotes, or is stopped, the machine is reset after the timeout");
	else
		find(f, GRADE_PASS, "not set: Patroni can disarm it when it demotes or is stopped; a process that is killed leaves it armed");
}

static void judge_pretimeout(const struct facts *facts, struct finding *f)
{
	char dir[64], governor[32];

	/* most drivers have none: nothing to be said */
	if (!facts->dog || facts->dog->pretimeout < 0 || facts->dog->legacy)
		return;
	snprintf(dir, sizeof(dir), "/sys/class/watchdog/watchdog%d",
		 facts->dog->number);
	sysfs_text(facts->root, dir, "pretimeout_governor", governor,
		   sizeof(governor));
	if (!facts->dog->pretimeout)
		find(f, GRADE_PASS, "none: the timeout is all there is");
	else if (!strcmp(governor, "panic"))
		find(f, GRADE_WARN, "%d s before the timeout the governor '%s' makes the kernel panic: with kernel.panic=0 it stays so until the timeout",
		     (int)facts->dog->pretimeout, governor);
	else
		find(f, GRADE_PASS, "%d s before the timeout, governor '%s', which resets nothing",
		     (int)facts->dog->pretimeout, *governor ? governor : "?");
}

const struct finding_row device_findings[] = {
	{ "device", judge_device },
	{ "number", judge_number },
	{ "kind", judge_kind },
	{ "action", judge_action },
	{ "softdog", judge_softdog },
	{ "nowayout", judge_nowayout },
	{ "pretimeout", judge_pretimeout },
	{ NULL, NULL },
};
