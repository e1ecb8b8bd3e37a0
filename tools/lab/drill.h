/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_DRILL_H
#define PUG_DRILL_H

#include <stdbool.h>

#include <jansson.h>

#include "tables.h"

enum drill_fault {
	DRILL_STOP_MACHINE,
	DRILL_VM_PAUSE,
	DRILL_RT_HOG,
	DRILL_FAULTS
};

enum drill_dog {
	DRILL_NO_DOG,
	DRILL_I6300ESB,
	DRILL_SOFTDOG,
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
	DRILL_SYNCS
};

/**
 * struct drill - a fault on the leader of a cluster, as asked
 * @fault: what is done to it
 * @dog: the watchdog whose driver Patroni's unit loads
 * @mode: Patroni's watchdog mode
 * @sync: its synchronous mode
 * @clock: clocksource of all nodes
 * @freeze_ms: length of the fault
 * @ttl_s: of the leader key; Patroni's watchdog timeout is 5 s less
 * @loop_s: Patroni's loop_wait
 * @retry_s: its retry_timeout
 * @cpus: of each PostgreSQL node
 */
struct drill {
	enum drill_fault fault;
	enum drill_dog dog;
	enum drill_mode mode;
	enum drill_sync sync;
	const struct clocksource *clock;
	unsigned int freeze_ms;
	unsigned int ttl_s;
	unsigned int loop_s;
	unsigned int retry_s;
	unsigned int cpus;
};

#define DRILL_NAME "freeze-leader"
/* Patroni's safety_margin: the watchdog's timeout is ttl less this */
#define DRILL_MARGIN_S 5

extern const char * const drill_faults[DRILL_FAULTS + 1];
extern const char * const drill_dogs[DRILL_DOGS + 1];
extern const char * const drill_modes[DRILL_MODES + 1];
extern const char * const drill_syncs[DRILL_SYNCS + 1];

void drill_default(struct drill *drill);
int drill_word(const char * const *words, const char *word);
json_t *drill_to_json(const struct drill *drill);
int drill_from_json(struct drill *drill, json_t *json, const char **why);

#endif
