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

#include "cellvm-outside.h"
#include "child.h"
#include "disk-server.h"
#include "evidence.h"
#include "util.h"

/* How the guest asks: init's play_outside() */
#define ASKS "{\"event\":\"outside\","

static bool guest_asks(const struct cellvm *vm)
{
	char *path = path_join(vm->result->dir, EVIDENCE_AGENT);
	FILE *in = fopen(path, "re");
	char line[512];
	bool found = false;

	free(path);
	while (in && !found && fgets(line, sizeof(line), in))
		found = !strncmp(line, ASKS, strlen(ASKS)) && strchr(line, '\n');
	if (in)
		fclose(in);
	return found;
}

static void begin(struct cellvm *vm)
{
	/* That begins by itself, with the write that the guest makes now */
	if (vm->result->cell.fault->outside == OUTSIDE_DISK_FULL)
		return;
	vm->outside = OUTSIDE_BEGINS;
	if (vm->result->cell.fault->outside == OUTSIDE_PAUSE)
		cellvm_ask(vm, "outside-stop", "stop");
	else
		cellvm_read_counter(vm, OUTSIDE_ID);
}

static int on_agent(sd_event_source *source, const struct inotify_event *event, void *data)
{
	struct cellvm *vm = data;

	(void)source;
	(void)event;
	if (vm->stage == STAGE_PLAY && vm->outside == OUTSIDE_AWAITED && guest_asks(vm))
		begin(vm);
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
	if (vm->result->cell.fault->outside == OUTSIDE_STALL) {
		end_stall(vm);
		return 0;
	}
	vm->outside = OUTSIDE_ENDS;
	cellvm_read_counter(vm, OUTSIDE_ID);
	return 0;
}

/* SIGSTOP is carried out at once, but for a process that waits for a disk */
static bool is_stopped_soon(pid_t pid)
{
	for (int i = 0; i < 100; i++) {
		if (host_is_stopped(pid))
			return true;
		usleep(10000);
	}
	return false;
}

static const char * const begun[] = {
	[OUTSIDE_PAUSE] = "QMP stop: the VM stands",
	[OUTSIDE_DISK_FULL] = "a write found the disk full: QEMU has stopped the VM",
	[OUTSIDE_STALL] = "SIGSTOP: its process is stopped",
};

static void holds(struct cellvm *vm)
{
	bool stall = vm->result->cell.fault->outside == OUTSIDE_STALL;

	vm->outside_ns = vm->counter_ns;
	vm->outside_s = now_s();
	if (stall && (kill(vm->pid, SIGSTOP) || !is_stopped_soon(vm->pid))) {
		cellvm_fail(vm, "QEMU could not be stopped");
		return;
	}
	vm->outside = OUTSIDE_HOLDS;
	cellvm_log_counter(vm, "fault", vm->outside_ns,
			   begun[vm->result->cell.fault->outside]);
	sd_event_source_disable_unref(vm->outside_end);
	vm->outside_end = NULL;
	if (sd_event_add_time_relative(vm->loop, &vm->outside_end, CLOCK_MONOTONIC,
				       vm->result->cell.msecs * 1000ULL, 1, on_time, vm) < 0)
		cellvm_fail(vm, "no timer for the end of the fault");
}

/**
 * outside_answer() - the clock was read that was asked for here
 * @vm: its counter_ns is that
 */
void outside_answer(struct cellvm *vm)
{
	if (vm->outside == OUTSIDE_BEGINS) {
		holds(vm);
		return;
	}
	if (vm->outside != OUTSIDE_ENDS)
		return;
	vm->outside = OUTSIDE_IDLE;
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
	cellvm_ask(vm, "outside-cont", "cont");
}

/**
 * outside_stops() - is a STOP of QEMU's the beginning of the fault?
 * @vm: running
 *
 * Return: whether.
 */
bool outside_stops(struct cellvm *vm)
{
	if (vm->outside == OUTSIDE_AWAITED && vm->disk && vm->io_error) {
		vm->outside = OUTSIDE_BEGINS;
		return true;
	}
	return vm->outside == OUTSIDE_BEGINS &&
	       vm->result->cell.fault->outside == OUTSIDE_PAUSE;
}

/**
 * outside_is_reset() - QEMU is asked by somebody else to reset a VM that is paused
 * @vm: running
 *
 * Return: whether; the fault has ended with that, and no STOP will come.
 */
bool outside_is_reset(struct cellvm *vm)
{
	if (vm->outside != OUTSIDE_HOLDS || vm->result->cell.fault->outside == OUTSIDE_STALL)
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
 * outside_disk() - a disk that is full, where the cell wants one
 * @vm: its folder stands, and its QEMU was not started yet
 *
 * Return: 0, or a negative errno.
 */
int outside_disk(struct cellvm *vm)
{
	char size[16], *dir;
	int ret;

	if (vm->result->cell.fault->outside != OUTSIDE_DISK_FULL)
		return 0;
	snprintf(size, sizeof(size), "%dM", DISK_MIB);
	ret = disk_server_fill(vm->result->dir, true);
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
	vm->asks = sd_event_source_disable_unref(vm->asks);
	vm->outside_end = sd_event_source_disable_unref(vm->outside_end);
	vm->outside = OUTSIDE_IDLE;
}
