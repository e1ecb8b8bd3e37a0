// SPDX-License-Identifier: GPL-2.0
/*
 * Understanding answers of the Proxmox VE API: PVE/API2/Qemu.pm, vmstatus() and
 * vm_stop() of PVE/QemuServer.pm.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "io.h"
#include "pve.h"

static bool is_node_name(const char *name)
{
	if (!isalnum((unsigned char)*name) || strlen(name) >= 64)
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && *name != '-' && *name != '.')
			return false;
	return true;
}

/* VMIDs are numbers here and strings there */
static bool is_vmid(const json_t *value, const char *vm)
{
	if (json_is_integer(value))
		return json_integer_value(value) == atoll(vm);
	return json_is_string(value) && !strcmp(json_string_value(value), vm);
}

/**
 * pve_find_node() - where a VM is, by the list of the whole cluster
 * @resources: data of GET /cluster/resources?type=vm
 * @vm: VMID
 * @node: the node's name
 * @size: room in @node
 * @view: says why it is not found
 *
 * Return: 0, or -1.
 */
int pve_find_node(const json_t *resources, const char *vm, char *node, size_t size,
		  struct vm_view *view)
{
	const char *seen = NULL;
	json_t *entry;
	size_t i;

	if (!json_is_array(resources)) {
		view_set(view, VM_UNKNOWN, "the list of VMs is no list");
		return -1;
	}
	json_array_foreach(resources, i, entry) {
		const char *type = json_string_value(json_object_get(entry, "type"));
		const char *name = json_string_value(json_object_get(entry, "node"));

		if (!is_vmid(json_object_get(entry, "vmid"), vm))
			continue;
		if (!type || strcmp(type, "qemu") || !name || !is_node_name(name)) {
			view_set(view, VM_WRONG, "%s is no QEMU VM", vm);
			return -1;
		}
		if (seen && strcmp(seen, name)) {
			view_set(view, VM_UNKNOWN, "VM %s is listed on two nodes", vm);
			return -1;
		}
		seen = name;
	}
	if (!seen) {
		view_set(view, VM_WRONG, "there is no VM %s, or the token must not see it", vm);
		return -1;
	}
	snprintf(node, size, "%s", seen);
	return 0;
}

static bool is_true(const json_t *value)
{
	return json_is_true(value) || json_integer_value(value) == 1 ||
	       (json_is_string(value) && !strcmp(json_string_value(value), "1"));
}

static const char *word_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/**
 * pve_quorum() - may this host be believed?
 * @status: data of GET /cluster/status
 * @why: why not
 * @size: room in @why
 *
 * A host without quorum goes by what it knew when it was left alone: a VM that it
 * calls stopped may have been started elsewhere. A machine that is in no cluster
 * says so by naming itself and nothing else.
 *
 * Return: 0 if it may, -1 if not.
 */
int pve_quorum(const json_t *status, char *why, size_t size)
{
	bool in_cluster = false, quorate = false;
	unsigned int nodes = 0, own = 0;
	json_t *entry;
	size_t i;

	json_array_foreach(status, i, entry) {
		if (!strcmp(word_of(entry, "type"), "cluster")) {
			in_cluster = true;
			quorate = is_true(json_object_get(entry, "quorate"));
		} else if (!strcmp(word_of(entry, "type"), "node")) {
			nodes++;
			own += is_true(json_object_get(entry, "local"));
		}
	}
	if (in_cluster ? quorate : nodes == 1 && own == 1)
		return 0;
	snprintf(why, size, "%s",
		 in_cluster ? "its cluster is not quorate, so what it knows may be old" :
			      "it does not say whether its cluster is quorate");
	return -1;
}

/**
 * pve_majority() - the same for a token without Sys.Audit on "/"
 * @nodes: data of GET /nodes, which any token may read
 * @why: why not
 * @size: room in @why
 *
 * That tells no votes, but who is online in the eyes of this host: more than half of
 * all must be.
 *
 * Return: 0 if it may be believed, -1 if not.
 */
int pve_majority(const json_t *nodes, char *why, size_t size)
{
	unsigned int all = 0, online = 0;
	json_t *entry;
	size_t i;

	json_array_foreach(nodes, i, entry) {
		all++;
		online += !strcmp(word_of(entry, "status"), "online");
	}
	if (all && online * 2 > all)
		return 0;
	snprintf(why, size, "it sees %u of %u nodes, and without " PVE_QUORUM " on / the token is not told of a quorum",
		 online, all);
	return -1;
}

/**
 * pve_is_online() - is a node in the same part of the cluster as who answers?
 * @list: what pve_quorum() or pve_majority() has read
 * @node: where the VM is
 *
 * Return: true if so.
 */
bool pve_is_online(const json_t *list, const char *node)
{
	json_t *entry;
	size_t i;

	json_array_foreach(list, i, entry) {
		const char *name = word_of(entry, "name");

		if (strcmp(word_of(entry, "type"), "node"))
			continue;
		if (!*name)
			name = word_of(entry, "node");
		if (!strcmp(name, node))
			return is_true(json_object_get(entry, "online")) ||
			       !strcmp(word_of(entry, "status"), "online");
	}
	return false;
}

/* smbios1: "uuid=...,manufacturer=..." */
static void take_uuid(const char *smbios, struct vm_view *view)
{
	const char *uuid = smbios;

	while (uuid && strncmp(uuid, "uuid=", 5)) {
		uuid = strchr(uuid, ',');
		if (uuid)
			uuid++;
	}
	if (!uuid)
		return;
	snprintf(view->uuid, sizeof(view->uuid), "%.*s", (int)strcspn(uuid + 5, ","), uuid + 5);
	for (char *p = view->uuid; *p; p++)
		*p = tolower((unsigned char)*p);
}

/* netN: "virtio=BC:24:11:..,bridge=vmbr0": the first value is the address */
static void take_mac(const char *net, struct vm_view *view)
{
	const char *mac = strchr(net, '=');
	size_t used = strlen(view->mac);

	if (!mac || strlen(mac) < 18 || used + 19 > sizeof(view->mac))
		return;
	snprintf(view->mac + used, sizeof(view->mac) - used, "%s%.17s", used ? " " : "", mac + 1);
	for (char *p = view->mac; *p; p++)
		*p = tolower((unsigned char)*p);
}

static void take_identity(const json_t *config, struct vm_view *view)
{
	const char *name = json_string_value(json_object_get(config, "name"));
	const char *smbios = json_string_value(json_object_get(config, "smbios1"));
	char key[16];

	snprintf(view->name, sizeof(view->name), "%s", name ? name : "");
	take_uuid(smbios, view);
	for (int i = 0; i < 32; i++) {
		const char *net;

		snprintf(key, sizeof(key), "net%d", i);
		net = json_string_value(json_object_get(config, key));
		if (net)
			take_mac(net, view);
	}
	view->is_template = is_true(json_object_get(config, "template"));
}

/*
 * "stopped" is not enough: a hibernated VM is stopped, and will go on where it
 * was with all that it had in memory; one that is locked is on its way from or
 * to something.
 */
static void judge_stopped(const json_t *status, const json_t *config, struct vm_view *view)
{
	const char *qmp = word_of(status, "qmpstatus");
	const char *lock = word_of(status, "lock");

	if (!*lock)
		lock = word_of(config, "lock");
	if (*qmp && strcmp(qmp, "stopped"))
		view_set(view, VM_NOT_OFF, "stopped, but QEMU says %s", qmp);
	else if (json_object_get(status, "pid"))
		view_set(view, VM_NOT_OFF, "stopped, but it has a process");
	else if (json_object_get(config, "vmstate") || !strcmp(lock, "suspended"))
		view_set(view, VM_NOT_OFF, "hibernated: it would go on where it was");
	else if (*lock)
		view_set(view, VM_NOT_OFF, "stopped, but locked (%s)", lock);
	else
		view_set(view, VM_OFF, "off");
}

/**
 * pve_judge() - state and identity of a VM
 * @status: data of .../status/current
 * @config: data of .../config
 * @vm: VMID
 * @view: the result
 */
void pve_judge(const json_t *status, const json_t *config, const char *vm,
	       struct vm_view *view)
{
	const char *state = word_of(status, "status");
	const char *qmp = word_of(status, "qmpstatus");
	const char *lock = word_of(status, "lock");
	json_t *vmid = json_object_get(status, "vmid");

	if (!json_is_object(status) || !json_is_object(config)) {
		view_set(view, VM_UNKNOWN, "the answer has no data");
		return;
	}
	take_identity(config, view);
	if (vmid && !is_vmid(vmid, vm))
		view_set(view, VM_UNKNOWN, "the answer is about another VM");
	else if (!strcmp(state, "stopped"))
		judge_stopped(status, config, view);
	else if (strcmp(state, "running"))
		view_set(view, VM_UNKNOWN, "its status is '%.40s'", state);
	else if (!*qmp || !strcmp(qmp, "running"))
		view_set(view, VM_RUNNING, "running%s%s", *lock ? ", locked: " : "", lock);
	else
		view_set(view, VM_NOT_OFF, "%s", qmp);
}

/**
 * pve_task() - how a task ended
 * @task: data of .../tasks/UPID/status
 * @why: its complaint
 *
 * Return: 0 if it is done, 1 if it is still at it, -1 if it failed.
 */
int pve_task(const json_t *task, struct trouble *why)
{
	const char *exit = word_of(task, "exitstatus");

	if (!strcmp(word_of(task, "status"), "running"))
		return 1;
	if (strcmp(word_of(task, "status"), "stopped"))
		return trouble_set(why, "the task cannot be followed");
	if (!strcmp(exit, "OK") || !strncmp(exit, "WARNINGS", 8))
		return 0;
	trouble_set(why, "%.200s", exit);
	io_clean_text(why->text);
	return -1;
}

/**
 * pve_is_upid() - may this be put into a path?
 * @text: a task's name, as it came
 *
 * Return: true if so.
 */
bool pve_is_upid(const char *text)
{
	size_t len = strlen(text);

	if (len < 10 || len > 200 || strncmp(text, "UPID:", 5))
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr(":@!._-", *text))
			return false;
	return true;
}

/* /vms/VMID if it is there, else what the paths above say */
static const json_t *privileges_of(const json_t *permissions, const char *vm)
{
	static const char *const above[] = { "/vms", "/" };
	const json_t *found;
	char path[300];

	snprintf(path, sizeof(path), "/vms/%s", vm);
	found = json_object_get(permissions, path);
	for (size_t i = 0; !found && i < ARRAY_SIZE(above); i++)
		found = json_object_get(permissions, above[i]);
	return found;
}

/**
 * pve_privileges() - what the token may do to a VM
 * @permissions: data of GET /access/permissions: under privilege separation
 *	that is already what user and token have in common
 * @vm: VMID
 * @extra: names of those that are not needed, or ""
 * @size: room in @extra
 *
 * Return: bits PVE_HAS_AUDIT and PVE_HAS_POWER.
 */
unsigned int pve_privileges(const json_t *permissions, const char *vm, char *extra, size_t size)
{
	json_t *privileges = (json_t *)privileges_of(permissions, vm), *value;
	unsigned int has = 0;
	const char *name;

	*extra = '\0';
	json_object_foreach(privileges, name, value) {
		size_t used = strlen(extra);

		/* The value tells whether it is inherited further, not whether it is granted */
		if (!strcmp(name, PVE_AUDIT))
			has |= PVE_HAS_AUDIT;
		else if (!strcmp(name, PVE_POWER))
			has |= PVE_HAS_POWER;
		else if (strcmp(name, PVE_QUORUM))
			snprintf(extra + used, size - used, "%s%.40s", used ? " " : "", name);
	}
	io_clean_text(extra);
	return has;
}
