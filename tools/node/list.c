// SPDX-License-Identifier: GPL-2.0
/*
 * pug-node list: the watchdogs of this machine, without opening any.
 */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "emit.h"
#include "holder.h"
#include "io.h"
#include "list.h"
#include "node.h"

static error_t parse(int key, char *arg, struct argp_state *state)
{
	bool *json = state->input;

	(void)arg;
	switch (key) {
	case OPT_JSON:
		*json = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "json", OPT_JSON, NULL, 0, "one line of JSON for each watchdog", 0 },
	{ 0 }
};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Show the watchdogs of this machine.\n"
	       "\vNo watchdog is opened: that would arm it. A `-', in JSON null, stands where\n"
	       "the kernel does not tell. Only root can see which process holds a watchdog.\n\n"
	       NODE_EXIT_DOC("there is a watchdog", "there is none",
			     "wrong options"),
};

/**
 * cmd_list() - pug-node list
 * @argc: number of arguments
 * @argv: arguments; [0] is "pug-node list"
 *
 * Return: exit status.
 */
int cmd_list(int argc, char **argv)
{
	struct emitter em;
	bool json = false;

	if (argp_parse(&argp, argc, argv, 0, NULL, &json))
		return NODE_USAGE;
	emit_init(&em, argv[0], json);
	if (json)
		ruler_open(&em.ruler);
	return list_run("", &em);
}
