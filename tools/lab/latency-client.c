// SPDX-License-Identifier: GPL-2.0
/*
 * A round: tell Patroni how to replicate, see that PostgreSQL does, commit one row after
 * another, see that it still does. What came of it is one line of rounds.jsonl.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "io.h"
#include "latency.h"
#include "latency-client.h"
#include "pg.h"
#include "rest.h"
#include "util.h"

#define CONNECT_NS (20 * NSEC_PER_SEC)
#define ASK_NS (20 * NSEC_PER_SEC)
#define COMMIT_NS (60 * NSEC_PER_SEC)
#define ASK_MS 20000L
#define ANSWER_MAX 16000
/* Each PATCH wakes Patroni, whose loop has work to do (api.py:do_PATCH_config) */
#define WAKE_NS (2 * NSEC_PER_SEC)
#define LOOK_NS (200 * NSEC_PER_MSEC)
/* A backend that has just begun reads its catalogs: these are not counted */
#define WARM_UP 10
/* Commits in a minute, on a machine that this does not run on */
#define COMMITS_MAX 10000000

#define TABLE "pug_commit_latency"
#define MAKE_TABLE "CREATE TABLE IF NOT EXISTS " TABLE " (n bigint NOT NULL)"
#define INSERT "INSERT INTO " TABLE " (n) VALUES ($1)"
#define ASK_REPLICAS \
	"SELECT coalesce(json_agg(json_build_object('name', application_name, 'state', state, 'sync_state', sync_state) ORDER BY application_name), '[]') FROM pg_stat_replication"

/**
 * struct work - a round under way
 * @client: as asked
 * @pg: connection to the leader
 * @seen: what PostgreSQL and Patroni said last: replicas, members
 * @why: what went wrong
 */
struct work {
	const struct latency_client *client;
	struct pg pg;
	json_t *seen;
	char why[300];
};

static int __printf(2, 3)
fail(struct work *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->why, sizeof(w->why), fmt, ap);
	va_end(ap);
	return -1;
}

static int open_pg(struct work *w)
{
	struct dsn dsn = { 0 };
	char *why = NULL;
	enum pg_status status = PG_BROKEN;

	pg_init(&w->pg);
	if (!dsn_parse(&dsn, w->client->dsn, &why))
		status = pg_connect(&w->pg, &dsn, CONNECT_NS);
	if (status != PG_OK)
		fail(w, "the leader can't be connected to: %s", why ? why : w->pg.error);
	dsn_free(&dsn);
	free(why);
	return status == PG_OK ? 0 : -1;
}

/* One value of one row, to be freed; NULL after fail() */
static char *ask_pg(struct work *w, const char *sql)
{
	PGresult *row = NULL;
	char *text = NULL;

	if (pg_query(&w->pg, sql, 0, NULL, ASK_NS, &row) != PG_OK)
		fail(w, "the leader does not answer: %s", w->pg.error);
	else if (PQntuples(row) != 1)
		fail(w, "the leader's answer has no row");
	else
		text = xstrdup(PQgetvalue(row, 0, 0));
	PQclear(row);
	return text;
}

/* A new reference to the answer's body, NULL after fail() */
static json_t *ask_patroni(struct work *w, const char *path, json_t *patch)
{
	char *url = xasprintf("%s/%s", w->client->api, path);
	char *text = patch ? json_dumps(patch, JSON_COMPACT) : NULL;
	json_t *answer = NULL, *body = NULL;
	struct rest rest;

	if (!rest_open(&rest, NULL, ANSWER_MAX)) {
		if (patch)
			curl_easy_setopt(rest.curl, CURLOPT_CUSTOMREQUEST, "PATCH");
		answer = rest_ask(&rest, url, text, ASK_MS);
	}
	rest_close(&rest);
	if (json_integer_value(json_object_get(answer, "http")) == 200)
		body = json_incref(json_object_get(answer, "body"));
	if (!json_is_object(body)) {
		char *said = json_dumps(answer, JSON_COMPACT);

		fail(w, "Patroni's /%s has no answer to use: %.200s", path, said ? said : "none");
		free(said);
		json_decref(body);
		body = NULL;
	}
	json_decref(answer);
	free(text);
	free(url);
	return body;
}

/* Of what Patroni says of its members only what is judged */
static json_t *members_of(json_t *cluster)
{
	json_t *members = json_array(), *one;
	size_t i;

	json_array_foreach(json_object_get(cluster, "members"), i, one) {
		const char *name = "", *role = "";

		json_unpack(one, "{s:s s:s}", "name", &name, "role", &role);
		json_array_append_new(members, json_pack("{s:s s:s}", "name", name, "role", role));
	}
	return members;
}

static int look(struct work *w)
{
	json_t *cluster = ask_patroni(w, "cluster", NULL);
	char *text = cluster ? ask_pg(w, ASK_REPLICAS) : NULL;
	json_t *replicas = text ? json_loads(text, 0, NULL) : NULL;

	json_decref(w->seen);
	w->seen = NULL;
	if (replicas)
		w->seen = json_pack("{s:O s:o}", "replicas", replicas, "members",
				    members_of(cluster));
	json_decref(replicas);
	json_decref(cluster);
	free(text);
	return w->seen ? 0 : -1;
}

static int is_taken(struct work *w)
{
	if (look(w))
		return -1;
	return latency_taken(w->client->sync, json_object_get(w->seen, "replicas"),
			     json_object_get(w->seen, "members"), w->why, sizeof(w->why));
}

static void pause_ns(int64_t ns)
{
	struct timespec ts = { ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };

	nanosleep(&ts, NULL);
}

/*
 * Patroni reads its configuration in one loop and acts on it in the next, and a loop is
 * due in loop_wait: the same PATCH once more changes nothing and wakes it.
 */
static int switch_to(struct work *w)
{
	int64_t start = pg_now_ns(), end = start + LATENCY_TAKE_S * NSEC_PER_SEC, wake = start;
	json_t *patch = latency_patch(w->client->sync);
	char what[200];
	int ret = -1;

	while (ret && pg_now_ns() < end) {
		if (pg_now_ns() >= wake) {
			json_decref(ask_patroni(w, "config", patch));
			wake = pg_now_ns() + WAKE_NS;
		}
		ret = is_taken(w);
		if (ret)
			pause_ns(LOOK_NS);
	}
	json_decref(patch);
	if (!ret)
		return 0;
	snprintf(what, sizeof(what), "%.*s", (int)sizeof(what) - 1, w->why);
	return fail(w, "it is not seen to be in force after %d s: %s", LATENCY_TAKE_S, what);
}

static int commit(struct work *w, unsigned int n, int64_t *took)
{
	char number[16];
	const char * const params[] = { number };
	int64_t start;

	snprintf(number, sizeof(number), "%u", n);
	start = pg_now_ns();
	if (pg_query(&w->pg, INSERT, 1, params, COMMIT_NS, NULL) != PG_OK)
		return fail(w, "a commit failed: %s", w->pg.error);
	*took = pg_now_ns() - start;
	/* "canceling wait for synchronous replication": it did not wait */
	if (w->pg.warning[0])
		return fail(w, "a commit was warned of: %s", w->pg.warning);
	return 0;
}

static int commit_all(struct work *w, json_t *times)
{
	int64_t took, end;

	for (unsigned int i = 0; i < WARM_UP; i++)
		if (commit(w, i, &took))
			return -1;
	end = pg_now_ns() + w->client->seconds * NSEC_PER_SEC;
	for (unsigned int i = 0; pg_now_ns() < end && i < COMMITS_MAX; i++) {
		if (commit(w, i, &took))
			return -1;
		json_array_append_new(times, json_integer((took + 999) / 1000));
	}
	return 0;
}

static int work(struct work *w, json_t *line)
{
	json_t *times = json_array();
	double start = now_s();

	json_object_set_new(line, "commit_us", times);
	if (open_pg(w) || switch_to(w))
		return -1;
	json_object_set_new(line, "took_s", json_real(now_s() - start));
	json_object_set(line, "before", w->seen);
	if (commit_all(w, times) || look(w))
		return -1;
	json_object_set(line, "after", w->seen);
	return 0;
}

/* Whole, in one write: who is killed meanwhile leaves a line without an end at most */
static int append(const char *path, json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(6));
	char *whole = text ? xasprintf("%s\n", text) : NULL;
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666), ret = -1;

	if (fd >= 0 && whole)
		ret = io_write_all(fd, whole, strlen(whole));
	if (ret)
		warn_line("%s can't be written: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	free(whole);
	free(text);
	return ret;
}

/**
 * latency_client_round() - measure one
 * @client: a struct latency_client
 *
 * Return: 0 if rounds.jsonl has a line of it, which may be of what went wrong.
 */
int latency_client_round(void *client)
{
	struct work w = { .client = client };
	json_t *line = json_pack("{s:s s:b}", "setting", drill_syncs[w.client->sync], "beside",
				 w.client->beside);
	int ret;

	if (work(&w, line))
		json_object_set_new(line, "error", json_text(w.why));
	ret = append(w.client->path, line);
	json_decref(w.seen);
	json_decref(line);
	pg_close(&w.pg);
	return ret;
}

static char *patroni_version(struct work *w)
{
	json_t *answer = ask_patroni(w, "patroni", NULL);
	const char *version = "";
	char *copy;

	json_unpack(answer, "{s:{s:s}}", "patroni", "version", &version);
	copy = xstrdup(version);
	json_decref(answer);
	return copy;
}

/**
 * latency_client_begin() - make the table, and ask who this is
 * @client: a struct latency_client; its setting does not matter
 *
 * A cluster that has just been forked reads all that it needs: it is asked again.
 *
 * Return: 0 if rounds.jsonl has the versions; else after a line on standard error.
 */
int latency_client_begin(void *client)
{
	struct work w = { .client = client };
	int64_t end = pg_now_ns() + LATENCY_TAKE_S * NSEC_PER_SEC;
	char *postgresql = NULL, *patroni;
	json_t *line;
	int ret = -1;

	pg_init(&w.pg);
	while (!postgresql && pg_now_ns() < end) {
		pg_close(&w.pg);
		if (!open_pg(&w) && pg_query(&w.pg, MAKE_TABLE, 0, NULL, ASK_NS, NULL) == PG_OK)
			postgresql = ask_pg(&w, "SELECT split_part(current_setting('server_version'), ' ', 1)");
		if (!postgresql)
			pause_ns(LOOK_NS);
	}
	if (postgresql) {
		patroni = patroni_version(&w);
		line = json_pack("{s:{s:o s:o}}", "server", "postgresql", json_text(postgresql),
				 "patroni", json_text(patroni));
		ret = append(w.client->path, line);
		json_decref(line);
		free(patroni);
	} else {
		warn_safe("the table can't be made: %s", *w.why ? w.why : w.pg.error);
	}
	free(postgresql);
	pg_close(&w.pg);
	return ret;
}
