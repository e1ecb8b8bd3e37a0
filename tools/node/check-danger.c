// SPDX-License-Identifier: GPL-2.0
/*
 * What the machine is protected against. The answers are those of the lab's
 * matrix and drills (Documentation: matrix, softdog, clocks, drills, postgres),
 * applied to what was found here; what nobody has measured is `cannot tell'.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "io.h"
#include "sysfs.h"

typedef void (*danger_fn)(const struct facts *facts, struct danger *danger);

__printf(3, 4)
static void say(struct danger *danger, enum protection protection,
		const char *format, ...)
{
	va_list args;

	danger->protection = protection;
	va_start(args, format);
	vsnprintf(danger->why, sizeof(danger->why), format, args);
	va_end(args);
	io_clean_text(danger->why);
}

/* Armed now, or by a Patroni that is no leader yet. */
static bool watched(const struct facts *facts, struct danger *danger)
{
	if (!facts->dog)
		say(danger, PROTECTION_NO, "there is no watchdog");
	else if (facts->feeder == FED_NOBODY && !patroni_arms_later(facts))
		say(danger, PROTECTION_NO, "the watchdog is not armed");
	else
		return true;
	return false;
}

static bool found_dud(const struct facts *facts, struct danger *danger)
{
	struct finding f = { 0 };
	int i;

	for (i = 0; device_findings[i].name; i++) {
		if (strcmp(device_findings[i].name, "action") &&
		    strcmp(device_findings[i].name, "softdog"))
			continue;
		device_findings[i].judge(facts, &f);
		if (f.grade != GRADE_FAIL)
			continue;
		say(danger, PROTECTION_NO, "it fires and does nothing, see %s",
		    device_findings[i].name);
		return true;
	}
	return false;
}

/* The lab's fault stop-machine */
static void frozen_softdog(const struct facts *facts, struct danger *danger)
{
	int64_t lost_ms = clock_lost_ms(facts);
	int64_t timeout_ms = dog_timeout(facts) * 1000;

	if (lost_ms < 0)
		say(danger, PROTECTION_CANNOT_TELL,
		    "whether softdog fires after it depends on clocksource %s, with which nobody has tried",
		    *facts->clocksource ? facts->clocksource : "?");
	else if (lost_ms && timeout_ms >= lost_ms)
		say(danger, PROTECTION_NO,
		    "softdog never fires: %s loses the freeze (measured on hpet and 6.1 with freezes of 25, 40 and 50 s)",
		    facts->clocksource);
	else if (lost_ms)
		say(danger, PROTECTION_LUCK,
		    "softdog fires when the freeze is over, if that was shorter than %lld.%02lld s; after a longer one it may not fire at all",
		    (long long)lost_ms / 1000, (long long)lost_ms / 10 % 100);
	else
		say(danger, PROTECTION_LUCK,
		    "softdog fires when the freeze is over: the old leader runs for some milliseconds more, and in some cells of the matrix a write got out");
}

/* By the timeout that it has, else by the one that Patroni will ask for. */
static int64_t deadline_ms(const struct facts *facts)
{
	int64_t timeout = dog_timeout(facts);
	bool known = true;

	if (facts->feeder == FED_NOBODY) {
		timeout = patroni_timeout(&facts->patroni, &known);
		timeout = known ? timeout : -1;
	}
	if (timeout < 0 || !facts->kind)
		return -1;
	return timeout * facts->kind->deadline_ppm / 1000;
}

/*
 * Patroni gives its keepalive when it has updated the leader key. Another's may
 * come up to a loop_wait after that.
 */
static int64_t key_age_ms(const struct facts *facts)
{
	const struct setting *loop_wait = &facts->patroni.loop_wait;

	if (facts->feeder == FED_PATRONI || facts->feeder == FED_NOBODY)
		return 0;
	return loop_wait->from == FROM_NOWHERE ? 0 : loop_wait->value * 1000;
}

static void frozen_outside(const struct facts *facts, struct danger *danger)
{
	const char *condition = facts->kind->hypervisor ?
		", if the hypervisor's action is reset or poweroff" : "";
	const struct setting *ttl = &facts->patroni.ttl;
	int64_t key_ms = ttl->value * 1000 - key_age_ms(facts);
	int64_t ms = deadline_ms(facts);

	if (ms < 0)
		say(danger, PROTECTION_YES, "%s fires in the freeze%s",
		    facts->kind->driver, condition);
	else if (ttl->from != FROM_NOWHERE && ms > key_ms)
		say(danger, PROTECTION_NO,
		    "%s fires in the freeze, but %lld.%lld s after the last keepalive, and another node may lead %lld s after it",
		    facts->kind->driver, (long long)ms / 1000,
		    (long long)ms / 100 % 10, (long long)key_ms / 1000);
	else
		say(danger, PROTECTION_YES,
		    "%s fires in the freeze, %lld.%lld s after the last keepalive%s%s",
		    facts->kind->driver, (long long)ms / 1000,
		    (long long)ms / 100 % 10,
		    ttl->from == FROM_NOWHERE ? " (ttl, which was not given, must be longer)" : "",
		    condition);
}

static void judge_frozen(const struct facts *facts, struct danger *danger)
{
	if (!watched(facts, danger) || found_dud(facts, danger))
		return;
	if (facts->kind && !facts->kind->outside)
		frozen_softdog(facts, danger);
	else if (!facts->kind || !facts->kind->measured)
		say(danger, PROTECTION_CANNOT_TELL,
		    "nobody has tried this driver");
	else
		frozen_outside(facts, danger);
}

static void judge_starved(const struct facts *facts, struct danger *danger)
{
	if (!watched(facts, danger) || found_dud(facts, danger))
		return;
	switch (facts->feeder) {
	case FED_SYSTEMD:
		say(danger, PROTECTION_NO,
		    "systemd feeds the watchdog, with Patroni or without");
		return;
	case FED_DAEMON:
		say(danger, PROTECTION_NO,
		    "a daemon feeds the watchdog, with Patroni or without");
		return;
	case FED_PATRONI:
	case FED_NOBODY:
		say(danger, PROTECTION_YES,
		    "keepalives end with Patroni; a hog of all CPUs with softdog: fired in the fault (drill rt-hog)");
		return;
	default:
		say(danger, PROTECTION_CANNOT_TELL,
		    "it is not known who feeds the watchdog");
	}
}

static void judge_panic(const struct facts *facts, struct danger *danger)
{
	char text[16];
	bool reboots = sysfs_text(facts->root, "/proc/sys/kernel", "panic", text,
				  sizeof(text)) > 0 && strcmp(text, "0");

	if (reboots)
		say(danger, PROTECTION_YES, "kernel.panic=%s reboots it", text);
	else if (!watched(facts, danger) || found_dud(facts, danger))
		return;
	else if (!facts->kind)
		say(danger, PROTECTION_CANNOT_TELL, "nobody has tried this driver");
	else if (facts->kind->outside)
		say(danger, PROTECTION_YES,
		    "nobody gives a keepalive any more (by the sources, not measured)");
	else
		say(danger, PROTECTION_NO,
		    "kernel.panic=0, and softdog is part of the kernel that panicked");
}

static void judge_paused(const struct facts *facts, struct danger *danger)
{
	(void)facts;
	say(danger, PROTECTION_NO,
	    "no watchdog fires: its time stands still with the VM (measured: acknowledged rows were lost in drill vm-pause). pug-fence is for that");
}

static void judge_postgres(const struct facts *facts, struct danger *danger)
{
	(void)facts;
	say(danger, PROTECTION_NO,
	    "the machine is healthy and Patroni goes on feeding the watchdog; pug_watchdog is for that");
}

static void judge_disk(const struct facts *facts, struct danger *danger)
{
	(void)facts;
	say(danger, PROTECTION_NO,
	    "a hypervisor whose disk is full pauses the VM (measured: acknowledged rows were lost in drill disk-full); where a disk hangs Patroni goes on feeding the watchdog (not tried). pug-fence is for the first");
}

static const struct {
	const char *name;
	bool machine;
	danger_fn judge;
} dangers[] = {
	{ "a kernel that freezes", true, judge_frozen },
	{ "a Patroni that dies or starves", true, judge_starved },
	{ "a kernel that panics", false, judge_panic },
	{ "a VM paused by the hypervisor", false, judge_paused },
	{ "a PostgreSQL that hangs", false, judge_postgres },
	{ "a disk that fills or hangs", false, judge_disk },
};

/**
 * dangers_judge() - what is the machine protected against?
 * @facts: what was read
 * @list: gets at most DANGERS_MAX
 *
 * Return: how many.
 */
int dangers_judge(const struct facts *facts, struct danger *list)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(dangers) && i < DANGERS_MAX; i++) {
		memset(&list[i], 0, sizeof(list[i]));
		list[i].name = dangers[i].name;
		list[i].machine = dangers[i].machine;
		dangers[i].judge(facts, &list[i]);
	}
	return i;
}

/**
 * overall_of() - all in a word
 * @list: from dangers_judge()
 * @n: how many
 *
 * Of those that a watchdog is for: all covered, some or by luck, none.
 *
 * Return: the word.
 */
enum overall overall_of(const struct danger *list, int n)
{
	int asked = 0, yes = 0, no = 0, cannot = 0;
	int i;

	for (i = 0; i < n; i++) {
		if (!list[i].machine)
			continue;
		asked++;
		yes += list[i].protection == PROTECTION_YES;
		no += list[i].protection == PROTECTION_NO;
		cannot += list[i].protection == PROTECTION_CANNOT_TELL;
	}
	if (yes == asked)
		return OVERALL_PROTECTED;
	if (no == asked)
		return OVERALL_NOT_PROTECTED;
	/* what cannot be told may be anything, but is no protection */
	return cannot == asked || cannot + no == asked ? OVERALL_CANNOT_TELL :
							 OVERALL_PARTLY;
}
