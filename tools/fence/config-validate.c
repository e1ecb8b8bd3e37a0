// SPDX-License-Identifier: GPL-2.0
/*
 * What a configuration must hold before anything is decided by it.
 */
#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "backend.h"
#include "config.h"
#include "num.h"

static int bad_member(const struct config *config, const struct member *member,
		      const char *what, struct trouble *why)
{
	return trouble_set(why, "%s:%u: [member %s]: %s", config->path, member->line,
			   member->name, what);
}

static int check_cluster(struct config *config, struct trouble *why)
{
	const struct pace *pace = &config->pace;
	uint64_t sysid;

	if (!config->scope[0])
		return trouble_set(why, "%s: [cluster] must have a 'scope', as in patroni.yml",
				   config->path);
	if (!config->me_name[0])
		return trouble_set(why, "%s: [cluster] must have 'me', the name in this machine's patroni.yml",
				   config->path);
	config->me = config_member(config, config->me_name);
	if (config->me < 0)
		return trouble_set(why, "%s: there is no [member %s], which is what 'me' says",
				   config->path, config->me_name);
	if (config->n_members < 2)
		return trouble_set(why, "%s: all members must be listed, and there is only one",
				   config->path);
	if (config->system_identifier[0] &&
	    num_u64(config->system_identifier, UINT64_MAX, &sysid))
		return trouble_set(why, "%s: 'system_identifier' must be the number that pg_controldata prints",
				   config->path);
	if (config->state_dir[0] != '/')
		return trouble_set(why, "%s: 'state_dir' must be an absolute path", config->path);
	if (pace->grace_ms >= pace->deadline_ms || pace->demote_wait_ms >= pace->deadline_ms ||
	    pace->reserve_ms >= pace->deadline_ms)
		return trouble_set(why, "%s: 'grace', 'demote_wait' and 'stop_reserve' must be shorter than 'deadline'",
				   config->path);
	if (config->try_ms >= pace->deadline_ms)
		return trouble_set(why, "%s: 'try_timeout' must be shorter than 'deadline'",
				   config->path);
	if (!config->tls_cert[0] != !config->tls_key[0])
		return trouble_set(why, "%s: [patroni] needs 'cert' and 'key' together",
				   config->path);
	return 0;
}

static int check_url(const struct config *config, struct member *member, struct trouble *why)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]_";
	const char *host = strstr(member->api, "://");
	size_t len = strlen(member->api);

	while (len && member->api[len - 1] == '/')
		member->api[--len] = '\0';
	host = host ? host + 3 : "";
	if (!*host || strspn(host, allowed) != strlen(host))
		return bad_member(config, member, "'api' must be http[s]://HOST:PORT", why);
	if (!strncmp(member->api, "https://", 8))
		return 0;
	if (strncmp(member->api, "http://", 7))
		return bad_member(config, member, "'api' must be http[s]://HOST:PORT", why);
	if (!config->plain_http && config->policy == POLICY_STRICT)
		return bad_member(config, member,
				  "'api' is plain HTTP, which anyone on the way can forge: use https, or allow it by 'plain_http = yes' in [patroni]",
				  why);
	return 0;
}

static void lower(char *text)
{
	for (; *text; text++)
		*text = tolower((unsigned char)*text);
}

static bool is_shape(const char *text, const char *shape)
{
	for (; *shape; shape++, text++) {
		if (*shape == 'x' ? !isxdigit((unsigned char)*text) : *text != *shape)
			return false;
	}
	return !*text;
}

static int check_identity(const struct config *config, struct member *member,
			  struct trouble *why)
{
	lower(member->vm_uuid);
	lower(member->vm_mac);
	if (member->vm_uuid[0] && !is_shape(member->vm_uuid,
					    "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"))
		return bad_member(config, member, "'vm_uuid' is no UUID", why);
	if (member->vm_mac[0] && !is_shape(member->vm_mac, "xx:xx:xx:xx:xx:xx"))
		return bad_member(config, member, "'vm_mac' is no MAC address", why);
	if (!member->vm_uuid[0] && !member->vm_mac[0] && !member->vm_name[0])
		return bad_member(config, member,
				  "needs 'vm_uuid', 'vm_name' or 'vm_mac', which is compared before its VM is stopped",
				  why);
	return 0;
}

static const struct sign {
	unsigned int bit;
	const char *key;
	size_t offset;
} signs[] = {
	{ TELLS_UUID, "'vm_uuid'", offsetof(struct member, vm_uuid) },
	{ TELLS_NAME, "'vm_name'", offsetof(struct member, vm_name) },
	{ TELLS_MAC, "'vm_mac'", offsetof(struct member, vm_mac) },
};

/* What is configured must be compared by somebody, and each must have something to compare */
static int check_signs(const struct config *config, const struct member *member,
		       struct trouble *why)
{
	const int indexes[] = { member->hypervisor, member->witness };
	unsigned int wanted = 0, told = 0;

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (*((const char *)member + signs[i].offset))
			wanted |= signs[i].bit;
	for (size_t i = 0; i < ARRAY_SIZE(indexes); i++) {
		const struct hypervisor *hyper;

		if (indexes[i] == NO_HYPERVISOR)
			continue;
		hyper = &config->hypervisors[indexes[i]];
		told |= hyper->backend->tells;
		if (!(hyper->backend->tells & wanted))
			return trouble_set(why, "%s:%u: [member %s]: needs 'vm_name'%s, by which [hypervisor %s] can know its VM",
					   config->path, member->line, member->name,
					   hyper->backend->tells & TELLS_UUID ? " or 'vm_uuid'" : "",
					   hyper->name);
	}
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (wanted & ~told & signs[i].bit)
			return trouble_set(why, "%s:%u: [member %s]: %s is told by none of its hypervisors, so it would not be compared",
					   config->path, member->line, member->name, signs[i].key);
	return 0;
}

static int check_vm(const struct config *config, struct member *member, int index,
		    const char *vm, struct trouble *why)
{
	const struct hypervisor *hyper = &config->hypervisors[index];

	if (!vm[0])
		return bad_member(config, member, "needs 'vm' (and 'witness_vm' with 'witness')",
				  why);
	if (hyper->backend->check_vm(vm))
		return bad_member(config, member, hyper->backend->vm_is, why);
	return 0;
}

static int check_member(const struct config *config, struct member *member,
			struct trouble *why)
{
	if (!member->api[0])
		return bad_member(config, member, "needs 'api', such as https://HOST:8008", why);
	if (check_url(config, member, why))
		return -1;
	if (member->hypervisor == NO_HYPERVISOR) {
		if (!member->never_primary)
			return bad_member(config, member, "needs 'hypervisor'", why);
		if (member->vm[0] || member->witness != NO_HYPERVISOR)
			return bad_member(config, member, "has 'vm' or 'witness' without 'hypervisor'",
					  why);
		return 0;
	}
	if (check_vm(config, member, member->hypervisor, member->vm, why) ||
	    check_identity(config, member, why) || check_signs(config, member, why))
		return -1;
	if (member->witness == NO_HYPERVISOR)
		return config->require_witnesses < 2 ? 0 :
		       bad_member(config, member, "needs 'witness', since require_witnesses = 2",
				  why);
	if (member->witness == member->hypervisor)
		return bad_member(config, member, "'witness' must be another hypervisor section",
				  why);
	return check_vm(config, member, member->witness, member->witness_vm, why);
}

static bool same(const char *a, const char *b)
{
	return a[0] && !strcmp(a, b);
}

/* Two members with one VM would make one proof good for both. */
static int check_pair(const struct config *config, const struct member *a,
		      const struct member *b, struct trouble *why)
{
	const char *what = NULL;

	if (same(a->api, b->api))
		what = "'api'";
	else if (a->hypervisor == b->hypervisor && same(a->vm, b->vm))
		what = "'vm'";
	else if (a->witness == b->witness && same(a->witness_vm, b->witness_vm))
		what = "'witness_vm'";
	else if (same(a->vm_uuid, b->vm_uuid))
		what = "'vm_uuid'";
	else if (same(a->vm_mac, b->vm_mac))
		what = "'vm_mac'";
	else if (same(a->vm_name, b->vm_name))
		what = "'vm_name'";
	if (!what)
		return 0;
	return trouble_set(why, "%s:%u: [member %s] has the %s of [member %s]", config->path,
			   b->line, b->name, what, a->name);
}

static int check_hypervisor(const struct config *config, const struct hypervisor *hyper,
			    struct trouble *why)
{
	if (!hyper->backend)
		return trouble_set(why,
				   "%s:%u: [hypervisor %s] needs 'type', one of " BACKEND_NAMES,
				   config->path, hyper->line, hyper->name);
	if (hyper->backend->missing && hyper->backend->missing(hyper))
		return trouble_set(why, "%s:%u: [hypervisor %s] needs %s", config->path,
				   hyper->line, hyper->name, hyper->backend->missing(hyper));
	return 0;
}

/**
 * config_validate() - is this configuration whole and free of contradictions?
 * @config: as read; names and addresses are brought into one form
 * @why: what is wrong
 *
 * Return: 0, or -1.
 */
int config_validate(struct config *config, struct trouble *why)
{
	if (check_cluster(config, why))
		return -1;
	for (unsigned int i = 0; i < config->n_hypervisors; i++)
		if (check_hypervisor(config, &config->hypervisors[i], why))
			return -1;
	for (unsigned int i = 0; i < config->n_members; i++)
		if (check_member(config, &config->members[i], why))
			return -1;
	for (unsigned int i = 0; i < config->n_members; i++)
		for (unsigned int j = i + 1; j < config->n_members; j++)
			if (check_pair(config, &config->members[i], &config->members[j], why))
				return -1;
	return 0;
}
