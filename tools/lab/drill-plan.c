// SPDX-License-Identifier: GPL-2.0
/*
 * Plans: text that says which drills are played, in the words of the command line.
 *
 *	# a comment
 *	== a heading
 *	3x freeze-leader --watchdog i6300esb
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "compiler.h"
#include "drill-options.h"
#include "drill-plan.h"
#include "plan.h"
#include "util.h"

#define WORDS_MAX 40
#define ROWS_MAX 10000
#define REPEAT_MAX 1000

/* Rows of a kind of cluster are neighbours: a saved one serves them all */
static const struct {
	const char *name;
	const char *help;
	const char *text;
} plans[] = {
	{
		"talk", "what the talk shows, and the two that it warns of",
		"== as in the talk\n"
		"freeze-leader\n"
		"freeze-leader --watchdog i6300esb --mode required\n"
		"freeze-leader --watchdog softdog --mode required\n"
		"freeze-leader --fault vm-pause\n"
		"freeze-leader --fault disk-full\n",
	},
	{
		"configuration", "the talk's advice, a piece at a time and together",
		"== nothing\n"
		"3x freeze-leader\n"
		"freeze-leader --fault vm-pause\n"
		"freeze-leader --fault vm-snapshot\n"
		"freeze-leader --fault disk-full\n"
		"freeze-leader --fault partition\n"
		"freeze-leader --fault patroni-hang\n"
		"freeze-leader --fault rt-hog\n"
		"freeze-leader --fault kill-patroni\n"
		"freeze-leader --fault kill-postgres\n"
		"freeze-leader --fault etcd-pause\n"
		"freeze-leader --fault two-freezes\n"
		"freeze-leader --fault new-leader\n"
		"freeze-leader --fault live-migration\n"
		"freeze-leader --fault live-migration --freeze 1\n"
		"== a watchdog\n"
		"3x freeze-leader --watchdog i6300esb --mode required\n"
		"freeze-leader --watchdog i6300esb --mode required --fault vm-pause\n"
		"freeze-leader --watchdog i6300esb --mode required --fault vm-snapshot\n"
		"freeze-leader --watchdog i6300esb --mode required --fault partition\n"
		"freeze-leader --watchdog i6300esb --mode required --fault patroni-hang\n"
		"freeze-leader --watchdog i6300esb --mode required --fault rt-hog\n"
		"freeze-leader --watchdog i6300esb --mode required --fault kill-patroni\n"
		"freeze-leader --watchdog i6300esb --mode required --fault kill-postgres\n"
		"freeze-leader --watchdog i6300esb --mode required --fault etcd-pause\n"
		"freeze-leader --watchdog i6300esb --mode required --fault two-freezes\n"
		"3x freeze-leader --watchdog i6300esb --mode required --fault new-leader\n"
		"3x freeze-leader --watchdog i6300esb --mode required --check-timeline --fault new-leader\n"
		"freeze-leader --watchdog i6300esb --mode required --fault live-migration\n"
		"3x freeze-leader --watchdog softdog --mode required\n"
		"freeze-leader --watchdog softdog --mode required --clock acpi_pm\n"
		"freeze-leader --watchdog i6300esb --mode required --fault rt-hog-50\n"
		"freeze-leader --watchdog itco --mode required\n"
		"freeze-leader --watchdog itco --mode required --ttl 60 --freeze 75\n"
		"== a watchdog if there is one\n"
		"freeze-leader --watchdog i6300esb --mode automatic\n"
		"freeze-leader --mode automatic\n"
		"== a better unit and watchdog section\n"
		"3x freeze-leader --watchdog i6300esb --unit improved\n"
		"freeze-leader --watchdog i6300esb --unit improved --fault vm-pause\n"
		"freeze-leader --watchdog i6300esb --unit improved --fault etcd-pause\n"
		"freeze-leader --watchdog i6300esb --unit improved --fault rt-hog-50\n"
		"== synchronous replication\n"
		"3x freeze-leader --sync on\n"
		"freeze-leader --sync on --fault vm-pause\n"
		"freeze-leader --watchdog i6300esb --mode required --sync on --fault new-leader\n"
		"freeze-leader --sync strict\n"
		"freeze-leader --sync strict --fault vm-pause\n"
		"freeze-leader --sync two\n"
		"freeze-leader --sync two --watchdog i6300esb --mode required\n"
		"freeze-leader --sync any-1\n"
		"freeze-leader --sync any-1 --watchdog i6300esb --mode required\n"
		"== Debian 13: PostgreSQL 17, Patroni 4\n"
		"freeze-leader --release trixie\n"
		"freeze-leader --release trixie --watchdog i6300esb --mode required\n"
		"freeze-leader --release trixie --sync quorum\n"
		"freeze-leader --release trixie --sync quorum --watchdog i6300esb --mode required\n"
		"== repmgr, which has no fencing\n"
		"freeze-leader --manager repmgr\n"
		"freeze-leader --manager repmgr --watchdog i6300esb\n"
		"freeze-leader --manager repmgr --fault vm-pause\n"
		"== no automatic rewind\n"
		"freeze-leader --no-pg-rewind --salvage node\n"
		"== an archive of WAL\n"
		"freeze-leader --salvage archive\n"
		"freeze-leader --salvage stream\n"
		"== pug watch beside the VMs\n"
		"freeze-leader --outside 15\n"
		"freeze-leader --outside 15 --fault vm-pause\n"
		"freeze-leader --outside 15 --fault disk-full\n"
		"== a fence\n"
		"3x freeze-leader --fence strict\n"
		"freeze-leader --fence strict --fault vm-pause\n"
		"freeze-leader --fence strict --fault disk-full\n"
		"freeze-leader --fence strict --fault partition\n"
		"freeze-leader --fence strict --fault patroni-hang\n"
		"freeze-leader --fence strict --fault live-migration\n"
		"freeze-leader --fence strict --fault rt-hog\n"
		"== a watchdog, a fence, synchronous replication\n"
		"3x freeze-leader --watchdog i6300esb --mode required --fence strict --sync on\n"
		"freeze-leader --watchdog i6300esb --mode required --fence strict --sync on --fault vm-snapshot\n"
		"freeze-leader --watchdog i6300esb --mode required --fence strict --sync on --fault rt-hog-50\n"
		"freeze-leader --watchdog i6300esb --mode required --fence strict --sync on --fault two-freezes\n"
		"freeze-leader --watchdog i6300esb --mode required --fence strict --sync on --fault new-leader\n"
		"freeze-leader --watchdog i6300esb --mode required --fence strict --sync on --fault live-migration\n"
		"freeze-leader --watchdog i6300esb --mode required --fence strict --sync on --fault kill-patroni\n"
		"freeze-leader --watchdog i6300esb --mode required --fence strict --sync on --fault kill-postgres\n"
		"freeze-leader --watchdog i6300esb --mode required --fence strict --sync on --fault etcd-pause\n"
		"freeze-leader --watchdog i6300esb --mode required --fence strict --sync on --fault vm-pause\n"
		"freeze-leader --watchdog i6300esb --mode required --fence strict --sync on --fault disk-full\n"
		"freeze-leader --watchdog i6300esb --mode required --fence strict --sync on --fault partition\n"
		"freeze-leader --watchdog i6300esb --mode required --fence strict --sync on --fault patroni-hang\n"
		"freeze-leader --watchdog i6300esb --mode required --fence strict --sync on --fault rt-hog\n"
		"== the poison pill\n"
		"freeze-leader --fence sbd\n"
		"freeze-leader --fence sbd --fault vm-pause\n"
		"freeze-leader --fence sbd --fault patroni-hang\n"
		"freeze-leader --fence sbd --fault partition\n"
		"freeze-leader --fence sbd --fault rt-hog\n"
		"freeze-leader --fence sbd --release trixie\n"
		"== a watchdog and a fence\n"
		"3x freeze-leader --watchdog i6300esb --mode required --fence strict\n"
		"freeze-leader --watchdog i6300esb --mode required --fence strict --fault vm-pause\n"
		"freeze-leader --watchdog i6300esb --mode required --fence strict --fault disk-full\n"
		"freeze-leader --watchdog i6300esb --mode required --fence strict --fault partition\n"
		"freeze-leader --watchdog i6300esb --mode required --fence strict --fault patroni-hang\n"
		"freeze-leader --watchdog i6300esb --mode required --fence strict --fault rt-hog\n",
	},
};

/* "freeze-leader --ttl 20" is freeze-leader_ttl_20 */
static char *folder_name(const char *words)
{
	char *name = xstrdup(words), *to = name;

	for (const char *from = words; *from; from++) {
		bool dash = *from == '-';

		if (dash && to > name && to[-1] == '_')
			continue;
		*to++ = dash || isalnum((unsigned char)*from) ? *from : '_';
	}
	*to = '\0';
	return name;
}

static void add_row(struct drill_plan *plan, const char *group, const char *words,
		    unsigned int repeat, const struct drill *drill)
{
	struct plan_row *row;

	plan->rows = xrealloc(plan->rows, (plan->n + 1) * sizeof(*plan->rows));
	row = &plan->rows[plan->n++];
	*row = (struct plan_row) {
		xstrdup(group), xstrdup(words), folder_name(words), *drill, repeat,
	};
}

static void __noreturn __printf(2, 3)
give_up(const char *where, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	warn_line("%s: %s", where, text);
	exit(PUG_COULD_NOT_RUN);
}

/* "3x": how often, 1 where the line does not begin so */
static unsigned int take_repeat(char **words, const char *where)
{
	unsigned int repeat = 1;
	char *x = strchr(*words, 'x');

	if (!isdigit((unsigned char)**words) || !x || x[1] != ' ')
		return 1;
	*x = '\0';
	if (plan_number(*words, 1, REPEAT_MAX, &repeat))
		give_up(where, "%sx: a whole number from 1 to %d is wanted", *words, REPEAT_MAX);
	*words = x + 2;
	return repeat;
}

/* One space between words, none around them */
static void tidy(char *line)
{
	char *to = line;

	for (const char *from = line; *from; from++) {
		bool space = isspace((unsigned char)*from);

		if (!space)
			*to++ = *from;
		else if (to > line && to[-1] != ' ')
			*to++ = ' ';
	}
	if (to > line && to[-1] == ' ')
		to--;
	*to = '\0';
}

static void read_row(struct drill_plan *plan, const char *group, char *words, char *where)
{
	unsigned int repeat = take_repeat(&words, where);
	char *copy = xstrdup(words), *rest = copy, *argv[WORDS_MAX + 1];
	struct drill_options o;
	int argc = 0;

	if (plan->n >= ROWS_MAX)
		give_up(where, "more than %d drills", ROWS_MAX);
	argv[argc++] = where;
	for (char *word; argc < WORDS_MAX && (word = strsep(&rest, " "));)
		argv[argc++] = word;
	argv[argc] = NULL;
	drill_options_read(&o, argc, argv);
	add_row(plan, group, words, repeat, &o.drill);
	free(copy);
}

/**
 * drill_plan_read() - a plan from its text
 * @plan: empty
 * @in: the text
 * @name: where it is from, for messages
 *
 * What is wrong with it is said, with its line, and ends the program with status 2.
 */
void drill_plan_read(struct drill_plan *plan, FILE *in, const char *name)
{
	char *line = NULL, *group = xstrdup("");
	unsigned int number = 0;
	size_t size = 0;

	while (getline(&line, &size, in) > 0) {
		char *where = xasprintf("%s:%u", name, ++number);

		tidy(line);
		if (!strncmp(line, "== ", 3)) {
			free(group);
			group = xstrdup(line + 3);
		} else if (*line && *line != '#') {
			read_row(plan, group, line, where);
		}
		free(where);
	}
	if (ferror(in))
		give_up(name, "it can't be read: %s", strerror(errno));
	free(line);
	free(group);
}

static void say_names(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(plans); i++)
		fprintf(stderr, "  %-13s  %s\n", plans[i].name, plans[i].help);
}

/**
 * drill_plan_open() - one of ours, or a file of the user's
 * @plan: empty
 * @name: of one, or a path
 *
 * Return: 0; -1 after saying why there is none.
 */
int drill_plan_open(struct drill_plan *plan, const char *name)
{
	FILE *in = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(plans) && !in; i++)
		if (!strcmp(plans[i].name, name))
			in = fmemopen((char *)plans[i].text, strlen(plans[i].text), "r");
	if (!in)
		in = fopen(name, "re");
	if (!in) {
		warn_line("%s is no plan, and no file of one: %s; there are", name,
			  strerror(errno));
		say_names();
		return -1;
	}
	drill_plan_read(plan, in, name);
	fclose(in);
	if (plan->n)
		return 0;
	warn_line("%s: there is no drill in this plan", name);
	return -1;
}

/**
 * drill_plan_print() - as it can be read again
 * @plan: any
 * @out: written to
 */
void drill_plan_print(const struct drill_plan *plan, FILE *out)
{
	const char *group = "";

	for (size_t i = 0; i < plan->n; i++) {
		const struct plan_row *row = &plan->rows[i];

		if (strcmp(group, row->group))
			fprintf(out, "== %s\n", row->group);
		group = row->group;
		if (row->repeat > 1)
			fprintf(out, "%ux ", row->repeat);
		fprintf(out, "%s\n", row->words);
	}
}

/**
 * drill_plan_free() - give it back
 * @plan: empty afterwards
 */
void drill_plan_free(struct drill_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		free(plan->rows[i].group);
		free(plan->rows[i].words);
		free(plan->rows[i].name);
	}
	free(plan->rows);
	memset(plan, 0, sizeof(*plan));
}
