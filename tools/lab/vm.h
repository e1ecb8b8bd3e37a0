/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_VM_H
#define PUG_VM_H

#include <sys/types.h>

#include "cell.h"
#include "host.h"

#define SUM_LEN 17

/**
 * struct guest - what a guest boots
 * @name: of the kernel, as in cells
 * @vmlinuz: kernel image
 * @initramfs: made by vm/mkinitramfs for it
 * @release: uname -r, "" when not known
 * @image: sum of @vmlinuz, 16 hex digits
 * @init: sum of @initramfs
 */
struct guest {
	char name[64];
	char *vmlinuz;
	char *initramfs;
	char release[64];
	char image[SUM_LEN];
	char init[SUM_LEN];
};

#define MEMORY_MIB 256
/* Of the disk, where a cell has one */
#define DISK_MIB 128
/* Of the network card, where it has one */
#define NIC_ID "nic"

/* Sockets of a QEMU that is watched, in its working folder */
#define WATCH_QMP "watch.sock"
#define WATCH_HEART "heart.sock"

/* How a VM comes to its plan */
enum vm_start {
	VM_BOOT,	/* boots, finds its plan, carries it out */
	VM_WARM,	/* boots and waits for a plan: it is to be saved */
	VM_FORK,	/* goes on where a warm one was saved */
};

/**
 * struct vm_spec - a QEMU to be started
 * @cell: asked; of a warm one any cell that will be forked from it
 * @host: runs it
 * @guest: boots in it
 * @dir: QEMU's working folder: evidence, or the warm guest
 * @start: how it comes to its plan
 * @ram: file that holds the guest's memory, for VM_WARM and VM_FORK
 * @second: it goes on where another QEMU of this folder has left off
 * @roughly: for the name of a warm guest: what is measured anew each time is rounded
 */
struct vm_spec {
	const struct cell *cell;
	const struct host *host;
	const struct guest *guest;
	const char *dir;
	enum vm_start start;
	const char *ram;
	bool second;
	bool roughly;
};

int guest_find(struct guest *guest, const struct host *host, const char *name);
void guest_free(struct guest *guest);

int vm_write_plan(const struct cell *cell, const char *dir);
void vm_last_words(const char *dir, char *text, size_t len);
pid_t vm_spawn(const struct vm_spec *spec, int *qmp_fd);
char *vm_identity(const struct vm_spec *spec);
bool vm_has_disk(const struct cell *cell);
bool vm_moves(const struct cell *cell);
bool vm_alike(const struct cell *a, const struct cell *b);

#endif
