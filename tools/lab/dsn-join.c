// SPDX-License-Identifier: GPL-2.0
/* One connection string for all servers of a cluster, from one for each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "dsn.h"
#include "util.h"

/* Of each server, or for the caller to say */
static const char * const own[] = {
	"host", "hostaddr", "port", "service", "connect_timeout", "target_session_attrs",
};

static bool is_own(const char *keyword)
{
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (!strcmp(own[i], keyword))
			return true;
	return false;
}

static const char *value_of(const PQconninfoOption *options, const char *keyword)
{
	for (; options && options->keyword; options++)
		if (!strcmp(options->keyword, keyword))
			return options->val && *options->val ? options->val : NULL;
	return NULL;
}

/* What the service says that a string names: each may have one of its own */
static PQconninfoOption *service_of(const struct dsn *dsn)
{
	const char *service = value_of(dsn->options, "service"), *before = getenv("PGSERVICE");
	char *keep = before ? xstrdup(before) : NULL;
	PQconninfoOption *settings = NULL;

	if (service) {
		setenv("PGSERVICE", service, 1);
		settings = PQconndefaults();
		if (keep)
			setenv("PGSERVICE", keep, 1);
		else
			unsetenv("PGSERVICE");
	}
	free(keep);
	return settings;
}

static const char *setting(const struct dsn *dsn, const PQconninfoOption *service,
			   const char *keyword)
{
	const char *value = value_of(dsn->options, keyword);

	return value ? value : value_of(service, keyword);
}

static void add(FILE *out, const char *keyword, const char *value)
{
	fprintf(out, "%s='", keyword);
	for (; *value; value++) {
		if (*value == '\'' || *value == '\\')
			fputc('\\', out);
		fputc(*value, out);
	}
	fputs("' ", out);
}

/* "a,b,c", left out where no server has any */
static void add_list(FILE *out, const char *keyword, const struct dsn *dsns, size_t n,
		     size_t offset)
{
	char *list = NULL;
	size_t size = 0;
	FILE *parts = open_memstream(&list, &size);
	bool any = false;

	for (size_t i = 0; parts && i < n; i++) {
		char **values = *(char ** const *)((const char *)&dsns[i] + offset);

		any |= values && values[0] && *values[0];
		fprintf(parts, "%s%s", i ? "," : "", values && values[0] ? values[0] : "");
	}
	if (parts)
		fclose(parts);
	if (any)
		add(out, keyword, list);
	free(list);
}

static int add_common(FILE *out, const struct dsn *dsns, PQconninfoOption **services, size_t n,
		      char **why)
{
	for (const PQconninfoOption *o = dsns[0].options; o->keyword; o++) {
		const char *first = setting(&dsns[0], services[0], o->keyword);

		if (is_own(o->keyword))
			continue;
		for (size_t i = 1; i < n; i++) {
			const char *other = setting(&dsns[i], services[i], o->keyword);

			if (!first == !other && (!first || !strcmp(first, other)))
				continue;
			/* Not what it is: that may be a password */
			*why = xasprintf("'%s' differs: one client is to reach all of them with the same",
					 o->keyword);
			return -1;
		}
		if (first)
			add(out, o->keyword, first);
	}
	return 0;
}

/**
 * dsn_join() - one string that tries several servers
 * @dsns: parsed, of one server each
 * @n: how many
 * @extra: settings to be added, such as "target_session_attrs=read-write"
 * @why: what differs, to be freed; set on failure only
 *
 * Return: a string for dsn_parse_private(), to be freed; NULL on failure. It has
 * the password of a string that has one.
 */
char *dsn_join(const struct dsn *dsns, size_t n, const char *extra, char **why)
{
	PQconninfoOption **services = xcalloc(n, sizeof(PQconninfoOption *));
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int ret = -1;

	for (size_t i = 0; i < n; i++)
		services[i] = service_of(&dsns[i]);
	if (out) {
		add_list(out, "host", dsns, n, offsetof(struct dsn, hosts));
		add_list(out, "hostaddr", dsns, n, offsetof(struct dsn, addrs));
		add_list(out, "port", dsns, n, offsetof(struct dsn, ports));
		ret = add_common(out, dsns, services, n, why);
		fputs(extra, out);
		fclose(out);
	}
	for (size_t i = 0; i < n; i++)
		PQconninfoFree(services[i]);
	free(services);
	if (!ret)
		return text;
	free(text);
	return NULL;
}
