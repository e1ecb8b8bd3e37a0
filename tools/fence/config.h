/* SPDX-License-Identifier: GPL-2.0 */
/* What /etc/pug/fence.ini says. */
#ifndef PUG_FENCE_CONFIG_H
#define PUG_FENCE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"
#include "decide.h"

#define CONFIG_MEMBERS_MAX	16
#define CONFIG_HYPERVISORS_MAX	8
#define CONFIG_HOSTS_MAX	8
#define CONFIG_FILE_MAX		65536
#define CONFIG_DEFAULT		"/etc/pug/fence.ini"

/* Value of struct member's @hypervisor and @witness where there is none. */
#define NO_HYPERVISOR		(-1)

struct backend;

/**
 * struct hypervisor - a section [hypervisor NAME]
 * @name: what members call it
 * @backend: its type
 * @line: where the section begins
 * @hosts: API hosts, "HOST" or "HOST:PORT"; asked in this order
 * @n_hosts: how many
 * @token_file: holds USER@REALM!TOKENID=SECRET
 * @ca: file with the certificates that are trusted, empty for the system's
 * @fingerprint: SHA-256 of the server's certificate, if @pinned
 * @pinned: only that certificate is accepted
 * @target: ssh-command: [USER@]HOST; libvirt: the connection's URI
 * @command: ssh-command: what is run there
 * @ssh: ssh-command: the ssh to run
 * @virsh: libvirt: the virsh to run
 * @refused_is_off: qmp: nobody but this VM ever listens at that path
 * @agent: agent: path of a fence agent
 * @options_file: agent: lines of key=value for its standard input
 */
struct hypervisor {
	char name[64];
	const struct backend *backend;
	unsigned int line;
	char hosts[CONFIG_HOSTS_MAX][256];
	unsigned int n_hosts;
	char token_file[256];
	char ca[256];
	uint8_t fingerprint[32];
	bool pinned;
	char target[256];
	char command[256];
	char ssh[256];
	char virsh[256];
	bool refused_is_off;
	char agent[256];
	char options_file[256];
};

/**
 * struct member - a section [member NAME]
 * @name: as Patroni calls it
 * @line: where the section begins
 * @api: URL of its REST API, such as https://pg1:8008
 * @ping: the host to ping, policy talk only
 * @hypervisor: index, or NO_HYPERVISOR
 * @vm: what @hypervisor calls the VM: a VMID, a domain, a path, a plug
 * @witness: index of a second one that must agree, or NO_HYPERVISOR
 * @witness_vm: what that one calls it
 * @vm_uuid: SMBIOS UUID, lower case; identity is compared by what is set
 * @vm_name: the VM's name
 * @vm_mac: a MAC address of it, lower case
 * @never_primary: it is tagged nofailover and never led
 */
struct member {
	char name[64];
	unsigned int line;
	char api[256];
	char ping[256];
	int hypervisor;
	char vm[256];
	int witness;
	char witness_vm[256];
	char vm_uuid[64];
	char vm_name[128];
	char vm_mac[32];
	bool never_primary;
};

/**
 * struct config - the whole file
 * @path: of the file
 * @scope: Patroni's name of the cluster
 * @me_name: the member that runs here
 * @me: its index
 * @system_identifier: PostgreSQL's; empty: as our own Patroni says
 * @policy: how to decide
 * @pace: how long members are given
 * @try_ms: bound of one question
 * @poll_ms: from one question to the next
 * @confirm_ms: how long an operator's confirmation is good for
 * @require_witnesses: how many hypervisors must say that a VM is off
 * @narrow: the record of the last leader narrows whom to shoot
 * @state_dir: record, incident, confirmations, log
 * @tls_ca: certificates trusted for Patroni's REST API
 * @tls_cert: client certificate for it, if wanted
 * @tls_key: and its key
 * @plain_http: http:// is allowed, which is weaker
 * @by_address: the address is identity enough: Patroni before 3.2 says no name
 * @members: all of them, ours too
 * @n_members: how many
 * @hypervisors: all of them
 * @n_hypervisors: how many
 */
struct config {
	char path[256];
	char scope[128];
	char me_name[64];
	int me;
	char system_identifier[32];
	enum policy policy;
	struct pace pace;
	uint64_t try_ms;
	uint64_t poll_ms;
	uint64_t confirm_ms;
	uint64_t require_witnesses;
	bool narrow;
	char state_dir[256];
	char tls_ca[256];
	char tls_cert[256];
	char tls_key[256];
	bool plain_http;
	bool by_address;
	struct member members[CONFIG_MEMBERS_MAX];
	unsigned int n_members;
	struct hypervisor hypervisors[CONFIG_HYPERVISORS_MAX];
	unsigned int n_hypervisors;
};

/**
 * struct trouble - what is wrong, one line
 * @text: empty if nothing is
 */
struct trouble {
	char text[512];
};

int trouble_set(struct trouble *why, const char *fmt, ...) __printf(2, 3);
int config_parse(struct config *config, const char *path, const char *text,
		 size_t len, struct trouble *why);
int config_load(struct config *config, const char *path, struct trouble *why);
int config_validate(struct config *config, struct trouble *why);
int config_member(const struct config *config, const char *name);

#endif /* PUG_FENCE_CONFIG_H */
