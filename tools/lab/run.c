// SPDX-License-Identifier: GPL-2.0
/* The scheduler: cells waiting, cells running, one event loop for all. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "cellvm.h"
#include "compiler.h"
#include "evidence.h"
#include "keep.h"
#include "origin.h"
#include "run.h"
#include "util.h"
#include "warm-keep.h"

/* Less room than this on the run's disk and evidence would be lost */
#define DISK_LOW_BYTES (64LL << 20)

/**
 * struct sched - a run in progress
 * @run: what is run
 * @loop: serves it
 * @vms: one for each job
 * @warms: guests that cells are forked from
 * @n_warms: how many
 * @done: cells ended
 * @first_s: host time at which the first cell was started, 0 not yet
 * @tick_s: host time of the last look at all of them
 */
struct sched {
	struct run *run;
	sd_event *loop;
	struct cellvm *vms;
	struct warm *warms;
	size_t n_warms;
	size_t done;
	double first_s;
	double tick_s;
};

static void start_more(struct sched *sched);

static struct warm *warm_of(const struct sched *sched, const struct result *result);

static void finish(struct sched *sched, struct result *result)
{
	json_t *json;

	result_derive(result, result->dir);
	json = result_to_json(result);
	if (keep_json(result->dir, DERIVED_RESULT, json)) {
		result->seen.when = VERDICT_ERROR;
		result->met = false;
		snprintf(result->seen.reason, sizeof(result->seen.reason),
			 "the result could not be written");
	}
	json_decref(json);
	sched->done++;
	result->ended = true;
	if (sched->run->on_result)
		sched->run->on_result(sched->run, result, sched->done, sched->run->data);
}

static void on_vm_end(struct cellvm *vm, void *data)
{
	struct sched *sched = data;
	struct result *result = vm->result;

	result->wall_s = now_s() - vm->started_s;
	cellvm_release(vm);
	finish(sched, result);
	start_more(sched);
}

static int lock_folder(const char *dir, int how)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || !flock(fd, how | LOCK_NB) || errno != EWOULDBLOCK)
		return fd;
	close(fd);
	return -EBUSY;
}

/*
 * Two runs in one folder would write into each other's evidence; those that run a
 * cell each, and know it, may be many.
 */
static int lock_out(const struct run *run)
{
	int fd = lock_folder(run->out, run->shared ? LOCK_SH : LOCK_EX);

	if (fd == -EBUSY)
		warn_line("%s is in use by another run", run->out);
	return fd;
}

/* A result that is left of another time would be taken for this one's */
static void forget(const char *dir)
{
	static const char * const derived[] = { DERIVED_RESULT, DERIVED_TIMELINE };

	for (size_t i = 0; i < ARRAY_SIZE(derived); i++) {
		char *path = path_join(dir, derived[i]);

		unlink(path);
		free(path);
	}
}

static int keep_asked(const struct run *run, const struct result *result)
{
	json_t *json = origin_of(run, result);
	int ret = keep_json(result->dir, EVIDENCE_ORIGIN, json);

	json_decref(json);
	if (ret)
		return ret;
	json = cell_to_json(&result->cell);
	ret = keep_json(result->dir, EVIDENCE_CELL, json);
	json_decref(json);
	return ret;
}

static int prepare_dir(struct run *run, struct result *result)
{
	int ret;

	result->dir = path_join(run->out, result->cell.id);
	if (make_dirs(result->dir)) {
		warn_line("%s can't be made: %s", result->dir, strerror(errno));
		return -1;
	}
	if (run->shared) {
		result->lock = lock_folder(result->dir, LOCK_EX);
		if (result->lock == -EBUSY) {
			warn_line("%s is in use by another run", result->dir);
			return -1;
		}
	}
	forget(result->dir);
	ret = keep_asked(run, result);
	if (!ret && vm_write_plan(&result->cell, result->dir)) {
		warn_line("%s: the plan can't be written: %s", result->dir, strerror(errno));
		ret = -1;
	}
	return ret;
}

static void could_not_start(struct sched *sched, struct result *result, const char *why)
{
	result->begun = true;
	result->seen.when = VERDICT_ERROR;
	snprintf(result->seen.reason, sizeof(result->seen.reason), "%s", why);
	sched->done++;
	result->ended = true;
	if (sched->run->on_result)
		sched->run->on_result(sched->run, result, sched->done, sched->run->data);
}

static void start_cell(struct sched *sched, struct cellvm *vm, struct result *result)
{
	struct run *run = sched->run;
	int ret;

	if (prepare_dir(run, result)) {
		could_not_start(sched, result, "the cell's folder can't be written");
		return;
	}
	result->begun = true;
	vm->on_end = on_vm_end;
	vm->data = sched;
	vm->deadline_s = run->deadline_s;
	vm->warm = warm_of(sched, result);
	if (!sched->first_s)
		sched->first_s = now_s();
	ret = cellvm_start(vm, sched->loop, run->host, result);
	if (ret)
		could_not_start(sched, result, strerror(-ret));
}

/* Cells share a warm guest when nothing that went into it tells them apart */
static bool can_share(const struct warm *warm, const struct result *result)
{
	const struct cell *a = warm->sample, *b = &result->cell;

	return warm->guest == result->guest && a->machine == b->machine && a->clock == b->clock &&
	       a->cpus == b->cpus && vm_alike(a, b);
}

static struct warm *warm_of(const struct sched *sched, const struct result *result)
{
	for (size_t i = 0; i < sched->n_warms; i++)
		if (can_share(&sched->warms[i], result))
			return &sched->warms[i];
	return NULL;
}

static void on_warm(struct warm *warm, void *data)
{
	struct sched *sched = data;
	struct run *run = sched->run;
	char *note;

	if (warm->state == WARM_READY && !warm->wall_s)
		note = xasprintf("warm guest %s made by another pug", warm->key);
	else if (warm->state == WARM_READY)
		note = xasprintf("warm guest %s made in %.1f s", warm->key, warm->wall_s);
	else
		note = xasprintf("warm guest %s could not be made: %s (see %s/warm.%s)",
				 warm->key, warm->why, run->out, warm->key);
	if (run->on_note)
		run->on_note(run, note, run->data);
	free(note);
	start_more(sched);
}

static void find_warms(struct sched *sched)
{
	struct run *run = sched->run;

	sched->warms = xcalloc(run->n, sizeof(*sched->warms));
	for (size_t i = 0; run->fork && i < run->n; i++) {
		struct result *result = &run->results[i];
		struct warm *warm;

		if (result->not_run || warm_of(sched, result))
			continue;
		warm = &sched->warms[sched->n_warms++];
		warm_find(warm, run->host, result->guest, &result->cell);
		warm->out = run->out;
		warm->limit_s = run->deadline_s > 0 ? run->deadline_s : WARM_LIMIT_S;
		warm->on_done = on_warm;
		warm->data = sched;
	}
}

/* With those that will be made; what this run is to fork is in use already */
static void prune_warms(const struct sched *sched)
{
	size_t wanted = 0;
	char *top;

	if (!sched->n_warms)
		return;
	for (size_t i = 0; i < sched->n_warms; i++)
		wanted += sched->warms[i].state == WARM_WANTED;
	top = path_join(sched->run->host->topdir, WARM_TOP);
	warm_prune(top, wanted < WARM_KEPT_MAX ? WARM_KEPT_MAX - wanted : 0);
	free(top);
}

static bool can_begin(const struct sched *sched, const struct result *result)
{
	const struct warm *warm = warm_of(sched, result);

	return !result->begun && (!warm || warm->state == WARM_READY ||
				  warm->state == WARM_FAILED);
}

/* Longest first, so that no long one is left for the end */
static struct result *next_cell(const struct sched *sched)
{
	struct run *run = sched->run;
	struct result *best = NULL;

	for (size_t i = 0; i < run->n; i++) {
		struct result *result = &run->results[i];

		if (!can_begin(sched, result))
			continue;
		if (!best || result->cell.msecs > best->cell.msecs)
			best = result;
	}
	return best;
}

static size_t count_building(const struct sched *sched)
{
	size_t n = 0;

	for (size_t i = 0; i < sched->n_warms; i++)
		n += sched->warms[i].state == WARM_BUILDING;
	return n;
}

static struct warm *next_warm(const struct sched *sched)
{
	for (size_t i = 0; i < sched->n_warms; i++)
		if (sched->warms[i].state == WARM_WANTED)
			return &sched->warms[i];
	return NULL;
}

static struct cellvm *free_slot(const struct sched *sched)
{
	for (unsigned int i = 0; i < sched->run->jobs; i++)
		if (!sched->vms[i].result)
			return &sched->vms[i];
	return NULL;
}

static size_t count_running(const struct sched *sched)
{
	size_t n = 0;

	for (unsigned int i = 0; i < sched->run->jobs; i++)
		n += !!sched->vms[i].result;
	return n;
}

static void warm_is_missing(struct sched *sched, const struct warm *warm, struct result *result)
{
	char *why = xasprintf("its warm guest could not be made: %s (see warm.%s)", warm->why,
			      warm->key);

	could_not_start(sched, result, why);
	free(why);
}

/*
 * Building takes the longest and comes first, but leaves one job to cells that
 * are ready.
 */
static bool start_one(struct sched *sched)
{
	struct result *result = next_cell(sched);
	struct warm *warm = next_warm(sched);
	size_t building = count_building(sched);

	if (building + count_running(sched) >= sched->run->jobs)
		return false;
	if (warm && (!result || building + 1 < sched->run->jobs)) {
		warm_build(warm, sched->loop);
		return true;
	}
	if (!result)
		return false;
	warm = warm_of(sched, result);
	if (warm && warm->state == WARM_FAILED)
		warm_is_missing(sched, warm, result);
	else
		start_cell(sched, free_slot(sched), result);
	return true;
}

static void start_more(struct sched *sched)
{
	while (!sched->run->interrupted && start_one(sched))
		;
	if (!count_running(sched) && !count_building(sched))
		sd_event_exit(sched->loop, 0);
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *si, void *data)
{
	struct sched *sched = data;

	(void)source;
	sched->run->interrupted = true;
	for (size_t i = 0; i < sched->n_warms; i++)
		warm_stop(&sched->warms[i], "interrupted");
	for (unsigned int i = 0; i < sched->run->jobs; i++) {
		if (!sched->vms[i].result)
			continue;
		cellvm_fail(&sched->vms[i], "interrupted by %s", strsignal(si->ssi_signo));
	}
	start_more(sched);
	return 0;
}

static void show(struct sched *sched)
{
	struct run *run = sched->run;
	struct live_row rows[LIVE_ROWS_MAX];
	size_t n = 0;

	if (!run->on_tick || !live_is_on())
		return;
	for (size_t i = 0; i < sched->n_warms && n < LIVE_ROWS_MAX; i++)
		if (sched->warms[i].state == WARM_BUILDING)
			warm_row(&sched->warms[i], &rows[n++]);
	for (unsigned int i = 0; i < run->jobs && n < LIVE_ROWS_MAX; i++)
		if (sched->vms[i].result)
			cellvm_row(&sched->vms[i], &rows[n++]);
	run->on_tick(run, rows, n, run->data);
}

/* Longer between two looks, and pug was stopped, or starved: nobody's fault */
#define STOOD_STILL_S 5

static void shift(struct sched *sched, double seconds)
{
	for (size_t i = 0; i < sched->n_warms; i++)
		warm_shift(&sched->warms[i], seconds);
	for (unsigned int i = 0; i < sched->run->jobs; i++)
		if (sched->vms[i].result)
			cellvm_shift(&sched->vms[i], seconds);
}

static void note_time(struct sched *sched)
{
	double now = now_s(), gap = sched->tick_s > 0 ? now - sched->tick_s : 0;

	if (gap > STOOD_STILL_S)
		shift(sched, gap);
	sched->tick_s = now;
}

static void signal_qemus(const struct sched *sched, int signo)
{
	for (size_t i = 0; i < sched->n_warms; i++)
		if (sched->warms[i].state == WARM_BUILDING && sched->warms[i].pid > 0)
			kill(sched->warms[i].pid, signo);
	for (unsigned int i = 0; i < sched->run->jobs; i++)
		if (sched->vms[i].result && sched->vms[i].pid > 0)
			kill(sched->vms[i].pid, signo);
}

/*
 * Ctrl-Z: guests whose time is counted in instructions stand still, too, and go on as if
 * nothing had been. Others cannot: the host's time would jump under them.
 */
static int on_stop(sd_event_source *source, const struct signalfd_siginfo *si, void *data)
{
	struct sched *sched = data;
	double start = now_s();

	(void)source;
	(void)si;
	if (sched->run->host->time != TIME_WARP) {
		if (sched->run->on_note)
			sched->run->on_note(sched->run,
					    "not stopped: guests in real time can't stand still (Ctrl-C ends the run)",
					    sched->run->data);
		return 0;
	}
	live_clear();
	signal_qemus(sched, SIGSTOP);
	kill(getpid(), SIGSTOP);
	/* fg, or bg */
	signal_qemus(sched, SIGCONT);
	shift(sched, now_s() - start);
	sched->tick_s = now_s();
	return 0;
}

static int on_second(sd_event_source *source, uint64_t usec, void *data)
{
	struct sched *sched = data;
	struct run *run = sched->run;
	int64_t room = free_bytes(run->out);

	note_time(sched);
	for (size_t i = 0; i < sched->n_warms; i++)
		warm_tick(&sched->warms[i]);
	for (unsigned int i = 0; i < run->jobs; i++) {
		struct cellvm *vm = &sched->vms[i];

		if (!vm->result)
			continue;
		if (room >= 0 && room < DISK_LOW_BYTES)
			cellvm_fail(vm, "the disk is full: evidence would be lost");
		else
			cellvm_tick(vm);
	}
	show(sched);
	sd_event_source_set_time(source, usec + 200000);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int listen_to(struct sched *sched)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	sigset_t set;
	uint64_t now;
	int ret;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTSTP);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		ret = sd_event_add_signal(sched->loop, NULL, signals[i], on_signal, sched);
		if (ret < 0)
			return ret;
	}
	ret = sd_event_add_signal(sched->loop, NULL, SIGTSTP, on_stop, sched);
	if (ret < 0)
		return ret;
	sd_event_now(sched->loop, CLOCK_MONOTONIC, &now);
	return sd_event_add_time(sched->loop, NULL, CLOCK_MONOTONIC, now, 0, on_second, sched);
}

/* Whoever has nothing but the folder must know, too */
static int keep_not_run(const struct run *run, struct result *result)
{
	json_t *json = origin_of(run, result);
	int ret;

	result->dir = path_join(run->out, result->cell.id);
	ret = make_dirs(result->dir) ? -1 : keep_json(result->dir, EVIDENCE_ORIGIN, json);
	json_decref(json);
	json = result_to_json(result);
	if (!ret)
		ret = keep_json(result->dir, DERIVED_RESULT, json);
	json_decref(json);
	return ret;
}

static void mark_not_run(struct run *run, struct result *result, const char *why)
{
	result->not_run = why;
	result->begun = true;
	result->ended = true;
	if (keep_not_run(run, result))
		warn_line("%s: it can't be kept that the cell was not run", result->cell.id);
}

/* What can't be had on this host, or in this time */
static const char *why_not(const struct run *run, const struct cell *cell)
{
	if (cell->clock->needs_kvm && strcmp(host_accel(run->host), "kvm"))
		return "needs KVM";
	if (vm_has_disk(cell) && !host_has("nbdkit"))
		return "needs nbdkit (DEPS=cluster make deps installs it)";
	if (run->host->time != TIME_WARP)
		return NULL;
	if (cell->fault->outside == OUTSIDE_STALL || cell->fault->outside == OUTSIDE_STEAL)
		return "a stall of the host is seen in its time only: needs --real-time";
	if (cell->fault->slow)
		return "a guest takes memory at 1 MiB a virtual second: needs --real-time";
	if (cell->watchdog->mode == DOG_OUTSIDE)
		return "a watchdog outside counts the host's time: needs --real-time";
	return NULL;
}

/**
 * run_cells() - run them all and judge each
 * @run: complete but for the results; every cell has its expectation
 *
 * Each result is preset to an error: a cell that does not live to its end has
 * failed.
 *
 * Return: 0 when the loop ran to its end (also when interrupted: see @run), or
 * a negative errno, -EBUSY after saying that another run uses the folder.
 */
int run_cells(struct run *run)
{
	struct sched sched = { .run = run };
	double start = now_s();
	int lock = lock_out(run);
	int ret;

	if (lock == -EBUSY)
		return lock;
	run->began_s = start;
	for (size_t i = 0; i < run->n; i++) {
		const char *why = why_not(run, &run->results[i].cell);

		run->results[i].lock = -1;
		verdict_preset(&run->results[i].seen, "not run");
		if (!why)
			continue;
		mark_not_run(run, &run->results[i], why);
		sched.done++;
	}
	if (run->jobs > run->n)
		run->jobs = run->n;
	sched.vms = xcalloc(run->jobs ? run->jobs : 1, sizeof(*sched.vms));
	ret = sd_event_new(&sched.loop);
	if (ret >= 0)
		ret = listen_to(&sched);
	if (ret >= 0) {
		find_warms(&sched);
		prune_warms(&sched);
		start_more(&sched);
		ret = sd_event_loop(sched.loop);
	}
	sd_event_unref(sched.loop);
	for (size_t i = 0; i < sched.n_warms; i++)
		warm_free(&sched.warms[i]);
	free(sched.warms);
	free(sched.vms);
	for (size_t i = 0; i < run->n; i++)
		if (run->results[i].lock >= 0)
			close(run->results[i].lock);
	if (lock >= 0)
		close(lock);
	run->wall_s = now_s() - start;
	run->cells_s = sched.first_s ? now_s() - sched.first_s : 0;
	return ret < 0 ? ret : 0;
}
