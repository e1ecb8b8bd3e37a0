// SPDX-License-Identifier: GPL-2.0
/*
 * A record of runs: of each cell what was asked and what was seen, and of each run
 * by what it was made. Pages and advice are made of it, long after the evidence is
 * gone; so nothing in it is believed that contradicts itself.
 */
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "protection.h"
#include "util.h"

#define RECORD_VERSION 1

/* What is kept of the "observed" of a result */
static const char * const kept[] = {
	"verdict", "effect", "protected", "by", "keepalive_to_fire_ms", "zombie_ms",
	"zombie_writes",
};

static json_t *keep_observed(json_t *observed)
{
	json_t *json = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		json_object_set(json, kept[i], json_object_get(observed, kept[i]));
	return json;
}

/* In a run that was interrupted such a cell was not run, or not to its end */
static bool is_error(json_t *observed)
{
	const char *verdict = json_string_value(json_object_get(observed, "verdict"));

	return verdict && !strcmp(verdict, verdict_when_name(VERDICT_ERROR));
}

/* Cells that could not be run here tell nothing of a watchdog */
static void keep_cell(json_t *cells, json_t *from, const char *time, const char *qemu)
{
	static const char * const asked[] = {
		"id", "fault", "watchdog", "clock", "machine", "kernel", "action", "msecs",
		"timeout_ms", "interval_ms", "periods", "settle_ms", "cpus", "phase_ms", "dog_cpu",
		"as_expected",
	};
	json_t *observed = json_object_get(from, "observed");
	json_t *cell;

	if (!json_is_object(observed))
		return;
	cell = json_object();
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++)
		json_object_set(cell, asked[i], json_object_get(from, asked[i]));
	json_object_set_new(cell, "observed", keep_observed(observed));
	json_object_set_new(cell, "time", time ? json_string(time) : NULL);
	json_object_set_new(cell, "qemu", qemu ? json_string(qemu) : NULL);
	json_array_append_new(cells, cell);
}

static bool is_record(json_t *json)
{
	return json_is_string(json_object_get(json, "date")) &&
	       json_integer_value(json_object_get(json, "version")) == RECORD_VERSION;
}

/* Of a run it is said once, in a record by each of its cells */
static const char *said_of(json_t *run, json_t *cell, const char *key)
{
	return json_string_value(json_object_get(is_record(run) ? cell : run, key));
}

static bool is_run(json_t *json)
{
	return said_of(json, NULL, "time") && said_of(json, NULL, "qemu");
}

static int keep_run(json_t *cells, const char *path, char *why, size_t len)
{
	json_error_t error;
	json_t *run = json_load_file(path, 0, &error), *cell, *list;
	size_t i;

	list = json_object_get(run, "cells");
	if ((!is_record(run) && !is_run(run)) || !json_is_array(list)) {
		snprintf(why, len, "%s: %s", path, run ? "no results of a run" : error.text);
		json_decref(run);
		return -1;
	}
	json_array_foreach(list, i, cell) {
		if (!json_is_true(json_object_get(run, "interrupted")) ||
		    !is_error(json_object_get(cell, "observed")))
			keep_cell(cells, cell, said_of(run, cell, "time"),
				  said_of(run, cell, "qemu"));
	}
	json_decref(run);
	return 0;
}

/**
 * record_make() - of the results of runs
 * @paths: their run.json, or records to which the others are added
 * @n: how many
 * @date: of the runs
 * @why: on error what is wrong, a sentence
 * @len: size of @why
 *
 * Return: a new object, or NULL.
 */
json_t *record_make(char * const *paths, size_t n, const char *date, char *why, size_t len)
{
	json_t *cells = json_array();

	for (size_t i = 0; i < n; i++) {
		if (!keep_run(cells, paths[i], why, len))
			continue;
		json_decref(cells);
		return NULL;
	}
	return json_pack("{s:i s:s s:o}", "version", RECORD_VERSION, "date", date, "cells", cells);
}

static int index_of(const char *word, const char *(*name)(int), int n)
{
	for (int i = 0; word && i < n; i++)
		if (!strcmp(word, name(i)))
			return i;
	return -1;
}

static const char *when_name(int i)
{
	return verdict_when_name(i);
}

static const char *effect_name(int i)
{
	return verdict_effect_name(i);
}

static const char *protected_name(int i)
{
	return verdict_protected_name(i);
}

static int64_t ns_of(json_t *json)
{
	return json_is_number(json) ? (int64_t)(json_number_value(json) * NSEC_PER_MSEC) : -1;
}

static int read_observed(struct verdict *v, json_t *json)
{
	const char *by = json_string_value(json_object_get(json, "by"));
	int when = index_of(json_string_value(json_object_get(json, "verdict")), when_name,
			    VERDICT_NR);
	int effect = index_of(json_string_value(json_object_get(json, "effect")), effect_name,
			      EFFECT_NR);
	int protected = index_of(json_string_value(json_object_get(json, "protected")),
				 protected_name, PROTECTED_NR);

	if (when < 0 || effect < 0 || protected < 0 || !by)
		return -1;
	verdict_preset(v, "");
	v->when = when;
	v->effect = effect;
	v->protected = protected;
	snprintf(v->by, sizeof(v->by), "%s", by);
	v->keepalive_to_fire_ns = ns_of(json_object_get(json, "keepalive_to_fire_ms"));
	v->zombie_ns = ns_of(json_object_get(json, "zombie_ms"));
	v->zombie_writes = json_integer_value(json_object_get(json, "zombie_writes"));
	return 0;
}

/*
 * Of whom did not fire nothing can have come of it, and so on. Where the kernel has
 * panicked nothing runs any more, whatever came of the firing.
 */
static bool contradicts_itself(const struct verdict *v, const struct cell *cell)
{
	bool silent = v->when == VERDICT_NEVER || v->when == VERDICT_UNARMED;

	if (silent)
		return v->effect != EFFECT_NONE || *v->by;
	if (v->when == VERDICT_ERROR)
		return v->protected != PROTECTED_NA;
	if (v->protected != PROTECTED_YES)
		return false;
	return v->when != VERDICT_IN_FAULT ||
	       (v->effect == EFFECT_NONE && !cell->fault->fatal);
}

static const struct result *other_with_id(const struct run *run, const struct result *result)
{
	for (const struct result *other = run->results; other < result; other++)
		if (!strcmp(other->cell.id, result->cell.id))
			return other;
	return NULL;
}

static int wrong(struct record *record, json_t *cell, const char *why)
{
	const char *id = json_string_value(json_object_get(cell, "id"));

	snprintf(record->why, sizeof(record->why), "cell %s: %s", id ? id : "without a name", why);
	return -1;
}

static int read_cell(struct record *record, struct result *result, json_t *cell)
{
	const struct result *other;
	const char *why;

	if (cell_from_json(&result->cell, cell, &why))
		return wrong(record, cell, why);
	if (read_observed(&result->seen, json_object_get(cell, "observed")))
		return wrong(record, cell, "what was observed can't be read");
	if (!json_is_string(json_object_get(cell, "time")) ||
	    !json_is_string(json_object_get(cell, "qemu")))
		return wrong(record, cell, "it does not say how it was run");
	if (contradicts_itself(&result->seen, &result->cell))
		return wrong(record, cell, "it contradicts itself");
	result->met = json_is_true(json_object_get(cell, "as_expected"));
	other = other_with_id(&record->run, result);
	if (other && mark_of(other) != mark_of(result) &&
	    !strcmp(record_time(record, other), record_time(record, result)))
		return wrong(record, cell, "it is there twice, and they contradict each other");
	return 0;
}

/**
 * record_read() - a record that was made by record_make()
 * @record: filled in, to be given back by record_free() in any case
 * @json: untrusted; taken over
 *
 * Return: 0; -1 with @record->why.
 */
int record_read(struct record *record, json_t *json)
{
	json_t *cells = json_object_get(json, "cells"), *cell;
	size_t i;

	memset(record, 0, sizeof(*record));
	record->json = json;
	if (json_integer_value(json_object_get(json, "version")) != RECORD_VERSION ||
	    !json_is_string(json_object_get(json, "date")) || !json_array_size(cells)) {
		snprintf(record->why, sizeof(record->why), "it is no record of cells");
		return -1;
	}
	record->run.n = json_array_size(cells);
	record->run.results = xcalloc(record->run.n, sizeof(*record->run.results));
	json_array_foreach(cells, i, cell) {
		if (read_cell(record, &record->run.results[i], cell))
			return -1;
	}
	return 0;
}

/**
 * record_time() - how time ran in a cell
 * @record: read
 * @result: of it
 *
 * Return: "warp" or "real".
 */
const char *record_time(const struct record *record, const struct result *result)
{
	json_t *cells = json_object_get(record->json, "cells");
	json_t *cell = json_array_get(cells, result - record->run.results);

	return json_string_value(json_object_get(cell, "time"));
}

/**
 * record_free() - give back what record_read() took
 * @record: not to be used again
 */
void record_free(struct record *record)
{
	free(record->run.results);
	json_decref(record->json);
	memset(record, 0, sizeof(*record));
}
