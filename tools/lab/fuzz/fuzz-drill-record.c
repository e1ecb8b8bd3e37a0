// SPDX-License-Identifier: GPL-2.0
/*
 * Results of drills, whatever they are: those that are taken all have a name of their own,
 * and nothing in them begins a line of the page.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "drill-record.h"

int fuzz_one(const uint8_t *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

static void check_names(const struct drill_record *record)
{
	size_t n = json_array_size(record->rows);

	for (size_t i = 0; i < n; i++) {
		const char *id = drill_row_text(json_array_get(record->rows, i), "id");

		if (!id || *id != 'D' || strspn(id + 1, "0123456789") != strlen(id) - 1)
			abort();
		for (size_t k = 0; k < i; k++)
			if (!strcmp(id, drill_row_text(json_array_get(record->rows, k), "id")))
				abort();
	}
}

static void check_page(const struct drill_record *record)
{
	size_t size = 0, rows = 0;
	char *text = NULL, *rest, *line;
	FILE *out = open_memstream(&text, &size);

	drill_record_rst(record, out);
	fclose(out);
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		rows += !strncmp(line, "   * - .. _D", 12);
		if (*line && !strchr(".: ", *line))
			abort();
	}
	if (rows != json_array_size(record->rows))
		abort();
	free(text);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct drill_record record;
	json_t *json = json_loadb((const char *)data, size, 0, NULL);
	FILE *out = fopen("/dev/null", "we");

	drill_record_init(&record);
	if (json && !drill_record_add(&record, json, "input") && !drill_record_name(&record)) {
		drill_record_stamp(&record, "2026-11-27", NULL);
		check_names(&record);
		check_page(&record);
		drill_record_print(&record, out);
	} else if (json && !*record.why) {
		abort();
	}
	fclose(out);
	json_decref(json);
	drill_record_free(&record);
	return 0;
}
