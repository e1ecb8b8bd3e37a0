// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "plan.h"
#include "util.h"

#define OUTPUT_MAX 65536

static char *read_all(int fd)
{
	char *text = xcalloc(1, OUTPUT_MAX + 1);
	size_t used = 0;
	ssize_t len;

	while (used < OUTPUT_MAX) {
		len = read(fd, text + used, OUTPUT_MAX - used);
		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0)
			break;
		used += len;
	}
	return text;
}

/**
 * host_run() - run a program and take what it prints
 * @argv: ends with NULL; no shell is involved
 *
 * Return: its standard output, to be freed; NULL when it could not be run or
 * ended with another status than 0.
 */
char *host_run(char * const argv[])
{
	int pipefd[2], status;
	char *text;
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC))
		return NULL;
	pid = fork();
	if (!pid) {
		dup2(pipefd[1], STDOUT_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(pipefd[1]);
	text = pid > 0 ? read_all(pipefd[0]) : NULL;
	close(pipefd[0]);
	if (pid < 0)
		return NULL;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return text;
	free(text);
	return NULL;
}

/**
 * remove_tree() - rm -rf
 * @dir: of ours
 */
void remove_tree(const char *dir)
{
	char * const argv[] = { (char *)"rm", (char *)"-rf", (char *)"--", (char *)dir, NULL };

	free(host_run(argv));
}

/* build/bin/pug stands two folders below the top */
static char *find_topdir(void)
{
	const char *given = getenv("PUG_TOPDIR");
	char exe[PATH_MAX];
	ssize_t len;

	if (given && *given)
		return xstrdup(given);
	len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	if (len < 0)
		return xstrdup(".");
	exe[len] = '\0';
	return xstrdup(dirname(dirname(dirname(exe))));
}

static int read_version(struct host *host)
{
	char * const argv[] = { host->qemu, (char *)"--version", NULL };
	unsigned int major, minor, micro = 0;
	char *text = host_run(argv);
	char *found = text ? strstr(text, "version ") : NULL;
	int n = found ? sscanf(found, "version %u.%u.%u", &major, &minor, &micro) : 0;

	if (n >= 2) {
		snprintf(host->qemu_version, sizeof(host->qemu_version), "%u.%u.%u",
			 major % 1000, minor % 1000, micro % 1000);
		host->qemu_number = major * 1000000L + minor * 1000L + micro;
	}
	free(text);
	return n >= 2 ? 0 : -1;
}

/**
 * host_virtualizes() - does a CPU run unmodified guests in hardware?
 * @cpuinfo: /proc/cpuinfo
 *
 * Where a hypervisor hides that from us, /dev/kvm may be there all the same: PVM
 * runs guests without it, but only kernels that were made for it. There a stock
 * kernel got nowhere in 8 s, and -cpu host ended in an assertion of QEMU's.
 *
 * Return: whether the flags of the first CPU have vmx or svm.
 */
bool host_virtualizes(FILE *cpuinfo)
{
	char *line = NULL, *rest, *word;
	bool found = false;
	size_t cap = 0;

	while (getline(&line, &cap, cpuinfo) > 0) {
		if (strncmp(line, "flags", 5))
			continue;
		rest = line;
		while ((word = strsep(&rest, " \t\n")) && !found)
			found = !strcmp(word, "vmx") || !strcmp(word, "svm");
		break;
	}
	free(line);
	return found;
}

static enum kvm_state find_kvm(void)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	FILE *cpuinfo;
	bool virtualizes;

	if (fd < 0)
		return KVM_NONE;
	close(fd);
	cpuinfo = fopen("/proc/cpuinfo", "re");
	virtualizes = cpuinfo && host_virtualizes(cpuinfo);
	if (cpuinfo)
		fclose(cpuinfo);
	return virtualizes ? KVM_USABLE : KVM_NO_HARDWARE;
}

/* For measuring: a warm guest of another shift is another warm guest */
static int find_shift(struct host *host)
{
	const char *given = getenv("PUG_ICOUNT_SHIFT");

	host->icount_shift = ICOUNT_SHIFT;
	if (!given || !plan_number(given, 0, 10, &host->icount_shift))
		return 0;
	warn_line("PUG_ICOUNT_SHIFT is '%s': QEMU takes a whole number from 0 to 10", given);
	return -1;
}

/**
 * host_find() - find out what cells can run with
 * @host: filled in
 * @qemu: the user's choice, NULL for the one under build/, else the system's
 *
 * Return: 0; -1 after saying what is missing and what to do.
 */
int host_find(struct host *host, const char *qemu)
{
	memset(host, 0, sizeof(*host));
	if (find_shift(host))
		return -1;
	host->topdir = find_topdir();
	if (qemu) {
		host->qemu = xstrdup(qemu);
	} else {
		host->qemu = path_join(host->topdir, "build/guest/qemu/qemu-system-x86_64");
		if (access(host->qemu, X_OK)) {
			free(host->qemu);
			host->qemu = xstrdup("qemu-system-x86_64");
		}
	}
	if (read_version(host)) {
		warn_line("%s does not run or does not tell its version; run 'make guests', or name another with --qemu",
			  host->qemu);
		return -1;
	}
	host->kvm = find_kvm();
	host->time = host->qemu_number >= QEMU_WARP_MIN ? TIME_WARP : TIME_REAL;
	return 0;
}

/**
 * host_free() - give back what host_find() found
 * @host: not to be used again
 */
void host_free(struct host *host)
{
	free(host->topdir);
	free(host->qemu);
}

/**
 * host_accel() - what the guests' instructions run on
 * @host: from host_find()
 *
 * Return: "kvm" or "tcg".
 */
const char *host_accel(const struct host *host)
{
	return host->time == TIME_REAL && host->kvm == KVM_USABLE ? "kvm" : "tcg";
}

/**
 * host_time() - how the guests' time runs
 * @host: from host_find()
 *
 * Return: "warp" or "real".
 */
const char *host_time(const struct host *host)
{
	return host->time == TIME_WARP ? "warp" : "real";
}

static bool thread_is_stopped(pid_t pid, const char *thread)
{
	char *path = xasprintf("/proc/%d/task/%s/stat", (int)pid, thread);
	FILE *in = fopen(path, "re");
	const char *state;
	char line[512];

	free(path);
	if (!in)
		return false;
	/* The name before it is in brackets and may be anything */
	state = fgets(line, sizeof(line), in) ? strrchr(line, ')') : NULL;
	fclose(in);
	return state && (!strncmp(state, ") T ", 4) || !strncmp(state, ") t ", 4));
}

/**
 * host_is_stopped() - was a process stopped by a signal or a debugger?
 * @pid: of the process
 *
 * Its threads stop one by one.
 *
 * Return: whether all of them are now.
 */
bool host_is_stopped(pid_t pid)
{
	char *path = xasprintf("/proc/%d/task", (int)pid);
	DIR *dir = opendir(path);
	const struct dirent *entry;
	bool stopped = false;

	free(path);
	if (!dir)
		return false;
	while ((entry = readdir(dir))) {
		if (*entry->d_name == '.')
			continue;
		stopped = thread_is_stopped(pid, entry->d_name);
		if (!stopped)
			break;
	}
	closedir(dir);
	return stopped;
}

/**
 * host_has() - is a program installed?
 * @program: its name
 *
 * Return: whether one of the folders in PATH has it.
 */
bool host_has(const char *program)
{
	const char *given = getenv("PATH");
	char *path = xstrdup(given ? given : ""), *save = NULL;
	bool found = false;

	for (char *dir = strtok_r(path, ":", &save); dir && !found;
	     dir = strtok_r(NULL, ":", &save)) {
		char *file = path_join(dir, program);

		found = !access(file, X_OK);
		free(file);
	}
	free(path);
	return found;
}
