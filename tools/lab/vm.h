/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_VM_H
#define PUG_VM_H

#include <sys/types.h>

#include "cell.h"
#include "host.h"

/**
 * struct guest - what a guest boots
 * @name: of the kernel, as in cells
 * @vmlinuz: kernel image
 * @initramfs: made by vm/mkinitramfs for it
 * @release: uname -r, "" when not known
 */
struct guest {
	char name[64];
	char *vmlinuz;
	char *initramfs;
	char release[64];
};

int guest_find(struct guest *guest, const struct host *host, const char *name);
void guest_free(struct guest *guest);

int vm_write_plan(const struct cell *cell, const char *dir);
pid_t vm_spawn(const struct cell *cell, const struct host *host, const struct guest *guest,
	       const char *dir, int *qmp_fd);

#endif
