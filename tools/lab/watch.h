/* SPDX-License-Identifier: GPL-2.0 */
/* A watchdog outside of the VM: when is it to act? Pure, from what came and when. */
#ifndef PUG_WATCH_H
#define PUG_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Why a VM is not well: what a limit is given for */
enum watch_cause {
	WATCH_WELL,
	WATCH_PAUSED,		/* stopped by somebody over QMP: it is not known who */
	WATCH_IO_ERROR,		/* QEMU stopped it, a disk is full or broken */
	WATCH_DEAD,		/* it panicked, or its own watchdog stopped it */
	WATCH_FROZEN,		/* it runs, and its signs of life are missing */
	WATCH_UNREACHABLE,	/* QEMU does not answer, and no signs of life come */
	WATCH_CAUSES
};

#define WATCH_NEVER (-1)
/* That is not known */
#define WATCH_UNKNOWN (-1)

/**
 * struct watch_limits - how patient to be
 * @after_ms: act when a cause has lasted so long; WATCH_NEVER
 * @boot_ms: a machine that was reset may be silent for so long
 * @tries: act so often before a sign that it helped
 */
struct watch_limits {
	int64_t after_ms[WATCH_CAUSES];
	int64_t boot_ms;
	int tries;
};

/**
 * struct watch - one VM, as it is seen from outside
 * @limits: how patient to be
 * @has_heart: signs of life are listened for
 * @has_qmp: QEMU is asked
 * @status: QEMU's word for the state, "" before the first
 * @status_ms: since when
 * @lost_ms: since when QEMU does not answer; WATCH_UNKNOWN while it does
 * @gone: nobody is there to answer
 * @heard: a sign of life has come since it last was silent on purpose
 * @alive_ms: when the last came
 * @boot_id: that it named
 * @n: its number
 * @quiet_until_ms: no sign of life is expected before
 * @acted_ms: of the last action; WATCH_UNKNOWN
 * @tried: actions since it was last well
 * @maintenance: nothing is to be done
 */
struct watch {
	struct watch_limits limits;
	bool has_heart;
	bool has_qmp;
	char status[24];
	int64_t status_ms;
	int64_t lost_ms;
	bool gone;
	bool heard;
	int64_t alive_ms;
	char boot_id[40];
	uint64_t n;
	int64_t quiet_until_ms;
	int64_t acted_ms;
	int tried;
	bool maintenance;
};

/* What a line of a heartbeat was */
enum watch_beat {
	BEAT_BAD,		/* none of ours */
	BEAT_ALIVE,
	BEAT_FIRST,		/* the first, or the first of another boot */
	BEAT_REWOUND,		/* it counts from less than before in the same boot */
	BEAT_LEAVING,		/* it says that no more will come */
};

void watch_init(struct watch *w, int64_t now_ms);
void watch_status(struct watch *w, const char *status, int64_t now_ms);
void watch_answers(struct watch *w);
void watch_lost(struct watch *w, int64_t now_ms);
void watch_gone(struct watch *w);
void watch_was_reset(struct watch *w, int64_t now_ms);
enum watch_beat watch_beat(struct watch *w, const char *line, size_t len, int64_t now_ms);
void watch_maintain(struct watch *w, bool on, int64_t now_ms);
void watch_skip(struct watch *w, int64_t ms);
void watch_acted(struct watch *w, int64_t now_ms);

enum watch_cause watch_cause(struct watch *w, int64_t now_ms, int64_t *since_ms);
bool watch_due(struct watch *w, int64_t now_ms);

const char *watch_cause_name(enum watch_cause cause);
int watch_set_limits(struct watch_limits *limits, const char *text);

#endif
