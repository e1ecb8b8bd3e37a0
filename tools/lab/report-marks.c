// SPDX-License-Identifier: GPL-2.0
/*
 * A cell's timeline.jsonl, made small: what is drawn of it. Times are microseconds
 * from the fault's begin, in the boot after a reset from that boot's own start.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "report-model.h"
#include "util.h"

#define MARKS_MAX 150
#define MARK_TEXT_MAX 200
/* So many ticks of a kind are drawn: what lies closer counts, and is not told apart */
#define TICKS_MAX 100
#define TIMES_MAX 1000000
/* Of virtual time in a cell: the HPET's limit, as evidence has it */
#define T_NS_MAX ((double)HPET_TICKS_MAX * HPET_NS_PER_TICK)

/* These come by the hundred */
static const char * const tick_kinds[] = { "keepalive", "reload", "canary" };
/* Where zero is: the first of these that is there, in the boot under test */
static const char * const zero_kinds[] = { "freeze", "fault", "freeze-asked" };
/* Decide nothing, or are the lab's own */
static const char * const dull_kinds[] = { "other", "start", "end" };

struct ticks {
	double *ns;
	size_t n;
	size_t cap;
};

struct marks {
	json_t *lines;		/* of the timeline, those that are drawn */
	struct ticks ticks[ARRAY_SIZE(tick_kinds)];
	double zero_ns[ARRAY_SIZE(zero_kinds)];
	bool has_zero[ARRAY_SIZE(zero_kinds)];
	double entry_ns;	/* when the last CPU stopped, as the module said at the thaw */
	double first_ns;
	bool has_entry;
	bool has_first;
};

static ssize_t find(const char * const *words, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(words[i], word))
			return (ssize_t)i;
	return -1;
}

static void add_tick(struct ticks *ticks, double ns)
{
	if (ticks->n >= TIMES_MAX)
		return;
	if (ticks->n == ticks->cap) {
		ticks->cap = ticks->cap ? 2 * ticks->cap : 256;
		ticks->ns = xrealloc(ticks->ns, ticks->cap * sizeof(*ticks->ns));
	}
	ticks->ns[ticks->n++] = ns;
}

static bool get_ns(json_t *line, const char *name, double *ns)
{
	json_t *value = json_object_get(line, name);

	*ns = json_number_value(value);
	return json_is_number(value) && fabs(*ns) <= T_NS_MAX;
}

/* What decides where zero is */
static void take_origin(struct marks *m, const char *kind, json_t *line, double ns)
{
	ssize_t zero = find(zero_kinds, ARRAY_SIZE(zero_kinds), kind);

	if (!m->has_first) {
		m->has_first = true;
		m->first_ns = ns;
	}
	if (zero >= 0 && !m->has_zero[zero]) {
		m->has_zero[zero] = true;
		m->zero_ns[zero] = ns;
	}
	if (!strcmp(kind, "thaw") && !m->has_entry)
		m->has_entry = get_ns(json_object_get(line, "data"), "entry_ns", &m->entry_ns);
}

static void take_line(struct marks *m, json_t *line)
{
	const char *kind, *source;
	bool timed;
	double ns;
	ssize_t tick;
	int boot;

	if (json_unpack(line, "{s:i s:s s:s}", "boot", &boot, "kind", &kind, "source", &source) ||
	    boot < 1 || boot > 9 || find(dull_kinds, ARRAY_SIZE(dull_kinds), kind) >= 0)
		return;
	timed = get_ns(line, "t_ns", &ns);
	if (timed && boot == 1)
		take_origin(m, kind, line, ns);
	tick = find(tick_kinds, ARRAY_SIZE(tick_kinds), kind);
	if (tick < 0) {
		if (json_array_size(m->lines) < MARKS_MAX)
			json_array_append(m->lines, line);
	} else if (timed && boot == 1) {
		add_tick(&m->ticks[tick], ns);
	}
}

static double zero_of(const struct marks *m)
{
	if (m->has_entry)
		return m->entry_ns;
	for (size_t i = 0; i < ARRAY_SIZE(zero_kinds); i++)
		if (m->has_zero[i])
			return m->zero_ns[i];
	return m->first_ns;
}

static int by_time(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static json_t *us(double ns)
{
	return json_integer((json_int_t)(ns / 1000 + (ns < 0 ? -0.5 : 0.5)));
}

/* [from, to, how many], each no longer than a hundredth of them all */
static json_t *bundle(struct ticks *ticks, double zero)
{
	json_t *bundles = json_array();
	double width, first = 0;
	size_t n = 0;

	if (!ticks->n)
		return bundles;
	qsort(ticks->ns, ticks->n, sizeof(*ticks->ns), by_time);
	width = (ticks->ns[ticks->n - 1] - ticks->ns[0]) / TICKS_MAX;
	for (size_t i = 0; i < ticks->n; i++) {
		if (!n++)
			first = ticks->ns[i];
		if (i + 1 < ticks->n && ticks->ns[i + 1] - first < width)
			continue;
		json_array_append_new(bundles, json_pack("[o, o, I]", us(first - zero),
							 us(ticks->ns[i] - zero), (json_int_t)n));
		n = 0;
	}
	return bundles;
}

/* Cut where a character begins */
static json_t *short_text(const char *text)
{
	size_t len = strlen(text);
	json_t *json;
	char *copy;

	if (len <= MARK_TEXT_MAX)
		return json_text(text);
	for (len = MARK_TEXT_MAX; len && ((unsigned char)text[len] & 0xc0) == 0x80; len--)
		;
	copy = xasprintf("%.*s ...", (int)len, text);
	json = json_text(copy);
	free(copy);
	return json;
}

/* [boot, time or null, kind, source, how sure, text] */
static json_t *mark(json_t *line, double zero)
{
	const char *kind, *source, *text = "", *sure = "";
	double ns;
	int boot;

	json_unpack(line, "{s:i s:s s:s s?s}", "boot", &boot, "kind", &kind, "source", &source,
		    "text", &text);
	if (json_is_true(json_object_get(line, "upper_bound")))
		sure = "<=";
	else if (json_is_true(json_object_get(line, "estimated")))
		sure = "~";
	return json_pack("[i, o, o, o, s, o]", boot, get_ns(line, "t_ns", &ns) ?
			 us(ns - (boot == 1 ? zero : 0)) : json_null(), short_text(kind),
			 short_text(source), sure, short_text(text));
}

static json_t *finish(struct marks *m)
{
	double zero = zero_of(m);
	json_t *list = json_array(), *story, *line;
	size_t i;

	json_array_foreach(m->lines, i, line)
		json_array_append_new(list, mark(line, zero));
	story = json_pack("{s:o}", "marks", list);
	for (i = 0; i < ARRAY_SIZE(tick_kinds); i++) {
		json_object_set_new(story, tick_kinds[i], bundle(&m->ticks[i], zero));
		free(m->ticks[i].ns);
	}
	json_decref(m->lines);
	return story;
}

/**
 * report_marks() - what is drawn of a cell's timeline
 * @in: timeline.jsonl
 * @why: why nothing can be, a sentence
 * @len: size of @why
 *
 * Return: a new object: "marks", and bundles of each kind that comes by the
 * hundred; or NULL.
 */
json_t *report_marks(FILE *in, char *why, size_t len)
{
	struct marks m = { .lines = json_array() };
	size_t cap = 0, number = 0;
	bool broken = false;
	char *text = NULL;
	ssize_t size;
	json_t *story;

	while (!broken && (size = getline(&text, &cap, in)) > 0) {
		json_t *line = json_loadb(text, (size_t)size, JSON_REJECT_DUPLICATES, NULL);

		number++;
		broken = !json_is_object(line);
		if (!broken)
			take_line(&m, line);
		json_decref(line);
	}
	free(text);
	story = finish(&m);
	if (!broken && !ferror(in))
		return story;
	snprintf(why, len, "line %zu of " DERIVED_TIMELINE " can't be read", number);
	json_decref(story);
	return NULL;
}
