// SPDX-License-Identifier: GPL-2.0
/*
 * A test fixture that speaks the subset of the Proxmox VE API that fence agents
 * use, in front of VMs that it plays or of QEMUs by their QMP sockets, with
 * faults on order. For tests only: it serves 127.0.0.1 and believes what it is
 * told. Paths, fields and types are those of PVE/API2/Qemu.pm, Nodes.pm, Tasks.pm
 * and AccessControl.pm; fence_pve of Debian's fence-agents keeps it honest.
 *
 * usage: pve-api SCENARIO.json CERT KEY LOG
 *
 * Prints its port. Each stop that was carried out is a line of LOG.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>
#include <microhttpd.h>

#include "pve-api.h"

#define PATH_MAX_PARTS	8

json_t *scenario;
FILE *stop_log;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int matched;

struct request {
	const char *method;
	const char *url;
	char parts[PATH_MAX_PARTS][256];	/* after /api2/json */
	unsigned int n;
	bool body_seen;
	char body[1024];
};

static void nap(double s)
{
	struct timespec ts = { .tv_sec = s, .tv_nsec = (s - (long)s) * 1e9 };

	nanosleep(&ts, NULL);
}

/* --- answers ------------------------------------------------------------- */

static json_t *list_vms(const char *node, bool resources)
{
	json_t *list = json_array(), *vm;
	size_t i;

	json_array_foreach(json_object_get(scenario, "vms"), i, vm) {
		json_t *entry;
		char id[40];

		if (node && strcmp(text(vm, "node"), node))
			continue;
		entry = json_pack("{s:O s:s s:s s:s s:i}", "vmid", json_object_get(vm, "vmid"),
				  "name", text(vm, "name"), "status", vm_state(vm),
				  "node", text(vm, "node"), "template", (int)number(vm,
										    "template"));
		if (resources) {
			snprintf(id, sizeof(id), "qemu/%lld",
				 (long long)json_integer_value(json_object_get(vm, "vmid")));
			json_object_set_new(entry, "id", json_string(id));
			json_object_set_new(entry, "type", json_string(*text(vm, "type") ?
								       text(vm, "type") : "qemu"));
		} else if (number(scenario, "version") == 6) {
			/* A string before qemu-server ad2cad72 of 2021 */
			snprintf(id, sizeof(id), "%lld",
				 (long long)json_integer_value(json_object_get(vm, "vmid")));
			json_object_set_new(entry, "vmid", json_string(id));
		}
		json_array_append_new(list, entry);
	}
	return list;
}

static bool is_offline(const json_t *node)
{
	json_t *other;
	size_t i;

	json_array_foreach(json_object_get(scenario, "offline"), i, other)
		if (json_equal(node, other))
			return true;
	return false;
}

static json_t *list_nodes(void)
{
	json_t *list = json_array(), *node;
	size_t i;

	json_array_foreach(json_object_get(scenario, "nodes"), i, node) {
		json_t *entry = json_pack("{s:O s:s s:s}", "node", node, "status",
					  is_offline(node) ? "offline" : "online",
					  "type", "node");

		json_array_append_new(list, entry);
	}
	return list;
}

/* Of a host that is in no cluster, an entry for itself and nothing else */
static json_t *cluster_status(void)
{
	json_t *nodes = json_object_get(scenario, "nodes"), *node;
	json_t *list = json_array(), *quorate = json_object_get(scenario, "quorate");
	size_t i;

	if (quorate)
		json_array_append_new(list,
				      json_pack("{s:s s:s s:s s:i s:i s:O}", "type", "cluster",
						"id", "cluster", "name", "demo", "version", 3,
						"nodes", (int)json_array_size(nodes),
						"quorate", quorate));
	json_array_foreach(nodes, i, node) {
		json_array_append_new(list,
				      json_pack("{s:s s:O s:i s:i s:i s:s}", "type", "node",
						"name", node, "nodeid", (int)i + 1,
						"local", !i, "online", !is_offline(node),
						"level", ""));
	}
	return list;
}

static json_t *fail(int *status, int code, const char **message, const char *words)
{
	*status = code;
	*message = words;
	return NULL;
}

static bool may(const json_t *who, const char *vmid, const char *privilege)
{
	char path[280];

	if (json_object_get(who, "root"))
		return true;
	snprintf(path, sizeof(path), "/vms/%s", vmid);
	return json_object_get(json_object_get(json_object_get(who, "privileges"), path),
			       privilege);
}

/* nodes/NODE/qemu/VMID/... */
static json_t *vm_call(const struct request *rq, const json_t *who, int *status,
		       const char **message)
{
	json_t *vm = find_vm(rq->parts[1], rq->parts[3]);
	bool post = !strcmp(rq->method, "POST");

	if (!vm)
		return fail(status, 500, message, "Configuration file 'nodes/pve1/qemu-server/101.conf' does not exist");
	if (json_object_get(vm, "node_down"))
		return fail(status, 595, message, "No route to host");
	if (!may(who, rq->parts[3], post ? "VM.PowerMgmt" : "VM.Audit"))
		return fail(status, 403, message,
			    post ? "Permission check failed (/vms/101, VM.PowerMgmt)" :
							 "Permission check failed (/vms/101, VM.Audit)");
	if (rq->n == 5 && !strcmp(rq->parts[4], "config"))
		return vm_config(vm);
	if (rq->n != 6 || strcmp(rq->parts[4], "status"))
		return fail(status, 501, message, "Method not implemented");
	if (!post && !strcmp(rq->parts[5], "current"))
		return vm_status(vm);
	if (post && !strcmp(rq->parts[5], "stop"))
		return vm_stop(vm, text(who, "name"));
	if (post && (!strcmp(rq->parts[5], "start") || !strcmp(rq->parts[5], "reset"))) {
		json_object_del(vm, "stops_at");
		json_object_set_new(vm, "status", json_string("running"));
		return json_string("UPID:pve1:00000001:00000002:00000003:qmstart:101:root@pam:");
	}
	return fail(status, 501, message, "Method not implemented");
}

static json_t *answer(const struct request *rq, const json_t *who, int *status,
		      const char **message)
{
	const char (*p)[256] = rq->parts;

	if (rq->n == 1 && !strcmp(p[0], "version"))
		return json_pack("{s:s s:s}", "version", "8.2.4", "release", "8.2");
	if (rq->n == 2 && !strcmp(p[0], "access") && !strcmp(p[1], "permissions"))
		return json_incref(json_object_get(who, "privileges"));
	if (rq->n == 2 && !strcmp(p[0], "cluster") && !strcmp(p[1], "resources"))
		return list_vms(NULL, true);
	if (rq->n == 2 && !strcmp(p[0], "cluster") && !strcmp(p[1], "status")) {
		const json_t *top = json_object_get(json_object_get(who, "privileges"), "/");

		if (!json_object_get(who, "root") && !json_object_get(top, "Sys.Audit"))
			return fail(status, 403, message, "Permission check failed (/, Sys.Audit)");
		return cluster_status();
	}
	if (rq->n == 1 && !strcmp(p[0], "nodes"))
		return list_nodes();
	if (rq->n == 3 && !strcmp(p[0], "nodes") && !strcmp(p[2], "qemu"))
		return list_vms(p[1], false);
	if (rq->n == 5 && !strcmp(p[2], "tasks") && !strcmp(p[4], "status"))
		return task_status(p[3]);
	if (rq->n >= 5 && !strcmp(p[0], "nodes") && !strcmp(p[2], "qemu"))
		return vm_call(rq, who, status, message);
	return fail(status, 501, message, "Method not implemented");
}

/* --- who asks ------------------------------------------------------------ */

static json_t *by_token(struct MHD_Connection *connection)
{
	const char *header = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
	json_t *who;

	if (!header || strncmp(header, "PVEAPIToken=", 12))
		return NULL;
	who = json_object_get(json_object_get(scenario, "tokens"), header + 12);
	return number(who, "expired") ? NULL : who;
}

static json_t *by_ticket(struct MHD_Connection *connection, bool post)
{
	const char *cookie = MHD_lookup_connection_value(connection, MHD_COOKIE_KIND, "PVEAuthCookie");
	const char *csrf = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "CSRFPreventionToken");

	if (!cookie || strcmp(cookie, text(scenario, "ticket")))
		return NULL;
	if (post && (!csrf || strcmp(csrf, text(scenario, "csrf"))))
		return NULL;
	return json_object_get(scenario, "ticket_user");
}

/* username=...&password=... are plain words in tests, but for the "@" */
static json_t *new_ticket(const struct request *rq)
{
	char wanted[300], name[100];
	const char *user = text(json_object_get(scenario, "ticket_user"), "name");
	const char *at = strchr(user, '@');

	snprintf(name, sizeof(name), "%.*s%%40%s", at ? (int)(at - user) : 0, user, at ? at + 1 : "");
	snprintf(wanted, sizeof(wanted), "username=%s&password=%s", name, text(scenario,
									       "password"));
	if (strcmp(rq->body, wanted))
		return NULL;
	return json_pack("{s:s s:s s:s}", "ticket", text(scenario, "ticket"), "CSRFPreventionToken",
			 text(scenario, "csrf"), "username", user);
}

/* --- faults -------------------------------------------------------------- */

static bool fault_is_due(const struct request *rq, json_t *fault)
{
	const char *where = text(fault, "match");
	unsigned int skip = number(fault, "skip"), count = number(fault, "count");
	unsigned int n;

	if (*where && !strstr(rq->url, where))
		return false;
	n = matched++;
	return n >= skip && (!count || n < skip + count);
}

static ssize_t endless(void *cls, uint64_t at, char *buf, size_t max)
{
	(void)cls;
	(void)at;
	memset(buf, 'x', max);
	return max;
}

static ssize_t half(void *cls, uint64_t at, char *buf, size_t max)
{
	const char *part = "{\"data\":{\"status\":\"stopped\"";

	(void)cls;
	(void)max;
	if (at)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	memcpy(buf, part, strlen(part));
	return strlen(part);
}

static enum MHD_Result send_response(struct MHD_Connection *connection, int status,
				     struct MHD_Response *response)
{
	enum MHD_Result rc = MHD_queue_response(connection, status, response);

	MHD_destroy_response(response);
	return rc;
}

static enum MHD_Result send_text(struct MHD_Connection *connection, int status, const char *type,
				 const char *body)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(strlen(body), (void *)body,
									MHD_RESPMEM_MUST_COPY);

	MHD_add_response_header(response, "Content-Type", type);
	MHD_add_response_header(response, "Server", "pve-api-daemon/3.0");
	return send_response(connection, status, response);
}

static enum MHD_Result play_fault(struct MHD_Connection *connection, json_t *fault, bool *done)
{
	const char *kind = text(fault, "kind");
	char deep[2001];

	*done = true;
	if (!strcmp(kind, "slow")) {
		*done = false;
		nap(number(fault, "seconds"));
		return MHD_YES;
	}
	if (!strcmp(kind, "silent")) {
		nap(60);
		return MHD_NO;
	}
	if (!strcmp(kind, "drop"))
		return MHD_NO;
	if (!strcmp(kind, "html"))
		return send_text(connection, 200, "text/html", "<html><body>status: stopped</body></html>");
	if (!strcmp(kind, "body"))
		return send_text(connection, 200, "application/json", text(fault, "body"));
	if (!strcmp(kind, "status"))
		return send_text(connection, number(fault, "status"), "application/json",
				 "{\"data\":null,\"message\":\"as ordered by the test\"}");
	if (!strcmp(kind, "half"))
		return send_response(connection, 200,
				     MHD_create_response_from_callback(200, 100, half, NULL, NULL));
	if (!strcmp(kind, "huge"))
		return send_response(connection, 200,
				     MHD_create_response_from_callback(1ULL << 30, 65536, endless,
								       NULL, NULL));
	if (!strcmp(kind, "endless"))
		return send_response(connection, 200,
				     MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 65536,
								       endless,
								       NULL, NULL));
	if (!strcmp(kind, "deep")) {
		memset(deep, '[', sizeof(deep) - 1);
		deep[sizeof(deep) - 1] = '\0';
		return send_text(connection, 200, "application/json", deep);
	}
	*done = false;
	return MHD_YES;
}

/* --- HTTP ---------------------------------------------------------------- */

static int split(struct request *rq)
{
	static const char prefix[] = "/api2/json/";
	const char *p = rq->url;

	if (strncmp(p, prefix, strlen(prefix)))
		return -1;
	for (p += strlen(prefix); *p && rq->n < PATH_MAX_PARTS; rq->n++) {
		size_t len = strcspn(p, "/");

		snprintf(rq->parts[rq->n], sizeof(rq->parts[0]), "%.*s", (int)len, p);
		p += len;
		p += *p == '/';
	}
	return 0;
}

static enum MHD_Result serve_locked(struct MHD_Connection *connection, struct request *rq)
{
	bool post = !strcmp(rq->method, "POST");
	const char *message = NULL;
	json_t *who, *data, *whole;
	enum MHD_Result rc;
	int status = 200;
	char *body;

	if (split(rq))
		return send_text(connection, 404, "text/plain", "no such page");
	if (rq->n == 2 && !strcmp(rq->parts[1], "ticket")) {
		data = new_ticket(rq);
		if (!data)
			return send_text(connection, 401, "application/json", "{\"data\":null}");
	} else {
		who = by_token(connection);
		if (!who)
			who = by_ticket(connection, post);
		if (!who)
			return send_text(connection, 401, "application/json",
					 "{\"data\":null,\"message\":\"invalid token value!\"}");
		data = answer(rq, who, &status, &message);
	}
	whole = json_object();
	json_object_set_new(whole, "data", data ? data : json_null());
	if (message)
		json_object_set_new(whole, "message", json_string(message));
	body = json_dumps(whole, JSON_COMPACT);
	rc = send_text(connection, status, "application/json;charset=UTF-8", body);
	free(body);
	json_decref(whole);
	return rc;
}

static enum MHD_Result serve(void *cls, struct MHD_Connection *connection, const char *url,
			     const char *method, const char *version, const char *data,
			     size_t *size, void **context)
{
	struct request *rq = *context;
	bool done = false, due;
	enum MHD_Result rc;
	json_t *fault;

	(void)cls;
	(void)version;
	if (!rq) {
		*context = calloc(1, sizeof(*rq));
		return *context ? MHD_YES : MHD_NO;
	}
	if (*size) {
		strncat(rq->body, data,
			*size < sizeof(rq->body) - strlen(rq->body) - 1 ? *size : 0);
		*size = 0;
		return MHD_YES;
	}
	rq->method = method;
	rq->url = url;
	pthread_mutex_lock(&lock);
	fault = json_object_get(scenario, "fault");
	due = fault && fault_is_due(rq, fault);
	pthread_mutex_unlock(&lock);
	if (due) {
		rc = play_fault(connection, fault, &done);
		if (done)
			return rc;
	}
	pthread_mutex_lock(&lock);
	rc = serve_locked(connection, rq);
	pthread_mutex_unlock(&lock);
	return rc;
}

static void completed(void *cls, struct MHD_Connection *connection, void **context,
		      enum MHD_RequestTerminationCode code)
{
	(void)cls;
	(void)connection;
	(void)code;
	free(*context);
	*context = NULL;
}

static char *slurp(const char *path)
{
	FILE *in = fopen(path, "r");
	char *all = calloc(1, 65536);

	if (!in || !all || !fread(all, 1, 65535, in)) {
		fprintf(stderr, "pve-api: %s cannot be read\n", path);
		exit(2);
	}
	fclose(in);
	return all;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	const union MHD_DaemonInfo *info;
	struct MHD_Daemon *daemon;
	json_error_t error;

	if (argc != 5) {
		fputs("usage: pve-api SCENARIO CERT KEY LOG\n", stderr);
		return 2;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	scenario = json_load_file(argv[1], 0, &error);
	stop_log = fopen(argv[4], "a");
	if (!scenario || !stop_log) {
		fprintf(stderr, "pve-api: %s: %s\n", argv[1], error.text);
		return 2;
	}
	json_object_set_new(scenario, "tasks", json_object());
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	daemon = MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
				  MHD_USE_TLS, 0, NULL, NULL, serve, NULL,
				  MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
				  MHD_OPTION_HTTPS_MEM_CERT, slurp(argv[2]),
				  MHD_OPTION_HTTPS_MEM_KEY, slurp(argv[3]),
				  MHD_OPTION_NOTIFY_COMPLETED, completed, NULL,
				  MHD_OPTION_END);
	info = daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
	if (!info) {
		fputs("pve-api: the server does not start\n", stderr);
		return 2;
	}
	printf("%d\n", info->port);
	fflush(stdout);
	for (;;)
		pause();
}
