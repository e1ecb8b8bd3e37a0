// SPDX-License-Identifier: GPL-2.0
/*
 * pug-fence note-role: a callback of Patroni's, on_start, on_role_change and
 * on_restart. Records who leads, as this machine's Patroni knows it, with the
 * timeline. Patroni adds ACTION ROLE SCOPE to the command line.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "command.h"
#include "patroni.h"
#include "state.h"

/* A promotion takes a while to be known under its new timeline */
#define PATIENCE_MS	20000

static const struct argp_option options[] = { COMMAND_CONFIG, { 0 } };

static struct {
	const char *config;
	const char *words[3];
	unsigned int n;
} args = { .config = CONFIG_DEFAULT };

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case ARGP_KEY_ARG:
		if (args.n == ARRAY_SIZE(args.words))
			argp_error(state, "Patroni gives ACTION ROLE SCOPE");
		args.words[args.n++] = arg;
		return 0;
	case ARGP_KEY_END:
		if (args.n != ARRAY_SIZE(args.words))
			argp_error(state, "Patroni gives ACTION ROLE SCOPE");
		return 0;
	default:
		return command_option(key, arg, state, &args.config);
	}
}

static const struct argp argp = {
	options, parse, "ACTION ROLE SCOPE",
	"Records who leads, for pre-promote. The record narrows whose VM may be stopped, and only while the timeline is the same; it never is a proof.",
	NULL, NULL, NULL,
};

static int ask(const struct config *config, struct leader *leader, struct trouble *why)
{
	struct http http;
	char url[300];
	int rc;

	patroni_http(config, &http);
	snprintf(url, sizeof(url), "%s/cluster", config->members[config->me].api);
	rc = http_get(&http, url, config->try_ms, why);
	if (!rc)
		rc = patroni_leader(config, http.body, http.len, leader->name, &leader->timeline,
				    why);
	http_free(&http);
	return rc;
}

/**
 * cmd_note_role() - pug-fence note-role
 * @argc: as main()
 * @argv: as main()
 *
 * Return: 0 if it is recorded, 1 if it is not known, 2 for errors.
 */
int cmd_note_role(int argc, char **argv)
{
	const struct timespec nap = { .tv_sec = 1 };
	uint64_t until = now_ms() + PATIENCE_MS;
	static struct config config;
	struct leader leader;
	struct trouble why;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	if (config_load(&config, args.config, &why)) {
		fprintf(stderr, "pug-fence: %s\n", why.text);
		return EXIT_USAGE;
	}
	if (strcmp(args.words[2], config.scope)) {
		fprintf(stderr, "pug-fence: the scope is '%s', %s is about '%s'\n", args.words[2],
			args.config, config.scope);
		return EXIT_USAGE;
	}
	/*
	 * What was true is not any more: better to know nothing meanwhile. And who was
	 * confirmed to be off may have come back with this change
	 */
	state_drop_leader(&config);
	state_close_incident(&config);
	do {
		why.text[0] = '\0';
		if (!ask(&config, &leader, &why) && !state_put_leader(&config, &leader, &why))
			return 0;
		nanosleep(&nap, NULL);
	} while (now_ms() < until);
	fprintf(stderr, "pug-fence: it is not known who leads: %s\n", why.text);
	return EXIT_NO;
}
