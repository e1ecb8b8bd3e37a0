// SPDX-License-Identifier: GPL-2.0
/* Where along a sweep the verdict changes, and what was seen of zombies on the way. */
#include <stdlib.h>
#include <string.h>

#include "boundary.h"
#include "util.h"

static bool differ(const struct result *a, const struct result *b)
{
	return a->seen.when != b->seen.when || a->seen.effect != b->seen.effect;
}

/* Between two values: with one that was not judged nothing is known to have changed */
static bool is_change(const struct run *run, size_t i)
{
	const struct result *a = &run->results[i], *b = &run->results[i + 1];

	if (a->not_run || b->not_run || a->seen.when == VERDICT_ERROR ||
	    b->seen.when == VERDICT_ERROR)
		return false;
	return differ(a, b);
}

/**
 * boundary_middles() - which values to try next
 * @run: in the order of @values
 * @values: ascending
 * @within: a change between values no farther apart is known well enough, 1 or more
 * @middles: gets at most one less than there are values
 *
 * Return: how many there are; 0 when every change is known well enough.
 */
size_t boundary_middles(const struct run *run, const unsigned int *values, unsigned int within,
			unsigned int *middles)
{
	size_t n = 0;

	for (size_t i = 0; i + 1 < run->n; i++)
		if (is_change(run, i) && values[i + 1] - values[i] > within)
			middles[n++] = values[i] + (values[i + 1] - values[i]) / 2;
	return n;
}

static json_t *outcome_json(const struct result *r)
{
	return json_pack("{s:s s:s}", "verdict", verdict_when_name(r->seen.when),
			 "effect", verdict_effect_name(r->seen.effect));
}

/**
 * struct zombies - the windows of those cells in which a watchdog fired after the thaw
 * @ns: their lengths, ascending
 * @n: how many
 * @leaks: in so many a write left the VM
 */
struct zombies {
	int64_t *ns;
	size_t n;
	size_t leaks;
};

static int compare_ns(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void find_zombies(struct zombies *z, const struct run *run)
{
	z->ns = xcalloc(run->n ? run->n : 1, sizeof(*z->ns));
	z->n = 0;
	z->leaks = 0;
	for (size_t i = 0; i < run->n; i++) {
		const struct verdict *v = &run->results[i].seen;

		if (v->when != VERDICT_AT_THAW && v->when != VERDICT_AFTER_THAW)
			continue;
		if (v->zombie_ns < 0)
			continue;
		z->ns[z->n++] = v->zombie_ns;
		z->leaks += v->zombie_writes > 0;
	}
	qsort(z->ns, z->n, sizeof(*z->ns), compare_ns);
}

static double ms(int64_t ns)
{
	return (double)ns / NSEC_PER_MSEC;
}

static json_t *zombies_json(const struct zombies *z)
{
	if (!z->n)
		return json_null();
	return json_pack("{s:i s:i s:f s:f s:f}", "cells", (int)z->n, "leaks", (int)z->leaks,
			 "least_ms", ms(z->ns[0]), "median_ms", ms(z->ns[(z->n - 1) / 2]),
			 "most_ms", ms(z->ns[z->n - 1]));
}

/**
 * boundary_json() - a sweep's own part of the results
 * @run: ended, in the order of @values
 * @values: ascending
 * @option: what was swept
 * @unit: of the values
 *
 * Return: a new object (Documentation/results.rst).
 */
json_t *boundary_json(const struct run *run, const unsigned int *values, const char *option,
		      const char *unit)
{
	json_t *changes = json_array();
	struct zombies z;
	json_t *json;

	for (size_t i = 0; i + 1 < run->n; i++)
		if (is_change(run, i))
			json_array_append_new(changes,
					      json_pack("{s:i s:i s:o s:o}", "below", values[i],
							"from", values[i + 1],
							"was", outcome_json(&run->results[i]),
							"is", outcome_json(&run->results[i + 1])));
	find_zombies(&z, run);
	json = json_pack("{s:s s:s s:o s:o}", "of", option, "unit", unit, "changes", changes,
			 "zombies", zombies_json(&z));
	free(z.ns);
	return json;
}

static void print_outcome(const struct result *r, FILE *out)
{
	fputs(verdict_when_name(r->seen.when), out);
	if (r->seen.effect != EFFECT_NONE)
		fprintf(out, ", %s", verdict_effect_name(r->seen.effect));
}

/**
 * boundary_print() - where the verdict changes, a line for each stretch
 * @run: ended, in the order of @values
 * @values: ascending
 * @option: what was swept
 * @unit: of the values
 * @out: to this stream
 */
void boundary_print(const struct run *run, const unsigned int *values, const char *option,
		    const char *unit, FILE *out)
{
	struct zombies z;
	size_t from = 0;

	fputc('\n', out);
	for (size_t i = 0; i < run->n; i++) {
		if (i + 1 < run->n && !is_change(run, i))
			continue;
		fprintf(out, "%s %u to %u %s: ", option, values[from], values[i], unit);
		print_outcome(&run->results[i], out);
		fprintf(out, " (%zu cell%s)\n", i - from + 1, i == from ? "" : "s");
		from = i + 1;
	}
	find_zombies(&z, run);
	if (z.n)
		fprintf(out, "fired after the thaw in %zu cells: by %.3g ms in the median, %.3g to %.3g; a write left the VM in %zu\n",
			z.n, ms(z.ns[(z.n - 1) / 2]), ms(z.ns[0]), ms(z.ns[z.n - 1]), z.leaks);
	free(z.ns);
}
