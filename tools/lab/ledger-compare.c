// SPDX-License-Identifier: GPL-2.0
/* pug ledger compare: any table on two servers. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "command.h"
#include "compare.h"
#include "compiler.h"
#include "keep.h"
#include "ledger-cmd.h"
#include "ledger.h"
#include "util.h"

#define QUERY_NS (300 * NSEC_PER_SEC)

enum { OPT_DSN = 512, OPT_TABLE, OPT_KEY, OPT_LIMIT, OPT_TIMEOUT, OPT_JSON };

struct compare_command {
	const char *dsns[2];
	size_t n;
	const char *table;
	const char *key;
	uint64_t limit;
	int64_t query_ns;
	bool json;
};

static const struct argp_option options[] = {
	{ "dsn", OPT_DSN, "DSN", 0, "A server; given twice, for A and B", 0 },
	{ "table", OPT_TABLE, "NAME", 0, "The table, as in SQL (default " LEDGER_TABLE ")", 0 },
	{ "key", OPT_KEY, "COLUMN,...", 0,
	  "Compare by these columns (default: the primary key; of the ledger's table client,id)",
	  0 },
	{ "limit", OPT_LIMIT, "N", 0, "Name at most N keys (default 100); all are counted", 0 },
	{ "timeout", OPT_TIMEOUT, "S", 0, "Time limit of a statement (default 300)", 0 },
	{ "json", OPT_JSON, NULL, 0, "Print JSON", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct compare_command *c = state->input;

	switch (key) {
	case OPT_DSN:
		if (c->n == ARRAY_SIZE(c->dsns))
			argp_error(state, "two servers, please");
		c->dsns[c->n++] = arg;
		return 0;
	case OPT_TABLE:
		c->table = arg;
		return 0;
	case OPT_KEY:
		c->key = arg;
		return 0;
	case OPT_LIMIT:
		c->limit = ledger_arg_number(state, "--limit", arg);
		return 0;
	case OPT_TIMEOUT:
		c->query_ns = ledger_arg_ns(state, "--timeout", arg);
		return 0;
	case OPT_JSON:
		c->json = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "an argument too many");
		return 0;
	case ARGP_KEY_END:
		if (c->n != ARRAY_SIZE(c->dsns))
			argp_error(state, "--dsn is wanted twice");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	options, parse_option, NULL,
	"Compare a table on two servers by ranges of its key, each server in one snapshot, and say\n"
	"which keys are only on A, only on B, or have different rows.\n"
	"\vWhat is written between the two snapshots is a difference: stop the writers first.\n"
	"Exit status: 0 the same, 1 different, 2 could not tell.",
	NULL, NULL, NULL,
};

static const char * const kind_words[COMPARE_KINDS] = {
	[COMPARE_ONLY_A] = "only on A", [COMPARE_ONLY_B] = "only on B",
	[COMPARE_DIFFERENT] = "different",
};

static const char * const kind_keys[COMPARE_KINDS] = {
	[COMPARE_ONLY_A] = "only_a", [COMPARE_ONLY_B] = "only_b",
	[COMPARE_DIFFERENT] = "different",
};

/**
 * struct report - what is said of keys
 * @command: asked
 * @compare: under way
 * @json: lists by kind, or NULL for text
 * @named: keys so far
 */
struct report {
	const struct compare_command *command;
	const struct compare *compare;
	json_t *json;
	uint64_t named;
};

static void print_key(const struct compare_table *t, enum compare_kind kind, char *const *key)
{
	printf("%-10s", kind_words[kind]);
	for (size_t i = 0; i < t->keys_n; i++) {
		char *text = text_escape(key[i]), *column = text_escape(t->keys[i]);

		printf(" %s=%s", column, text);
		free(column);
		free(text);
	}
	putchar('\n');
}

static void on_found(enum compare_kind kind, char *const *key, void *data)
{
	struct report *report = data;
	const struct compare_table *t = &report->compare->tables[0];
	json_t *o;

	if (report->named++ >= report->command->limit)
		return;
	if (!report->json) {
		print_key(t, kind, key);
		return;
	}
	o = json_object();
	for (size_t i = 0; i < t->keys_n; i++)
		json_object_set_new(o, t->keys[i], json_text(key[i]));
	json_array_append_new(json_object_get(report->json, kind_keys[kind]), o);
}

static void print_end(const struct compare *c, const struct report *report)
{
	if (report->named > report->command->limit)
		printf("... and %llu more (--limit)\n",
		       (unsigned long long)(report->named - report->command->limit));
	printf("%s: %llu rows on A, %llu on B: ", c->tables[0].name,
	       (unsigned long long)c->rows[0], (unsigned long long)c->rows[1]);
	if (!report->named)
		puts("THE SAME");
	else
		printf("DIFFERENT: %llu only on A, %llu only on B, %llu different\n",
		       (unsigned long long)c->counts[COMPARE_ONLY_A],
		       (unsigned long long)c->counts[COMPARE_ONLY_B],
		       (unsigned long long)c->counts[COMPARE_DIFFERENT]);
}

static void print_json(const struct compare *c, const struct report *report)
{
	json_t *o = json_pack("{s:o, s:b, s:[I, I], s:I, s:I, s:I, s:b, s:I}",
			      "table", json_text(c->tables[0].name), "same", !report->named,
			      "rows", (json_int_t)c->rows[0], (json_int_t)c->rows[1],
			      "only_a_rows", (json_int_t)c->counts[COMPARE_ONLY_A],
			      "only_b_rows", (json_int_t)c->counts[COMPARE_ONLY_B],
			      "different_rows", (json_int_t)c->counts[COMPARE_DIFFERENT],
			      "all_named", report->named <= report->command->limit,
			      "statements", (json_int_t)c->queries);

	json_object_update(o, report->json);
	results_write(o, "-");
}

static int compare(const struct compare_command *command, const struct dsn dsns[2])
{
	struct report report = { .command = command };
	struct compare c = {
		.limit_ns = command->query_ns, .found = on_found, .data = &report,
	};
	int ret;

	report.compare = &c;
	if (command->json) {
		report.json = json_object();
		for (int kind = 0; kind < COMPARE_KINDS; kind++)
			json_object_set_new(report.json, kind_keys[kind], json_array());
	}
	ret = compare_begin(&c, dsns, command->table, command->key);
	if (!ret && c.bytewise)
		warn_line("the servers order texts differently (collation or its version): comparing by bytes, which no index helps");
	if (!ret)
		ret = compare_run(&c);
	if (ret)
		warn_line("ledger compare: %s", c.error);
	else if (command->json)
		print_json(&c, &report);
	else
		print_end(&c, &report);
	json_decref(report.json);
	compare_end(&c);
	return ret ? PUG_COULD_NOT_RUN : report.named ? PUG_SURPRISE : PUG_AS_EXPECTED;
}

/**
 * ledger_cmd_compare() - pug ledger compare
 * @argc: as main()
 * @argv: as main(), from "compare" on
 *
 * Return: exit status.
 */
int ledger_cmd_compare(int argc, char **argv)
{
	struct compare_command c = {
		.table = LEDGER_TABLE, .limit = 100, .query_ns = QUERY_NS,
	};
	struct dsn dsns[2] = { 0 };
	int ret = PUG_AS_EXPECTED;
	char *why;

	argp_err_exit_status = PUG_COULD_NOT_RUN;
	argv[0] = (char *)"pug ledger compare";
	argp_parse(&argp, argc, argv, 0, NULL, &c);
	if (!c.key && !strcmp(c.table, LEDGER_TABLE))
		c.key = "client,id";
	for (int side = 0; side < 2 && !ret; side++) {
		if (!dsn_parse(&dsns[side], c.dsns[side], &why))
			continue;
		warn_line("ledger compare: %c: %s", 'A' + side, why);
		free(why);
		ret = PUG_COULD_NOT_RUN;
	}
	if (!ret)
		ret = compare(&c, dsns);
	dsn_free(&dsns[0]);
	dsn_free(&dsns[1]);
	return ret;
}
