// SPDX-License-Identifier: GPL-2.0
/*
 * pug-node freeze: stop every CPU for a while, by stop-machine.ko.
 */
#include <argp.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "freeze.h"
#include "node.h"
#include "num.h"

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
	.doc = "Stop every CPU of this machine for a while.\n"
	       "\vTHE MACHINE DOES NOTHING AT ALL MEANWHILE, and a watchdog may reset it.\n"
	       "stop-machine.ko must be loaded and debugfs mounted; neither is done for\n"
	       "you. File systems are synced first. The module's own settings `touch' and\n"
	       "`delay_ms' count for nothing here; they are put back afterwards.\n\n"
	       "With --delay-ms the module waits and this command returns, so that an ssh\n"
	       "session gets its prompt back; `rmmod stop-machine' cancels it.\n\n"
	       NODE_EXIT_DOC("frozen and thawed as asked, or scheduled",
			     "the freeze failed or was not as asked",
			     "wrong\n"
			     "     hostname, no module, not root, or the module refuses"),
};

/* A signal ends a train of freezes early; what was set must be put back. */
static void wake_up(int sig)
{
	(void)sig;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = wake_up };

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
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
	if (args.json)
		ruler_open(&em.ruler);
	catch_signals();
	return freeze_run("", fd, &args.opts, &em);
}
