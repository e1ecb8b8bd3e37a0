// SPDX-License-Identifier: GPL-2.0
/*
 * A VM that goes on in a second QEMU: migrated, or reverted to a snapshot. What QEMU
 * saves is the same stream for both. Who is migrated goes on where it stood; who is
 * reverted goes back in time, and what it has written meanwhile stays written.
 */
#include <stdlib.h>
#include <unistd.h>

#include "cellvm-move.h"
#include "cellvm-outside.h"
#include "evidence.h"
#include "util.h"
#include "vm.h"

/* In the cell's folder, as long as it is wanted */
#define STATE "moved.state"

/**
 * move_save() - write the state of a VM that stands
 * @vm: QEMU has been asked for its clock
 *
 * A fork of a warm guest has left the memory out of its own state, since its file was
 * there: here it is to be written with all the rest.
 */
void move_save(struct cellvm *vm)
{
	vm->outside = OUTSIDE_SAVES;
	cellvm_ask(vm, "migrate-set-capabilities", "migrate-set-capabilities",
		   qmp_migration(false));
	cellvm_ask(vm, "migrate", "migrate", json_pack("{s:s}", "uri", "file:" STATE));
}

/**
 * move_away() - the first QEMU is to go, and the second comes
 * @vm: its state is written
 */
void move_away(struct cellvm *vm)
{
	vm->outside = OUTSIDE_MOVES;
	cellvm_ask(vm, "quit", "quit", NULL);
}

/**
 * move_load() - the second QEMU is there: what was saved is to go on in it
 * @vm: it has greeted
 */
void move_load(struct cellvm *vm)
{
	/* What it shows is to be read from the second */
	vm->counter_ns = -1;
	cellvm_load(vm, "file:" STATE, false);
}

/* From here on what the guest says is said again, at a time that has been */
static void note_travel(struct cellvm *vm)
{
	json_t *line = json_pack("{s:s s:f s:I s:I s:I s:I s:s}", "event", "travel",
				 "host_s", now_s(),
				 "hpet", (json_int_t)(vm->counter_ns / HPET_NS_PER_TICK),
				 "from", (json_int_t)(vm->left_ns / HPET_NS_PER_TICK),
				 EVIDENCE_AGENT, (json_int_t)cellvm_file_size(vm, EVIDENCE_AGENT),
				 EVIDENCE_CANARY, (json_int_t)cellvm_file_size(vm, EVIDENCE_CANARY),
				 "why", "it goes on where the snapshot was taken");

	cellvm_log_line(vm, line);
}

/**
 * move_land() - the second QEMU has the state: is it the one that was saved?
 * @vm: counter_ns is what its clock shows, before it goes on
 */
void move_land(struct cellvm *vm)
{
	bool reverted = vm->result->cell.fault->outside == OUTSIDE_SNAPSHOT;

	if (vm->counter_ns != vm->outside_ns) {
		cellvm_fail(vm, "the VM was %s, and its clock is not the one that was saved",
			    reverted ? "reverted" : "migrated");
		return;
	}
	vm->outside = OUTSIDE_IDLE;
	if (reverted)
		note_travel(vm);
	cellvm_log_counter(vm, "fault-over", reverted ? vm->left_ns : vm->counter_ns,
			   reverted ? "a second QEMU has loaded the snapshot, QMP cont" :
			   "a second QEMU has loaded the state, QMP cont");
	move_clean(vm);
	cellvm_play(vm);
}

/**
 * move_clean() - what was saved is wanted no more
 * @vm: any
 */
void move_clean(struct cellvm *vm)
{
	char *path = path_join(vm->result->dir, STATE);

	unlink(path);
	free(path);
}
