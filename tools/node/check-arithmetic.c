// SPDX-License-Identifier: GPL-2.0
/*
 * Findings about Patroni: what it will ask of the driver, whether the driver
 * takes it, and whether Patroni would go on without a word if not; and what
 * keepalives were seen.
 *
 * From patroni/watchdog/base.py and linux.py, read in 3.0.2 and 4.1.4.
 */
#include <stdio.h>
#include <string.h>

#include "check.h"

static const char *config_of(const struct facts *facts)
{
	const struct proc *patroni = procs_find(&facts->procs, PROC_PATRONI);

	return patroni && *patroni->config ? patroni->config :
	       "/etc/patroni/config.yml";
}

static void judge_file(const struct facts *facts, struct finding *f)
{
	const struct patroni *p = &facts->patroni;

	if (!*p->file) {
		if (!patroni_expected(facts) || p->asked)
			return;
		find(f, GRADE_CANNOT, "cannot tell what Patroni is configured to do, because its file was not given");
		advise(f, "--patroni %s", config_of(facts));
	} else if (*p->error) {
		find(f, GRADE_CANNOT, "cannot tell, because of %s: %s", p->file,
		     p->error);
	} else if (p->unclear) {
		find(f, GRADE_CANNOT, "cannot tell all, because %s has an alias, a merge or something that is no number where a setting of the watchdog is",
		     p->file);
		advise(f, "give the settings as options");
	} else {
		find(f, GRADE_PASS, "%s was read. PATRONI_CONFIGURATION in its unit's environment would replace it, and is not looked for",
		     p->file);
	}
}

static void judge_mode(const struct facts *facts, struct finding *f)
{
	const struct patroni *p = &facts->patroni;

	if (!p->asked || p->mode == MODE_UNKNOWN)
		return;
	if (*p->driver && strcmp(p->driver, "default")) {
		find(f, GRADE_FAIL, "watchdog.driver is '%s': Patroni uses no device then",
		     p->driver);
		return;
	}
	if (p->mode == MODE_OFF) {
		find(f, GRADE_FAIL, "watchdog.mode is off: Patroni opens no watchdog");
		advise(f, "watchdog: mode: required");
	} else if (p->mode == MODE_UNRECOGNIZED) {
		find(f, GRADE_FAIL, "watchdog.mode is none that Patroni knows: it takes that for off");
		advise(f, "watchdog: mode: required");
	} else if (p->mode == MODE_REQUIRED) {
		find(f, GRADE_PASS, "required (%s): a node that cannot open the device does not become leader",
		     setting_source_name(p->mode_from));
	} else {
		find(f, GRADE_WARN, "automatic (%s): when it cannot open the device Patroni leads without one, and says so at level WARNING (3.0.2) or DEBUG (4.1.4) only",
		     setting_source_name(p->mode_from));
		advise(f, "watchdog: mode: required, once every other finding here is a PASS");
	}
}

static void cannot_calculate(const struct facts *facts, struct finding *f)
{
	const struct patroni *p = &facts->patroni;
	char boot[80] = "";

	if (*p->error)
		return;
	if (p->boot_ttl.from != FROM_NOWHERE)
		snprintf(boot, sizeof(boot), " (bootstrap.dcs.ttl: %lld is what it was given once)",
			 (long long)p->boot_ttl.value);
	find(f, GRADE_CANNOT, "cannot tell from the file, because ttl is in the DCS%s, and Patroni's copy of it cannot be used: %s",
	     boot, *p->dynamic_error ? p->dynamic_error : "not asked for");
	advise(f, "--ttl N --loop-wait N, as patronictl show-config has them");
}

/* More than this after the last keepalive it may fire, in milliseconds. */
static int64_t fires_after_ms(const struct facts *facts, int64_t seconds)
{
	uint32_t ppm = facts->kind ? facts->kind->deadline_ppm : 1000000;

	return seconds * ppm / 1000;
}

static void judge_wanted(const struct facts *facts, struct finding *f)
{
	const struct patroni *p = &facts->patroni;
	int64_t wanted, after_ms;
	bool known;

	if (!p->asked)
		return;
	wanted = patroni_timeout(p, &known);
	if (!known) {
		cannot_calculate(facts, f);
		return;
	}
	after_ms = fires_after_ms(facts, wanted);
	if (wanted <= 0 || wanted >= 0xffff) {
		find(f, GRADE_FAIL, "ttl %lld s and safety_margin %lld s make a timeout of %lld s, which Patroni refuses to ask for",
		     (long long)p->ttl.value, (long long)p->safety_margin.value,
		     (long long)wanted);
	} else if (dog_refuses(facts, wanted)) {
		find(f, GRADE_FAIL, "Patroni will ask for %lld s, and the driver takes %lld to %lld s only. Patroni then forgets the device without closing it, by its source: it stays armed with the timeout it has, without keepalives, and resets the machine",
		     (long long)wanted, (long long)facts->dog->min_timeout,
		     (long long)dog_max_timeout(facts));
		advise(f, "another ttl or safety_margin");
	} else if (facts->dog && after_ms > p->ttl.value * 1000) {
		find(f, GRADE_FAIL, "Patroni asks for %lld s, but this watchdog fires %lld.%lld s after the last keepalive: later than ttl (%lld s), when another node may lead",
		     (long long)wanted, (long long)after_ms / 1000,
		     (long long)after_ms / 100 % 10, (long long)p->ttl.value);
		advise(f, "safety_margin: -1 (half of ttl), or more");
	} else {
		find(f, GRADE_PASS, "ttl %lld s (%s), safety_margin %lld (%s): Patroni asks for %lld s",
		     (long long)p->ttl.value, setting_source_name(p->ttl.from),
		     (long long)p->safety_margin.value,
		     setting_source_name(p->safety_margin.from),
		     (long long)wanted);
	}
}

static void judge_slack(const struct facts *facts, struct finding *f)
{
	const struct patroni *p = &facts->patroni;
	int64_t wanted, slack;
	bool known;

	if (!p->asked || p->loop_wait.from == FROM_NOWHERE)
		return;
	wanted = patroni_timeout(p, &known);
	if (!known)
		return;
	slack = wanted - p->loop_wait.value;
	if (slack < 0) {
		find(f, GRADE_FAIL, "the timeout of %lld s is shorter than loop_wait (%lld s): %s. Patroni's message speaks of ttl less than 2x loop_wait",
		     (long long)wanted, (long long)p->loop_wait.value,
		     p->mode == MODE_REQUIRED ? "Patroni never becomes leader" :
		     "Patroni leads without a watchdog");
		advise(f, "a longer ttl, or a shorter loop_wait");
	} else if (slack < 5) {
		find(f, GRADE_WARN, "%lld s lie between loop_wait (%lld s) and the timeout: a DCS that answers slowly for so long is a reset",
		     (long long)slack, (long long)p->loop_wait.value);
	} else {
		find(f, GRADE_PASS, "a keepalive every %lld s or so (loop_wait), which leaves %lld s for a slow DCS",
		     (long long)p->loop_wait.value, (long long)slack);
	}
}

static void judge_taken(const struct facts *facts, struct finding *f)
{
	int64_t taken = dog_timeout(facts);
	int64_t wanted;
	bool known;

	if (!facts->dog || facts->feeder != FED_PATRONI)
		return;
	wanted = patroni_timeout(&facts->patroni, &known);
	if (taken < 0) {
		find(f, GRADE_CANNOT, "cannot tell, because this driver has no timeout in sysfs, and asking it takes opening the device");
	} else if (!known) {
		find(f, GRADE_CANNOT, "the driver has %lld s; whether Patroni asked for that cannot be told without its ttl",
		     (long long)taken);
	} else if (taken > wanted) {
		find(f, GRADE_FAIL, "Patroni wants %lld s, the driver has %lld s: it fires too late",
		     (long long)wanted, (long long)taken);
		advise(f, "look for 'does not ensure safe termination' in Patroni's log; reload Patroni");
	} else if (taken < wanted) {
		find(f, GRADE_WARN, "Patroni wants %lld s, the driver has %lld s: it fires earlier",
		     (long long)wanted, (long long)taken);
	} else {
		find(f, GRADE_PASS, "wanted %lld s, taken %lld s",
		     (long long)wanted, (long long)taken);
	}
}

static void judge_seen(const struct facts *facts, const struct observed_dog *dog,
		       struct finding *f)
{
	int64_t timeout = dog_timeout(facts);

	if (!dog->keepalives) {
		find(f, facts->feeder == FED_NOBODY ? GRADE_PASS : GRADE_FAIL,
		     "none in %u s%s", facts->observed.seconds,
		     facts->feeder == FED_NOBODY ? ", as is right where nobody has armed it" :
		     ": whoever holds it does not feed it, or less often");
		if (f->grade == GRADE_FAIL)
			advise(f, "observe for longer than the timeout");
		return;
	}
	if (dog->failed || dog->timeout_err) {
		find(f, GRADE_FAIL, "the driver refused %d of %d keepalives, and a timeout of %lld s with error %d",
		     dog->failed, dog->keepalives, (long long)dog->timeout_s,
		     dog->timeout_err);
		return;
	}
	find(f, timeout > 0 &&
	     dog->longest_us > (uint64_t)timeout * 1000000 * 3 / 4 ?
	     GRADE_WARN : GRADE_PASS,
	     "%d in %u s, by %s, at most %llu.%llu s from one to the next%s",
	     dog->keepalives, facts->observed.seconds, dog->by,
	     (unsigned long long)dog->longest_us / 1000000,
	     (unsigned long long)dog->longest_us / 100000 % 10,
	     dog->stopped ? "; it was disarmed meanwhile" : "");
}

static void judge_keepalives(const struct facts *facts, struct finding *f)
{
	const struct observed *observed = &facts->observed;

	if (!observed->asked)
		return;
	if (*observed->problem) {
		find(f, GRADE_CANNOT, "cannot tell, because %s",
		     observed->problem);
		return;
	}
	if (observed->interrupted) {
		find(f, GRADE_CANNOT, "cannot tell, because a signal ended it before %u s were over",
		     observed->seconds);
		return;
	}
	if (!facts->dog)
		return;
	if (facts->dog->legacy || facts->dog->number < 0 ||
	    facts->dog->number >= OBSERVED_MAX) {
		find(f, GRADE_CANNOT, "cannot tell, because this driver does without the kernel's watchdog core, which traces");
		return;
	}
	judge_seen(facts, &observed->dog[facts->dog->number], f);
}

const struct finding_row patroni_findings[] = {
	{ "patroni-file", judge_file },
	{ "patroni-mode", judge_mode },
	{ "timeout-wanted", judge_wanted },
	{ "timeout-taken", judge_taken },
	{ "slack", judge_slack },
	{ "keepalives", judge_keepalives },
	{ NULL, NULL },
};
