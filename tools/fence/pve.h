/* SPDX-License-Identifier: GPL-2.0 */
/* Understanding answers of the Proxmox VE API. Pure. */
#ifndef PUG_FENCE_PVE_H
#define PUG_FENCE_PVE_H

#include <jansson.h>

#include "backend.h"

/* Privileges that pug-fence needs on a VM, and the only ones. */
#define PVE_AUDIT	"VM.Audit"
#define PVE_POWER	"VM.PowerMgmt"

/* On "/", to be told whether a cluster is quorate; worth having, and no danger. */
#define PVE_QUORUM	"Sys.Audit"

int pve_find_node(const json_t *resources, const char *vm, char *node, size_t size,
		  struct vm_view *view);
void pve_judge(const json_t *status, const json_t *config, const char *vm,
	       struct vm_view *view);
int pve_quorum(const json_t *status, char *why, size_t size);
int pve_majority(const json_t *nodes, char *why, size_t size);
bool pve_is_online(const json_t *list, const char *node);
int pve_task(const json_t *task, struct trouble *why);
bool pve_is_upid(const char *text);
unsigned int pve_privileges(const json_t *permissions, const char *vm, char *extra, size_t size);

#define PVE_HAS_AUDIT	1U
#define PVE_HAS_POWER	2U

#endif /* PUG_FENCE_PVE_H */
