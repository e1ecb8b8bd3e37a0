/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_CELLVM_H
#define PUG_CELLVM_H

#include "compiler.h"
#include "glance.h"
#include "qmp.h"
#include "run.h"
#include "warm.h"

/* Where a cell's VM stands */
enum cellvm_stage {
	STAGE_GREETING,		/* QEMU starts: its QMP greeting is awaited */
	STAGE_FORK,		/* it loads the warm guest, or what another QEMU has saved */
	STAGE_PLAY,		/* the plan is being carried out */
	STAGE_BACK,		/* after a reset: the machine is to come back */
	STAGE_LAST_WORDS,	/* it panicked: what it says behind pvpanic's back is awaited */
	STAGE_QUIT,		/* all is seen: QEMU is to go */
	STAGE_KILL,		/* the cell has failed: QEMU is made to go */
};

/* How far a fault is that the lab does */
enum cellvm_outside {
	OUTSIDE_IDLE,		/* there is none, or it is over */
	OUTSIDE_AWAITED,	/* the guest will ask for it */
	OUTSIDE_BEGINS,		/* it is being done: the clock is read */
	OUTSIDE_HOLDS,
	OUTSIDE_ENDS,		/* the clock is read again */
	/* Of a VM that goes on in another QEMU: cellvm-move.c */
	OUTSIDE_SAVES,		/* it stands, and its state is written */
	OUTSIDE_MOVES,		/* the first QEMU is to go, the second loads the state */
};

/**
 * struct cellvm - the VM that plays a cell
 * @result: of the cell; NULL while this slot is free
 * @host: runs it
 * @warm: the cell is a fork of it; NULL where it boots by itself
 * @stage: where it stands
 * @started_s: host time of the spawn
 * @stage_s: host time at which @stage began
 * @deadline_s: wall time for the cell, 0 for the lab's own choice
 * @pid: QEMU's
 * @qmp: connection to it
 * @qmp_log: qmp.jsonl
 * @lab_log: lab.jsonl
 * @child: notices its end
 * @shutdown_reason: of the last SHUTDOWN, "" when there was none
 * @closed_s: host time at which the connection ended, 0 while it stands
 * @closed_why: how it ended, a static string
 * @waiting_s: host time since when an answer is awaited, 0 when none is
 * @console_read: bytes of the console that were searched for a panic
 * @panic_s: host time at which one was found there, 0 none
 * @resets: carried out by the lab
 * @fired: a WATCHDOG event came
 * @remembered: the guest's memory was searched for what the console lacks
 * @panicked: a GUEST_PANICKED event came
 * @counter_ns: virtual time, as it was read last
 * @dead_ns: when the guest was found dying of its fault, 0 not yet
 * @outside: how far a fault from outside is
 * @loop: serves it
 * @asks: notices that the guest asks for it
 * @outside_end: when it is to end
 * @outside_s: host time at which the clock was read before it
 * @outside_ns: what it showed
 * @left_ns: what it showed when the first QEMU was left for a second
 * @second: it is in the second
 * @stealing: stops its QEMU and lets it go on, in turn
 * @stolen_since_s: host time at which it was stopped last; 0 while it runs
 * @stolen_s: how long it stood in all
 * @io_error: QEMU said that a disk is full
 * @disk: nbdkit that serves its disk; 0 none
 * @watch: pug watch beside it; 0 none
 * @watched: it was then watched for as long as it was to
 * @glance: what was heard of it last, for who looks on
 * @on_end: called once when QEMU is gone and the evidence complete
 * @data: for it
 */
struct cellvm {
	struct result *result;
	const struct host *host;
	const struct warm *warm;
	enum cellvm_stage stage;
	double started_s;
	double stage_s;
	double deadline_s;
	pid_t pid;
	struct qmp qmp;
	FILE *qmp_log;
	FILE *lab_log;
	sd_event_source *child;
	char shutdown_reason[32];
	double closed_s;
	const char *closed_why;
	double waiting_s;
	long console_read;
	double panic_s;
	int resets;
	bool fired;
	bool remembered;
	bool panicked;
	int64_t counter_ns;
	int64_t dead_ns;
	enum cellvm_outside outside;
	sd_event *loop;
	sd_event_source *asks;
	sd_event_source *outside_end;
	double outside_s;
	int64_t outside_ns;
	int64_t left_ns;
	bool second;
	sd_event_source *stealing;
	double stolen_since_s;
	double stolen_s;
	bool io_error;
	pid_t disk;
	pid_t watch;
	bool watched;
	struct glance glance;
	void (*on_end)(struct cellvm *vm, void *data);
	void *data;
};

int cellvm_start(struct cellvm *vm, sd_event *loop, const struct host *host,
		 struct result *result);
void cellvm_tick(struct cellvm *vm);
void cellvm_row(struct cellvm *vm, struct live_row *row);
void cellvm_shift(struct cellvm *vm, double seconds);
void cellvm_fail(struct cellvm *vm, const char *fmt, ...) __printf(2, 3);
void cellvm_release(struct cellvm *vm);
void cellvm_log(struct cellvm *vm, const char *event, const char *fmt, ...) __printf(3, 4);
void cellvm_log_line(struct cellvm *vm, json_t *line);
void cellvm_log_counter(struct cellvm *vm, const char *event, int64_t ns, const char *why);
void cellvm_ask(struct cellvm *vm, const char *id, const char *command, json_t *arguments);
void cellvm_read_counter(struct cellvm *vm, const char *id);
void cellvm_finish(struct cellvm *vm);
long cellvm_file_size(const struct cellvm *vm, const char *name);
void cellvm_enter(struct cellvm *vm, enum cellvm_stage stage);
int cellvm_start_qemu(struct cellvm *vm);
void cellvm_play(struct cellvm *vm);
void cellvm_load(struct cellvm *vm, const char *uri, bool shared);

#endif
