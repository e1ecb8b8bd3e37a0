// SPDX-License-Identifier: GPL-2.0
/*
 * Proves a watchdog by having it fire: arms it, keeps it alive for a while, and
 * then does what it is there for.
 *
 * Each step is on the disk before it is taken. From the arming on every way out
 * leads through disarm().
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "beacon.h"
#include "deadman.h"
#include "freeze.h"
#include "gather.h"
#include "journal.h"
#include "node.h"
#include "num.h"
#include "pace.h"
#include "stop.h"
#include "verify.h"
#include "wdev.h"

/* How often a machine that goes on says so in the journal. */
#define ALIVE_MS	100

struct run {
	const struct verify_options *opts;
	const struct watchdog *facts;
	struct emitter *em;
	struct reset_evidence ev;
	struct journal journal;
	struct beacon beacon;
	struct deadman man;
	int beacon_fd;
	int freeze_fd;
	int fd;
	int mount_fds[VERIFY_MOUNTS_MAX];
	int n_mounts;
	int timeout_taken;
	sigset_t stop;
};

static void put_plan(struct run *run, struct record *rec)
{
	const struct verify_options *opts = run->opts;

	record_text(rec, "machine", run->ev.machine);
	record_text(rec, "hostname", run->ev.hostname);
	record_text(rec, "boot_id", run->ev.boot_id);
	moment_put(rec, &run->ev.now);
	record_text(rec, "device", opts->device);
	record_text(rec, "identity", *run->facts->identity ?
		    run->facts->identity : run->facts->driver);
	record_text(rec, "driver", run->facts->driver);
	record_i64(rec, "bootstatus", run->facts->bootstatus);
	record_i64(rec, "nowayout", run->facts->nowayout);
	record_text(rec, "fault", fault_name(opts->fault));
	record_i64(rec, "msecs", opts->msecs);
	record_i64(rec, "timeout_asked", opts->timeout);
	record_i64(rec, "turnaround_ms", run->ev.boots.turnaround_ms);
	record_text(rec, "then",
		    "reset: comes back; poweroff and pause: do not; none: goes on after the fault");
}

static int begin_journal(struct run *run)
{
	struct record rec;
	int rc;

	rc = journal_create(&run->journal, run->opts->dir);
	if (!rc) {
		journal_begin(&run->journal, &rec, "planned");
		put_plan(run, &rec);
		rc = journal_end(&run->journal, &rec);
	}
	if (rc)
		emit_err(run->em, "no journal in %s: %s", run->opts->dir,
			 strerror(-rc));
	return rc;
}

static void set_phase(struct run *run, enum story_phase phase)
{
	if (run->beacon.pid > 0)
		run->beacon.state->phase = phase;
}

/* A record that is nothing but a moment. */
static int note(struct run *run, const char *event)
{
	struct record rec;
	struct moment now;

	moment_now("", &now);
	journal_begin(&run->journal, &rec, event);
	moment_put(&rec, &now);
	return journal_end(&run->journal, &rec);
}

/* Return: true if a signal asks to stop. */
static bool wait_ms(const struct run *run, uint64_t ms)
{
	struct timespec time = {
		.tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * NSEC_PER_MSEC,
	};

	return sigtimedwait(&run->stop, NULL, &time) > 0;
}

static int set_timeout(struct run *run)
{
	int seconds = run->opts->timeout;
	int rc;

	rc = wdev_set_timeout(run->fd, &seconds);
	if (rc) {
		emit_err(run->em, "%s refuses a timeout of %d s: %s",
			 run->opts->device, run->opts->timeout, strerror(-rc));
		return rc;
	}
	if (wdev_get_timeout(run->fd, &run->timeout_taken))
		run->timeout_taken = seconds;
	if (run->timeout_taken >= run->opts->timeout &&
	    run->timeout_taken * 2000ULL + 1000 <= run->opts->msecs)
		return 0;
	emit_err(run->em, "%s took %d s for %d s: --msecs %" PRIu64 " does not suit that",
		 run->opts->device, run->timeout_taken, run->opts->timeout,
		 run->opts->msecs);
	return -ERANGE;
}

static int note_armed(struct run *run)
{
	struct record rec;
	struct moment now;

	moment_now("", &now);
	journal_begin(&run->journal, &rec, "armed");
	record_i64(&rec, "timeout_taken", run->timeout_taken);
	moment_put(&rec, &now);
	return journal_end(&run->journal, &rec);
}

static int arm(struct run *run)
{
	int rc;

	run->fd = wdev_open(run->opts->device);
	if (run->fd < 0) {
		emit_err(run->em, "cannot open %s: %s", run->opts->device,
			 strerror(-run->fd));
		return run->fd;
	}
	rc = set_timeout(run);
	if (!rc)
		rc = deadman_start(&run->man, run->opts->dead_man_s, run->fd,
				   run->mount_fds, run->n_mounts);
	if (!rc)
		rc = note_armed(run);
	if (!rc)
		set_phase(run, PHASE_ARMED);
	return rc;
}

static int open_mounts(struct run *run)
{
	int i;

	for (i = 0; i < run->opts->n_mounts; i++) {
		run->mount_fds[i] = open(run->opts->mounts[i],
					 O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (run->mount_fds[i] < 0) {
			emit_err(run->em, "%s: %s", run->opts->mounts[i],
				 strerror(errno));
			return -EIO;
		}
		run->n_mounts++;
	}
	return 0;
}

static int freeze_mounts(struct run *run)
{
	int i;

	for (i = 0; i < run->n_mounts; i++) {
		if (!ioctl(run->mount_fds[i], FIFREEZE, 0))
			continue;
		emit_err(run->em, "cannot freeze %s: %s", run->opts->mounts[i],
			 strerror(errno));
		return -EIO;
	}
	return 0;
}

static void thaw_mounts(struct run *run)
{
	int i;

	for (i = 0; i < run->n_mounts; i++)
		ioctl(run->mount_fds[i], FITHAW, 0);
}

static int keepalive(struct run *run, struct moment *when)
{
	int rc = wdev_ping(run->fd);

	moment_now("", when);
	if (run->beacon.pid > 0)
		run->beacon.state->keepalive_ms = when->boottime_ms;
	if (rc)
		emit_err(run->em, "a keepalive failed: %s", strerror(-rc));
	return rc;
}

/* All but the last: before that one, everything else is done. */
static int keep_alive(struct run *run)
{
	struct moment when;
	uint64_t n;

	for (n = 1; n < run->opts->keepalives; n++) {
		if (keepalive(run, &when))
			return -EIO;
		if (wait_ms(run, run->opts->interval_ms))
			return -EINTR;
	}
	sync();
	return freeze_mounts(run);
}

static int note_fault(struct run *run, const struct moment *last)
{
	struct record rec;
	struct moment now;

	moment_now("", &now);
	journal_begin(&run->journal, &rec, "fault");
	record_i64(&rec, "keepalive_ms", last->boottime_ms);
	moment_put(&rec, &now);
	return journal_end(&run->journal, &rec);
}

/* The machine goes on, and says so, for a while. */
static int go_on(struct run *run, uint64_t ms)
{
	uint64_t end = pace_now() + ms * NSEC_PER_MSEC;
	struct pace pace;
	uint64_t now;

	pace_start(&pace, ALIVE_MS * NSEC_PER_MSEC, pace_now());
	while (pace_now() < end) {
		if (note(run, "alive"))
			return -EIO;
		now = pace_now();
		pace_next(&pace, now);
		if (wait_ms(run, (pace.due_ns - now) / NSEC_PER_MSEC))
			return -EINTR;
	}
	return 0;
}

static int make_fault(struct run *run)
{
	const struct freeze_options freeze = {
		.msecs = run->opts->msecs,
		.hostname = run->opts->hostname,
	};
	int rc;

	if (run->opts->fault == FAULT_NO_KEEPALIVE)
		return go_on(run, run->opts->msecs);
	rc = freeze_run("", run->freeze_fd, &freeze, run->em);
	return rc == NODE_USAGE ? -EINVAL : 0;
}

/* After a freeze without a reset: does it fire late? */
static int watch_on(struct run *run)
{
	int rc;

	rc = note(run, "over");
	set_phase(run, PHASE_OVER);
	thaw_mounts(run);
	if (rc || run->opts->fault == FAULT_NO_KEEPALIVE)
		return rc;
	return go_on(run, run->timeout_taken * 2000ULL);
}

static int do_it(struct run *run)
{
	struct moment last;
	int rc;

	rc = keep_alive(run);
	if (rc)
		return rc;
	rc = keepalive(run, &last);
	if (rc)
		return rc;
	/* on the disk before the fault: from here on nobody may come back */
	rc = note_fault(run, &last);
	if (rc)
		return rc;
	set_phase(run, PHASE_FAULT);
	rc = make_fault(run);
	return rc ? rc : watch_on(run);
}

static void disarm(struct run *run)
{
	struct watchdog list[WATCHDOGS_MAX];
	const struct watchdog *dog;
	int n;

	wdev_magic(run->fd);
	deadman_stop(&run->man);
	close(run->fd);
	n = watchdog_scan("", list, WATCHDOGS_MAX);
	dog = watchdog_find(list, n, run->facts->devs[0]);
	if (dog && !strcmp(dog->state, "active"))
		emit_err(run->em, "%s IS STILL ARMED: it may reset this machine within %d s",
			 run->opts->device, run->timeout_taken);
}

static int open_all(struct run *run)
{
	if (run->opts->beacon) {
		run->beacon_fd = beacon_open(run->opts->beacon, run->em);
		if (run->beacon_fd < 0)
			return -EINVAL;
	}
	if (run->opts->fault == FAULT_STOP_MACHINE) {
		run->freeze_fd = freeze_open("", run->em);
		if (run->freeze_fd < 0)
			return -EINVAL;
	}
	return open_mounts(run);
}

static int start_beacon(struct run *run)
{
	int rc;

	if (!run->opts->beacon)
		return 0;
	rc = beacon_start(&run->beacon, run->beacon_fd, run->ev.boot_id,
			  run->ev.hostname);
	if (rc)
		emit_err(run->em, "no process for the beacon: %s",
			 strerror(-rc));
	return rc;
}

/* Return: exit status. */
static int arm_and_do_it(struct run *run)
{
	int rc;

	rc = arm(run);
	if (run->fd < 0)
		return NODE_USAGE;
	if (!rc)
		rc = do_it(run);
	thaw_mounts(run);
	disarm(run);
	note(run, rc ? "failed" : "ended");
	if (rc == -EINTR)
		emit_err(run->em, "ended by a signal; %s is disarmed",
			 run->opts->device);
	else if (rc)
		emit_err(run->em, "not done: %s", strerror(-rc));
	return rc ? NODE_USAGE : NODE_OK;
}

/**
 * verify_run() - have a watchdog fire
 * @opts: what was asked for; the guards have been asked
 * @facts: the watchdog
 * @em: where it is told
 *
 * Return: exit status, if it returns at all: NODE_OK when the machine was not
 * reset and the verdict is to be made now, NODE_USAGE when it was not tried.
 */
int verify_run(const struct verify_options *opts, const struct watchdog *facts,
	       struct emitter *em)
{
	struct run run = {
		.opts = opts,
		.facts = facts,
		.em = em,
		.fd = -1,
	};
	int rc;

	gather_evidence("", opts->dir, &run.ev);
	stop_signals_block(&run.stop, NULL);
	/* the freeze must not wait for a terminal */
	em->patience_ms = ALIVE_MS;
	if (open_all(&run) || begin_journal(&run) || start_beacon(&run))
		return NODE_USAGE;
	rc = arm_and_do_it(&run);
	beacon_stop(&run.beacon);
	journal_close(&run.journal);
	return rc;
}
