// SPDX-License-Identifier: GPL-2.0
/*
 * What the lab itself does to a VM, when its guest asks for it, and the watchdog that
 * stands beside it. A fault is written down when it was seen to hold, not when it was
 * ordered; and its end only if it held until then.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "cellvm-move.h"
#include "cellvm-outside.h"
#include "cellvm-steal.h"
#include "child.h"
#include "disk-server.h"
#include "evidence.h"
#include "util.h"
#include "vm.h"

/* How the guest asks for it, and for its end: init's play_outside() and what is beside it */
#define ASKS "{\"event\":\"outside\","
#define ASKS_END "{\"event\":\"outside-over\","

static bool guest_says(const struct cellvm *vm, const char *words)
{
	char *path = path_join(vm->result->dir, EVIDENCE_AGENT);
	FILE *in = fopen(path, "re");
	char line[512];
	bool found = false;

	free(path);
	while (in && !found && fgets(line, sizeof(line), in))
		found = !strncmp(line, words, strlen(words)) && strchr(line, '\n');
	if (in)
		fclose(in);
	return found;
}

static enum outside kind_of(const struct cellvm *vm)
{
	return vm->result->cell.fault->outside;
}

/**
 * struct outside_kind - how a kind of fault is done
 * @begun: what is written down when it holds
 * @stands: QEMU stops the VM for it
 * @stopped: by QMP, and it is done when the clock has been read after that
 * @by_itself: it begins with what the guest does
 * @end_asked: the guest says when it is to end; else that is the lab's to count
 * @order: do it: the clock has been read
 * @end: end it: the clock has been read again
 */
struct outside_kind {
	const char *begun;
	bool stands;
	bool stopped;
	bool by_itself;
	bool end_asked;
	void (*order)(struct cellvm *vm);
	void (*end)(struct cellvm *vm);
};

static const struct outside_kind *row_of(const struct cellvm *vm);

/* Where QEMU stops the VM for it, it is read when that stands */
static void ask_for_clock(struct cellvm *vm)
{
	if (row_of(vm)->stopped)
		cellvm_ask(vm, "outside-stop", "stop", NULL);
	else
		cellvm_read_counter(vm, OUTSIDE_ID);
}

static void begin(struct cellvm *vm)
{
	if (row_of(vm)->by_itself)
		return;
	vm->outside = OUTSIDE_BEGINS;
	ask_for_clock(vm);
}

/* In warp it may say so before QEMU's answer is read that the fault has begun */
static void look_for_end(struct cellvm *vm)
{
	if (vm->outside != OUTSIDE_HOLDS || !row_of(vm)->end_asked || !guest_says(vm, ASKS_END))
		return;
	vm->outside = OUTSIDE_ENDS;
	ask_for_clock(vm);
}

static int on_agent(sd_event_source *source, const struct inotify_event *event, void *data)
{
	struct cellvm *vm = data;

	(void)source;
	(void)event;
	if (vm->stage != STAGE_PLAY)
		return 0;
	if (vm->outside == OUTSIDE_AWAITED && guest_says(vm, ASKS))
		begin(vm);
	look_for_end(vm);
	return 0;
}

/* By the clock that a stopped QEMU goes by when it runs again */
static int64_t after_stall(const struct cellvm *vm)
{
	return vm->outside_ns + (int64_t)((now_s() - vm->outside_s) * NSEC_PER_SEC);
}

static void end_stall(struct cellvm *vm)
{
	vm->outside = OUTSIDE_IDLE;
	if (!host_is_stopped(vm->pid)) {
		cellvm_fail(vm, "QEMU was not stopped any more when it was to go on");
		return;
	}
	cellvm_log_counter(vm, "fault-over", after_stall(vm), "SIGCONT");
	kill(vm->pid, SIGCONT);
}

static int on_time(sd_event_source *source, uint64_t usec, void *data)
{
	struct cellvm *vm = data;

	(void)source;
	(void)usec;
	if (vm->outside != OUTSIDE_HOLDS || vm->stage != STAGE_PLAY)
		return 0;
	if (kind_of(vm) == OUTSIDE_STALL) {
		end_stall(vm);
		return 0;
	}
	steal_give_back(vm);
	vm->outside = OUTSIDE_ENDS;
	cellvm_read_counter(vm, OUTSIDE_ID);
	return 0;
}

/* SIGSTOP is carried out at once, but for a process that waits for a disk */
static bool stop(pid_t pid)
{
	if (pid <= 0 || kill(pid, SIGSTOP))
		return false;
	for (int i = 0; i < 100; i++) {
		if (host_is_stopped(pid))
			return true;
		usleep(10000);
	}
	return false;
}

/* The clock has been read: QEMU runs, and does so from now on */
static void end_steal(struct cellvm *vm)
{
	double share = steal_end(vm);
	char *why;

	if (share < 0)
		return;
	why = xasprintf("SIGCONT: %.1f %% of its time were stolen", share);
	cellvm_log_counter(vm, "fault-over", vm->counter_ns, why);
	free(why);
}

static void holds(struct cellvm *vm)
{
	vm->outside = OUTSIDE_HOLDS;
	cellvm_log_counter(vm, "fault", vm->outside_ns, row_of(vm)->begun);
	if (row_of(vm)->end_asked) {
		look_for_end(vm);
		return;
	}
	sd_event_source_disable_unref(vm->outside_end);
	vm->outside_end = NULL;
	if (sd_event_add_time_relative(vm->loop, &vm->outside_end, CLOCK_MONOTONIC,
				       vm->result->cell.msecs * 1000ULL, 1, on_time, vm) < 0)
		cellvm_fail(vm, "no timer for the end of the fault");
}

static void order_stall(struct cellvm *vm)
{
	if (stop(vm->pid))
		holds(vm);
	else
		cellvm_fail(vm, "QEMU could not be stopped");
}

static void order_steal(struct cellvm *vm)
{
	order_stall(vm);
	if (vm->outside == OUTSIDE_HOLDS)
		steal_begin(vm);
}

static void order_disk_hang(struct cellvm *vm)
{
	if (stop(vm->disk))
		holds(vm);
	else
		cellvm_fail(vm, "nbdkit could not be stopped");
}

static void end_standing(struct cellvm *vm)
{
	if (vm->counter_ns != vm->outside_ns) {
		cellvm_fail(vm, "the VM was paused, and its clock went on");
		return;
	}
	if (vm->disk && disk_server_fill(vm->result->dir, false)) {
		cellvm_fail(vm, "no room could be made on the disk");
		return;
	}
	cellvm_log_counter(vm, "fault-over", vm->counter_ns,
			   vm->disk ? "there is room again, QMP cont" : "QMP cont");
	cellvm_ask(vm, "outside-cont", "cont", NULL);
}

static void set_link(struct cellvm *vm, bool up)
{
	cellvm_ask(vm, OUTSIDE_ORDER, "set_link",
		   json_pack("{s:s s:b}", "name", NIC_ID, "up", up));
}

/* It holds when QEMU has answered */
static void order_link_down(struct cellvm *vm)
{
	set_link(vm, false);
}

static void end_link_down(struct cellvm *vm)
{
	cellvm_log_counter(vm, "fault-over", vm->counter_ns, "QMP set_link: there is a link again");
	set_link(vm, true);
}

static void end_disk_hang(struct cellvm *vm)
{
	if (vm->disk <= 0 || !host_is_stopped(vm->disk)) {
		cellvm_fail(vm, "nbdkit was not stopped any more when the disk was to go on");
		return;
	}
	cellvm_log_counter(vm, "fault-over", vm->counter_ns, "SIGCONT: the disk goes on");
	kill(vm->disk, SIGCONT);
}

static void end_snapshot(struct cellvm *vm)
{
	vm->left_ns = vm->counter_ns;
	move_away(vm);
}

static const struct outside_kind rows[] = {
	[OUTSIDE_PAUSE] = {
		.begun = "QMP stop: the VM stands",
		.stands = true, .stopped = true, .order = holds, .end = end_standing,
	},
	[OUTSIDE_DISK_FULL] = {
		.begun = "a write found the disk full: QEMU has stopped the VM",
		.stands = true, .by_itself = true, .order = holds, .end = end_standing,
	},
	[OUTSIDE_STALL] = {
		.begun = "SIGSTOP: its process is stopped", .order = order_stall,
	},
	[OUTSIDE_LINK_DOWN] = {
		.begun = "QMP set_link: its network card has no link",
		.end_asked = true, .order = order_link_down, .end = end_link_down,
	},
	[OUTSIDE_DISK_HANG] = {
		.begun = "SIGSTOP: who serves its disk is stopped",
		.end_asked = true, .order = order_disk_hang, .end = end_disk_hang,
	},
	[OUTSIDE_STEAL] = {
		.begun = "SIGSTOP and SIGCONT: its process has 10 ms of each 100",
		.order = order_steal, .end = end_steal,
	},
	[OUTSIDE_MIGRATE] = {
		.begun = "QMP migrate: its state is saved, and its QEMU goes",
		.stopped = true, .order = move_save,
	},
	[OUTSIDE_SNAPSHOT] = {
		.begun = "QMP migrate: a snapshot is taken, and the VM goes on",
		.stopped = true, .end_asked = true, .order = move_save, .end = end_snapshot,
	},
};

static const struct outside_kind *row_of(const struct cellvm *vm)
{
	return &rows[kind_of(vm)];
}

/* The clock was read: what is done now comes after that, and is begun when it is seen */
static void order(struct cellvm *vm)
{
	vm->outside_ns = vm->counter_ns;
	vm->outside_s = now_s();
	row_of(vm)->order(vm);
}

/* The state is written: the VM runs on, or goes */
static void is_saved(struct cellvm *vm)
{
	if (vm->outside != OUTSIDE_SAVES)
		return;
	if (kind_of(vm) == OUTSIDE_SNAPSHOT) {
		cellvm_ask(vm, "outside-cont", "cont", NULL);
		holds(vm);
		return;
	}
	cellvm_log_counter(vm, "fault", vm->outside_ns, row_of(vm)->begun);
	move_away(vm);
}

/*
 * QEMU says "completed" some milliseconds before it has ended the migration, and refuses
 * to go on until then: "Migration is not finalized yet" (in 1 of 3 cells).
 */
static void hear_status(struct cellvm *vm, json_t *msg)
{
	const char *status = "";

	json_unpack(msg, "{s:{s:s}}", "return", "status", &status);
	if (strcmp(status, "finish-migrate"))
		is_saved(vm);
	else
		cellvm_ask(vm, OUTSIDE_STATUS, "query-status", NULL);
}

/**
 * outside_migrates() - QEMU says how far the saving or the loading of a state is
 * @vm: that is what is being done to it
 * @status: of the event
 */
void outside_migrates(struct cellvm *vm, const char *status)
{
	if (!strcmp(status, "failed"))
		cellvm_fail(vm, "the VM's state could not be %s (is the disk full? see %s)",
			    vm->second ? "loaded" : "saved", EVIDENCE_STDERR);
	else if (strcmp(status, "completed"))
		return;
	else if (vm->outside == OUTSIDE_SAVES)
		cellvm_ask(vm, OUTSIDE_STATUS, "query-status", NULL);
	else
		cellvm_read_counter(vm, OUTSIDE_ID);
}

/**
 * outside_answer() - QEMU has answered
 * @vm: its counter_ns is what the clock showed, if that was asked for
 * @id: of the question, which may be anybody's
 * @msg: the answer
 */
void outside_answer(struct cellvm *vm, const char *id, json_t *msg)
{
	if (!strcmp(id, OUTSIDE_STATUS)) {
		hear_status(vm, msg);
		return;
	}
	if (!strcmp(id, OUTSIDE_ORDER) && vm->outside == OUTSIDE_BEGINS) {
		holds(vm);
		return;
	}
	if (strcmp(id, OUTSIDE_ID))
		return;
	if (vm->outside == OUTSIDE_BEGINS) {
		order(vm);
	} else if (vm->outside == OUTSIDE_MOVES) {
		move_land(vm);
	} else if (vm->outside == OUTSIDE_ENDS) {
		vm->outside = OUTSIDE_IDLE;
		row_of(vm)->end(vm);
	}
}

/*
 * A watchdog that pauses says WATCHDOG, and QEMU stops the VM when it comes to its main
 * loop (system/watchdog.c:watchdog_perform_action); our own stop then finds it standing.
 */
static bool has_paused(const struct cellvm *vm)
{
	const char *action = vm->result->cell.action;

	return vm->fired && action && !strcmp(action, "pause");
}

/**
 * outside_stops() - is a STOP of QEMU's the beginning of the fault?
 * @vm: running
 *
 * Return: whether; or its end.
 */
bool outside_stops(struct cellvm *vm)
{
	/*
	 * Somebody has fired. QEMU says STOP and then waits for what it has asked of its
	 * disks (system/cpus.c:do_vm_stop): it would answer nobody until the disk goes on.
	 */
	if (kind_of(vm) == OUTSIDE_DISK_HANG && vm->outside >= OUTSIDE_BEGINS) {
		vm->outside = OUTSIDE_IDLE;
		cellvm_log(vm, "disk-goes-on", "so that QEMU, which stops the VM, can answer");
		if (vm->disk > 0)
			kill(vm->disk, SIGCONT);
		return false;
	}
	if (vm->outside == OUTSIDE_AWAITED && vm->disk && vm->io_error) {
		vm->outside = OUTSIDE_BEGINS;
		return true;
	}
	/* Nothing is left to be stolen from, and QEMU is to answer */
	if (vm->outside == OUTSIDE_HOLDS && kind_of(vm) == OUTSIDE_STEAL) {
		vm->outside = OUTSIDE_IDLE;
		steal_end(vm);
	}
	/* Of those that begin so, one ends so; unless somebody was faster, and has fired */
	return row_of(vm)->stopped && !*vm->shutdown_reason && !has_paused(vm) &&
	       (vm->outside == OUTSIDE_BEGINS || vm->outside == OUTSIDE_ENDS);
}

/**
 * outside_is_reset() - QEMU is asked by somebody else to reset a VM that is paused
 * @vm: running
 *
 * Return: whether; the fault has ended with that, and no STOP will come.
 */
bool outside_is_reset(struct cellvm *vm)
{
	if (vm->outside != OUTSIDE_HOLDS || !row_of(vm)->stands)
		return false;
	vm->outside = OUTSIDE_IDLE;
	return true;
}

/**
 * outside_begin() - listen for the guest
 * @vm: its QEMU was started
 */
void outside_begin(struct cellvm *vm)
{
	char *path;
	int ret;

	vm->outside = OUTSIDE_IDLE;
	if (!vm->result->cell.fault->outside)
		return;
	vm->outside = OUTSIDE_AWAITED;
	path = path_join(vm->result->dir, EVIDENCE_AGENT);
	ret = sd_event_add_inotify(vm->loop, &vm->asks, path, IN_MODIFY, on_agent, vm);
	free(path);
	if (ret < 0)
		cellvm_fail(vm, "%s can't be listened to: %s", EVIDENCE_AGENT, strerror(-ret));
}

/**
 * outside_disk() - a disk that is full, or will hang, where the cell wants one
 * @vm: its folder stands, and its QEMU was not started yet
 *
 * Return: 0, or a negative errno.
 */
int outside_disk(struct cellvm *vm)
{
	char size[16], *dir;
	int ret;

	if (!vm_has_disk(&vm->result->cell))
		return 0;
	snprintf(size, sizeof(size), "%dM", DISK_MIB);
	ret = kind_of(vm) == OUTSIDE_DISK_FULL ? disk_server_fill(vm->result->dir, true) : 0;
	dir = ret ? NULL : realpath(vm->result->dir, NULL);
	if (!dir)
		return ret ? ret : -errno;
	vm->disk = disk_server_start(dir, "memory", size);
	free(dir);
	if (vm->disk < 0) {
		ret = vm->disk;
		vm->disk = 0;
		return ret;
	}
	/* It starts in some ten milliseconds, and QEMU would not wait for it */
	for (int i = 0; i < 1000 && child_runs(&vm->disk); i++) {
		if (disk_server_ready(vm->result->dir))
			return 0;
		usleep(10000);
	}
	return -EIO;
}

static void __noreturn
run_watch(const struct cellvm *vm, pid_t parent)
{
	unsigned int s = vm->result->cell.timeout_ms / 1000;
	char *after = xasprintf("%u,unreachable=%u", s, s);
	char *self = realpath("/proc/self/exe", NULL);
	char * const argv[] = {
		self, (char *)"watch", (char *)"--qmp", (char *)WATCH_QMP, (char *)"--heartbeat",
		(char *)WATCH_HEART, (char *)"--name", (char *)"cell", (char *)"--action",
		(char *)"reset", (char *)"--after", after, (char *)"--tries", (char *)"1",
		(char *)"--json", NULL,
	};

	child_begin(parent);
	child_settle_in(vm->result->dir, EVIDENCE_WATCH);
	child_exec(argv);
}

/**
 * outside_watch() - start the watchdog beside the VM, where the cell has one
 * @vm: its QEMU has made its sockets
 *
 * Return: 0, or a negative errno.
 */
int outside_watch(struct cellvm *vm)
{
	pid_t parent = getpid();

	if (vm->result->cell.watchdog->mode != DOG_OUTSIDE)
		return 0;
	fflush(NULL);
	vm->watch = fork();
	if (!vm->watch)
		run_watch(vm, parent);
	if (vm->watch > 0)
		return 0;
	vm->watch = 0;
	return -errno;
}

/**
 * outside_release() - end what belongs to a cell
 * @vm: its QEMU is gone
 */
void outside_release(struct cellvm *vm)
{
	child_end(&vm->watch);
	child_end(&vm->disk);
	if (vm->result && vm_moves(&vm->result->cell))
		move_clean(vm);
	vm->asks = sd_event_source_disable_unref(vm->asks);
	vm->outside_end = sd_event_source_disable_unref(vm->outside_end);
	steal_release(vm);
	vm->outside = OUTSIDE_IDLE;
}
