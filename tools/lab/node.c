// SPDX-License-Identifier: GPL-2.0
/* One VM of a cluster: its plan, its command line, its QEMU. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child.h"
#include "cluster.h"
#include "evidence.h"
#include "util.h"
#include "vm.h"
#include "warm.h"

#define NODE_MIB 256
#define DCS_MIB 192
#define ARGS_MAX 128
/* Of an ed25519 key it has some 95 */
#define KEY_LINE 160

/* Sockets that QEMU inherits, by the numbers that its command line names */
enum { FD_QMP = 10, FD_LAN, FD_CONSOLE, FD_AGENT, FD_LOG, FD_END };

static bool is_fencing(const struct node *node)
{
	return drill_asks_hypervisor(node->cluster->drill) && node->index != NODE_DCS;
}

static const char *fence_of(const struct node *node)
{
	return is_fencing(node) ? "yes" : node_has_pills(node) ? "sbd" : "no";
}

/* pug watch is beside it */
static bool is_watched(const struct node *node)
{
	return node->cluster->drill->outside_s && node->index != NODE_DCS;
}

/**
 * node_plan() - what the guest's initramfs makes its configuration from
 * @node: one
 *
 * Return: shell assignments of numbers and words from our own tables, to be freed.
 */
char *node_plan(const struct node *node)
{
	static const char * const modules[] = {
		[DRILL_NO_DOG] = "", [DRILL_I6300ESB] = "i6300esb", [DRILL_SOFTDOG] = "softdog",
		[DRILL_ITCO] = "iTCO_wdt",
	};
	/* The level is set in a running cluster: one saved cluster for all three */
	static const char * const keepers[] = {
		[KEEPER_NONE] = "none", [KEEPER_LEVEL_1] = "module",
		[KEEPER_LEVEL_2] = "module", [KEEPER_LEVEL_3] = "module",
		[KEEPER_PATCH] = "patch",
	};
	const struct drill *drill = node->cluster->drill;
	char hang[120] = "", pills[60] = "";

	if (drill_hangs(drill))
		snprintf(hang, sizeof(hang), "keeper=%s\nalone=%s\nkeeper_s=%d\nruntime_s=%u\n",
			 keepers[drill->keeper], drill->alone ? "yes" : "no",
			 drill->keeper == KEEPER_PATCH ? PATCH_S : KEEPER_S,
			 drill_runtime_s(drill));
	else if (drill->manager == DRILL_REPMGR)
		snprintf(hang, sizeof(hang), "manager=repmgr\nruntime_s=%u\n",
			 drill_runtime_s(drill));
	if (node_has_pills(node))
		snprintf(pills, sizeof(pills), "sbd_watchdog=%d\nsbd_msgwait=%d\n",
			 SBD_WATCHDOG_S, SBD_MSGWAIT_S);
	return xasprintf("name=%s\ndcs=%s\nwd_module=%s\nwd_mode=%s\nttl=%u\nloop_wait=%u\nretry_timeout=%u\nsync=%s\nunit=%s\npg_rewind=%s\nfence=%s\nlab_address=10.0.%d.15\nsalvage=%s\n%s%s%s",
			 node->name, node->index == NODE_DCS ? "yes" : "no", modules[drill->dog],
			 drill_modes[drill->mode], drill->ttl_s, drill->loop_s, drill->retry_s,
			 drill_syncs[drill->sync], drill_units[drill->unit],
			 drill->pg_rewind ? "true" : "false", fence_of(node),
			 NODE_NET(node->index), drill_salvages[drill->salvage],
			 is_watched(node) ? "outside=yes\n" : "", pills,
			 hang);
}

/**
 * node_full_plan() - the plan, and whose key opens the node
 * @node: one
 *
 * A guest reads as much of a file of fw_cfg as there was when it booted: a fork, which may
 * have a key where the saved node had none, must have one of the same length.
 *
 * Return: text to be freed.
 */
char *node_full_plan(const struct node *node)
{
	const char *key = node->cluster->ssh_key ? node->cluster->ssh_key : "";
	char *plan = node_plan(node), *line = xasprintf("ssh_key='%s'", key);
	char *full = xasprintf("%s%-*s\n", plan, KEY_LINE, line);

	free(line);
	free(plan);
	return full;
}

/* Links in QEMU's folder: no path of the user's is parsed */
static void add_disks(FILE *out, const struct node *node, bool fork_of_warm)
{
	/* A reset of the guest is none of the host's: its page cache is disk enough */
	const char *data = "-drive\nif=none,id=data,format=raw,cache=unsafe,werror=enospc";

	fputs("-drive\nif=none,id=image,format=raw,readonly=on,file=image\n", out);
	fputs("-device\nvirtio-blk-pci,drive=image\n", out);
	if (fork_of_warm && node->disk_pid)
		fprintf(out, "%s,file.driver=nbd,file.server.type=unix,file.server.path="
			NODE_DISK_SOCKET "\n", data);
	else
		fprintf(out, "%s,snapshot=%s,file=" NODE_DISK "\n", data,
			fork_of_warm ? "on" : "off");
	fputs("-device\nvirtio-blk-pci,drive=data\n", out);
	/* One file for three QEMUs: what one writes the others read from the page cache */
	if (!node_has_pills(node))
		return;
	fputs("-drive\nif=none,id=pills,format=raw,cache=writethrough,file=" NODE_PILLS "\n", out);
	fputs("-device\nvirtio-blk-pci,drive=pills,share-rw=on\n", out);
}

static void add_networks(FILE *out, const struct node *node)
{
	fprintf(out, "-netdev\ndgram,id=lan,local.type=fd,local.str=%d\n", FD_LAN);
	fprintf(out, "-device\nvirtio-net-pci,netdev=lan,romfile=,mac=" NODE_MAC "\n",
		node->index + 1);
	/* Only in: what the lab forwards to; out to the hypervisor at most */
	fprintf(out, "-netdev\nuser,id=lab,restrict=on,net=10.0.%d.0/24", NODE_NET(node->index));
	if (is_fencing(node))
		fprintf(out, ",guestfwd=tcp:10.0.%d.100:8006-cmd:./" NODE_PUG " relay ../"
			HYPERVISOR_PORT, NODE_NET(node->index));
	fputc('\n', out);
	fprintf(out, "-device\nvirtio-net-pci,netdev=lab,romfile=,mac=52:54:00:15:01:%02x\n",
		node->index + 1);
}

static void add_channels(FILE *out)
{
	fprintf(out, "-chardev\nsocket,id=qmp,fd=%d\n-mon\nchardev=qmp,mode=control\n", FD_QMP);
	fprintf(out, "-chardev\nsocket,id=console,fd=%d\n-serial\nchardev:console\n", FD_CONSOLE);
	fputs("-device\nvirtio-serial-pci\n", out);
	fprintf(out, "-chardev\nsocket,id=agent,fd=%d\n", FD_AGENT);
	fputs("-device\nvirtserialport,chardev=agent,name=pug.agent\n", out);
	fprintf(out, "-chardev\nsocket,id=log,fd=%d\n", FD_LOG);
	fputs("-device\nvirtserialport,chardev=log,name=pug.log\n", out);
	fputs("-fw_cfg\nname=opt/pug/plan,file=plan\n", out);
}

/* A monitor of the hypervisor's own, and what the guest is told of it */
static void add_hypervisor(FILE *out, const struct node *node)
{
	if (!is_fencing(node))
		return;
	fprintf(out, "-uuid\n" NODE_UUID "\n", node->index + 1);
	fputs("-chardev\nsocket,id=fence,path=" NODE_API_SOCKET ",server=on,wait=off\n", out);
	fputs("-mon\nchardev=fence,mode=control\n", out);
	fputs("-fw_cfg\nname=opt/pug/fence,file=" NODE_FENCE "\n", out);
}

/* For pug watch, as its manual says: a monitor of its own, and the signs of life */
static void add_watch(FILE *out, const struct node *node)
{
	if (!is_watched(node))
		return;
	fputs("-chardev\nsocket,id=watch,path=" WATCH_QMP ",server=on,wait=off\n", out);
	fputs("-mon\nchardev=watch,mode=control\n", out);
	fputs("-chardev\nsocket,id=heart,path=" WATCH_HEART ",server=on,wait=off\n", out);
	fputs("-device\nvirtserialport,chardev=heart,name=pug.heart\n", out);
}

/* Its strap, which says whether expiring resets, was the other way round below 8.0 */
static void add_machine(FILE *out, const struct drill *drill, int mib)
{
	bool q35 = drill->dog == DRILL_ITCO;

	fprintf(out, "-machine\n%s,memory-backend=ram\n-m\n%d\n", q35 ? "q35" : "pc", mib);
	if (q35)
		fputs("-global\nICH9-LPC.noreboot=false\n", out);
}

/**
 * node_args() - a node's QEMU command line
 * @node: one
 * @fork_of_warm: goes on where a warm one was saved; its memory is that one's
 *
 * Return: an argument a line, to be freed.
 */
char *node_args(const struct node *node, bool fork_of_warm)
{
	const struct cluster *c = node->cluster;
	bool dcs = node->index == NODE_DCS;
	int mib = dcs ? DCS_MIB : NODE_MIB;
	char tsc[40] = "";
	size_t size = 0;
	char *text;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	/* A guest that boots on a busy machine would find another one: seen, twice as fast */
	if (c->tsc_khz)
		snprintf(tsc, sizeof(tsc), " tsc_early_khz=%u", c->tsc_khz);
	fprintf(out, "%s\n-nodefaults\n-no-user-config\n-S\n-display\nnone\n", c->host->qemu);
	add_machine(out, c->drill, mib);
	fprintf(out, "-object\nmemory-backend-file,id=ram,size=%dM,share=%s,mem-path=" WARM_RAM "\n",
		mib, fork_of_warm ? "off" : "on");
	/* Also where there is KVM: a drill is to mean the same everywhere */
	fputs("-accel\ntcg,thread=multi\n-cpu\nmax\n", out);
	fprintf(out, "-smp\n%u\n-rtc\nbase=utc,clock=vm\n", dcs ? 1 : c->drill->cpus);
	add_disks(out, node, fork_of_warm);
	add_networks(out, node);
	add_channels(out);
	add_hypervisor(out, node);
	add_watch(out, node);
	/* In every node, whoever drives it: so are the device lists of all drills alike */
	fputs("-device\npvpanic\n-device\ni6300esb\n", out);
	fputs("-action\nreboot=reset,shutdown=poweroff,panic=pause,watchdog=reset\n", out);
	fprintf(out, "-kernel\n%s/build/guest/kernels/debian-6.1/vmlinux\n", c->host->topdir);
	fprintf(out, "-initrd\n%s/build/cluster/initramfs.cpio\n", c->host->topdir);
	fprintf(out, "-append\nconsole=ttyS0 quiet loglevel=7 net.ifnames=0 cryptomgr.notests mitigations=off %s %s%s\n",
		"rcupdate.rcu_cpu_stall_suppress=1 nosoftlockup systemd.show_status=0",
		c->drill->clock->cmdline, tsc);
	if (fork_of_warm)
		fputs("-incoming\ndefer\n", out);
	fclose(out);
	return text;
}

static void __noreturn
run_qemu(char *args, const char *dir, const int *fds, pid_t parent)
{
	char *argv[ARGS_MAX];
	int n = 0;

	child_begin(parent);
	child_settle_in(dir, EVIDENCE_STDERR);
	/* For what a fork writes to its disk: a file that is gone when QEMU is */
	setenv("TMPDIR", dir, 1);
	/* Out of the way of the numbers first: theirs may overlap */
	for (int i = 0; i < FD_END - FD_QMP; i++)
		((int *)fds)[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, FD_END);
	for (int i = 0; i < FD_END - FD_QMP; i++)
		dup2(fds[i], FD_QMP + i);
	for (char *line; n < ARGS_MAX - 1 && (line = strsep(&args, "\n"));)
		if (*line)
			argv[n++] = line;
	argv[n] = NULL;
	child_exec(argv);
}

static int make_pairs(int pairs[][2], int n)
{
	for (int i = 0; i < n; i++) {
		if (!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pairs[i]))
			continue;
		while (i--) {
			close(pairs[i][0]);
			close(pairs[i][1]);
		}
		return -errno;
	}
	return 0;
}

static int listen_to(struct node *node, int pairs[][2])
{
	struct { struct lines *lines; const char *name; } rows[] = {
		{ &node->console, "console" }, { &node->agent, "agent" }, { &node->log, "log" },
	};
	sd_event *loop = node->cluster->loop;
	char *path;
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		path = xasprintf("%s/%s.%s.jsonl", node->evidence, node->name, rows[i].name);
		if (lines_open(rows[i].lines, loop, pairs[i + 1][0], path) < 0)
			ret = -1;
		free(path);
	}
	path = xasprintf("%s/%s.qmp.jsonl", node->evidence, node->name);
	node->qmp_log = fopen(path, "ae");
	free(path);
	if (!node->qmp_log || qmp_open(&node->qmp, loop, pairs[0][0], node->qmp_log) < 0)
		ret = -1;
	return ret;
}

/**
 * node_spawn() - start a node's QEMU, stopped before its first instruction
 * @node: its folder stands, with the disk in it; it has a port of the switch
 * @fork_of_warm: whether it is one
 *
 * Return: its pid, or a negative errno.
 */
pid_t node_spawn(struct node *node, bool fork_of_warm)
{
	/* QMP, console, agent, log: ours and QEMU's ends */
	int pairs[4][2], fds[FD_END - FD_QMP], ret;
	char *args, *plan = node_full_plan(node);
	pid_t parent = getpid(), pid;

	args = node_args(node, fork_of_warm);
	ret = make_pairs(pairs, 4);
	if (!ret && (write_text(node->dir, "plan", plan) ||
		     write_text(node->dir, EVIDENCE_CMDLINE, args)))
		ret = -errno;
	free(plan);
	if (ret) {
		free(args);
		return ret;
	}
	fds[0] = pairs[0][1];
	fds[FD_LAN - FD_QMP] = node->lan;
	for (int i = 1; i < 4; i++)
		fds[FD_CONSOLE - FD_QMP + i - 1] = pairs[i][1];
	pid = fork();
	if (!pid)
		run_qemu(args, node->dir, fds, parent);
	ret = pid < 0 ? -errno : 0;
	free(args);
	for (int i = 0; i < 4; i++)
		close(pairs[i][1]);
	close(node->lan);
	node->lan = -1;
	if (ret)
		return ret;
	node->pid = pid;
	return listen_to(node, pairs) ? -EIO : pid;
}
