// SPDX-License-Identifier: GPL-2.0
/*
 * Findings about who keeps the watchdog from firing: Patroni, systemd, a daemon,
 * nobody.
 */
#include <stdio.h>
#include <string.h>

#include "check.h"

static const struct holder *holder_of(const struct facts *facts)
{
	return facts->held && facts->held->n ? &facts->held->list[0] : NULL;
}

/* "pid 312 (patroni ...), patroni.service" */
static void describe(const struct facts *facts, char *text, size_t size)
{
	const struct holder *holder = holder_of(facts);
	char unit[80];

	proc_unit(facts->root, holder->pid, unit, sizeof(unit));
	snprintf(text, size, "pid %d (%.100s)%s%s%s", (int)holder->pid,
		 holder->command, *unit ? ", " : "", unit,
		 facts->held->n > 1 ? " and others" : "");
}

static void judge_nobody(const struct facts *facts, struct finding *f)
{
	if (patroni_arms_later(facts)) {
		find(f, GRADE_PASS, "not armed now, which is right: PostgreSQL here is a standby, and Patroni arms the watchdog when it becomes leader, not before");
		return;
	}
	if (procs_find(&facts->procs, PROC_PRIMARY) &&
	    procs_find(&facts->procs, PROC_PATRONI)) {
		find(f, GRADE_FAIL, "not armed, and PostgreSQL here is primary: Patroni leads without a watchdog");
		advise(f, "look for 'Could not activate' in Patroni's log (with mode automatic Patroni 4.1 writes it at level DEBUG only), set watchdog.mode: required, restart Patroni");
		return;
	}
	find(f, GRADE_FAIL, "not armed: nobody has opened it, so nothing watches this machine%s",
	     procs_find(&facts->procs, PROC_PATRONI) ? "" :
	     ". No Patroni runs here");
	advise(f, "%s", patroni_expected(facts) ?
	       "run this again on the leader, with Patroni running" :
	       "something has to open it and keep it from firing: Patroni (watchdog.mode: required), or systemd (RuntimeWatchdogSec=)");
}

static void judge_other_feeder(const struct facts *facts, struct finding *f,
			       const char *who)
{
	enum grade grade = patroni_expected(facts) ? GRADE_FAIL : GRADE_WARN;

	switch (facts->feeder) {
	case FED_SYSTEMD:
		find(f, grade, "%s holds it%s: Patroni gets 'Device or resource busy', and systemd goes on feeding it whatever becomes of Patroni and its leader key",
		     who, strcmp(facts->procs.first, "systemd") ? "" : ", systemd");
		advise(f, "RuntimeWatchdogSec=off in a file of /etc/systemd/system.conf.d, then systemctl daemon-reexec");
		return;
	case FED_DAEMON:
		find(f, grade, "%s holds it: Patroni gets 'Device or resource busy', and the daemon goes on feeding it whatever becomes of Patroni and its leader key",
		     who);
		advise(f, "stop and disable that daemon: Patroni opens the device itself, there is no daemon to install");
		return;
	default:
		find(f, grade, "%s holds it, which is not Patroni", who);
		advise(f, "find out what that is; a device is for one process");
	}
}

static void judge_holder(const struct facts *facts, struct finding *f)
{
	char who[300];

	if (!facts->dog)
		return;
	if (facts->feeder == FED_NOBODY) {
		judge_nobody(facts, f);
	} else if (facts->feeder == FED_UNKNOWN) {
		find(f, GRADE_CANNOT, "it is armed; by whom cannot be told, because only root may look into other users' processes");
		advise(f, "run this as root");
	} else if (facts->feeder == FED_GONE) {
		find(f, GRADE_WARN, "it is armed and nobody holds it: whoever opened it is gone without disarming it, or the kernel feeds one that the firmware started. In the first case this machine is about to be reset");
		advise(f, "to disarm what was left behind: pug-node keepalive %s --timeout 30 --interval 5 --count 1",
		       facts->dog->device);
	} else {
		describe(facts, who, sizeof(who));
		if (facts->feeder == FED_PATRONI)
			find(f, GRADE_PASS, "%s holds it: Patroni uses it", who);
		else
			judge_other_feeder(facts, f, who);
	}
}

static void judge_runtime(const struct facts *facts, struct finding *f)
{
	const struct sdconf *conf = &facts->systemd;
	int64_t seconds = conf->runtime_s;

	if (seconds == SPAN_BAD) {
		find(f, GRADE_WARN, "RuntimeWatchdogSec in %s is no time that systemd knows",
		     conf->runtime_from);
	} else if (seconds > 0 && dog_refuses(facts, seconds)) {
		find(f, GRADE_FAIL, "RuntimeWatchdogSec=%llds in %s, but the driver takes %lld to %lld s and refuses it (EINVAL): systemd writes a line to the journal and goes on without a watchdog",
		     (long long)seconds, conf->runtime_from,
		     (long long)facts->dog->min_timeout,
		     (long long)dog_max_timeout(facts));
		advise(f, "a value that the driver takes; off where Patroni is to have it");
	} else if (facts->feeder == FED_PATRONI) {
		find(f, GRADE_WARN, "RuntimeWatchdogSec is set in %s: at the next boot systemd is first, and Patroni finds the device busy",
		     conf->runtime_from);
		advise(f, "RuntimeWatchdogSec=off in %s", conf->runtime_from);
	} else {
		find(f, patroni_expected(facts) ? GRADE_FAIL : GRADE_WARN,
		     "RuntimeWatchdogSec is set in %s: systemd opens %s at boot, and it is not there for Patroni",
		     conf->runtime_from,
		     *conf->device ? conf->device : "/dev/watchdog0");
		advise(f, "RuntimeWatchdogSec=off in %s, or a second device and WatchdogDevice=",
		       conf->runtime_from);
	}
}

static void judge_systemd(const struct facts *facts, struct finding *f)
{
	const struct sdconf *conf = &facts->systemd;

	if (!conf->present && !*conf->runtime_from)
		return;
	if (facts->klog.systemd_refused) {
		find(f, GRADE_WARN, "systemd said that it could not set its timeout: the driver refused it, and systemd goes on without a watchdog");
		advise(f, "journalctl -b -t systemd | grep -i watchdog");
	} else if (conf->runtime_s == SPAN_UNSET || !conf->runtime_s ||
		   conf->runtime_s == SPAN_INFINITY) {
		find(f, GRADE_PASS, "RuntimeWatchdogSec is %s: systemd leaves the device alone while the machine runs",
		     *conf->runtime_from ? "off" : "not set");
	} else {
		judge_runtime(facts, f);
	}
}

static void judge_daemon(const struct facts *facts, struct finding *f)
{
	const struct proc *daemon = procs_find(&facts->procs, PROC_DAEMON);
	char unit[80];

	if (!facts->procs.readable) {
		find(f, GRADE_CANNOT, "cannot tell, because /proc cannot be read");
		return;
	}
	if (!daemon) {
		find(f, GRADE_PASS, "no watchdog daemon runs; Patroni needs none");
		return;
	}
	proc_unit(facts->root, daemon->pid, unit, sizeof(unit));
	find(f, patroni_expected(facts) ? GRADE_FAIL : GRADE_WARN,
	     "the daemon %s runs (pid %d%s%s): it opens the device, or will when it is restarted. The device is the kernel's; the daemon is one of its users, and so is Patroni, and there can be one",
	     daemon->name, (int)daemon->pid, *unit ? ", " : "", unit);
	advise(f, "stop and disable it");
}

const struct finding_row holder_findings[] = {
	{ "holder", judge_holder },
	{ "systemd", judge_systemd },
	{ "daemon", judge_daemon },
	{ NULL, NULL },
};
