// SPDX-License-Identifier: GPL-2.0
/*
 * libpq tries the servers of a multi-host string by itself, but without a time
 * limit for each when it does not block. A frozen machine answers nothing, and
 * through slirp it even takes connections. So each server is tried by itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler.h"
#include "dsn.h"
#include "util.h"

#define DSN_FILE_MAX 4096
#define CONNECT_TIMEOUT_MAX 3600
#define DEF_PGPORT_TEXT "5432"

static int __printf(2, 3)
refuse(char **why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	*why = xvasprintf(fmt, ap);
	va_end(ap);
	return -1;
}

static const char *option_of(const PQconninfoOption *options, const char *keyword)
{
	for (; options && options->keyword; options++)
		if (!strcmp(options->keyword, keyword))
			return options->val && *options->val ? options->val : NULL;
	return NULL;
}

static int file_is_private(int fd, const char *path, char **why)
{
	struct stat st;

	if (fstat(fd, &st))
		return refuse(why, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return refuse(why, "%s is no file", path);
	if (st.st_mode & 077)
		return refuse(why, "%s may be read by others: chmod 600 %s", path, path);
	return 0;
}

/* The text of a file, without the newlines at its end */
static char *read_dsn_file(const char *path, char **why)
{
	char *text = NULL;
	ssize_t len;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		refuse(why, "%s: %s", path, strerror(errno));
		return NULL;
	}
	if (file_is_private(fd, path, why))
		goto out;
	text = xcalloc(1, DSN_FILE_MAX + 1);
	len = read(fd, text, DSN_FILE_MAX + 1);
	if (len < 0 || len > DSN_FILE_MAX || memchr(text, '\0', len > 0 ? len : 0)) {
		refuse(why, "%s: %s", path, len < 0 ? strerror(errno) :
		       "too long for a connection string, or no text");
		free(text);
		text = NULL;
		goto out;
	}
	text[len] = '\0';
	while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		text[--len] = '\0';
out:
	close(fd);
	return text;
}

/* "a,b" as two texts; of one element for NULL as well */
static size_t split(const char *list, char ***parts)
{
	size_t n = 0;

	*parts = NULL;
	while (list) {
		size_t len = strcspn(list, ",");

		*parts = xrealloc(*parts, (n + 1) * sizeof(**parts));
		(*parts)[n++] = strndup(list, len);
		list = list[len] ? list + len + 1 : NULL;
	}
	return n;
}

/* One for all, or one for each: the rule of libpq */
static int spread(char ***parts, size_t *n, size_t wanted)
{
	if (*n == wanted)
		return 0;
	if (*n > 1)
		return -1;
	*parts = xrealloc(*parts, wanted * sizeof(**parts));
	for (size_t i = *n; i < wanted; i++)
		(*parts)[i] = *n && (*parts)[0] ? xstrdup((*parts)[0]) : NULL;
	*n = wanted;
	return 0;
}

static int take_hosts(struct dsn *dsn, const char *host, const char *addr, const char *port,
		      char **why)
{
	size_t hosts = split(host, &dsn->hosts), addrs = split(addr, &dsn->addrs);
	size_t ports = split(port, &dsn->ports);

	dsn->n = hosts > addrs ? hosts : addrs;
	if (!dsn->n)
		dsn->n = 1;
	if ((hosts && hosts != dsn->n) || (addrs && addrs != dsn->n) ||
	    spread(&dsn->hosts, &hosts, dsn->n) || spread(&dsn->addrs, &addrs, dsn->n) ||
	    spread(&dsn->ports, &ports, dsn->n)) {
		/* dsn_free() goes by the number of servers */
		for (size_t i = 0; i < hosts; i++)
			free(dsn->hosts[i]);
		for (size_t i = 0; i < addrs; i++)
			free(dsn->addrs[i]);
		for (size_t i = 0; i < ports; i++)
			free(dsn->ports[i]);
		dsn->n = 0;
		return refuse(why, "the numbers of hosts, addresses and ports differ");
	}
	return 0;
}

/*
 * What the string does not say: a service file, PGHOST, PGPORT. A service that
 * is not there is libpq's to complain about, when it is to connect.
 */
static int add_defaults(struct dsn *dsn, char **why)
{
	const char *host = option_of(dsn->options, "host");
	const char *addr = option_of(dsn->options, "hostaddr");
	const char *port = option_of(dsn->options, "port");
	const char *service = option_of(dsn->options, "service");
	const char *before = getenv("PGSERVICE");
	char *keep = before ? xstrdup(before) : NULL;
	PQconninfoOption *defaults;
	int ret;

	if (service)
		setenv("PGSERVICE", service, 1);
	defaults = PQconndefaults();
	if (service && keep)
		setenv("PGSERVICE", keep, 1);
	else if (service)
		unsetenv("PGSERVICE");
	free(keep);
	if (!defaults)
		return refuse(why, "out of memory");
	if (!host && !addr) {
		host = option_of(defaults, "host");
		addr = option_of(defaults, "hostaddr");
	}
	ret = take_hosts(dsn, host, addr, port ? port : option_of(defaults, "port"), why);
	PQconninfoFree(defaults);
	return ret;
}

static int take_timeout(struct dsn *dsn, char **why)
{
	const char *text = option_of(dsn->options, "connect_timeout");
	unsigned long s;
	char *end;

	if (!text)
		return 0;
	errno = 0;
	s = strtoul(text, &end, 10);
	if (errno || *end || end == text || s > CONNECT_TIMEOUT_MAX)
		return refuse(why, "connect_timeout is no number of seconds up to %d",
			      CONNECT_TIMEOUT_MAX);
	dsn->connect_ns = (int64_t)s * NSEC_PER_SEC;
	return 0;
}

static int take_apart(struct dsn *dsn, const char *text, bool is_private, const char *name,
		      char **why)
{
	char *libpq = NULL;

	dsn->options = PQconninfoParse(text, &libpq);
	PQfreemem(libpq);
	/* libpq's message quotes the string, maybe its password */
	if (!dsn->options)
		return refuse(why, "%s is no connection string (key=value ..., or postgresql://...)",
			      name);
	if (!is_private && (option_of(dsn->options, "password") ||
			    option_of(dsn->options, "sslpassword")))
		return refuse(why, "a password in an argument can be read by everyone on this machine: put it into ~/.pgpass (PGPASSFILE), a service file, or the whole string into a file of mode 600, given as @FILE");
	return take_timeout(dsn, why) ? -1 : add_defaults(dsn, why);
}

/**
 * dsn_parse() - take a connection string apart
 * @dsn: filled in; dsn_free() it whatever comes
 * @text: "key=value ...", a postgresql:// URI, or @FILE with either in it
 * @why: what was wrong with it, to be freed; set on failure only
 *
 * A password in @text itself is refused: everyone on the machine can read the
 * arguments of a running program. A file is taken if others can't read it.
 *
 * Return: 0 or -1.
 */
int dsn_parse(struct dsn *dsn, const char *text, char **why)
{
	char *from_file;
	int ret;

	memset(dsn, 0, sizeof(*dsn));
	if (*text != '@')
		return take_apart(dsn, text, false, "this", why);
	from_file = read_dsn_file(text + 1, why);
	if (!from_file)
		return -1;
	ret = take_apart(dsn, from_file, true, text + 1, why);
	explicit_bzero(from_file, strlen(from_file));
	free(from_file);
	return ret;
}

/**
 * dsn_parse_private() - the same of a string that nobody else can see
 * @dsn: filled in; dsn_free() it whatever comes
 * @text: as dsn_join() made it, never an argument: it may have a password
 * @why: what was wrong with it, to be freed; set on failure only
 *
 * Return: 0 or -1.
 */
int dsn_parse_private(struct dsn *dsn, const char *text, char **why)
{
	memset(dsn, 0, sizeof(*dsn));
	return take_apart(dsn, text, true, "this", why);
}

/**
 * dsn_free() - free what dsn_parse() allocated
 * @dsn: parsed, or not
 */
void dsn_free(struct dsn *dsn)
{
	for (size_t i = 0; i < dsn->n; i++) {
		free(dsn->hosts[i]);
		free(dsn->addrs[i]);
		free(dsn->ports[i]);
	}
	free(dsn->hosts);
	free(dsn->addrs);
	free(dsn->ports);
	PQconninfoFree(dsn->options);
	memset(dsn, 0, sizeof(*dsn));
}

static bool is_per_host(const char *keyword)
{
	return !strcmp(keyword, "host") || !strcmp(keyword, "hostaddr") || !strcmp(keyword, "port");
}

/**
 * dsn_start() - begin to connect to one of the servers
 * @dsn: parsed
 * @host: which, from 0
 *
 * Does not wait, except for the resolver where a name is to be looked up:
 * addresses are better.
 *
 * Return: the connection, to be polled and PQfinish()ed; NULL without memory.
 */
PGconn *dsn_start(const struct dsn *dsn, size_t host)
{
	const char *keywords[64], *values[64];
	size_t n = 0;
	const struct {
		const char *keyword, *value;
	} own[] = {
		{ "host", dsn->hosts[host] }, { "hostaddr", dsn->addrs[host] },
		{ "port", dsn->ports[host] }, { "client_encoding", "UTF8" },
		{ "fallback_application_name", "pug" },
	};

	for (const PQconninfoOption *o = dsn->options; o->keyword; o++) {
		if (!o->val || is_per_host(o->keyword) || n + ARRAY_SIZE(own) + 1 >= 64)
			continue;
		keywords[n] = o->keyword;
		values[n++] = o->val;
	}
	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		if (!own[i].value)
			continue;
		keywords[n] = own[i].keyword;
		values[n++] = own[i].value;
	}
	keywords[n] = NULL;
	values[n] = NULL;
	return PQconnectStartParams(keywords, values, 0);
}

/**
 * dsn_server() - one of the servers, as people write it
 * @dsn: parsed
 * @host: which, from 0
 *
 * Return: "HOST:PORT", to be freed.
 */
char *dsn_server(const struct dsn *dsn, size_t host)
{
	const char *name = dsn->hosts[host] ? dsn->hosts[host] : dsn->addrs[host];

	return xasprintf("%s:%s", name ? name : "local",
			 dsn->ports[host] ? dsn->ports[host] : DEF_PGPORT_TEXT);
}
