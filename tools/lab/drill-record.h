/* SPDX-License-Identifier: GPL-2.0 */
/* Results of drills of many runs in one table, each with a name that stays. */
#ifndef PUG_DRILL_RECORD_H
#define PUG_DRILL_RECORD_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

/* D01 */
#define DRILL_ID_MAX 9999
#define DRILL_ID_LEN 8
#define DRILL_CELL 160

/* What is told of a drill */
enum drill_column {
	COLUMN_ID, COLUMN_SETTINGS, COLUMN_FAULT, COLUMN_EXPECTED, COLUMN_SEEN, COLUMN_LOST,
	COLUMN_FIRED, COLUMN_FENCED, COLUMN_LEADER, COLUMN_OUTAGE, COLUMN_BOTH, COLUMN_OLD,
	COLUMN_RUN, COLUMN_WALL, DRILL_COLUMNS
};

extern const char * const drill_columns[DRILL_COLUMNS];

/**
 * struct drill_record - drills of many runs
 * @rows: results as "pug drill" writes them, each with its "id"
 * @left_out: that could not be judged, and show nothing
 * @why: what is wrong
 */
struct drill_record {
	json_t *rows;
	size_t left_out;
	char why[400];
};

void drill_record_init(struct drill_record *record);
int drill_record_add(struct drill_record *record, json_t *results, const char *name);
int drill_record_name(struct drill_record *record);
void drill_record_stamp(struct drill_record *record, const char *date, const char *versions);
void drill_record_free(struct drill_record *record);

void drill_row_cell(const struct drill_record *record, json_t *row, enum drill_column column,
		    char *text, size_t len);
size_t drill_record_run(const struct drill_record *record, json_t *row);
const char *drill_row_text(json_t *row, const char *key);
void drill_record_print(const struct drill_record *record, FILE *out);
void drill_record_rst(const struct drill_record *record, FILE *out);

int cmd_drill_table(int argc, char **argv);

#endif
