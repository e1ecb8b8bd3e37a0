// SPDX-License-Identifier: GPL-2.0
/*
 * Two runs, cell by cell: which verdicts changed, and what moved in time. What the
 * runs differ in as a whole (one is of another kernel) is what is compared, so
 * it does not tell cells apart.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report-model.h"
#include "util.h"

/*
 * Of two runs of the same cell firing differs by up to 0.1 s in warp with two
 * vCPUs (Documentation/time.rst); keepalives have a phase beside that.
 */
#define MOVED_MS 250.0

static const char * const keys[] = {
	"fault", "watchdog", "clock", "machine", "kernel", "msecs", "timeout_ms", "interval_ms",
	"phase_ms", "cpus", "dog_cpu",
};

static const char * const words[] = { "verdict", "effect", "by", "protected" };

static const struct {
	const char *name;
	const char *label;
} times[] = {
	{ "keepalive_to_fire_ms", "fired after the last keepalive" },
	{ "fault_to_fire_ms", "fired after the fault's begin" },
	{ "zombie_ms", "zombie window" },
};

/* The value that all cells of a run have, NULL where they differ */
static json_t *common(const struct report_run *run, const char *key)
{
	json_t *first = run->cells.n ? json_object_get(run->cells.item[0].result, key) : NULL;

	for (size_t i = 1; i < run->cells.n; i++)
		if (!json_equal(json_object_get(run->cells.item[i].result, key), first))
			return NULL;
	return first;
}

static bool is_compared(const struct report_run *a, const struct report_run *b, const char *key)
{
	json_t *x = common(a, key), *y = common(b, key);

	return x && y && !json_equal(x, y);
}

/* What a cell has in common with its counterpart: a text that is equal then */
static char *key_of(const json_t *cell, const bool *left_out)
{
	json_t *list = json_array();
	char *dog = report_watchdog(cell), *text;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		json_t *value = json_object_get(cell, keys[i]);

		if (left_out[i] || !value || json_is_null(value))
			json_array_append_new(list, json_null());
		else if (!strcmp(keys[i], "watchdog"))
			json_array_append_new(list, json_string(dog));
		else
			json_array_append(list, value);
	}
	text = json_dumps(list, JSON_COMPACT);
	json_decref(list);
	free(dog);
	return text;
}

static json_t *changed_words(const json_t *a, const json_t *b)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const char *x = report_text(a, "observed", words[i]);
		const char *y = report_text(b, "observed", words[i]);

		if (strcmp(x, y))
			json_array_append_new(list, json_pack("{s:s s:s s:s}", "what", words[i],
							      "from", x, "to", y));
	}
	return list;
}

static json_t *moved_times(const json_t *a, const json_t *b)
{
	json_t *list = json_array();
	double x, y;

	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		if (!report_number(a, "observed", times[i].name, &x) ||
		    !report_number(b, "observed", times[i].name, &y) || fabs(y - x) < MOVED_MS)
			continue;
		json_array_append_new(list, json_pack("{s:s s:f s:f}", "what", times[i].label,
						      "from_ms", x, "to_ms", y));
	}
	return list;
}

static void compare_pair(json_t *changes, const struct report_run *a, size_t i,
			 const struct report_run *b, size_t k)
{
	json_t *list = changed_words(a->cells.item[i].result, b->cells.item[k].result);
	json_t *moved = moved_times(a->cells.item[i].result, b->cells.item[k].result);
	bool changed = json_array_size(list);
	json_t *pair = json_pack("{s:I s:I s:o s:o}", "a", (json_int_t)i, "b", (json_int_t)k,
				 "changed", list, "moved", moved);

	json_array_append(json_object_get(changes, "pairs"), pair);
	if (changed)
		json_array_append(json_object_get(changes, "changed"), pair);
	else if (json_array_size(moved))
		json_array_append(json_object_get(changes, "moved"), pair);
	json_decref(pair);
}

static void note_differences(json_t *changes, const struct report_run *a,
			     const struct report_run *b, bool *left_out)
{
	json_t *about = json_object_get(changes, "about");

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		left_out[i] = is_compared(a, b, keys[i]);
		if (left_out[i])
			json_array_append_new(about, json_pack("{s:s s:O s:O}", "what", keys[i],
							       "from", common(a, keys[i]), "to",
							       common(b, keys[i])));
	}
	for (size_t i = 0; a->about && b->about && i < 3; i++) {
		const char *what = ((const char *const[]){ "qemu", "accel", "time" })[i];
		json_t *x = json_object_get(a->about, what), *y = json_object_get(b->about, what);

		if (x && y && !json_equal(x, y))
			json_array_append_new(about, json_pack("{s:s s:O s:O}", "what", what,
							       "from", x, "to", y));
	}
}

static char **all_keys(const struct report_run *run, const bool *left_out)
{
	char **list = xcalloc(run->cells.n + 1, sizeof(*list));

	for (size_t i = 0; i < run->cells.n; i++)
		list[i] = key_of(run->cells.item[i].result, left_out);
	return list;
}

static void free_keys(char **list)
{
	for (char **p = list; *p; p++)
		free(*p);
	free(list);
}

/* Repeated cells are compared in their order: each once */
static void match(json_t *changes, const struct report_run *a, const struct report_run *b,
		  char **of_a, char **of_b)
{
	bool *taken = xcalloc(b->cells.n + 1, sizeof(*taken));
	size_t k;

	for (size_t i = 0; i < a->cells.n; i++) {
		for (k = 0; k < b->cells.n && (taken[k] || strcmp(of_a[i], of_b[k])); k++)
			;
		if (k == b->cells.n) {
			json_array_append_new(json_object_get(changes, "only_a"),
					      json_integer((json_int_t)i));
			continue;
		}
		taken[k] = true;
		compare_pair(changes, a, i, b, k);
	}
	for (k = 0; k < b->cells.n; k++)
		if (!taken[k])
			json_array_append_new(json_object_get(changes, "only_b"),
					      json_integer((json_int_t)k));
	free(taken);
}

/**
 * report_compare() - what is different in the second of two runs
 * @a: the first
 * @b: the second
 *
 * Return: a new object: "about", what the runs differ in as a whole; "pairs" of
 * cells, and of these "changed" and "moved"; cells that are in one run only.
 */
json_t *report_compare(const struct report_run *a, const struct report_run *b)
{
	json_t *changes = json_pack("{s:[] s:[] s:[] s:[] s:[] s:[] s:f}", "about", "pairs",
				    "changed", "moved", "only_a", "only_b", "moved_ms", MOVED_MS);
	bool left_out[ARRAY_SIZE(keys)];
	char **of_a, **of_b;

	note_differences(changes, a, b, left_out);
	of_a = all_keys(a, left_out);
	of_b = all_keys(b, left_out);
	match(changes, a, b, of_a, of_b);
	free_keys(of_a);
	free_keys(of_b);
	return changes;
}
