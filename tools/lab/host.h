/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_HOST_H
#define PUG_HOST_H

#include <stdbool.h>
#include <stdio.h>

#include <sys/types.h>

/* How a guest's time runs (Documentation/time.rst) */
enum time_mode {
	TIME_WARP,	/* counted in instructions, idle time skipped */
	TIME_REAL,	/* the host's, by KVM or multi-threaded TCG */
};

/* What /dev/kvm is good for here */
enum kvm_state {
	KVM_NONE,		/* it can't be opened */
	KVM_NO_HARDWARE,	/* it can, but runs no stock kernel: host_virtualizes() */
	KVM_USABLE,
};

/**
 * struct host - what cells run with on this machine
 * @topdir: of the project, for guests and helpers
 * @qemu: path of qemu-system-x86_64
 * @qemu_version: "10.0.8"
 * @qemu_number: 1000008: major * 1000000 + minor * 1000 + micro
 * @kvm: what /dev/kvm is good for
 * @time: how time runs
 * @icount_shift: 2^shift ns of virtual time an instruction, in warp
 */
struct host {
	char *topdir;
	char *qemu;
	char qemu_version[32];
	long qemu_number;
	enum kvm_state kvm;
	enum time_mode time;
	unsigned int icount_shift;
};

/* icount with several vCPUs hangs before 8.1: fair slices came there */
#define QEMU_WARP_MIN 8001000L
/*
 * Virtual time an instruction: 128 ns. A smaller shift costs more instructions a
 * frozen second, with a greater one guests boot slower (make bench BENCH=shift).
 */
#define ICOUNT_SHIFT 7

int host_find(struct host *host, const char *qemu);
void host_free(struct host *host);
const char *host_accel(const struct host *host);
const char *host_time(const struct host *host);
bool host_virtualizes(FILE *cpuinfo);
char *host_run(char * const argv[]);
void remove_tree(const char *dir);
bool host_is_stopped(pid_t pid);
bool host_has(const char *program);
unsigned int host_tsc_khz(void);

#endif
