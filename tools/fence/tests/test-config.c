// SPDX-License-Identifier: GPL-2.0
/*
 * Configurations: a good one, and that one with something wrong each time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend.h"
#include "config.h"
#include "secret.h"

static const char good[] =
	"; a comment\n"
	"[cluster]\n"
	"scope = demo\n"
	"me = pg2\n"
	"deadline = 60\n"
	"[hypervisor pve]\n"
	"type = pve\n"
	"hosts = pve1 pve2:8006, [::1]:8006\n"
	"token_file = /etc/pug/token\n"
	"fingerprint = 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\n"
	"[member pg1]\n"
	"api = https://pg1:8008/\n"
	"hypervisor = pve\n"
	"vm = 101\n"
	"vm_uuid = AAAAAAAA-bbbb-cccc-dddd-eeeeeeeeeeee\n"
	"[member pg2]\n"
	"api = https://pg2:8008\n"
	"hypervisor = pve\n"
	"vm = 102\n"
	"vm_name = pg2\n";

static void parses(void **state)
{
	static struct config config;
	struct trouble why;

	(void)state;
	assert_int_equal(config_parse(&config, "f", good, strlen(good), &why), 0);
	assert_int_equal(config.n_members, 2);
	assert_int_equal(config.me, 1);
	assert_int_equal(config.pace.deadline_ms, 60000);
	assert_int_equal(config.policy, POLICY_STRICT);
	assert_int_equal(config.hypervisors[0].n_hosts, 3);
	assert_string_equal(config.hypervisors[0].hosts[2], "[::1]:8006");
	assert_true(config.hypervisors[0].pinned);
	assert_int_equal(config.hypervisors[0].fingerprint[31], 0xff);
	assert_string_equal(config.members[0].api, "https://pg1:8008");
	assert_string_equal(config.members[0].vm_uuid, "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee");
}

/* The good one with @from replaced by @to must be refused with @words */
static const struct {
	const char *from, *to, *words;
} spoilt[] = {
	{ "vm_uuid", "vm_uiud", "has no 'vm_uiud'" },
	{ "[cluster]", "[clutser]", "no section" },
	{ "[member pg1]", "[member]", "no section" },
	{ "[member pg1]", "[member pg2]", "stands twice" },
	{ "[member pg1]", "[member a/b]", "a name has letters" },
	{ "[member pg1]", "[member pg1", "must end with ']'" },
	{ "me = pg2\n", "", "must have 'me'" },
	{ "me = pg2", "me = pg4", "there is no [member pg4]" },
	{ "scope = demo\n", "", "'scope'" },
	{ "scope = demo", "scope =", "must be something" },
	{ "scope = demo", "scope", "neither" },
	{ "scope = demo", "scope = demo\nscope = demo", "there once" },
	{ "scope = demo", " scope = demo", "begin with a blank" },
	{ "scope = demo", "scope = a\x01", "control characters" },
	{ "; a comment", "x = y", "below a section" },
	{ "deadline = 60", "deadline = -1", "must be seconds" },
	{ "deadline = 60", "deadline = 60s", "must be seconds" },
	{ "deadline = 60", "deadline = 0", "must be seconds" },
	{ "deadline = 60", "deadline = 4", "must be shorter than 'deadline'" },
	{ "deadline = 60", "policy = maybe", "strict or talk" },
	{ "deadline = 60", "require_witnesses = 3", "must be 1 or 2" },
	{ "deadline = 60", "require_witnesses = 2", "needs 'witness'" },
	{ "deadline = 60", "system_identifier = x", "pg_controldata" },
	{ "deadline = 60", "state_dir = here", "absolute path" },
	{ "deadline = 60", "narrow = true", "yes or no" },
	{ "type = pve", "type = vmware", "must be one of" },
	{ "type = pve\n", "", "needs 'type'" },
	{ "token_file = /etc/pug/token\n", "", "needs 'token_file'" },
	{ "hosts = pve1", "hosts = https://pve1", "without https" },
	{ "fingerprint = 00:", "fingerprint = ", "64 hexadecimal digits" },
	{ "fingerprint = 00:", "fingerprint = 0g:", "64 hexadecimal digits" },
	{ "https://pg1:8008/", "http://pg1:8008", "plain HTTP" },
	{ "https://pg1:8008/", "pg1:8008", "must be http[s]" },
	{ "https://pg1:8008/", "https://pg1:8008/x?y", "must be http[s]" },
	{ "https://pg1:8008/", "https://u:p@pg1:8008", "must be http[s]" },
	{ "https://pg1:8008/", "https://pg2:8008", "has the 'api' of" },
	{ "vm = 101", "vm = 102", "has the 'vm' of" },
	{ "vm = 101", "vm = 0101", "must be a VMID" },
	{ "vm = 101", "vm = 99", "must be a VMID" },
	{ "vm = 101", "vm = 1/../2", "must be a VMID" },
	{ "vm = 101\n", "", "needs 'vm'" },
	{ "vm_name = pg2\n", "", "needs 'vm_uuid', 'vm_name' or 'vm_mac'" },
	{ "vm_name = pg2", "vm_mac = xx", "no MAC address" },
	{ "AAAAAAAA-", "AAAAAAA-", "no UUID" },
	{ "hypervisor = pve\nvm = 101", "hypervisor = pvf\nvm = 101", "no [hypervisor pvf]" },
	{ "hypervisor = pve\nvm = 101", "vm = 101", "needs 'hypervisor'" },
	{ "type = pve", "type = libvirt\ntarget = qemu:///session\nrefused_is_off = maybe", "yes or no" },
	{ "[member pg1]", "[hypervisor a]\ntype = agent\nagent = /x\noptions_file = /y\n[member pg1]\nwitness = a\nwitness_vm = 1",
		"needs 'vm_name', by which [hypervisor a]" },
	{ "[member pg1]\napi = https://pg1:8008/\nhypervisor = pve", "[hypervisor v]\ntype = libvirt\ntarget = qemu:///session\n[member pg1]\napi = https://pg1:8008/\nvm_mac = bc:24:11:00:00:01\nhypervisor = v",
		"'vm_mac' is told by none" },
	{ "[member pg1]\napi = https://pg1:8008/\nhypervisor = pve\nvm = 101\nvm_uuid", "[hypervisor v]\ntype = libvirt\ntarget = qemu:///session\n[member pg1]\napi = https://pg1:8008/\nvm_mac = bc:24:11:00:00:01\nhypervisor = v\nvm = 101\n;",
		"needs 'vm_name' or 'vm_uuid', by which [hypervisor v]" },
};

static void refuses(void **state)
{
	static struct config config;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(spoilt); i++) {
		const char *at = strstr(good, spoilt[i].from);
		struct trouble why;
		char text[2048];
		int rc;

		assert_non_null(at);
		snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, spoilt[i].to,
			 at + strlen(spoilt[i].from));
		rc = config_parse(&config, "f", text, strlen(text), &why);
		if (rc != -1 || !strstr(why.text, spoilt[i].words))
			fail_msg("'%s' -> '%s': %d, %s", spoilt[i].from, spoilt[i].to, rc,
				 why.text);
	}
}

static void refuses_what_is_no_text(void **state)
{
	static struct config config;
	static char text[70000];
	struct trouble why;

	(void)state;
	assert_int_equal(config_parse(&config, "f", "a\0b", 3, &why), -1);
	memset(text, '\n', sizeof(text));
	assert_int_equal(config_parse(&config, "f", text, sizeof(text), &why), -1);
	memset(text, 'x', sizeof(text));
	assert_int_equal(config_parse(&config, "f", text, 191, &why), -1);
	assert_non_null(strstr(why.text, "190 characters"));
	assert_int_equal(config_parse(&config, "f", "", 0, &why), -1);
}

static int try_secret(const char *text, mode_t mode, struct trouble *why)
{
	char path[] = "/tmp/test-config.XXXXXX", out[SECRET_MAX];
	int fd = mkstemp(path), rc;

	why->text[0] = '\0';
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	fchmod(fd, mode);
	close(fd);
	rc = secret_read(path, out, why);
	if (!rc)
		assert_string_equal(out, "u@pve!t=s");
	unlink(path);
	return rc;
}

static void secrets(void **state)
{
	struct trouble why;

	(void)state;
	assert_int_equal(try_secret("u@pve!t=s\n", 0600, &why), 0);
	assert_int_equal(try_secret("u@pve!t=s", 0440, &why), 0);
	assert_int_equal(try_secret("u@pve!t=s\n", 0644, &why), -1);
	assert_non_null(strstr(why.text, "others may read"));
	assert_int_equal(try_secret("u@pve!t=s\n", 0660, &why), -1);
	assert_int_equal(try_secret("", 0600, &why), -1);
	assert_int_equal(try_secret("no token\n", 0600, &why), -1);
	assert_int_equal(try_secret("u@pve!t=s\nu@pve!t=s\n", 0600, &why), -1);
	/* What is wrong with a token must not be told with it */
	assert_int_equal(try_secret("very-secret-word\n", 0600, &why), -1);
	assert_null(strstr(why.text, "very-secret-word"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(refuses),
		cmocka_unit_test(refuses_what_is_no_text),
		cmocka_unit_test(secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
