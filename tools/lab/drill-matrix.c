// SPDX-License-Identifier: GPL-2.0
/*
 * pug drill matrix: the drills of a plan, one after another, without anybody at hand.
 * What was played already in the folder stays; what was cut short or could not be
 * judged is put aside and played once more.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "drill-matrix.h"
#include "drill-plan.h"
#include "drill-play.h"
#include "evidence.h"
#include "keep.h"
#include "live.h"
#include "util.h"

#define PLAN_DEFAULT "configuration"
/* In the run's folder: all results so far */
#define RESULTS "drills.json"
/* So often the same drill may have failed before in a folder */
#define ASIDE_MAX 1000

/**
 * struct matrix - a plan being played
 * @run: as asked
 * @plan: the drills
 * @results: of those that were played, in order
 * @n: so many of them
 * @total: so many there will be
 * @all: the same as JSON
 * @played_s: what those took that were played now
 * @played: how many these are
 * @interrupted: by a signal
 */
struct matrix {
	const struct drill_run *run;
	struct drill_plan plan;
	struct drill_result *results;
	size_t n;
	size_t total;
	json_t *all;
	double played_s;
	unsigned int played;
	bool interrupted;
};

static int open_plan(struct drill_plan *plan, const char *name, unsigned int repeat)
{
	if (drill_plan_open(plan, name ? name : PLAN_DEFAULT))
		return -1;
	for (size_t i = 0; repeat && i < plan->n; i++)
		plan->rows[i].repeat = repeat;
	return 0;
}

/* Nothing is played before all of it is known to mean something */
static int expect_all(const struct drill_plan *plan)
{
	struct drill_expectation e;
	int ret = 0;

	for (size_t i = 0; i < plan->n; i++) {
		if (!drill_expect(&e, &plan->rows[i].drill))
			continue;
		warn_line("%s: %s", plan->rows[i].words,
			  drill_nothing_expected(&plan->rows[i].drill));
		ret = -1;
	}
	return ret;
}

/* What the folder says it is of, and what it shows */
static bool is_done(struct drill_result *result, const struct drill *drill, const char *dir)
{
	char *path = path_join(dir, DERIVED_RESULT), why[512];
	json_t *kept = json_load_file(path, 0, NULL), *asked, *wanted;
	struct drill_timeline tl = { 0 };
	bool done = false;

	if (kept && !drill_load(result, dir, why, sizeof(why))) {
		asked = drill_to_json(&result->drill);
		wanted = drill_to_json(drill);
		drill_derive(result, dir, &tl);
		json_unpack(kept, "{s:F}", "wall_s", &result->wall_s);
		done = result->seen.kind != DRILL_ERROR && json_equal(asked, wanted);
		drill_timeline_free(&tl);
		json_decref(asked);
		json_decref(wanted);
	}
	json_decref(kept);
	free(path);
	return done;
}

/* Evidence of a drill that failed is evidence of that */
static int put_aside(const char *dir)
{
	int ret = -1;

	for (unsigned int i = 1; ret && i < ASIDE_MAX; i++) {
		char *aside = xasprintf("%s.failed-%u", dir, i);

		if (access(aside, F_OK)) {
			ret = rename(dir, aside);
			if (ret)
				break;
			warn_line("%s is put aside as %s", dir, strrchr(aside, '/') + 1);
		}
		free(aside);
	}
	if (ret)
		warn_line("%s can't be put aside: %s", dir, strerror(errno));
	return ret;
}

static void say_what_comes(const struct matrix *m, const struct plan_row *row, unsigned int turn)
{
	char left[48] = "", times[48] = "";

	if (m->played)
		snprintf(left, sizeof(left), ", about %.0f min left",
			 m->played_s / m->played * (double)(m->total - m->n) / 60);
	if (row->repeat > 1)
		snprintf(times, sizeof(times), ", %u of %u", turn, row->repeat);
	live_line("[%zu of %zu%s] %s%s", m->n + 1, m->total, left, row->words, times);
}

static int keep_result(struct matrix *m, const struct plan_row *row, const char *folder)
{
	json_t *json = drill_result_to_json(&m->results[m->n]);

	json_object_set_new(json, "group", json_text(row->group));
	json_object_set_new(json, "folder", json_text(folder));
	json_array_append_new(m->all, json);
	m->n++;
	return keep_json(m->run->out, RESULTS, m->all);
}

static int play_turn(struct matrix *m, const struct plan_row *row, unsigned int turn)
{
	struct drill_result *result = &m->results[m->n];
	char *folder = xasprintf("%s.%u", row->name, turn);
	char *dir = path_join(m->run->out, folder), *before;
	int ret = 0;

	if (!is_done(result, &row->drill, dir)) {
		memset(result, 0, sizeof(*result));
		result->drill = row->drill;
		drill_expect(&result->expected, &result->drill);
		say_what_comes(m, row, turn);
		if (!access(dir, F_OK))
			ret = put_aside(dir);
		if (!ret && make_dirs(dir)) {
			warn_line("%s can't be made: %s", dir, strerror(errno));
			ret = -1;
		}
		if (!ret) {
			before = drill_told("matrix", m->results, m->n, m->total);
			drill_play_one(m->run->host, result, dir, before, &m->interrupted);
			free(before);
			m->played_s += result->wall_s;
			m->played++;
		}
	}
	if (!ret)
		ret = keep_result(m, row, folder);
	free(dir);
	free(folder);
	return ret;
}

static int by_long(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

static long median(const struct drill_result *r, unsigned int n,
		   long (*of)(const struct drill_verdict *v))
{
	long *values = xcalloc(n, sizeof(*values)), value;

	for (unsigned int i = 0; i < n; i++)
		values[i] = of(&r[i].seen);
	qsort(values, n, sizeof(*values), by_long);
	value = values[n / 2];
	free(values);
	return value;
}

static long outage_of(const struct drill_verdict *v)
{
	return v->outage_ms;
}

static long commit_of(const struct drill_verdict *v)
{
	return (long)(v->commit_ms * 1000);
}

static long p99_of(const struct drill_verdict *v)
{
	return (long)(v->commit_p99_ms * 1000);
}

/* "LOST 2, SAFE 1", and the rows of the worst */
static void sum_up(const struct drill_result *r, unsigned int n, char *seen, size_t size,
		   long *lost)
{
	*seen = '\0';
	*lost = 0;
	for (int kind = 0; kind < DRILL_KINDS; kind++) {
		unsigned int count = 0;
		size_t len = strlen(seen);

		for (unsigned int i = 0; i < n; i++) {
			count += (int)r[i].seen.kind == kind;
			if (r[i].seen.lost > *lost)
				*lost = r[i].seen.lost;
		}
		if (count)
			snprintf(seen + len, size - len, n > 1 ? "%s%s %u" : "%s%s", len ? ", " : "",
				 drill_kind_name(kind), count);
	}
}

#define ROW "%-58s  %-11s  %-20s  %5s  %7s  %8s  %8s\n"

static void print_sum(const struct plan_row *row, const struct drill_result *r, unsigned int n)
{
	char seen[96], rows[16], outage[16], commit[16], p99[16], mark = ' ';
	long lost;

	for (unsigned int i = 0; i < n; i++)
		if (r[i].seen.kind == DRILL_ERROR || !r[i].met)
			mark = r[i].seen.kind == DRILL_ERROR || mark == 'E' ? 'E' : '!';
	sum_up(r, n, seen, sizeof(seen), &lost);
	snprintf(rows, sizeof(rows), "%ld", lost);
	snprintf(outage, sizeof(outage), "%.1f s", (double)median(r, n, outage_of) / 1000);
	snprintf(commit, sizeof(commit), "%.1f ms", (double)median(r, n, commit_of) / 1000);
	snprintf(p99, sizeof(p99), "%.1f ms", (double)median(r, n, p99_of) / 1000);
	printf("%c " ROW, mark, row->words, drill_kind_name(r[0].expected.kind), seen, rows, outage,
	       commit, p99);
	for (unsigned int i = 0; i < n; i++)
		if (r[i].seen.kind == DRILL_ERROR || !r[i].met)
			printf("    %s\n", r[i].seen.reason);
	fflush(stdout);
}

static int play_row(struct matrix *m, const struct plan_row *row, bool table)
{
	size_t first = m->n;
	int ret = 0;

	for (unsigned int turn = 1; turn <= row->repeat && !ret && !m->interrupted; turn++)
		ret = play_turn(m, row, turn);
	if (table && m->n > first)
		print_sum(row, &m->results[first], (unsigned int)(m->n - first));
	return ret;
}

static void print_end(const struct matrix *m)
{
	size_t errors, met = drill_results_count(m->results, m->n, &errors);

	printf("\n%zu drills: %zu as expected, %zu surprises, %zu errors, %zu not played\n", m->n,
	       met, m->n - met - errors, errors, m->total - m->n);
	fprintf(stderr, "evidence: %s\n", m->run->out);
	if (m->n < m->total || errors)
		fprintf(stderr, "the same command with --out %s goes on there\n", m->run->out);
}

static int play_all(struct matrix *m, bool table)
{
	const char *group = NULL;
	int ret = 0;

	if (table)
		printf("  " ROW, "DRILL", "EXPECTED", "SEEN", "LOST", "OUTAGE", "COMMIT", "P99");
	for (size_t i = 0; i < m->plan.n && !ret && !m->interrupted; i++) {
		const struct plan_row *row = &m->plan.rows[i];

		if (table && *row->group && (!group || strcmp(group, row->group)))
			printf("%s\n", row->group);
		group = row->group;
		ret = play_row(m, row, table);
	}
	if (table)
		print_end(m);
	return ret;
}

/**
 * drill_matrix() - play a plan
 * @run: how
 * @plan: its name, or a file of one; NULL for the default
 *
 * Return: the exit status.
 */
int drill_matrix(const struct drill_run *run, const char *plan)
{
	bool table = !run->json || strcmp(run->json, "-");
	struct matrix m = { .run = run, .all = json_array() };
	int ret;

	ret = open_plan(&m.plan, plan, run->repeat) || expect_all(&m.plan);
	for (size_t i = 0; i < m.plan.n; i++)
		m.total += m.plan.rows[i].repeat;
	if (!ret) {
		m.results = xcalloc(m.total, sizeof(*m.results));
		ret = play_all(&m, table);
	}
	if (run->json && !ret)
		ret = results_write(json_incref(m.all), run->json);
	if (!ret)
		ret = m.n < m.total ? PUG_COULD_NOT_RUN : drill_results_status(m.results, m.n);
	else
		ret = PUG_COULD_NOT_RUN;
	json_decref(m.all);
	free(m.results);
	drill_plan_free(&m.plan);
	return ret;
}

/**
 * drill_matrix_list() - print a plan
 * @name: of it, or a file of one; NULL for the default
 * @repeat: instead of its own, unless 0
 *
 * Return: the exit status.
 */
int drill_matrix_list(const char *name, unsigned int repeat)
{
	struct drill_plan plan = { 0 };
	int ret = PUG_COULD_NOT_RUN;

	if (!open_plan(&plan, name, repeat)) {
		drill_plan_print(&plan, stdout);
		ret = expect_all(&plan) ? PUG_COULD_NOT_RUN : PUG_AS_EXPECTED;
	}
	drill_plan_free(&plan);
	return ret;
}
