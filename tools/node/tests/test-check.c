// SPDX-License-Identifier: GPL-2.0
/*
 * What `pug-node check' says of recorded machines, and of what they become when
 * something is changed on them.
 */
#include <sys/wait.h>

#include "check.h"
#include "machine.h"
#include "node.h"

#define CONFIG "/etc/patroni/config.yml"

static struct tree tree;
static struct facts facts;
static struct finding list[48];
static int n_findings;
static struct check_options opts;

static int setup(void **state)
{
	(void)state;
	tree_make(&tree);
	memset(&opts, 0, sizeof(opts));
	opts.root = tree.root;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tree_remove(&tree);
	return 0;
}

static void use_patroni(void)
{
	tree_file(&tree, CONFIG, "watchdog: {mode: required}\n"
		  "postgresql: {data_dir: /data, password: hunter2}\n");
	tree_file(&tree, "/data/patroni.dynamic.json", "{\"ttl\": 30}");
	opts.patroni_file = CONFIG;
	opts.user = "postgres";
}

static void judge(void)
{
	facts_gather(&opts, &facts);
	n_findings = findings_judge(&facts, list, 48);
}

static const struct finding *finding(const char *name)
{
	int i;

	for (i = 0; i < n_findings; i++) {
		if (!strcmp(list[i].name, name))
			return &list[i];
	}
	return NULL;
}

static void expect_grade(const char *name, enum grade grade, const char *part)
{
	const struct finding *f = finding(name);

	if (!f)
		fail_msg("no finding %s", name);
	if (f->grade != grade)
		fail_msg("%s is %d, not %d: %s", name, f->grade, grade, f->why);
	expect_text_with(f->why, part);
}

static enum overall overall(void)
{
	struct danger dangers[DANGERS_MAX];

	return overall_of(dangers, dangers_judge(&facts, dangers));
}

static enum protection protection(const char *name)
{
	struct danger dangers[DANGERS_MAX];
	int i, n = dangers_judge(&facts, dangers);

	for (i = 0; i < n; i++) {
		if (!strcmp(dangers[i].name, name))
			return dangers[i].protection;
	}
	fail_msg("no danger %s", name);
	return 0;
}

#define FREEZE "a kernel that freezes"
#define STARVE "a Patroni that dies or starves"

static void nothing(void **state)
{
	(void)state;
	judge();
	expect_grade("device", GRADE_FAIL, "no /dev/watchdog");
	expect_grade("clock", GRADE_CANNOT, "current_clocksource");
	expect_grade("panic", GRADE_CANNOT, "");
	assert_int_equal(overall(), OVERALL_NOT_PROTECTED);
}

static void good(void **state)
{
	(void)state;
	machine_unpack(&tree, "good");
	use_patroni();
	judge();
	expect_grade("device", GRADE_PASS, "i6300ESB timer");
	expect_grade("holder", GRADE_PASS, "Patroni uses it");
	expect_grade("timeout-taken", GRADE_PASS, "wanted 25 s, taken 25 s");
	expect_grade("access", GRADE_PASS, "postgres may open");
	expect_grade("action", GRADE_CANNOT, "hypervisor");
	assert_int_equal(overall(), OVERALL_PROTECTED);
}

/* The same machine, with one thing changed each time. */
static void good_but(void **state)
{
	(void)state;
	machine_unpack(&tree, "good");
	use_patroni();
	tree_file(&tree, "/sys/class/watchdog/watchdog0/timeout", "40\n");
	judge();
	expect_grade("timeout-taken", GRADE_FAIL, "fires too late");
	assert_int_equal(protection(FREEZE), PROTECTION_NO);
	assert_int_equal(protection(STARVE), PROTECTION_YES);

	tree_file(&tree, "/sys/class/watchdog/watchdog0/timeout", "25\n");
	tree_file(&tree, "/data/patroni.dynamic.json", "{\"ttl\": 3000}");
	judge();
	expect_grade("timeout-wanted", GRADE_FAIL, "1 to 2046 s only");
	tree_file(&tree, "/data/patroni.dynamic.json",
		  "{\"ttl\": 14, \"loop_wait\": 10}");
	judge();
	expect_grade("slack", GRADE_FAIL, "never becomes leader");
	tree_unlink(&tree, "/data/patroni.dynamic.json");
	judge();
	expect_grade("timeout-wanted", GRADE_CANNOT, "cannot tell from the file");

	tree_file(&tree, "/etc/modules-load.d/softdog.conf", "softdog\n");
	judge();
	expect_grade("number", GRADE_WARN, "softdog may be loaded");
	tree_file(&tree, CONFIG, "watchdog: {mode: automatic}\n");
	judge();
	expect_grade("patroni-mode", GRADE_WARN, "leads without one");
	tree_file(&tree, CONFIG, "watchdog: {mode: off}\n");
	judge();
	expect_grade("patroni-mode", GRADE_FAIL, "off");
}

static void wrong_owner(void **state)
{
	(void)state;
	machine_unpack(&tree, "wrong-owner");
	use_patroni();
	judge();
	expect_grade("access", GRADE_FAIL, "may not open");
	expect_grade("holder", GRADE_FAIL, "leads without a watchdog");
	expect_grade("owner-at-boot", GRADE_FAIL, "nothing sets it");
	assert_int_equal(overall(), OVERALL_NOT_PROTECTED);
	/* what the unit does is worth a warning, as long as it works */
	tree_file(&tree, "/etc/systemd/system/patroni.service",
		  "[Service]\nExecStartPre=+/bin/chown postgres /dev/watchdog\n");
	judge();
	expect_grade("owner-at-boot", GRADE_WARN, "when Patroni starts");
}

static void blacklisted(void **state)
{
	(void)state;
	machine_unpack(&tree, "blacklisted");
	use_patroni();
	judge();
	expect_grade("device", GRADE_FAIL, "blacklisted by");
	assert_int_equal(overall(), OVERALL_NOT_PROTECTED);
	/* named and blacklisted: systemd-modules-load obeys the blacklist */
	tree_file(&tree, "/etc/modules-load.d/watchdog.conf", "i6300esb\n");
	judge();
	expect_grade("blacklist", GRADE_FAIL, "obeys the blacklist");
}

static void softdog(void **state)
{
	(void)state;
	machine_unpack(&tree, "softdog");
	use_patroni();
	judge();
	expect_grade("kind", GRADE_WARN, "freezes it too");
	expect_grade("softdog", GRADE_PASS, "soft_noboot=0");
	assert_int_equal(protection(FREEZE), PROTECTION_LUCK);
	assert_int_equal(overall(), OVERALL_PARTLY);
	tree_file(&tree, "/dev/kmsg",
		  "6,1,1,-;softdog: initialized. soft_noboot=1 soft_margin=60 sec soft_panic=0 (nowayout=0)\n");
	judge();
	expect_grade("softdog", GRADE_FAIL, "resets nothing");
	assert_int_equal(overall(), OVERALL_NOT_PROTECTED);
}

static void hpet(void **state)
{
	(void)state;
	machine_unpack(&tree, "hpet");
	judge();
	expect_grade("clock", GRADE_FAIL, "21.47 s");
	assert_int_equal(protection(FREEZE), PROTECTION_NO);
	/* a newer kernel reads to the wrap, 42.9 s */
	tree_file(&tree, "/proc/sys/kernel/osrelease", "6.12.1\n");
	judge();
	expect_grade("clock", GRADE_WARN, "42.94 s");
	assert_int_equal(protection(FREEZE), PROTECTION_LUCK);
	/* a chipset's HPET is slower: 14.318 MHz, 300 s */
	tree_file(&tree, "/dev/kmsg",
		  "6,1,1,-;hpet0: 3 comparators, 64-bit 14.318180 MHz counter\n");
	judge();
	expect_grade("clock", GRADE_WARN, "299.97 s");
	tree_file(&tree, "/sys/devices/system/clocksource/clocksource0/current_clocksource",
		  "acpi_pm\n");
	judge();
	expect_grade("clock", GRADE_FAIL, "4.68 s");
}

static void held(void **state)
{
	(void)state;
	machine_unpack(&tree, "held");
	use_patroni();
	judge();
	expect_grade("holder", GRADE_FAIL, "pid 1 (/sbin/systemd");
	expect_grade("systemd", GRADE_FAIL, "RuntimeWatchdogSec");
	assert_int_equal(protection(FREEZE), PROTECTION_YES);
	assert_int_equal(protection(STARVE), PROTECTION_NO);
	assert_int_equal(overall(), OVERALL_PARTLY);
}

static void daemon_beside(void **state)
{
	(void)state;
	machine_unpack(&tree, "good");
	use_patroni();
	tree_file(&tree, "/proc/77/cmdline", "/usr/sbin/watchdog");
	tree_file(&tree, "/proc/77/comm", "watchdog\n");
	tree_file(&tree, "/proc/77/cgroup", "0::/system.slice/watchdog.service\n");
	judge();
	expect_grade("daemon", GRADE_FAIL, "pid 77, watchdog.service");
}

/* Made by hand, after drivers' and QEMU's sources: not recorded. */
static void itco(void **state)
{
	(void)state;
	machine_unpack(&tree, "made-itco");
	judge();
	expect_grade("kind", GRADE_PASS, "2.00 times");
	expect_grade("action", GRADE_FAIL, "noreboot=true");
	assert_int_equal(protection(FREEZE), PROTECTION_NO);
	tree_file(&tree, "/sys/class/dmi/id/product_version", "pc-q35-9.2\n");
	judge();
	expect_grade("action", GRADE_CANNOT, "ICH9-LPC.noreboot");
	tree_file(&tree, "/sys/class/dmi/id/product_version", "PowerEdge\n");
	judge();
	expect_grade("action", GRADE_CANNOT, "firmware");
	expect_grade("kind", GRADE_CANNOT, "nobody has frozen such a machine");
	assert_int_equal(protection(FREEZE), PROTECTION_CANNOT_TELL);
}

static void itco_refused(void **state)
{
	(void)state;
	tree_file(&tree, "/dev/kmsg",
		  "6,1,1,-;iTCO_wdt iTCO_wdt: unable to reset NO_REBOOT flag, device disabled by hardware/BIOS\n");
	judge();
	expect_grade("device", GRADE_FAIL, "NO_REBOOT");
}

static void two_dogs(void **state)
{
	(void)state;
	machine_unpack(&tree, "made-proxmox-two");
	judge();
	expect_grade("number", GRADE_WARN, "may be the other one");
	opts.device = "/dev/watchdog1";
	judge();
	expect_grade("kind", GRADE_WARN, "softdog");
	opts.device = "/dev/watchdog7";
	judge();
	expect_grade("device", GRADE_FAIL, "no watchdog of this machine");
}

static void malformed(void **state)
{
	(void)state;
	machine_unpack(&tree, "good");
	tree_file(&tree, "/sys/class/watchdog/watchdog0/timeout", "many\n");
	tree_file(&tree, "/sys/class/watchdog/watchdog0/nowayout", "");
	tree_file(&tree, "/sys/class/watchdog/watchdog0/identity",
		  "\033[2J\033[31mPASS\n");
	tree_file(&tree, "/proc/sys/kernel/panic", "\377\n");
	tree_file(&tree, "/proc/sys/kernel/osrelease", "six\n");
	tree_file(&tree, "/.nodes", "/dev/watchdog x\n/dev/watchdog 1:2 9 0\n");
	opts.user = "postgres";
	judge();
	expect_grade("device", GRADE_PASS, "?[2J?[31m");
	expect_grade("nowayout", GRADE_CANNOT, "");
	expect_grade("access", GRADE_CANNOT, "No such file");
	expect_grade("panic", GRADE_CANNOT, "");
}

/* As a user who may read nothing of it that is not for all. */
static void not_root(void **state)
{
	char path[512];
	int status;
	pid_t pid;

	(void)state;
	machine_unpack(&tree, "good");
	tree_path(&tree, "/etc/modprobe.d/secret.conf", path, sizeof(path));
	tree_file(&tree, "/etc/modprobe.d/secret.conf", "blacklist softdog\n");
	assert_int_equal(chmod(path, 0), 0);
	assert_int_equal(chmod(tree.root, 0755), 0);
	pid = fork();
	if (!pid) {
		if (!geteuid() && seteuid(65534))
			_exit(2);
		judge();
		_exit(!finding("unread") ||
		      finding("unread")->grade != GRADE_CANNOT ||
		      !strstr(finding("unread")->why, "secret.conf"));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void output(void **state)
{
	struct output out;
	json_t *line;
	int i, n;

	(void)state;
	machine_unpack(&tree, "held");
	use_patroni();
	output_open(&out, false);
	assert_int_equal(check_run(&opts, &out.em), CHECK_CRITICAL);
	output_read(&out);
	expect_text_with(out.text, "\nPARTLY PROTECTED: against ");
	expect_text_with(out.text, "(fail: holder, systemd");
	assert_null(strstr(out.text, "hunter2"));
	output_close(&out);

	output_open(&out, true);
	assert_int_equal(check_run(&opts, &out.em), CHECK_CRITICAL);
	n = output_lines(&out);
	for (i = 0; i < n; i++) {
		line = output_line(&out, i);
		expect_text(line, "event", i == n - 1 ? "checked" :
			    json_object_get(line, "grade") ? "finding" : "danger");
		if (i == n - 1)
			expect_text(line, "protected", "partly");
		json_decref(line);
	}
	output_close(&out);
}

/* Of the two dangers that are a watchdog's task, all combinations. */
static void words(void **state)
{
	struct danger d[2] = { { .machine = true }, { .machine = true } };
	static const struct {
		enum protection a, b;
		enum overall overall;
	} rows[] = {
		{ PROTECTION_YES, PROTECTION_YES, OVERALL_PROTECTED },
		{ PROTECTION_YES, PROTECTION_LUCK, OVERALL_PARTLY },
		{ PROTECTION_YES, PROTECTION_NO, OVERALL_PARTLY },
		{ PROTECTION_YES, PROTECTION_CANNOT_TELL, OVERALL_PARTLY },
		{ PROTECTION_LUCK, PROTECTION_LUCK, OVERALL_PARTLY },
		{ PROTECTION_LUCK, PROTECTION_NO, OVERALL_PARTLY },
		{ PROTECTION_LUCK, PROTECTION_CANNOT_TELL, OVERALL_PARTLY },
		{ PROTECTION_NO, PROTECTION_NO, OVERALL_NOT_PROTECTED },
		{ PROTECTION_NO, PROTECTION_CANNOT_TELL, OVERALL_CANNOT_TELL },
		{ PROTECTION_CANNOT_TELL, PROTECTION_CANNOT_TELL,
		  OVERALL_CANNOT_TELL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		d[0].protection = rows[i].a;
		d[1].protection = rows[i].b;
		assert_int_equal(overall_of(d, 2), rows[i].overall);
		d[0].protection = rows[i].b;
		d[1].protection = rows[i].a;
		assert_int_equal(overall_of(d, 2), rows[i].overall);
	}
}

#define MACHINE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MACHINE(nothing), MACHINE(good), MACHINE(good_but),
		MACHINE(wrong_owner), MACHINE(blacklisted), MACHINE(softdog),
		MACHINE(hpet), MACHINE(held), MACHINE(daemon_beside),
		MACHINE(itco), MACHINE(itco_refused), MACHINE(two_dogs),
		MACHINE(malformed), MACHINE(not_root), MACHINE(output),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
