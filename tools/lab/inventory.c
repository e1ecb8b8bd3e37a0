// SPDX-License-Identifier: GPL-2.0
/*
 * Reading an inventory. Strict: a misspelt "become" must not mean that a command
 * runs as somebody else, nor a doubled member that another machine is frozen.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ini.h>
#include <libpq-fe.h>

#include "compiler.h"
#include "inventory-adapter.h"
#include "inventory.h"
#include "util.h"

/* inih's own buffer has 200 */
#define LINE_MAX_BYTES 190
#define TITLES_MAX (2 + INVENTORY_MEMBERS_MAX)

struct reader;

struct key {
	const char *name;
	size_t offset;
	int (*check)(struct reader *r, const char *key, const char *value);
	bool optional;
	bool of_rest;
};

/* The keys of a section that were there are a bit each, in the order of its table */
struct reader {
	struct inventory *inv;
	const char *path;
	char **why;
	unsigned int line;
	const struct section *section;
	void *base;
	char titles[TITLES_MAX][80];
	unsigned int begun[TITLES_MAX];
	unsigned int keys[TITLES_MAX];
	size_t n;
};

static int __printf(3, 4)
refuse(struct reader *r, unsigned int line, const char *fmt, ...)
{
	char *text, *clean;
	va_list ap;

	if (*r->why)
		return -1;
	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	clean = text_escape(text);
	*r->why = xasprintf("%s:%u: %s", r->path, line, clean);
	free(clean);
	free(text);
	return -1;
}

static bool is_made_of(const char *text, const char *others)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr(others, *text))
			return false;
	return true;
}

static int check_name(struct reader *r, const char *key, const char *value)
{
	if (strlen(value) < 64 && is_made_of(value, "_.-"))
		return 0;
	return refuse(r, r->line, "'%s' must be a name: letters, digits, '.', '_' and '-', 63 at most",
		      key);
}

static int check_adapter(struct reader *r, const char *key, const char *value)
{
	char *names;

	if (adapter_find(value)) {
		r->inv->adapter = adapter_find(value);
		return 0;
	}
	names = adapter_names();
	refuse(r, r->line, "'%s' must be %s", key, names);
	free(names);
	return -1;
}

static int check_sysid(struct reader *r, const char *key, const char *value)
{
	if (strlen(value) < 24 && strspn(value, "0123456789") == strlen(value))
		return 0;
	return refuse(r, r->line, "'%s' must be a number, as pg_controldata prints it", key);
}

/* It becomes an argument of ssh, which takes what begins with '-' for an option */
static int check_ssh(struct reader *r, const char *key, const char *value)
{
	if (*value != '-' && is_made_of(value, "_.-@:[]"))
		return 0;
	return refuse(r, r->line, "'%s' must be USER@HOST or HOST, as ssh takes it", key);
}

static int check_words(struct reader *r, const char *key, const char *value)
{
	if (is_made_of(value, "_.-@:/=, +%"))
		return 0;
	return refuse(r, r->line, "'%s' is split at blanks and no shell sees it: it can't have quotes or other special characters",
		      key);
}

static int check_program(struct reader *r, const char *key, const char *value)
{
	if (*value != '-' && is_made_of(value, "_.-/+"))
		return 0;
	return refuse(r, r->line, "'%s' must be a program's name or path, without arguments", key);
}

static int check_path(struct reader *r, const char *key, const char *value)
{
	if (*value == '/' && is_made_of(value, "_.-/+@"))
		return 0;
	return refuse(r, r->line, "'%s' must be a path from / on", key);
}

static int check_api(struct reader *r, const char *key, const char *value)
{
	const char *rest = value;

	if (!strncmp(value, "http://", 7))
		rest = value + 7;
	else if (!strncmp(value, "https://", 8))
		rest = value + 8;
	if (rest != value && *rest && is_made_of(rest, "_.-:[]"))
		return 0;
	return refuse(r, r->line, "'%s' must be http://HOST:PORT or https://HOST:PORT, without a path",
		      key);
}

static const char *option_of(const PQconninfoOption *options, const char *keyword)
{
	for (; options && options->keyword; options++)
		if (!strcmp(options->keyword, keyword))
			return options->val && *options->val ? options->val : NULL;
	return NULL;
}

/* What libpq says of a bad string quotes it, so it is not repeated */
static int check_dsn(struct reader *r, const char *key, const char *value)
{
	PQconninfoOption *options;
	const char *host, *addr;
	int ret = 0;

	/* Read when it is used, where others can't read it */
	if (*value == '@' && value[1])
		return 0;
	options = PQconninfoParse(value, NULL);
	if (!options)
		return refuse(r, r->line, "'%s' is no connection string (key=value ..., or postgresql://...)",
			      key);
	host = option_of(options, "host");
	addr = option_of(options, "hostaddr");
	if (option_of(options, "password") || option_of(options, "sslpassword"))
		ret = refuse(r, r->line, "'%s' has a password: put it into ~/.pgpass (PGPASSFILE), a service file, or the whole string into a file of mode 600, given as @FILE",
			     key);
	else if (option_of(options, "target_session_attrs"))
		ret = refuse(r, r->line, "'%s' has target_session_attrs: the drill sets it where it is wanted",
			     key);
	else if (!host && !addr && !option_of(options, "service"))
		ret = refuse(r, r->line, "'%s' names no host: it must be of this member and no other",
			     key);
	else if ((host && strchr(host, ',')) || (addr && strchr(addr, ',')))
		ret = refuse(r, r->line, "'%s' names several hosts: it must be of this member and no other",
			     key);
	PQconninfoFree(options);
	return ret;
}

/* The check itself keeps it */
#define ELSEWHERE SIZE_MAX

static const struct key cluster_keys[] = {
	{ "scope", offsetof(struct inventory, scope), check_name, false, false },
	{ "adapter", ELSEWHERE, check_adapter, true, false },
	{ "system_identifier", offsetof(struct inventory, system_identifier), check_sysid, true,
	  false },
	{ "cacert", offsetof(struct inventory, cacert), check_path, true, true },
	{ "patroni_config", offsetof(struct inventory, patroni_config), check_path, true, true },
};

static const struct key ssh_keys[] = {
	{ "command", offsetof(struct inventory, ssh), check_words, true, false },
};

static const struct key member_keys[] = {
	{ "ssh", offsetof(struct inventory_member, ssh), check_ssh, false, false },
	{ "dsn", offsetof(struct inventory_member, dsn), check_dsn, false, false },
	{ "api", offsetof(struct inventory_member, api), check_api, false, true },
	{ "pug_node", offsetof(struct inventory_member, pug_node), check_program, true, false },
	{ "become", offsetof(struct inventory_member, become), check_words, true, false },
};

static const struct section {
	const char *prefix;
	bool named;
	const struct key *keys;
	size_t n;
} sections[] = {
	{ "cluster", false, cluster_keys, ARRAY_SIZE(cluster_keys) },
	{ "ssh", false, ssh_keys, ARRAY_SIZE(ssh_keys) },
	{ "member", true, member_keys, ARRAY_SIZE(member_keys) },
};

/* What somebody may well look for here */
static const struct {
	const char *key;
	const char *why;
} elsewhere[] = {
	{
		"role",
		"the drill never touches an etcd member: nor a witness: list those with PostgreSQL only, without a role"
	},
	{
		"etcd",
		"the drill never touches an etcd member: list those with PostgreSQL only"
	},
	{
		"ttl",
		"ttl is read from the cluster itself: remove this line"
	},
	{
		"loop_wait",
		"loop_wait is read from the cluster itself: remove this line"
	},
	{
		"ledger_schema",
		"the ledger's schema gets a name of its own in each drill: remove this line"
	},
	{
		"password",
		"an inventory has no passwords: see dsn"
	},
	{
		"insecure",
		"certificates are verified, always: give the authority's with cacert in [cluster]"
	},
};

static int no_such_key(struct reader *r, const char *name)
{
	char list[256] = "";

	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++)
		if (!strcmp(elsewhere[i].key, name))
			return refuse(r, r->line, "%s", elsewhere[i].why);
	for (size_t i = 0; i < r->section->n; i++) {
		size_t used = strlen(list);

		snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "",
			 r->section->keys[i].name);
	}
	return refuse(r, r->line, "[%s] has no '%.40s'; it has %s", r->titles[r->n - 1], name,
		      list);
}

static int take_pair(struct reader *r, const char *name, const char *value)
{
	for (size_t i = 0; i < r->section->n; i++) {
		const struct key *key = &r->section->keys[i];

		if (strcmp(key->name, name))
			continue;
		if (r->keys[r->n - 1] & 1U << i)
			return refuse(r, r->line, "'%s' stands twice", name);
		if (!*value)
			return refuse(r, r->line, "'%s' has no value: give it one, or remove the line",
				      name);
		if (key->check(r, name, value))
			return -1;
		r->keys[r->n - 1] |= 1U << i;
		if (key->offset != ELSEWHERE)
			strcpy((char *)r->base + key->offset, value);
		return 0;
	}
	return no_such_key(r, name);
}

static int on_pair(void *data, const char *title, const char *name, const char *value)
{
	struct reader *r = data;

	(void)title;
	if (r->section)
		return !take_pair(r, name, value ? value : "");
	refuse(r, r->line, "a setting must stand below a section, such as [cluster]");
	return 0;
}

static int new_member(struct reader *r, const char *name)
{
	struct inventory_member *member = &r->inv->members[r->inv->n];

	if (!*name || check_name(r, "member", name))
		return refuse(r, r->line, "a member's name is missing: [member NAME], as the cluster's manager calls it");
	if (r->inv->n == INVENTORY_MEMBERS_MAX)
		return refuse(r, r->line, "more than %d members", INVENTORY_MEMBERS_MAX);
	strcpy(member->name, name);
	strcpy(member->pug_node, INVENTORY_NODE);
	member->line = r->line;
	r->inv->n++;
	r->base = member;
	return 0;
}

static int enter_section(struct reader *r, const char *title)
{
	const char *space = strchr(title, ' ');
	size_t len = space ? (size_t)(space - title) : strlen(title);

	for (size_t i = 0; i < r->n; i++)
		if (!strcmp(r->titles[i], title))
			return refuse(r, r->line, "[%s] stands twice, first in line %u", title,
				      r->begun[i]);
	if (r->n == TITLES_MAX || strlen(title) >= sizeof(r->titles[0]))
		return refuse(r, r->line, "too many sections, or one with too long a name");
	r->section = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (len == strlen(sections[i].prefix) &&
		    !strncmp(title, sections[i].prefix, len) && sections[i].named == !!space)
			r->section = &sections[i];
	if (!r->section)
		return refuse(r, r->line, "there is no section [%s]: there are [cluster], [ssh] and [member NAME]",
			      title);
	strcpy(r->titles[r->n], title);
	r->begun[r->n] = r->line;
	r->keys[r->n++] = 0;
	r->base = r->inv;
	return r->section->named ? new_member(r, space + 1) : 0;
}

/*
 * inih is handed a line at a time: it neither tells its handler the number of a
 * line nor that a line was longer than its buffer.
 */
static int take_line(struct reader *r, char *line)
{
	size_t len = strlen(line);

	while (len && isspace((unsigned char)line[len - 1]))
		line[--len] = '\0';
	for (const char *p = line; *p; p++)
		if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
			return refuse(r, r->line, "a control character");
	if (*line == '[') {
		if (line[len - 1] != ']')
			return refuse(r, r->line, "a section must end with ']'");
		line[len - 1] = '\0';
		return enter_section(r, line + 1);
	}
	if (isspace((unsigned char)*line))
		return refuse(r, r->line, "a line must not begin with a blank");
	if (ini_parse_string(line, on_pair, r))
		return refuse(r, r->line, "this is neither [SECTION], nor key = value, nor a comment");
	return *r->why ? -1 : 0;
}

static int take_lines(struct reader *r, const char *text, size_t len)
{
	const char *end = text + len;
	char line[LINE_MAX_BYTES + 1];

	while (text < end) {
		const char *stop = memchr(text, '\n', end - text);
		size_t n = (stop ? stop : end) - text;

		r->line++;
		if (n >= sizeof(line))
			return refuse(r, r->line, "a line of more than %d characters: a long connection string can be in a file, dsn = @FILE",
				      LINE_MAX_BYTES);
		memcpy(line, text, n);
		line[n] = '\0';
		if (take_line(r, line))
			return -1;
		text += n + 1;
	}
	return 0;
}

static const struct section *section_of(const char *title)
{
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (!strncmp(title, sections[i].prefix, strlen(sections[i].prefix)))
			return &sections[i];
	return NULL;
}

/* An api is of Patroni: where there is none, one has not understood what is asked */
static int check_section(struct reader *r, size_t i, const struct section *section)
{
	const struct adapter *adapter = r->inv->adapter;

	for (size_t k = 0; k < section->n; k++) {
		const struct key *key = &section->keys[k];
		bool there = r->keys[i] & 1U << k, applies = !key->of_rest || adapter->rest;

		if (there && !applies)
			return refuse(r, r->begun[i], "[%s] has '%s', and %s has none: remove the line",
				      r->titles[i], key->name, adapter->title);
		if (!there && applies && !key->optional)
			return refuse(r, r->begun[i], "[%s] has no '%s'", r->titles[i], key->name);
	}
	return 0;
}

static int check_missing(struct reader *r)
{
	bool has_cluster = false;

	for (size_t i = 0; i < r->n; i++) {
		const struct section *section = section_of(r->titles[i]);

		has_cluster |= section == &sections[0];
		if (check_section(r, i, section))
			return -1;
	}
	if (!has_cluster)
		return refuse(r, r->line, "there is no [cluster] with the scope");
	if (r->inv->n < 2)
		return refuse(r, r->line, "at least two [member NAME] are wanted: the leader, and one that may take over");
	return 0;
}

/* Two sections for one machine would freeze one and believe the other frozen */
static int check_distinct(struct reader *r)
{
	const struct inventory *inv = r->inv;

	for (size_t i = 0; i < inv->n; i++) {
		for (size_t k = 0; k < i; k++) {
			const struct inventory_member *a = &inv->members[k], *b = &inv->members[i];
			const char *same = !strcmp(a->ssh, b->ssh) ? "ssh" :
					   *a->api && !strcmp(a->api, b->api) ? "api" :
					   !strcmp(a->dsn, b->dsn) ? "dsn" : NULL;

			if (same)
				return refuse(r, b->line, "the members %s and %s have the same '%s'",
					      a->name, b->name, same);
		}
	}
	return 0;
}

/**
 * inventory_parse() - understand the text of an inventory
 * @inv: filled, also with defaults
 * @path: for messages
 * @text: any bytes
 * @len: how many
 * @why: FILE:LINE: what is wrong and what to do, to be freed; set on failure only
 *
 * Return: 0 or -1.
 */
int inventory_parse(struct inventory *inv, const char *path, const char *text, size_t len,
		    char **why)
{
	struct reader *r = xcalloc(1, sizeof(*r));
	int ret;

	*why = NULL;
	memset(inv, 0, sizeof(*inv));
	inv->adapter = adapter_default();
	strcpy(inv->ssh, INVENTORY_SSH);
	*r = (struct reader) { .inv = inv, .path = path, .why = why };
	if (len > INVENTORY_FILE_MAX || memchr(text, '\0', len))
		ret = refuse(r, 1, "this is no text, or more than %d bytes", INVENTORY_FILE_MAX);
	else
		ret = take_lines(r, text, len) || check_missing(r) || check_distinct(r) ? -1 : 0;
	free(r);
	return ret;
}

/* It names commands that are run: who can write it can run them, as us */
static int check_file(const char *path, int fd, char **why)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		*why = xasprintf("%s: this is no file", path);
		return -1;
	}
	if (st.st_mode & 022 || (st.st_uid && st.st_uid != geteuid())) {
		*why = xasprintf("%s: others could write it, and it names commands: chmod go-w %s",
				 path, path);
		return -1;
	}
	return 0;
}

/**
 * inventory_load() - read and understand an inventory
 * @inv: filled
 * @path: a file that only its owner, who is root or we, can write
 * @why: what is wrong, to be freed; set on failure only
 *
 * Return: 0 or -1.
 */
int inventory_load(struct inventory *inv, const char *path, char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), ret = -1;
	char *text = xcalloc(1, INVENTORY_FILE_MAX + 1);
	ssize_t len;

	*why = NULL;
	if (fd < 0) {
		*why = xasprintf("%s: %s", path, strerror(errno));
	} else if (!check_file(path, fd, why)) {
		len = read(fd, text, INVENTORY_FILE_MAX + 1);
		if (len < 0)
			*why = xasprintf("%s: %s", path, strerror(errno));
		else
			ret = inventory_parse(inv, path, text, len, why);
	}
	if (fd >= 0)
		close(fd);
	free(text);
	return ret;
}

/**
 * inventory_find() - a member by its name
 * @inv: parsed
 * @name: as the cluster's manager calls it
 *
 * Return: its index, or -1.
 */
int inventory_find(const struct inventory *inv, const char *name)
{
	for (size_t i = 0; i < inv->n; i++)
		if (!strcmp(inv->members[i].name, name))
			return (int)i;
	return -1;
}
