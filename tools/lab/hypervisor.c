// SPDX-License-Identifier: GPL-2.0
/*
 * The hypervisor of a drill: the test fixture that speaks Proxmox VE's API, on
 * 127.0.0.1, in front of the nodes' QEMUs. The guests reach it at 10.0.N.100:8006,
 * where QEMU starts `pug relay' for each of their connections.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "cluster.h"
#include "keep.h"
#include "util.h"

/* Below vms/, where the fixture runs: a socket's path is short */
#define API_CERT "hypervisor.pem"
#define API_KEY "hypervisor.key"
#define API_SCENARIO "hypervisor.json"
#define API_STDERR "hypervisor.stderr"
#define START_S 20
/* Of a file in fw_cfg, which must not change between a warm node and its fork */
#define BLOB_LEN 1024
#define SECRET_BYTES 16
#define PIN_LEN 95

static void __noreturn
run_there(const char *dir, char * const *argv, int out, pid_t parent)
{
	child_begin(parent);
	child_settle_in(dir, API_STDERR);
	umask(077);
	if (out >= 0)
		dup2(out, STDOUT_FILENO);
	child_exec(argv);
}

static pid_t start(const char *dir, char * const *argv, int out)
{
	pid_t parent = getpid(), pid;

	fflush(NULL);
	pid = fork();
	if (!pid)
		run_there(dir, argv, out, parent);
	return pid;
}

/* A tool that takes some ten milliseconds; the guests do not run yet */
static int run_tool(const char *dir, char * const *argv, int out)
{
	pid_t pid = start(dir, argv, out);
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -1;
}

/*
 * Pinned, as Proxmox's own often is: the guests' clocks are those of the day on
 * which their cluster was saved, when it was not valid yet.
 */
static int make_certificate(const char *dir)
{
	char * const argv[] = {
		(char *)"openssl", (char *)"req", (char *)"-x509", (char *)"-newkey",
		(char *)"rsa:2048", (char *)"-nodes", (char *)"-days", (char *)"30",
		(char *)"-subj", (char *)"/CN=hypervisor of a drill", (char *)"-keyout",
		(char *)API_KEY, (char *)"-out", (char *)API_CERT, NULL,
	};

	return run_tool(dir, argv, -1);
}

/* "sha256 Fingerprint=AA:BB:..." */
static int read_pin(const char *dir, char *pin)
{
	char * const argv[] = {
		(char *)"openssl", (char *)"x509", (char *)"-in", (char *)API_CERT, (char *)"-noout",
		(char *)"-fingerprint", (char *)"-sha256", NULL,
	};
	char text[200] = "";
	const char *value;
	int fds[2], ret;
	ssize_t len;

	if (pipe2(fds, O_CLOEXEC))
		return -1;
	ret = run_tool(dir, argv, fds[1]);
	close(fds[1]);
	len = read(fds[0], text, sizeof(text) - 1);
	close(fds[0]);
	value = len > 0 ? strchr(text, '=') : NULL;
	if (ret || !value || strspn(value + 1, "0123456789ABCDEFabcdef:") != PIN_LEN)
		return -1;
	snprintf(pin, PIN_LEN + 1, "%s", value + 1);
	return 0;
}

static int make_token(char *token, size_t size)
{
	unsigned char bytes[SECRET_BYTES];
	size_t len = snprintf(token, size, "fence@pve!drill=");

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return -1;
	for (size_t i = 0; i < sizeof(bytes) && len < size; i++)
		len += snprintf(token + len, size - len, "%02x", bytes[i]);
	return 0;
}

static int write_scenario(const struct cluster *c, const char *dir, const char *token)
{
	json_t *vms = json_array(), *rights = json_object(), *tokens = json_object(), *all;
	mode_t mask;
	int ret;

	for (int i = 0; i < DATABASES; i++) {
		char path[32], uuid[40], mac[24], qmp[64], lock[64];

		snprintf(path, sizeof(path), "/vms/%d", NODE_VMID(i));
		json_object_set_new(rights, path,
				    json_pack("{s:i s:i}", "VM.Audit", 1, "VM.PowerMgmt", 1));
		snprintf(uuid, sizeof(uuid), NODE_UUID, i + 1);
		snprintf(mac, sizeof(mac), NODE_MAC, i + 1);
		snprintf(qmp, sizeof(qmp), "%s/" NODE_API_SOCKET, c->nodes[i].name);
		snprintf(lock, sizeof(lock), "%s/" NODE_LOCK, c->nodes[i].name);
		json_array_append_new(vms, json_pack("{s:i s:s s:s s:s s:s s:s s:s s:s}",
						     "vmid", NODE_VMID(i), "node", "pve1", "name",
						     c->nodes[i].name, "uuid", uuid, "mac", mac,
						     "status", "running", "qmp", qmp,
						     "lock_file", lock));
	}
	json_object_set_new(tokens, token, json_pack("{s:s s:o}", "name", "fence@pve!drill",
						     "privileges", rights));
	all = json_pack("{s:[s] s:i s:o s:o}", "nodes", "pve1", "version", 8, "vms", vms,
			"tokens", tokens);
	/* It has the token */
	mask = umask(077);
	ret = keep_json(dir, API_SCENARIO, all);
	umask(mask);
	json_decref(all);
	return ret;
}

static int write_blob(const struct node *node, const char *policy, const char *token,
		      const char *pin)
{
	char *path = path_join(node->dir, NODE_FENCE);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char text[BLOB_LEN];
	int ret = -1;

	memset(text, '\n', sizeof(text));
	text[snprintf(text, sizeof(text), "fence_policy=%s\nfence_token='%s'\nfence_pin=%s\n",
		      policy, token, pin)] = '\n';
	if (fd >= 0 && write(fd, text, sizeof(text)) == sizeof(text))
		ret = 0;
	if (fd >= 0)
		close(fd);
	free(path);
	return ret;
}

static int link_program(const struct node *node)
{
	char *path = path_join(node->dir, NODE_PUG), *self = realpath("/proc/self/exe", NULL);
	int ret = self ? symlink(self, path) : -1;

	free(path);
	free(self);
	return ret;
}

/**
 * hypervisor_prepare() - a node's files, before it is booted for the first time
 * @node: its folder stands
 *
 * Return: 0; -1 after cluster_fail().
 */
int hypervisor_prepare(struct node *node)
{
	/* Nobody's: a node that is saved has no hypervisor to ask */
	static const char pin[] =
		"0000000000000000000000000000000000000000000000000000000000000000";

	if (!drill_asks_hypervisor(node->cluster->drill) || node->index == NODE_DCS)
		return 0;
	if (!write_blob(node, "strict", "fence@pve!none=none", pin) && !link_program(node))
		return 0;
	return cluster_fail(node->cluster, "%s: %s", node->dir, strerror(errno));
}

/* "stop 101 alt01", before the stop is carried out */
static void on_line(struct lines *lines, const char *text, void *data)
{
	struct cluster *c = data;

	(void)lines;
	if (!c->api.port) {
		c->api.port = (unsigned int)atoi(text);
		return;
	}
	for (int i = 0; i < DATABASES; i++) {
		struct node *node = &c->nodes[i];

		if (!strncmp(text, "stop ", 5) && strstr(text, node->name))
			node->fenced = true;
	}
}

static bool has_port(struct cluster *c, void *data)
{
	(void)data;
	return c->api.port;
}

static int start_api(struct cluster *c, const char *dir, const char *out)
{
	char *program = path_join(c->host->topdir, "build/cluster/pve-api");
	char *log = path_join(out, HYPERVISOR_LOG);
	char * const argv[] = {
		program, (char *)API_SCENARIO, (char *)API_CERT, (char *)API_KEY,
		(char *)"/dev/stdout", NULL,
	};
	int fds[2], ret = -1;

	c->api.lines.on_line = on_line;
	c->api.lines.data = c;
	if (!pipe2(fds, O_CLOEXEC)) {
		c->api.pid = start(dir, argv, fds[1]);
		close(fds[1]);
		fcntl(fds[0], F_SETFL, O_NONBLOCK);
		if (c->api.pid > 0)
			ret = lines_open(&c->api.lines, c->loop, fds[0], log);
		else
			close(fds[0]);
	}
	free(program);
	free(log);
	if (ret < 0 || cluster_wait(c, START_S, has_port, NULL))
		return cluster_fail(c, "the hypervisor's API did not start (see %s/" API_STDERR "; 'make cluster' makes it)",
				    dir);
	return 0;
}

static int write_port(const struct cluster *c, const char *dir)
{
	char *text = xasprintf("%u\n", c->api.port);
	int ret = write_text(dir, HYPERVISOR_PORT, text);

	free(text);
	return ret;
}

/**
 * hypervisor_start() - the API, and what each node needs to ask it
 * @c: its nodes have folders, and no QEMU yet
 * @out: folder for the evidence
 *
 * Return: 0; -1 after cluster_fail().
 */
int hypervisor_start(struct cluster *c, const char *out)
{
	char *dir = path_join(out, "vms"), token[80], pin[PIN_LEN + 1];
	int ret = 0;

	if (!drill_asks_hypervisor(c->drill)) {
		free(dir);
		return 0;
	}
	if (make_certificate(dir) || read_pin(dir, pin) || make_token(token, sizeof(token)) ||
	    write_scenario(c, dir, token))
		ret = cluster_fail(c, "no certificate or token could be made (see %s/" API_STDERR ")",
				   dir);
	for (int i = 0; i < DATABASES && !ret; i++)
		if (write_blob(&c->nodes[i], drill_fences[c->drill->fence], token, pin) ||
		    link_program(&c->nodes[i]))
			ret = cluster_fail(c, "%s: %s", c->nodes[i].dir, strerror(errno));
	if (!ret)
		ret = start_api(c, dir, out);
	if (!ret && write_port(c, dir))
		ret = cluster_fail(c, "%s/" HYPERVISOR_PORT ": %s", dir, strerror(errno));
	free(dir);
	return ret;
}

/**
 * hypervisor_gone() - write down that a QEMU ended which was to be stopped
 * @node: its
 */
void hypervisor_gone(struct node *node)
{
	char line[40];

	snprintf(line, sizeof(line), "gone %d %s\n", NODE_VMID(node->index), node->name);
	lines_feed(&node->cluster->api.lines, line, strlen(line));
}

/**
 * hypervisor_runs() - is the API there still?
 * @c: after hypervisor_start()
 *
 * Return: whether, or none was wanted.
 */
bool hypervisor_runs(struct cluster *c)
{
	if (!drill_asks_hypervisor(c->drill))
		return true;
	return child_runs(&c->api.pid);
}

/**
 * hypervisor_stop() - end the API
 * @c: with or without one
 */
void hypervisor_stop(struct cluster *c)
{
	child_end(&c->api.pid);
	c->api.port = 0;
	lines_close(&c->api.lines);
}
