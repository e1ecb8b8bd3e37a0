// SPDX-License-Identifier: GPL-2.0
/* The process of a cell's QEMU: how it starts, how it ends, and a second behind it. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cellvm.h"
#include "cellvm-outside.h"
#include "child.h"
#include "compiler.h"
#include "evidence.h"
#include "util.h"

static FILE *open_log(const char *dir, const char *name)
{
	char *path = path_join(dir, name);
	FILE *out = fopen(path, "we");

	free(path);
	return out;
}

/* So that a cell which never gets so far is told from one without evidence */
static int make_empty(const char *dir)
{
	static const char * const names[] = { EVIDENCE_CONSOLE, EVIDENCE_AGENT, EVIDENCE_CANARY };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		FILE *out = open_log(dir, names[i]);

		if (!out)
			return -errno;
		fclose(out);
	}
	return 0;
}

/* A fork's console begins with what the warm guest said while it booted */
static int copy_console(const struct cellvm *vm)
{
	char *from = path_join(vm->warm->dir, EVIDENCE_CONSOLE);
	char *to = path_join(vm->result->dir, EVIDENCE_CONSOLE);
	char * const argv[] = { (char *)"cp", (char *)"--", from, to, NULL };
	char *text = host_run(argv);
	int ret = text ? 0 : -EIO;

	free(text);
	free(from);
	free(to);
	return ret;
}

static pid_t spawn(struct cellvm *vm, int *fd)
{
	struct vm_spec spec = {
		.cell = &vm->result->cell, .host = vm->host, .guest = vm->result->guest,
		.dir = vm->result->dir, .start = vm->warm ? VM_FORK : VM_BOOT,
		.second = vm->second,
	};
	char *ram;
	pid_t pid;

	if (!vm->warm)
		return vm_spawn(&spec, fd);
	if (!vm->second && copy_console(vm))
		return -EIO;
	ram = path_join(vm->warm->dir, WARM_RAM);
	spec.ram = ram;
	pid = vm_spawn(&spec, fd);
	free(ram);
	return pid;
}

/* @on_end: of the process */
static int spawn_qemu(struct cellvm *vm, sd_event_child_handler_t on_end)
{
	int fd, ret;
	pid_t pid = spawn(vm, &fd);

	if (pid < 0)
		return pid;
	vm->pid = pid;
	ret = qmp_open(&vm->qmp, vm->loop, fd, vm->qmp_log);
	if (ret < 0)
		return ret;
	ret = sd_event_add_child(vm->loop, &vm->child, pid, WEXITED, on_end, vm);
	return ret < 0 ? ret : 0;
}

/* The first QEMU has gone as it was asked to */
static void go_on_in_second(struct cellvm *vm, sd_event_child_handler_t on_end)
{
	int ret;

	vm->child = sd_event_source_disable_unref(vm->child);
	qmp_close(&vm->qmp);
	vm->second = true;
	vm->shutdown_reason[0] = '\0';
	vm->closed_s = 0;
	vm->waiting_s = 0;
	cellvm_enter(vm, STAGE_GREETING);
	cellvm_log(vm, "second", "another QEMU is started, for what was saved");
	ret = spawn_qemu(vm, on_end);
	if (!ret)
		return;
	cellvm_log(vm, "error", "the second QEMU could not be started: %s", strerror(-ret));
	child_end(&vm->pid);
	vm->on_end(vm, vm->data);
}

/* What QEMU wrote before it went may still be in the socket */
static void drain(struct cellvm *vm)
{
	const char *why = NULL;
	char bytes[4096];
	ssize_t len;

	if (!vm->qmp.source)
		return;
	while ((len = read(vm->qmp.fd, bytes, sizeof(bytes))) > 0)
		if (qmp_feed(&vm->qmp, bytes, len, &why))
			break;
}

static bool is_to_go_on(const struct cellvm *vm, const siginfo_t *si)
{
	return vm->outside == OUTSIDE_MOVES && !vm->second && vm->stage == STAGE_PLAY &&
	       si->si_code == CLD_EXITED && !si->si_status;
}

static void note_end(struct cellvm *vm, const siginfo_t *si)
{
	const char *how = si->si_code == CLD_EXITED ? "status" : "signal";
	char words[200];

	vm_last_words(vm->result->dir, words, sizeof(words));
	if (vm->stage == STAGE_PLAY && vm->fired && vm->result->cell.action &&
	    si->si_code == CLD_EXITED &&
	    !si->si_status && !strcmp(vm->result->cell.action, "poweroff"))
		cellvm_log(vm, "qemu-off", "QEMU exited: the watchdog's action is poweroff");
	else if (vm->stage != STAGE_QUIT && vm->stage != STAGE_KILL)
		cellvm_log(vm, "error", "QEMU ended by itself (%s %d)%s", how, si->si_status,
			   words);
	cellvm_log(vm, "end", "QEMU %s %d", how, si->si_status);
}

static int on_child(sd_event_source *source, const siginfo_t *si, void *data)
{
	struct cellvm *vm = data;

	(void)source;
	drain(vm);
	vm->pid = 0;
	if (is_to_go_on(vm, si)) {
		go_on_in_second(vm, on_child);
		return 0;
	}
	if (trace_keep(vm->result->dir))
		cellvm_log(vm, "note", "%s could not be thinned", EVIDENCE_TRACE);
	note_end(vm, si);
	vm->on_end(vm, vm->data);
	return 0;
}

/**
 * cellvm_start_qemu() - its QEMU, and the files that the evidence comes in
 * @vm: as cellvm_start() has it
 *
 * Return: 0, or a negative errno.
 */
int cellvm_start_qemu(struct cellvm *vm)
{
	struct result *result = vm->result;
	int ret;

	vm->lab_log = open_log(result->dir, EVIDENCE_LAB);
	vm->qmp_log = open_log(result->dir, EVIDENCE_QMP);
	if (!vm->lab_log || !vm->qmp_log)
		return -errno;
	ret = make_empty(result->dir);
	if (!ret)
		ret = outside_disk(vm);
	return ret ? ret : spawn_qemu(vm, on_child);
}
