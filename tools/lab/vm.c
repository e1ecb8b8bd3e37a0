// SPDX-License-Identifier: GPL-2.0
/* A cell's QEMU: its plan, its command line, its process. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child.h"
#include "compiler.h"
#include "disk-server.h"
#include "evidence.h"
#include "util.h"
#include "vm.h"

#define ARGS_MAX 96

struct args {
	char *argv[ARGS_MAX + 1];
	int n;
};

static void __printf(3, 4)
arg(struct args *args, const char *option, const char *fmt, ...)
{
	va_list ap;

	if (args->n + 2 > ARGS_MAX)
		abort();
	args->argv[args->n++] = xstrdup(option);
	va_start(ap, fmt);
	args->argv[args->n++] = xvasprintf(fmt, ap);
	va_end(ap);
}

static void flag(struct args *args, const char *option)
{
	if (args->n + 1 > ARGS_MAX)
		abort();
	args->argv[args->n++] = xstrdup(option);
}

static const char * const mode_names[] = {
	[DOG_KEPT_ALIVE] = "keepalive",
	[DOG_DAEMON] = "daemon",
	[DOG_CLOSED] = "closed",
	[DOG_CARELESS] = "careless",
	[DOG_UNOPENED] = "unopened",
	[DOG_SELF] = "self",
	[DOG_OUTSIDE] = "outside",
	[DOG_DETECTOR] = "self",
	[DOG_STARTED] = "started",
	[DOG_KERNEL] = "running",
};

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/* What the guest's /init is to do, by whom and where */
static void write_fault(FILE *out, const struct cell *cell)
{
	const struct fault *fault = cell->fault;
	unsigned long hung = cell_hung_cpus(cell);
	const char *comma = "";

	fprintf(out, "fault=%s\nmsecs=%u\n", fault->name, cell->msecs);
	if (!fault->has_duration)
		return;
	fprintf(out, "fault_ms=%u\n", fault->endless ? 0 : cell->msecs);
	fprintf(out, "fault_module=%s\nfault_row=%s\n", or_empty(fault->module),
		or_empty(fault->row));
	fputs("fault_cpus=", out);
	for (unsigned int cpu = 0; hung; cpu++, hung >>= 1) {
		if (!(hung & 1))
			continue;
		fprintf(out, "%s%u", comma, cpu);
		comma = ",";
	}
	fprintf(out, "\n%s\n", or_empty(fault->settings));
}

/*
 * Where there is no thaw a canary shows only that it can sing; where part of the
 * machine goes on, they show what it does, and each looks at the counter.
 */
static unsigned int canary_ms(const struct fault *fault)
{
	if (!fault->has_duration)
		return 10000;
	return fault->silent == SILENT_ALL ? 1000 : 200;
}

/* On the CPU asked for, or where the fault wants it, until that begins */
static void write_place(FILE *out, const struct cell *cell)
{
	bool placed = cell->fault->placed && !cell->dog_cpu;
	unsigned int cpu = placed ? DOG_CPU : cell->dog_cpu - 1;

	if (!placed && !cell->dog_cpu)
		return;
	fprintf(out, "pin='taskset %#llx'\n", 1ULL << cpu);
	if (placed)
		fprintf(out, "unpin=%#llx\n", (1ULL << cell->cpus) - 1);
}

/* A fork finds a file of the size that the warm guest was saved with */
#define PLAN_BYTES 1024

static int pad_and_close(FILE *out)
{
	long left = PLAN_BYTES - ftell(out);
	int ret = ferror(out) ? -1 : 0;

	if (left < 0)
		abort();
	fprintf(out, "%*s", (int)left, "\n");
	return fclose(out) ? -1 : ret;
}

/**
 * vm_write_plan() - what the guest is to do, as shell assignments
 * @cell: asked; NULL for a warm guest, which is to wait
 * @dir: the cell's folder; the file is "plan"
 *
 * The guest's /init finds it in fw_cfg; all values are numbers or names out of
 * the lab's own tables.
 *
 * Return: 0, or -1 with errno set.
 */
int vm_write_plan(const struct cell *cell, const char *dir)
{
	const struct watchdog *wd;
	unsigned int before;
	char *path = path_join(dir, "plan");
	FILE *out = fopen(path, "we");

	free(path);
	if (!out)
		return -1;
	if (!cell) {
		fputs("wait\n", out);
		return pad_and_close(out);
	}
	wd = cell->watchdog;
	write_fault(out, cell);
	fprintf(out, "timeout=%u\ninterval=%u.%03u\n", cell->timeout_ms / 1000,
		cell->interval_ms / 1000, cell->interval_ms % 1000);
	fprintf(out, "interval_ms=%u\n", cell->interval_ms);
	fprintf(out, "wd_module=%s\nwd_before='%s'\nwd_params=\"%s\"\n", or_empty(wd->module),
		or_empty(wd->before), or_empty(wd->params));
	fprintf(out, "wd_second=%s\nwd_mode=%s\n", or_empty(wd->second), mode_names[wd->mode]);
	fprintf(out, "wd_name=%s\nwd_sets=\"%s\"\nwd_pretimeout=%s\n", wd->name,
		or_empty(wd->sets), wd->pretimeout ? "$((timeout / 2))" : "");
	write_place(out, cell);
	fprintf(out, "nmi_panics=%d\n", wd->nmi_panics && cell->action &&
		!strcmp(cell->action, "inject-nmi"));
	before = cell->periods * cell->interval_ms + cell->phase_ms;
	fprintf(out, "before=%u.%03u\n", before / 1000, before % 1000);
	fprintf(out, "watch=%u.%03u\n", cell->msecs / 1000, cell->msecs % 1000);
	fprintf(out, "settle=%u.%03u\n", cell->settle_ms / 1000, cell->settle_ms % 1000);
	fprintf(out, "canary_ms=%u\n", canary_ms(cell->fault));
	fprintf(out, "clock=%s\n", cell->clock->name);
	return pad_and_close(out);
}

static void add_accel(struct args *args, const struct host *host)
{
	if (host->time == TIME_WARP) {
		arg(args, "-accel", "tcg,thread=single");
		arg(args, "-icount", "shift=%u,sleep=off", host->icount_shift);
		/* Without them two runs of a cell differ by up to 0.5 s */
		arg(args, "-seed", "1");
	} else {
		arg(args, "-accel", strcmp(host_accel(host), "kvm") ? "tcg,thread=multi" : "kvm");
	}
	arg(args, "-rtc", "base=2026-01-01T00:00:00,clock=vm");
}

/* QEMU's option parser takes ",," for a comma in a value */
static char *double_commas(const char *text)
{
	char *copy = xcalloc(2, strlen(text) + 1), *p = copy;

	for (; *text; text++) {
		if (*text == ',')
			*p++ = ',';
		*p++ = *text;
	}
	return copy;
}

/*
 * A warm guest's memory is a file that QEMU shares: it need not be saved. A fork
 * maps the same file privately and pays for the pages that it touches only.
 */
static void add_memory(struct args *args, const struct vm_spec *spec)
{
	char *ram;

	arg(args, "-m", "%d", MEMORY_MIB);
	if (spec->start == VM_FORK || spec->second)
		arg(args, "-incoming", "defer");
	if (spec->start == VM_BOOT)
		return;
	ram = double_commas(spec->ram);
	arg(args, "-object", "memory-backend-file,id=ram,size=%dM,share=%s,mem-path=%s",
	    MEMORY_MIB, spec->start == VM_WARM ? "on" : "off", ram);
	free(ram);
}

static void add_machine(struct args *args, const struct vm_spec *spec)
{
	const struct cell *cell = spec->cell;

	flag(args, "-nodefaults");
	flag(args, "-no-user-config");
	flag(args, "-S");
	arg(args, "-display", "none");
	arg(args, "-machine", "%s%s", cell->machine->qemu,
	    spec->start == VM_BOOT ? "" : ",memory-backend=ram");
	arg(args, "-cpu", "%s", strcmp(host_accel(spec->host), "kvm") ? "max" : "host");
	arg(args, "-smp", "%u", cell->cpus);
}

/* File names are relative to the cell's folder: no path of the user's is parsed */
static void add_channels(struct args *args, const struct vm_spec *spec, int qmp_fd)
{
	const char *append = spec->second ? ",append=on" : "";

	arg(args, "-chardev", "socket,id=qmp,fd=%d", qmp_fd);
	arg(args, "-mon", "chardev=qmp,mode=control");
	/* A fork's console goes on behind a copy of the warm guest's */
	arg(args, "-chardev", "file,id=console,append=on,path=" EVIDENCE_CONSOLE);
	arg(args, "-serial", "chardev:console");
	/* With ioeventfd a guest's write waits for QEMU's main loop: host's time */
	arg(args, "-device", "virtio-serial-pci,ioeventfd=off");
	arg(args, "-chardev", "file,id=agent,path=" EVIDENCE_AGENT "%s", append);
	arg(args, "-device", "virtserialport,chardev=agent,name=pug.agent");
	arg(args, "-chardev", "file,id=canary,path=" EVIDENCE_CANARY "%s", append);
	arg(args, "-device", "virtserialport,chardev=canary,name=pug.canary");
	arg(args, "-fw_cfg", "name=opt/pug/plan,file=plan");
}

/**
 * vm_has_disk() - is there one below this cell's VM?
 * @cell: asked
 *
 * Return: whether; nbdkit serves it.
 */
bool vm_has_disk(const struct cell *cell)
{
	return cell->fault->swaps || cell->fault->outside == OUTSIDE_DISK_FULL ||
	       cell->fault->outside == OUTSIDE_DISK_HANG;
}

/**
 * vm_moves() - does this cell's VM end in another QEMU than it begins in?
 * @cell: asked
 *
 * Return: whether.
 */
bool vm_moves(const struct cell *cell)
{
	return cell->fault->outside == OUTSIDE_MIGRATE || cell->fault->outside == OUTSIDE_SNAPSHOT;
}

static bool has_nic(const struct cell *cell)
{
	return cell->fault->outside == OUTSIDE_LINK_DOWN;
}

/**
 * vm_alike() - have these cells' VMs the same devices?
 * @a: a cell
 * @b: another one
 *
 * Return: whether, as far as their faults and watchdogs bring them.
 */
bool vm_alike(const struct cell *a, const struct cell *b)
{
	return vm_has_disk(a) == vm_has_disk(b) && has_nic(a) == has_nic(b) &&
	       (a->watchdog->mode == DOG_OUTSIDE) == (b->watchdog->mode == DOG_OUTSIDE);
}

/* A warm guest's is never written to; a fork's is served by nbdkit */
static void add_disk(struct args *args, const struct vm_spec *spec)
{
	if (!vm_has_disk(spec->cell))
		return;
	if (spec->start == VM_WARM)
		arg(args, "-blockdev", "driver=null-co,node-name=disk,size=%d", DISK_MIB << 20);
	else
		arg(args, "-blockdev",
		    "driver=nbd,node-name=disk,server.type=unix,server.path=" DISK_SOCKET);
	arg(args, "-device", "virtio-blk-pci,drive=disk,werror=enospc,ioeventfd=off");
}

/* Into a hub with nobody else on it: no packet leaves the VM */
static void add_nic(struct args *args, const struct cell *cell)
{
	if (!has_nic(cell))
		return;
	arg(args, "-netdev", "hubport,hubid=1,id=lan");
	arg(args, "-device", "virtio-net-pci,id=" NIC_ID ",netdev=lan,romfile=,ioeventfd=off");
}

/* What pug watch needs of QEMU, as its manual says */
static void add_watch(struct args *args, const struct cell *cell)
{
	if (cell->watchdog->mode != DOG_OUTSIDE)
		return;
	arg(args, "-chardev", "socket,id=watch,path=" WATCH_QMP ",server=on,wait=off");
	arg(args, "-mon", "chardev=watch,mode=control");
	arg(args, "-chardev", "socket,id=heart,path=" WATCH_HEART ",server=on,wait=off");
	arg(args, "-device", "virtserialport,chardev=heart,name=pug.heart");
}

static void add_watchdog(struct args *args, const struct cell *cell)
{
	arg(args, "-device", "pvpanic");
	/* In every guest, so that one warm guest serves all: a driver is loaded when wanted */
	arg(args, "-device", "i6300esb");
	arg(args, "-device", "ib700");
	/* Said at run time, not saved: the strap is no part of the machine's state */
	if (!strcmp(cell->machine->name, "q35"))
		arg(args, "-global", "ICH9-LPC.noreboot=%s",
		    cell->watchdog->noreboot ? "true" : "false");
	/* At any reset the VM stands still, so that its clock can be read */
	arg(args, "-action", "reboot=shutdown,shutdown=pause,panic=%s,watchdog=%s",
	    cell->fault->fatal ? "none" : "pause", cell->action ? cell->action : "reset");
}

/*
 * When no vCPU has anything to do, -icount skips to the next timer, and QEMU does
 * so once more before it carries out a reset that the guest asked for: with a
 * softdog on the wrong CPU that put the reset 23.9 s too late, in each of 12
 * runs. A packet filter that never sees a packet has a timer of its own, which
 * the guest does not notice: every 10 ms, for what can't be measured.
 */
static void add_ticker(struct args *args, const struct vm_spec *spec)
{
	const struct cell *cell = spec->cell;

	if (spec->host->time != TIME_WARP || spec->start == VM_WARM)
		return;
	/* Each tick wakes two threads of the host: 0.35 s an idle minute */
	if (cell->watchdog->ruler != RULER_GUEST)
		return;
	if (!cell->fault->has_duration && cell->watchdog->mode != DOG_STARTED)
		return;
	arg(args, "-netdev", "hubport,hubid=0,id=ticker");
	arg(args, "-object", "filter-buffer,id=tick,netdev=ticker,interval=10000");
}

/*
 * What the devices did, in order with the counter's readings: evidence-trace.c.
 * QEMU writes each line by itself, 0.4 s for a frozen minute.
 */
static void add_trace(struct args *args, const struct vm_spec *spec)
{
	if (spec->start == VM_WARM || spec->cell->watchdog->ruler != RULER_QEMU)
		return;
	/* It is one QEMU's, and begins anew with the next */
	if (vm_moves(spec->cell))
		return;
	arg(args, "-D", EVIDENCE_TRACE);
	arg(args, "-trace", TRACE_HPET);
	arg(args, "-trace", TRACE_ACTION);
	arg(args, "-trace", TRACE_TCO_RELOAD);
	/* Each write to any device: some 10,000 lines */
	if (spec->cell->fault->has_duration)
		arg(args, "-trace", TRACE_WRITE);
}

/* In real time: a guest that boots on a busy host would find another one */
static void put_tsc(char *text, size_t len, const struct vm_spec *spec)
{
	unsigned int khz = 0;

	if (spec->host->time != TIME_WARP && strcmp(host_accel(spec->host), "kvm"))
		khz = host_tsc_khz();
	if (spec->roughly)
		khz = (khz + 5000) / 10000 * 10000;
	text[0] = '\0';
	if (khz)
		snprintf(text, len, " tsc_early_khz=%u", khz);
}

static void add_kernel(struct args *args, const struct vm_spec *spec)
{
	const struct cell *cell = spec->cell;
	const struct guest *guest = spec->guest;
	char tsc[40];

	put_tsc(tsc, sizeof(tsc), spec);
	arg(args, "-kernel", "%s", guest->vmlinuz);
	arg(args, "-initrd", "%s", guest->initramfs);
	/*
	 * The crypto self-tests are a third of a boot, and not what is tested
	 * here. At the thaw the stall detectors print from another CPU, and a
	 * watchdog that resets meanwhile dies with its last words unprinted:
	 * seen with hangcheck-timer. And in real time on a busy host a guest may find
	 * that its timer does not tick, and panic: nobody has asked it to check.
	 */
	arg(args, "-append",
	    "console=ttyS0 printk.time=1 no_timer_check cryptomgr.notests %s %s%s",
	    "rcupdate.rcu_cpu_stall_suppress=1 nosoftlockup", cell->clock->cmdline, tsc);
}

static int write_cmdline(const struct args *args, const struct vm_spec *spec)
{
	char *path = path_join(spec->dir, spec->second ? EVIDENCE_CMDLINE_2 : EVIDENCE_CMDLINE);
	FILE *out = fopen(path, "we");

	free(path);
	if (!out)
		return -1;
	for (int i = 0; i < args->n; i++)
		fprintf(out, "%s\n", args->argv[i]);
	return fclose(out);
}

static void __noreturn
run_qemu(const struct args *args, const char *dir, int qmp_fd, pid_t parent)
{
	child_begin(parent);
	child_settle_in(dir, EVIDENCE_STDERR);
	fcntl(qmp_fd, F_SETFD, 0);
	child_exec(args->argv);
}

static void free_args(struct args *args)
{
	for (int i = 0; i < args->n; i++)
		free(args->argv[i]);
}

static void make_args(struct args *args, const struct vm_spec *spec, int qmp_fd)
{
	flag(args, spec->host->qemu);
	add_machine(args, spec);
	add_memory(args, spec);
	add_accel(args, spec->host);
	add_channels(args, spec, qmp_fd);
	add_watch(args, spec->cell);
	add_disk(args, spec);
	add_nic(args, spec->cell);
	add_watchdog(args, spec->cell);
	add_ticker(args, spec);
	add_trace(args, spec);
	add_kernel(args, spec);
}

/* What differs between a warm guest and its forks without making a difference */
static bool is_incidental(const char *arg)
{
	static const char * const parts[] = {
		"ICH9-LPC.noreboot", "memory-backend-file", "reboot=shutdown", "id=qmp,fd=",
		"node-name=disk",
	};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (strstr(arg, parts[i]))
			return true;
	return false;
}

/**
 * vm_identity() - the command line as far as a saved guest depends on it
 * @spec: a VM_WARM or VM_FORK
 *
 * Return: a text, to be freed; the same for a warm guest and its forks.
 */
char *vm_identity(const struct vm_spec *spec)
{
	struct vm_spec warm = *spec;
	struct args args = { .n = 0 };
	size_t size = 0;
	char *text;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	warm.start = VM_WARM;
	warm.roughly = true;
	make_args(&args, &warm, 0);
	for (int i = 0; i < args.n; i++)
		if (!is_incidental(args.argv[i]))
			fprintf(out, "%s\n", args.argv[i]);
	fclose(out);
	free_args(&args);
	return text;
}

/**
 * vm_spawn() - start a QEMU, stopped before its first instruction
 * @spec: which; the plan stands in its folder
 * @qmp_fd: on success our end of the QMP connection
 *
 * Return: its pid, or a negative errno.
 */
pid_t vm_spawn(const struct vm_spec *spec, int *qmp_fd)
{
	struct args args = { .n = 0 };
	pid_t parent = getpid(), pid;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return -errno;
	make_args(&args, spec, fds[1]);
	if (write_cmdline(&args, spec)) {
		pid = -errno;
	} else {
		pid = fork();
		if (!pid)
			run_qemu(&args, spec->dir, fds[1], parent);
		if (pid < 0)
			pid = -errno;
	}
	free_args(&args);
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return pid;
	}
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	*qmp_fd = fds[0];
	return pid;
}

/* QEMU warns of networks without a network: see add_ticker() and add_nic() */
static bool is_about_network(const char *line)
{
	return strstr(line, "ticker has no peer") ||
	       strstr(line, "is not connected to host network");
}

/**
 * vm_last_words() - the last line that a QEMU printed
 * @dir: its working folder
 * @text: ": LINE", or empty when it printed none
 * @len: size of @text
 */
void vm_last_words(const char *dir, char *text, size_t len)
{
	char *path = path_join(dir, EVIDENCE_STDERR);
	FILE *in = fopen(path, "re");
	char line[256];

	text[0] = '\0';
	while (in && fgets(line, sizeof(line), in))
		if (!is_about_network(line))
			snprintf(text, len, ": %.*s", (int)len - 3, line);
	text[strcspn(text, "\n")] = '\0';
	if (in)
		fclose(in);
	free(path);
}
