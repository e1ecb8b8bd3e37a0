// SPDX-License-Identifier: GPL-2.0
/*
 * Judges what was read, and prints it: each finding, each danger, and a last
 * line.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "io.h"

#define FINDINGS_MAX	48
#define WIDTH		79
#define INDENT_MAX	32

static const struct finding_row * const tables[] = {
	device_findings, holder_findings, access_findings, patroni_findings,
	kernel_findings,
};

static const char * const grade_texts[N_GRADES] = {
	[GRADE_NONE] = "", [GRADE_PASS] = "PASS", [GRADE_WARN] = "WARN",
	[GRADE_FAIL] = "FAIL", [GRADE_CANNOT] = "CANNOT TELL",
};

static const char * const grade_words[N_GRADES] = {
	[GRADE_NONE] = "", [GRADE_PASS] = "pass", [GRADE_WARN] = "warn",
	[GRADE_FAIL] = "fail", [GRADE_CANNOT] = "cannot-tell",
};

static const char * const protection_words[] = {
	[PROTECTION_CANNOT_TELL] = "cannot tell", [PROTECTION_NO] = "no",
	[PROTECTION_LUCK] = "by luck", [PROTECTION_YES] = "yes",
};

static const char * const protection_phrases[] = {
	[PROTECTION_CANNOT_TELL] = "cannot tell: ",
	[PROTECTION_NO] = "not against ",
	[PROTECTION_LUCK] = "by luck against ",
	[PROTECTION_YES] = "against ",
};

#define N_PROTECTIONS	ARRAY_SIZE(protection_phrases)

/* The last line goes through the dangers in the order that suits the word. */
static const struct {
	const char *text;
	const char *word;
	int status;
	enum protection order[N_PROTECTIONS];
} overalls[] = {
	[OVERALL_CANNOT_TELL] = {
		"CANNOT TELL", "cannot-tell", CHECK_UNKNOWN,
		{ PROTECTION_CANNOT_TELL, PROTECTION_YES, PROTECTION_LUCK,
		  PROTECTION_NO } },
	[OVERALL_NOT_PROTECTED] = {
		"NOT PROTECTED", "not-protected", CHECK_CRITICAL,
		{ PROTECTION_NO, PROTECTION_LUCK, PROTECTION_YES,
		  PROTECTION_CANNOT_TELL } },
	[OVERALL_PARTLY] = {
		"PARTLY PROTECTED", "partly", CHECK_WARNING,
		{ PROTECTION_YES, PROTECTION_LUCK, PROTECTION_NO,
		  PROTECTION_CANNOT_TELL } },
	[OVERALL_PROTECTED] = {
		"PROTECTED", "protected", CHECK_OK,
		{ PROTECTION_YES, PROTECTION_LUCK, PROTECTION_NO,
		  PROTECTION_CANNOT_TELL } },
};

/**
 * find() - say what was found
 * @finding: gets it
 * @grade: how it is
 * @format: as printf(3) has it: what was seen, and why that is good or bad
 */
void find(struct finding *finding, enum grade grade, const char *format, ...)
{
	va_list args;

	finding->grade = grade;
	va_start(args, format);
	vsnprintf(finding->why, sizeof(finding->why), format, args);
	va_end(args);
	io_clean_text(finding->why);
}

/**
 * advise() - say what to do about it
 * @finding: gets it
 * @format: as printf(3) has it
 */
void advise(struct finding *finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(finding->todo, sizeof(finding->todo), format, args);
	va_end(args);
	io_clean_text(finding->todo);
}

/**
 * findings_judge() - judge what was read
 * @facts: what was read
 * @list: gets the findings that apply
 * @max: room in it
 *
 * Return: how many.
 */
int findings_judge(const struct facts *facts, struct finding *list, int max)
{
	const struct finding_row *row;
	size_t i;
	int n = 0;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		for (row = tables[i]; row->name && n < max; row++) {
			memset(&list[n], 0, sizeof(list[n]));
			list[n].name = row->name;
			row->judge(facts, &list[n]);
			n += list[n].grade != GRADE_NONE;
		}
	}
	return n;
}

/* As many words as there is room for; returns where the next line begins. */
static const char *one_line(const char *text, int room, int *len)
{
	int n = strlen(text);

	if (n > room) {
		for (n = room; n && text[n] != ' '; n--)
			;
		/* a word that is too long for any line is not broken */
		if (!n)
			n = strcspn(text, " ");
	}
	*len = n;
	text += n;
	while (*text == ' ')
		text++;
	return text;
}

static void wrap(struct emitter *em, int indent, const char *first,
		 const char *text)
{
	char head[INDENT_MAX + 1];
	int len;

	snprintf(head, sizeof(head), "%-*s", indent, first);
	do {
		const char *rest = one_line(text, WIDTH - indent, &len);

		emit_print(em, "%s%.*s\n", head, len, text);
		memset(head, ' ', indent);
		text = rest;
	} while (*text);
}

static void print_finding(const struct finding *f, struct emitter *em)
{
	char head[64];
	char todo[600];

	snprintf(head, sizeof(head), "%-13s%-15s", grade_texts[f->grade],
		 f->name);
	wrap(em, 28, head, f->why);
	if (!*f->todo)
		return;
	snprintf(todo, sizeof(todo), "> %s", f->todo);
	wrap(em, 28, "", todo);
}

static void print_danger(const struct danger *danger, struct emitter *em)
{
	char text[512];

	snprintf(text, sizeof(text), "%s: %s",
		 protection_words[danger->protection], danger->why);
	wrap(em, INDENT_MAX, danger->name, text);
}

static void report_finding(const struct finding *f, struct emitter *em)
{
	struct jsonl *line = emit_begin(em, "finding", emit_stamp(em));

	jsonl_string(line, "name", f->name);
	jsonl_string(line, "grade", grade_words[f->grade]);
	jsonl_string(line, "why", f->why);
	emit_name(line, "todo", f->todo);
	emit_end(em);
}

static void report_danger(const struct danger *danger, struct emitter *em)
{
	struct jsonl *line = emit_begin(em, "danger", emit_stamp(em));

	jsonl_string(line, "name", danger->name);
	jsonl_string(line, "protected", protection_words[danger->protection]);
	jsonl_bool(line, "watchdogs_task", danger->machine);
	jsonl_string(line, "why", danger->why);
	emit_end(em);
}

/* Those that have one of the answers, behind its phrase. */
static void list_dangers(const struct danger *list, int n,
			 enum protection answer, const char *separator,
			 char *text, size_t size)
{
	size_t len = strlen(text);
	bool first = true;
	int i;

	for (i = 0; i < n && len < size; i++) {
		if (list[i].protection != answer)
			continue;
		if (first)
			len += snprintf(text + len, size - len, "%s%s",
					separator, protection_phrases[answer]);
		len += snprintf(text + len, len < size ? size - len : 0,
				"%s%s", first ? "" : ", ", list[i].name);
		first = false;
	}
}

/* "NOT PROTECTED against a, b; against c": what is said first needs no "not" */
static void last_line(const struct danger *list, int n, enum overall overall,
		      char *text, size_t size)
{
	const char *skip = overall == OVERALL_NOT_PROTECTED ? "not " :
			   overall == OVERALL_CANNOT_TELL ? "cannot tell: " : "";
	char rest[512] = "";
	size_t i;

	for (i = 0; i < N_PROTECTIONS; i++)
		list_dangers(list, n, overalls[overall].order[i],
			     *rest ? "; " : "", rest, sizeof(rest));
	if (strncmp(rest, skip, strlen(skip)))
		skip = "";
	snprintf(text, size, "%s%s%s", overalls[overall].text,
		 overall == OVERALL_PARTLY || overall == OVERALL_CANNOT_TELL ?
		 ": " : " ", rest + strlen(skip));
}

static int count_grade(const struct finding *list, int n, enum grade grade)
{
	int i, count = 0;

	for (i = 0; i < n; i++)
		count += list[i].grade == grade;
	return count;
}

/* A plug-in's status is that of the worst it found. */
static int status_of(enum overall overall, const struct finding *list, int n)
{
	int status = overalls[overall].status;

	if (count_grade(list, n, GRADE_FAIL))
		return CHECK_CRITICAL;
	if (status == CHECK_OK && count_grade(list, n, GRADE_WARN))
		return CHECK_WARNING;
	return status;
}

/* " (fail: holder, access)" */
static void list_fails(const struct finding *list, int n, char *text,
		       size_t size)
{
	size_t len = strlen(text);
	bool any = false;
	int i;

	for (i = 0; i < n && len < size; i++) {
		if (list[i].grade != GRADE_FAIL)
			continue;
		len += snprintf(text + len, size - len, "%s%s",
				any ? ", " : " (fail: ", list[i].name);
		any = true;
	}
	if (any && len < size)
		snprintf(text + len, size - len, ")");
}

static void print_all(const struct finding *list, int n,
		      const struct danger *dangers, int n_dangers,
		      enum overall overall, struct emitter *em)
{
	char text[800];
	int i;

	for (i = 0; i < n; i++)
		print_finding(&list[i], em);
	emit_print(em, "\nPROTECTED AGAINST\n");
	for (i = 0; i < n_dangers; i++)
		print_danger(&dangers[i], em);
	last_line(dangers, n_dangers, overall, text, sizeof(text));
	list_fails(list, n, text, sizeof(text));
	emit_print(em, "\n%d pass, %d warn, %d fail, %d cannot tell\n",
		   count_grade(list, n, GRADE_PASS),
		   count_grade(list, n, GRADE_WARN),
		   count_grade(list, n, GRADE_FAIL),
		   count_grade(list, n, GRADE_CANNOT));
	emit_print(em, "%s\n", text);
}

static void report_all(const struct finding *list, int n,
		       const struct danger *dangers, int n_dangers,
		       enum overall overall, struct emitter *em)
{
	struct jsonl *line;
	char text[800];
	int i;

	last_line(dangers, n_dangers, overall, text, sizeof(text));
	list_fails(list, n, text, sizeof(text));
	for (i = 0; i < n; i++)
		report_finding(&list[i], em);
	for (i = 0; i < n_dangers; i++)
		report_danger(&dangers[i], em);
	line = emit_begin(em, "checked", emit_stamp(em));
	jsonl_string(line, "protected", overalls[overall].word);
	jsonl_i64(line, "status", status_of(overall, list, n));
	jsonl_i64(line, "pass", count_grade(list, n, GRADE_PASS));
	jsonl_i64(line, "warn", count_grade(list, n, GRADE_WARN));
	jsonl_i64(line, "fail", count_grade(list, n, GRADE_FAIL));
	jsonl_i64(line, "cannot_tell", count_grade(list, n, GRADE_CANNOT));
	jsonl_string(line, "message", text);
	emit_end(em);
}

/**
 * check_report() - judge what was read and print it
 * @facts: what was read
 * @em: where to
 *
 * Return: exit status.
 */
int check_report(const struct facts *facts, struct emitter *em)
{
	struct finding *list = calloc(FINDINGS_MAX, sizeof(*list));
	struct danger dangers[DANGERS_MAX];
	enum overall overall;
	int n, n_dangers, status;

	if (!list) {
		emit_err(em, "no memory");
		return CHECK_UNKNOWN;
	}
	n = findings_judge(facts, list, FINDINGS_MAX);
	n_dangers = dangers_judge(facts, dangers);
	overall = overall_of(dangers, n_dangers);
	/* something is wrong, also where no danger above is about it */
	if (overall == OVERALL_PROTECTED && count_grade(list, n, GRADE_FAIL))
		overall = OVERALL_PARTLY;
	(em->json ? report_all : print_all)(list, n, dangers, n_dangers,
					    overall, em);
	status = status_of(overall, list, n);
	free(list);
	return em->failed ? CHECK_UNKNOWN : status;
}

/**
 * check_run() - read, judge, print
 * @opts: what was asked
 * @em: where to
 *
 * Return: exit status.
 */
int check_run(const struct check_options *opts, struct emitter *em)
{
	struct facts *facts = calloc(1, sizeof(*facts));
	int status;

	if (!facts) {
		emit_err(em, "no memory");
		return CHECK_UNKNOWN;
	}
	facts_gather(opts, facts);
	status = check_report(facts, em);
	free(facts);
	return status;
}
