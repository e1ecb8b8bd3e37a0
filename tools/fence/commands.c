// SPDX-License-Identifier: GPL-2.0
/*
 * Hypervisors behind a program: ssh, a fence agent, virsh. A new process for
 * each question, given three times as long as a question over HTTP.
 */
#include <stdio.h>
#include <string.h>

#include "backend.h"
#include "child.h"
#include "clock.h"
#include "words.h"

#define OUTPUT_MAX	65536

static uint64_t until(struct fence *fence, unsigned int times)
{
	return min_u64(fence->until_ms, now_ms() + times * fence->config->try_ms);
}

/* --- ssh-command --------------------------------------------------------- */

static const char *ssh_missing(const struct hypervisor *hyper)
{
	if (!hyper->target[0] || hyper->target[0] == '-')
		return "'target', such as fence@hypervisor1";
	return hyper->command[0] ? NULL : "'command', which is run there";
}

static int ssh_run(struct fence *fence, const char *action, unsigned int times, char *out,
		   struct trouble *why)
{
	const struct hypervisor *hyper = fence->hyper;
	char seconds[40];
	const char *const argv[] = {
		hyper->ssh[0] ? hyper->ssh : "ssh", "-o", "BatchMode=yes", "-o", seconds,
		"--", hyper->target, hyper->command, action, fence->vm, NULL,
	};
	int status;

	snprintf(seconds, sizeof(seconds), "ConnectTimeout=%llu",
		 (unsigned long long)(fence->config->try_ms + 999) / 1000);
	status = child_run((char *const *)argv, NULL, "", out, OUTPUT_MAX, until(fence, times),
			   why);
	if (!status)
		return 0;
	return trouble_set(why, "%s on %s has exit status %d", hyper->command, hyper->target,
			   status);
}

static void ssh_read(struct fence *fence, struct vm_view *view)
{
	static char out[OUTPUT_MAX];
	struct trouble why = { "" };

	if (ssh_run(fence, "status", 3, out, &why))
		view_set(view, VM_UNKNOWN, "%s", why.text);
	else
		words_ssh(out, view);
}

static int ssh_stop(struct fence *fence, struct trouble *why)
{
	static char out[OUTPUT_MAX];

	return ssh_run(fence, "stop", 10, out, why);
}

static int ssh_start(struct fence *fence, struct trouble *why)
{
	static char out[OUTPUT_MAX];

	return ssh_run(fence, "start", 10, out, why);
}

const struct backend backend_ssh = {
	.name = "ssh-command",
	.tells = TELLS_UUID | TELLS_NAME | TELLS_MAC,
	.vm_is = "'vm' must be one word of letters, digits, '.', '_' and '-'",
	.check_vm = vm_is_word,
	.missing = ssh_missing,
	.read = ssh_read,
	.stop = ssh_stop,
	.start = ssh_start,
};

/* --- agent --------------------------------------------------------------- */

static const char *agent_missing(const struct hypervisor *hyper)
{
	if (hyper->agent[0] != '/')
		return "'agent', the path of a fence agent";
	return hyper->options_file[0] ? NULL : "'options_file', with the agent's key=value lines";
}

/* Newer agents know "plug", older ones "port", and each passes over the other */
static int agent_run(struct fence *fence, const char *action, unsigned int times, char *out,
		     struct trouble *why)
{
	const char *const argv[] = { fence->hyper->agent, NULL };
	char input[700];

	snprintf(input, sizeof(input), "\naction=%s\nplug=%s\nport=%s\n", action, fence->vm,
		 fence->vm);
	return child_run((char *const *)argv, fence->hyper->options_file, input, out, OUTPUT_MAX,
			 until(fence, times), why);
}

static void agent_read(struct fence *fence, struct vm_view *view)
{
	static char list[OUTPUT_MAX], out[OUTPUT_MAX];
	struct trouble why = { "" };
	int status;

	if (agent_run(fence, "list", 5, list, &why))
		*list = '\0';
	why.text[0] = '\0';
	status = agent_run(fence, "status", 5, out, &why);
	words_agent(status, out, list, fence->vm, view);
	if (why.text[0])
		view_set(view, VM_UNKNOWN, "%s", why.text);
}

static int agent_do(struct fence *fence, const char *action, struct trouble *why)
{
	static char out[OUTPUT_MAX];
	int status = agent_run(fence, action, 15, out, why);

	if (!status)
		return 0;
	return trouble_set(why, "%s: action %s has exit status %d", fence->hyper->agent, action,
			   status);
}

static int agent_stop(struct fence *fence, struct trouble *why)
{
	return agent_do(fence, "off", why);
}

static int agent_start(struct fence *fence, struct trouble *why)
{
	return agent_do(fence, "on", why);
}

const struct backend backend_agent = {
	.name = "agent",
	.tells = TELLS_NAME,
	.vm_is = "'vm' must be one word of letters, digits, '.', '_' and '-'",
	.check_vm = vm_is_word,
	.missing = agent_missing,
	.read = agent_read,
	.stop = agent_stop,
	.start = agent_start,
};

/* --- libvirt ------------------------------------------------------------- */

/*
 * virsh instead of the library: what hangs or crashes in there then hangs or
 * crashes in a process of its own, and the database node needs one package
 * that it can do without.
 */
static const char *libvirt_missing(const struct hypervisor *hyper)
{
	return hyper->target[0] ? NULL : "'target', a URI such as qemu+ssh://hypervisor1/system";
}

static int virsh(struct fence *fence, const char *verb, const char *flag, unsigned int times,
		 char *out, struct trouble *why)
{
	const struct hypervisor *hyper = fence->hyper;
	const char *const argv[] = {
		hyper->virsh[0] ? hyper->virsh : "virsh", "-q", "-c", hyper->target, verb,
		"--domain", fence->vm, flag, NULL,
	};
	int status = child_run((char *const *)argv, NULL, "", out, OUTPUT_MAX,
			       until(fence, times), why);

	if (!status)
		return 0;
	return trouble_set(why, "virsh %s %s has exit status %d", verb, fence->vm, status);
}

static void libvirt_read(struct fence *fence, struct vm_view *view)
{
	static char info[OUTPUT_MAX], state[OUTPUT_MAX];
	struct trouble why = { "" };

	if (virsh(fence, "dominfo", NULL, 3, info, &why) ||
	    virsh(fence, "domstate", "--reason", 3, state, &why))
		view_set(view, VM_UNKNOWN, "%s", why.text);
	else
		words_libvirt(info, state, view);
}

static int libvirt_stop(struct fence *fence, struct trouble *why)
{
	static char out[OUTPUT_MAX];

	return virsh(fence, "destroy", NULL, 10, out, why);
}

static int libvirt_start(struct fence *fence, struct trouble *why)
{
	static char out[OUTPUT_MAX];

	return virsh(fence, "start", NULL, 10, out, why);
}

const struct backend backend_libvirt = {
	.name = "libvirt",
	.tells = TELLS_UUID | TELLS_NAME,
	.vm_is = "'vm' must be a domain: letters, digits, '.', '_' and '-'",
	.check_vm = vm_is_word,
	.missing = libvirt_missing,
	.read = libvirt_read,
	.stop = libvirt_stop,
	.start = libvirt_start,
};
