// SPDX-License-Identifier: GPL-2.0
/*
 * A cluster to practise on: such as the drills have, reached as a real one is, over ssh,
 * SQL and Patroni's REST API. It is left to its user until Ctrl-C.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cluster.h"
#include "command.h"
#include "drill-practice.h"
#include "host.h"
#include "session.h"
#include "util.h"

#define KEY "ssh_key"
/* A guest that has just been forked reads all that it needs */
#define SSHD_S 120
/* Until somebody ends it */
#define LONG_S 1e9

/* The module is there for who drills by hand; after a reset it is not */
#define BEGIN \
	"/usr/lib/pug/practice && systemctl start ssh && insmod /usr/lib/pug/stop-machine.ko && { mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug; } && cut -d ' ' -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub"

/* Of this cluster only: nobody else has it, and it opens nothing else */
static char *make_key(const char *dir)
{
	char *path = path_join(dir, KEY), *said, *text = NULL;
	char * const make[] = {
		(char *)"ssh-keygen", (char *)"-q", (char *)"-t", (char *)"ed25519",
		(char *)"-N", (char *)"", (char *)"-C", (char *)"pug", (char *)"-f", path, NULL,
	};
	char * const show[] = { (char *)"ssh-keygen", (char *)"-y", (char *)"-f", path, NULL };

	/* It would ask whether to write over it */
	said = access(path, F_OK) ? host_run(make) : NULL;
	if (said)
		text = host_run(show);
	if (text)
		text[strcspn(text, "\n")] = '\0';
	else
		warn_line("%s can't be made: openssh-client is wanted, and a folder where it is not yet (--out DIR)",
			  path);
	free(said);
	free(path);
	return text;
}

/* The files by which it is reached */
enum { TO_HOSTS, TO_SSH, TO_INVENTORY, FILES };

static const char * const files[FILES] = {
	[TO_HOSTS] = "known_hosts", [TO_SSH] = "ssh_config", [TO_INVENTORY] = "inventory.ini",
};

static int tell_member(struct node *node, FILE * const out[FILES])
{
	unsigned int port;

	if (node_run(node, BEGIN, SSHD_S))
		return cluster_fail(node->cluster, "no sshd on %s: %s", node->name, node->words);
	if (node_forward(node, 22, &port))
		return -1;
	fprintf(out[TO_HOSTS], "[127.0.0.1]:%u %s\n", port, node->words);
	fprintf(out[TO_SSH], "Host %s\n\tPort %u\n", node->name, port);
	fprintf(out[TO_INVENTORY],
		"\n[member %s]\nssh = %s\ndsn = host=127.0.0.1 port=%u user=postgres dbname=postgres\napi = http://127.0.0.1:%u\npug_node = /usr/lib/pug/pug-node\n",
		node->name, node->name, node->port, node->rest_port);
	return 0;
}

static int tell_all(struct cluster *c, const char *dir, FILE * const out[FILES])
{
	fputs("Host *\n\tHostName 127.0.0.1\n\tUser root\n\tBatchMode yes\n", out[TO_SSH]);
	fputs("\tConnectTimeout 10\n\tIdentitiesOnly yes\n", out[TO_SSH]);
	fprintf(out[TO_SSH], "\tIdentityFile \"%s/" KEY "\"\n", dir);
	fprintf(out[TO_SSH], "\tUserKnownHostsFile \"%s/%s\"\n", dir, files[TO_HOSTS]);
	fprintf(out[TO_INVENTORY],
		"# A cluster to practise on: pug drill --inventory THIS-FILE\n[cluster]\nscope = alt-cluster\npatroni_config = /etc/patroni/config.yml\n\n[ssh]\ncommand = ssh -F %s/%s\n",
		dir, files[TO_SSH]);
	for (int i = 0; i < DATABASES; i++)
		if (tell_member(&c->nodes[i], out))
			return -1;
	for (int i = 0; i < FILES; i++)
		if (fflush(out[i]))
			return cluster_fail(c, "the disk is full");
	return 0;
}

static FILE *make_file(struct cluster *c, const char *dir, const char *name)
{
	char *path = path_join(dir, name);
	FILE *out = fopen(path, "wxe");

	if (!out)
		cluster_fail(c, "%s can't be made: %s", path, strerror(errno));
	free(path);
	return out;
}

/* ssh runs where its user is, and a blank ends a word in an inventory */
static int tell(struct cluster *c, const char *given)
{
	char *dir = realpath(given, NULL);
	FILE *out[FILES] = { NULL };
	int ret = 0;

	if (!dir || strchr(dir, ' '))
		ret = cluster_fail(c, "a folder without a blank in its name is wanted: --out DIR");
	for (int i = 0; i < FILES && !ret; i++) {
		out[i] = make_file(c, dir, files[i]);
		ret = out[i] ? 0 : -1;
	}
	if (!ret)
		ret = tell_all(c, dir, out);
	if (!ret)
		printf("pug drill --inventory %s/%s\nends with Ctrl-C\n", given,
		       files[TO_INVENTORY]);
	fflush(stdout);
	for (int i = 0; i < FILES; i++)
		if (out[i])
			fclose(out[i]);
	free(dir);
	return ret;
}

/**
 * drill_practice() - have a cluster until somebody ends it
 * @host: runs it
 * @drill: what it is set up for
 * @dir: for what its nodes say, and for the files by which it is reached
 *
 * Return: the exit status.
 */
int drill_practice(const struct host *host, const struct drill *drill, const char *dir)
{
	struct cluster *c = xcalloc(1, sizeof(*c));
	char *key = make_key(dir);
	int ret = key ? cluster_open(c, host, drill) : -1;

	if (!ret) {
		c->ssh_key = key;
		ret = cluster_fork(c, dir) || tell(c, dir) ? -1 : 0;
		if (!ret)
			cluster_pass(c, LONG_S);
		if (*c->why && !c->interrupted)
			warn_line("%s", c->why);
		ret = c->interrupted ? 0 : -1;
	}
	if (key)
		cluster_close(c);
	free(key);
	free(c);
	return ret ? PUG_COULD_NOT_RUN : PUG_AS_EXPECTED;
}
