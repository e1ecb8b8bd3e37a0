/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_WATCH_RUN_H
#define PUG_WATCH_RUN_H

#include <stdio.h>
#include <sys/types.h>

#include <systemd/sd-event.h>

#include "compiler.h"
#include "qmp.h"
#include "record.h"
#include "watch.h"

enum watch_action {
	WATCH_TELL,		/* do nothing over QMP */
	WATCH_RESET,
	WATCH_STOP,
	WATCH_ACTIONS
};

/**
 * struct watch_options - as given on the command line
 * @qmp: path of QEMU's QMP socket; NULL: there is none
 * @heartbeat: a socket, a pipe or a serial device; NULL: there is none
 * @name: of the VM, for messages
 * @action: over QMP
 * @run: a command for sh, when it acts; NULL: none
 * @maintenance: while this file is there nothing is done; NULL: none
 * @seconds: end after so many; 0: never
 * @once: end when something was done, or the VM has ended
 * @dry_run: say what would be done, and do nothing
 * @json: lines of JSON
 */
struct watch_options {
	const char *qmp;
	const char *heartbeat;
	const char *name;
	enum watch_action action;
	const char *run;
	const char *maintenance;
	unsigned int seconds;
	bool once;
	bool dry_run;
	bool json;
};

/* Where the connection to QEMU stands */
enum watch_stage { WATCH_AWAY, WATCH_GREETING, WATCH_READY };

/**
 * struct watcher - a pug watch that runs
 * @o: how to run
 * @w: what is known of the VM
 * @loop: serves it
 * @qmp: to QEMU
 * @stage: of that
 * @asked_ms: since when an answer is awaited; WATCH_UNKNOWN: none is
 * @dialed_ms: when it was connected to last
 * @polled_ms: when it was asked for its state last
 * @resetting: a reset is under way, after which the VM is to run
 * @heart_fd: signs of life come here; -1: not open
 * @heart: serves it
 * @line: the one that is coming
 * @len: of it
 * @too_long: it is none of ours
 * @bad: lines that were none
 * @child: the command that runs; 0: none
 * @child_source: notices its end
 * @child_ms: when it was started
 * @tick_ms: when was looked last
 * @told: the cause that was told last
 * @told_lost: that QEMU does not answer was told
 * @told_up: that the tries are used up was told
 * @acted: something was done, or would have been
 * @ret: exit status, where something went wrong
 */
struct watcher {
	struct watch_options o;
	struct watch w;
	sd_event *loop;
	struct qmp qmp;
	enum watch_stage stage;
	int64_t asked_ms;
	int64_t dialed_ms;
	int64_t polled_ms;
	bool resetting;
	int heart_fd;
	sd_event_source *heart;
	char line[RECORD_MAX];
	size_t len;
	bool too_long;
	uint64_t bad;
	pid_t child;
	sd_event_source *child_source;
	int64_t child_ms;
	int64_t tick_ms;
	enum watch_cause told;
	bool told_lost;
	bool told_up;
	bool acted;
	int ret;
};

int64_t watch_now_ms(void);
void watch_tell(struct watcher *r, const char *event, const char *fmt, ...) __printf(3, 4);

void watch_qmp_tick(struct watcher *r, int64_t now_ms);
bool watch_qmp_act(struct watcher *r);
void watch_qmp_close(struct watcher *r);

void watch_heart_tick(struct watcher *r);
void watch_heart_drain(struct watcher *r);
void watch_heart_close(struct watcher *r);

const char *watch_action_name(enum watch_action action);

#endif
