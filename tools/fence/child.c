// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a program: ssh, ping, a fence agent, virsh.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"
#include "compiler.h"

/* The process group of the program that runs, 0 for none; a signal handler reads it */
static sig_atomic_t running;

/* killpg(2) and _exit(2) may be called from anywhere */
static void on_end(int number)
{
	if (running > 0)
		kill(-running, SIGKILL);
	_exit(128 + number);
}

/**
 * child_die_with_parent() - to be called first in a child
 * @parent: process id of the parent
 * @signal: that ends it
 *
 * Whatever ends a decision must end all that it started: a stop that is asked
 * for after Patroni has given up may hit a member that leads again.
 */
void child_die_with_parent(int parent, int signal)
{
	prctl(PR_SET_PDEATHSIG, signal);
	if (getppid() != parent)
		_exit(1);
}

/**
 * child_take_along() - let a signal that ends us end the program that runs, too
 *
 * With all that it has started itself: an ssh or ipmitool below a fence agent would
 * go on otherwise, and switch off what leads again by then.
 */
void child_take_along(void)
{
	const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGALRM };
	struct sigaction action = { .sa_handler = on_end };

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		sigaction(numbers[i], &action, NULL);
}

static const char *home(void)
{
	const char *dir = getenv("HOME");

	return dir ? dir : "/";
}

static void exec_child(char *const argv[], int parent, const int in[2], const int out[2])
{
	static const char path[] =
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	static const char locale[] = "LC_ALL=C";
	char dir[300] = "HOME=";
	char *const env[] = { (char *)path, (char *)locale, dir, NULL };
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	sigset_t none;

	setpgid(0, 0);
	child_die_with_parent(parent, SIGKILL);
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	strncat(dir, home(), sizeof(dir) - strlen(dir) - 1);
	dup2(in[0], STDIN_FILENO);
	dup2(out[1], STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execvpe(argv[0], argv, env);
	_exit(127);
}

/*
 * What an agent is given to read. The file goes from disk to pipe inside the
 * kernel: a password in it is never in our memory, nor in a trace of us.
 */
static int feed(int fd, const char *secret_file, const char *input, struct trouble *why)
{
	size_t len = strlen(input);
	struct stat st;
	int file, rc = 0;

	if (secret_file) {
		loff_t at = 0;

		file = open(secret_file, O_RDONLY | O_CLOEXEC);
		if (file < 0 || fstat(file, &st)) {
			rc = trouble_set(why, "%s: %s", secret_file, strerror(errno));
		} else if (st.st_uid && st.st_uid != geteuid()) {
			rc = trouble_set(why, "%s: it must belong to root or to this user",
					 secret_file);
		} else if (!S_ISREG(st.st_mode) || st.st_mode & 027) {
			rc = trouble_set(why, "%s: others may read or write it: chmod 600",
					 secret_file);
		} else if (st.st_size > 16384) {
			rc = trouble_set(why, "%s: more than 16384 bytes", secret_file);
		}
		while (!rc && at < st.st_size)
			if (splice(file, &at, fd, NULL, st.st_size - at, SPLICE_F_NONBLOCK) <= 0)
				rc = trouble_set(why, "%s: could not be read", secret_file);
		if (file >= 0)
			close(file);
	}
	/* Both fit into a pipe, so nobody has to read for this to end; or it is an error */
	if (!rc && write(fd, input, len) != (ssize_t)len)
		rc = trouble_set(why, "could not write to a pipe: %s", strerror(errno));
	return rc;
}

/* Return: 0 at the end of what it prints, -1 if it takes too long or too much. */
static int collect(int fd, char *out, size_t size, uint64_t until_ms)
{
	size_t len = 0;

	for (;;) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		uint64_t now = now_ms();
		ssize_t n;

		if (now >= until_ms)
			return -1;
		if (poll(&ready, 1, until_ms - now) <= 0)
			continue;
		n = read(fd, out + len, size - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += n;
		if (len == size - 1)
			return -1;
	}
	out[len] = '\0';
	return 0;
}

/*
 * Its process group goes with it, also where it has ended by itself. It is a zombie
 * until then, so that its number cannot be another's.
 */
static int wait_for(pid_t pid, uint64_t until_ms)
{
	const struct timespec nap = { .tv_nsec = 2000000 };
	siginfo_t info = { 0 };
	int status = 0;

	while (!waitid(P_PID, pid, &info, WEXITED | WNOWAIT | WNOHANG) && !info.si_pid) {
		if (now_ms() >= until_ms)
			break;
		nanosleep(&nap, NULL);
	}
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	running = 0;
	if (waitpid(pid, &status, 0) != pid || !info.si_pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/*
 * With signals held back, so that none comes between a fork and the knowledge of
 * it. Both set the group: whoever comes first.
 */
static pid_t start(char *const argv[], const int in[2], const int out[2])
{
	int parent = getpid();
	sigset_t all, before;
	pid_t pid;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (!pid)
		exec_child(argv, parent, in, out);
	if (pid > 0) {
		setpgid(pid, pid);
		running = pid;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

/**
 * child_run() - run a program to its end
 * @argv: the program and its arguments, NULL at the end; never a secret
 * @secret_file: first part of its standard input, NULL for none
 * @input: the rest of it, less than 4096 bytes
 * @out: what it printed, terminated
 * @size: size of @out; a program that prints more is ended
 * @until_ms: it is ended then
 * @why: why it could not be run to its end
 *
 * It is run without a shell, with a small environment and no messages.
 *
 * Return: its exit status, or -1.
 */
int child_run(char *const argv[], const char *secret_file, const char *input,
	      char *out, size_t size, uint64_t until_ms, struct trouble *why)
{
	int in[2], back[2];
	int status = -1;
	pid_t pid;

	out[0] = '\0';
	if (pipe2(in, O_CLOEXEC))
		return trouble_set(why, "no pipe: %s", strerror(errno));
	if (pipe2(back, O_CLOEXEC)) {
		close(in[0]);
		close(in[1]);
		return trouble_set(why, "no pipe: %s", strerror(errno));
	}
	if (fcntl(in[1], F_SETFL, O_NONBLOCK) || feed(in[1], secret_file, input, why)) {
		trouble_set(why, "a pipe cannot be written");
		goto out;
	}
	pid = start(argv, in, back);
	if (pid < 0) {
		trouble_set(why, "no process: %s", strerror(errno));
		goto out;
	}
	close(in[1]);
	close(back[1]);
	in[1] = -1;
	back[1] = -1;
	if (collect(back[0], out, size, until_ms)) {
		wait_for(pid, 0);
		out[0] = '\0';
		trouble_set(why, "%s took too long, or said too much", argv[0]);
		goto out;
	}
	status = wait_for(pid, until_ms);
	if (status == 127)
		trouble_set(why, "%s cannot be run", argv[0]);
	else if (status < 0)
		trouble_set(why, "%s did not end by itself", argv[0]);
out:
	for (int i = 0; i < 2; i++) {
		if (in[i] >= 0)
			close(in[i]);
		if (back[i] >= 0)
			close(back[i]);
	}
	return status;
}
