// SPDX-License-Identifier: GPL-2.0
/*
 * Findings about what a boot leaves: the node's owner, blacklists,
 * modules-load.d, files that could not be read.
 */
#include <stdio.h>
#include <string.h>

#include "check.h"

#define UDEV_RULE "KERNEL==\"watchdog*\", SUBSYSTEM==\"misc|watchdog\", GROUP=\"%.30s\", MODE=\"0660\""

static void judge_access(const struct facts *facts, struct finding *f)
{
	const struct access *access = &facts->access;
	const char *name = access->user.name;

	if (!facts->dog || !patroni_expected(facts))
		return;
	if (access->error) {
		find(f, GRADE_CANNOT, "cannot tell, because %s cannot be looked at: %s",
		     facts->device, strerror(access->error));
		return;
	}
	if (!access->user.known) {
		find(f, GRADE_CANNOT, "cannot tell, because /etc/passwd has no user %s, and other sources of users are not asked",
		     name);
		advise(f, "--user NUMBER");
		return;
	}
	if (access_allows(access)) {
		find(f, GRADE_PASS, "%s may open %s (mode %04o, owner %u, group %u)",
		     name, facts->device, access->mode & 07777,
		     (unsigned int)access->uid, (unsigned int)access->gid);
		return;
	}
	if (access->acl) {
		find(f, GRADE_CANNOT, "cannot tell, because %s has an access list, which is not looked into",
		     facts->device);
		advise(f, "getfacl %s", facts->device);
		return;
	}
	find(f, GRADE_FAIL, "%s may not open %s (mode %04o, owner %u, group %u): with mode automatic Patroni leads without a watchdog, with required it never leads",
	     name, facts->device, access->mode & 07777,
	     (unsigned int)access->uid, (unsigned int)access->gid);
	advise(f, "a udev rule, which holds at every boot, in /etc/udev/rules.d/60-watchdog.rules: " UDEV_RULE,
	       name);
}

static void judge_keeper(const struct facts *facts, struct finding *f)
{
	const struct access *access = &facts->access;

	/* root may open it at any time: nothing has to be set */
	if (!facts->dog || !patroni_expected(facts) || !access->user.known ||
	    !access->user.uid)
		return;
	if (*access->rule.path) {
		find(f, GRADE_PASS, "a udev rule sets who may open it at every boot: %s",
		     access->rule.path);
	} else if (*access->unit.path) {
		find(f, GRADE_WARN, "%s sets it when Patroni starts ('%.100s'): that fails without a word if the driver is loaded later than Patroni, and is undone when the driver is loaded anew",
		     access->unit.path, access->unit.line);
		advise(f, "a udev rule in /etc/udev/rules.d/60-watchdog.rules: " UDEV_RULE,
		       access->user.name);
	} else if (!access->error && access_allows(access)) {
		find(f, GRADE_WARN, "the node is as it should be, but nothing was found that makes it so: no udev rule and no line in Patroni's unit. /dev is made anew at every boot, and then it is root's alone");
		advise(f, "a udev rule in /etc/udev/rules.d/60-watchdog.rules: " UDEV_RULE,
		       access->user.name);
	} else {
		find(f, GRADE_FAIL, "nothing sets it at boot: no udev rule, no line in Patroni's unit");
		advise(f, "see access");
	}
}

static void judge_blacklist(const struct facts *facts, struct finding *f)
{
	const struct modconf_entry *entry;
	int i;

	for (i = 0; i < N_MODULES; i++) {
		entry = &facts->modules.module[i];
		if (!*entry->blacklisted_by)
			continue;
		if (entry->loaded) {
			find(f, GRADE_WARN, "%s is loaded now, but blacklisted by %s: somebody loaded it by hand, and at the next boot nobody may",
			     module_name(i), entry->blacklisted_by);
			advise(f, "remove that line if this is the watchdog to use");
			return;
		}
		if (*entry->loaded_by) {
			find(f, GRADE_FAIL, "%s is named in %s and blacklisted by %s: systemd-modules-load obeys the blacklist",
			     module_name(i), entry->loaded_by,
			     entry->blacklisted_by);
			advise(f, "remove one of the two");
			return;
		}
	}
	for (i = 0; i < N_MODULES; i++) {
		entry = &facts->modules.module[i];
		if (!*entry->blacklisted_by)
			continue;
		find(f, i == MODULE_SOFTDOG || (i == MODULE_I6300ESB &&
						!facts->esb_in_pci) ?
		     GRADE_PASS : GRADE_WARN, "%s is blacklisted by %s",
		     module_name(i), entry->blacklisted_by);
		return;
	}
	find(f, GRADE_PASS, "no watchdog driver is blacklisted");
}

/* Found on a bus, i6300esb and iTCO_wdt need nobody to name them. */
static void judge_load(const struct facts *facts, struct finding *f)
{
	const struct modconf_entry *entry;
	int id = -1;

	if (facts->dog)
		id = module_id_of(facts->dog->driver, strlen(facts->dog->driver));
	if (id < 0)
		return;
	entry = &facts->modules.module[id];
	if (*entry->loaded_by)
		find(f, GRADE_PASS, "%s is loaded at boot by %s", module_name(id),
		     entry->loaded_by);
	else if (id == MODULE_I6300ESB || id == MODULE_ITCO)
		find(f, GRADE_PASS, "%s is loaded at boot because its device is found",
		     module_name(id));
	else if (*facts->access.unit.path)
		find(f, GRADE_WARN, "nothing in modules-load.d names %s", module_name(id));
	else
		find(f, GRADE_WARN, "nothing in modules-load.d names %s: it is no device that is found, and is gone after the next boot unless a unit loads it",
		     module_name(id));
	if (f->grade == GRADE_WARN)
		advise(f, "echo %s >/etc/modules-load.d/watchdog.conf", module_name(id));
}

static void judge_unread(const struct facts *facts, struct finding *f)
{
	if (!facts->unread.n)
		return;
	find(f, GRADE_CANNOT, "cannot tell all, because %d of the files of configuration could not be read: %s",
	     facts->unread.n, facts->unread.text);
}

const struct finding_row access_findings[] = {
	{ "access", judge_access },
	{ "owner-at-boot", judge_keeper },
	{ "blacklist", judge_blacklist },
	{ "modules-load", judge_load },
	{ "unread", judge_unread },
	{ NULL, NULL },
};
