// SPDX-License-Identifier: GPL-2.0
/*
 * pug-node check: is this machine protected? It reads, and changes nothing.
 */
#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "check.h"
#include "node.h"
#include "num.h"

#define OBSERVE_MAX	86400

struct arguments {
	struct check_options opts;
	bool json;
};

static int64_t parse_seconds(const char *name, const char *arg, uint64_t max,
			     struct argp_state *state)
{
	uint64_t value;

	if (num_u64(arg, max, &value) || !value)
		argp_error(state, "%s: whole seconds, 1 to %d, not %s", name,
			   (int)max, arg);
	return value;
}

static void set(struct arguments *args, struct setting *setting, int64_t value)
{
	args->opts.patroni.asked = true;
	setting->from = FROM_OPTION;
	setting->value = value;
}

static void set_mode(struct arguments *args, const char *arg,
		     struct argp_state *state)
{
	struct patroni *patroni = &args->opts.patroni;

	patroni->asked = true;
	patroni->mode = patroni_mode_of(arg, false);
	patroni->mode_from = FROM_OPTION;
	if (patroni->mode == MODE_UNRECOGNIZED)
		argp_error(state, "--mode: required, automatic or off, not %s",
			   arg);
}

/* Without Patroni's file: what is not given is Patroni's default. */
static void complete(struct arguments *args)
{
	struct patroni *p = &args->opts.patroni;

	if (!p->asked || args->opts.patroni_file)
		return;
	if (p->safety_margin.from == FROM_NOWHERE) {
		p->safety_margin.value = PATRONI_SAFETY_MARGIN;
		p->safety_margin.from = FROM_DEFAULT;
	}
	if (p->loop_wait.from == FROM_NOWHERE) {
		p->loop_wait.value = PATRONI_LOOP_WAIT;
		p->loop_wait.from = FROM_DEFAULT;
	}
	if (p->ttl.from == FROM_NOWHERE)
		strcpy(p->dynamic_error, "--ttl was not given");
}

static void check_root(const char *root, struct argp_state *state)
{
	struct stat st;

	if (*root && (stat(root, &st) || !S_ISDIR(st.st_mode)))
		argp_error(state, "--root: no such folder: %s", root);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;
	struct patroni *patroni = &args->opts.patroni;

	switch (key) {
	case OPT_JSON:
		args->json = true;
		return 0;
	case OPT_PATRONI:
		args->opts.patroni_file = arg;
		return 0;
	case OPT_TTL:
		set(args, &patroni->ttl,
		    parse_seconds("--ttl", arg, INT32_MAX, state));
		return 0;
	case OPT_LOOP_WAIT:
		set(args, &patroni->loop_wait,
		    parse_seconds("--loop-wait", arg, INT32_MAX, state));
		return 0;
	case OPT_SAFETY_MARGIN:
		/* 0 is allowed, and -1 has a meaning of its own */
		set(args, &patroni->safety_margin, !strcmp(arg, "-1") ? -1 :
		    !strcmp(arg, "0") ? 0 :
		    parse_seconds("--safety-margin", arg, INT32_MAX, state));
		return 0;
	case OPT_MODE:
		set_mode(args, arg, state);
		return 0;
	case OPT_DEVICE:
		args->opts.device = arg;
		return 0;
	case OPT_USER:
		args->opts.user = arg;
		return 0;
	case OPT_OBSERVE:
		args->opts.observe_s = parse_seconds("--observe", arg,
						     OBSERVE_MAX, state);
		return 0;
	case OPT_ROOT:
		args->opts.root = !strcmp(arg, "/") ? "" : arg;
		return 0;
	case ARGP_KEY_END:
		check_root(args->opts.root, state);
		if (*args->opts.root && args->opts.observe_s)
			argp_error(state, "--observe is for this machine, not for --root");
		complete(args);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "patroni", OPT_PATRONI, "FILE", 0,
	  "Patroni's configuration; of it only the watchdog's settings and the data folder are looked at", 0 },
	{ "ttl", OPT_TTL, "SECONDS", 0, "Patroni's ttl, as the DCS has it", 0 },
	{ "loop-wait", OPT_LOOP_WAIT, "SECONDS", 0, "Patroni's loop_wait", 0 },
	{ "safety-margin", OPT_SAFETY_MARGIN, "SECONDS", 0,
	  "watchdog.safety_margin; -1: half of ttl", 0 },
	{ "mode", OPT_MODE, "MODE", 0,
	  "watchdog.mode: required, automatic or off", 0 },
	{ "device", OPT_DEVICE, "NODE", 0,
	  "judge this one (default: Patroni's, else /dev/watchdog)", 0 },
	{ "user", OPT_USER, "NAME", 0,
	  "who has to open it (default: Patroni's user)", 0 },
	{ "observe", OPT_OBSERVE, "SECONDS", 0,
	  "watch keepalives for so long; this writes to tracefs, in an instance of its own", 0 },
	{ "root", OPT_ROOT, "DIR", 0,
	  "judge files recorded from another machine", 0 },
	{ "json", OPT_JSON, NULL, 0, "lines of JSON instead of text", 0 },
	{ 0 }
};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Is this machine protected by its watchdog?\n"
	       "\vNo watchdog is opened and nothing is armed, unlike `sbd query-watchdog'.\n"
	       "Nothing is changed. What cannot be known without opening a device, or without\n"
	       "root, is said to be so.\n\n"
	       "Exit status, as monitoring plug-ins have it:\n"
	       "  0  protected, no FAIL, no WARN\n"
	       "  1  partly protected, or a WARN\n"
	       "  2  not protected, or a FAIL\n"
	       "  3  cannot tell, wrong usage",
};

/**
 * cmd_check() - pug-node check
 * @argc: number of arguments
 * @argv: arguments; [0] is "pug-node check"
 *
 * Return: exit status.
 */
int cmd_check(int argc, char **argv)
{
	struct arguments args = { .opts.root = "" };
	struct emitter em;

	/* 2 would be "critical" to what runs plug-ins */
	argp_err_exit_status = CHECK_UNKNOWN;
	if (argp_parse(&argp, argc, argv, 0, NULL, &args))
		return CHECK_UNKNOWN;
	emit_init(&em, argv[0], args.json);
	return check_run(&args.opts, &em);
}
