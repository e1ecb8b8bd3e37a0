// SPDX-License-Identifier: GPL-2.0
/*
 * Proxmox VE, by its API and a token.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "http.h"
#include "io.h"
#include "pve.h"
#include "secret.h"

/* Milliseconds between two looks at a task, and seconds until QEMU is killed */
#define TASK_POLL_MS	300
#define STOP_SECONDS	5

/* One process speaks to one hypervisor at a time: the client, and whose it is. */
static struct http client;
static const struct hypervisor *client_of;

static const char *missing(const struct hypervisor *hyper)
{
	if (!hyper->n_hosts)
		return "'hosts'";
	return hyper->token_file[0] ? NULL : "'token_file'";
}

static int prepare(const struct hypervisor *hyper, struct trouble *why)
{
	char token[SECRET_MAX];
	int len;

	/* Another hypervisor must not be shown the token of the one before */
	if (client_of != hyper)
		http_free(&client);
	client_of = hyper;
	if (client.authorization)
		return 0;
	if (secret_read(hyper->token_file, token, why))
		return -1;
	client.ca = hyper->ca;
	client.pin = hyper->pinned ? hyper->fingerprint : NULL;
	len = asprintf(&client.authorization, "Authorization: PVEAPIToken=%s", token);
	explicit_bzero(token, sizeof(token));
	if (len >= 0)
		return 0;
	client.authorization = NULL;
	return trouble_set(why, "out of memory");
}

static void make_url(const struct hypervisor *hyper, unsigned int host, const char *path,
		     char *url, size_t size)
{
	const char *name = hyper->hosts[host];
	const char *tail = strrchr(name, ']');
	bool has_port = strchr(tail ? tail : name, ':');

	snprintf(url, size, "https://%s%s/api2/json%s", name, has_port ? "" : ":8006", path);
}

/* Older versions explain themselves in the status line, newer ones in the body. */
static void refused(const char *host, struct trouble *why)
{
	struct trouble none = { "" };
	json_t *answer = client.len ? answer_parse(client.body, client.len, &none) : NULL;
	const char *message = answer_text(answer, "message");

	if (!*message)
		message = client.reason;
	if (client.status == 401)
		trouble_set(why, "%s refuses the token (is it expired, or deleted?): %.200s", host,
			    message);
	else if (client.status == 403)
		trouble_set(why, "%s: the token lacks a privilege: %.200s", host, message);
	else
		trouble_set(why, "%s: HTTP status %ld: %.200s", host, client.status, message);
	io_clean_text(why->text);
	json_decref(answer);
}

static json_t *take_data(const char *host, struct trouble *why)
{
	json_t *answer, *data;

	if (client.status != 200) {
		refused(host, why);
		return NULL;
	}
	answer = answer_parse(client.body, client.len, why);
	data = json_incref(json_object_get(answer, "data"));
	json_decref(answer);
	if (!data || json_is_null(data)) {
		json_decref(data);
		trouble_set(why, "%s: an answer without data", host);
		return NULL;
	}
	return data;
}

/* 595 to 599 come from the API host itself: it does not reach the node */
static bool ask_another(void)
{
	return client.status >= 500;
}

/*
 * Any host of a Proxmox cluster answers for all. The one that did is asked
 * first the next time. What is ordered here does no harm when ordered twice.
 */
static json_t *call(struct fence *fence, const char *path, const char *form,
		    struct trouble *why)
{
	const struct hypervisor *hyper = fence->hyper;

	if (prepare(hyper, why))
		return NULL;
	for (unsigned int i = 0; i < hyper->n_hosts; i++) {
		const char *host = hyper->hosts[fence->host];
		uint64_t now = now_ms();
		uint64_t timeout;
		char url[900];
		int rc;

		if (now >= fence->until_ms)
			break;
		timeout = min_u64(fence->config->try_ms, fence->until_ms - now);
		make_url(hyper, fence->host, path, url, sizeof(url));
		why->text[0] = '\0';
		rc = form ? http_post(&client, url, form, timeout, why) :
			    http_get(&client, url, timeout, why);
		if (!rc && (!ask_another() || i + 1 == hyper->n_hosts))
			return take_data(host, why);
		if (rc) {
			struct trouble what = *why;

			why->text[0] = '\0';
			trouble_set(why, "%s: %.300s", host, what.text);
		}
		fence->host = (fence->host + 1) % hyper->n_hosts;
	}
	trouble_set(why, "no time left");
	return NULL;
}

static void unknown(struct vm_view *view, const struct trouble *why)
{
	view_set(view, VM_UNKNOWN, "%s", why->text);
}

/*
 * Before anything else is asked of a host: it has been in the quorate part until a
 * moment ago then, and no other part can have taken over its VMs since.
 *
 * Return: its list of nodes, or NULL. @alone: it answers, but has no quorum.
 */
static json_t *ask_quorum(struct fence *fence, bool *alone, struct trouble *why)
{
	json_t *list = call(fence, "/cluster/status", NULL, why);
	bool told = list;
	char words[160];

	*alone = false;
	if (!list && client.status == 403) {
		why->text[0] = '\0';
		list = call(fence, "/nodes", NULL, why);
	}
	if (!list)
		return NULL;
	if (told ? !pve_quorum(list, words, sizeof(words)) :
		   !pve_majority(list, words, sizeof(words)))
		return list;
	json_decref(list);
	*alone = true;
	trouble_set(why, "%s: %s", fence->hyper->hosts[fence->host], words);
	return NULL;
}

static void read_from(struct fence *fence, struct vm_view *view, json_t *nodes)
{
	struct trouble why = { "" };
	json_t *list, *config = NULL, *status = NULL;
	char path[300];
	int rc;

	list = call(fence, "/cluster/resources?type=vm", NULL, &why);
	if (!list) {
		unknown(view, &why);
		return;
	}
	rc = pve_find_node(list, fence->vm, view->where, sizeof(view->where), view);
	json_decref(list);
	if (rc)
		return;
	if (!pve_is_online(nodes, view->where)) {
		view_set(view, VM_UNKNOWN, "its node %s is not online", view->where);
		return;
	}
	snprintf(path, sizeof(path), "/nodes/%s/qemu/%s/config?current=1", view->where, fence->vm);
	config = call(fence, path, NULL, &why);
	snprintf(path, sizeof(path), "/nodes/%s/qemu/%s/status/current", view->where, fence->vm);
	if (config)
		status = call(fence, path, NULL, &why);
	if (!config || !status)
		unknown(view, &why);
	else
		pve_judge(status, config, fence->vm, view);
	json_decref(config);
	json_decref(status);
}

/* All that is believed comes from one host, which has a quorum */
static void read_vm(struct fence *fence, struct vm_view *view)
{
	for (unsigned int i = 0; i < fence->hyper->n_hosts; i++) {
		struct trouble why = { "" };
		bool alone;
		json_t *nodes = ask_quorum(fence, &alone, &why);
		unsigned int host = fence->host;

		if (nodes) {
			read_from(fence, view, nodes);
			json_decref(nodes);
			if (fence->host != host)
				view_set(view, VM_UNKNOWN, "its API hosts changed in the middle of the answers");
			return;
		}
		unknown(view, &why);
		if (!alone || now_ms() >= fence->until_ms)
			return;
		fence->host = (fence->host + 1) % fence->hyper->n_hosts;
	}
}

static int follow_task(struct fence *fence, const char *node, const char *upid,
		       struct trouble *why)
{
	const struct timespec nap = { .tv_nsec = TASK_POLL_MS * 1000000L };
	struct trouble what = { "" };
	char path[400];

	snprintf(path, sizeof(path), "/nodes/%s/tasks/%s/status", node, upid);
	while (now_ms() < fence->until_ms) {
		json_t *task = call(fence, path, NULL, &what);
		int rc;

		/* The state decides, not the task: one that cannot be read is left */
		if (!task)
			return trouble_set(why, "%s", what.text);
		rc = pve_task(task, why);
		json_decref(task);
		if (rc < 1)
			return rc;
		nanosleep(&nap, NULL);
	}
	return trouble_set(why, "the task has not ended");
}

static int order(struct fence *fence, const char *what, const char *form, struct trouble *why)
{
	struct vm_view view = { 0 };
	const char *upid;
	char path[300];
	json_t *data;
	int rc;

	/* Where it is now; the caller has compared its identity */
	backend_read(fence, &view);
	if (view.fact == VM_UNKNOWN || view.fact == VM_WRONG)
		return trouble_set(why, "%s", view.why);
	snprintf(path, sizeof(path), "/nodes/%s/qemu/%s/status/%s", view.where, fence->vm, what);
	data = call(fence, path, form, why);
	if (!data)
		return -1;
	upid = json_string_value(data);
	rc = upid && pve_is_upid(upid) ? follow_task(fence, view.where, upid, why) :
	     trouble_set(why, "the order was answered without a task");
	json_decref(data);
	return rc;
}

/* Without "timeout" Proxmox gives a QEMU that hangs 60 s before it kills it */
static int stop_vm(struct fence *fence, struct trouble *why)
{
	char form[32];

	snprintf(form, sizeof(form), "timeout=%d", STOP_SECONDS);
	return order(fence, "stop", form, why);
}

static int start_vm(struct fence *fence, struct trouble *why)
{
	return order(fence, "start", "", why);
}

static int check_privileges(struct fence *fence, const json_t *permissions)
{
	char extra[512];
	unsigned int has = pve_privileges(permissions, fence->vm, extra, sizeof(extra));

	if (!(has & PVE_HAS_AUDIT) || !(has & PVE_HAS_POWER)) {
		printf("CRITICAL %s: the token has not %s%s on /vms/%s (under privilege separation user and token must both have it)\n",
		       fence->member->name, has & PVE_HAS_AUDIT ? "" : PVE_AUDIT " ",
		       has & PVE_HAS_POWER ? "" : PVE_POWER, fence->vm);
		return 2;
	}
	if (*extra) {
		printf("WARNING %s: the token may do more than needed to /vms/%s: %s\n",
		       fence->member->name, fence->vm, extra);
		return 1;
	}
	return 0;
}

static int check_clock(const struct hypervisor *hyper, unsigned int host)
{
	double skew = client.server_time ? difftime(client.server_time, time(NULL)) : 0;

	if (skew > -10 && skew < 10)
		return 0;
	printf("WARNING %s: its clock is %.0f s away from ours\n", hyper->hosts[host], skew);
	return 1;
}

static json_t *ask_host(struct fence *fence, unsigned int host, const char *path,
			struct trouble *why)
{
	const struct hypervisor *hyper = fence->hyper;
	char url[900];

	make_url(hyper, host, path, url, sizeof(url));
	if (prepare(hyper, why) || http_get(&client, url, fence->config->try_ms, why))
		return NULL;
	return take_data(hyper->hosts[host], why);
}

static int check_quorum(struct fence *fence, unsigned int host)
{
	const char *name = fence->hyper->hosts[host];
	struct trouble why = { "" };
	json_t *list = ask_host(fence, host, "/cluster/status", &why);
	char words[160] = "";
	int rc;

	if (list) {
		rc = pve_quorum(list, words, sizeof(words)) ? 2 : 0;
	} else {
		list = client.status == 403 ? ask_host(fence, host, "/nodes", &why) : NULL;
		rc = !list || pve_majority(list, words, sizeof(words)) ? 2 : 0;
		/* Of two nodes the one that is left is no majority */
		if (!rc && json_array_size(list) == 2) {
			printf("WARNING %s: of two nodes, nothing is proven when one is down, unless the token has %s on /\n",
			       name, PVE_QUORUM);
			rc = 1;
		}
	}
	if (rc == 2)
		printf("CRITICAL %s: %s\n", name, list ? words : why.text);
	json_decref(list);
	return rc;
}

static int worse(int a, int b)
{
	return a > b ? a : b;
}

/* Each host for itself: the one that is never asked may be the one that is left */
static int check(struct fence *fence)
{
	const struct hypervisor *hyper = fence->hyper;
	int rc = 0;

	for (unsigned int i = 0; i < hyper->n_hosts; i++) {
		struct trouble why = { "" };
		json_t *permissions = ask_host(fence, i, "/access/permissions", &why);

		if (!permissions) {
			printf("CRITICAL %s: %s\n", hyper->hosts[i], why.text);
			rc = 2;
			continue;
		}
		rc = worse(rc, check_privileges(fence, permissions));
		json_decref(permissions);
		rc = worse(rc, check_clock(hyper, i));
		rc = worse(rc, check_quorum(fence, i));
	}
	return rc;
}

static int list(struct fence *fence)
{
	struct trouble why = { "" };
	json_t *all = call(fence, "/cluster/resources?type=vm", NULL, &why), *entry;
	size_t i;

	if (!all) {
		fprintf(stderr, "pug-fence: %s\n", why.text);
		return -1;
	}
	json_array_foreach(all, i, entry) {
		json_int_t vmid = json_integer_value(json_object_get(entry, "vmid"));

		printf("%lld,%s\n", (long long)vmid, answer_text(entry, "name"));
	}
	json_decref(all);
	return 0;
}

const struct backend backend_pve = {
	.name = "pve",
	.tells = TELLS_UUID | TELLS_NAME | TELLS_MAC,
	.vm_is = "'vm' must be a VMID: a number from 100",
	.check_vm = vm_is_number,
	.missing = missing,
	.read = read_vm,
	.stop = stop_vm,
	.start = start_vm,
	.check = check,
	.list = list,
};
