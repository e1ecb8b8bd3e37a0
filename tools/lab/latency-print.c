// SPDX-License-Identifier: GPL-2.0
/* What came of a run, for people and for programs. */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "keep.h"
#include "latency.h"
#include "util.h"

#define ROW "%-8s  %6zu  %7zu  %9s  %5s  %-12s  %9s  %5s  %s\n"
#define HEAD "%-8s  %6s  %7s  %9s  %5s  %-12s  %9s  %5s  %s\n"
#define BELIEVE \
	"Of machines under TCG, whose disks are the host's page cache: no time here is anybody's, ratios are.\n"

static json_t *sum_to_json(const struct latency_sum *sum)
{
	json_t *json = json_pack("{s:s s:b s:I s:I s:f s:f}", "setting", drill_syncs[sum->sync],
				 "beside", sum->beside, "rounds", (json_int_t)sum->rounds,
				 "commits", (json_int_t)sum->commits, "median_ms", sum->median_ms,
				 "p99_ms", sum->p99_ms);

	if (sum->beside)
		return json;
	json_object_set_new(json, "ratio", json_real(sum->ratio));
	json_object_set_new(json, "ratio_min", json_real(sum->ratio_min));
	json_object_set_new(json, "ratio_max", json_real(sum->ratio_max));
	json_object_set_new(json, "p99_ratio", json_real(sum->p99_ratio));
	json_object_set_new(json, "p99_ratio_min", json_real(sum->p99_ratio_min));
	json_object_set_new(json, "p99_ratio_max", json_real(sum->p99_ratio_max));
	return json;
}

/* The rounds beside, then each setting of which there is something to say */
static size_t sum_up_all(const struct latency *l, struct latency_sum sums[DRILL_SYNCS + 1])
{
	size_t n = 0;

	latency_sum_up(&sums[n], l, DRILL_ASYNC, true);
	n += !!sums[n].rounds;
	for (unsigned int i = 0; i < l->asked.n; i++) {
		latency_sum_up(&sums[n], l, l->asked.settings[i], false);
		n += !!sums[n].rounds;
	}
	return n;
}

/**
 * latency_to_json() - what came of a run
 * @l: read
 *
 * Return: a new object (Documentation/drills.rst).
 */
json_t *latency_to_json(const struct latency *l)
{
	json_t *json = latency_asked_to_json(&l->asked, l->qemu), *list = json_array();
	struct latency_sum sums[DRILL_SYNCS + 1];
	size_t n = sum_up_all(l, sums);

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, sum_to_json(&sums[i]));
	json_object_set_new(json, "postgresql", json_text(l->postgresql));
	json_object_set_new(json, "patroni", json_text(l->patroni));
	json_object_set_new(json, "measured", list);
	json_object_set_new(json, "error", *l->why ? json_text(l->why) : json_null());
	return json;
}

static void print_sum(const struct latency_sum *sum, FILE *out)
{
	char median[32], p99[32], ratio[16] = "-", spread[32] = "-", p99_ratio[16] = "-";
	char p99_spread[32] = "-";

	snprintf(median, sizeof(median), "%.2f ms", sum->median_ms);
	snprintf(p99, sizeof(p99), "%.2f ms", sum->p99_ms);
	if (!sum->beside) {
		snprintf(ratio, sizeof(ratio), "%.2f", sum->ratio);
		snprintf(spread, sizeof(spread), "%.2f to %.2f", sum->ratio_min, sum->ratio_max);
		snprintf(p99_ratio, sizeof(p99_ratio), "%.2f", sum->p99_ratio);
		snprintf(p99_spread, sizeof(p99_spread), "%.2f to %.2f", sum->p99_ratio_min,
			 sum->p99_ratio_max);
	}
	fprintf(out, ROW, sum->beside ? "(beside)" : drill_syncs[sum->sync], sum->rounds,
		sum->commits, median, ratio, spread, p99, p99_ratio, p99_spread);
}

/**
 * latency_print() - what came of a run, as a table
 * @l: read
 * @out: to this stream
 */
void latency_print(const struct latency *l, FILE *out)
{
	struct latency_sum sums[DRILL_SYNCS + 1];
	size_t n = sum_up_all(l, sums);
	char *postgresql = text_escape(l->postgresql), *patroni = text_escape(l->patroni);

	if (n) {
		fprintf(out, "PostgreSQL %s, Patroni %s, one client, rounds of %u s\n", postgresql,
			patroni, l->asked.seconds);
		fprintf(out, HEAD, "SETTING", "ROUNDS", "COMMITS", "MEDIAN", "RATIO",
			"SPREAD", "P99", "RATIO", "SPREAD");
	}
	for (size_t i = 0; i < n; i++)
		print_sum(&sums[i], out);
	if (n)
		fputs(BELIEVE, out);
	free(postgresql);
	free(patroni);
}

/**
 * latency_explain() - pug explain of such a run's folder
 * @dir: the folder
 * @json: for programs
 *
 * Return: the exit status.
 */
int latency_explain(const char *dir, bool json)
{
	struct latency l;
	int ret = latency_read(&l, dir);
	json_t *o;

	if (!ret && json) {
		o = latency_to_json(&l);
		results_write(o, "-");
	} else if (!ret) {
		latency_print(&l, stdout);
	}
	if (*l.why)
		warn_safe("%s: %s", dir, l.why);
	ret = *l.why ? PUG_COULD_NOT_RUN : PUG_AS_EXPECTED;
	latency_free(&l);
	return ret;
}
