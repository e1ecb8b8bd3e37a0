/* SPDX-License-Identifier: GPL-2.0 */
/* Proves a watchdog by having it fire. */
#ifndef PUG_VERIFY_H
#define PUG_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "emit.h"
#include "story.h"
#include "reset.h"
#include "watchdog.h"

#define VERIFY_MOUNTS_MAX	8

/**
 * struct verify_options - what was asked for
 * @device: the watchdog, as typed
 * @timeout: seconds
 * @fault: what is done to the machine
 * @msecs: length of the fault
 * @keepalives: so many before the fault
 * @interval_ms: from one keepalive to the next
 * @hostname: as typed; NULL: not
 * @dry_run: check and tell, do nothing
 * @standby_may_go: a standby on this machine is not needed
 * @mounts: file systems to freeze before the fault
 * @n_mounts: how many
 * @dead_man_s: after so many seconds all is undone, whatever hangs
 * @beacon: where signs of life go; NULL: nowhere
 * @dir: folder of the journal
 */
struct verify_options {
	const char *device;
	int timeout;
	enum fault fault;
	uint64_t msecs;
	uint64_t keepalives;
	uint64_t interval_ms;
	const char *hostname;
	bool dry_run;
	bool standby_may_go;
	const char *mounts[VERIFY_MOUNTS_MAX];
	int n_mounts;
	uint64_t dead_man_s;
	const char *beacon;
	const char *dir;
};

int verify_guard(const char *root, const struct verify_options *opts,
		 const struct watchdog *facts, struct emitter *em);
void verify_print_plan(const struct verify_options *opts,
		       const struct watchdog *facts,
		       const struct reset_evidence *ev, struct emitter *em);
int verify_run(const struct verify_options *opts, const struct watchdog *facts,
	       struct emitter *em);
int verify_verdict(const struct verify_options *opts, struct emitter *em);

#endif /* PUG_VERIFY_H */
