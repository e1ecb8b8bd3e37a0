/* SPDX-License-Identifier: GPL-2.0 */
/* Connection strings: never with a password in argv, one server at a time. */
#ifndef PUG_DSN_H
#define PUG_DSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libpq-fe.h>

/**
 * struct dsn - a connection string of libpq, taken apart
 * @options: its settings, as libpq parsed them
 * @hosts: servers in it, tried one after another; "" is libpq's own default
 * @addrs: hostaddr of each, or NULL
 * @ports: of each, or NULL
 * @n: how many
 * @connect_ns: its connect_timeout, 0 if it has none
 */
struct dsn {
	PQconninfoOption *options;
	char **hosts;
	char **addrs;
	char **ports;
	size_t n;
	int64_t connect_ns;
};

int dsn_parse(struct dsn *dsn, const char *text, char **why);
int dsn_parse_private(struct dsn *dsn, const char *text, char **why);
char *dsn_join(const struct dsn *dsns, size_t n, const char *extra, char **why);
void dsn_free(struct dsn *dsn);
PGconn *dsn_start(const struct dsn *dsn, size_t host);
char *dsn_server(const struct dsn *dsn, size_t host);

#endif
