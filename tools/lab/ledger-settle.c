// SPDX-License-Identifier: GPL-2.0
/* pug ledger settle: what became of every row. */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "keep.h"
#include "ledger-cmd.h"
#include "ledger.h"
#include "settle-nodes.h"
#include "util.h"

enum { OPT_NODE = 512, OPT_JOURNAL, OPT_TABLE, OPT_LEADER, OPT_WAIT, OPT_TIMEOUT, OPT_JSON };

struct settle_command {
	struct ledger_name *names;
	size_t n;
	const char **journals;
	size_t journals_n;
	bool json;
	struct settle_options options;
};

static const struct argp_option options[] = {
	{ "node", OPT_NODE, "NAME=DSN", 0, "A node of the cluster, itself; may be repeated", 0 },
	{ "journal", OPT_JOURNAL, "PATH", 0,
	  "A journal, or the folder of pug ledger run; may be repeated", 0 },
	{ "table", OPT_TABLE, "NAME", 0, "The ledger's table (default " LEDGER_TABLE ")", 0 },
	{ "leader", OPT_LEADER, "NAME", 0,
	  "The rows of this node count (default: the one that takes writes)", 0 },
	{ "wait", OPT_WAIT, "S", 0,
	  "Time for standbys to replay what the leader has (default 30)", 0 },
	{ "timeout", OPT_TIMEOUT, "S", 0, "Time limit of a statement (default 60)", 0 },
	{ "json", OPT_JSON, NULL, 0, "Print JSON, with every row that is not simply there", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct settle_command *c = state->input;

	switch (key) {
	case OPT_NODE:
		ledger_arg_name(state, "--node", arg, &c->names, &c->n);
		return 0;
	case OPT_JOURNAL:
		c->journals = xrealloc(c->journals, (c->journals_n + 1) * sizeof(*c->journals));
		c->journals[c->journals_n++] = arg;
		return 0;
	case OPT_TABLE:
		c->options.table = ledger_arg_table(state, arg);
		return 0;
	case OPT_LEADER:
		c->options.leader = arg;
		return 0;
	case OPT_WAIT:
		c->options.wait_ns = ledger_arg_ns(state, "--wait", arg);
		return 0;
	case OPT_TIMEOUT:
		c->options.query_ns = ledger_arg_ns(state, "--timeout", arg);
		return 0;
	case OPT_JSON:
		c->json = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "an argument too many");
		return 0;
	case ARGP_KEY_END:
		if (!c->n || !c->journals_n)
			argp_error(state, "--journal and --node are wanted");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	options, parse_option, NULL,
	"Compare what clients wrote down with what the nodes have, once the clients have ended\n"
	"and the cluster has settled.\n"
	"\vLost: acknowledged, and not on the leader. Phantoms (not acknowledged, but there) are\n"
	"no fault: a commit whose answer was lost may have happened.\n"
	"Exit status: 0 all there, 1 rows lost, doubled, foreign or different, 2 could not tell.",
	NULL, NULL, NULL,
};

static int add_folder(struct settle *s, const char *dir, char **why)
{
	char *pattern = xasprintf("%s/*.jsonl", dir);
	glob_t found;
	int ret = -1;

	if (glob(pattern, 0, NULL, &found)) {
		*why = xasprintf("%s has no journal", dir);
	} else {
		ret = 0;
		for (size_t i = 0; !ret && i < found.gl_pathc; i++)
			ret = settle_add_journal(s, found.gl_pathv[i], why);
		globfree(&found);
	}
	free(pattern);
	return ret;
}

static int add_journals(struct settle *s, const struct settle_command *c)
{
	char *why = NULL;
	struct stat st;
	int ret = 0;

	for (size_t i = 0; !ret && i < c->journals_n; i++) {
		if (!stat(c->journals[i], &st) && S_ISDIR(st.st_mode))
			ret = add_folder(s, c->journals[i], &why);
		else
			ret = settle_add_journal(s, c->journals[i], &why);
	}
	if (!ret)
		return 0;
	warn_line("ledger settle: %s", why);
	free(why);
	return -1;
}

static void print(const struct settle *s, bool json)
{
	json_t *o;

	if (!json) {
		settle_print(s, stdout);
		return;
	}
	o = settle_json(s);
	results_write(o, "-");
}

static int settle(const struct settle_command *c)
{
	struct settle_source *sources = xcalloc(c->n, sizeof(*sources));
	int ret = PUG_COULD_NOT_RUN;
	struct settle s;

	for (size_t i = 0; i < c->n; i++)
		sources[i] = (struct settle_source) { c->names[i].name, c->names[i].dsn };
	settle_init(&s);
	if (!add_journals(&s, c)) {
		settle_read_nodes(&s, sources, c->n, &c->options);
		settle_judge(&s);
		print(&s, c->json);
		ret = s.verdict == SETTLE_ALL_THERE ? PUG_AS_EXPECTED :
		      s.verdict == SETTLE_WRONG ? PUG_SURPRISE : PUG_COULD_NOT_RUN;
	}
	settle_free(&s);
	free(sources);
	return ret;
}

/**
 * ledger_cmd_settle() - pug ledger settle
 * @argc: as main()
 * @argv: as main(), from "settle" on
 *
 * Return: exit status.
 */
int ledger_cmd_settle(int argc, char **argv)
{
	struct settle_command c = {
		.options = { LEDGER_TABLE, NULL, SETTLE_WAIT_NS, SETTLE_QUERY_NS },
	};
	int ret;

	argp_err_exit_status = PUG_COULD_NOT_RUN;
	argv[0] = (char *)"pug ledger settle";
	argp_parse(&argp, argc, argv, 0, NULL, &c);
	ret = settle(&c);
	ledger_names_free(c.names, c.n);
	free(c.journals);
	return ret;
}
