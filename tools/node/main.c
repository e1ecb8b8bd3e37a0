// SPDX-License-Identifier: GPL-2.0
/*
 * pug-node - what runs on the machine whose watchdog is under test.
 *
 * Static, of libc and libyaml only: it runs in a 2 MB initramfs as on a production machine,
 * so that what the lab tests is what users get.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "node.h"

#ifndef PUG_VERSION
#define PUG_VERSION "0.1"
#endif

static const struct node_command commands[] = {
	{ "list", "show the watchdogs of this machine; opens none", cmd_list },
	{ "check", "is this machine protected by its watchdog?", cmd_check },
	{ "keepalive", "arm a watchdog and keep it from firing", cmd_keepalive },
	{ "freeze", "stop every CPU for a while, by stop-machine.ko",
	  cmd_freeze },
	{ "beacon", "send signs of life to a watchdog outside (pug watch)",
	  cmd_beacon },
	{ "canary", "write a counter from every CPU, to see when they ran",
	  cmd_canary },
	{ "mark", "write one line with a stamp of the HPET", cmd_mark },
	{ "verify", "prove a watchdog: have it fire, say what it did",
	  cmd_verify },
	{ "last-reboot", "why did this machine last reset?", cmd_last_reboot },
};

const char *argp_program_version = "pug-node " PUG_VERSION;

struct choice {
	const struct node_command *command;
	int next;
};

static const struct node_command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct choice *choice = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		choice->command = find_command(arg);
		if (!choice->command)
			argp_error(state, "no such command: %s", arg);
		choice->next = state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which command?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The list of commands is made from the table; argp frees it. */
static char *help_filter(int key, const char *text, void *input)
{
	char *out = NULL;
	size_t size;
	FILE *stream;
	size_t i;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	stream = open_memstream(&out, &size);
	if (!stream)
		return (char *)text;
	fputs("Commands:\n", stream);
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(stream, "  %-12s %s\n", commands[i].name,
			commands[i].summary);
	fputs(text, stream);
	fclose(stream);
	return out;
}

static const struct argp argp = {
	.parser = parse,
	.args_doc = "COMMAND [ARGUMENT...]",
	.doc = "Watchdogs and freezes, on the machine under test.\v\n"
	       "`pug-node COMMAND --help' tells more about each.\n\n"
	       NODE_EXIT_DOC("done", "it failed, or the answer is no",
			     "see the command"),
	.help_filter = help_filter,
};

int main(int argc, char **argv)
{
	struct choice choice = { 0 };
	char name[32];

	argp_err_exit_status = NODE_USAGE;
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &choice))
		return NODE_USAGE;
	snprintf(name, sizeof(name), "pug-node %s", choice.command->name);
	argv[choice.next] = name;
	return choice.command->run(argc - choice.next, argv + choice.next);
}
