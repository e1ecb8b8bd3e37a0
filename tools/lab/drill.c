// SPDX-License-Identifier: GPL-2.0
/* What a drill is: words, defaults, JSON. */
#include <string.h>

#include "compiler.h"
#include "drill.h"
#include "drill-timeline.h"

/* Patroni's default safety_margin */
#define MARGIN_S 5

const struct drill_fault_kind drill_faults[DRILL_FAULTS] = {
	[DRILL_STOP_MACHINE] = {
		.name = "stop-machine",
		.help = "all CPUs stand still (stop-machine.ko), as in the talk",
		.thaw = THAW_ANNOUNCED, .bite = MOMENT_FREEZE,
		.no_bite = "the leader did not freeze: no line of the module's",
	},
	[DRILL_VM_PAUSE] = {
		.name = "vm-pause",
		.help = "the hypervisor stops the VM and lets it go on",
		.thaw = THAW_RESUMED, .bite = MOMENT_STOP, .stops_time = true,
		.no_bite = "the leader's VM was not stopped: no STOP of QEMU's",
	},
	[DRILL_VM_SNAPSHOT] = {
		.name = "vm-snapshot",
		.help = "the hypervisor takes a snapshot with memory: the VM stands meanwhile",
		.thaw = THAW_RESUMED, .bite = MOMENT_STOP, .stops_time = true, .moves = true,
		.no_bite = "the leader's VM was not stopped: no STOP of QEMU's",
	},
	[DRILL_RT_HOG] = {
		.name = "rt-hog",
		.help = "a FIFO-99 loop on every CPU: nothing else runs",
		.thaw = THAW_FIRST_WORD, .bite = MOMENT_KINDS,
		.no_bite = "the hog let the leader speak: it starved nobody",
	},
	[DRILL_DISK_FULL] = {
		.name = "disk-full",
		.help = "a thin pool has no room for the leader's next write: QEMU stops the VM",
		.thaw = THAW_RESUMED, .bite = MOMENT_NO_SPACE, .stops_time = true, .own_disk = true,
		.no_bite = "QEMU met no full disk: no BLOCK_IO_ERROR with nospace",
	},
	[DRILL_PARTITION] = {
		.name = "partition",
		.help = "the cluster's network takes nothing from the leader and brings it nothing",
		.thaw = THAW_NEVER_FROZEN, .bite = MOMENT_DEMOTED,
		.no_bite = "the leader did not notice that etcd was away",
	},
	[DRILL_CLEAN_STOP] = {
		.name = "clean-stop",
		.help = "systemctl stop patroni: the machine is healthy",
		.thaw = THAW_ENDED, .bite = MOMENT_PG_DOWN, .harmless = true,
		.no_bite = "the leader's PostgreSQL was not stopped",
	},
	[DRILL_SILENT_STOP] = {
		.name = "silent-stop",
		.help = "the same, where pings are not answered",
		.thaw = THAW_ENDED, .bite = MOMENT_PG_DOWN, .harmless = true,
		.no_bite = "the leader's PostgreSQL was not stopped",
	},
	[DRILL_PATRONI_HANG] = {
		.name = "patroni-hang",
		.help = "Patroni alone is stopped by a signal: PostgreSQL goes on",
		.thaw = THAW_NEVER_FROZEN, .bite = MOMENT_SIGNALLED,
		.no_bite = "Patroni was not stopped by the signal",
	},
	[DRILL_KILL_PATRONI] = {
		.name = "kill-patroni",
		.help = "kill -9 of Patroni",
		.thaw = THAW_NEVER_FROZEN, .bite = MOMENT_SIGNALLED,
		.no_bite = "Patroni was not killed",
	},
	[DRILL_KILL_POSTGRES] = {
		.name = "kill-postgres",
		.help = "kill -9 of the postmaster",
		.thaw = THAW_NEVER_FROZEN, .bite = MOMENT_SIGNALLED,
		.no_bite = "the postmaster was not killed",
	},
	[DRILL_ETCD_PAUSE] = {
		.name = "etcd-pause",
		.help = "the hypervisor stops the VM of etcd and lets it go on",
		.thaw = THAW_NEVER_FROZEN, .victim = DRILL_DATABASES, .bite = MOMENT_STOP,
		.no_bite = "etcd's VM was not stopped: no STOP of QEMU's",
	},
	[DRILL_TWO_FREEZES] = {
		.name = "two-freezes",
		.help = "stop-machine, 5 s of life, and once more",
		.thaw = THAW_ANNOUNCED, .bite = MOMENT_FREEZE, .times = 2,
		.no_bite = "the leader did not freeze: no line of the module's",
	},
	[DRILL_RT_HOG_50] = {
		.name = "rt-hog-50",
		.help = "a FIFO-50 loop on every CPU: the talk's Patroni (99) runs, PostgreSQL does not",
		.thaw = THAW_FIRST_WORD, .bite = MOMENT_KINDS,
		.no_bite = "the hog let the leader speak: it starved nobody",
	},
	[DRILL_NEW_LEADER] = {
		.name = "new-leader",
		.help = "stop-machine, and 5 s after another leads once more of that one",
		.thaw = THAW_ANNOUNCED, .bite = MOMENT_FREEZE, .next = true,
		.no_bite = "the leader did not freeze: no line of the module's",
	},
	[DRILL_LIVE_MIGRATION] = {
		.name = "live-migration",
		.help = "the VM is moved to another QEMU, and stands between the two for --freeze",
		.thaw = THAW_RESUMED, .bite = MOMENT_STOP, .stops_time = true, .own_disk = true,
		.moves = true, .may_be_short = true,
		.no_bite = "the leader's VM was not stopped: no STOP of QEMU's",
	},
#define HANG(name_, help_) { \
		.name = name_, .help = help_, .thaw = THAW_NEVER_FROZEN, .bite = MOMENT_HUNG, \
		.no_bite = "the node did not say that the fault was done", \
	}
	[HANG_POSTMASTER] = HANG("stop-postmaster", "SIGSTOP of the postmaster, as in the talk"),
	[HANG_BACKEND] = HANG("stop-backend", "of a client's backend"),
	[HANG_CHECKPOINTER] = HANG("stop-checkpointer", "of the checkpointer"),
	[HANG_WALWRITER] = HANG("stop-walwriter", "of the walwriter"),
	[HANG_WORKER] = HANG("stop-worker", "of pug_watchdog's worker"),
	[HANG_ALL] = HANG("stop-all", "of the postmaster and all its children"),
	[HANG_DISK] = HANG("disk-hang", "the data's file system takes no write (fsfreeze)"),
	[HANG_DISK_FULL] = HANG("data-full", "the data's file system has no room"),
	[HANG_SLOTS] = HANG("slots-full", "all connections are taken"),
	[HANG_LOCK] = HANG("lock-held", "a backend keeps ProcArrayLock for ever"),
	[HANG_LOCK_WAL] = HANG("lock-wal-held", "a backend keeps WALWriteLock for ever"),
	[HANG_RECOVERY] = HANG("crash-recovery", "a crash, and a recovery of 40 s"),
	[HANG_BASEBACKUP] = HANG("basebackup", "pg_basebackup, one after another"),
	[HANG_CHECKPOINT] = HANG("checkpoint", "much is written, and checkpoint after checkpoint"),
	[HANG_PATRONI] = HANG("stop-patroni", "SIGSTOP of Patroni"),
#undef HANG
};

const char * const drill_dogs[DRILL_DOGS + 1] = {
	[DRILL_NO_DOG] = "none",
	[DRILL_I6300ESB] = "i6300esb",
	[DRILL_SOFTDOG] = "softdog",
	[DRILL_ITCO] = "itco",
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
	[DRILL_TWO] = "two",
	[DRILL_ANY] = "any-1",
	[DRILL_QUORUM] = "quorum",
};

const char * const drill_keepers[DRILL_KEEPERS + 1] = {
	[KEEPER_NONE] = "none",
	[KEEPER_LEVEL_1] = "level-1",
	[KEEPER_LEVEL_2] = "level-2",
	[KEEPER_LEVEL_3] = "level-3",
	[KEEPER_PATCH] = "patch",
};

const char * const drill_units[DRILL_UNITS + 1] = {
	[DRILL_TALK] = "talk",
	[DRILL_IMPROVED] = "improved",
};

const char * const drill_releases[DRILL_RELEASES + 1] = {
	[DRILL_BOOKWORM] = "bookworm",
	[DRILL_TRIXIE] = "trixie",
};

const char * const drill_salvages[] = {
	[SALVAGE_NONE] = "none", [SALVAGE_ARCHIVE] = "archive", [SALVAGE_STREAM] = "stream",
	[SALVAGE_NODE] = "node", [DRILL_SALVAGES] = NULL,
};

const char * const drill_managers[DRILL_MANAGERS + 1] = {
	[DRILL_PATRONI] = "patroni",
	[DRILL_REPMGR] = "repmgr",
};

const char * const drill_fences[DRILL_FENCES + 1] = {
	[DRILL_NO_FENCE] = "none",
	[DRILL_FENCE_TALK] = "talk",
	[DRILL_FENCE_STRICT] = "strict",
	[DRILL_FENCE_SBD] = "sbd",
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
		.ttl_s = 30, .loop_s = 10, .retry_s = 10, .cpus = 1, .pg_rewind = true,
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
 * drill_fault_find() - which fault has this name?
 * @name: one
 *
 * Return: its enum drill_fault, -1 for none.
 */
int drill_fault_find(const char *name)
{
	for (int i = 0; i < DRILL_FAULTS; i++)
		if (!strcmp(drill_faults[i].name, name))
			return i;
	return -1;
}

/**
 * drill_hangs() - is it PostgreSQL that hangs, and not its machine?
 * @drill: any
 *
 * Return: whether.
 */
bool drill_hangs(const struct drill *drill)
{
	return drill->fault >= HANG_FIRST;
}

/**
 * drill_asks_hypervisor() - is its fence pug-fence, which ends a VM?
 * @drill: any
 *
 * Return: whether.
 */
bool drill_asks_hypervisor(const struct drill *drill)
{
	return drill->fence == DRILL_FENCE_TALK || drill->fence == DRILL_FENCE_STRICT;
}

/**
 * drill_name() - by which it is asked for
 * @drill: any
 *
 * Return: a static string.
 */
const char *drill_name(const struct drill *drill)
{
	return drill_hangs(drill) ? DRILL_HANG : DRILL_NAME;
}

/**
 * drill_clients() - who writes in it
 * @drill: any
 *
 * Return: names, the last is NULL.
 */
const char * const *drill_clients(const struct drill *drill)
{
	static const char * const freeze[] = { "haproxy", "multihost", "cling", NULL };
	static const char * const hang[] = { "haproxy", "multihost", "cling", "fresh", NULL };
	static const char * const alone[] = { "cling", "fresh", NULL };
	/* There is no REST API that haproxy could ask who leads */
	static const char * const repmgr[] = { "multihost", "cling", "fresh", NULL };

	if (drill->manager == DRILL_REPMGR)
		return repmgr;
	if (!drill_hangs(drill))
		return freeze;
	return drill->alone ? alone : hang;
}

/**
 * drill_fault_s() - how long it takes
 * @drill: any
 *
 * Return: seconds from its begin to its end.
 */
double drill_fault_s(const struct drill *drill)
{
	unsigned int times = drill_faults[drill->fault].times;
	double one = drill->freeze_ms / 1000.0;

	return times < 2 ? one : times * one + (times - 1) * DRILL_BETWEEN_S;
}

/**
 * drill_nodes() - how many machines it takes
 * @drill: any
 *
 * Return: the databases, and with Patroni etcd's.
 */
int drill_nodes(const struct drill *drill)
{
	return drill->alone ? 1 : drill->manager == DRILL_REPMGR ? DRILL_DATABASES : DRILL_NODES;
}

/**
 * drill_runtime_s() - systemd's RuntimeWatchdogSec, where systemd feeds the watchdog
 * @drill: any
 *
 * Return: seconds. Beside repmgr as much as Patroni would ask for: gone before another
 * is promoted.
 */
unsigned int drill_runtime_s(const struct drill *drill)
{
	return drill->manager == DRILL_REPMGR ? drill_timeout_s(drill) : RUNTIME_S;
}

/**
 * drill_timeout_s() - what Patroni sets the watchdog to
 * @drill: any
 *
 * Source: patroni/watchdog/base.py:WatchdogConfig.timeout (3.0.2).
 *
 * Return: seconds: ttl less safety_margin, and half of ttl where that is -1, as in
 * the improved set-up.
 */
unsigned int drill_timeout_s(const struct drill *drill)
{
	return drill->unit == DRILL_IMPROVED ? drill->ttl_s / 2 : drill->ttl_s - MARGIN_S;
}

/**
 * drill_to_json() - as it was asked
 * @drill: any
 *
 * Return: a new object.
 */
json_t *drill_to_json(const struct drill *drill)
{
	json_t *json;

	json = json_pack("{s:s s:s s:s s:s s:s s:s s:s s:b s:b s:s s:s s:s s:s s:i s:i s:i s:i s:i s:i}",
			 "drill", drill_name(drill), "manager", drill_managers[drill->manager],
			 "watchdog", drill_dogs[drill->dog],
			 "mode", drill_modes[drill->mode], "sync", drill_syncs[drill->sync],
			 "unit", drill_units[drill->unit], "fence", drill_fences[drill->fence],
			 "pg_rewind", drill->pg_rewind,
			 "check_timeline", drill->check_timeline,
			 "salvage", drill_salvages[drill->salvage],
			 "release", drill_releases[drill->release],
			 "clock", drill->clock->name, "fault", drill_faults[drill->fault].name,
			 "freeze_ms", drill->freeze_ms, "ttl_s", drill->ttl_s,
			 "loop_wait_s", drill->loop_s, "retry_timeout_s", drill->retry_s,
			 "cpus", drill->cpus, "outside_s", drill->outside_s);
	if (drill_hangs(drill)) {
		json_object_set_new(json, "keeper", json_string(drill_keepers[drill->keeper]));
		json_object_set_new(json, "alone", json_boolean(drill->alone));
	}
	return json;
}

static int take_words(struct drill *drill, const char *dog, const char *mode, const char *sync,
		      const char *unit, const char *fence, const char *fault)
{
	int d = drill_word(drill_dogs, dog), m = drill_word(drill_modes, mode);
	int s = drill_word(drill_syncs, sync), u = drill_word(drill_units, unit);
	int p = drill_word(drill_fences, fence), f = drill_fault_find(fault);

	if (d < 0 || m < 0 || s < 0 || u < 0 || p < 0 || f < 0)
		return -1;
	drill->unit = u;
	drill->fence = p;
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
	const char *name, *dog, *mode, *sync, *clock, *fault, *unit = drill_units[DRILL_TALK];
	const char *fence = drill_fences[DRILL_NO_FENCE];
	const char *keeper = drill_keepers[KEEPER_NONE];
	const char *release = drill_releases[DRILL_BOOKWORM];
	const char *salvage = drill_salvages[SALVAGE_NONE];
	const char *manager = drill_managers[DRILL_PATRONI];
	int freeze, ttl, loop, retry, cpus, rewind = true, check = false, alone = false;
	int outside = 0;
	int k, r, v, g;

	drill_default(drill);
	/* Drills that were kept before there was a choice lack what was to be chosen */
	if (json_unpack(json, "{s:s s:s s:s s:s s:s s:s s:i s:i s:i s:i s:i}",
			"drill", &name, "watchdog", &dog, "mode", &mode, "sync", &sync,
			"clock", &clock, "fault", &fault, "freeze_ms", &freeze, "ttl_s", &ttl,
			"loop_wait_s", &loop, "retry_timeout_s", &retry, "cpus", &cpus) ||
	    json_unpack(json, "{s?s s?s s?b s?b s?s s?s s?s s?b s?i s?s}", "unit", &unit,
			"fence", &fence, "pg_rewind", &rewind, "check_timeline", &check,
			"salvage", &salvage,
			"release", &release, "keeper", &keeper, "alone", &alone,
			"outside_s", &outside, "manager", &manager)) {
		*why = "it lacks a key, or has a value of another kind";
		return -1;
	}
	drill->clock = clocksource_find(clock);
	k = drill_word(drill_keepers, keeper);
	r = drill_word(drill_releases, release);
	v = drill_word(drill_salvages, salvage);
	g = drill_word(drill_managers, manager);
	if (!drill->clock || k < 0 || r < 0 || v < 0 || g < 0 ||
	    take_words(drill, dog, mode, sync, unit, fence, fault) ||
	    strcmp(name, drill_name(drill))) {
		*why = "it names something that this program does not know";
		return -1;
	}
	if (drill->sync == DRILL_QUORUM && r != DRILL_TRIXIE) {
		*why = "it has a quorum, of which its release knows nothing";
		return -1;
	}
	if (freeze < 0 || freeze > 3600000 || ttl < 10 || ttl > 3600 || loop < 1 || loop > 3600 ||
	    retry < 1 || retry > 3600 || cpus < 1 || cpus > 16 ||
	    outside < 0 || outside > 3600) {
		*why = "a number is out of range";
		return -1;
	}
	drill->pg_rewind = rewind;
	drill->check_timeline = check;
	drill->salvage = v;
	drill->release = r;
	drill->manager = g;
	drill->keeper = k;
	drill->alone = alone;
	drill->freeze_ms = freeze;
	drill->ttl_s = ttl;
	drill->loop_s = loop;
	drill->retry_s = retry;
	drill->cpus = cpus;
	drill->outside_s = outside;
	return 0;
}
