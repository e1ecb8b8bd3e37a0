// SPDX-License-Identifier: GPL-2.0
/*
 * Time that is stolen from a VM: its QEMU is stopped for most of each 100 ms. A process
 * stops when each of its threads has been run to see that it is to: on a busy host that
 * takes its time. What was not seen to be stopped in the end was not stolen.
 */
#include <signal.h>

#include "cellvm-steal.h"
#include "host.h"
#include "util.h"

#define STEAL_US 90000
#define LEAVE_US 10000
#define STOLEN_LEAST_PERCENT 80

/**
 * steal_give_back() - QEMU runs from now on, or until it is stopped again
 * @vm: any
 */
void steal_give_back(struct cellvm *vm)
{
	if (!vm->stolen_since_s)
		return;
	if (host_is_stopped(vm->pid))
		vm->stolen_s += now_s() - vm->stolen_since_s;
	vm->stolen_since_s = 0;
	if (vm->pid > 0)
		kill(vm->pid, SIGCONT);
}

static int on_time(sd_event_source *source, uint64_t usec, void *data)
{
	struct cellvm *vm = data;
	bool on = vm->stage == STAGE_PLAY && vm->outside == OUTSIDE_HOLDS && vm->pid > 0;

	(void)usec;
	if (vm->stolen_since_s) {
		steal_give_back(vm);
	} else if (on) {
		vm->stolen_since_s = now_s();
		kill(vm->pid, SIGSTOP);
	}
	if (!on)
		return 0;
	sd_event_source_set_time_relative(source, vm->stolen_since_s ? STEAL_US : LEAVE_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/**
 * steal_begin() - go on as long as the fault holds
 * @vm: its QEMU has been stopped for the first time
 */
void steal_begin(struct cellvm *vm)
{
	vm->stolen_s = 0;
	vm->stolen_since_s = now_s();
	sd_event_source_disable_unref(vm->stealing);
	vm->stealing = NULL;
	if (sd_event_add_time_relative(vm->loop, &vm->stealing, CLOCK_MONOTONIC, STEAL_US, 1,
				       on_time, vm) < 0)
		cellvm_fail(vm, "no timer to steal by");
}

/**
 * steal_end() - let QEMU run, and count
 * @vm: its @outside_s is when the fault began
 *
 * Return: what was stolen of the time since, in percent; or -1 where that is less than
 * it should be, and the cell has failed.
 */
double steal_end(struct cellvm *vm)
{
	double share;

	steal_give_back(vm);
	share = 100 * vm->stolen_s / (now_s() - vm->outside_s);
	if (share >= STOLEN_LEAST_PERCENT)
		return share;
	cellvm_fail(vm, "only %.0f %% of QEMU's time could be stolen", share);
	return -1;
}

/**
 * steal_release() - forget it
 * @vm: its QEMU is gone
 */
void steal_release(struct cellvm *vm)
{
	vm->stealing = sd_event_source_disable_unref(vm->stealing);
	vm->stolen_since_s = 0;
}
