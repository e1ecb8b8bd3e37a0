/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_SESSION_H
#define PUG_SESSION_H

#include <argp.h>

#include "live.h"
#include "plan.h"
#include "run.h"

/**
 * struct session_options - how cells are to be run, as given on the command line
 * @qemu: this one, NULL the lab's own choice
 * @kernel: a kernel image instead of the guests', with @modules
 * @modules: its lib/modules/RELEASE
 * @module: stop-machine.ko for it
 * @init: another /init for the guests
 * @out: folder for the evidence, NULL for a new one
 * @jobs: VMs at once, 0 the lab's own choice
 * @deadline_s: wall time for a cell, 0 the lab's own choice
 * @warp: insist on it
 * @real: the host's time
 * @boot: boot every cell
 * @see_return: see the machine come back after a reset
 * @no_return: never
 * @progress: what standard error shows meanwhile
 */
struct session_options {
	const char *qemu;
	const char *kernel;
	const char *modules;
	const char *module;
	const char *init;
	const char *out;
	unsigned int jobs;
	unsigned int deadline_s;
	bool warp;
	bool real;
	bool boot;
	bool see_return;
	bool no_return;
	enum progress progress;
};

#define SESSION_GUESTS 64

/**
 * struct session - what runs have in common that follow each other
 * @o: how to run
 * @host: they run on
 * @guests: those that cells named so far
 * @n_guests: how many
 * @out: folder of the evidence
 */
struct session {
	struct session_options o;
	struct host host;
	struct guest guests[SESSION_GUESTS];
	size_t n_guests;
	char *out;
};

/* For the children of a command's argp; its input is a struct session_options */
extern const struct argp session_argp;

void session_number(const struct argp_state *state, const char *option, const char *text,
		    unsigned int min, unsigned int max, unsigned int *value);
int session_open(struct session *session);
int session_run(struct session *session, struct run *run);
void session_close(struct session *session);

int session_write(const struct session *session, json_t *json, const char *path);
int session_results(struct run *run, const struct cell *cells, size_t n);
void session_free_results(struct run *run);

#endif
