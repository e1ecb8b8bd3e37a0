// SPDX-License-Identifier: GPL-2.0
/* pug ledger init, pug ledger run: the table, and the clients' processes. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <systemd/sd-event.h>

#include "command.h"
#include "compiler.h"
#include "ledger-cmd.h"
#include "ledger.h"
#include "util.h"

enum {
	OPT_DSN = 512, OPT_TABLE, OPT_EMPTY, OPT_CLIENT, OPT_CLING, OPT_JOURNAL, OPT_INTERVAL,
	OPT_STATEMENT, OPT_CONNECT, OPT_DURATION, OPT_ROWS, OPT_RETRY, OPT_SYNC,
};

struct init_options {
	const char *dsn;
	const char *table;
	bool empty;
};

static const struct argp_option init_options[] = {
	{ "dsn", OPT_DSN, "DSN", 0, "The leader: key=value ..., a postgresql:// URI, or @FILE", 0 },
	{ "table", OPT_TABLE, "NAME", 0, "The table (default " LEDGER_TABLE ")", 0 },
	{ "empty", OPT_EMPTY, NULL, 0, "Remove the rows that are in it", 0 },
	{ 0 },
};

static error_t parse_init(int key, char *arg, struct argp_state *state)
{
	struct init_options *o = state->input;

	switch (key) {
	case OPT_DSN:
		o->dsn = arg;
		return 0;
	case OPT_TABLE:
		o->table = ledger_arg_table(state, arg);
		return 0;
	case OPT_EMPTY:
		o->empty = true;
		return 0;
	case ARGP_KEY_END:
		if (!o->dsn)
			argp_error(state, "--dsn is wanted");
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "an argument too many");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp init_argp = {
	init_options, parse_init, NULL,
	"Make the ledger's table. One with rows in it is left alone, unless --empty.\n"
	"\vExit status: 0 made, 2 not made.",
	NULL, NULL, NULL,
};

/**
 * ledger_cmd_init() - pug ledger init
 * @argc: as main()
 * @argv: as main(), from "init" on
 *
 * Return: exit status.
 */
int ledger_cmd_init(int argc, char **argv)
{
	struct init_options o = { .table = LEDGER_TABLE };
	char *why;

	argp_err_exit_status = PUG_COULD_NOT_RUN;
	argv[0] = (char *)"pug ledger init";
	argp_parse(&init_argp, argc, argv, 0, NULL, &o);
	if (!ledger_init(o.dsn, o.table, o.empty, &why))
		return PUG_AS_EXPECTED;
	warn_line("ledger init: %s", why);
	free(why);
	return PUG_COULD_NOT_RUN;
}

struct run_options {
	struct ledger_name *names;
	size_t n;
	const char *dir;
	int64_t duration_ns;
	struct ledger_client client;
};

static const struct argp_option run_options[] = {
	{ "client", OPT_CLIENT, "NAME=DSN", 0, "A client, and whom it asks; may be repeated", 0 },
	{ "cling", OPT_CLING, "NAME=DSN", 0,
	  "A client that keeps to the first server it got, and waits for it beyond every limit",
	  0 },
	{ "journal", OPT_JOURNAL, "DIR", 0,
	  "The journals go to DIR/NAME.jsonl; what is there is gone on with", 0 },
	{ "table", OPT_TABLE, "NAME", 0, "Insert into this table (default " LEDGER_TABLE ")", 0 },
	{ "interval", OPT_INTERVAL, "S", 0, "From one insert to the next (default 0.1)", 0 },
	{ "statement-timeout", OPT_STATEMENT, "S", 0,
	  "Give the connection up when an insert takes longer (default 2)", 0 },
	{ "connect-timeout", OPT_CONNECT, "S", 0,
	  "Time limit to connect to one server (default 1); a connect_timeout in a DSN wins", 0 },
	{ "duration", OPT_DURATION, "S", 0, "Stop then (default: at SIGTERM or Ctrl-C)", 0 },
	{ "rows", OPT_ROWS, "N", 0, "Each client stops after N numbers", 0 },
	{ "retry", OPT_RETRY, NULL, 0,
	  "Try a number until it is acknowledged: this can insert it twice", 0 },
	{ "sync", OPT_SYNC, NULL, 0, "Wait for the disk after every line of a journal", 0 },
	{ 0 },
};

static error_t parse_client(int key, char *arg, struct argp_state *state, struct run_options *o)
{
	switch (key) {
	case OPT_CLIENT:
	case OPT_CLING:
		ledger_arg_name(state, key == OPT_CLING ? "--cling" : "--client", arg, &o->names,
				&o->n);
		o->names[o->n - 1].cling = key == OPT_CLING;
		return 0;
	case OPT_TABLE:
		o->client.table = ledger_arg_table(state, arg);
		return 0;
	case OPT_ROWS:
		o->client.rows = ledger_arg_number(state, "--rows", arg);
		return 0;
	case OPT_RETRY:
		o->client.retry = true;
		return 0;
	case OPT_SYNC:
		o->client.sync = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_run(int key, char *arg, struct argp_state *state)
{
	struct run_options *o = state->input;

	switch (key) {
	case OPT_JOURNAL:
		o->dir = arg;
		return 0;
	case OPT_INTERVAL:
		o->client.interval_ns = ledger_arg_ns(state, "--interval", arg);
		return 0;
	case OPT_STATEMENT:
		o->client.statement_ns = ledger_arg_ns(state, "--statement-timeout", arg);
		return 0;
	case OPT_CONNECT:
		o->client.connect_ns = ledger_arg_ns(state, "--connect-timeout", arg);
		return 0;
	case OPT_DURATION:
		o->duration_ns = ledger_arg_ns(state, "--duration", arg);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "an argument too many");
		return 0;
	case ARGP_KEY_END:
		if (!o->n || !o->dir)
			argp_error(state, "--journal and a --client or --cling are wanted");
		return 0;
	default:
		return parse_client(key, arg, state, o);
	}
}

static const struct argp run_argp = {
	run_options, parse_run, NULL,
	"Insert numbered rows, one process a client, and write down every try and every\n"
	"acknowledgment before the next. Ends at SIGTERM or Ctrl-C, and when all clients have.\n"
	"\vDSN is a connection string of libpq, or @FILE with one in it. Passwords belong into such\n"
	"a file (mode 600), ~/.pgpass or a service file.\n"
	"Exit status: 0 all clients ended as asked, 2 one could not run or was killed.",
	NULL, NULL, NULL,
};

/**
 * struct child - a client's process
 * @run: all of them
 * @name: the client's
 * @journal: its journal
 * @pid: 0 when it has ended
 */
struct child {
	struct run *run;
	const char *name;
	char *journal;
	pid_t pid;
};

struct run {
	sd_event *event;
	struct child *children;
	size_t n;
	size_t alive;
	bool stopping;
	int ret;
};

static int fail(struct run *run, const char *what, int ret)
{
	if (ret >= 0)
		return 0;
	warn_line("ledger run: %s: %s", what, strerror(-ret));
	run->ret = PUG_COULD_NOT_RUN;
	return -1;
}

static void stop_all(struct run *run)
{
	run->stopping = true;
	for (size_t i = 0; i < run->n; i++)
		if (run->children[i].pid)
			kill(run->children[i].pid, SIGTERM);
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *data)
{
	(void)source;
	(void)info;
	stop_all(data);
	return 0;
}

static int on_time(sd_event_source *source, uint64_t usec, void *data)
{
	(void)source;
	(void)usec;
	stop_all(data);
	return 0;
}

static int on_child(sd_event_source *source, const siginfo_t *info, void *data)
{
	struct child *child = data;
	struct run *run = child->run;

	(void)source;
	child->pid = 0;
	if (info->si_code != CLD_EXITED) {
		warn_line("client %s was killed by signal %d; its journal %s is good", child->name,
			  info->si_status, child->journal);
		run->ret = PUG_COULD_NOT_RUN;
	} else if (info->si_status) {
		run->ret = PUG_COULD_NOT_RUN;
	}
	if (!--run->alive)
		sd_event_exit(run->event, 0);
	return 0;
}

static int start_all(struct run *run, struct run_options *o)
{
	for (size_t i = 0; i < o->n; i++) {
		struct ledger_client client = o->client;
		struct child *child = &run->children[i];
		char *why;

		child->run = run;
		child->name = o->names[i].name;
		child->journal = xasprintf("%s/%s.jsonl", o->dir, child->name);
		client.name = child->name;
		client.dsn = o->names[i].dsn;
		client.cling = o->names[i].cling;
		client.journal = child->journal;
		run->n = i + 1;
		child->pid = ledger_start(&client, &why);
		if (child->pid < 0) {
			child->pid = 0;
			warn_line("client %s: %s", child->name, why);
			free(why);
			run->ret = PUG_COULD_NOT_RUN;
			return -1;
		}
		run->alive++;
		if (fail(run, "sd-event", sd_event_add_child(run->event, NULL, child->pid, WEXITED,
							     on_child, child)))
			return -1;
	}
	return 0;
}

static int make_event(struct run *run, const struct run_options *o)
{
	sigset_t set;
	int ret;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	ret = sd_event_new(&run->event);
	if (ret >= 0)
		ret = sd_event_add_signal(run->event, NULL, SIGTERM, on_signal, run);
	if (ret >= 0)
		ret = sd_event_add_signal(run->event, NULL, SIGINT, on_signal, run);
	if (ret >= 0 && o->duration_ns)
		ret = sd_event_add_time_relative(run->event, NULL, CLOCK_MONOTONIC,
						 o->duration_ns / 1000, 0, on_time, run);
	return fail(run, "sd-event", ret);
}

static void print_summary(const struct child *child)
{
	uint64_t count[OUTCOME_ACKED + 1] = { 0 };
	struct journal j;
	char *why;

	if (journal_read(&j, child->journal, &why)) {
		warn_line("%s", why);
		free(why);
		return;
	}
	for (size_t i = 0; i < j.n; i++)
		count[j.keys[i].outcome]++;
	printf("%s: tried %zu, acknowledged %llu, refused %llu, no answer %llu\n", child->name, j.n,
	       (unsigned long long)count[OUTCOME_ACKED],
	       (unsigned long long)count[OUTCOME_REFUSED],
	       (unsigned long long)(count[OUTCOME_UNKNOWN] + count[OUTCOME_OPEN]));
	journal_free(&j);
}

static void kill_left(struct run *run)
{
	for (size_t i = 0; i < run->n; i++) {
		if (run->children[i].pid)
			ledger_stop(run->children[i].pid, 0);
		run->children[i].pid = 0;
	}
}

static int run_clients(struct run_options *o)
{
	struct run run = { .ret = PUG_AS_EXPECTED };

	if (make_dirs(o->dir)) {
		warn_line("%s: %s", o->dir, strerror(errno));
		return PUG_COULD_NOT_RUN;
	}
	run.children = xcalloc(o->n, sizeof(*run.children));
	if (!make_event(&run, o) && !start_all(&run, o))
		fail(&run, "sd-event", sd_event_loop(run.event));
	kill_left(&run);
	for (size_t i = 0; i < run.n; i++) {
		if (run.ret == PUG_AS_EXPECTED || run.stopping)
			print_summary(&run.children[i]);
		free(run.children[i].journal);
	}
	sd_event_unref(run.event);
	free(run.children);
	return run.ret;
}

/**
 * ledger_cmd_run() - pug ledger run
 * @argc: as main()
 * @argv: as main(), from "run" on
 *
 * Return: exit status.
 */
int ledger_cmd_run(int argc, char **argv)
{
	struct run_options o = { .client = LEDGER_CLIENT_DEFAULTS };
	int ret;

	argp_err_exit_status = PUG_COULD_NOT_RUN;
	argv[0] = (char *)"pug ledger run";
	argp_parse(&run_argp, argc, argv, 0, NULL, &o);
	ret = run_clients(&o);
	ledger_names_free(o.names, o.n);
	return ret;
}
