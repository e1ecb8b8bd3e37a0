/* SPDX-License-Identifier: GPL-2.0 */
/* The Proxmox fixture: what its two halves share. */
#ifndef PVE_API_H
#define PVE_API_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

extern json_t *scenario;
extern FILE *stop_log;

double seconds(void);
const char *text(const json_t *object, const char *key);
double number(const json_t *object, const char *key);
json_t *find_vm(const char *node, const char *vmid);
const char *vm_state(json_t *vm);
json_t *vm_status(json_t *vm);
json_t *vm_config(json_t *vm);
json_t *vm_stop(json_t *vm, const char *user);
json_t *task_status(const char *upid);

#endif /* PVE_API_H */
