// SPDX-License-Identifier: GPL-2.0
/*
 * Reading the configuration. Strict: what is not understood is an error, since
 * a misspelt "vm_uuid" must not mean that no identity is compared.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ini.h>

#include "backend.h"
#include "config.h"
#include "num.h"

enum kind { TEXT, MSECS, COUNT, FLAG, POLICY, IDENTITY, HOSTS, PIN, TYPE, HYPERVISOR };

struct key {
	const char *name;
	enum kind kind;
	size_t offset;
	size_t size;
};

static const struct key cluster_keys[] = {
	{ "scope", TEXT, offsetof(struct config, scope),
	  sizeof(((struct config *)0)->scope) },
	{ "me", TEXT, offsetof(struct config, me_name),
	  sizeof(((struct config *)0)->me_name) },
	{ "system_identifier", TEXT, offsetof(struct config, system_identifier),
	  sizeof(((struct config *)0)->system_identifier) },
	{ "policy", POLICY, offsetof(struct config, policy), 0 },
	{ "deadline", MSECS, offsetof(struct config, pace.deadline_ms), 0 },
	{ "grace", MSECS, offsetof(struct config, pace.grace_ms), 0 },
	{ "demote_wait", MSECS, offsetof(struct config, pace.demote_wait_ms), 0 },
	{ "stop_reserve", MSECS, offsetof(struct config, pace.reserve_ms), 0 },
	{ "try_timeout", MSECS, offsetof(struct config, try_ms), 0 },
	{ "poll", MSECS, offsetof(struct config, poll_ms), 0 },
	{ "confirm_valid", MSECS, offsetof(struct config, confirm_ms), 0 },
	{ "require_witnesses", COUNT, offsetof(struct config, require_witnesses), 0 },
	{ "narrow", FLAG, offsetof(struct config, narrow), 0 },
	{ "state_dir", TEXT, offsetof(struct config, state_dir),
	  sizeof(((struct config *)0)->state_dir) },
};

static const struct key patroni_keys[] = {
	{ "ca", TEXT, offsetof(struct config, tls_ca),
	  sizeof(((struct config *)0)->tls_ca) },
	{ "cert", TEXT, offsetof(struct config, tls_cert),
	  sizeof(((struct config *)0)->tls_cert) },
	{ "key", TEXT, offsetof(struct config, tls_key),
	  sizeof(((struct config *)0)->tls_key) },
	{ "plain_http", FLAG, offsetof(struct config, plain_http), 0 },
	{ "identity", IDENTITY, offsetof(struct config, by_address), 0 },
};

static const struct key hypervisor_keys[] = {
	{ "type", TYPE, offsetof(struct hypervisor, backend), 0 },
	{ "hosts", HOSTS, offsetof(struct hypervisor, hosts), 0 },
	{ "token_file", TEXT, offsetof(struct hypervisor, token_file),
	  sizeof(((struct hypervisor *)0)->token_file) },
	{ "ca", TEXT, offsetof(struct hypervisor, ca),
	  sizeof(((struct hypervisor *)0)->ca) },
	{ "fingerprint", PIN, offsetof(struct hypervisor, fingerprint), 0 },
	{ "target", TEXT, offsetof(struct hypervisor, target),
	  sizeof(((struct hypervisor *)0)->target) },
	{ "command", TEXT, offsetof(struct hypervisor, command),
	  sizeof(((struct hypervisor *)0)->command) },
	{ "ssh", TEXT, offsetof(struct hypervisor, ssh),
	  sizeof(((struct hypervisor *)0)->ssh) },
	{ "virsh", TEXT, offsetof(struct hypervisor, virsh),
	  sizeof(((struct hypervisor *)0)->virsh) },
	{ "refused_is_off", FLAG, offsetof(struct hypervisor, refused_is_off), 0 },
	{ "agent", TEXT, offsetof(struct hypervisor, agent),
	  sizeof(((struct hypervisor *)0)->agent) },
	{ "options_file", TEXT, offsetof(struct hypervisor, options_file),
	  sizeof(((struct hypervisor *)0)->options_file) },
};

static const struct key member_keys[] = {
	{ "api", TEXT, offsetof(struct member, api),
	  sizeof(((struct member *)0)->api) },
	{ "ping", TEXT, offsetof(struct member, ping),
	  sizeof(((struct member *)0)->ping) },
	{ "hypervisor", HYPERVISOR, offsetof(struct member, hypervisor), 0 },
	{ "vm", TEXT, offsetof(struct member, vm),
	  sizeof(((struct member *)0)->vm) },
	{ "witness", HYPERVISOR, offsetof(struct member, witness), 0 },
	{ "witness_vm", TEXT, offsetof(struct member, witness_vm),
	  sizeof(((struct member *)0)->witness_vm) },
	{ "vm_uuid", TEXT, offsetof(struct member, vm_uuid),
	  sizeof(((struct member *)0)->vm_uuid) },
	{ "vm_name", TEXT, offsetof(struct member, vm_name),
	  sizeof(((struct member *)0)->vm_name) },
	{ "vm_mac", TEXT, offsetof(struct member, vm_mac),
	  sizeof(((struct member *)0)->vm_mac) },
	{ "never_primary", FLAG, offsetof(struct member, never_primary), 0 },
};

static const struct section {
	const char *prefix;
	bool named;
	const struct key *keys;
	size_t n;
} sections[] = {
	{ "cluster", false, cluster_keys, ARRAY_SIZE(cluster_keys) },
	{ "patroni", false, patroni_keys, ARRAY_SIZE(patroni_keys) },
	{ "hypervisor", true, hypervisor_keys, ARRAY_SIZE(hypervisor_keys) },
	{ "member", true, member_keys, ARRAY_SIZE(member_keys) },
};

#define KEYS_MAX	16
#define SEEN_MAX	(2 + CONFIG_HYPERVISORS_MAX + CONFIG_MEMBERS_MAX)

/* Hypervisors are known by name once the whole file is read. */
struct reader {
	struct config *config;
	struct trouble *why;
	unsigned int line;
	char title[128];		/* of the section we are in */
	const struct section *section;
	void *base;
	unsigned int seen;		/* bits of the section's keys */
	char titles[SEEN_MAX][128];	/* each may stand once */
	unsigned int n_titles;
	char wanted[CONFIG_MEMBERS_MAX][2][64];	/* hypervisor, witness */
};

/**
 * trouble_set() - say what is wrong
 * @why: the first thing said stays
 * @fmt: and what follows: as printf()
 *
 * Return: -1.
 */
int trouble_set(struct trouble *why, const char *fmt, ...)
{
	va_list ap;

	if (why->text[0])
		return -1;
	va_start(ap, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	return -1;
}

static int bad(struct reader *r, const char *what)
{
	return trouble_set(r->why, "%s:%u: %s", r->config->path, r->line, what);
}

static int bad_value(struct reader *r, const char *key, const char *wanted)
{
	return trouble_set(r->why, "%s:%u: '%s' must be %s", r->config->path,
			   r->line, key, wanted);
}

static bool is_name(const char *text)
{
	size_t len = strlen(text);

	if (!len || len >= 64)
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr("_.-", *text))
			return false;
	return true;
}

static int take_text(struct reader *r, const struct key *key, const char *value)
{
	char *to = (char *)r->base + key->offset;

	if (strlen(value) >= key->size)
		return bad_value(r, key->name, "shorter");
	strcpy(to, value);
	return 0;
}

static int take_msecs(struct reader *r, const struct key *key, const char *value)
{
	uint64_t ns;

	if (num_seconds_ns(value, 3600 * NSEC_PER_SEC, &ns) || ns < NSEC_PER_MSEC)
		return bad_value(r, key->name, "seconds: a number of 0.001 to 3600");
	*(uint64_t *)((char *)r->base + key->offset) = ns / NSEC_PER_MSEC;
	return 0;
}

static int take_flag(struct reader *r, const struct key *key, const char *value)
{
	bool *to = (bool *)((char *)r->base + key->offset);

	if (strcmp(value, "yes") && strcmp(value, "no"))
		return bad_value(r, key->name, "yes or no");
	*to = !strcmp(value, "yes");
	return 0;
}

static int take_policy(struct reader *r, const struct key *key, const char *value)
{
	for (int i = 0; i < POLICY_N; i++) {
		if (!strcmp(value, policy_names[i])) {
			r->config->policy = i;
			return 0;
		}
	}
	return bad_value(r, key->name, "strict or talk");
}

static int take_identity(struct reader *r, const struct key *key, const char *value)
{
	if (strcmp(value, "name") && strcmp(value, "address"))
		return bad_value(r, key->name, "name or address");
	r->config->by_address = !strcmp(value, "address");
	return 0;
}

static int take_hosts(struct reader *r, const struct key *key, const char *value)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]_";
	struct hypervisor *hyper = r->base;

	while (*value) {
		size_t len = strcspn(value, " \t,");

		if (len) {
			if (hyper->n_hosts == CONFIG_HOSTS_MAX || len >= sizeof(hyper->hosts[0]))
				return bad_value(r, key->name, "at most eight HOST[:PORT]");
			memcpy(hyper->hosts[hyper->n_hosts], value, len);
			hyper->hosts[hyper->n_hosts++][len] = '\0';
		}
		value += len;
		value += strspn(value, " \t,");
	}
	for (unsigned int i = 0; i < hyper->n_hosts; i++)
		if (strspn(hyper->hosts[i], allowed) != strlen(hyper->hosts[i]))
			return bad_value(r, key->name, "HOST or HOST:PORT, without https://");
	return 0;
}

/* AA:BB:.. as Proxmox shows it, or without the colons */
static int take_pin(struct reader *r, const struct key *key, const char *value)
{
	static const char digits[] = "0123456789abcdef";
	struct hypervisor *hyper = r->base;
	size_t n = 0;

	for (; *value; value++) {
		const char *digit = strchr(digits, tolower((unsigned char)*value));

		if (*value == ':' && n && !(n % 2))
			continue;
		if (!digit || n == 64)
			return bad_value(r, key->name, "a SHA-256: 64 hexadecimal digits");
		hyper->fingerprint[n / 2] = hyper->fingerprint[n / 2] << 4 | (digit - digits);
		n++;
	}
	if (n != 64)
		return bad_value(r, key->name, "a SHA-256: 64 hexadecimal digits");
	hyper->pinned = true;
	return 0;
}

static int take_type(struct reader *r, const struct key *key, const char *value)
{
	struct hypervisor *hyper = r->base;

	hyper->backend = backend_find(value);
	if (!hyper->backend)
		return bad_value(r, key->name, "one of " BACKEND_NAMES);
	return 0;
}

static int take_hypervisor(struct reader *r, const struct key *key, const char *value)
{
	const struct member *member = r->base;
	bool witness = key->offset == offsetof(struct member, witness);

	if (!is_name(value))
		return bad_value(r, key->name, "the name of a [hypervisor NAME]");
	strcpy(r->wanted[member - r->config->members][witness], value);
	return 0;
}

static int take_count(struct reader *r, const struct key *key, const char *value)
{
	uint64_t *to = (uint64_t *)((char *)r->base + key->offset);

	if (num_u64(value, 2, to) || !*to)
		return bad_value(r, key->name, "1 or 2");
	return 0;
}

static int (*const takers[])(struct reader *r, const struct key *key, const char *value) = {
	[TEXT] = take_text, [MSECS] = take_msecs, [COUNT] = take_count,
	[FLAG] = take_flag, [POLICY] = take_policy, [IDENTITY] = take_identity,
	[HOSTS] = take_hosts, [PIN] = take_pin, [TYPE] = take_type,
	[HYPERVISOR] = take_hypervisor,
};

/* A [member NAME] or [hypervisor NAME] that was not there yet */
static int new_named(struct reader *r, const char *name)
{
	struct config *config = r->config;

	if (!is_name(name))
		return bad(r, "a name has letters, digits, '.', '_' and '-' only, at most 63");
	if (r->section->keys == member_keys) {
		struct member *member = &config->members[config->n_members];

		if (config->n_members == CONFIG_MEMBERS_MAX)
			return bad(r, "more members than can be");
		strcpy(member->name, name);
		member->line = r->line;
		member->hypervisor = NO_HYPERVISOR;
		member->witness = NO_HYPERVISOR;
		config->n_members++;
		r->base = member;
	} else {
		struct hypervisor *hyper = &config->hypervisors[config->n_hypervisors];

		if (config->n_hypervisors == CONFIG_HYPERVISORS_MAX)
			return bad(r, "more hypervisors than can be");
		strcpy(hyper->name, name);
		hyper->line = r->line;
		config->n_hypervisors++;
		r->base = hyper;
	}
	return 0;
}

static int enter_section(struct reader *r, const char *title)
{
	const char *space = strchr(title, ' ');
	size_t len = space ? (size_t)(space - title) : strlen(title);

	if (strlen(title) >= sizeof(r->title) - 1 || r->n_titles == SEEN_MAX)
		return bad(r, "too many sections, or one with too long a name");
	for (unsigned int i = 0; i < r->n_titles; i++)
		if (!strcmp(r->titles[i], title))
			return trouble_set(r->why, "%s:%u: [%s] stands twice",
					   r->config->path, r->line, title);
	strcpy(r->titles[r->n_titles++], title);
	strcpy(r->title, title);
	r->seen = 0;
	r->section = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (len == strlen(sections[i].prefix) &&
		    !strncmp(title, sections[i].prefix, len) && sections[i].named == !!space)
			r->section = &sections[i];
	if (!r->section)
		return trouble_set(r->why, "%s:%u: no section [%s]: there are [cluster], [patroni], [hypervisor NAME] and [member NAME]",
				   r->config->path, r->line, title);
	if (r->section->named)
		return new_named(r, space + 1);
	r->base = r->config;
	return 0;
}

static int known_keys(struct reader *r, const char *key)
{
	char list[256] = "";

	for (size_t i = 0; i < r->section->n; i++) {
		size_t used = strlen(list);

		snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "",
			 r->section->keys[i].name);
	}
	return trouble_set(r->why, "%s:%u: [%s] has no '%.40s'; it has %s", r->config->path,
			   r->line, r->title, key, list);
}

static int take_pair(struct reader *r, const char *name, const char *value)
{
	for (size_t i = 0; i < r->section->n; i++) {
		const struct key *key = &r->section->keys[i];

		if (strcmp(key->name, name))
			continue;
		if (r->seen & 1U << i)
			return bad_value(r, name, "there once, in one line");
		r->seen |= 1U << i;
		if (!*value)
			return bad_value(r, name, "something");
		for (const char *p = value; *p; p++)
			if ((unsigned char)*p < ' ' || *p == 0x7f)
				return bad_value(r, name, "without control characters");
		return takers[key->kind](r, key, value);
	}
	return known_keys(r, name);
}

/*
 * inih is handed a line at a time: it neither tells its handler the number of a
 * line nor that a line was longer than its buffer.
 */
static int on_pair(void *data, const char *title, const char *name, const char *value)
{
	struct reader *r = data;

	(void)title;
	if (r->section)
		return !take_pair(r, name, value ? value : "");
	bad(r, "a setting must stand below a section, such as [cluster]");
	return 0;
}

static void trim(char *line)
{
	size_t len = strlen(line);

	while (len && isspace((unsigned char)line[len - 1]))
		line[--len] = '\0';
}

static int take_line(struct reader *r, char *line)
{
	size_t len;

	trim(line);
	len = strlen(line);
	if (len > 190)
		return bad(r, "a line of more than 190 characters");
	if (line[0] == '[') {
		if (line[len - 1] != ']')
			return bad(r, "a section must end with ']'");
		line[len - 1] = '\0';
		return enter_section(r, line + 1);
	}
	if (isspace((unsigned char)line[0]))
		return bad(r, "a line must not begin with a blank");
	if (ini_parse_string(line, on_pair, r))
		return bad(r, "this is neither [SECTION], nor key = value, nor a comment");
	return r->why->text[0] ? -1 : 0;
}

static int take_lines(struct reader *r, const char *text, size_t len)
{
	const char *end = text + len;
	char line[512];

	while (text < end) {
		const char *stop = memchr(text, '\n', end - text);
		size_t n = (stop ? stop : end) - text;

		r->line++;
		if (n >= sizeof(line))
			return bad(r, "a line of more than 190 characters");
		memcpy(line, text, n);
		line[n] = '\0';
		if (take_line(r, line))
			return -1;
		text += n + 1;
	}
	return 0;
}

static int find_hypervisor(const struct config *config, const char *name)
{
	for (unsigned int i = 0; i < config->n_hypervisors; i++)
		if (!strcmp(config->hypervisors[i].name, name))
			return i;
	return NO_HYPERVISOR;
}

static int resolve(struct reader *r)
{
	struct config *config = r->config;

	for (unsigned int i = 0; i < config->n_members; i++) {
		struct member *member = &config->members[i];
		int *to[2] = { &member->hypervisor, &member->witness };

		for (int j = 0; j < 2; j++) {
			const char *name = r->wanted[i][j];

			if (!*name)
				continue;
			*to[j] = find_hypervisor(config, name);
			if (*to[j] == NO_HYPERVISOR)
				return trouble_set(r->why, "%s:%u: [member %s]: there is no [hypervisor %s]",
						   config->path, member->line, member->name, name);
		}
	}
	return 0;
}

static void set_defaults(struct config *config, const char *path)
{
	memset(config, 0, sizeof(*config));
	snprintf(config->path, sizeof(config->path), "%s", path);
	config->policy = POLICY_STRICT;
	config->pace.deadline_ms = 60000;
	config->pace.grace_ms = 5000;
	config->pace.demote_wait_ms = 15000;
	config->pace.reserve_ms = 20000;
	config->try_ms = 2000;
	config->poll_ms = 500;
	config->confirm_ms = 600000;
	config->require_witnesses = 1;
	config->narrow = true;
	strcpy(config->state_dir, "/var/lib/postgresql/pug-fence");
}

/**
 * config_parse() - understand the text of a configuration
 * @config: filled, also with defaults
 * @path: for messages
 * @text: any bytes
 * @len: how many
 * @why: what is wrong with it
 *
 * Return: 0, or -1.
 */
int config_parse(struct config *config, const char *path, const char *text,
		 size_t len, struct trouble *why)
{
	struct reader r = { .config = config, .why = why };

	why->text[0] = '\0';
	set_defaults(config, path);
	if (len > CONFIG_FILE_MAX)
		return trouble_set(why, "%s: more than %d bytes", path, CONFIG_FILE_MAX);
	if (memchr(text, '\0', len))
		return trouble_set(why, "%s: this is no text", path);
	if (take_lines(&r, text, len) || resolve(&r))
		return -1;
	return config_validate(config, why);
}

/**
 * config_load() - read and understand a configuration
 * @config: filled
 * @path: a file that only its owner, who is root or we, can write
 * @why: what is wrong
 *
 * Return: 0, or -1.
 */
int config_load(struct config *config, const char *path, struct trouble *why)
{
	static char text[CONFIG_FILE_MAX + 1];
	struct stat st;
	ssize_t len;
	int fd;

	why->text[0] = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return trouble_set(why, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return trouble_set(why, "%s: this is no file", path);
	}
	if (st.st_mode & 022 || (st.st_uid && st.st_uid != geteuid())) {
		close(fd);
		return trouble_set(why, "%s: others could write it: chown it to root, chmod go-w",
				   path);
	}
	len = read(fd, text, sizeof(text));
	close(fd);
	if (len < 0)
		return trouble_set(why, "%s: %s", path, strerror(errno));
	return config_parse(config, path, text, len, why);
}

/**
 * config_member() - find a member
 * @config: the configuration
 * @name: of the member
 *
 * Return: its index, or -1.
 */
int config_member(const struct config *config, const char *name)
{
	for (unsigned int i = 0; i < config->n_members; i++)
		if (!strcmp(config->members[i].name, name))
			return i;
	return -1;
}
