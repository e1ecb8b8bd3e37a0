// SPDX-License-Identifier: GPL-2.0
/*
 * pug-pgwatch: systemd's watchdog for a PostgreSQL that Patroni starts.
 *
 * It runs as a unit of its own with WatchdogSec. pug_watchdog's notifications
 * come to its socket and are passed on to systemd as its own. When they end,
 * systemd kills this program, which is nothing to be sorry for, and the unit's
 * ExecStopPost runs it with --kill, which kills the postmaster and its children.
 * Patroni lives and does what it does when PostgreSQL is gone.
 *
 * While there is no postmaster, while it is shutting down, and until it has sent
 * its first notification, it notifies by itself: Patroni stops and starts
 * PostgreSQL as it likes, and a server without the module is not its business.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../notify.h"

#define EXIT_USAGE	2
#define EXIT_NOBODY	3
#define DOC		"Passes pug_watchdog's notifications on to systemd, or kills."
#define EXITS		"Exit status: 0 killed, 1 failed, 2 usage, 3 no postmaster to kill."
#define STATUS_LINE	8	/* of postmaster.pid: what the postmaster is doing */

static struct {
	const char *data;
	const char *socket;
	bool kill;
} args;

static struct notify manager = { .fd = -1 };
static pid_t armed;		/* the postmaster that has notified */

static int complain(int status, const char *what, const char *name)
{
	fprintf(stderr, "pug-pgwatch: %s%s%s\n", what, name ? ": " : "", name ? name : "");
	return status;
}

static bool runs_in(pid_t pid, const char *dir)
{
	char link[64], cwd[PATH_MAX], wanted[PATH_MAX];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/%d/cwd", pid);
	len = readlink(link, cwd, sizeof(cwd) - 1);
	if (len < 0 || !realpath(dir, wanted))
		return false;
	cwd[len] = '\0';
	return !strcmp(cwd, wanted);
}

/*
 * The postmaster of postmaster.pid, 0 if there is none. The file outlives a
 * server that was killed, so it has to be one that runs in the folder.
 */
static pid_t postmaster(bool *stopping)
{
	char path[PATH_MAX], line[PATH_MAX];
	long pid = 0;
	FILE *file;

	*stopping = false;
	if (snprintf(path, sizeof(path), "%s/postmaster.pid", args.data) >= (int)sizeof(path))
		return 0;
	file = fopen(path, "re");
	if (!file)
		return 0;
	for (int n = 1; n <= STATUS_LINE && fgets(line, sizeof(line), file); n++) {
		if (n == 1)
			pid = strtol(line, NULL, 10);
		else if (n == STATUS_LINE)
			*stopping = !strncmp(line, "stopping", 8);
	}
	fclose(file);
	if (pid <= 1 || pid > INT_MAX || !runs_in(pid, args.data))
		return 0;
	return pid;
}

/* Stopped first, so that it makes no more of them and does not tidy up */
static int kill_all(void)
{
	char path[64];
	bool stopping;
	pid_t pid = postmaster(&stopping);
	FILE *file;
	long child;

	if (!pid)
		return complain(EXIT_NOBODY, "no postmaster runs in", args.data);
	if (kill(pid, SIGSTOP))
		return complain(EXIT_FAILURE, "could not stop the postmaster", strerror(errno));
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	file = fopen(path, "re");
	if (!file)
		complain(0, "could not look for its children, they end by themselves", path);
	kill(pid, SIGKILL);
	while (file && fscanf(file, "%ld", &child) == 1)
		kill((pid_t)child, SIGKILL);
	if (file)
		fclose(file);
	printf("pug-pgwatch: killed the postmaster %d, which was silent\n", pid);
	return EXIT_SUCCESS;
}

static void pass_on(const char *text)
{
	int ret = notify_send(&manager, text);

	if (ret)
		complain(0, "could not notify systemd", strerror(-ret));
}

/* The notification comes from somebody, so the folder is another one's */
static void wrong_data(void)
{
	static bool said;

	if (!said)
		complain(0, "PostgreSQL notifies, but not one that runs in (wrong --data?)",
			 args.data);
	said = true;
	pass_on("STATUS=wrong --data: nothing is watched");
}

/* A new postmaster knows nothing of an interval that its predecessor changed */
static void on_alive(void)
{
	char text[64];
	bool stopping;
	pid_t pid = postmaster(&stopping);

	if (!pid) {
		wrong_data();
		return;
	}
	if (pid != armed) {
		snprintf(text, sizeof(text), "WATCHDOG_USEC=%llu",
			 (unsigned long long)manager.usec);
		pass_on(text);
		armed = pid;
	}
	pass_on("WATCHDOG=1");
}

/* Only what the module says; READY or MAINPID is ours to say */
static void take_line(const char *line)
{
	if (!strcmp(line, "WATCHDOG=1"))
		on_alive();
	else if (!strncmp(line, "STATUS=", 7) || !strncmp(line, "WATCHDOG_USEC=", 14))
		pass_on(line);
}

static void receive(int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	char text[1024], *line, *rest;
	struct iovec iov = { .iov_base = text, .iov_len = sizeof(text) - 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct ucred who = { .uid = (uid_t)-1 };
	struct cmsghdr *cmsg;
	ssize_t len;

	len = recvmsg(fd, &msg, MSG_DONTWAIT);
	if (len < 0)
		return;
	text[len] = '\0';
	for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg))
		if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_CREDENTIALS)
			memcpy(&who, CMSG_DATA(cmsg), sizeof(who));
	if (who.uid != geteuid())
		return;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		take_line(line);
}

static void look(void)
{
	bool stopping;
	pid_t pid = postmaster(&stopping);

	if (!pid || stopping || pid != armed)
		pass_on("WATCHDOG=1");
}

static int listen_on(const char *path)
{
	struct notify address;
	mode_t mask;
	int fd, ret, on = 1;

	if (path[0] != '/' || notify_address(&address, path))
		return -EINVAL;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	unlink(path);
	mask = umask(0077);
	ret = bind(fd, (struct sockaddr *)&address.to, address.len);
	umask(mask);
	if (ret || setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on))) {
		ret = -errno;
		close(fd);
		return ret;
	}
	return fd;
}

static int serve(void)
{
	const char *why = NULL;
	struct pollfd pfd = { .events = POLLIN };
	int fd, wait_ms;

	if (notify_setup(&manager, getenv("NOTIFY_SOCKET"), getenv("WATCHDOG_USEC"),
			 getenv("WATCHDOG_PID"), getpid(), &why))
		return complain(EXIT_USAGE, "wants to be started by systemd with WatchdogSec", why);
	fd = listen_on(args.socket);
	if (fd < 0)
		return complain(EXIT_FAILURE, args.socket, strerror(-fd));
	pfd.fd = fd;
	wait_ms = (int)(manager.usec / 4000 < 1000 ? manager.usec / 4000 : 1000);
	pass_on("READY=1");
	for (;;) {
		if (poll(&pfd, 1, wait_ms) > 0)
			receive(fd);
		look();
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'd':
		args.data = arg;
		return 0;
	case 's':
		args.socket = arg;
		return 0;
	case 'k':
		args.kill = true;
		return 0;
	case ARGP_KEY_END:
		if (!args.data || !args.socket == !args.kill)
			argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int main(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "data", 'd', "DIR", 0, "PostgreSQL's data directory", 0 },
		{ "socket", 's', "PATH", 0, "Where pug_watchdog notifies", 0 },
		{ "kill", 'k', NULL, 0, "Kill the postmaster of DIR and its children", 0 },
		{ 0 }
	};
	static const struct argp argp = {
		.options = options, .parser = parse,
		.doc = DOC "\v" EXITS,
	};

	argp_program_version = "pug-pgwatch " PUG_VERSION;
	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	return args.kill ? kill_all() : serve();
}
