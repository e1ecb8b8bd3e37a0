// SPDX-License-Identifier: GPL-2.0
/* A record of drills as a table: for a terminal, and for Documentation/drill-table.rst. */
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "drill-record.h"
#include "util.h"

static size_t width_of(const struct drill_record *record, enum drill_column column)
{
	size_t width = strlen(drill_columns[column]), i;
	char text[DRILL_CELL];
	json_t *row;

	json_array_foreach(record->rows, i, row) {
		drill_row_cell(record, row, column, text, sizeof(text));
		width = strlen(text) > width ? strlen(text) : width;
	}
	return width;
}

/**
 * drill_record_print() - for people
 * @record: named
 * @out: to this stream
 */
void drill_record_print(const struct drill_record *record, FILE *out)
{
	size_t widths[DRILL_COLUMNS], i;
	char text[DRILL_CELL], *safe;
	json_t *row;

	for (int c = 0; c < DRILL_COLUMNS; c++) {
		widths[c] = width_of(record, c);
		fprintf(out, c ? "  %-*s" : "%-*s", c + 1 < DRILL_COLUMNS ? (int)widths[c] : 0,
			drill_columns[c]);
	}
	fputc('\n', out);
	json_array_foreach(record->rows, i, row) {
		for (int c = 0; c < DRILL_COLUMNS; c++) {
			drill_row_cell(record, row, c, text, sizeof(text));
			safe = text_escape(text);
			fprintf(out, c ? "  %-*s" : "%-*s",
				c + 1 < DRILL_COLUMNS ? (int)widths[c] : 0, safe);
			free(safe);
		}
		fputc('\n', out);
	}
}

/* One line; what means something to reStructuredText means nothing */
static void put_rst(const char *text, FILE *out)
{
	char *safe = text_escape(text);

	for (const char *c = safe; *c; c++) {
		if (strchr("\\*`_|<>:", *c) || (c == safe && strchr("-+#.=", *c)))
			fputc('\\', out);
		fputc(*c, out);
	}
	free(safe);
}

static void put_runs(const struct drill_record *record, FILE *out)
{
	size_t last = 0, i;
	json_t *row;

	json_array_foreach(record->rows, i, row) {
		const char *date = drill_row_text(row, "date");
		const char *versions = drill_row_text(row, "versions");
		size_t run = drill_record_run(record, row);

		if (run <= last)
			continue;
		last = run;
		fprintf(out, ":Run %zu: ", run);
		put_rst(date ? date : "of an unknown day", out);
		if (versions)
			fputs(", ", out);
		put_rst(versions ? versions : "", out);
		fputc('\n', out);
	}
}

static void put_sum(const struct drill_record *record, FILE *out)
{
	size_t surprises = 0, i;
	double wall = 0;
	json_t *row;

	json_array_foreach(record->rows, i, row) {
		surprises += !json_is_true(json_object_get(row, "as_expected"));
		wall += json_number_value(json_object_get(row, "wall_s"));
	}
	fprintf(out, ":Drills: %zu, of which %zu came out otherwise than expected; %.0f minutes\n\n",
		json_array_size(record->rows), surprises, wall / 60);
}

static void put_row(const struct drill_record *record, json_t *row, FILE *out)
{
	char text[DRILL_CELL];

	drill_row_cell(record, row, COLUMN_ID, text, sizeof(text));
	fprintf(out, "   * - .. _%s:\n\n       %s\n", text, text);
	for (int c = COLUMN_ID + 1; c < DRILL_COLUMNS; c++) {
		drill_row_cell(record, row, c, text, sizeof(text));
		fputs("     - ", out);
		put_rst(text, out);
		fputc('\n', out);
	}
}

/**
 * drill_record_rst() - what Documentation/configuration.rst includes
 * @record: named
 * @out: to this stream
 */
void drill_record_rst(const struct drill_record *record, FILE *out)
{
	json_t *row;
	size_t i;

	/* As one string it would be taken for the licence of this file */
	fprintf(out, ".. %s: GPL-2.0\n", "SPDX-License-Identifier");
	fputs(".. Made by make drill-table of configuration.json: what is wanted here goes to drill-record-print.c\n\n",
	      out);
	put_runs(record, out);
	put_sum(record, out);
	fputs(".. list-table::\n   :header-rows: 1\n\n", out);
	for (int c = 0; c < DRILL_COLUMNS; c++)
		fprintf(out, "   %s - %s\n", c ? " " : "*", drill_columns[c]);
	json_array_foreach(record->rows, i, row) {
		put_row(record, row, out);
	}
}
