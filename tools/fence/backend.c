// SPDX-License-Identifier: GPL-2.0
/*
 * What all kinds of hypervisors have in common: a VM is looked at, its identity
 * compared, and only then anything is done to it.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "backend.h"
#include "clock.h"
#include "io.h"
#include "num.h"

static const struct backend *const backends[] = {
	&backend_pve, &backend_qmp, &backend_ssh, &backend_agent, &backend_libvirt,
};

/**
 * backend_find() - a kind of hypervisor by its name
 * @name: as 'type' has it
 *
 * Return: it, or NULL.
 */
const struct backend *backend_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(backends); i++)
		if (!strcmp(backends[i]->name, name))
			return backends[i];
	return NULL;
}

/**
 * view_set() - what is known of a VM, and why
 * @view: changed
 * @fact: what it comes to
 * @fmt: and what follows: as printf()
 */
void view_set(struct vm_view *view, enum vm_fact fact, const char *fmt, ...)
{
	va_list ap;

	view->fact = fact;
	va_start(ap, fmt);
	vsnprintf(view->why, sizeof(view->why), fmt, ap);
	va_end(ap);
	io_clean_text(view->why);
}

/* One of the words of a list */
static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (*list) {
		size_t n = strcspn(list, " ");

		if (n == len && !strncasecmp(list, word, n))
			return true;
		list += n;
		list += strspn(list, " ");
	}
	return false;
}

/* Does one of its network interfaces stand in this very machine? */
static bool is_this_machine(const char *macs)
{
	char path[320], mac[32];
	bool found = false;
	struct dirent *entry;
	DIR *dir;

	dir = *macs ? opendir("/sys/class/net") : NULL;
	if (!dir)
		return false;
	while (!found && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/sys/class/net/%s/address", entry->d_name);
		if (io_read_file(path, mac, sizeof(mac)) < 17)
			continue;
		mac[17] = '\0';
		found = strcmp(mac, "00:00:00:00:00:00") && has_word(macs, mac);
	}
	closedir(dir);
	return found;
}

/**
 * backend_identity() - is this the VM that the configuration means?
 * @tells: TELLS_*: what this kind of hypervisor can tell
 * @member: whose VM it should be
 * @view: what the hypervisor told; @fact and @why say VM_WRONG where it is not
 *
 * What is configured must have been told, and match. What this kind of hypervisor
 * never tells is passed over, but one thing must have been compared.
 *
 * Return: true if it is.
 */
bool backend_identity(unsigned int tells, const struct member *member, struct vm_view *view)
{
	const struct {
		unsigned int bit;
		const char *what, *wanted, *seen;
	} parts[] = {
		{ TELLS_UUID, "UUID", member->vm_uuid, view->uuid },
		{ TELLS_NAME, "name", member->vm_name, view->name },
		{ TELLS_MAC, "MAC address", member->vm_mac, view->mac },
	};
	unsigned int compared = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		bool equal;

		if (!parts[i].wanted[0] || !(tells & parts[i].bit))
			continue;
		equal = parts[i].bit == TELLS_NAME ? !strcmp(parts[i].wanted, parts[i].seen) :
						     has_word(parts[i].seen, parts[i].wanted);
		if (!parts[i].seen[0]) {
			view_set(view, VM_WRONG, "the hypervisor does not tell its %s, which should be %s",
				 parts[i].what, parts[i].wanted);
			return false;
		}
		if (!equal) {
			view_set(view, VM_WRONG, "its %s is %s, not %s", parts[i].what,
				 parts[i].seen, parts[i].wanted);
			return false;
		}
		compared++;
	}
	if (view->is_template)
		view_set(view, VM_WRONG, "it is a template");
	else if (is_this_machine(view->mac))
		view_set(view, VM_WRONG, "it is the VM that this runs in");
	else if (!compared)
		view_set(view, VM_WRONG, "the hypervisor tells none of what identifies it in the configuration");
	else
		return true;
	return false;
}

/**
 * backend_read() - state and identity of a VM
 * @fence: which
 * @view: the answer; VM_WRONG where the identity does not match
 */
void backend_read(struct fence *fence, struct vm_view *view)
{
	memset(view, 0, sizeof(*view));
	view_set(view, VM_UNKNOWN, "no answer");
	fence->hyper->backend->read(fence, view);
	if (view->fact == VM_OFF || view->fact == VM_RUNNING || view->fact == VM_NOT_OFF)
		backend_identity(fence->hyper->backend->tells, fence->member, view);
}

/**
 * backend_stop() - pull a VM's plug
 * @fence: which
 * @why: what was done, or why not
 *
 * The identity is compared again, whatever was seen before.
 *
 * Return: 0 if the hypervisor has accepted it: read the state to know. Or -1.
 */
int backend_stop(struct fence *fence, struct trouble *why)
{
	struct vm_view view;

	backend_read(fence, &view);
	switch (view.fact) {
	case VM_OFF:
		return 0;
	case VM_RUNNING:
	case VM_NOT_OFF:
		return fence->hyper->backend->stop(fence, why);
	default:
		return trouble_set(why, "not stopped: %s", view.why);
	}
}

/**
 * vm_is_number() - is this a VMID?
 * @vm: text
 *
 * Return: 0 if so.
 */
int vm_is_number(const char *vm)
{
	uint64_t id;

	return num_u64(vm, 999999999, &id) || id < 100 || *vm == '0' ? -1 : 0;
}

/**
 * vm_is_word() - can this be an argument of a command, whoever parses it?
 * @vm: text
 *
 * Return: 0 if so.
 */
int vm_is_word(const char *vm)
{
	if (!isalnum((unsigned char)*vm))
		return -1;
	for (; *vm; vm++)
		if (!isalnum((unsigned char)*vm) && !strchr("_.-", *vm))
			return -1;
	return 0;
}

/**
 * vm_is_path() - is this the path of a socket?
 * @vm: text
 *
 * Return: 0 if so.
 */
int vm_is_path(const char *vm)
{
	return *vm == '/' && strlen(vm) < 108 ? 0 : -1;
}
