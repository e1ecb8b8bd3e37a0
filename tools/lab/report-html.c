// SPDX-License-Identifier: GPL-2.0
/*
 * The page: one file that wants nothing else. Its tables are HTML, its data an
 * island of JSON that the page's own script draws from; no text of the data is
 * ever markup (html_text(), html_json()), and the page's policy lets nothing run
 * but that script.
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "report-model.h"
#include "report-page.h"
#include "util.h"

/* Nobody who wrote the data can have known it */
static int make_nonce(char *nonce, size_t len)
{
	unsigned char bytes[16];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return -1;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(nonce + 2 * i, len - 2 * i, "%02x", bytes[i]);
	return 0;
}

static void print_head(const struct report *r, FILE *out, const char *nonce)
{
	html_print(out, "<!DOCTYPE html>\n<!-- SPDX-License-Identifier: GPL-2.0 -->\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n");
	html_print(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'nonce-%s'; script-src 'nonce-%s'; base-uri 'none'; form-action 'none'\">\n",
		   nonce, nonce);
	html_print(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"generator\" content=\"pug %s\">\n<title>%s</title>\n<style nonce=\"%s\">\n",
		   PUG_VERSION, r->title, nonce);
	fputs(report_css, out);
	fputs("</style></head><body>\n", out);
	html_print(out, "<header><h1>%s</h1></header>\n<main>\n<noscript><p>The tables are complete without this page's script; timelines, filters and details want it. <code>pug explain FOLDER</code> prints a timeline on a terminal.</p></noscript>\n",
		   r->title);
}

static void print_problems(const struct report *r, FILE *out)
{
	json_t *text;
	size_t i;

	if (!json_array_size(r->problems))
		return;
	fputs("<section class=\"problems\"><h2>Could not be read</h2><ul>\n", out);
	json_array_foreach(r->problems, i, text)
		html_print(out, "<li>%s</li>\n", json_string_value(text));
	fputs("</ul></section>\n", out);
}

static size_t count(const struct report_run *run, const char *(*word)(const json_t *cell),
		    const char *what)
{
	size_t n = 0;

	for (size_t i = 0; i < run->cells.n; i++)
		n += !strcmp(word(run->cells.item[i].result), what);
	return n;
}

static void print_about(const struct report_run *run, FILE *out)
{
	double wall, virtual;

	if (!run->about)
		return;
	html_print(out, "<p class=\"about\">QEMU %s, %s, %s time", report_text(run->about, NULL, "qemu"),
		   report_text(run->about, NULL, "accel"), report_text(run->about, NULL, "time"));
	if (report_number(run->about, NULL, "wall_s", &wall) &&
	    report_number(run->about, NULL, "virtual_s", &virtual))
		fprintf(out, "; %.0f virtual seconds in %.0f s", virtual, wall);
	if (json_is_true(json_object_get(run->about, "interrupted")))
		fputs("; <strong>interrupted: what had not begun is an error</strong>", out);
	fputs("</p>\n", out);
}

static void print_tiles(const struct report_run *run, FILE *out)
{
	static const struct {
		const char *word;
		const char *class;
		const char *label;
	} tiles[] = {
		{ "yes", "yes", "✔ protected: gone before its user space ran again" },
		{ "by luck", "luck", "◐ by luck: too late, but nothing got out this time" },
		{ "no", "no", "✘ not protected" }, { "n/a", "control", "– controls, without a fault" },
		{ "error", "error", "? could not be judged" }, { "not run", "notrun", "○ not run here" },
	};

	fputs("<ul class=\"tiles\">\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(tiles); i++) {
		size_t n = count(run, report_protected, tiles[i].word);

		if (n || i < 3)
			html_print(out, "<li class=\"%s\"><b>%zu</b> %s</li>\n", tiles[i].class, n,
				   tiles[i].label);
	}
	html_print(out, "</ul>\n<p class=\"outcome\">%zu cells: %zu as expected, <b>%zu surprises</b>, %zu errors, %zu not run</p>\n",
		   run->cells.n, count(run, report_outcome, "as expected"),
		   count(run, report_outcome, "surprise"), count(run, report_outcome, "error"),
		   count(run, report_outcome, "not run"));
}

static void print_finding(const struct report_item *item, FILE *out, size_t run, size_t number)
{
	const char *outcome = report_outcome(item->result);
	char *expected = report_seen(item->result, "expected");
	char *seen = report_seen(item->result, "observed");

	html_print(out, "<li><button type=\"button\" class=\"link\" data-run=\"%zu\" data-cell=\"%zu\">%s</button> ",
		   run, number, item->name);
	if (!strcmp(outcome, "error"))
		html_print(out, "could not be judged: %s</li>\n",
			   report_text(item->result, "observed", "reason"));
	else
		html_print(out, "<br>believed: %s. %s<br>seen: <b>%s</b>. %s</li>\n", expected,
			   report_text(item->result, "expected", "reason"), seen,
			   report_text(item->result, "observed", "reason"));
	free(expected);
	free(seen);
}

static void print_findings(const struct report_run *run, FILE *out, size_t number)
{
	bool any = false;

	for (size_t i = 0; i < run->cells.n; i++) {
		const char *outcome = report_outcome(run->cells.item[i].result);

		if (strcmp(outcome, "surprise") && strcmp(outcome, "error"))
			continue;
		if (!any)
			fputs("<section class=\"findings\"><h3>Not as expected</h3><ul>\n", out);
		any = true;
		print_finding(&run->cells.item[i], out, number, i);
	}
	if (any)
		fputs("</ul></section>\n", out);
}

static void print_run(const struct report *r, FILE *out, size_t number)
{
	const struct report_run *run = &r->runs[number];

	html_print(out, "<section class=\"run\"><h2>%s</h2>\n", run->name);
	print_about(run, out);
	if (run->cells.n) {
		print_tiles(run, out);
		report_grid(r, run, out, number);
		print_findings(run, out, number);
	}
	if (run->drills.n)
		page_drills(run, out, number);
	fputs("</section>\n", out);
}

static bool has_cells(const struct report *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->runs[i].cells.n)
			return true;
	return false;
}

/**
 * report_html() - the report as a page
 * @r: complete
 * @out: written to
 * @out_path: where that will lie, NULL in the working folder: links are relative
 *
 * Return: 0, or -1 after saying why not.
 */
int report_html(const struct report *r, FILE *out, const char *out_path)
{
	char nonce[40];
	json_t *data;

	if (make_nonce(nonce, sizeof(nonce))) {
		warn_line("no random numbers for the page's policy: %s", strerror(errno));
		return -1;
	}
	print_head(r, out, nonce);
	print_problems(r, out);
	if (r->changes)
		page_changes(r, out);
	if (has_cells(r))
		fputs("<form id=\"filters\" hidden aria-label=\"Filters\"></form>\n", out);
	for (size_t i = 0; i < r->n; i++)
		print_run(r, out, i);
	fputs("</main>\n<footer><p>Colours and symbols go by whether the machine was gone before its user space ran again, not by the verdict alone. Times are virtual, by QEMU's clock; those of drills are the host's.</p></footer>\n",
	      out);
	data = page_data(r, out_path);
	fputs("<script type=\"application/json\" id=\"data\">", out);
	html_json(out, data);
	json_decref(data);
	html_print(out, "</script>\n<script nonce=\"%s\">\n", nonce);
	fputs(report_js, out);
	fputs("</script></body></html>\n", out);
	return 0;
}
