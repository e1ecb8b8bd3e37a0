/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_DRILL_H
#define PUG_DRILL_H

#include <stdbool.h>

#include <jansson.h>

#include "tables.h"

enum drill_fault {
	DRILL_STOP_MACHINE,
	DRILL_VM_PAUSE,
	DRILL_VM_SNAPSHOT,
	DRILL_RT_HOG,
	DRILL_DISK_FULL,
	DRILL_PARTITION,
	DRILL_CLEAN_STOP,
	DRILL_SILENT_STOP,
	DRILL_PATRONI_HANG,
	DRILL_KILL_PATRONI,
	DRILL_KILL_POSTGRES,
	DRILL_ETCD_PAUSE,
	DRILL_TWO_FREEZES,
	DRILL_RT_HOG_50,
	DRILL_NEW_LEADER,
	DRILL_LIVE_MIGRATION,
	HANG_FIRST,		/* of PostgreSQL, in a machine that goes on: drill hang-postgres */
	HANG_POSTMASTER = HANG_FIRST,
	HANG_BACKEND,
	HANG_CHECKPOINTER,
	HANG_WALWRITER,
	HANG_WORKER,
	HANG_ALL,
	HANG_DISK,
	HANG_DISK_FULL,
	HANG_SLOTS,
	HANG_LOCK,
	HANG_LOCK_WAL,
	HANG_RECOVERY,
	HANG_BASEBACKUP,
	HANG_CHECKPOINT,
	HANG_PATRONI,
	DRILL_FAULTS
};

/* How it is seen that the fault is over, where it leaves the machine what it was */
enum drill_thaw {
	THAW_ANNOUNCED,		/* the module says so, from inside the freeze */
	THAW_RESUMED,		/* QEMU lets the VM go on, or another QEMU does */
	THAW_FIRST_WORD,	/* nobody says so: the guest's first word does */
	THAW_NEVER_FROZEN,	/* the machine runs, and its leader might lead on */
	THAW_ENDED,		/* the machine runs, and PostgreSQL was stopped */
};

/**
 * struct drill_fault_kind - a fault, as one that judges it must know it
 * @name: for --fault and results
 * @help: a line for pug drill list
 * @thaw: how its end is seen
 * @bite: kind of the moment on the leader that proves that it took hold, or
 *	MOMENT_KINDS: the leader's silence does
 * @no_bite: what to say when nothing proves it
 * @stops_time: the guest does not know afterwards that time has passed
 * @own_disk: the leader's disk is behind nbdkit
 * @harmless: the machine is healthy all the time: who stops it does harm
 * @victim: the node to which it is done, 0 the leader
 * @times: it is done so often, 0 once, with DRILL_BETWEEN_S between
 * @next: it is done once more, to who leads in the first one's place, DRILL_BETWEEN_S after
 * @moves: QEMU has to say that the VM's state was written
 * @may_be_short: it may also be over before the leader key expires
 */
struct drill_fault_kind {
	const char *name;
	const char *help;
	enum drill_thaw thaw;
	int bite;
	const char *no_bite;
	bool stops_time;
	bool own_disk;
	bool harmless;
	int victim;
	unsigned int times;
	bool next;
	bool moves;
	bool may_be_short;
};

enum drill_dog {
	DRILL_NO_DOG,
	DRILL_I6300ESB,
	DRILL_SOFTDOG,
	DRILL_ITCO,		/* of q35 */
	DRILL_DOGS
};

enum drill_mode {
	DRILL_REQUIRED,
	DRILL_AUTOMATIC,
	DRILL_OFF,
	DRILL_MODES
};

enum drill_sync {
	DRILL_ASYNC,
	DRILL_SYNC,
	DRILL_STRICT,
	DRILL_TWO,		/* synchronous_node_count 2 */
	DRILL_ANY,		/* PostgreSQL's own ANY 1 (...), of which Patroni knows nothing */
	DRILL_QUORUM,		/* synchronous_mode quorum, of Patroni 4 */
	DRILL_SYNCS
};

/* Who watches PostgreSQL, beside Patroni or in its place */
enum drill_keeper {
	KEEPER_NONE,
	KEEPER_LEVEL_1 = 1,	/* pug_watchdog, by what it has to prove */
	KEEPER_LEVEL_2,
	KEEPER_LEVEL_3,
	KEEPER_PATCH,		/* the talk's, in PostgreSQL itself */
	DRILL_KEEPERS
};

enum drill_unit {
	DRILL_TALK,
	DRILL_IMPROVED,
	DRILL_UNITS
};

/* Debian's, of the nodes */
enum drill_release {
	DRILL_BOOKWORM,		/* PostgreSQL 15, Patroni 3.0 */
	DRILL_TRIXIE,		/* PostgreSQL 17, Patroni 4.0 */
	DRILL_RELEASES
};

enum drill_salvage {
	SALVAGE_NONE,
	SALVAGE_ARCHIVE,	/* WAL that archive_command has kept */
	SALVAGE_STREAM,		/* WAL that pg_receivewal has kept */
	SALVAGE_NODE,		/* the files of the node that was left, where none is rewound */
	DRILL_SALVAGES
};

/* Who decides which node leads */
enum drill_manager {
	DRILL_PATRONI,
	DRILL_REPMGR,		/* repmgrd on each node, PostgreSQL in a unit of its own */
	DRILL_MANAGERS
};

enum drill_fence {
	DRILL_NO_FENCE,
	DRILL_FENCE_TALK,
	DRILL_FENCE_STRICT,
	DRILL_FENCE_SBD,	/* the poison pill on a shared disk */
	DRILL_FENCES
};

/**
 * struct drill - a fault on the leader of a cluster, as asked
 * @fault: what is done to it
 * @manager: who decides which of them leads
 * @dog: the watchdog whose driver Patroni's unit loads
 * @mode: Patroni's watchdog mode
 * @sync: its synchronous mode
 * @unit: Patroni's unit and watchdog section: as in the talk, or better
 * @fence: policy of pug-fence as Patroni's pre_promote, if it is that
 * @keeper: who watches PostgreSQL, in drill hang-postgres
 * @alone: one node with PostgreSQL under systemd, no Patroni
 * @pg_rewind: Patroni's use_pg_rewind
 * @check_timeline: its check_timeline: who is on an old timeline does not lead
 * @salvage: where rows that are lost are salvaged from in the end
 * @release: what the nodes run
 * @clock: clocksource of all nodes
 * @freeze_ms: length of the fault
 * @ttl_s: of the leader key
 * @loop_s: Patroni's loop_wait
 * @retry_s: its retry_timeout
 * @cpus: of each PostgreSQL node
 * @outside_s: pug watch beside each of these resets it after so long; 0 for none
 */
struct drill {
	enum drill_fault fault;
	enum drill_manager manager;
	enum drill_dog dog;
	enum drill_mode mode;
	enum drill_sync sync;
	enum drill_unit unit;
	enum drill_fence fence;
	enum drill_keeper keeper;
	bool alone;
	bool pg_rewind;
	bool check_timeline;
	enum drill_salvage salvage;
	enum drill_release release;
	const struct clocksource *clock;
	unsigned int freeze_ms;
	unsigned int ttl_s;
	unsigned int loop_s;
	unsigned int retry_s;
	unsigned int cpus;
	unsigned int outside_s;
};

/* sbd's own defaults: when its watchdog fires, and how long a pill takes to be sure */
#define SBD_WATCHDOG_S 5
#define SBD_MSGWAIT_S 10

#define DRILL_NAME "freeze-leader"
#define DRILL_HANG "hang-postgres"
/* No drill: a cluster such as these have, left to whoever asks for it */
#define DRILL_PRACTICE "practice"
/* Of life between two freezes, of one node or of two */
#define DRILL_BETWEEN_S 5
/* WatchdogSec: as recommended, and in the talk */
#define KEEPER_S 30
#define PATCH_S 65
/* systemd's RuntimeWatchdogSec, where a node is alone: a busy host gives it no CPU for 10 s */
#define RUNTIME_S 60

extern const struct drill_fault_kind drill_faults[DRILL_FAULTS];
extern const char * const drill_dogs[DRILL_DOGS + 1];
extern const char * const drill_modes[DRILL_MODES + 1];
extern const char * const drill_syncs[DRILL_SYNCS + 1];
extern const char * const drill_units[DRILL_UNITS + 1];
extern const char * const drill_keepers[DRILL_KEEPERS + 1];
extern const char * const drill_releases[DRILL_RELEASES + 1];
extern const char * const drill_salvages[DRILL_SALVAGES + 1];
extern const char * const drill_managers[DRILL_MANAGERS + 1];
extern const char * const drill_fences[DRILL_FENCES + 1];

void drill_default(struct drill *drill);
int drill_word(const char * const *words, const char *word);
int drill_fault_find(const char *name);
const char * const *drill_clients(const struct drill *drill);
bool drill_asks_hypervisor(const struct drill *drill);
bool drill_hangs(const struct drill *drill);
int drill_nodes(const struct drill *drill);
const char *drill_name(const struct drill *drill);
unsigned int drill_runtime_s(const struct drill *drill);
unsigned int drill_timeout_s(const struct drill *drill);
double drill_fault_s(const struct drill *drill);
json_t *drill_to_json(const struct drill *drill);
int drill_from_json(struct drill *drill, json_t *json, const char **why);

#endif
