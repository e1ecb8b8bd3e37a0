// SPDX-License-Identifier: GPL-2.0
/* What is looked at twice a second while a cell runs: limits, floods, deaths. */
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cellvm.h"
#include "compiler.h"
#include "console.h"
#include "evidence.h"
#include "util.h"

/* Wall seconds; generous, since two VMs and a compiler may share two cores */
#define BOOT_S 240
#define BACK_S 240
#define QUIT_S 30
#define CLOSED_S 3
#define PANIC_S 5
#define LAST_WORDS_S 10
#define FLOOD_BYTES (32L << 20)
#define GREETING_S 60
#define ANSWER_S 60

/* What it writes while it is asked kindly would go on filling the disk */
static void flooded(struct cellvm *vm, const char *what)
{
	cellvm_fail(vm, "the guest flooded %s", what);
	if (vm->pid > 0)
		kill(vm->pid, SIGKILL);
}

/* A wait is over: QEMU may have had no chance to end it */
static void __printf(2, 3)
waited(struct cellvm *vm, const char *fmt, ...)
{
	bool stopped = vm->pid > 0 && host_is_stopped(vm->pid);
	va_list ap;
	char *why;

	va_start(ap, fmt);
	why = xvasprintf(fmt, ap);
	va_end(ap);
	cellvm_fail(vm, "%s%s", why, stopped ? ": QEMU was stopped (SIGSTOP)" : "");
	free(why);
}

/**
 * cellvm_file_size() - of what the evidence comes in
 * @vm: running
 * @name: of the file
 *
 * Return: bytes, 0 where it is not there.
 */
long cellvm_file_size(const struct cellvm *vm, const char *name)
{
	char *path = path_join(vm->result->dir, name);
	struct stat st;
	long size = stat(path, &st) ? 0 : st.st_size;

	free(path);
	return size;
}

/* It panics as it should; how long it has been dead its counter says */
static void check_death(struct cellvm *vm)
{
	if (!vm->panic_s && console_panicked(vm->result->dir, &vm->console_read))
		vm->panic_s = now_s();
	if (vm->panic_s && vm->stage == STAGE_PLAY && !vm->waiting_s && !vm->watched)
		cellvm_read_counter(vm, "hpet-dead");
}

static void check_panic(struct cellvm *vm)
{
	double now = now_s();

	if (vm->result->cell.fault->fatal) {
		check_death(vm);
		return;
	}
	if (!vm->panic_s && console_panicked(vm->result->dir, &vm->console_read))
		vm->panic_s = now;
	/* One that is a watchdog's doing may wait for a CPU that hangs: until the thaw */
	if (vm->result->cell.watchdog->panics)
		return;
	if (vm->panic_s && now - vm->panic_s > PANIC_S &&
	    (vm->stage == STAGE_PLAY || vm->stage == STAGE_BACK))
		cellvm_fail(vm, "the guest's kernel panicked (see %s)", EVIDENCE_CONSOLE);
}

static double play_limit(const struct cellvm *vm)
{
	const struct cell *cell = &vm->result->cell;

	if (vm->deadline_s > 0)
		return vm->deadline_s;
	/* In real time the plan itself takes so long, and guests' clocks may drag */
	return BOOT_S + 2.0 * (cell->msecs + cell->settle_ms +
			       cell->periods * cell->interval_ms) / 1000 + 60;
}

static double boot_limit(const struct cellvm *vm)
{
	return vm->deadline_s > 0 && vm->deadline_s < BOOT_S ? vm->deadline_s : BOOT_S;
}

static void check_stage(struct cellvm *vm)
{
	double in_stage = now_s() - vm->stage_s;

	switch (vm->stage) {
	case STAGE_GREETING:
		if (in_stage > GREETING_S)
			waited(vm, "QEMU sent no QMP greeting in %d s", GREETING_S);
		break;
	case STAGE_FORK:
		if (in_stage > GREETING_S)
			waited(vm, "QEMU did not load the %s in %d s",
			       vm->second ? "state that was saved" : "warm guest", GREETING_S);
		break;
	case STAGE_PLAY:
		if (in_stage > boot_limit(vm) && !cellvm_file_size(vm, EVIDENCE_AGENT))
			waited(vm, "the guest did not boot in %.0f s", boot_limit(vm));
		else if (in_stage > play_limit(vm))
			waited(vm, "the guest did not end its plan in %.0f s",
			       play_limit(vm));
		break;
	case STAGE_BACK:
		/* It did not come back: that is a finding, not a failure of the lab */
		if (in_stage > (vm->deadline_s > 0 ? vm->deadline_s : BACK_S)) {
			cellvm_log(vm, "not-back", "the machine did not come back");
			cellvm_finish(vm);
		}
		break;
	case STAGE_LAST_WORDS:
		if (in_stage > LAST_WORDS_S || vm->panic_s)
			cellvm_finish(vm);
		break;
	case STAGE_QUIT:
		if (in_stage > QUIT_S)
			waited(vm, "QEMU did not quit in %d s", QUIT_S);
		break;
	case STAGE_KILL:
		if (in_stage > 3 && vm->pid > 0)
			kill(vm->pid, SIGKILL);
		break;
	}
}

/**
 * cellvm_tick() - look whether all goes on; to be called about twice a second
 * @vm: running
 */
void cellvm_tick(struct cellvm *vm)
{
	if (vm->stage != STAGE_KILL) {
		if (cellvm_file_size(vm, EVIDENCE_TRACE) > 8 * FLOOD_BYTES)
			flooded(vm, "QEMU's trace");
		else if (cellvm_file_size(vm, EVIDENCE_CONSOLE) > FLOOD_BYTES)
			flooded(vm, "its console");
		else if (cellvm_file_size(vm, EVIDENCE_CANARY) > 4 * FLOOD_BYTES ||
			 cellvm_file_size(vm, EVIDENCE_AGENT) > FLOOD_BYTES)
			flooded(vm, "a channel");
		else if (vm->waiting_s && now_s() - vm->waiting_s > ANSWER_S)
			waited(vm, "QEMU did not answer over QMP for %d s", ANSWER_S);
		else if (vm->closed_s && now_s() - vm->closed_s > CLOSED_S)
			cellvm_fail(vm, "%s", vm->closed_why);
	}
	check_panic(vm);
	check_stage(vm);
}

/**
 * cellvm_row() - how it goes, for who looks on
 * @vm: running
 * @row: filled in; valid until the next call
 */
void cellvm_row(struct cellvm *vm, struct live_row *row)
{
	static const char * const words[] = {
		[STAGE_GREETING] = "starts", [STAGE_FORK] = "is forked", [STAGE_PLAY] = "plays",
		[STAGE_BACK] = "returns", [STAGE_LAST_WORDS] = "panics", [STAGE_QUIT] = "ends",
		[STAGE_KILL] = "fails",
	};

	glance_look(&vm->glance, vm->result->dir);
	row->name = vm->result->cell.id;
	row->stage = words[vm->stage];
	row->seconds = vm->glance.ns < 0 ? -1 : (double)vm->glance.ns / NSEC_PER_SEC;
	row->last = vm->glance.last;
}

/**
 * cellvm_shift() - time that does not count: pug itself stood still
 * @vm: running
 * @seconds: so long
 */
void cellvm_shift(struct cellvm *vm, double seconds)
{
	double *const since[] = { &vm->stage_s, &vm->closed_s, &vm->waiting_s, &vm->panic_s };

	vm->started_s += seconds;
	for (size_t i = 0; i < ARRAY_SIZE(since); i++)
		if (*since[i] > 0)
			*since[i] += seconds;
}
