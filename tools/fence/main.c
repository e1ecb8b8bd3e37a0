// SPDX-License-Identifier: GPL-2.0
/*
 * pug-fence: a replica promotes only when the old leader is certainly gone.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <curl/curl.h>

#include "command.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "pre-promote", cmd_pre_promote, "Patroni's pre_promote: exit 0 only with proof" },
	{ "note-role", cmd_note_role, "Patroni's callback: record who leads" },
	{ "check", cmd_check, "would it work? Exit status of a monitoring plug-in" },
	{ "confirm", cmd_confirm, "an operator has made sure that a member is off" },
	{ "status", cmd_status, "record, incident, confirmations, last decisions" },
	{ "table", cmd_table, "print the decision table" },
	{ "agent", cmd_agent, "be a fence agent (also as fence_pug)" },
};

static void usage(FILE *out)
{
	fputs("Usage: pug-fence COMMAND [OPTION...]\n"
	      "A replica promotes only when the old leader is certainly gone.\n\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].summary);
	fputs("\n'pug-fence COMMAND --help' lists a command's options; the manual is pug-fence(8).\n",
	      out);
}

/* The token is in our memory: no core, no /proc/PID/mem, no environ for others. */
static void harden(void)
{
	const struct rlimit none = { 0, 0 };
	int fd;

	/* What is opened later must not become standard error, and be written to */
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
	/* libcurl would write the keys of our sessions there */
	unsetenv("SSLKEYLOGFILE");
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

static int flushed(int ret)
{
	if (!fflush(stdout) && !ferror(stdout))
		return ret;
	fputs("pug-fence: standard output can't be written\n", stderr);
	return ret ? ret : EXIT_USAGE;
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');

	harden();
	if (curl_global_init(CURL_GLOBAL_DEFAULT)) {
		fputs("pug-fence: libcurl does not start\n", stderr);
		return EXIT_NO;
	}
	if (!strcmp(name ? name + 1 : argv[0], "fence_pug"))
		return flushed(cmd_agent(argc, argv));
	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return flushed(0);
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		puts("pug-fence " PUG_VERSION);
		return flushed(0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return flushed(commands[i].run(argc - 1, argv + 1));
	fprintf(stderr, "pug-fence: no command '%s'; see 'pug-fence --help'\n", argv[1]);
	return EXIT_USAGE;
}
