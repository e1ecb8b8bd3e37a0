// SPDX-License-Identifier: GPL-2.0
/*
 * pug-node verify: prove a watchdog by having it fire.
 */
#include <argp.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "confirm.h"
#include "gather.h"
#include "journal.h"
#include "node.h"
#include "num.h"
#include "verify.h"

#define TIMEOUT_MAX	86400
#define MSECS_MAX	86400000

enum verify_option {
	OPT_WATCHDOG = 0x200,
	OPT_FAULT,
	OPT_KEEPALIVES,
	OPT_YES_RESET,
	OPT_DRY_RUN,
	OPT_STANDBY_MAY_GO,
	OPT_FSFREEZE,
	OPT_DEAD_MAN,
	OPT_BEACON,
	OPT_DIR,
	OPT_VERDICT,
};

struct arguments {
	struct verify_options opts;
	bool verdict;
	bool json;
};

static uint64_t parse_number(const char *name, const char *arg, uint64_t min,
			     uint64_t max, struct argp_state *state)
{
	uint64_t value;

	if (num_u64(arg, max, &value) || value < min)
		argp_error(state, "%s: a whole number, %llu to %llu, not %s",
			   name, (unsigned long long)min,
			   (unsigned long long)max, arg);
	return value;
}

static void add_mount(struct verify_options *opts, const char *arg,
		      struct argp_state *state)
{
	if (opts->n_mounts == VERIFY_MOUNTS_MAX)
		argp_error(state, "--fsfreeze: %d at most", VERIFY_MOUNTS_MAX);
	opts->mounts[opts->n_mounts++] = arg;
}

/* What is left out has to leave room for what is asked for. */
static void check(struct arguments *args, struct argp_state *state)
{
	struct verify_options *opts = &args->opts;
	uint64_t least;

	if (args->verdict)
		return;
	if (!opts->device)
		argp_error(state, "--watchdog is missing; `pug-node list' shows those there are");
	if (!opts->timeout || !opts->msecs)
		argp_error(state, "--timeout and --msecs are needed");
	if (opts->interval_ms >= opts->timeout * 1000ULL)
		argp_error(state, "--interval-ms must be shorter than the timeout");
	least = opts->keepalives * opts->interval_ms / 1000 +
		opts->msecs / 1000 + opts->timeout * 2 + 30;
	if (!opts->dead_man_s)
		opts->dead_man_s = least + 30;
	if (opts->dead_man_s < least)
		argp_error(state, "--dead-man %llu would end the run before it is over: %llu at least",
			   (unsigned long long)opts->dead_man_s,
			   (unsigned long long)least);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;
	struct verify_options *opts = &args->opts;

	switch (key) {
	case OPT_WATCHDOG:
		opts->device = arg;
		return 0;
	case OPT_TIMEOUT:
		opts->timeout = parse_number("--timeout", arg, 1, TIMEOUT_MAX,
					     state);
		return 0;
	case OPT_FAULT:
		if (!fault_find(arg, &opts->fault))
			argp_error(state, "--fault: stop-machine or no-keepalive, not %s",
				   arg);
		return 0;
	case OPT_MSECS:
		opts->msecs = parse_number("--msecs", arg, 2, MSECS_MAX, state);
		return 0;
	case OPT_KEEPALIVES:
		opts->keepalives = parse_number("--keepalives", arg, 1, 100000,
						state);
		return 0;
	case OPT_INTERVAL_MS:
		opts->interval_ms = parse_number("--interval-ms", arg, 10,
						 MSECS_MAX, state);
		return 0;
	case OPT_YES_RESET:
		opts->hostname = arg;
		return 0;
	case OPT_DRY_RUN:
		opts->dry_run = true;
		return 0;
	case OPT_STANDBY_MAY_GO:
		opts->standby_may_go = true;
		return 0;
	case OPT_FSFREEZE:
		add_mount(opts, arg, state);
		return 0;
	case OPT_DEAD_MAN:
		opts->dead_man_s = parse_number("--dead-man", arg, 1,
						10 * TIMEOUT_MAX, state);
		return 0;
	case OPT_BEACON:
		opts->beacon = arg;
		return 0;
	case OPT_DIR:
		opts->dir = arg;
		return 0;
	case OPT_VERDICT:
		args->verdict = true;
		return 0;
	case OPT_JSON:
		args->json = true;
		return 0;
	case ARGP_KEY_END:
		check(args, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "watchdog", OPT_WATCHDOG, "DEVICE", 0, "the watchdog to prove", 0 },
	{ "timeout", OPT_TIMEOUT, "SECONDS", 0, "its timeout", 0 },
	{ "fault", OPT_FAULT, "FAULT", 0,
	  "stop-machine (default): no CPU runs; no-keepalive: only keepalives stop",
	  0 },
	{ "msecs", OPT_MSECS, "N", 0,
	  "length of the fault; two timeouts and a second at least", 0 },
	{ "keepalives", OPT_KEEPALIVES, "N", 0,
	  "so many before the fault (3)", 0 },
	{ "interval-ms", OPT_INTERVAL_MS, "N", 0,
	  "from one keepalive to the next (1000)", 0 },
	{ "yes-reset", OPT_YES_RESET, "HOSTNAME", 0,
	  "this machine's hostname, as proof that you mean it; on a terminal it is asked for",
	  0 },
	{ "dry-run", OPT_DRY_RUN, NULL, 0,
	  "ask all guards, tell what would happen, do nothing", 0 },
	{ "standby-may-go", OPT_STANDBY_MAY_GO, NULL, 0,
	  "the PostgreSQL standby here is not the only synchronous one", 0 },
	{ "fsfreeze", OPT_FSFREEZE, "MOUNT", 0,
	  "freeze this file system before the fault; again for more", 0 },
	{ "dead-man", OPT_DEAD_MAN, "SECONDS", 0,
	  "thaw and disarm then, should the run hang (its length and 60 s)",
	  0 },
	{ "beacon", OPT_BEACON, "WHERE", 0,
	  "udp:ADDRESS:PORT or serial:PATH: a sign of life every 100 ms for `pug listen' there",
	  0 },
	{ "dir", OPT_DIR, "DIR", 0, "folder of the journal (" JOURNAL_DIR ")",
	  0 },
	{ "verdict", OPT_VERDICT, NULL, 0,
	  "the machine is back: say what the last run showed", 0 },
	{ "json", OPT_JSON, NULL, 0, "a line of JSON: verdict, or error", 0 },
	{ 0 }
};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Prove a watchdog: arm it, then do to this machine what it is there for.\n"
	       "\vTHIS RESETS THE MACHINE, or switches it off, or leaves it paused: --dry-run\n"
	       "tells. It writes a journal first; when the machine is back, --verdict says\n"
	       "what fired, how long after the last keepalive, and how it knows.\n\n"
	       NODE_EXIT_DOC("the watchdog did what it is for",
			     "it did not", "a guard\n"
			     "     is in the way, or there is no journal")
	       "\n  3  cannot tell",
};

static const struct watchdog *find_facts(const char *device,
					 struct watchdog *list)
{
	struct stat st;
	int n;

	if (stat(device, &st) || !S_ISCHR(st.st_mode))
		return NULL;
	n = watchdog_scan("", list, WATCHDOGS_MAX);
	return watchdog_find(list, n, st.st_rdev);
}

/* All but the deed. Return: how many guards are in the way. */
static int rehearse(const struct verify_options *opts,
		    const struct watchdog *facts,
		    struct reset_evidence *ev, struct emitter *em)
{
	struct verify_options dry = *opts;

	dry.dry_run = true;
	gather_evidence("", opts->dir, ev);
	verify_print_plan(opts, facts, ev, em);
	return verify_guard("", &dry, facts, em);
}

static int run(struct verify_options *opts, struct emitter *em)
{
	bool ask = !opts->hostname && !em->json && confirm_is_possible();
	struct watchdog list[WATCHDOGS_MAX];
	char typed[HOST_NAME_MAX + 2];
	const struct watchdog *facts;
	struct reset_evidence ev;
	int rc;

	facts = find_facts(opts->device, list);
	if ((opts->dry_run || ask) && rehearse(opts, facts, &ev, em))
		return NODE_USAGE;
	if (opts->dry_run) {
		emit_print(em, "nothing is in the way: --yes-reset %s instead of --dry-run does it\n",
			   ev.hostname);
		return NODE_OK;
	}
	if (ask) {
		confirm_ask(STDIN_FILENO, STDERR_FILENO, typed, sizeof(typed));
		opts->hostname = typed;
	}
	/* also after a rehearsal: whoever was asked took his time */
	if (verify_guard("", opts, facts, em))
		return NODE_USAGE;
	rc = verify_run(opts, facts, em);
	return rc ? rc : verify_verdict(opts, em);
}

/**
 * cmd_verify() - pug-node verify
 * @argc: number of arguments
 * @argv: arguments; [0] is "pug-node verify"
 *
 * Return: exit status.
 */
int cmd_verify(int argc, char **argv)
{
	struct arguments args = {
		.opts = {
			.keepalives = 3,
			.interval_ms = 1000,
			.dir = JOURNAL_DIR,
		},
	};
	struct emitter em;

	if (argp_parse(&argp, argc, argv, 0, NULL, &args))
		return NODE_USAGE;
	emit_init(&em, argv[0], args.json);
	if (args.verdict)
		return verify_verdict(&args.opts, &em);
	return run(&args.opts, &em);
}
