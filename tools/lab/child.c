// SPDX-License-Identifier: GPL-2.0
/* Processes that pug starts: what each does first, and how it is ended. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"

/**
 * child_begin() - end with the parent, and leave Ctrl-C to it
 * @parent: its process id, taken before the fork
 *
 * Called in the child. Whoever kills pug, also by SIGKILL, ends its children.
 */
void child_begin(pid_t parent)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* It may have gone before that was asked for */
	if (getppid() != parent)
		_exit(127);
	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/**
 * child_call() - call a function in a process of its own
 * @fn: may block; 0 is well
 * @data: for it
 *
 * Return: its id, or -1 with errno set; it exits with 0 or 2.
 */
pid_t child_call(int (*fn)(void *data), void *data)
{
	pid_t parent = getpid(), pid;

	fflush(NULL);
	pid = fork();
	if (pid)
		return pid;
	child_begin(parent);
	_exit(fn(data) ? 2 : 0);
}

/**
 * child_ended() - has it?
 * @child: its status is filled in
 *
 * Return: whether, once: it is reaped with that.
 */
bool child_ended(struct child *child)
{
	return waitpid(child->pid, &child->status, WNOHANG) == child->pid;
}

/**
 * child_settle_in() - a folder to work in, a file to speak to, nothing to hear
 * @dir: the folder
 * @log: in it: standard output and error
 */
void child_settle_in(const char *dir, const char *log)
{
	int fd;

	if (chdir(dir))
		_exit(127);
	fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		_exit(127);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
}

/**
 * child_exec() - become another program
 * @argv: its arguments, NULL at the end
 *
 * What hinders is said on standard error.
 */
void child_exec(char * const argv[])
{
	execvp(argv[0], argv);
	dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/**
 * child_runs() - is it there still?
 * @pid: of a child, or 0; set to 0 where it has ended, and is reaped then
 *
 * Return: whether.
 */
bool child_runs(pid_t *pid)
{
	if (*pid > 0 && waitpid(*pid, NULL, WNOHANG))
		*pid = 0;
	return *pid > 0;
}

/**
 * child_end() - end it, if there is one
 * @pid: of a child, or 0; 0 afterwards
 */
void child_end(pid_t *pid)
{
	if (*pid > 0) {
		kill(*pid, SIGKILL);
		waitpid(*pid, NULL, 0);
	}
	*pid = 0;
}
