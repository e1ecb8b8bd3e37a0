// SPDX-License-Identifier: GPL-2.0
/*
 * Drills of many runs, merged: drills.json of a matrix, --json of a drill, or an earlier
 * record. What is said of configurations rests on rows of it, by their names: a row that has
 * one keeps it. A drill's words are taken from the results, not from our tables: a record may
 * have drills that this program can't play.
 */
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "drill-record.h"
#include "util.h"

/* Those that are no result of the drill itself */
static const char * const stamps[] = { "id", "date", "versions" };

/**
 * drill_record_init() - nothing yet
 * @record: filled in
 */
void drill_record_init(struct drill_record *record)
{
	*record = (struct drill_record) { .rows = json_array() };
}

/**
 * drill_record_free() - give it back
 * @record: initialized
 */
void drill_record_free(struct drill_record *record)
{
	json_decref(record->rows);
	record->rows = NULL;
}

/**
 * drill_row_text() - a string of a row
 * @row: one
 * @key: of it, or of what was observed
 *
 * Return: the row's, NULL where there is no string.
 */
const char *drill_row_text(json_t *row, const char *key)
{
	json_t *value = json_object_get(row, key);

	if (!value)
		value = json_object_get(json_object_get(row, "observed"), key);
	return json_string_value(value);
}

static bool is_result(json_t *row)
{
	const char *drill, *fault, *expected, *observed;
	int met;

	return !json_unpack(row, "{s:s s:s s:{s:s} s:{s:s} s:b}", "drill", &drill, "fault", &fault,
			    "expected", "verdict", &expected, "observed", "verdict", &observed,
			    "as_expected", &met);
}

static json_t *unstamped(json_t *row)
{
	json_t *copy = json_copy(row);

	for (size_t i = 0; i < ARRAY_SIZE(stamps); i++)
		json_object_del(copy, stamps[i]);
	return copy;
}

static bool is_there(const struct drill_record *record, json_t *row)
{
	json_t *bare = unstamped(row), *one;
	bool there = false;
	size_t i;

	json_array_foreach(record->rows, i, one) {
		json_t *other = unstamped(one);

		there |= json_equal(bare, other);
		json_decref(other);
	}
	json_decref(bare);
	return there;
}

/**
 * drill_record_add() - results of one more run
 * @record: gets those that it does not have
 * @results: an array, or one result; stays the caller's
 * @name: where they are from, for messages
 *
 * Return: 0, or -1 where they are none: @why says why.
 */
int drill_record_add(struct drill_record *record, json_t *results, const char *name)
{
	json_t *list = json_is_object(results) ? json_pack("[O]", results) : json_incref(results);
	json_t *row;
	size_t i;
	int ret = 0;

	if (!json_is_array(list)) {
		snprintf(record->why, sizeof(record->why), "%.200s: no results of drills", name);
		ret = -1;
	}
	json_array_foreach(list, i, row) {
		if (!is_result(row)) {
			snprintf(record->why, sizeof(record->why),
				 "%.200s: row %zu is no result of a drill", name, i + 1);
			ret = -1;
			break;
		}
		if (!strcmp(drill_row_text(json_object_get(row, "observed"), "verdict"), "ERROR"))
			record->left_out++;
		else if (!is_there(record, row))
			json_array_append_new(record->rows, json_copy(row));
	}
	json_decref(list);
	return ret;
}

/* 0 for no name of a drill */
static unsigned int number_of(const char *id)
{
	unsigned int n = 0;

	if (!id || *id++ != 'D' || !*id || strlen(id) > 4)
		return 0;
	for (; *id; id++) {
		if (*id < '0' || *id > '9')
			return 0;
		n = n * 10 + (unsigned int)(*id - '0');
	}
	return n;
}

static bool is_taken(const struct drill_record *record, size_t rows, unsigned int number)
{
	for (size_t i = 0; i < rows; i++)
		if (number_of(drill_row_text(json_array_get(record->rows, i), "id")) == number)
			return true;
	return false;
}

/**
 * drill_record_name() - each drill gets a name that it lacks
 * @record: complete
 *
 * Return: 0; -1 where a name is none, or that of two: @why says which.
 */
int drill_record_name(struct drill_record *record)
{
	unsigned int last = 0;
	char id[DRILL_ID_LEN];
	json_t *row;
	size_t i;

	json_array_foreach(record->rows, i, row) {
		json_t *given = json_object_get(row, "id");
		unsigned int number = number_of(json_string_value(given));

		if (given && (!number || is_taken(record, i, number))) {
			snprintf(record->why, sizeof(record->why), "%.20s is the name of %s",
				 json_string_value(given) ? json_string_value(given) : "row",
				 number ? "two drills" : "no drill: D01 is one");
			return -1;
		}
		last = number > last ? number : last;
	}
	json_array_foreach(record->rows, i, row) {
		if (json_object_get(row, "id"))
			continue;
		if (last++ >= DRILL_ID_MAX) {
			snprintf(record->why, sizeof(record->why), "too many drills");
			return -1;
		}
		snprintf(id, sizeof(id), "D%02u", last);
		json_object_set_new(row, "id", json_string(id));
	}
	return 0;
}

/**
 * drill_record_stamp() - when and with what those were played that don't say it
 * @record: any
 * @date: YYYY-MM-DD
 * @versions: of what was drilled, NULL not known
 */
void drill_record_stamp(struct drill_record *record, const char *date, const char *versions)
{
	json_t *row;
	size_t i;

	json_array_foreach(record->rows, i, row) {
		if (json_object_get(row, "date"))
			continue;
		json_object_set_new(row, "date", json_text(date));
		if (versions && !json_object_get(row, "versions"))
			json_object_set_new(row, "versions", json_text(versions));
	}
}

static bool is_same_text(json_t *a, json_t *b, const char *key)
{
	const char *x = drill_row_text(a, key), *y = drill_row_text(b, key);

	return !strcmp(x ? x : "", y ? y : "");
}

/**
 * drill_record_run() - which run is a row of?
 * @record: has it
 * @row: of it
 *
 * Return: 1 for the first of another date or other versions, and so on.
 */
size_t drill_record_run(const struct drill_record *record, json_t *row)
{
	size_t run = 0, i, k;
	json_t *one;

	json_array_foreach(record->rows, i, one) {
		for (k = 0; k < i; k++) {
			json_t *before = json_array_get(record->rows, k);

			if (is_same_text(before, one, "date") &&
			    is_same_text(before, one, "versions"))
				break;
		}
		run += k == i;
		if (is_same_text(one, row, "date") && is_same_text(one, row, "versions"))
			return run;
	}
	return 0;
}
