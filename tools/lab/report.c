// SPDX-License-Identifier: GPL-2.0
/* A run's results for people and programs. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "report.h"
#include "util.h"

#define COLUMNS 15
#define CELL_LEN 40

/* The columns of the table, in order; "x" marks are ASCII: logs are read anywhere */
enum column {
	COL_MARK, COL_FAULT, COL_WATCHDOG, COL_CLOCK, COL_MACHINE, COL_KERNEL, COL_FREEZE,
	COL_TIMEOUT, COL_PHASE, COL_EXPECTED, COL_SEEN, COL_FIRED, COL_ZOMBIE, COL_PROTECTED,
	COL_WALL,
};

static const char * const headings[COLUMNS] = {
	[COL_MARK] = "", [COL_FAULT] = "FAULT", [COL_WATCHDOG] = "WATCHDOG",
	[COL_CLOCK] = "CLOCK", [COL_MACHINE] = "MACHINE", [COL_KERNEL] = "KERNEL",
	[COL_FREEZE] = "FREEZE", [COL_TIMEOUT] = "TIMEOUT", [COL_PHASE] = "PHASE",
	[COL_EXPECTED] = "EXPECTED",
	[COL_SEEN] = "SEEN", [COL_FIRED] = "FIRED AFTER", [COL_ZOMBIE] = "ZOMBIE",
	[COL_PROTECTED] = "PROTECTED", [COL_WALL] = "WALL",
};

struct row_text {
	char text[COLUMNS][CELL_LEN];
};

/**
 * tally_add() - count one more
 * @tally: counts
 * @result: of a cell that has ended
 */
void tally_add(struct tally *tally, const struct result *result)
{
	if (result->not_run)
		tally->not_run++;
	else if (result->seen.when == VERDICT_ERROR)
		tally->errors++;
	else if (result->met)
		tally->as_expected++;
	else
		tally->surprises++;
}

/**
 * report_tally() - count a run's outcomes
 * @run: ended
 *
 * Return: the counts.
 */
struct tally report_tally(const struct run *run)
{
	struct tally tally = { 0 };

	for (size_t i = 0; i < run->n; i++)
		tally_add(&tally, &run->results[i]);
	return tally;
}

/**
 * tally_exit() - the exit status that goes with it
 * @tally: of a run
 *
 * Return: 0 all as expected, 1 a surprise, 2 something could not be judged, or
 * there was nothing at all that this host could run.
 */
int tally_exit(const struct tally *tally)
{
	if (tally->errors || (tally->not_run && !tally->as_expected && !tally->surprises))
		return PUG_COULD_NOT_RUN;
	return tally->surprises ? PUG_SURPRISE : PUG_AS_EXPECTED;
}

static void verdict_text(char *text, enum verdict_when when, enum verdict_when or_when,
			 enum verdict_effect effect)
{
	const char *or = or_when == when ? "" : "|";
	const char *other = or_when == when ? "" : verdict_when_name(or_when);

	if (when == VERDICT_NEVER || when == VERDICT_ERROR || when == VERDICT_UNARMED)
		snprintf(text, CELL_LEN, "%s", verdict_when_name(when));
	else
		snprintf(text, CELL_LEN, "%s%s%s, %s", verdict_when_name(when), or, other,
			 effect == EFFECT_NONE ? "no effect" : verdict_effect_name(effect));
}

static void fired_text(char *text, const struct verdict *v)
{
	if (v->keepalive_to_fire_ns < 0)
		snprintf(text, CELL_LEN, "-");
	else
		snprintf(text, CELL_LEN, "%s%.2f s", v->fire_is_upper_bound ? "<= " :
			 v->fire_is_estimate ? "~ " : "",
			 (double)v->keepalive_to_fire_ns / NSEC_PER_SEC);
}

static void zombie_text(char *text, const struct verdict *v, const struct cell *cell)
{
	if (!cell->fault->has_duration || v->when == VERDICT_ERROR ||
	    v->when == VERDICT_UNARMED || v->when == VERDICT_BEFORE_FAULT ||
	    v->protected == PROTECTED_NA)
		snprintf(text, CELL_LEN, "-");
	else if (v->zombie_ns < 0)
		snprintf(text, CELL_LEN, "no end, %ld writes", v->zombie_writes);
	else
		snprintf(text, CELL_LEN, "%.3g ms, %ld write%s",
			 (double)v->zombie_ns / NSEC_PER_MSEC, v->zombie_writes,
			 v->zombie_writes == 1 ? "" : "s");
}

static void mark_not_run(struct row_text *row, const char *why)
{
	snprintf(row->text[COL_MARK], CELL_LEN, "-");
	snprintf(row->text[COL_SEEN], CELL_LEN, "not run: %s", why);
	for (int c = COL_FIRED; c < COLUMNS; c++)
		snprintf(row->text[c], CELL_LEN, "-");
}

static void fill_row(struct row_text *row, const struct result *result)
{
	const struct cell *cell = &result->cell;
	const struct verdict *v = &result->seen;
	const struct expectation *e = &result->expected;

	snprintf(row->text[COL_MARK], CELL_LEN, "%s",
		 v->when == VERDICT_ERROR ? "E" : result->met ? "" : "!");
	snprintf(row->text[COL_FAULT], CELL_LEN, "%s", cell->fault->name);
	snprintf(row->text[COL_WATCHDOG], CELL_LEN, "%s%s%s", cell->watchdog->name,
		 cell->action && strcmp(cell->action, cell->watchdog->action) ? "-" : "",
		 cell->action && strcmp(cell->action, cell->watchdog->action) ? cell->action : "");
	snprintf(row->text[COL_CLOCK], CELL_LEN, "%s", cell->clock->name);
	snprintf(row->text[COL_MACHINE], CELL_LEN, "%s", cell->machine->name);
	snprintf(row->text[COL_KERNEL], CELL_LEN, "%.39s", cell->kernel);
	snprintf(row->text[COL_FREEZE], CELL_LEN, "%g s", cell->msecs / 1000.0);
	snprintf(row->text[COL_TIMEOUT], CELL_LEN, "%g s", cell->timeout_ms / 1000.0);
	snprintf(row->text[COL_PHASE], CELL_LEN, "%u ms", cell->phase_ms);
	verdict_text(row->text[COL_EXPECTED], e->when, e->or_when, e->effect);
	verdict_text(row->text[COL_SEEN], v->when, v->when, v->effect);
	fired_text(row->text[COL_FIRED], v);
	zombie_text(row->text[COL_ZOMBIE], v, cell);
	snprintf(row->text[COL_PROTECTED], CELL_LEN, "%s", v->when == VERDICT_ERROR ? "?" :
		 v->protected == PROTECTED_NA ? "-" : verdict_protected_name(v->protected));
	snprintf(row->text[COL_WALL], CELL_LEN, "%.1f s", result->wall_s);
	if (result->not_run)
		mark_not_run(row, result->not_run);
}

static const char *row_colour(const struct result *result)
{
	if (result->not_run)
		return "";
	if (result->seen.when == VERDICT_ERROR)
		return "\033[35m";
	switch (result->seen.protected) {
	case PROTECTED_YES:
		return "\033[32m";
	case PROTECTED_BY_LUCK:
		return "\033[33m";
	case PROTECTED_NO:
		return "\033[31m";
	default:
		return "";
	}
}

#define HIDDEN -1

/* These are worth a column only where they tell rows apart */
static bool is_same_everywhere(struct row_text *rows, size_t n, int column)
{
	if (column != COL_MACHINE && column != COL_FREEZE && column != COL_TIMEOUT &&
	    column != COL_PHASE)
		return false;
	for (size_t i = 2; i <= n; i++)
		if (strcmp(rows[i].text[column], rows[1].text[column]))
			return false;
	return true;
}

static int column_width(struct row_text *rows, size_t n, int column)
{
	int width = 0;

	if (is_same_everywhere(rows, n, column))
		return HIDDEN;
	for (size_t i = 0; i <= n; i++)
		if ((int)strlen(rows[i].text[column]) > width)
			width = strlen(rows[i].text[column]);
	return width;
}

static void print_row(FILE *out, struct row_text *row, const int *widths, const char *colour)
{
	for (int i = 0; i < COLUMNS; i++) {
		bool last = i == COL_WALL;
		bool paint = *colour && i == COL_PROTECTED;

		if (widths[i] == HIDDEN)
			continue;
		fprintf(out, "%s%-*s%s%s", paint ? colour : "", last ? 0 : widths[i], row->text[i],
			paint ? "\033[0m" : "", last ? "\n" : "  ");
	}
}

static void print_findings(const struct run *run, FILE *out)
{
	for (size_t i = 0; i < run->n; i++) {
		const struct result *r = &run->results[i];

		if (r->not_run)
			continue;
		if (r->seen.when == VERDICT_ERROR)
			fprintf(out, "\nE %s: %s\n", r->cell.id, r->seen.reason);
		else if (!r->met)
			fprintf(out, "\n! %s\n  believed: %s, %s%s%s: %s\n  seen:     %s, %s%s%s: %s\n",
				r->cell.id, verdict_when_name(r->expected.when),
				verdict_effect_name(r->expected.effect),
				*r->expected.by ? " by " : "", r->expected.by, r->expected.reason,
				verdict_when_name(r->seen.when),
				verdict_effect_name(r->seen.effect),
				*r->seen.by ? " by " : "", r->seen.by, r->seen.reason);
		else
			continue;
		if (r->dir)
			fprintf(out, "  evidence: %s\n", r->dir);
	}
}

static const char *guest_label(const struct guest *guest)
{
	return guest->release[0] ? guest->release : guest->name;
}

static bool is_named_before(const struct run *run, size_t n)
{
	const char *label = guest_label(run->results[n].guest);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(guest_label(run->results[i].guest), label))
			return true;
	return false;
}

static void print_releases(const struct run *run, FILE *out)
{
	for (size_t i = 0; i < run->n; i++) {
		const struct guest *guest = run->results[i].guest;

		if (is_named_before(run, i))
			continue;
		fprintf(out, "%s %s", i ? "," : ", kernel", guest_label(guest));
	}
}

static double sum_virtual_s(const struct run *run)
{
	int64_t ns = 0;

	for (size_t i = 0; i < run->n; i++)
		ns += run->results[i].seen.virtual_ns;
	return (double)ns / NSEC_PER_SEC;
}

static double sum_frozen_s(const struct run *run)
{
	int64_t ns = 0;

	for (size_t i = 0; i < run->n; i++)
		ns += run->results[i].seen.frozen_ns;
	return (double)ns / NSEC_PER_SEC;
}

static void print_counts(const struct run *run, FILE *out)
{
	struct tally tally = report_tally(run);

	fprintf(out, "\n%zu cells: %zu as expected, %zu surprise%s, %zu error%s, %zu not run; ",
		run->n, tally.as_expected, tally.surprises, tally.surprises == 1 ? "" : "s",
		tally.errors, tally.errors == 1 ? "" : "s", tally.not_run);
	fprintf(out, "%.0f virtual s in %.0f s; measured under %s (%s), QEMU %s",
		sum_virtual_s(run), run->wall_s,
		!strcmp(host_accel(run->host), "kvm") ? "KVM" : "TCG",
		run->host->time == TIME_WARP ? "warp" : "real time", run->host->qemu_version);
	print_releases(run, out);
	fputc('\n', out);
}

/**
 * report_table() - the aligned table, what to say of its rows, the counts
 * @run: ended
 * @out: to this stream
 * @colour: with colours
 */
void report_table(const struct run *run, FILE *out, bool colour)
{
	struct row_text *rows = xcalloc(run->n + 1, sizeof(*rows));
	int widths[COLUMNS];

	for (int c = 0; c < COLUMNS; c++)
		strcpy(rows[0].text[c], headings[c]);
	for (size_t i = 0; i < run->n; i++)
		fill_row(&rows[i + 1], &run->results[i]);
	for (int c = 0; c < COLUMNS; c++)
		widths[c] = column_width(rows, run->n, c);
	for (size_t i = 0; i <= run->n; i++)
		print_row(out, &rows[i], widths,
			  colour && i ? row_colour(&run->results[i - 1]) : "");
	free(rows);
	if (protection_wanted(run))
		protection_table(run, out);
	print_findings(run, out);
	print_counts(run, out);
}

/**
 * report_ktap() - the run as KTAP
 * @run: ended
 * @out: to this stream
 */
void report_ktap(const struct run *run, FILE *out)
{
	fprintf(out, "KTAP version 1\n1..%zu\n", run->n);
	for (size_t i = 0; i < run->n; i++) {
		const struct result *r = &run->results[i];
		bool ok = r->met && r->seen.when != VERDICT_ERROR;

		if (r->not_run) {
			fprintf(out, "ok %zu %s # SKIP %s\n", i + 1, r->cell.id, r->not_run);
			continue;
		}
		fprintf(out, "# expected %s, %s: %s\n# seen %s, %s: %s\n",
			verdict_when_name(r->expected.when),
			verdict_effect_name(r->expected.effect), r->expected.reason,
			verdict_when_name(r->seen.when),
			verdict_effect_name(r->seen.effect), r->seen.reason);
		fprintf(out, "%sok %zu %s\n", ok ? "" : "not ", i + 1, r->cell.id);
	}
}

/**
 * report_json() - the run as one object
 * @run: ended
 *
 * Return: a new object (Documentation/results.rst).
 */
json_t *report_json(const struct run *run)
{
	struct tally tally = report_tally(run);
	json_t *cells = json_array();

	for (size_t i = 0; i < run->n; i++)
		json_array_append_new(cells, result_to_json(&run->results[i]));
	return json_pack("{s:i s:o s:i s:i s:i s:i s:b s:f s:f s:f s:f s:s s:s s:s s:i s:s}",
			 "version", 1, "cells", cells, "not_run", (int)tally.not_run,
			 "as_expected", (int)tally.as_expected,
			 "surprises", (int)tally.surprises, "errors", (int)tally.errors,
			 "interrupted", run->interrupted,
			 "virtual_s", sum_virtual_s(run), "wall_s", run->wall_s,
			 "frozen_s", sum_frozen_s(run),
			 "frozen_per_wall_s",
			 run->cells_s > 0 ? sum_frozen_s(run) / run->cells_s : 0.0,
			 "accel", host_accel(run->host),
			 "time", host_time(run->host), "qemu", run->host->qemu_version,
			 "jobs", run->jobs, "list", run->list);
}

/**
 * report_list() - the cells and what is expected of each; nothing was run
 * @run: with cells and expectations
 * @out: to this stream
 */
void report_list(const struct run *run, FILE *out)
{
	for (size_t i = 0; i < run->n; i++) {
		const struct result *r = &run->results[i];
		char text[CELL_LEN];

		verdict_text(text, r->expected.when, r->expected.or_when, r->expected.effect);
		fprintf(out, "%-62s %s\n    %s\n", r->cell.id, text, r->expected.reason);
	}
	fprintf(out, "%zu cells\n", run->n);
}
