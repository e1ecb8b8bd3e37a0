// SPDX-License-Identifier: GPL-2.0
/*
 * pug drill commit-latency: one cluster, forked once, whose replication is switched between
 * rounds. Every round of a setting has an asynchronous one before it and one after it, so
 * that a machine that gets slower meanwhile makes both slower.
 */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "cluster.h"
#include "command.h"
#include "drill-play.h"
#include "keep.h"
#include "latency.h"
#include "latency-client.h"
#include "live.h"
#include "plan.h"
#include "util.h"

#define ROUNDS 5
#define SECONDS 5
#define SETTINGS "off,on,strict,two,any-1"
/* Beside a round's own length and what its setting may take */
#define ROUND_S 120

enum {
	OPT_SETTINGS = 0x200, OPT_ROUNDS, OPT_SECONDS, OPT_RELEASE, OPT_CPUS, OPT_OUT, OPT_JSON,
	OPT_QEMU, OPT_PROGRESS
};

struct options {
	struct latency_asked asked;
	const char *settings;
	const char *out;
	const char *json;
	const char *qemu;
	enum progress progress;
};

static const struct argp_option options[] = {
	{ "settings", OPT_SETTINGS, "LIST", 0,
	  "Of off, on, strict, two, any-1, quorum (with --release trixie), with commas; off is a control, whose ratio has to be 1 (default "
	  SETTINGS ")", 0 },
	{ "rounds", OPT_ROUNDS, "N", 0, "Rounds of each setting (default 5)", 0 },
	{ "seconds", OPT_SECONDS, "S", 0, "Of commits in each round (default 5)", 0 },
	{ "release", OPT_RELEASE, "NAME", 0,
	  "Debian release of the nodes: bookworm (PostgreSQL 15, Patroni 3.0) or trixie (17, 4.0) (default bookworm)",
	  0 },
	{ "cpus", OPT_CPUS, "N", 0, "vCPUs of each PostgreSQL node (default 1)", 0 },
	{ "out", OPT_OUT, "DIR", 0, "Keep every commit's time here (default pug-drills/TIME)", 0 },
	{ "json", OPT_JSON, "FILE", 0, "Write the result there, - for standard output", 0 },
	{ "qemu", OPT_QEMU, "PATH", 0, "This qemu-system-x86_64", 0 },
	{ "progress", OPT_PROGRESS, "HOW", 0, PROGRESS_HELP, 0 },
	{ 0 }
};

static void take_settings(const struct argp_state *state, struct options *o)
{
	char *copy = xstrdup(o->settings), *rest = copy, *word;

	while ((word = strsep(&rest, ","))) {
		int sync = drill_word(drill_syncs, word);

		if (sync < 0)
			argp_error(state, "--settings: there is no '%s'; see --help", word);
		for (unsigned int i = 0; i < o->asked.n; i++)
			if (sync == (int)o->asked.settings[i])
				argp_error(state, "--settings: '%s' is there twice", word);
		if (sync == DRILL_QUORUM && o->asked.release != DRILL_TRIXIE)
			argp_error(state, "quorum wants Patroni 4: --release trixie");
		o->asked.settings[o->asked.n++] = sync;
	}
	free(copy);
}

static void take_number(const struct argp_state *state, const char *name, const char *text,
			unsigned int max, unsigned int *value)
{
	if (plan_number(text, 1, max, value))
		argp_error(state, "%s %s: a whole number from 1 to %u is wanted", name, text, max);
}

static error_t parse_number(int key, const char *arg, struct argp_state *state, struct options *o)
{
	switch (key) {
	case OPT_ROUNDS:
		take_number(state, "--rounds", arg, LATENCY_ROUNDS_MAX, &o->asked.rounds);
		return 0;
	case OPT_SECONDS:
		take_number(state, "--seconds", arg, LATENCY_SECONDS_MAX, &o->asked.seconds);
		return 0;
	case OPT_CPUS:
		take_number(state, "--cpus", arg, 8, &o->asked.cpus);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;
	int release;

	switch (key) {
	case OPT_SETTINGS:
		o->settings = arg;
		return 0;
	case OPT_RELEASE:
		release = drill_word(drill_releases, arg);
		if (release < 0)
			argp_error(state, "--release: there is no '%s'; see --help", arg);
		o->asked.release = release;
		return 0;
	case OPT_OUT:
		o->out = arg;
		return 0;
	case OPT_JSON:
		o->json = arg;
		return 0;
	case OPT_QEMU:
		o->qemu = arg;
		return 0;
	case OPT_PROGRESS:
		o->progress = live_progress(state, arg);
		return 0;
	case ARGP_KEY_SUCCESS:
		take_settings(state, o);
		return 0;
	default:
		return parse_number(key, arg, state, o);
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "What a commit costs, by who has to have it: one cluster with Patroni in VMs, whose replication is switched between rounds of single commits.\n"
	       "\v'pug explain DIR' computes the result again from what was kept.\n"
	       "Exit status: 0 measured, 2 could not be, or not all of it: a setting that is not seen to be in force is an error and no number.",
};

static bool has_ended(struct cluster *c, void *data)
{
	(void)c;
	return child_ended(data);
}

/* libpq blocks, and the network is served by this process: so in another */
static int in_child(struct cluster *c, int (*fn)(void *data), void *data, double seconds)
{
	struct child child = { .pid = child_call(fn, data) };

	if (child.pid < 0)
		return cluster_fail(c, "fork: %s", strerror(errno));
	if (cluster_wait(c, seconds, has_ended, &child)) {
		kill(child.pid, SIGKILL);
		waitpid(child.pid, NULL, 0);
		return cluster_fail(c, "a round did not end within %.0f s", seconds);
	}
	if (WIFEXITED(child.status) && !WEXITSTATUS(child.status))
		return 0;
	return cluster_fail(c, "a round could not be measured");
}

/* Whether the round that was measured last is one: it is told then */
static bool say_round(const char *dir, size_t rounds, size_t total)
{
	struct latency l;
	bool good = !latency_read(&l, dir) && l.n == rounds;

	if (good) {
		const struct latency_round *last = &l.rounds[rounds - 1];

		live_line("round %zu of %zu: %s%s, %zu commits, %.2f ms", rounds, total,
			  drill_syncs[last->sync], last->beside ? " (beside)" : "", last->n,
			  latency_median(last->ms, last->n));
	}
	latency_free(&l);
	return good;
}

static int play_rounds(struct cluster *c, const struct latency_asked *asked, const char *dir,
		       struct latency_client *client)
{
	size_t total = latency_total(asked);
	double limit = LATENCY_TAKE_S + asked->seconds + ROUND_S;

	for (size_t i = 0; i < total; i++) {
		client->beside = i % 2 == 0;
		client->sync = client->beside ? DRILL_ASYNC : asked->settings[i / 2 % asked->n];
		if (in_child(c, latency_client_round, client, limit) ||
		    !say_round(dir, i + 1, total))
			return -1;
	}
	return 0;
}

static int play(struct cluster *c, const struct latency_asked *asked, const char *dir)
{
	const struct node *leader = &c->nodes[NODE_FIRST];
	char *path = path_join(dir, LATENCY_ROUNDS), *dsn, *api;
	struct latency_client client = { .path = path, .seconds = asked->seconds };
	int ret = cluster_fork(c, dir);

	if (!ret) {
		dsn = xasprintf("host=127.0.0.1 port=%u user=postgres dbname=postgres",
				leader->port);
		api = xasprintf("http://127.0.0.1:%u", leader->rest_port);
		client.dsn = dsn;
		client.api = api;
		ret = in_child(c, latency_client_begin, &client, LATENCY_TAKE_S + ROUND_S);
		if (!ret)
			ret = play_rounds(c, asked, dir, &client);
		free(dsn);
		free(api);
	}
	free(path);
	return ret;
}

/* In these two the third node follows the leader as the second does */
static struct drill make_drill(const struct latency_asked *asked)
{
	struct drill drill;

	drill_default(&drill);
	drill.mode = DRILL_OFF;
	drill.release = asked->release;
	drill.cpus = asked->cpus;
	drill.sync = asked->release == DRILL_TRIXIE ? DRILL_QUORUM : DRILL_TWO;
	return drill;
}

static int begin_folder(const struct options *o, const struct host *host, const char *dir)
{
	json_t *json;
	int ret;

	if (latency_is_folder(dir)) {
		warn_line("%s has a run's evidence already: choose another folder with --out", dir);
		return -1;
	}
	json = latency_asked_to_json(&o->asked, host->qemu_version);
	ret = keep_json(dir, LATENCY_ASKED, json);
	json_decref(json);
	return ret;
}

/* What was measured is told and kept, whatever ended it */
static int end_folder(const struct options *o, const char *dir, const char *why)
{
	struct latency l;
	json_t *json;
	int ret = latency_read(&l, dir);

	if (*why && (!*l.why || l.n < latency_total(&l.asked)))
		warn_safe("%s", why);
	if (*l.why)
		warn_safe("%s", l.why);
	if (!ret) {
		json = latency_to_json(&l);
		ret = keep_json(dir, LATENCY_RESULT, json);
		if (!o->json || strcmp(o->json, "-"))
			latency_print(&l, stdout);
		if (results_write(json, o->json))
			ret = -1;
	}
	ret = ret || *l.why ? PUG_COULD_NOT_RUN : PUG_AS_EXPECTED;
	latency_free(&l);
	fprintf(stderr, "evidence: %s\n", dir);
	return ret;
}

static int run(const struct options *o, const struct host *host, const char *dir)
{
	struct drill drill = make_drill(&o->asked);
	struct cluster *c = xcalloc(1, sizeof(*c));
	char why[sizeof(c->why)] = "";
	int ret = PUG_COULD_NOT_RUN;

	if (!begin_folder(o, host, dir)) {
		if (!cluster_open(c, host, &drill))
			play(c, &o->asked, dir);
		snprintf(why, sizeof(why), "%s", c->why);
		cluster_close(c);
		drill_remove_links(dir);
		ret = end_folder(o, dir, why);
	}
	free(c);
	return ret;
}

/**
 * cmd_latency() - pug drill commit-latency
 * @argc: of the subcommand
 * @argv: of the subcommand
 *
 * Return: the exit status.
 */
int cmd_latency(int argc, char **argv)
{
	struct options o = {
		.asked = { .cpus = 1, .rounds = ROUNDS, .seconds = SECONDS },
		.settings = SETTINGS,
	};
	struct host host;
	int ret = PUG_COULD_NOT_RUN;
	char *dir;

	argv[0] = (char *)"pug drill " LATENCY_NAME;
	argp_err_exit_status = PUG_COULD_NOT_RUN;
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	if (live_begin(o.progress) || host_find(&host, o.qemu))
		return ret;
	dir = keep_folder(o.out, "pug-drills");
	if (dir)
		ret = run(&o, &host, dir);
	free(dir);
	host_free(&host);
	return ret;
}
