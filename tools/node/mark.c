// SPDX-License-Identifier: GPL-2.0
/*
 * pug-node mark: one line with a stamp of the HPET.
 *
 * Scripts put these between other programs' output, to place on the ruler what
 * carries no stamp of its own.
 */
#include <argp.h>
#include <string.h>

#include "compiler.h"
#include "emit.h"
#include "kv.h"
#include "node.h"

struct mark_options {
	const char *event;
	char **fields;
	int n_fields;
};

static const char * const taken_keys[] = { "event", "hpet", "hpet_period_fs" };

static bool key_is_taken(const char *key, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(taken_keys); i++) {
		if (strlen(taken_keys[i]) == len &&
		    !memcmp(taken_keys[i], key, len))
			return true;
	}
	return false;
}

static bool field_is_repeated(char **fields, int n)
{
	size_t len = strcspn(fields[n], "=") + 1;
	int i;

	for (i = 0; i < n; i++) {
		if (!strncmp(fields[i], fields[n], len))
			return true;
	}
	return false;
}

static void check_fields(struct mark_options *opts, struct argp_state *state)
{
	int i;

	for (i = 0; i < opts->n_fields; i++) {
		const char *field = opts->fields[i];
		size_t key_len = strcspn(field, "=");

		if (field[key_len] != '=')
			argp_error(state, "not of the form key=value: %s",
				   field);
		if (!kv_key_is_plain(field, key_len))
			argp_error(state, "a key is [a-z_][a-z0-9_]*: %s",
				   field);
		if (key_is_taken(field, key_len))
			argp_error(state, "this key has a meaning already: %s",
				   field);
		if (field_is_repeated(opts->fields, i))
			argp_error(state, "this key is given twice: %s", field);
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct mark_options *opts = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (!*arg)
			argp_error(state, "the event has no name");
		opts->event = arg;
		opts->fields = state->argv + state->next;
		opts->n_fields = state->argc - state->next;
		state->next = state->argc;
		check_fields(opts, state);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which event?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.parser = parse,
	.args_doc = "EVENT [KEY=VALUE...]",
	.doc = "Write one line of JSON with a stamp of the HPET's main counter.\n"
	       "\v{\"event\":\"EVENT\",\"hpet\":TICKS,\"hpet_period_fs\":N,\"KEY\":VALUE...}\n\n"
	       "The stamp is null where /dev/hpet cannot be mapped. Values that are plain\n"
	       "decimal integers become numbers, all others strings. Where the environment\n"
	       "has PUG_RULER_FD=N, descriptor N is taken for /dev/hpet.\n\n"
	       NODE_EXIT_DOC("the line was written",
			     "the line could not be written", "a wrong key"),
};

/* check_fields() has seen that the key is short and plain. */
static void put_field(struct jsonl *line, char *field)
{
	char *value = strchr(field, '=');

	*value++ = '\0';
	jsonl_auto(line, field, value, strlen(value));
}

/**
 * cmd_mark() - pug-node mark
 * @argc: number of arguments
 * @argv: arguments; [0] is "pug-node mark"
 *
 * Return: exit status.
 */
int cmd_mark(int argc, char **argv)
{
	struct mark_options opts = { 0 };
	struct emitter em;
	struct jsonl *line;
	struct stamp now;
	int i;

	emit_init(&em, argv[0], true);
	/* before the arguments are looked at: a mark means now */
	ruler_open(&em.ruler);
	now = emit_stamp(&em);
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &opts))
		return NODE_USAGE;
	line = emit_begin(&em, opts.event, now);
	if (now.known)
		jsonl_u64(line, "hpet_period_fs", em.ruler.period_fs);
	else
		jsonl_null(line, "hpet_period_fs");
	for (i = 0; i < opts.n_fields; i++)
		put_field(line, opts.fields[i]);
	emit_end(&em);
	ruler_close(&em.ruler);
	return em.failed ? NODE_NEGATIVE : NODE_OK;
}
