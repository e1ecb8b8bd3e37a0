// SPDX-License-Identifier: GPL-2.0
/* The page that is made of a record: Documentation/protection-table.rst. */
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "protection.h"

#define LIST_MAX 1024

/* Each value of a field once, in the order in which it comes */
static void list_values(const struct record *record, const char *key, char *text, size_t len)
{
	json_t *cells = json_object_get(record->json, "cells"), *cell;
	size_t i;

	text[0] = '\0';
	json_array_foreach(cells, i, cell) {
		const char *value = json_string_value(json_object_get(cell, key));
		size_t used = strlen(text);
		char *found = value ? strstr(text, value) : NULL;

		/* "debian-6.1" is in "debian-6.12" */
		while (found && found[strlen(value)] && found[strlen(value)] != ',')
			found = strstr(found + 1, value);
		if (value && !found)
			snprintf(text + used, len - used, "%s%s", used ? ", " : "", value);
	}
}

static void put_title(FILE *out)
{
	/* As one string it would be taken for the licence of this file */
	fprintf(out, ".. %s: GPL-2.0\n", "SPDX-License-Identifier");
	fputs(".. Made by make protection-table: what is wanted here goes to protection-rst.c\n\n"
	      "====================\n"
	      "The protection table\n"
	      "====================\n\n"
	      "Does mine protect me, and from what? Each mark is a cell that was run (:doc:`matrix`),\n"
	      "or the worst of several: of other clocks, kernels and lengths. What a fault is says\n"
	      ":doc:`faults`; ``pug advise`` says the same in sentences, of one set-up\n"
	      "(:doc:`man/pug-advise.1`).\n\n", out);
}

static void put_origin(const struct record *record, FILE *out)
{
	static const struct {
		const char *key;
		const char *what;
	} rows[] = {
		{ "kernel", "Kernels" }, { "qemu", "QEMU" }, { "clock", "Clocks" },
		{ "machine", "Machines" }, { "time", "Time" },
	};
	char text[LIST_MAX];

	fprintf(out, ":Run: %s, %zu cells\n",
		json_string_value(json_object_get(record->json, "date")), record->run.n);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		list_values(record, rows[i].key, text, sizeof(text));
		fprintf(out, ":%s: %s\n", rows[i].what, text);
	}
}

/* Indented, without its title and what stands behind a line */
static void put_table(const struct run *run, FILE *out)
{
	size_t len = 0;
	char *text = NULL, *rest, *line;
	bool begun = false;
	FILE *table = open_memstream(&text, &len);

	if (!table)
		return;
	protection_table(run, table);
	fclose(table);
	rest = text;
	while ((line = strsep(&rest, "\n")) && rest) {
		size_t end = strlen(line);

		while (end && line[end - 1] == ' ')
			end--;
		begun = begun || *line == ' ';
		if (begun)
			fprintf(out, "%s%.*s\n", end ? "  " : "", (int)end, line);
	}
	free(text);
}

static void put_clock(const struct record *record, FILE *out, const struct clocksource *clock)
{
	struct run part = { 0 };
	struct result *results = calloc(record->run.n, sizeof(*results));

	if (!results)
		return;
	part.results = results;
	for (size_t i = 0; i < record->run.n; i++)
		if (record->run.results[i].cell.clock == clock)
			results[part.n++] = record->run.results[i];
	if (part.n) {
		fprintf(out, "\nWith the clock %s\n%.*s\n\n%s\n\n::\n\n", clock->name,
			(int)strlen(clock->name) + 15, "------------------------------------",
			".. check: skip: preset: of a record of runs; protection.sh makes it anew");
		put_table(&part, out);
	}
	free(results);
}

static void put_surprises(const struct record *record, FILE *out)
{
	size_t n = 0;

	fputs("\nNot as the sources had it\n-------------------------\n\n", out);
	for (size_t i = 0; i < record->run.n; i++) {
		const struct result *r = &record->run.results[i];

		if (r->met)
			continue;
		fprintf(out, "* ``%s``: %s, %s\n", r->cell.id, verdict_when_name(r->seen.when),
			mark_word(mark_of(r)));
		n++;
	}
	if (!n)
		fputs("Nothing: each cell was as expected.\n", out);
}

/**
 * protection_rst() - the whole page
 * @record: read
 * @out: to this stream
 */
void protection_rst(const struct record *record, FILE *out)
{
	put_title(out);
	put_origin(record, out);
	for (size_t c = 0; clocksources[c].name; c++)
		put_clock(record, out, &clocksources[c]);
	put_surprises(record, out);
}
