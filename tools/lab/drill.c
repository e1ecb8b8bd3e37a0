// SPDX-License-Identifier: GPL-2.0
/* What a drill is: words, defaults, JSON. */
#include <string.h>

#include "compiler.h"
#include "drill.h"

const char * const drill_faults[DRILL_FAULTS + 1] = {
	[DRILL_STOP_MACHINE] = "stop-machine",
	[DRILL_VM_PAUSE] = "vm-pause",
	[DRILL_RT_HOG] = "rt-hog",
};

const char * const drill_dogs[DRILL_DOGS + 1] = {
	[DRILL_NO_DOG] = "none",
	[DRILL_I6300ESB] = "i6300esb",
	[DRILL_SOFTDOG] = "softdog",
};

const char * const drill_modes[DRILL_MODES + 1] = {
	[DRILL_REQUIRED] = "required",
	[DRILL_AUTOMATIC] = "automatic",
	[DRILL_OFF] = "off",
};

const char * const drill_syncs[DRILL_SYNCS + 1] = {
	[DRILL_ASYNC] = "off",
	[DRILL_SYNC] = "on",
	[DRILL_STRICT] = "strict",
};

/**
 * drill_default() - the talk's cluster and its minute
 * @drill: filled in
 */
void drill_default(struct drill *drill)
{
	*drill = (struct drill) {
		.fault = DRILL_STOP_MACHINE, .dog = DRILL_NO_DOG, .mode = DRILL_AUTOMATIC,
		.sync = DRILL_ASYNC, .clock = clocksource_find("tsc"), .freeze_ms = 60000,
		.ttl_s = 30, .loop_s = 10, .retry_s = 10, .cpus = 1,
	};
}

/**
 * drill_word() - which of the words is it?
 * @words: a table that ends with NULL
 * @word: one
 *
 * Return: its place, -1 for none of them.
 */
int drill_word(const char * const *words, const char *word)
{
	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], word))
			return i;
	return -1;
}

/**
 * drill_to_json() - as it was asked
 * @drill: any
 *
 * Return: a new object.
 */
json_t *drill_to_json(const struct drill *drill)
{
	return json_pack("{s:s s:s s:s s:s s:s s:s s:i s:i s:i s:i s:i}",
			 "drill", DRILL_NAME, "watchdog", drill_dogs[drill->dog],
			 "mode", drill_modes[drill->mode], "sync", drill_syncs[drill->sync],
			 "clock", drill->clock->name, "fault", drill_faults[drill->fault],
			 "freeze_ms", drill->freeze_ms, "ttl_s", drill->ttl_s,
			 "loop_wait_s", drill->loop_s, "retry_timeout_s", drill->retry_s,
			 "cpus", drill->cpus);
}

static int take_words(struct drill *drill, const char *dog, const char *mode, const char *sync,
		      const char *fault)
{
	int d = drill_word(drill_dogs, dog), m = drill_word(drill_modes, mode);
	int s = drill_word(drill_syncs, sync), f = drill_word(drill_faults, fault);

	if (d < 0 || m < 0 || s < 0 || f < 0)
		return -1;
	drill->dog = d;
	drill->mode = m;
	drill->sync = s;
	drill->fault = f;
	return 0;
}

/**
 * drill_from_json() - what was asked, from a drill's folder
 * @drill: filled in
 * @json: of drill_to_json(), or of somebody who sent it
 * @why: set to what is wrong with it
 *
 * Return: 0 or -1.
 */
int drill_from_json(struct drill *drill, json_t *json, const char **why)
{
	const char *name, *dog, *mode, *sync, *clock, *fault;
	int freeze, ttl, loop, retry, cpus;

	drill_default(drill);
	if (json_unpack(json, "{s:s s:s s:s s:s s:s s:s s:i s:i s:i s:i s:i}",
			"drill", &name, "watchdog", &dog, "mode", &mode, "sync", &sync,
			"clock", &clock, "fault", &fault, "freeze_ms", &freeze, "ttl_s", &ttl,
			"loop_wait_s", &loop, "retry_timeout_s", &retry, "cpus", &cpus)) {
		*why = "it lacks a key, or has a value of another kind";
		return -1;
	}
	drill->clock = clocksource_find(clock);
	if (strcmp(name, DRILL_NAME) || !drill->clock ||
	    take_words(drill, dog, mode, sync, fault)) {
		*why = "it names something that this program does not know";
		return -1;
	}
	if (freeze < 0 || freeze > 3600000 || ttl < 10 || ttl > 3600 || loop < 1 || loop > 3600 ||
	    retry < 1 || retry > 3600 || cpus < 1 || cpus > 16) {
		*why = "a number is out of range";
		return -1;
	}
	drill->freeze_ms = freeze;
	drill->ttl_s = ttl;
	drill->loop_s = loop;
	drill->retry_s = retry;
	drill->cpus = cpus;
	return 0;
}
