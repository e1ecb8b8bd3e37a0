// SPDX-License-Identifier: GPL-2.0
/*
 * pug-node canary: a counter from every CPU.
 *
 * What arrives outside the machine after the thaw is what a stale leader could
 * have sent. One process is pinned to each CPU, as ordinary a process as a
 * PostgreSQL backend: no real-time priority, no locked memory.
 */
#define _GNU_SOURCE 1
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "emit.h"
#include "io.h"
#include "node.h"
#include "num.h"
#include "pace.h"

/* More than any kernel has been configured for. */
#define MAX_CPUS 8192

struct canary_options {
	const char *out;
	uint64_t interval_ns;
};

struct flock_of_canaries {
	struct emitter *em;
	const struct canary_options *opts;
	int fd;
	sigset_t old_mask;
	pid_t *pids;
	int n;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct canary_options *opts = state->input;
	uint64_t ms;

	switch (key) {
	case OPT_OUT:
		opts->out = arg;
		return 0;
	case OPT_INTERVAL_MS:
		if (num_u64(arg, 3600000, &ms) || !ms)
			argp_error(state, "--interval-ms: 1 to 3600000, not %s",
				   arg);
		opts->interval_ns = ms * NSEC_PER_MSEC;
		return 0;
	case ARGP_KEY_END:
		if (!opts->out)
			argp_error(state, "--out is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "out", OPT_OUT, "FILE", 0,
	  "append to FILE, a port or a pipe too; - is standard output", 0 },
	{ "interval-ms", OPT_INTERVAL_MS, "N", 0,
	  "milliseconds between two lines of one CPU (default 10)", 0 },
	{ 0 }
};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Write a counter from one process pinned to each online CPU.\n"
	       "\vEach line is one write(2):\n\n"
	       "  {\"event\":\"canary\",\"hpet\":TICKS,\"cpu\":C,\"n\":N}\n\n"
	       "TICKS is the HPET's main counter (null without /dev/hpet), N counts the\n"
	       "lines of one CPU from 1. Lines that were missed while the machine stood\n"
	       "still are not written later on. SIGTERM ends all of them.\n\n"
	       NODE_EXIT_DOC("ended by SIGTERM, SIGINT or SIGHUP",
			     "a line could not be written, or a process died",
			     "FILE cannot be opened"),
};

/* The parts of a line that never change, around the two that do. */
struct canary_line {
	char text[128];
	size_t hpet_at;
	char tail[48];
	size_t tail_len;
};

static size_t put_text(char *out, const char *text)
{
	size_t len = strlen(text);

	memcpy(out, text, len);
	return len;
}

static void prepare_line(struct canary_line *line, int cpu)
{
	line->hpet_at = put_text(line->text, "{\"event\":\"canary\",\"hpet\":");
	line->tail_len = put_text(line->tail, ",\"cpu\":");
	line->tail_len += num_put_u64(line->tail + line->tail_len, cpu);
	line->tail_len += put_text(line->tail + line->tail_len, ",\"n\":");
}

static size_t fill_line(struct canary_line *line, struct stamp now, uint64_t n)
{
	char *p = line->text + line->hpet_at;

	if (now.known)
		p += num_put_u64(p, now.ticks);
	else
		p += put_text(p, "null");
	memcpy(p, line->tail, line->tail_len);
	p += line->tail_len;
	p += num_put_u64(p, n);
	p += put_text(p, "}\n");
	return p - line->text;
}

static int sing(const struct flock_of_canaries *flock, int cpu)
{
	struct canary_line line;
	struct pace pace;
	uint64_t n = 0;
	int rc;

	prepare_line(&line, cpu);
	pace_start(&pace, flock->opts->interval_ns, pace_now());
	for (;;) {
		size_t len = fill_line(&line, emit_stamp(flock->em), ++n);

		rc = io_write_all(flock->fd, line.text, len);
		if (rc)
			return rc;
		pace_next(&pace, pace_now());
		pace_sleep(&pace);
	}
}

static int pin_to(int cpu)
{
	size_t size = CPU_ALLOC_SIZE(MAX_CPUS);
	cpu_set_t *set = CPU_ALLOC(MAX_CPUS);
	int rc = 0;

	if (!set)
		return -ENOMEM;
	CPU_ZERO_S(size, set);
	CPU_SET_S(cpu, size, set);
	if (sched_setaffinity(0, size, set))
		rc = -errno;
	CPU_FREE(set);
	return rc;
}

static void child(struct flock_of_canaries *flock, int cpu, pid_t parent)
{
	int rc;

	/* Also when the parent is killed with SIGKILL; or was just now. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(NODE_NEGATIVE);
	signal(SIGTERM, SIG_DFL);
	/* Ctrl-C reaches all of the group: leave it to the parent */
	signal(SIGINT, SIG_IGN);
	sigprocmask(SIG_SETMASK, &flock->old_mask, NULL);
	rc = pin_to(cpu);
	if (rc)
		emit_notice(flock->em, "cannot run on CPU %d: %s", cpu,
			    strerror(-rc));
	else
		rc = sing(flock, cpu);
	if (rc)
		emit_notice(flock->em, "CPU %d stops writing: %s", cpu,
			    strerror(-rc));
	_exit(NODE_NEGATIVE);
}

static void stop_all(struct flock_of_canaries *flock)
{
	int i;

	for (i = 0; i < flock->n; i++)
		kill(flock->pids[i], SIGTERM);
	for (i = 0; i < flock->n; i++)
		waitpid(flock->pids[i], NULL, 0);
	flock->n = 0;
}

static int start_one(struct flock_of_canaries *flock, int cpu)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid)
		child(flock, cpu, parent);
	flock->pids[flock->n++] = pid;
	return 0;
}

/* Every CPU that is online and that the cpuset allows. */
static int get_cpus(cpu_set_t *set, size_t size)
{
	int cpu;

	for (cpu = 0; cpu < MAX_CPUS; cpu++)
		CPU_SET_S(cpu, size, set);
	if (sched_setaffinity(0, size, set))
		return -errno;
	if (sched_getaffinity(0, size, set))
		return -errno;
	return 0;
}

static int start_all(struct flock_of_canaries *flock)
{
	size_t size = CPU_ALLOC_SIZE(MAX_CPUS);
	cpu_set_t *set = CPU_ALLOC(MAX_CPUS);
	int cpu, rc;

	if (!set)
		return -ENOMEM;
	CPU_ZERO_S(size, set);
	rc = get_cpus(set, size);
	for (cpu = 0; !rc && cpu < MAX_CPUS; cpu++) {
		if (CPU_ISSET_S(cpu, size, set))
			rc = start_one(flock, cpu);
	}
	CPU_FREE(set);
	return rc;
}

static int run(struct flock_of_canaries *flock)
{
	sigset_t wanted;
	int sig = 0;
	int rc;

	/* Blocked before the first fork: none of them can be missed. */
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGTERM);
	sigaddset(&wanted, SIGINT);
	sigaddset(&wanted, SIGHUP);
	sigaddset(&wanted, SIGCHLD);
	sigprocmask(SIG_BLOCK, &wanted, &flock->old_mask);
	signal(SIGPIPE, SIG_IGN);
	rc = start_all(flock);
	if (rc)
		emit_err(flock->em, "cannot start: %s", strerror(-rc));
	while (!rc && sigwait(&wanted, &sig))
		;
	stop_all(flock);
	if (rc)
		return NODE_USAGE;
	return sig == SIGCHLD ? NODE_NEGATIVE : NODE_OK;
}

static int open_out(const char *path)
{
	int fd;

	if (!strcmp(path, "-"))
		return STDOUT_FILENO;
	/* once, for all: a virtio port can be open only once */
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY,
		  0644);
	return fd < 0 ? -errno : fd;
}

/**
 * cmd_canary() - pug-node canary
 * @argc: number of arguments
 * @argv: arguments; [0] is "pug-node canary"
 *
 * Return: exit status.
 */
int cmd_canary(int argc, char **argv)
{
	struct canary_options opts = { .interval_ns = 10 * NSEC_PER_MSEC };
	struct flock_of_canaries flock = { .opts = &opts };
	struct emitter em;
	int status;

	if (argp_parse(&argp, argc, argv, 0, NULL, &opts))
		return NODE_USAGE;
	emit_init(&em, argv[0], false);
	flock.em = &em;
	flock.fd = open_out(opts.out);
	if (flock.fd < 0) {
		emit_err(&em, "%s: %s", opts.out, strerror(-flock.fd));
		return NODE_USAGE;
	}
	flock.pids = calloc(MAX_CPUS, sizeof(*flock.pids));
	if (!flock.pids) {
		emit_err(&em, "out of memory");
		return NODE_USAGE;
	}
	ruler_open(&em.ruler);
	status = run(&flock);
	free(flock.pids);
	return status;
}
