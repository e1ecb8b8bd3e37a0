// SPDX-License-Identifier: GPL-2.0
/*
 * What is kept of a run: commit-latency.json, as it was asked, and rounds.jsonl, a line for
 * each round with every commit's time. It is judged as if it came from anybody.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "latency.h"
#include "util.h"

/* A commit is given up after a minute */
#define COMMIT_MAX_US 120000000
#define ROUNDS_KEPT_MAX (2 * DRILL_SYNCS * LATENCY_ROUNDS_MAX + 1)

/**
 * latency_asked_to_json() - for commit-latency.json
 * @asked: any
 * @qemu: its version
 *
 * Return: a new object.
 */
json_t *latency_asked_to_json(const struct latency_asked *asked, const char *qemu)
{
	json_t *settings = json_array();

	for (unsigned int i = 0; i < asked->n; i++)
		json_array_append_new(settings, json_string(drill_syncs[asked->settings[i]]));
	return json_pack("{s:s s:s s:i s:i s:i s:o s:o}", "drill", LATENCY_NAME, "release",
			 drill_releases[asked->release], "cpus", asked->cpus, "rounds",
			 asked->rounds, "seconds", asked->seconds, "settings", settings, "qemu",
			 json_text(qemu));
}

static int take_settings(struct latency_asked *asked, json_t *list)
{
	json_t *one;
	size_t i;

	asked->n = 0;
	json_array_foreach(list, i, one) {
		const char *word = json_string_value(one);
		int sync = word ? drill_word(drill_syncs, word) : -1;

		for (unsigned int k = 0; k < asked->n; k++)
			if ((int)asked->settings[k] == sync)
				sync = -1;
		if (sync < 0)
			return -1;
		asked->settings[asked->n++] = sync;
	}
	return asked->n ? 0 : -1;
}

/**
 * latency_asked_from_json() - the way back
 * @l: nothing measured yet; its @why says what is wrong
 * @json: of anybody
 *
 * Return: 0 or -1.
 */
int latency_asked_from_json(struct latency *l, json_t *json)
{
	const char *drill, *release, *qemu;
	int cpus, rounds, seconds, r;
	json_t *settings;

	if (json_unpack(json, "{s:s s:s s:i s:i s:i s:o s:s}", "drill", &drill, "release", &release,
			"cpus", &cpus, "rounds", &rounds, "seconds", &seconds, "settings",
			&settings, "qemu", &qemu)) {
		snprintf(l->why, sizeof(l->why), "it lacks a key, or has a value of another kind");
		return -1;
	}
	r = drill_word(drill_releases, release);
	if (strcmp(drill, LATENCY_NAME) || r < 0 || take_settings(&l->asked, settings)) {
		snprintf(l->why, sizeof(l->why),
			 "it names something that this program does not know");
		return -1;
	}
	if (cpus < 1 || cpus > 16 || rounds < 1 || rounds > LATENCY_ROUNDS_MAX || seconds < 1 ||
	    seconds > LATENCY_SECONDS_MAX) {
		snprintf(l->why, sizeof(l->why), "a number is out of range");
		return -1;
	}
	l->asked.release = r;
	l->asked.cpus = cpus;
	l->asked.rounds = rounds;
	l->asked.seconds = seconds;
	snprintf(l->qemu, sizeof(l->qemu), "%s", qemu);
	return 0;
}

/**
 * latency_total() - how many rounds there are to be
 * @asked: complete
 *
 * Return: of each setting as many as were asked for, one beside before each, and one at
 * the end.
 */
size_t latency_total(const struct latency_asked *asked)
{
	return 2 * (size_t)asked->n * asked->rounds + 1;
}

static int take_commits(struct latency_round *round, json_t *list)
{
	json_t *one;
	size_t i;

	round->n = json_array_size(list);
	if (!round->n)
		return -1;
	round->ms = xcalloc(round->n, sizeof(*round->ms));
	json_array_foreach(list, i, one) {
		json_int_t us = json_integer_value(one);

		if (us < 1 || us > COMMIT_MAX_US)
			return -1;
		round->ms[i] = (double)us / 1000;
	}
	return 0;
}

/* What was seen before its first commit and after its last */
static int check_states(enum drill_sync sync, json_t *line, char *why, size_t len)
{
	static const char * const whens[] = { "before", "after" };
	char what[300];

	for (size_t i = 0; i < ARRAY_SIZE(whens); i++) {
		json_t *seen = json_object_get(line, whens[i]);

		if (!latency_taken(sync, json_object_get(seen, "replicas"),
				   json_object_get(seen, "members"), what, sizeof(what)))
			continue;
		snprintf(why, len, "%s it: %s", whens[i], what);
		return -1;
	}
	return 0;
}

/* Returns whether there may be more */
static bool take_round(struct latency *l, json_t *line)
{
	struct latency_round *round;
	const char *word, *error;
	char why[330] = "it has no commits, or a time that none takes";
	int sync, beside;

	if (json_unpack(line, "{s:s s:b}", "setting", &word, "beside", &beside) ||
	    l->n >= ROUNDS_KEPT_MAX) {
		snprintf(l->why, sizeof(l->why), "round %zu can't be understood", l->n + 1);
		return false;
	}
	sync = drill_word(drill_syncs, word);
	error = json_string_value(json_object_get(line, "error"));
	l->rounds = xrealloc(l->rounds, (l->n + 1) * sizeof(*l->rounds));
	round = &l->rounds[l->n];
	*round = (struct latency_round) { .sync = sync, .beside = beside };
	if (error)
		snprintf(why, sizeof(why), "%s", error);
	if (!error && sync >= 0 && !(beside && sync != DRILL_ASYNC) &&
	    !check_states(sync, line, why, sizeof(why)) &&
	    !take_commits(round, json_object_get(line, "commit_us"))) {
		l->n++;
		return true;
	}
	free(round->ms);
	snprintf(l->why, sizeof(l->why), "round %zu (%.20s) is none: %s", l->n + 1, word, why);
	return false;
}

static bool take_line(struct latency *l, const char *text)
{
	json_t *line = json_loads(text, 0, NULL), *server = json_object_get(line, "server");
	const char *postgresql, *patroni;
	bool more = true;

	if (!json_unpack(server, "{s:s s:s}", "postgresql", &postgresql, "patroni", &patroni)) {
		snprintf(l->postgresql, sizeof(l->postgresql), "%s", postgresql);
		snprintf(l->patroni, sizeof(l->patroni), "%s", patroni);
	} else if (!line) {
		snprintf(l->why, sizeof(l->why), "what follows round %zu is not JSON", l->n);
		more = false;
	} else {
		more = take_round(l, line);
	}
	json_decref(line);
	return more;
}

/**
 * latency_read_rounds() - rounds.jsonl
 * @l: asked, nothing measured yet; what comes before something wrong counts
 * @in: the file; a last line without an end was being written when the run ended
 */
void latency_read_rounds(struct latency *l, FILE *in)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, in)) > 0 && line[len - 1] == '\n') {
		line[len - 1] = '\0';
		if (!take_line(l, line))
			break;
	}
	free(line);
	if (!*l->why && l->n < latency_total(&l->asked))
		snprintf(l->why, sizeof(l->why), "it ended before its end: %zu of %zu rounds", l->n,
			 latency_total(&l->asked));
}

/**
 * latency_read() - a run, from its folder
 * @l: filled in; latency_free() it whatever comes
 * @dir: the folder
 *
 * Return: 0, @l's @why says whether it is whole; -1 where @why says why it can't be read.
 */
int latency_read(struct latency *l, const char *dir)
{
	char *path = path_join(dir, LATENCY_ASKED);
	json_error_t error;
	json_t *json = json_load_file(path, 0, &error);
	FILE *in;
	int ret;

	memset(l, 0, sizeof(*l));
	if (!json)
		snprintf(l->why, sizeof(l->why), "%s", error.text);
	ret = json ? latency_asked_from_json(l, json) : -1;
	json_decref(json);
	free(path);
	if (ret)
		return ret;
	path = path_join(dir, LATENCY_ROUNDS);
	in = fopen(path, "re");
	if (in) {
		latency_read_rounds(l, in);
		fclose(in);
	} else {
		snprintf(l->why, sizeof(l->why), "no round was measured (%s: %s)", LATENCY_ROUNDS,
			 strerror(errno));
	}
	free(path);
	return 0;
}

/**
 * latency_free() - give it back
 * @l: read, or not
 */
void latency_free(struct latency *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->rounds[i].ms);
	free(l->rounds);
	memset(l, 0, sizeof(*l));
}

/**
 * latency_is_folder() - has it such a run's evidence?
 * @dir: a folder
 *
 * Return: whether.
 */
bool latency_is_folder(const char *dir)
{
	char *path = path_join(dir, LATENCY_ASKED);
	bool is = !access(path, F_OK);

	free(path);
	return is;
}
