// SPDX-License-Identifier: GPL-2.0
/*
 * The protection table: faults down, watchdogs across, one mark a cell. What a user
 * asks of a watchdog: does mine protect me, and from what?
 */
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "protection.h"
#include "util.h"

static const struct {
	const char *word;
	const char *meaning;
} marks[MARK_NR] = {
	[MARK_NONE] = { "", NULL },
	[MARK_NOT_RUN] = { "not run", "could not be run on this host" },
	[MARK_QUIET] = { "quiet", "a healthy machine, which was left alone" },
	[MARK_IN_TIME] = { "in time", "protects: the machine was gone when it had to be" },
	[MARK_STAYS_DEAD] = { "dead", "never fires; but nothing runs any more" },
	[MARK_FED] = { "fed", "never fires: keepalives went on, and nobody was promoted" },
	[MARK_LATE] = { "late", "fires too late" },
	[MARK_NO_EFFECT] = { "no effect", "fires without effect" },
	[MARK_NEVER] = { "never", "never fires" },
	[MARK_HEALTHY] = { "HEALTHY", "resets a healthy machine" },
	[MARK_ERROR] = { "?", "could not be judged" },
};

static enum mark mark_silence(const struct verdict *v, const struct cell *cell)
{
	if (!cell->fault->has_duration)
		return MARK_QUIET;
	if (v->protected == PROTECTED_NA)
		return MARK_FED;
	return v->protected == PROTECTED_YES ? MARK_STAYS_DEAD : MARK_NEVER;
}

/**
 * mark_of() - what a cell shows of its watchdog
 * @result: complete
 *
 * Return: the mark.
 */
enum mark mark_of(const struct result *result)
{
	const struct verdict *v = &result->seen;

	if (result->not_run)
		return MARK_NOT_RUN;
	if (v->when == VERDICT_ERROR)
		return MARK_ERROR;
	if (v->when == VERDICT_NEVER || v->when == VERDICT_UNARMED)
		return mark_silence(v, &result->cell);
	if (v->when == VERDICT_BEFORE_FAULT)
		return MARK_HEALTHY;
	if (v->effect == EFFECT_NONE)
		return MARK_NO_EFFECT;
	return v->protected == PROTECTED_YES ? MARK_IN_TIME : MARK_LATE;
}

/**
 * mark_word() - as it stands in a table
 * @mark: any
 *
 * Return: a word or two.
 */
const char *mark_word(enum mark mark)
{
	return marks[mark].word;
}

/**
 * mark_meaning() - what it says
 * @mark: any but MARK_NONE
 *
 * Return: a phrase.
 */
const char *mark_meaning(enum mark mark)
{
	return marks[mark].meaning;
}

static enum mark mark_at(const struct run *run, const struct fault *fault,
			 const struct watchdog *watchdog)
{
	enum mark worst = MARK_NONE;

	for (size_t i = 0; i < run->n; i++) {
		const struct result *r = &run->results[i];

		if (r->cell.fault == fault && r->cell.watchdog == watchdog && mark_of(r) > worst)
			worst = mark_of(r);
	}
	return worst;
}

static bool has_fault(const struct run *run, const struct fault *fault)
{
	for (size_t i = 0; i < run->n; i++)
		if (run->results[i].cell.fault == fault)
			return true;
	return false;
}

static bool has_watchdog(const struct run *run, const struct watchdog *watchdog)
{
	for (size_t i = 0; i < run->n; i++)
		if (run->results[i].cell.watchdog == watchdog)
			return true;
	return false;
}

/**
 * protection_wanted() - is it worth a table?
 * @run: ended
 *
 * Return: whether there is more than one fault.
 */
bool protection_wanted(const struct run *run)
{
	size_t n = 0;

	for (size_t f = 0; faults[f].name; f++)
		n += faults[f].has_duration && has_fault(run, &faults[f]);
	return n > 1;
}

static void print_line(const struct run *run, FILE *out, const struct fault *fault)
{
	fprintf(out, "  %-25s", fault ? fault->name : "");
	for (size_t w = 0; watchdogs[w].name; w++) {
		const char *word = watchdogs[w].name;
		int width = strlen(word) > 9 ? strlen(word) : 9;

		if (!has_watchdog(run, &watchdogs[w]))
			continue;
		if (fault)
			word = marks[mark_at(run, fault, &watchdogs[w])].word;
		fprintf(out, "  %-*s", width, word);
	}
	fputc('\n', out);
}

static void print_meanings(const struct run *run, FILE *out)
{
	bool used[MARK_NR] = { false };

	for (size_t i = 0; i < run->n; i++)
		used[mark_of(&run->results[i])] = true;
	for (int m = MARK_NOT_RUN; m < MARK_NR; m++)
		if (used[m])
			fprintf(out, "  %-9s  %s\n", marks[m].word, marks[m].meaning);
}

/**
 * protection_table() - print it, with what its marks mean
 * @run: ended
 * @out: to this stream
 */
void protection_table(const struct run *run, FILE *out)
{
	fputs("\nProtection:\n", out);
	print_line(run, out, NULL);
	for (size_t f = 0; faults[f].name; f++)
		if (has_fault(run, &faults[f]))
			print_line(run, out, &faults[f]);
	fputc('\n', out);
	print_meanings(run, out);
}
