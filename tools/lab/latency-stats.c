// SPDX-License-Identifier: GPL-2.0
/* Of many commits a few numbers. Nothing is assumed of how they are distributed. */
#include <stdlib.h>
#include <string.h>

#include "latency.h"
#include "util.h"

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double *sorted(const double *values, size_t n)
{
	double *copy = xcalloc(n, sizeof(*copy));

	memcpy(copy, values, n * sizeof(*copy));
	qsort(copy, n, sizeof(*copy), by_value);
	return copy;
}

static double middle(const double *sorted, size_t n)
{
	return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

/* Rank ceil(n * 99 / 100), counted from 1 */
static double rank_99(const double *sorted, size_t n)
{
	return sorted[(n * 99 + 99) / 100 - 1];
}

static double pick(double (*from)(const double *sorted, size_t n), const double *values, size_t n)
{
	double *copy, one;

	if (!n)
		return 0;
	copy = sorted(values, n);
	one = from(copy, n);
	free(copy);
	return one;
}

/**
 * latency_median() - half of them are no greater
 * @values: in any order
 * @n: how many
 *
 * Return: of an even number the mean of the two in the middle; 0 of none.
 */
double latency_median(const double *values, size_t n)
{
	return pick(middle, values, n);
}

/**
 * latency_p99() - 99 of a hundred are no greater
 * @values: in any order
 * @n: how many
 *
 * Return: the least of the values of which that is true (nearest rank): of fewer than a
 * hundred the greatest; 0 of none.
 */
double latency_p99(const double *values, size_t n)
{
	return pick(rank_99, values, n);
}

/**
 * struct pile - values from several rounds
 * @values: these
 * @n: how many
 */
struct pile {
	double *values;
	size_t n;
};

static void add(struct pile *pile, const double *values, size_t n)
{
	if (!n)
		return;
	pile->values = xrealloc(pile->values, (pile->n + n) * sizeof(*values));
	memcpy(pile->values + pile->n, values, n * sizeof(*values));
	pile->n += n;
}

/* One that was cut off has nothing after it to be compared with */
static bool is_paired(const struct latency *l, size_t i)
{
	return i > 0 && i + 1 < l->n && l->rounds[i - 1].beside && l->rounds[i + 1].beside;
}

static void add_ratio(struct pile *medians, struct pile *p99s, const struct latency *l, size_t i)
{
	const struct latency_round *r = &l->rounds[i];
	struct pile both = { 0 };
	double ratio;

	add(&both, r[-1].ms, r[-1].n);
	add(&both, r[1].ms, r[1].n);
	ratio = latency_median(r->ms, r->n) / latency_median(both.values, both.n);
	add(medians, &ratio, 1);
	ratio = latency_p99(r->ms, r->n) / latency_p99(both.values, both.n);
	add(p99s, &ratio, 1);
	free(both.values);
}

static void spread(const struct pile *pile, double *median, double *min, double *max)
{
	double *copy;

	if (!pile->n)
		return;
	copy = sorted(pile->values, pile->n);
	*median = middle(copy, pile->n);
	*min = copy[0];
	*max = copy[pile->n - 1];
	free(copy);
}

/**
 * latency_sum_up() - what came of one setting
 * @sum: filled in
 * @l: what was measured
 * @sync: the setting
 * @beside: of the rounds between the others
 */
void latency_sum_up(struct latency_sum *sum, const struct latency *l, enum drill_sync sync,
		    bool beside)
{
	struct pile commits = { 0 }, medians = { 0 }, p99s = { 0 };

	*sum = (struct latency_sum) { .sync = sync, .beside = beside };
	for (size_t i = 0; i < l->n; i++) {
		const struct latency_round *r = &l->rounds[i];

		if (r->sync != sync || r->beside != beside || (!beside && !is_paired(l, i)))
			continue;
		sum->rounds++;
		add(&commits, r->ms, r->n);
		if (!beside)
			add_ratio(&medians, &p99s, l, i);
	}
	sum->commits = commits.n;
	sum->median_ms = latency_median(commits.values, commits.n);
	sum->p99_ms = latency_p99(commits.values, commits.n);
	spread(&medians, &sum->ratio, &sum->ratio_min, &sum->ratio_max);
	spread(&p99s, &sum->p99_ratio, &sum->p99_ratio_min, &sum->p99_ratio_max);
	free(commits.values);
	free(medians.values);
	free(p99s.values);
}
