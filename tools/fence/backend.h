/* SPDX-License-Identifier: GPL-2.0 */
/* What a hypervisor can be asked, one table of operations for each kind. */
#ifndef PUG_FENCE_BACKEND_H
#define PUG_FENCE_BACKEND_H

#include <stdint.h>

#include "config.h"
#include "decide.h"

#define BACKEND_NAMES	"pve, qmp, ssh-command, agent, libvirt"

/* Signs by which a VM is known */
#define TELLS_UUID	1U
#define TELLS_NAME	2U
#define TELLS_MAC	4U

/**
 * struct vm_view - what a hypervisor said of a VM
 * @fact: what it comes to
 * @why: in words
 * @uuid: SMBIOS UUID, lower case; empty where it was not told
 * @name: its name
 * @mac: its MAC addresses, lower case, with a blank between
 * @where: the node that has it
 * @is_template: it is no machine but the mould for some
 */
struct vm_view {
	enum vm_fact fact;
	char why[256];
	char uuid[64];
	char name[128];
	char mac[512];
	char where[64];
	bool is_template;
};

/**
 * struct fence - a hypervisor while it is spoken to, by one process
 * @config: whole configuration
 * @hyper: this one
 * @member: whose VM is meant
 * @vm: what @hyper calls it
 * @until_ms: as now_ms(), of CLOCK_BOOTTIME; nothing goes on beyond
 * @host: the API host that answered last
 * @data: the back end's own
 */
struct fence {
	const struct config *config;
	const struct hypervisor *hyper;
	const struct member *member;
	const char *vm;
	uint64_t until_ms;
	unsigned int host;
	void *data;
};

/**
 * struct backend - a kind of hypervisor
 * @name: as 'type' has it
 * @tells: TELLS_*: what of an identity it can tell; what it then does not tell of a
 *	VM is no match
 * @vm_is: what is wrong with a 'vm' that @check_vm refuses
 * @check_vm: 0 if this can name a VM
 * @missing: what a section lacks, NULL if it is whole
 * @read: state and identity; one question, bounded by try_timeout
 * @stop: pull the plug; the state is read again by the caller. 0, or -1
 * @start: power it on; fence_pug only. 0, or -1
 * @check: for `pug-fence check`: prints lines, returns 0, 1 or 2
 * @list: prints VM,NAME lines; NULL if it cannot
 */
struct backend {
	const char *name;
	unsigned int tells;
	const char *vm_is;
	int (*check_vm)(const char *vm);
	const char *(*missing)(const struct hypervisor *hyper);
	void (*read)(struct fence *fence, struct vm_view *view);
	int (*stop)(struct fence *fence, struct trouble *why);
	int (*start)(struct fence *fence, struct trouble *why);
	int (*check)(struct fence *fence);
	int (*list)(struct fence *fence);
};

extern const struct backend backend_pve, backend_qmp, backend_ssh, backend_agent,
	backend_libvirt;

const struct backend *backend_find(const char *name);
void view_set(struct vm_view *view, enum vm_fact fact, const char *fmt, ...) __printf(3, 4);
void backend_read(struct fence *fence, struct vm_view *view);
int backend_stop(struct fence *fence, struct trouble *why);
bool backend_identity(unsigned int tells, const struct member *member, struct vm_view *view);
int vm_is_number(const char *vm);
int vm_is_word(const char *vm);
int vm_is_path(const char *vm);

#endif /* PUG_FENCE_BACKEND_H */
