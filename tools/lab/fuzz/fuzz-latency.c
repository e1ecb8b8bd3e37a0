// SPDX-License-Identifier: GPL-2.0
/*
 * rounds.jsonl, whatever it is: no round without commits or with a time that none takes,
 * and no ratio that is none.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "latency.h"

int fuzz_one(const uint8_t *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

static void check_sum(const struct latency_sum *sum)
{
	if (!sum->rounds != !sum->commits || sum->median_ms < 0 || sum->p99_ms < sum->median_ms)
		abort();
	if (sum->beside || !sum->rounds)
		return;
	if (!isfinite(sum->ratio) || sum->ratio_min <= 0 || sum->ratio < sum->ratio_min ||
	    sum->ratio > sum->ratio_max || !isfinite(sum->p99_ratio))
		abort();
}

static void check(const struct latency *l)
{
	struct latency_sum sum;

	for (size_t i = 0; i < l->n; i++)
		if (!l->rounds[i].n || (l->rounds[i].beside && l->rounds[i].sync != DRILL_ASYNC))
			abort();
	for (int i = 0; i < DRILL_SYNCS; i++) {
		latency_sum_up(&sum, l, i, false);
		check_sum(&sum);
	}
	if (!*l->why && l->n < latency_total(&l->asked))
		abort();
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct latency l = {
		.asked = { .rounds = 1, .n = 2, .settings = { DRILL_SYNC, DRILL_QUORUM } },
	};
	FILE *in = size ? fmemopen((void *)data, size, "r") : NULL;
	FILE *out = fopen("/dev/null", "we");
	json_t *json;

	if (in) {
		latency_read_rounds(&l, in);
		fclose(in);
		check(&l);
		latency_print(&l, out);
		json = latency_to_json(&l);
		if (!json)
			abort();
		json_decref(json);
	}
	fclose(out);
	latency_free(&l);
	return 0;
}
