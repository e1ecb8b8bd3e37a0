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

/* Is it one for which QEMU stops the VM? */
static bool stands(const struct cellvm *vm)
{
	return kind_of(vm) == OUTSIDE_PAUSE || kind_of(vm) == OUTSIDE_DISK_FULL;
}

static void begin(struct cellvm *vm)
{
	/* That begins by itself, with the write that the guest makes now */
	if (kind_of(vm) == OUTSIDE_DISK_FULL)
		return;
	vm->outside = OUTSIDE_BEGINS;
	if (kind_of(vm) == OUTSIDE_PAUSE)
		cellvm_ask(vm, "outside-stop", "stop", NULL);
	else
		cellvm_read_counter(vm, OUTSIDE_ID);
}

/* In warp it may say so before QEMU's answer is read that the fault has begun */
static void look_for_end(struct cellvm *vm)
{
	if (vm->outside != OUTSIDE_HOLDS || !vm->result->cell.fault->felt ||
	    !guest_says(vm, ASKS_END))
		return;
	vm->outside = OUTSIDE_ENDS;
	cellvm_read_counter(vm, OUTSIDE_ID);
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

/*
 * Of each 100 ms. A process stops when each of its threads has been run to see that it is
 * to: on a busy host that takes its time. What was not seen to be stopped in the end was
 * not stolen.
 */
#define STEAL_US 90000
#define LEAVE_US 10000
#define STOLEN_LEAST_PERCENT 80

static void give_back(struct cellvm *vm)
{
	if (host_is_stopped(vm->pid))
		vm->stolen_s += now_s() - vm->stolen_since_s;
	vm->stolen_since_s = 0;
	if (vm->pid > 0)
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
	if (vm->stolen_since_s)
		give_back(vm);
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

static int on_steal(sd_event_source *source, uint64_t usec, void *data)
{
	struct cellvm *vm = data;
	bool on = vm->stage == STAGE_PLAY && vm->outside == OUTSIDE_HOLDS && vm->pid > 0;

	(void)usec;
	if (vm->stolen_since_s) {
		give_back(vm);
	} else if (on) {
		vm->stolen_since_s = now_s();
		kill(vm->pid, SIGSTOP);
	}
	if (!on)
		return 0;
	sd_event_source_set_time_relative(source, vm->stolen_since_s ? STEAL_US : LEAVE_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* It has been stopped for the first time */
static void steal(struct cellvm *vm)
{
	vm->stolen_s = 0;
	vm->stolen_since_s = now_s();
	sd_event_source_disable_unref(vm->stealing);
	vm->stealing = NULL;
	if (sd_event_add_time_relative(vm->loop, &vm->stealing, CLOCK_MONOTONIC, STEAL_US, 1,
				       on_steal, vm) < 0)
		cellvm_fail(vm, "no timer to steal by");
}

/* In percent since it began; less than it should be is an error */
static double stolen(struct cellvm *vm)
{
	double share = 100 * vm->stolen_s / (now_s() - vm->outside_s);

	if (share < STOLEN_LEAST_PERCENT)
		cellvm_fail(vm, "only %.0f %% of QEMU's time could be stolen", share);
	return share;
}

/* The clock has been read: QEMU runs, and does so from now on */
static void end_steal(struct cellvm *vm)
{
	double share = stolen(vm);
	char *why;

	if (share < STOLEN_LEAST_PERCENT)
		return;
	why = xasprintf("SIGCONT: %.1f %% of its time were stolen", share);
	cellvm_log_counter(vm, "fault-over", vm->counter_ns, why);
	free(why);
}

static const char * const begun[] = {
	[OUTSIDE_PAUSE] = "QMP stop: the VM stands",
	[OUTSIDE_DISK_FULL] = "a write found the disk full: QEMU has stopped the VM",
	[OUTSIDE_STALL] = "SIGSTOP: its process is stopped",
	[OUTSIDE_LINK_DOWN] = "QMP set_link: its network card has no link",
	[OUTSIDE_DISK_HANG] = "SIGSTOP: who serves its disk is stopped",
	[OUTSIDE_STEAL] = "SIGSTOP and SIGCONT: its process has 10 ms of each 100",
};

static void holds(struct cellvm *vm)
{
	vm->outside = OUTSIDE_HOLDS;
	cellvm_log_counter(vm, "fault", vm->outside_ns, begun[kind_of(vm)]);
	if (vm->result->cell.fault->felt) {
		look_for_end(vm);
		return;
	}
	sd_event_source_disable_unref(vm->outside_end);
	vm->outside_end = NULL;
	if (kind_of(vm) == OUTSIDE_STEAL)
		steal(vm);
	if (sd_event_add_time_relative(vm->loop, &vm->outside_end, CLOCK_MONOTONIC,
				       vm->result->cell.msecs * 1000ULL, 1, on_time, vm) < 0)
		cellvm_fail(vm, "no timer for the end of the fault");
}

static void set_link(struct cellvm *vm, bool up)
{
	cellvm_ask(vm, OUTSIDE_ORDER, "set_link",
		   json_pack("{s:s s:b}", "name", NIC_ID, "up", up));
}

/* The clock was read: what is done now comes after that, and is begun when it is seen */
static void order(struct cellvm *vm)
{
	vm->outside_ns = vm->counter_ns;
	vm->outside_s = now_s();
	if (kind_of(vm) == OUTSIDE_LINK_DOWN) {
		set_link(vm, false);
		return;
	}
	if ((kind_of(vm) == OUTSIDE_STALL || kind_of(vm) == OUTSIDE_STEAL) && !stop(vm->pid))
		cellvm_fail(vm, "QEMU could not be stopped");
	else if (kind_of(vm) == OUTSIDE_DISK_HANG && !stop(vm->disk))
		cellvm_fail(vm, "nbdkit could not be stopped");
	else
		holds(vm);
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

/**
 * outside_answer() - QEMU has answered
 * @vm: its counter_ns is what the clock showed, if that was asked for
 * @id: of the question, which may be anybody's
 */
void outside_answer(struct cellvm *vm, const char *id)
{
	if (!strcmp(id, OUTSIDE_ORDER) && vm->outside == OUTSIDE_BEGINS) {
		holds(vm);
		return;
	}
	if (strcmp(id, OUTSIDE_ID))
		return;
	if (vm->outside == OUTSIDE_BEGINS) {
		order(vm);
		return;
	}
	if (vm->outside != OUTSIDE_ENDS)
		return;
	vm->outside = OUTSIDE_IDLE;
	if (stands(vm))
		end_standing(vm);
	else if (kind_of(vm) == OUTSIDE_DISK_HANG)
		end_disk_hang(vm);
	else if (kind_of(vm) == OUTSIDE_STEAL)
		end_steal(vm);
	else
		end_link_down(vm);
}

/**
 * outside_stops() - is a STOP of QEMU's the beginning of the fault?
 * @vm: running
 *
 * Return: whether.
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
		if (vm->stolen_since_s)
			give_back(vm);
		stolen(vm);
	}
	return vm->outside == OUTSIDE_BEGINS && kind_of(vm) == OUTSIDE_PAUSE;
}

/**
 * outside_is_reset() - QEMU is asked by somebody else to reset a VM that is paused
 * @vm: running
 *
 * Return: whether; the fault has ended with that, and no STOP will come.
 */
bool outside_is_reset(struct cellvm *vm)
{
	if (vm->outside != OUTSIDE_HOLDS || !stands(vm))
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

	if (kind_of(vm) != OUTSIDE_DISK_FULL && kind_of(vm) != OUTSIDE_DISK_HANG)
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
	vm->asks = sd_event_source_disable_unref(vm->asks);
	vm->outside_end = sd_event_source_disable_unref(vm->outside_end);
	vm->stealing = sd_event_source_disable_unref(vm->stealing);
	vm->stolen_since_s = 0;
	vm->outside = OUTSIDE_IDLE;
}
