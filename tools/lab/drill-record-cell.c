// SPDX-License-Identifier: GPL-2.0
/* What a row of a record says, a column at a time. */
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "drill-record.h"
#include "util.h"

const char * const drill_columns[DRILL_COLUMNS] = {
	[COLUMN_ID] = "DRILL",
	[COLUMN_SETTINGS] = "CONFIGURATION",
	[COLUMN_FAULT] = "FAULT",
	[COLUMN_EXPECTED] = "EXPECTED",
	[COLUMN_SEEN] = "SEEN",
	[COLUMN_LOST] = "LOST",
	[COLUMN_FIRED] = "FIRED BY",
	[COLUMN_FENCED] = "FENCED",
	[COLUMN_LEADER] = "LEADER",
	[COLUMN_OUTAGE] = "OUTAGE",
	[COLUMN_BOTH] = "BOTH",
	[COLUMN_OLD] = "OLD LEADER",
	[COLUMN_RUN] = "RUN",
	[COLUMN_WALL] = "WALL",
};

/* Keys that say nothing of the configuration */
static const char * const others[] = {
	"drill", "fault", "expected", "observed", "as_expected", "wall_s", "group", "folder",
	"id", "date", "versions",
};

/*
 * What a setting is where nobody chose it, as JSON; and those whose value says enough. What
 * is not here was not there when this was written: none, off, false, null, 0 and "" are then
 * taken for its default.
 */
static const struct {
	const char *key;
	const char *usual;
	bool bare;
} settings[] = {
	{ "watchdog", "\"none\"", true }, { "mode", "\"off\"", true },
	{ "sync", "\"off\"", false }, { "unit", "\"talk\"", false },
	{ "fence", "\"none\"", false }, { "pg_rewind", "true", false },
	{ "check_timeline", "false", false }, { "release", "\"bookworm\"", true },
	{ "clock", "\"tsc\"", false }, { "freeze_ms", "60000", false },
	{ "ttl_s", "30", false }, { "loop_wait_s", "10", false },
	{ "retry_timeout_s", "10", false }, { "cpus", "1", false },
	{ "keeper", "\"none\"", false }, { "alone", "false", false },
	{ "manager", "\"patroni\"", true },
};

static bool is_other(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (!strcmp(others[i], key))
			return true;
	return false;
}

static bool is_nothing(json_t *value)
{
	const char *text = json_string_value(value);

	if (text)
		return !*text || !strcmp(text, "none") || !strcmp(text, "off");
	return json_is_null(value) || json_is_false(value) ||
	       (json_is_number(value) && json_number_value(value) == 0);
}

static bool is_usual(const char *key, json_t *value, bool *bare)
{
	*bare = false;
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		json_t *usual;
		bool same;

		if (strcmp(settings[i].key, key))
			continue;
		*bare = settings[i].bare;
		usual = json_loads(settings[i].usual, JSON_DECODE_ANY, NULL);
		same = json_equal(value, usual);
		json_decref(usual);
		return same;
	}
	return is_nothing(value);
}

static void put_setting(const char *key, json_t *value, bool bare, FILE *out)
{
	char *dump;

	if (json_is_string(value)) {
		fprintf(out, bare ? "%.0s%s" : "%s %s", key, json_string_value(value));
		return;
	}
	if (json_is_boolean(value)) {
		fprintf(out, "%s%s", json_is_true(value) ? "" : "no ", key);
		return;
	}
	dump = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
	fprintf(out, "%s %s", key, dump ? dump : "?");
	free(dump);
}

/* "i6300esb required, sync on": all that is not as usual */
static void cell_settings(json_t *row, FILE *out)
{
	const char *key, *last = NULL;
	bool bare;
	json_t *value;

	json_object_foreach(row, key, value) {
		if (is_other(key) || json_is_object(value) || json_is_array(value) ||
		    is_usual(key, value, &bare))
			continue;
		/* A watchdog and its mode are one thing */
		if (last)
			fputs(!strcmp(last, "watchdog") && !strcmp(key, "mode") ? " " : ", ", out);
		put_setting(key, value, bare, out);
		last = key;
	}
	if (!last)
		fputs("nothing", out);
}

static void cell_expected(json_t *row, FILE *out)
{
	json_t *expected = json_object_get(row, "expected"), *one;
	size_t i;

	fputs(json_string_value(json_object_get(expected, "verdict")), out);
	json_array_foreach(json_object_get(expected, "or"), i, one) {
		if (json_is_string(one))
			fprintf(out, " or %s", json_string_value(one));
	}
}

static void cell_seen(json_t *row, FILE *out)
{
	fprintf(out, "%s%s", json_is_true(json_object_get(row, "as_expected")) ? "" : "! ",
		json_string_value(json_object_get(json_object_get(row, "observed"), "verdict")));
}

static void cell_lost(json_t *row, FILE *out)
{
	json_t *lost = json_object_get(json_object_get(row, "observed"), "lost_rows");
	json_t *acked = json_object_get(json_object_get(row, "observed"), "acked_rows");
	json_t *back = json_object_get(json_object_get(row, "observed"), "salvaged_rows");

	if (json_is_integer(lost) && json_is_integer(acked))
		fprintf(out, "%lld of %lld", (long long)json_integer_value(lost),
			(long long)json_integer_value(acked));
	else
		fputc('-', out);
	if (json_is_integer(back))
		fprintf(out, ", %lld back", (long long)json_integer_value(back));
}

static void cell_seconds(json_t *row, const char *key, FILE *out)
{
	json_t *ms = json_object_get(json_object_get(row, "observed"), key);

	if (json_is_number(ms))
		fprintf(out, "%.1f s", json_number_value(ms) / 1000);
	else
		fputc('-', out);
}

static void cell_text(json_t *row, const char *key, FILE *out)
{
	const char *text = drill_row_text(row, key);

	fputs(text && *text ? text : "-", out);
}

static void put_cell(const struct drill_record *record, json_t *row, enum drill_column column,
		     FILE *out)
{
	static const char * const times[DRILL_COLUMNS] = {
		[COLUMN_FENCED] = "fenced_after_ms", [COLUMN_LEADER] = "new_leader_after_ms",
		[COLUMN_OUTAGE] = "outage_ms", [COLUMN_BOTH] = "two_leaders_ms",
	};
	static const char * const texts[DRILL_COLUMNS] = {
		[COLUMN_ID] = "id", [COLUMN_FAULT] = "fault", [COLUMN_FIRED] = "fired_by",
		[COLUMN_OLD] = "old_leader",
	};
	static void (* const cells[DRILL_COLUMNS])(json_t *row, FILE *out) = {
		[COLUMN_SETTINGS] = cell_settings, [COLUMN_EXPECTED] = cell_expected,
		[COLUMN_SEEN] = cell_seen, [COLUMN_LOST] = cell_lost,
	};

	if (times[column])
		cell_seconds(row, times[column], out);
	else if (texts[column])
		cell_text(row, texts[column], out);
	else if (cells[column])
		cells[column](row, out);
	else if (column == COLUMN_RUN)
		fprintf(out, "%zu", drill_record_run(record, row));
	else
		fprintf(out, "%.0f s", json_number_value(json_object_get(row, "wall_s")));
}

/**
 * drill_row_cell() - what a row says in a column
 * @record: has the row
 * @row: of it
 * @column: which
 * @text: set; what does not fit is cut off
 * @len: room in @text
 */
void drill_row_cell(const struct drill_record *record, json_t *row, enum drill_column column,
		    char *text, size_t len)
{
	char *whole = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&whole, &size);

	if (!out)
		abort();
	put_cell(record, row, column, out);
	fclose(out);
	snprintf(text, len, "%s", whole);
	free(whole);
}
