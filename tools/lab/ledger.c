// SPDX-License-Identifier: GPL-2.0
/* pug ledger: its subcommands. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "compiler.h"
#include "ledger-cmd.h"
#include "util.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "init", ledger_cmd_init, "make the table that the clients fill" },
	{ "run", ledger_cmd_run, "insert numbered rows, write down every try and acknowledgment" },
	{ "settle", ledger_cmd_settle, "compare what was acknowledged with what the nodes have" },
	{ "compare", ledger_cmd_compare, "compare any table on two servers by ranges of its key" },
};

static void usage(FILE *out)
{
	fputs("Usage: pug ledger COMMAND [OPTION...]\n"
	      "Says what became of every row that a PostgreSQL cluster acknowledged.\n\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
	fputs("\n'pug ledger COMMAND --help' lists a command's options; the manual is\n"
	      "pug-ledger(1).\n"
	      "Exit status: 0 all there, 1 lost, doubled or different, 2 could not tell.\n", out);
}

/**
 * cmd_ledger() - pug ledger
 * @argc: as main()
 * @argv: as main(), from "ledger" on
 *
 * Return: exit status.
 */
int cmd_ledger(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return PUG_COULD_NOT_RUN;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	warn_line("ledger: no command '%s'; see 'pug ledger --help'", argv[1]);
	return PUG_COULD_NOT_RUN;
}
