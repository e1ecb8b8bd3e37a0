// SPDX-License-Identifier: GPL-2.0
/* A cell's QEMU: its plan, its command line, its process. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "evidence.h"
#include "util.h"
#include "vm.h"

#define ARGS_MAX 96

struct args {
	char *argv[ARGS_MAX + 1];
	int n;
};

static void __attribute__((format(printf, 3, 4)))
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

static void read_release(struct guest *guest, const char *dir)
{
	char *path = path_join(dir, "release");
	FILE *in = fopen(path, "re");

	if (in && fgets(guest->release, sizeof(guest->release), in))
		guest->release[strcspn(guest->release, "\n")] = '\0';
	if (in)
		fclose(in);
	free(path);
}

/**
 * guest_find() - a guest kernel that 'make guests' unpacked
 * @guest: filled in
 * @host: knows where to look
 * @name: e.g. debian-6.1
 *
 * Return: 0; -1 after saying what is missing and what to do.
 */
int guest_find(struct guest *guest, const struct host *host, const char *name)
{
	char *dir = xasprintf("%s/build/guest/kernels/%s", host->topdir, name);
	int ret = 0;

	memset(guest, 0, sizeof(*guest));
	snprintf(guest->name, sizeof(guest->name), "%s", name);
	/* The unpacked kernel boots by its PVH entry and saves the guest the unpacking */
	guest->vmlinuz = path_join(dir, "vmlinux");
	if (access(guest->vmlinuz, R_OK)) {
		free(guest->vmlinuz);
		guest->vmlinuz = path_join(dir, "vmlinuz");
	}
	guest->initramfs = xasprintf("%s/build/guest/initramfs/%s.cpio", host->topdir, name);
	read_release(guest, dir);
	if (access(guest->vmlinuz, R_OK) || access(guest->initramfs, R_OK)) {
		warn_line("guest kernel %s is not there: run 'make guests', or give --kernel and --modules",
			  name);
		guest_free(guest);
		ret = -1;
	}
	free(dir);
	return ret;
}

/**
 * guest_free() - give back what guest_find() found
 * @guest: not to be used again
 */
void guest_free(struct guest *guest)
{
	free(guest->vmlinuz);
	free(guest->initramfs);
	guest->vmlinuz = NULL;
	guest->initramfs = NULL;
}

/**
 * vm_write_plan() - what the guest is to do, as shell assignments
 * @cell: asked
 * @dir: the cell's folder; the file is "plan"
 *
 * The guest's /init finds it in fw_cfg; all values are numbers or names out of
 * the lab's own tables.
 *
 * Return: 0, or -1 with errno set.
 */
int vm_write_plan(const struct cell *cell, const char *dir)
{
	const struct watchdog *wd = cell->watchdog;
	char *path = path_join(dir, "plan");
	FILE *out = fopen(path, "we");
	int ret;

	free(path);
	if (!out)
		return -1;
	fprintf(out, "fault=%s\nmsecs=%u\n", cell->fault->name, cell->msecs);
	fprintf(out, "wd_module=%s\nwd_params='%s'\n", wd->module ? wd->module : "",
		wd->module_params ? wd->module_params : "");
	fprintf(out, "timeout=%u\ninterval=%u.%03u\n", cell->timeout_ms / 1000,
		cell->interval_ms / 1000, cell->interval_ms % 1000);
	fprintf(out, "before=%u.%03u\n", cell->periods * cell->interval_ms / 1000,
		cell->periods * cell->interval_ms % 1000);
	fprintf(out, "watch=%u.%03u\n", cell->msecs / 1000, cell->msecs % 1000);
	fprintf(out, "settle=%u.%03u\n", cell->settle_ms / 1000, cell->settle_ms % 1000);
	fprintf(out, "clock=%s\n", cell->clock->name);
	ret = ferror(out) ? -1 : 0;
	return fclose(out) ? -1 : ret;
}

static void add_accel(struct args *args, const struct host *host)
{
	if (host->time == TIME_WARP) {
		arg(args, "-accel", "tcg,thread=single");
		arg(args, "-icount", "shift=%u,sleep=off", host->icount_shift);
		/* Without them two runs of a cell differ by up to 0.5 s */
		arg(args, "-seed", "1");
	} else {
		arg(args, "-accel", host->kvm ? "kvm" : "tcg,thread=multi");
	}
	arg(args, "-rtc", "base=2026-01-01T00:00:00,clock=vm");
}

static void add_machine(struct args *args, const struct cell *cell, const struct host *host)
{
	flag(args, "-nodefaults");
	flag(args, "-no-user-config");
	flag(args, "-S");
	arg(args, "-display", "none");
	arg(args, "-machine", "%s", cell->machine->qemu);
	arg(args, "-cpu", "%s", strcmp(host_accel(host), "kvm") ? "max" : "host");
	arg(args, "-smp", "%u", cell->cpus);
	arg(args, "-m", "256");
}

/* File names are relative to the cell's folder: no path of the user's is parsed */
static void add_channels(struct args *args, int qmp_fd)
{
	arg(args, "-chardev", "socket,id=qmp,fd=%d", qmp_fd);
	arg(args, "-mon", "chardev=qmp,mode=control");
	arg(args, "-chardev", "file,id=console,path=" EVIDENCE_CONSOLE);
	arg(args, "-serial", "chardev:console");
	arg(args, "-device", "virtio-serial-pci");
	arg(args, "-chardev", "file,id=agent,path=" EVIDENCE_AGENT);
	arg(args, "-device", "virtserialport,chardev=agent,name=pug.agent");
	arg(args, "-chardev", "file,id=canary,path=" EVIDENCE_CANARY);
	arg(args, "-device", "virtserialport,chardev=canary,name=pug.canary");
	arg(args, "-fw_cfg", "name=opt/pug/plan,file=plan");
}

static void add_watchdog(struct args *args, const struct cell *cell)
{
	arg(args, "-device", "pvpanic");
	if (cell->watchdog->device)
		arg(args, "-device", "%s", cell->watchdog->device);
	/* At any reset the VM stands still, so that its clock can be read */
	arg(args, "-action", "reboot=shutdown,shutdown=pause,panic=pause,watchdog=%s",
	    cell->action ? cell->action : "reset");
}

static void add_kernel(struct args *args, const struct cell *cell, const struct guest *guest)
{
	arg(args, "-kernel", "%s", guest->vmlinuz);
	arg(args, "-initrd", "%s", guest->initramfs);
	/* The crypto self-tests are a third of a boot, and not what is tested here */
	arg(args, "-append", "console=ttyS0 printk.time=1 cryptomgr.notests %s",
	    cell->clock->cmdline);
}

static int write_cmdline(const struct args *args, const char *dir)
{
	char *path = path_join(dir, EVIDENCE_CMDLINE);
	FILE *out = fopen(path, "we");

	free(path);
	if (!out)
		return -1;
	for (int i = 0; i < args->n; i++)
		fprintf(out, "%s\n", args->argv[i]);
	return fclose(out);
}

static void __attribute__((noreturn))
run_qemu(const struct args *args, const char *dir, int qmp_fd, pid_t parent)
{
	sigset_t none;
	int fd;

	/* A pug that is killed takes its VMs along */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	/* Ctrl-C is pug's to handle */
	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (chdir(dir))
		_exit(127);
	fd = open(EVIDENCE_STDERR, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		_exit(127);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	dup2(fd, STDIN_FILENO);
	fcntl(qmp_fd, F_SETFD, 0);
	execvp(args->argv[0], args->argv);
	dprintf(STDERR_FILENO, "%s: %s\n", args->argv[0], strerror(errno));
	_exit(127);
}

static void free_args(struct args *args)
{
	for (int i = 0; i < args->n; i++)
		free(args->argv[i]);
}

/**
 * vm_spawn() - start a cell's QEMU, stopped before its first instruction
 * @cell: asked
 * @host: runs it
 * @guest: boots in it
 * @dir: the cell's folder: QEMU's working folder
 * @qmp_fd: on success our end of the QMP connection
 *
 * Return: its pid, or a negative errno.
 */
pid_t vm_spawn(const struct cell *cell, const struct host *host, const struct guest *guest,
	       const char *dir, int *qmp_fd)
{
	struct args args = { .n = 0 };
	pid_t parent = getpid(), pid;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return -errno;
	flag(&args, host->qemu);
	add_machine(&args, cell, host);
	add_accel(&args, host);
	add_channels(&args, fds[1]);
	add_watchdog(&args, cell);
	add_kernel(&args, cell, guest);
	if (write_cmdline(&args, dir)) {
		pid = -errno;
	} else {
		pid = fork();
		if (!pid)
			run_qemu(&args, dir, fds[1], parent);
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
