// SPDX-License-Identifier: GPL-2.0
/* The parsers of `pug-node check': what they take, and what they do not. */
#include <sys/stat.h>

#include "check-access.h"
#include "check-klog.h"
#include "check-modules.h"
#include "check-observe.h"
#include "check-patroni.h"
#include "check-procs.h"
#include "check-systemd.h"
#include "tree.h"

static struct tree tree;

static int setup(void **state)
{
	(void)state;
	tree_make(&tree);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_remove(&tree);
	return 0;
}

static int64_t span(const char *text)
{
	return sdconf_span(text, strlen(text));
}

static void spans(void **state)
{
	(void)state;
	assert_int_equal(span("30"), 30);
	assert_int_equal(span("30s"), 30);
	assert_int_equal(span("1min 30s"), 90);
	assert_int_equal(span("2min"), 120);
	assert_int_equal(span("1h"), 3600);
	assert_int_equal(span("1500ms"), 2);
	assert_int_equal(span("0"), 0);
	assert_int_equal(span("off"), 0);
	assert_int_equal(span("default"), SPAN_DEFAULT);
	assert_int_equal(span("infinity"), SPAN_INFINITY);
	assert_int_equal(span(""), SPAN_UNSET);
	assert_int_equal(span("soon"), SPAN_BAD);
	assert_int_equal(span("30 fortnights"), SPAN_BAD);
	assert_int_equal(span("-30"), SPAN_BAD);
	assert_int_equal(span("99999999999999999999"), SPAN_BAD);
}

static void systemd_files(void **state)
{
	struct unread unread = { 0 };
	struct sdconf conf;

	(void)state;
	tree_file(&tree, "/etc/systemd/system.conf",
		  "[Manager]\n#RuntimeWatchdogSec=1\nRuntimeWatchdogSec = 20s\n"
		  "[Other]\nRuntimeWatchdogSec=5\n");
	tree_file(&tree, "/usr/lib/systemd/system.conf.d/20.conf",
		  "[Manager]\nRuntimeWatchdogSec=30\n");
	sdconf_read(tree.root, &conf, &unread);
	assert_int_equal(conf.runtime_s, 30);
	assert_string_equal(conf.runtime_from,
			    "/usr/lib/systemd/system.conf.d/20.conf");
	/* the same name in /etc masks it */
	tree_file(&tree, "/etc/systemd/system.conf.d/20.conf",
		  "[Manager]\nWatchdogDevice=/dev/watchdog1\n");
	sdconf_read(tree.root, &conf, &unread);
	assert_int_equal(conf.runtime_s, 20);
	assert_string_equal(conf.device, "/dev/watchdog1");
	tree_file(&tree, "/proc/cmdline", "quiet systemd.watchdog_sec=40 x\n");
	sdconf_read(tree.root, &conf, &unread);
	assert_int_equal(conf.runtime_s, 40);
	assert_int_equal(unread.n, 0);
}

static void modules(void **state)
{
	static const char text[] =
		"# blacklist softdog\n"
		"  blacklist   iTCO-wdt  \n"
		"blacklist\n"
		"options softdog soft_noboot=1\n"
		"options softdog soft_panic=1\n"
		"install i6300esb /bin/false\n"
		"install ib700wdt /sbin/modprobe -i ib700wdt timeout=9\n"
		"blacklist i6300esbx\n";
	struct modconf conf = { 0 };

	(void)state;
	modconf_parse_modprobe("/f", text, sizeof(text) - 1, &conf);
	assert_string_equal(conf.module[MODULE_SOFTDOG].blacklisted_by, "");
	assert_string_equal(conf.module[MODULE_SOFTDOG].options,
			    "soft_noboot=1 soft_panic=1");
	assert_string_equal(conf.module[MODULE_ITCO].blacklisted_by, "/f");
	assert_string_equal(conf.module[MODULE_I6300ESB].blacklisted_by, "/f");
	assert_string_equal(conf.module[MODULE_IB700].blacklisted_by, "");
	modconf_parse_cmdline("a modprobe.blacklist=x,i6300esb b", 33, &conf);
	assert_string_equal(conf.module[MODULE_I6300ESB].blacklisted_by,
			    "the kernel's command line");
}

/* What cannot be read is noted, and nothing blocks. */
static void strange_files(void **state)
{
	struct unread unread = { 0 };
	struct modconf conf;
	char path[512];
	FILE *file;

	(void)state;
	tree_link(&tree, "/etc/modprobe.d/loop.conf", "loop.conf");
	tree_path(&tree, "/etc/modprobe.d/fifo.conf", path, sizeof(path));
	assert_int_equal(mkfifo(path, 0600), 0);
	tree_dir(&tree, "/etc/modprobe.d/folder.conf/");
	tree_file(&tree, "/etc/modprobe.d/huge.conf", "blacklist softdog\n");
	tree_path(&tree, "/etc/modprobe.d/huge.conf", path, sizeof(path));
	file = fopen(path, "a");
	assert_non_null(file);
	assert_int_equal(ftruncate(fileno(file), 64 * 1024 * 1024), 0);
	fclose(file);
	tree_file(&tree, "/etc/modprobe.d/good.conf", "blacklist ib700wdt\n");
	tree_file(&tree, "/etc/modprobe.d/other.txt", "blacklist iTCO_wdt\n");
	modconf_read(tree.root, &conf, &unread);
	assert_int_equal(unread.n, 4);
	expect_text_with(unread.text, "/etc/modprobe.d/huge.conf");
	expect_text_with(unread.text, "/etc/modprobe.d/fifo.conf");
	assert_string_equal(conf.module[MODULE_IB700].blacklisted_by,
			    "/etc/modprobe.d/good.conf");
	assert_string_equal(conf.module[MODULE_ITCO].blacklisted_by, "");
	assert_string_equal(conf.module[MODULE_SOFTDOG].blacklisted_by, "");
}

static void kernel_log(void **state)
{
	static const char text[] =
		"6,1,100,-;softdog: initialized. soft_noboot=1 soft_margin=60 sec soft_panic=0 (nowayout=0)\n"
		" SUBSYSTEM=x\n"
		"6,2,200,-;hpet0: 3 comparators, 64-bit 14.318180 MHz counter\n"
		"12,3,300,-;iTCO_wdt: unable to reset NO_REBOOT flag\n"
		"30,4,400,-;systemd[1]: Failed to set timeout to 1h: Invalid argument\n"
		"no record\n";
	struct klog klog;

	(void)state;
	klog_init(&klog);
	klog_parse(&klog, text, sizeof(text) - 1);
	assert_int_equal(klog.softdog_noboot, 1);
	assert_int_equal(klog.softdog_panic, 0);
	assert_int_equal(klog.hpet_khz, 14318);
	/* 12 is a user's line: it may say what it likes */
	assert_false(klog.itco_noreboot);
	assert_true(klog.systemd_refused);
}

static enum proc_role role(const char *comm, const char *line, size_t len)
{
	char config[64];

	return proc_role_of(comm, line, len, config, sizeof(config));
}

#define ROLE(comm, line) role(comm, line, sizeof(line))

static void processes(void **state)
{
	static const char python[] =
		"/usr/bin/python3\0/usr/bin/patroni\0/etc/patroni/config.yml";
	char config[64], unit[32];
	static const char cgroup[] = "0::/system.slice/patroni.service\n";

	(void)state;
	assert_int_equal(proc_role_of("patroni", python, sizeof(python), config,
				      sizeof(config)), PROC_PATRONI);
	assert_string_equal(config, "/etc/patroni/config.yml");
	assert_int_equal(ROLE("vi", "vi\0/etc/patroni/config.yml"), PROC_OTHER);
	assert_int_equal(ROLE("postgres", "postgres: x: walwriter "),
			 PROC_PRIMARY);
	assert_int_equal(ROLE("postgres", "postgres: x: startup recovering 00"),
			 PROC_STANDBY);
	assert_int_equal(ROLE("postgres", "postgres: x: checkpointer "),
			 PROC_OTHER);
	assert_int_equal(ROLE("watchdog", "/usr/sbin/watchdog"), PROC_DAEMON);
	/* the kernel's thread of that name */
	assert_int_equal(role("watchdogd", "", 0), PROC_OTHER);
	assert_true(proc_unit_of(cgroup, sizeof(cgroup) - 1, unit, sizeof(unit)));
	assert_string_equal(unit, "patroni.service");
	assert_false(proc_unit_of("0::/init.scope\n", 15, unit, sizeof(unit)));
}

static struct patroni parse(const char *text)
{
	struct patroni patroni = { 0 };

	patroni_parse(&patroni, text, strlen(text), FROM_FILE);
	return patroni;
}

static void patroni_file(void **state)
{
	struct patroni p;

	(void)state;
	p = parse("watchdog:\n  mode: required # no\n  device: /dev/watchdog1\n"
		  "  safety_margin: -1\npostgresql: {data_dir: /data, password: x}\n"
		  "bootstrap:\n  dcs:\n    ttl: 40\nttl: 50\n");
	assert_string_equal(p.error, "");
	assert_int_equal(p.mode, MODE_REQUIRED);
	assert_string_equal(p.device, "/dev/watchdog1");
	assert_int_equal(p.safety_margin.value, -1);
	assert_string_equal(p.data_dir, "/data");
	assert_int_equal(p.boot_ttl.value, 40);
	/* Patroni takes ttl from the DCS alone */
	assert_int_equal(p.ttl.from, FROM_NOWHERE);

	assert_int_equal(parse("watchdog: {mode: off}").mode, MODE_OFF);
	assert_int_equal(parse("watchdog: {mode: False}").mode, MODE_OFF);
	assert_int_equal(parse("watchdog: {mode: 'no'}").mode,
			 MODE_UNRECOGNIZED);
	assert_int_equal(parse("watchdog: {mode: Auto}").mode, MODE_AUTOMATIC);
	/* not where Patroni looks */
	assert_int_equal(parse("- watchdog: {mode: off}").mode, MODE_UNKNOWN);
	assert_int_equal(parse("x: {watchdog: {mode: off}}").mode, MODE_UNKNOWN);
	assert_int_equal(parse("watchdog.mode: off").mode, MODE_UNKNOWN);
	assert_int_equal(parse("watchdog: {x: [{mode: off}]}").mode,
			 MODE_UNKNOWN);
	assert_true(parse("a: &a {mode: off}\nwatchdog: *a").unclear);
	assert_true(parse("watchdog: {safety_margin: five}").unclear);
}

static void bad_yaml(void **state)
{
	struct patroni p;

	(void)state;
	p = parse("watchdog:\n  password: hunter2\n\tmode: off\n");
	expect_text_with(p.error, "line 3 is no YAML");
	assert_null(strstr(p.error, "hunter2"));
	p = parse("{[a]: b}");
	expect_text_with(p.error, "nested");
	assert_string_equal(parse("").error, "");
}

static void dynamic(void **state)
{
	struct patroni p = { 0 };

	(void)state;
	tree_file(&tree, "/p.yml", "postgresql: {data_dir: /data}\n");
	tree_file(&tree, "/data/patroni.dynamic.json",
		  "{\"ttl\": 20, \"postgresql\": {\"ttl\": 7}}");
	patroni_read(tree.root, "/p.yml", &p);
	assert_string_equal(p.dynamic_error, "");
	assert_int_equal(p.ttl.value, 20);
	assert_int_equal(p.ttl.from, FROM_DYNAMIC);
	assert_int_equal(p.loop_wait.value, PATRONI_LOOP_WAIT);
	assert_int_equal(p.loop_wait.from, FROM_DEFAULT);
	assert_int_equal(p.mode, MODE_AUTOMATIC);
	/* what an option says stays */
	memset(&p, 0, sizeof(p));
	p.ttl = (struct setting){ FROM_OPTION, 90 };
	patroni_read(tree.root, "/p.yml", &p);
	assert_int_equal(p.ttl.value, 90);
	memset(&p, 0, sizeof(p));
	patroni_read(tree.root, "/none.yml", &p);
	expect_text_with(p.error, "No such file");
}

static void rules(void **state)
{
	static const char text[] =
		"# KERNEL==\"watchdog*\", GROUP=\"a\"\n"
		"KERNEL==\"watchdog*\", SYMLINK+=\"x\"\n"
		"KERNEL==\"watchdog*\", GROUP=\"b\", MODE=\"0660\"\n"
		"KERNEL==\"tty*\", GROUP=\"c\"\n";
	static const char unit[] =
		"#ExecStartPre=-/usr/bin/sudo /bin/chown a /dev/watchdog\n"
		"ExecStartPre=+/bin/chown postgres /dev/watchdog\n";
	struct keeper keeper = { 0 };

	(void)state;
	access_parse_rules("/r", text, sizeof(text) - 1, &keeper);
	expect_text_with(keeper.line, "GROUP=\"b\"");
	memset(&keeper, 0, sizeof(keeper));
	access_parse_unit("/u", unit, sizeof(unit) - 1, &keeper);
	expect_text_with(keeper.line, "+/bin/chown postgres");
	memset(&keeper, 0, sizeof(keeper));
	access_parse_unit("/u", unit, 56, &keeper);
	assert_string_equal(keeper.path, "");
}

static void may_open(void **state)
{
	struct access a = { .mode = 0660, .uid = 0, .gid = 5 };

	(void)state;
	tree_file(&tree, "/etc/passwd", "root:x:0:0::/:\npg:x:7:8::/:\n");
	tree_file(&tree, "/etc/group", "dog:x:5:x,pg\npg:x:8:\n");
	identity_find(tree.root, "pg", &a.user);
	assert_true(a.user.known);
	assert_int_equal(a.user.uid, 7);
	assert_true(access_allows(&a));
	a.mode = 0640;
	assert_false(access_allows(&a));
	/* the owner's bits count for the owner, though the group may more */
	a.mode = 0460;
	a.uid = 7;
	assert_false(access_allows(&a));
	a.uid = 0;
	a.gid = 6;
	a.mode = 0662;
	assert_true(access_allows(&a));
	identity_find(tree.root, "nobody", &a.user);
	assert_false(a.user.known);
	identity_find(tree.root, "4711", &a.user);
	assert_true(a.user.known);
}

static void trace(void **state)
{
	static const char text[] =
		"# tracer: nop\n"
		"  my-patroni 2-417   [001] .....  10.500000: watchdog_ping: watchdog0 err=0\n"
		"  my-patroni 2-417   [001] .....  12.750000: watchdog_ping: watchdog0 err=0\n"
		"  my-patroni 2-417   [000] .....  13.000000: watchdog_ping: watchdog0 err=-5\n"
		"  x-1 [000] d.... 13.1: watchdog_set_timeout: watchdog1 timeout=4000 err=-22\n"
		"  x-1 [000] d.... 13.100000: watchdog_set_timeout: watchdog1 timeout=4000 err=-22\n"
		"  x-1 [000] d.... 13.200000: watchdog_stop: watchdog1 err=0\n"
		"  x-1 [000] d.... 13.200000: watchdog_ping: watchdog99 err=0\n"
		"  x-1 [000] d.... 13.200000: watchdog_ping: cat\n";
	struct observed seen;

	(void)state;
	observed_init(&seen);
	observe_parse(text, sizeof(text) - 1, &seen);
	assert_int_equal(seen.dog[0].keepalives, 3);
	assert_int_equal(seen.dog[0].failed, 1);
	assert_int_equal(seen.dog[0].longest_us, 2250000);
	assert_string_equal(seen.dog[0].by, "my-patroni 2");
	assert_int_equal(seen.dog[1].keepalives, 0);
	assert_int_equal(seen.dog[1].timeout_s, 4000);
	assert_int_equal(seen.dog[1].timeout_err, -22);
	assert_int_equal(seen.dog[1].stopped, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans),
		cmocka_unit_test_setup_teardown(systemd_files, setup, teardown),
		cmocka_unit_test(modules),
		cmocka_unit_test_setup_teardown(strange_files, setup, teardown),
		cmocka_unit_test(kernel_log),
		cmocka_unit_test(processes),
		cmocka_unit_test(patroni_file),
		cmocka_unit_test(bad_yaml),
		cmocka_unit_test_setup_teardown(dynamic, setup, teardown),
		cmocka_unit_test(rules),
		cmocka_unit_test_setup_teardown(may_open, setup, teardown),
		cmocka_unit_test(trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
