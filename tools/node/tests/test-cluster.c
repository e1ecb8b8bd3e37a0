// SPDX-License-Identifier: GPL-2.0
/* What of a cluster runs here: from a /proc that a test made. */
#include "tree.h"

#include "cluster.h"

/* The start of a pg_control: identifier, version, catalog, state */
static void add_control(const struct tree *tree, const char *data,
			uint32_t version, uint32_t state)
{
	const uint32_t control[] = { 1, 2, version, 202307071, state, 7, 7 };
	char path[512], name[256];
	FILE *file;

	snprintf(name, sizeof(name), "%s/global/pg_control", data);
	tree_path(tree, name, path, sizeof(path));
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(control, sizeof(control), 1, file), 1);
	assert_int_equal(fclose(file), 0);
}

static void add_process(const struct tree *tree, int pid, const char *comm,
			const char *cwd)
{
	char name[128], target[256];

	snprintf(name, sizeof(name), "/proc/%d/comm", pid);
	tree_file(tree, name, comm);
	if (!cwd)
		return;
	snprintf(name, sizeof(name), "/proc/%d/cwd", pid);
	snprintf(target, sizeof(target), "%s%s", tree->root, cwd);
	tree_link(tree, name, target);
}

static void add_cmdline(const struct tree *tree, int pid, const char *line,
			size_t len)
{
	char name[128], path[512];
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%d/cmdline", pid);
	tree_path(tree, name, path, sizeof(path));
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(line, len, 1, file), 1);
	assert_int_equal(fclose(file), 0);
}

static void nothing(void **state)
{
	struct cluster cluster;
	struct tree tree;

	(void)state;
	tree_make(&tree);
	cluster_find(tree.root, &cluster);
	assert_false(cluster.complete);
	add_process(&tree, 20, "bash", NULL);
	cluster_find(tree.root, &cluster);
	/* no process 1: the others are hidden */
	assert_false(cluster.complete);
	add_process(&tree, 1, "systemd", NULL);
	cluster_find(tree.root, &cluster);
	assert_true(cluster.complete);
	assert_int_equal(cluster.n, 0);
	assert_int_equal(cluster.patroni, 0);
	tree_remove(&tree);
}

static enum pg_role role_of(uint32_t version, uint32_t db_state,
			    const char *file)
{
	struct cluster cluster;
	struct tree tree;
	char name[64];

	tree_make(&tree);
	add_process(&tree, 1, "systemd", NULL);
	add_control(&tree, "/data", version, db_state);
	add_process(&tree, 300, "postgres", "/data");
	/* a child, of another pid and the same directory */
	add_process(&tree, 301, "postgres", "/data");
	if (file) {
		snprintf(name, sizeof(name), "/data/%s", file);
		tree_file(&tree, name, "");
	}
	cluster_find(tree.root, &cluster);
	tree_remove(&tree);
	assert_int_equal(cluster.n, 1);
	return cluster.servers[0].role;
}

static void roles(void **state)
{
	(void)state;
	assert_int_equal(role_of(1300, 6, NULL), PG_PRIMARY);
	/* a file that was left behind, or a promotion */
	assert_int_equal(role_of(1300, 6, "standby.signal"), PG_PRIMARY);
	assert_int_equal(role_of(1300, 5, "standby.signal"), PG_STANDBY);
	assert_int_equal(role_of(960, 5, "recovery.conf"), PG_STANDBY);
	assert_int_equal(role_of(1300, 5, NULL), PG_NOT_KNOWN);
	assert_int_equal(role_of(1300, 4, "standby.signal"), PG_NOT_KNOWN);
	assert_int_equal(role_of(1300, 0, NULL), PG_NOT_KNOWN);
	/* another byte order, or no pg_control at all */
	assert_int_equal(role_of(0x14050000, 6, NULL), PG_NOT_KNOWN);
}

static void unreadable(void **state)
{
	struct cluster cluster;
	struct tree tree;

	(void)state;
	tree_make(&tree);
	add_process(&tree, 1, "systemd", NULL);
	add_process(&tree, 300, "postmaster", NULL);
	cluster_find(tree.root, &cluster);
	assert_int_equal(cluster.n, 1);
	assert_int_equal(cluster.servers[0].role, PG_NOT_KNOWN);
	tree_remove(&tree);
}

static pid_t patroni_of(const char *comm, const char *line, size_t len)
{
	struct cluster cluster;
	struct tree tree;

	tree_make(&tree);
	add_process(&tree, 1, "systemd", NULL);
	add_process(&tree, 400, comm, NULL);
	if (line)
		add_cmdline(&tree, 400, line, len);
	cluster_find(tree.root, &cluster);
	tree_remove(&tree);
	return cluster.patroni;
}

#define ARGS(text)	(text), sizeof(text)

static void patroni(void **state)
{
	(void)state;
	assert_int_equal(patroni_of("patroni", NULL, 0), 400);
	assert_int_equal(patroni_of("python3", ARGS("/usr/bin/python3\0/usr/bin/patroni\0/etc/patroni.yml")),
			 400);
	assert_int_equal(patroni_of("python3.11", ARGS("python3\0-m\0patroni\0/etc/x.yml")),
			 400);
	assert_int_equal(patroni_of("python3", ARGS("python3\0/opt/patronictl\0list")),
			 0);
	assert_int_equal(patroni_of("vi", ARGS("vi\0/usr/bin/patroni")), 0);
	assert_int_equal(patroni_of("python3", NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing),
		cmocka_unit_test(roles),
		cmocka_unit_test(unreadable),
		cmocka_unit_test(patroni),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
