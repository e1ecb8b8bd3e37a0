// SPDX-License-Identifier: GPL-2.0
/* Arguments of pug ledger: the whole text is what is wanted, or it is refused. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ledger-cmd.h"
#include "ledger.h"
#include "num.h"

/* util.h has the kernel's names for nanoseconds too, but signed */
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);

#define SECONDS_MAX 86400ULL

/**
 * ledger_arg_ns() - seconds, with decimals
 * @state: of argp; a usage error does not return
 * @option: its name, for the error
 * @text: given
 *
 * Return: nanoseconds, up to a day.
 */
int64_t ledger_arg_ns(const struct argp_state *state, const char *option, const char *text)
{
	uint64_t ns = 0;

	if (num_seconds_ns(text, SECONDS_MAX * NSEC_PER_SEC, &ns))
		argp_error(state, "%s %s: seconds are wanted, such as 0.1, up to a day", option,
			   text);
	return ns;
}

/**
 * ledger_arg_number() - a whole number from 1
 * @state: of argp; a usage error does not return
 * @option: its name, for the error
 * @text: given
 *
 * Return: the number.
 */
uint64_t ledger_arg_number(const struct argp_state *state, const char *option, const char *text)
{
	uint64_t value = 0;

	if (num_u64(text, 1000000000000ULL, &value) || !value)
		argp_error(state, "%s %s: a whole number is wanted, from 1", option, text);
	return value;
}

/**
 * ledger_arg_table() - the ledger's table
 * @state: of argp; a usage error does not return
 * @text: given
 *
 * Return: the name.
 */
const char *ledger_arg_table(const struct argp_state *state, const char *text)
{
	if (!ledger_table_is_good(text))
		argp_error(state, "--table %s: small letters, digits and '_' are wanted, with one '.' after a schema",
			   text);
	return text;
}

/**
 * ledger_arg_name() - NAME=DSN
 * @state: of argp; a usage error does not return
 * @option: its name, for the error
 * @text: given
 * @names: one is added; ledger_names_free() them
 * @n: how many
 *
 * The text is not repeated in errors: a password may be in it.
 */
void ledger_arg_name(const struct argp_state *state, const char *option, const char *text,
		     struct ledger_name **names, size_t *n)
{
	const char *equals = strchr(text, '=');
	char *name;

	if (!equals)
		argp_error(state, "%s: NAME=DSN is wanted", option);
	name = xstrdup(text);
	name[equals - text] = '\0';
	if (!journal_name_is_good(name))
		argp_error(state, "%s: before the first '=' a name is wanted, of letters, digits, '-', '_' and '.'",
			   option);
	for (size_t i = 0; i < *n; i++)
		if (!strcmp((*names)[i].name, name))
			argp_error(state, "%s: two are called %s", option, name);
	*names = xrealloc(*names, (*n + 1) * sizeof(**names));
	(*names)[*n] = (struct ledger_name) { .name = name, .dsn = equals + 1 };
	++*n;
}

/**
 * ledger_names_free() - free them
 * @names: may be NULL
 * @n: how many
 */
void ledger_names_free(struct ledger_name *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i].name);
	free(names);
}
