// SPDX-License-Identifier: GPL-2.0
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "compiler.h"

#ifndef PUG_VERSION
#define PUG_VERSION "unknown"
#endif

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "matrix", cmd_matrix, "run fault x watchdog x clock x kernel in QEMU, say which fired" },
	{ "cell", cmd_cell, "run one of the cells that 'pug matrix --list' names" },
	{ "merge", cmd_merge, "join cells that ran anywhere into one run" },
	{ "sweep", cmd_sweep, "run a cell with many values, say where the verdict changes" },
	{ "explain", cmd_explain, "print a cell's timeline, recompute its verdict from evidence" },
	{ "report", cmd_report, "a page, or JUnit, KTAP, Markdown, CSV, of runs and drills" },
	{ "drill", cmd_drill, "freeze the leader of a PostgreSQL cluster, account for every row" },
	{ "ledger", cmd_ledger, "what became of every row that a PostgreSQL cluster acknowledged" },
	{ "listen", cmd_listen, "hear signs of life of a machine under test (pug-node verify)" },
	{ "advise", cmd_advise, "what a set-up survives, and what not, by measured cells" },
	{ "protection", cmd_protection, "the protection table of runs" },
	{ "watch", cmd_watch, "a watchdog beside a VM: resets one that is paused, full or frozen" },
};

static void usage(FILE *out)
{
	fputs("Usage: pug COMMAND [OPTION...]\n"
	      "The lab: freezes guests in QEMU and says which watchdog fired, when,\n"
	      "and what got out before it did.\n\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
	fputs("\n'pug COMMAND --help' lists a command's options; the manual is pug(1).\n"
	      "Exit status: 0 all as expected, 1 a surprise, 2 could not run.\n", out);
}

/* A table that nobody could read is no result */
static int flushed(int ret)
{
	if (!fflush(stdout) && !ferror(stdout))
		return ret;
	fputs("pug: standard output can't be written\n", stderr);
	return PUG_COULD_NOT_RUN;
}

int main(int argc, char **argv)
{
	/* A file that may not grow is an error of write(), to be told as one */
	signal(SIGXFSZ, SIG_IGN);
	if (argc < 2) {
		usage(stderr);
		return PUG_COULD_NOT_RUN;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return 0;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		puts("pug " PUG_VERSION);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return flushed(commands[i].run(argc - 1, argv + 1));
	/* Not for people: see hypervisor.c */
	if (!strcmp(argv[1], "relay"))
		return cmd_relay(argc - 1, argv + 1);
	fprintf(stderr, "pug: no command '%s'; see 'pug --help'\n", argv[1]);
	return PUG_COULD_NOT_RUN;
}
