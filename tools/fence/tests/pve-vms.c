// SPDX-License-Identifier: GPL-2.0
/*
 * VMs of the Proxmox fixture: played, or QEMUs by their QMP sockets.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "pve-api.h"

/**
 * seconds() - the monotonic clock
 *
 * Return: seconds.
 */
double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/**
 * text() - a string of an object
 * @object: any
 * @key: of the string
 *
 * Return: it, or "".
 */
const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

/**
 * number() - a number of an object
 * @object: any
 * @key: of the number
 *
 * Return: it, or 0.
 */
double number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

/* --- VMs ----------------------------------------------------------------- */

static int qmp_dial(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = 2 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	close(fd);
	return -1;
}

/* One command to a QEMU. Returns "return" of the last answer, NULL if none */
static json_t *qmp(const char *path, const char *command)
{
	char line[256];
	int fd = qmp_dial(path);
	json_t *message, *result = NULL;
	unsigned int answers = 0;
	FILE *in;

	if (fd < 0)
		return NULL;
	snprintf(line, sizeof(line),
		 "{\"execute\":\"qmp_capabilities\"}\n{\"execute\":\"%s\"}\n", command);
	in = fdopen(fd, "r+");
	if (!in || write(fd, line, strlen(line)) < 0)
		return NULL;
	while (answers < 2 && (message = json_loadf(in, JSON_DISABLE_EOF_CHECK, NULL))) {
		json_t *value = json_object_get(message, "return");

		if (value && ++answers == 2)
			result = json_incref(value);
		json_decref(message);
	}
	fclose(in);
	return result;
}

/* Its process is there, whether it answers in time or not */
static bool listens(const char *path)
{
	int fd = qmp_dial(path);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/**
 * vm_state() - running or stopped; what a stop has brought about comes true in time
 * @vm: which
 *
 * Return: the word.
 */
const char *vm_state(json_t *vm)
{
	double at = number(vm, "stops_at"), back = number(vm, "back_at");

	if (*text(vm, "qmp")) {
		json_t *status = qmp(text(vm, "qmp"), "query-status");
		const char *state = status || listens(text(vm, "qmp")) ? "running" : "stopped";

		if (status)
			json_object_set_new(vm, "qmpstatus", json_string(text(status, "status")));
		json_decref(status);
		return state;
	}
	if (back && seconds() >= back) {
		json_object_del(vm, "stops_at");
		json_object_del(vm, "back_at");
		return text(vm, "status");
	}
	if (at && seconds() >= at)
		return "stopped";
	return text(vm, "status");
}

/**
 * find_vm() - a VM of the scenario
 * @node: where it must be, NULL for anywhere
 * @vmid: its number
 *
 * Return: it, or NULL.
 */
json_t *find_vm(const char *node, const char *vmid)
{
	json_t *vm;
	size_t i;

	json_array_foreach(json_object_get(scenario, "vms"), i, vm)
		if (json_integer_value(json_object_get(vm, "vmid")) == atoll(vmid) &&
		    (!node || !strcmp(text(vm, "node"), node)))
			return vm;
	return NULL;
}

/* A VM is locked by the scenario, or for as long as a file is there */
static const char *lock_of(json_t *vm)
{
	const char *file = text(vm, "lock_file");

	return *file && !access(file, F_OK) ? "migrate" : text(vm, "lock");
}

/**
 * vm_status() - data of .../status/current
 * @vm: which
 *
 * Return: a new object.
 */
json_t *vm_status(json_t *vm)
{
	const char *state = vm_state(vm);
	const char *qmp_state = text(vm, "qmpstatus");
	json_t *data;

	if (!strcmp(state, "stopped"))
		qmp_state = *text(vm, "qmpstatus_stopped") ? text(vm,
								  "qmpstatus_stopped") : "stopped";
	data = json_pack("{s:O s:s s:s s:s s:{s:i} s:i s:i s:i s:I}",
			 "vmid", json_object_get(vm, "vmid"), "name", text(vm, "name"),
			 "status", state, "qmpstatus", *qmp_state ? qmp_state : "running",
			 "ha", "managed", (int)number(vm, "ha"), "cpus", 2, "uptime", 1000,
			 "agent", 1, "maxmem", (json_int_t)4294967296);
	if (strcmp(state, "stopped"))
		json_object_set_new(data, "pid", json_integer(12345));
	if (*lock_of(vm))
		json_object_set_new(data, "lock", json_string(lock_of(vm)));
	return data;
}

/**
 * vm_config() - data of .../config
 * @vm: which
 *
 * Return: a new object.
 */
json_t *vm_config(json_t *vm)
{
	json_t *data = json_pack("{s:s s:i s:s s:s}", "name", text(vm, "name"), "cores", 2,
				 "boot", "order=scsi0", "digest", "da39a3ee5e6b4b0d3255bfef95601890afd80709");
	char value[200];

	snprintf(value, sizeof(value), "uuid=%s,manufacturer=QmFzZTY0", text(vm, "uuid"));
	json_object_set_new(data, "smbios1", json_string(value));
	snprintf(value, sizeof(value), "virtio=%s,bridge=vmbr0,firewall=1", text(vm, "mac"));
	json_object_set_new(data, "net0", json_string(value));
	if (number(vm, "template"))
		json_object_set_new(data, "template", json_integer(1));
	if (*lock_of(vm))
		json_object_set_new(data, "lock", json_string(lock_of(vm)));
	if (*text(vm, "vmstate"))
		json_object_set_new(data, "vmstate", json_string(text(vm, "vmstate")));
	return data;
}

static void say_stopped(json_t *vm)
{
	fprintf(stop_log, "stop %lld %s\n",
		(long long)json_integer_value(json_object_get(vm, "vmid")), text(vm, "name"));
	fflush(stop_log);
}

/**
 * vm_stop() - begin a stop; what becomes of it is the scenario's "stop"
 * @vm: which
 * @user: who orders it
 *
 * Return: a new string, the name of the task.
 */
json_t *vm_stop(json_t *vm, const char *user)
{
	const char *how = text(vm, "stop"), *type = "qmstop", *exit = "OK";
	double takes = 0.1, task_ends;
	char upid[200];

	if (*lock_of(vm))
		exit = "VM is locked";
	else if (!strcmp(how, "lock-timeout"))
		exit = "can't lock file '/var/lock/qemu-server/lock-101.conf' - got timeout";
	else if (!strcmp(how, "refused"))
		exit = "command 'systemctl stop' failed: exit code 1";
	task_ends = seconds() + takes;
	if (!strcmp(how, "hang"))
		task_ends = 1e12;
	if (!strcmp(how, "hastop")) {
		type = "hastop";
		takes = 1.0;
	}
	if (!strcmp(exit, "OK") && strcmp(how, "ignored") && strcmp(how, "hang")) {
		say_stopped(vm);
		if (*text(vm, "qmp"))
			json_decref(qmp(text(vm, "qmp"), "quit"));
		else if (strcmp(vm_state(vm), "stopped"))
			json_object_set_new(vm, "stops_at", json_real(seconds() + takes));
		if (!strcmp(how, "back"))
			json_object_set_new(vm, "back_at", json_real(seconds() + takes));
	}
	snprintf(upid, sizeof(upid), "UPID:%s:%08X:%08X:%08lX:%s:%lld:%s:", text(vm, "node"),
		 getpid(), rand(), (long)time(NULL), type,
		 (long long)json_integer_value(json_object_get(vm, "vmid")), user);
	json_object_set_new(json_object_get(scenario, "tasks"), upid,
			    json_pack("{s:f s:s}", "ends", task_ends, "exit", exit));
	return json_string(upid);
}

/**
 * task_status() - data of .../tasks/UPID/status
 * @upid: which
 *
 * Return: a new object, or NULL.
 */
json_t *task_status(const char *upid)
{
	json_t *task = json_object_get(json_object_get(scenario, "tasks"), upid), *data;
	bool ended = task && seconds() >= number(task, "ends");

	if (!task)
		return NULL;
	data = json_pack("{s:s s:s s:s}", "upid", upid, "type", "qmstop", "status",
			 ended ? "stopped" : "running");
	if (ended)
		json_object_set_new(data, "exitstatus", json_string(text(task, "exit")));
	return data;
}
