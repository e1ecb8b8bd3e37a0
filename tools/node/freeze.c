// SPDX-License-Identifier: GPL-2.0
/*
 * pug-node freeze: stop every CPU for a while, by stop-machine.ko.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "freeze.h"
#include "node.h"
#include "num.h"
#include "pace.h"
#include "stop.h"

/* The module has its own, lower limit (max_ms); this one catches typos. */
#define MAX_MSECS	86400000

struct arguments {
	struct freeze_options opts;
	bool json;
};

static uint64_t parse_ms(const char *name, const char *arg, uint64_t min,
			 struct argp_state *state)
{
	uint64_t ms;

	if (num_u64(arg, MAX_MSECS, &ms) || ms < min)
		argp_error(state, "%s: milliseconds, %d to %d, not %s", name,
			   (int)min, MAX_MSECS, arg);
	return ms;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case OPT_MSECS:
		/* in debugfs a 1 means: as long as the file msecs says */
		args->opts.msecs = parse_ms("--msecs", arg, 2, state);
		return 0;
	case OPT_DELAY_MS:
		args->opts.delay_ms = parse_ms("--delay-ms", arg, 0, state);
		return 0;
	case OPT_TOUCH:
		args->opts.touch = true;
		return 0;
	case OPT_YES_FREEZE:
		args->opts.hostname = arg;
		return 0;
	case OPT_JSON:
		args->json = true;
		return 0;
	case ARGP_KEY_END:
		if (!args->opts.msecs)
			argp_error(state, "--msecs is missing");
		if (!args->opts.hostname)
			argp_error(state, "--yes-freeze is missing: type this machine's hostname");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "msecs", OPT_MSECS, "N", 0, "freeze for N milliseconds (2 or more)",
	  0 },
	{ "touch", OPT_TOUCH, NULL, 0,
	  "keep the kernel's lockup detectors quiet", 0 },
	{ "delay-ms", OPT_DELAY_MS, "N", 0,
	  "return at once, freeze N milliseconds later", 0 },
	{ "yes-freeze", OPT_YES_FREEZE, "HOSTNAME", 0,
	  "this machine's hostname, as proof that you mean it", 0 },
	{ "json", OPT_JSON, NULL, 0,
	  "lines of JSON: freeze, thawed, scheduled, error", 0 },
	{ 0 }
};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Stop every CPU of this machine for a while.\v"
	       "THE MACHINE DOES NOTHING AT ALL MEANWHILE, and a watchdog may "
	       "reset it. stop-machine.ko must be loaded, debugfs mounted; "
	       "neither is done by itself. File systems are synced first. "
	       "Without --touch the module's own setting of `touch' is off "
	       "during this freeze; it is put back afterwards.\n\n"
	       "With --delay-ms a process in the background freezes; kill it "
	       "to change your mind. What goes wrong there is told in the "
	       "kernel's log.\n\n"
	       NODE_EXIT_DOC("frozen and thawed, or scheduled",
			     "the freeze failed",
			     "wrong\n"
			     "     hostname, no module, not root, or the module refuses"),
};

/* The child lets go of the terminal, so that an ssh session can end. */
static void detach(struct emitter *em)
{
	int null_fd = open("/dev/null", O_RDWR);
	int log_fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);

	setsid();
	if (chdir("/"))
		emit_note(em, "cannot leave the directory");
	if (null_fd >= 0) {
		dup2(null_fd, STDIN_FILENO);
		dup2(null_fd, STDOUT_FILENO);
		dup2(null_fd, STDERR_FILENO);
	}
	if (log_fd >= 0)
		em->errors_fd = log_fd;
}

static void report_scheduled(const struct freeze_options *opts, pid_t pid,
			     struct emitter *em)
{
	struct jsonl *line;

	if (!em->json) {
		emit_print(em, "freezing for %llu ms in %llu ms; `kill %d' cancels\n",
			   (unsigned long long)opts->msecs,
			   (unsigned long long)opts->delay_ms, (int)pid);
		return;
	}
	line = emit_begin(em, "scheduled", emit_stamp(em));
	jsonl_u64(line, "asked_ms", opts->msecs);
	jsonl_u64(line, "delay_ms", opts->delay_ms);
	jsonl_i64(line, "pid", pid);
	emit_end(em);
}

/* From here on signals wait: `touch` must be put back. */
static int run_now(int fd, const struct freeze_options *opts,
		   struct emitter *em)
{
	sigset_t stop;

	stop_signals_block(&stop, NULL);
	return freeze_run("", fd, opts, em);
}

static int run_later(int fd, const struct freeze_options *opts,
		     struct emitter *em)
{
	struct pace pace;
	pid_t pid;

	/* counted from here, not from when the child gets to run */
	pace_start(&pace, opts->delay_ms * NSEC_PER_MSEC, pace_now());
	pace_next(&pace, pace_now());
	pid = fork();
	if (pid < 0) {
		emit_error(em, "cannot fork: %s", strerror(errno));
		return NODE_USAGE;
	}
	if (!pid) {
		detach(em);
		pace_sleep(&pace);
		_exit(run_now(fd, opts, em));
	}
	report_scheduled(opts, pid, em);
	return em->failed ? NODE_NEGATIVE : NODE_OK;
}

/**
 * cmd_freeze() - pug-node freeze
 * @argc: number of arguments
 * @argv: arguments; [0] is "pug-node freeze"
 *
 * Return: exit status.
 */
int cmd_freeze(int argc, char **argv)
{
	char hostname[HOST_NAME_MAX + 1] = "";
	struct arguments args = { 0 };
	struct emitter em;
	int fd;

	if (argp_parse(&argp, argc, argv, 0, NULL, &args))
		return NODE_USAGE;
	emit_init(&em, argv[0], args.json);
	gethostname(hostname, sizeof(hostname) - 1);
	if (freeze_check_hostname(&args.opts, hostname, &em))
		return NODE_USAGE;
	fd = freeze_open("", &em);
	if (fd < 0)
		return NODE_USAGE;
	ruler_open(&em.ruler);
	if (args.opts.delay_ms)
		return run_later(fd, &args.opts, &em);
	return run_now(fd, &args.opts, &em);
}
