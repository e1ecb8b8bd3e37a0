// SPDX-License-Identifier: GPL-2.0
/* Inventories that are good, and all kinds that are not: FILE:LINE and what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "compiler.h"
#include "dsn.h"
#include "inventory-adapter.h"
#include "inventory-db.h"
#include "inventory.h"
#include "remote.h"
#include "util.h"

#define CLUSTER "[cluster]\nscope = alt-cluster\n"
#define ONE "[member alt01]\nssh = pug@10.0.0.1\ndsn = host=10.0.0.1 user=postgres\napi = http://10.0.0.1:8008\n"
#define TWO "[member alt02]\nssh = pug@10.0.0.2\ndsn = host=10.0.0.2 user=postgres\napi = https://10.0.0.2:8008\n"

static void parse_good(struct inventory *inv, const char *text)
{
	char *why;

	if (inventory_parse(inv, "inv", text, strlen(text), &why))
		fail_msg("%s", why);
	assert_null(why);
}

static void check_refused(const char *text, const char *words)
{
	static struct inventory inv;
	char *why;

	assert_int_equal(inventory_parse(&inv, "inv", text, strlen(text), &why), -1);
	if (!strstr(why, words))
		fail_msg("'%s' is not in: %s", words, why);
	assert_null(strstr(why, "s3cret"));
	assert_null(strchr(why, '\n'));
	free(why);
}

static void test_good(void **state)
{
	static struct inventory inv;

	(void)state;
	parse_good(&inv, CLUSTER ONE TWO);
	assert_string_equal(inv.scope, "alt-cluster");
	assert_string_equal(inv.adapter->name, "patroni");
	assert_string_equal(inv.ssh, INVENTORY_SSH);
	assert_int_equal(inv.n, 2);
	assert_string_equal(inv.members[1].name, "alt02");
	assert_string_equal(inv.members[1].api, "https://10.0.0.2:8008");
	assert_string_equal(inv.members[1].pug_node, "pug-node");
	assert_string_equal(inv.members[1].become, "");
	assert_int_equal(inventory_find(&inv, "alt02"), 1);
	assert_int_equal(inventory_find(&inv, "alt03"), -1);
	parse_good(&inv, "# mine\n" CLUSTER ONE TWO "become = sudo -n\npug_node = /usr/bin/pug-node\n"
		   "[ssh]\ncommand = ssh -p 2222\n");
	assert_string_equal(inv.members[1].become, "sudo -n");
	assert_string_equal(inv.members[1].pug_node, "/usr/bin/pug-node");
	assert_string_equal(inv.ssh, "ssh -p 2222");
	/* The last line may lack its end */
	parse_good(&inv, CLUSTER ONE TWO "become = doas");
	assert_string_equal(inv.members[1].become, "doas");
}

#define NO_API_1 "[member a]\nssh = a\ndsn = host=a\n"
#define NO_API_2 "[member b]\nssh = b\ndsn = host=b\n"

/* Only Patroni has an API: elsewhere an inventory that names one means something else */
static void test_adapters(void **state)
{
	static struct inventory inv;

	(void)state;
	parse_good(&inv, CLUSTER "adapter = repmgr\nsystem_identifier = 77\n" NO_API_1 NO_API_2);
	assert_string_equal(inv.adapter->name, "repmgr");
	assert_string_equal(inv.system_identifier, "77");
	assert_string_equal(inv.members[1].api, "");
	assert_false(inv.adapter->untested);
	parse_good(&inv, CLUSTER "adapter = biha\n" NO_API_1 NO_API_2);
	assert_true(inv.adapter->untested);
	check_refused(CLUSTER NO_API_1 NO_API_2, "inv:3: [member a] has no 'api'");
	/* Wherever the adapter stands */
	check_refused(NO_API_1 TWO CLUSTER "adapter = repmgr\n",
		      "inv:4: [member alt02] has 'api', and repmgr has none");
	check_refused(CLUSTER "adapter = repmgr\ncacert = /a\n" NO_API_1 NO_API_2,
		      "inv:1: [cluster] has 'cacert', and repmgr has none");
}

static void test_lines(void **state)
{
	char text[512];

	(void)state;
	check_refused("", "inv:0: there is no [cluster]");
	check_refused("scope = a\n", "inv:1: a setting must stand below a section");
	check_refused("[cluster\n", "inv:1: a section must end with ']'");
	check_refused("[cluster]\nscope\n", "inv:2: this is neither");
	check_refused("[cluster]\n scope = a\n", "inv:2: a line must not begin with a blank");
	check_refused("[cluster]\nscope = a\x01\n", "inv:2: a control character");
	snprintf(text, sizeof(text), "[cluster]\nscope = %0200d\n", 1);
	check_refused(text, "inv:2: a line of more than 190 characters");
	check_refused("[clusters]\n", "inv:1: there is no section [clusters]");
	check_refused("[member]\n", "inv:1: there is no section [member]");
	check_refused("[member a/b]\n", "inv:1: 'member' must be a name");
	check_refused("[member ]\n", "inv:1: a member's name is missing");
	check_refused(CLUSTER CLUSTER, "inv:3: [cluster] stands twice, first in line 1");
	check_refused(CLUSTER ONE TWO ONE, "inv:11: [member alt01] stands twice");
}

static void test_keys(void **state)
{
	(void)state;
	check_refused("[cluster]\nscop = a\n", "inv:2: [cluster] has no 'scop'; it has scope");
	check_refused("[cluster]\nscope = a\nscope = a\n", "inv:3: 'scope' stands twice");
	check_refused("[cluster]\nscope =\n", "inv:2: 'scope' has no value");
	check_refused("[cluster]\nadapter = patroni\n" ONE TWO, "inv:1: [cluster] has no 'scope'");
	check_refused(ONE TWO, "there is no [cluster]");
	check_refused(CLUSTER ONE, "at least two [member NAME]");
	check_refused("[cluster]\nscope = a b\n", "inv:2: 'scope' must be a name");
	check_refused("[cluster]\nadapter = x\n",
		      "inv:2: 'adapter' must be patroni, repmgr or biha");
	check_refused("[cluster]\nsystem_identifier = 7x\n", "inv:2: 'system_identifier' must be");
	check_refused("[cluster]\nttl = 30\n", "ttl is read from the cluster itself");
	check_refused("[cluster]\nledger_schema = x\n", "gets a name of its own");
	check_refused("[cluster]\ninsecure = yes\n", "certificates are verified, always");
	check_refused("[cluster]\ncacert = ca.pem\n", "must be a path from / on");
	check_refused("[ssh]\ncommand = ssh -o \"A B\"\n", "inv:2: 'command' is split at blanks");
}

static void test_members(void **state)
{
	(void)state;
	check_refused(CLUSTER ONE TWO "role = etcd\n", "inv:11: the drill never touches an etcd member");
	check_refused(CLUSTER ONE TWO "etcd = yes\n", "inv:11: the drill never touches an etcd member");
	check_refused(CLUSTER ONE TWO "become = sudo; rm\n", "split at blanks and no shell sees it");
	check_refused(CLUSTER ONE TWO "pug_node = pug-node freeze\n", "without arguments");
	check_refused(CLUSTER "[member a]\nssh = -oProxyCommand=x\n", "inv:4: 'ssh' must be USER@HOST");
	check_refused(CLUSTER "[member a]\nssh = a b\n", "inv:4: 'ssh' must be USER@HOST");
	check_refused(CLUSTER "[member a]\napi = 10.0.0.1:8008\n", "inv:4: 'api' must be http://");
	check_refused(CLUSTER "[member a]\napi = http://a/patroni\n", "without a path");
	check_refused(CLUSTER "[member a]\nssh = a\n" TWO, "inv:3: [member a] has no 'dsn'");
	check_refused(CLUSTER ONE "[member alt02]\nssh = pug@10.0.0.1\ndsn = host=b\napi = http://b\n",
		      "inv:7: the members alt01 and alt02 have the same 'ssh'");
}

static void test_dsns(void **state)
{
	static const struct {
		const char *dsn;
		const char *words;
	} rows[] = {
		{ "host=a password=s3cret", "has a password" },
		{ "postgresql://u:s3cret@a/db", "has a password" },
		{ "host=a,b", "names several hosts" },
		{ "user=postgres", "names no host" },
		{ "host=a target_session_attrs=any", "has target_session_attrs" },
		{ "host=a ghost=s3cret", "is no connection string" },
		{ "@", "is no connection string" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *text = xasprintf(CLUSTER "[member a]\ndsn = %s\n", rows[i].dsn);

		check_refused(text, rows[i].words);
		free(text);
	}
}

static void test_file(void **state)
{
	char path[] = "/tmp/pug-inventory-test.XXXXXX", *why;
	static const char text[] = CLUSTER ONE TWO;
	static struct inventory inv;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_int_equal(inventory_load(&inv, path, &why), 0);
	assert_int_equal(inv.n, 2);
	/* It names commands, so nobody else may write it */
	assert_int_equal(chmod(path, 0660), 0);
	assert_int_equal(inventory_load(&inv, path, &why), -1);
	assert_non_null(strstr(why, "others could write it"));
	free(why);
	unlink(path);
	assert_int_equal(inventory_load(&inv, path, &why), -1);
	assert_non_null(strstr(why, "No such file"));
	free(why);
	assert_int_equal(inventory_load(&inv, "/tmp", &why), -1);
	free(why);
}

static void check_line(bool become, const char * const *words, const char *wanted)
{
	struct inventory_member member = { .become = "sudo -n  -u root" };
	struct remote_command command = { &member, become, words };
	char *line = remote_line(&command);

	assert_string_equal(line, wanted);
	free(line);
}

/* What a shell makes of it is these words again */
static void test_quoting(void **state)
{
	static const char * const plain[] = { "/usr/bin/pug-node", "freeze", "--msecs", NULL };
	static const char * const odd[] = { "echo", "", "a b", "it's", "$(x)", "`x`;\\", NULL };

	(void)state;
	check_line(false, plain, "/usr/bin/pug-node freeze --msecs");
	check_line(true, plain, "sudo -n -u root /usr/bin/pug-node freeze --msecs");
	check_line(false, odd, "echo '' 'a b' 'it'\\''s' '$(x)' '`x`;\\'");
}

static void run_here(const char *ssh, const char *script, double seconds,
		     struct remote_answer *answer)
{
	struct inventory_member member = { .ssh = "nowhere" };
	const char * const words[] = { "sh", "-c", script, NULL };
	struct remote_command command = { &member, false, words };
	struct inventory inv = { .n = 0 };

	snprintf(inv.ssh, sizeof(inv.ssh), "%s", ssh);
	remote_run(&inv, &command, seconds, answer);
}

static void test_run(void **state)
{
	struct remote_answer answer;
	double begin = now_s();

	(void)state;
	run_here("false", "true", 5, &answer);
	assert_int_equal(answer.status, 1);
	remote_free(&answer);
	run_here("/no/such/ssh", "true", 5, &answer);
	assert_int_equal(answer.status, 127);
	assert_non_null(strstr(answer.err, "No such file"));
	remote_free(&answer);
	run_here("echo", "true", 5, &answer);
	assert_int_equal(answer.status, 0);
	assert_string_equal(answer.out, "nowhere sh -c true");
	remote_free(&answer);
	/* What does not end is ended */
	run_here("tail -f /dev/null", "true", 0.2, &answer);
	assert_int_not_equal(answer.status, 0);
	remote_free(&answer);
	assert_true(now_s() - begin < 60);
}

static void check_joined(const char *dsn, const char *wanted)
{
	static struct inventory inv;
	char *why, *joined;

	parse_good(&inv, CLUSTER ONE TWO);
	snprintf(inv.members[1].dsn, sizeof(inv.members[1].dsn), "%s", dsn);
	joined = inventory_join(&inv, "connect_timeout=1", &why);
	if (joined)
		assert_string_equal(joined, wanted);
	else if (!strstr(why, wanted))
		fail_msg("%s", why);
	free(joined);
	free(why);
}

static void test_join(void **state)
{
	(void)state;
	unsetenv("PGPORT");
	unsetenv("PGHOST");
	check_joined("host=10.0.0.2 user=postgres",
		     "host='10.0.0.1,10.0.0.2' port='5432,5432' user='postgres' connect_timeout=1");
	check_joined("host=10.0.0.2 port=5433 user=postgres connect_timeout=9",
		     "host='10.0.0.1,10.0.0.2' port='5432,5433' user='postgres' connect_timeout=1");
	check_joined("postgresql://postgres@db2",
		     "host='10.0.0.1,db2' port='5432,5432' user='postgres' connect_timeout=1");
	check_joined("host=10.0.0.2 user=s3cret", "in the members' dsn 'user' differs");
	check_joined("@/no/such/file", "the dsn of alt02: /no/such/file");
	check_joined("host=a,b user=postgres", "has several hosts");
}

/* A password of a file gets into the string, which is nobody's argument */
static void test_private(void **state)
{
	char path[] = "/tmp/pug-inventory-test.XXXXXX", *why = NULL, *joined;
	static const char text[] = "host=10.0.0.1 user=u password='it\\'s \\\\'\n";
	static struct inventory inv;
	struct dsn dsn;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	parse_good(&inv, CLUSTER ONE TWO);
	for (size_t i = 0; i < inv.n; i++)
		snprintf(inv.members[i].dsn, sizeof(inv.members[i].dsn), "@%s", path);
	joined = inventory_join(&inv, "", &why);
	if (!joined)
		fail_msg("%s", why);
	assert_non_null(strstr(joined, "password='it\\'s \\\\'"));
	assert_int_equal(dsn_parse(&dsn, joined, &why), -1);
	dsn_free(&dsn);
	free(why);
	assert_int_equal(dsn_parse_private(&dsn, joined, &why), 0);
	assert_int_equal(dsn.n, 2);
	dsn_free(&dsn);
	free(joined);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_adapters),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_dsns),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_quoting),
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_private),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
