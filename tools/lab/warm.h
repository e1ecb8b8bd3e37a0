/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_WARM_H
#define PUG_WARM_H

#include "live.h"
#include "qmp.h"
#include "vm.h"

/* Files of a warm guest, in its folder */
#define WARM_RAM "ram"
#define WARM_STATE "state"
#define WARM_META "meta.json"

/* Below the top folder of the project */
#define WARM_TOP "build/warm"

/* Wall seconds for booting one, generous: the host may be busy */
#define WARM_LIMIT_S 300

enum warm_state {
	WARM_WANTED,
	WARM_BUILDING,
	WARM_READY,
	WARM_FAILED,
};

/* Of its 256 MB of memory a guest that waits has touched so much */
#define WARM_MIB 100

/**
 * struct warm - a booted guest that waits for its plan, saved to be forked
 * @key: of all that made it, 16 hex digits
 * @dir: where it is kept
 * @state: whether cells can be forked
 * @why: it has failed, or was made anew although there was one
 * @guest: boots in it
 * @sample: a cell that will be forked from it
 * @host: runs it
 * @temp: folder in which it is being made
 * @out: folder of the run, which keeps the evidence when that fails; NULL for none
 * @lock: holds the folder while it is made or forked, -1 where there is none
 * @making: holds the right to make it, -1 without
 * @waiting: another process makes it
 * @waiting_s: host time since when
 * @loop: serves the making
 * @pid: of the QEMU that makes it
 * @qmp: connection to that
 * @qmp_log: beside it
 * @child: notices its end
 * @closed_s: host time at which the connection ended, 0 while it stands
 * @closed_why: how it ended, a static string
 * @started_s: host time
 * @limit_s: wall time after which it is given up
 * @wall_s: how long the making took, 0 where it was there or another process made it
 * @saving: ready was seen, the state is being written
 * @saved: the state is written
 * @on_done: called once at the end of building
 * @data: for it
 */
struct warm {
	char key[17];
	char *dir;
	enum warm_state state;
	char why[256];
	const struct guest *guest;
	const struct cell *sample;
	const struct host *host;
	char *temp;
	const char *out;
	int lock;
	int making;
	bool waiting;
	double waiting_s;
	sd_event *loop;
	pid_t pid;
	struct qmp qmp;
	FILE *qmp_log;
	sd_event_source *child;
	double closed_s;
	const char *closed_why;
	double started_s;
	double limit_s;
	double wall_s;
	bool saving;
	bool saved;
	void (*on_done)(struct warm *warm, void *data);
	void *data;
};

int warm_find(struct warm *warm, const struct host *host, const struct guest *guest,
	      const struct cell *sample);
int warm_build(struct warm *warm, sd_event *loop);
void warm_tick(struct warm *warm);
void warm_row(const struct warm *warm, struct live_row *row);
void warm_shift(struct warm *warm, double seconds);
void warm_stop(struct warm *warm, const char *why);
void warm_free(struct warm *warm);

#endif
