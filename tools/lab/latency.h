/* SPDX-License-Identifier: GPL-2.0 */
/* pug drill commit-latency: what a commit costs, by who has to have it. */
#ifndef PUG_LATENCY_H
#define PUG_LATENCY_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "drill.h"

#define LATENCY_NAME "commit-latency"
#define LATENCY_ASKED "commit-latency.json"
#define LATENCY_ROUNDS "rounds.jsonl"
#define LATENCY_RESULT "result.json"
#define LATENCY_ROUNDS_MAX 200
#define LATENCY_SECONDS_MAX 300

/**
 * struct latency_asked - as somebody asked for it
 * @release: what the nodes run
 * @cpus: vCPUs of each
 * @rounds: of each setting
 * @seconds: of each round
 * @settings: in this order; no setting is there twice
 * @n: how many
 */
struct latency_asked {
	enum drill_release release;
	unsigned int cpus;
	unsigned int rounds;
	unsigned int seconds;
	enum drill_sync settings[DRILL_SYNCS];
	unsigned int n;
};

/**
 * struct latency_round - some seconds of commits under one setting
 * @sync: the setting
 * @beside: it is there to be compared with, and asynchronous
 * @ms: what each commit took
 * @n: how many
 */
struct latency_round {
	enum drill_sync sync;
	bool beside;
	double *ms;
	size_t n;
};

/**
 * struct latency - what was measured
 * @asked: that
 * @rounds: in the order of time
 * @n: how many
 * @postgresql: its version, "" not known
 * @patroni: likewise
 * @qemu: likewise
 * @why: what ended it before its end, "" nothing; rounds that came before it count
 */
struct latency {
	struct latency_asked asked;
	struct latency_round *rounds;
	size_t n;
	char postgresql[64];
	char patroni[64];
	char qemu[64];
	char why[400];
};

/**
 * struct latency_sum - what came of one setting
 * @sync: the setting
 * @beside: it is that of the rounds beside
 * @rounds: that count: with one beside before it and one after it
 * @commits: in these
 * @median_ms: of these
 * @p99_ms: of these
 * @ratio: of each round's median to that of the commits beside it: the median of these
 * @ratio_min: the least of them
 * @ratio_max: the greatest
 * @p99_ratio: the same of p99
 * @p99_ratio_min: the least
 * @p99_ratio_max: the greatest
 */
struct latency_sum {
	enum drill_sync sync;
	bool beside;
	size_t rounds;
	size_t commits;
	double median_ms;
	double p99_ms;
	double ratio;
	double ratio_min;
	double ratio_max;
	double p99_ratio;
	double p99_ratio_min;
	double p99_ratio_max;
};

double latency_median(const double *values, size_t n);
double latency_p99(const double *values, size_t n);
void latency_sum_up(struct latency_sum *sum, const struct latency *l, enum drill_sync sync,
		    bool beside);

json_t *latency_patch(enum drill_sync sync);
int latency_taken(enum drill_sync sync, json_t *replicas, json_t *members, char *why, size_t len);

json_t *latency_asked_to_json(const struct latency_asked *asked, const char *qemu);
int latency_asked_from_json(struct latency *l, json_t *json);
void latency_read_rounds(struct latency *l, FILE *in);
int latency_read(struct latency *l, const char *dir);
size_t latency_total(const struct latency_asked *asked);
void latency_free(struct latency *l);

json_t *latency_to_json(const struct latency *l);
void latency_print(const struct latency *l, FILE *out);
bool latency_is_folder(const char *dir);
int latency_explain(const char *dir, bool json);

int cmd_latency(int argc, char **argv);

#endif
