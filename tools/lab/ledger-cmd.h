/* SPDX-License-Identifier: GPL-2.0 */
/* What the subcommands of pug ledger share. */
#ifndef PUG_LEDGER_CMD_H
#define PUG_LEDGER_CMD_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int ledger_cmd_init(int argc, char **argv);
int ledger_cmd_run(int argc, char **argv);
int ledger_cmd_settle(int argc, char **argv);
int ledger_cmd_compare(int argc, char **argv);

/**
 * struct ledger_name - NAME=DSN from the command line
 * @name: before the '='
 * @dsn: behind it
 * @cling: of a client: see struct ledger_client
 */
struct ledger_name {
	char *name;
	const char *dsn;
	bool cling;
};

int64_t ledger_arg_ns(const struct argp_state *state, const char *option, const char *text);
uint64_t ledger_arg_number(const struct argp_state *state, const char *option, const char *text);
const char *ledger_arg_table(const struct argp_state *state, const char *text);
void ledger_arg_name(const struct argp_state *state, const char *option, const char *text,
		     struct ledger_name **names, size_t *n);
void ledger_names_free(struct ledger_name *names, size_t n);

#endif
