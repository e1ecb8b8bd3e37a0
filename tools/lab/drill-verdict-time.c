// SPDX-License-Identifier: GPL-2.0
/* Of a drill's verdict, how long clients waited: for a commit, and for anybody at all. */
#include <stdlib.h>

#include "drill-verdict.h"
#include "util.h"

/**
 * drill_longest_gap() - between two moments of a kind
 * @tl: in order
 * @kind: which
 * @fault: a gap counts that ends later: a hog takes some time to take effect
 * @end: of the drill
 *
 * Return: milliseconds.
 */
long drill_longest_gap(const struct drill_timeline *tl, enum moment_kind kind, double fault,
		       double end)
{
	double last = 0, gap = 0;

	for (size_t i = 0; i < tl->n; i++) {
		const struct moment *m = &tl->moments[i];

		if (m->kind != kind || m->t > end)
			continue;
		if (last && m->t > fault && m->t - last > gap)
			gap = m->t - last;
		last = m->t;
	}
	if (end - last > gap)
		gap = end - last;
	return (long)(gap * 1000 + 0.5);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/**
 * drill_time_commits() - what the configuration costs each commit, while all was well
 * @v: gets it
 * @fault: until then
 * @tl: in order
 */
void drill_time_commits(struct drill_verdict *v, double fault, const struct drill_timeline *tl)
{
	double *took = xcalloc(tl->n + 1, sizeof(*took));
	size_t n = 0;

	for (size_t i = 0; i < tl->n && tl->moments[i].t < fault; i++) {
		const struct moment *m = &tl->moments[i];

		if (m->kind == MOMENT_ACK && m->node == 0 && m->took_ms > 0)
			took[n++] = m->took_ms;
	}
	qsort(took, n, sizeof(*took), by_size);
	v->commits = (long)n;
	if (n) {
		v->commit_ms = took[n / 2];
		v->commit_p99_ms = took[(n - 1) * 99 / 100];
	}
	free(took);
}
