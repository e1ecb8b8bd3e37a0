// SPDX-License-Identifier: GPL-2.0
/* Each guard of verify: in the way when it must be, and then alone. */
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "tree.h"

#include "compiler.h"
#include "verify.h"

/* One machine on which nothing is in the way; /dev/null plays the watchdog. */
struct machine {
	struct tree tree;
	struct output out;
	struct watchdog facts;
	struct verify_options opts;
	char hostname[65];
};

static void machine_make(struct machine *m)
{
	memset(m, 0, sizeof(*m));
	tree_make(&m->tree);
	tree_file(&m->tree, "/proc/1/comm", "systemd\n");
	tree_file(&m->tree, "/sys/kernel/debug/stop-machine/limit_ms",
		  "60000\n");
	tree_file(&m->tree, "/sys/module/stop_machine/parameters/max_ms",
		  "50000\n");
	strcpy(m->facts.state, "inactive");
	m->facts.devs[0] = makedev(1, 3);
	m->facts.n_devs = 1;
	gethostname(m->hostname, sizeof(m->hostname) - 1);
	m->opts = (struct verify_options){
		.device = "/dev/null",
		.timeout = 10,
		.msecs = 30000,
		.hostname = m->hostname,
		.dir = "/var/lib/pug",
	};
	output_open(&m->out, false);
}

static void as_it_is(struct machine *m)
{
	(void)m;
}

static void other_name(struct machine *m)
{
	m->opts.hostname = "not-this-one";
}

static void no_name(struct machine *m)
{
	m->opts.hostname = NULL;
}

static void no_name_dry(struct machine *m)
{
	m->opts.hostname = NULL;
	m->opts.dry_run = true;
}

static void active(struct machine *m)
{
	strcpy(m->facts.state, "active");
}

static void held(struct machine *m)
{
	tree_file(&m->tree, "/proc/55/comm", "watchdogd\n");
	tree_link(&m->tree, "/proc/55/fd/3", "/dev/null");
}

static void no_device(struct machine *m)
{
	m->opts.device = "/dev/no-such-device";
}

static void too_short(struct machine *m)
{
	m->opts.msecs = 20999;
}

static void just_enough(struct machine *m)
{
	m->opts.msecs = 21000;
}

static void over_max(struct machine *m)
{
	m->opts.msecs = 50001;
}

static void over_limit(struct machine *m)
{
	tree_file(&m->tree, "/sys/kernel/debug/stop-machine/limit_ms",
		  "29999\n");
}

static void no_module(struct machine *m)
{
	tree_unlink(&m->tree, "/sys/kernel/debug/stop-machine/limit_ms");
}

static void no_module_needed(struct machine *m)
{
	no_module(m);
	m->opts.fault = FAULT_NO_KEEPALIVE;
}

static void hidden(struct machine *m)
{
	char path[512];

	tree_unlink(&m->tree, "/proc/1/comm");
	tree_path(&m->tree, "/proc/1", path, sizeof(path));
	assert_int_equal(rmdir(path), 0);
}

static void patroni(struct machine *m)
{
	tree_file(&m->tree, "/proc/60/comm", "patroni\n");
}

static void postgres(struct machine *m)
{
	tree_file(&m->tree, "/proc/61/comm", "postgres\n");
}

static void postgres_as(struct machine *m, uint32_t state)
{
	const uint32_t control[] = { 1, 2, 1300, 202307071, state, 0, 0 };
	char path[512];
	FILE *file;

	postgres(m);
	tree_path(&m->tree, "/proc/61/cwd/global/pg_control", path,
		  sizeof(path));
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(control, sizeof(control), 1, file), 1);
	assert_int_equal(fclose(file), 0);
}

static void primary(struct machine *m)
{
	postgres_as(m, 6);
	/* of no use there */
	m->opts.standby_may_go = true;
}

static void standby(struct machine *m)
{
	postgres_as(m, 5);
	tree_file(&m->tree, "/proc/61/cwd/standby.signal", "");
}

static void standby_may_go(struct machine *m)
{
	standby(m);
	m->opts.standby_may_go = true;
}

static void no_folder(struct machine *m)
{
	m->opts.dir = "/dev/null/pug";
}

static void frozen_folder(struct machine *m)
{
	m->opts.mounts[0] = "/var/lib";
	m->opts.n_mounts = 1;
}

static void no_mount(struct machine *m)
{
	m->opts.mounts[0] = "/no-such-folder";
	m->opts.n_mounts = 1;
}

static const struct {
	const char *name;
	void (*change)(struct machine *m);
	int refused;
	const char *says;
} rows[] = {
	{ "nothing", as_it_is, 0, "" },
	{ "another name", other_name, 1, "not 'not-this-one'" },
	{ "no name", no_name, 1, "--yes-reset is missing" },
	{ "no name, a dry run", no_name_dry, 0, "" },
	{ "active", active, 1, "is armed, by none" },
	{ "held", held, 1, "is held, by pid 55" },
	{ "no device", no_device, 1, "no such device" },
	{ "too short", too_short, 1, "21000 at least" },
	{ "just enough", just_enough, 0, "" },
	{ "over max_ms", over_max, 1, "max_ms=50000" },
	{ "over the clock's limit", over_limit, 1, "29999 ms" },
	{ "no module", no_module, 1, "stop-machine.ko is not loaded" },
	{ "no module, none needed", no_module_needed, 0, "" },
	{ "hidden processes", hidden, 1, "not every process" },
	{ "Patroni", patroni, 1, "Patroni runs here (pid 60)" },
	{ "PostgreSQL, unreadable", postgres, 1, "cannot be told" },
	{ "a primary", primary, 1, "primary here (pid 61)" },
	{ "a standby", standby, 1, "--standby-may-go" },
	{ "a standby that may go", standby_may_go, 0, "" },
	{ "no folder", no_folder, 1, "no folder" },
	{ "the journal's file system frozen", frozen_folder, 1,
	  "the journal is written there" },
	{ "no such mount", no_mount, 1, "no such folder" },
};

static void guards(void **state)
{
	int wrong = 0;
	size_t i;

	(void)state;
	/* not root: one guard more, which is what it says then */
	if (geteuid())
		skip();
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct machine m;
		int refused;

		machine_make(&m);
		rows[i].change(&m);
		refused = verify_guard(m.tree.root, &m.opts, &m.facts, &m.out.em);
		output_read(&m.out);
		if (refused != rows[i].refused ||
		    !strstr(m.out.errors, rows[i].says)) {
			print_error("%s: %d refused: %s\n", rows[i].name,
				    refused, m.out.errors);
			wrong++;
		}
		tree_remove(&m.tree);
		output_close(&m.out);
	}
	assert_int_equal(wrong, 0);
}

static void in_memory(void **state)
{
	struct statfs fs;
	struct machine m;

	(void)state;
	if (geteuid() || statfs("/dev/shm", &fs) || fs.f_type != 0x01021994)
		skip();
	machine_make(&m);
	m.opts.dir = "/dev/shm/pug";
	assert_int_equal(verify_guard(m.tree.root, &m.opts, &m.facts, &m.out.em),
			 1);
	output_read(&m.out);
	expect_text_with(m.out.errors, "is in memory");
	tree_remove(&m.tree);
	output_close(&m.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guards),
		cmocka_unit_test(in_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
