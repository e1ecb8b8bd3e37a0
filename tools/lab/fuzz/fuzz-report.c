// SPDX-License-Identifier: GPL-2.0
/*
 * What pug report reads, whatever it is: the first byte chooses what the rest is
 * taken for. What is accepted is put into every format, and text from anywhere
 * never becomes markup there.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "report-model.h"
#include "util.h"

int fuzz_one(const uint8_t *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

static char why[512];

static char *printed(void (*fn)(FILE *out, const char *text), const char *text)
{
	char *out = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&out, &size);

	if (!stream)
		abort();
	fn(stream, text);
	fclose(stream);
	return out;
}

/* jansson takes valid UTF-8 only */
static void must_be_utf8(const char *text)
{
	json_t *json = json_string(text);

	if (!json)
		abort();
	json_decref(json);
}

static void escape(const char *text)
{
	static const struct {
		void (*fn)(FILE *out, const char *text);
		const char *never;
	} rows[] = {
		{ html_text, "<>\"'\x1b" }, { md_text, "<>\n\x1b" }, { csv_text, "\x1b" },
		{ line_text, "\n\x1b" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *out = printed(rows[i].fn, text);

		must_be_utf8(out);
		if (strpbrk(out, rows[i].never))
			abort();
		free(out);
	}
}

static void island(json_t *json)
{
	char *out = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&out, &size);
	json_t *again;

	if (!stream)
		abort();
	html_json(stream, json);
	fclose(stream);
	again = json_loads(out, 0, NULL);
	if (strpbrk(out, "<>&") || !again)
		abort();
	json_decref(again);
	free(out);
}

static void write_all(struct report *r)
{
	for (const struct report_format *f = report_formats; f->name; f++) {
		FILE *out = fopen("/dev/null", "we");

		if (!out || f->write(r, out, NULL))
			abort();
		fclose(out);
	}
}

/* A run of twice the same, compared with itself: nothing changed */
static void report_on(json_t *result, json_t *story, bool is_drill)
{
	struct report r = { .n = 2, .title = "fuzz", .problems = json_array() };

	r.runs = xcalloc(2, sizeof(*r.runs));
	for (size_t i = 0; i < 2; i++) {
		struct report_item *item = report_add(is_drill ? &r.runs[i].drills :
						      &r.runs[i].cells);

		r.runs[i].name = xstrdup("run");
		item->result = json_incref(result);
		item->story = json_incref(story);
		item->name = xstrdup("item");
	}
	r.changes = report_compare(&r.runs[0], &r.runs[1]);
	if (json_array_size(json_object_get(r.changes, "changed")))
		abort();
	write_all(&r);
	report_free(&r);
}

static void check(json_t *json, uint8_t choice)
{
	json_t *checked = choice == 0 ? report_check_cell(json, why, sizeof(why)) :
			  choice == 1 ? report_check_drill(json, why, sizeof(why)) :
			  report_check_run(json, why, sizeof(why));

	if (!checked)
		return;
	island(checked);
	if (choice < 2)
		report_on(checked, NULL, choice == 1);
	json_decref(checked);
}

static void tell(const char *text, size_t len, bool is_drill)
{
	FILE *in = len ? fmemopen((void *)text, len, "r") : fopen("/dev/null", "re");
	json_t *story;

	if (!in)
		abort();
	story = is_drill ? report_lanes(in, NULL, why, sizeof(why)) :
		report_marks(in, why, sizeof(why));
	fclose(in);
	if (!story)
		return;
	island(story);
	json_decref(story);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	uint8_t choice;
	json_t *json;
	char *text;

	if (!size)
		return 0;
	choice = data[0] % 6;
	text = xcalloc(size, 1);
	memcpy(text, data + 1, size - 1);
	if (choice < 3) {
		json = json_loadb(text, size - 1, 0, NULL);
		check(json, choice);
		json_decref(json);
	} else if (choice < 5) {
		tell(text, size - 1, choice == 4);
	} else {
		escape(text);
	}
	free(text);
	return 0;
}
