// SPDX-License-Identifier: GPL-2.0
/*
 * A run's cells as a table: a row for each fault and what it was done to, a
 * column for each watchdog. It is complete without the page's script.
 */
#include <stdlib.h>
#include <string.h>

#include "report-model.h"
#include "util.h"

/* What a row stands for. The first three head each row, others where they differ */
static const struct {
	const char *name;
	const char *heading;
	double scale;		/* numbers are divided by it */
	const char *unit;
	bool always;
} keys[] = {
	{ "fault", "Fault", 0, "", true }, { "clock", "Clock", 0, "", true },
	{ "kernel", "Kernel", 0, "", true }, { "machine", "Machine", 0, "", false },
	{ "msecs", "Length", 1000, " s", false }, { "timeout_ms", "Timeout", 1000, " s", false },
	{ "interval_ms", "Keepalives", 1000, " s", false },
	{ "phase_ms", "Phase", 1, " ms", false }, { "cpus", "CPUs", 1, "", false },
	{ "dog_cpu", "Keepalive's CPU", 1, "", false },
};

#define KEYS ARRAY_SIZE(keys)

struct row {
	char *key[KEYS];
};

struct grid {
	const struct report_run *run;
	struct row *rows;
	size_t n_rows;
	char **columns;
	size_t n_columns;
	size_t *row_of;		/* of each cell */
	size_t *column_of;
	bool shown[KEYS];
};

/* How a cell looks, by what report_protected() says; the last is for any other word */
static const struct {
	const char *protected;
	const char *class;
	const char *symbol;
	const char *word;
} looks[] = {
	{ "yes", "yes", "✔", "protected" }, { "by luck", "luck", "◐", "by luck" },
	{ "no", "no", "✘", "not protected" }, { "n/a", "control", "–", "control" },
	{ "error", "error", "?", "error" }, { "not run", "notrun", "○", "not run" },
	{ NULL, "other", "•", NULL },
};

static char *key_text(const json_t *cell, size_t key)
{
	double value;

	if (!keys[key].scale)
		return xstrdup(report_text(cell, NULL, keys[key].name));
	if (!report_number(cell, NULL, keys[key].name, &value))
		return xstrdup("");
	return xasprintf("%g%s", value / keys[key].scale, keys[key].unit);
}

static bool is_same_row(const struct row *a, const struct row *b)
{
	for (size_t k = 0; k < KEYS; k++)
		if (strcmp(a->key[k], b->key[k]))
			return false;
	return true;
}

static void free_row(struct row *row)
{
	for (size_t k = 0; k < KEYS; k++)
		free(row->key[k]);
}

static size_t place_row(struct grid *g, const json_t *cell)
{
	struct row *row = &g->rows[g->n_rows];

	for (size_t k = 0; k < KEYS; k++)
		row->key[k] = key_text(cell, k);
	for (size_t i = 0; i < g->n_rows; i++) {
		if (!is_same_row(&g->rows[i], row))
			continue;
		free_row(row);
		return i;
	}
	return g->n_rows++;
}

static size_t place_column(struct grid *g, const json_t *cell)
{
	char *name = report_watchdog(cell);

	for (size_t i = 0; i < g->n_columns; i++) {
		if (strcmp(g->columns[i], name))
			continue;
		free(name);
		return i;
	}
	g->columns[g->n_columns] = name;
	return g->n_columns++;
}

static void make_grid(struct grid *g, const struct report_run *run)
{
	size_t n = run->cells.n;

	memset(g, 0, sizeof(*g));
	g->run = run;
	g->rows = xcalloc(n + 1, sizeof(*g->rows));
	g->columns = xcalloc(n + 1, sizeof(*g->columns));
	g->row_of = xcalloc(n, sizeof(*g->row_of));
	g->column_of = xcalloc(n, sizeof(*g->column_of));
	for (size_t i = 0; i < n; i++) {
		g->row_of[i] = place_row(g, run->cells.item[i].result);
		g->column_of[i] = place_column(g, run->cells.item[i].result);
	}
	for (size_t k = 0; k < KEYS; k++) {
		g->shown[k] = keys[k].always;
		for (size_t i = 1; i < g->n_rows; i++)
			g->shown[k] |= strcmp(g->rows[i].key[k], g->rows[0].key[k]) != 0;
	}
}

static void free_grid(struct grid *g)
{
	for (size_t i = 0; i < g->n_rows; i++)
		free_row(&g->rows[i]);
	for (size_t i = 0; i < g->n_columns; i++)
		free(g->columns[i]);
	free(g->rows);
	free(g->columns);
	free(g->row_of);
	free(g->column_of);
}

static size_t look_of(const char *protected)
{
	size_t i = 0;

	while (looks[i].protected && strcmp(looks[i].protected, protected))
		i++;
	return i;
}

static void print_cell(const struct report_item *item, FILE *out, size_t run, size_t number)
{
	const char *protected = report_protected(item->result);
	const char *outcome = report_outcome(item->result);
	size_t look = look_of(protected);
	char *seen = report_seen(item->result, "observed");
	char *fired = report_fired(item->result);

	html_print(out, "<button type=\"button\" class=\"cell %s\" data-run=\"%zu\" data-cell=\"%zu\">",
		   looks[look].class, run, number);
	html_print(out, "<span class=\"symbol\" aria-hidden=\"true\">%s</span> <b>%s</b> ",
		   looks[look].symbol, looks[look].word ? looks[look].word : protected);
	if (!strcmp(outcome, "surprise"))
		fputs("<em>! surprise</em> ", out);
	if (strcmp(protected, "not run") && strcmp(protected, "error"))
		html_print(out, "<span class=\"seen\">%s</span> ", seen);
	if (*fired)
		html_print(out, "<span class=\"fired\">%s</span>", fired);
	fputs("</button>\n", out);
	free(seen);
	free(fired);
}

static void print_place(const struct grid *g, FILE *out, size_t run, size_t row, size_t column)
{
	bool any = false;

	fputs("<td>", out);
	for (size_t i = 0; i < g->run->cells.n; i++) {
		if (g->row_of[i] != row || g->column_of[i] != column)
			continue;
		any = true;
		print_cell(&g->run->cells.item[i], out, run, i);
	}
	if (!any)
		fputs("<span class=\"none\">not asked</span>", out);
	fputs("</td>\n", out);
}

static void print_row(const struct grid *g, FILE *out, size_t run, size_t row)
{
	fputs("<tr>", out);
	for (size_t k = 0; k < KEYS; k++)
		if (g->shown[k])
			html_print(out, "<th scope=\"row\">%s</th>", g->rows[row].key[k]);
	fputc('\n', out);
	for (size_t c = 0; c < g->n_columns; c++)
		print_place(g, out, run, row, c);
	fputs("</tr>\n", out);
}

/**
 * report_grid() - the table of a run's cells
 * @r: the whole report
 * @run: with cells
 * @out: written to
 * @number: of the run
 */
void report_grid(const struct report *r, const struct report_run *run, FILE *out, size_t number)
{
	struct grid g;

	(void)r;
	make_grid(&g, run);
	html_print(out, "<div class=\"scroll\"><table class=\"grid\" data-run=\"%zu\">\n<caption>Was the machine gone before its user space ran again? %s</caption>\n<thead><tr>",
		   number, run->name);
	for (size_t k = 0; k < KEYS; k++)
		if (g.shown[k])
			html_print(out, "<th scope=\"col\">%s</th>", keys[k].heading);
	for (size_t c = 0; c < g.n_columns; c++)
		html_print(out, "<th scope=\"col\" class=\"dog\">%s</th>", g.columns[c]);
	fputs("</tr></thead>\n<tbody>\n", out);
	for (size_t i = 0; i < g.n_rows; i++)
		print_row(&g, out, number, i);
	fputs("</tbody></table></div>\n", out);
	free_grid(&g);
}
