// SPDX-License-Identifier: GPL-2.0
/* What `pug-node list' prints, and who is said to hold a watchdog. */
#include <limits.h>
#include <sys/inotify.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "fake-sysfs.h"
#include "holder.h"
#include "list.h"
#include "node.h"

static struct tree tree;
static struct output out;

static int setup(void **state)
{
	(void)state;
	tree_make(&tree);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	output_close(&out);
	tree_remove(&tree);
	return 0;
}

/* /proc of a machine on which pid 1 and one other process run. */
static void fake_proc(int pid, const char *cmdline, const char *held)
{
	char name[64];

	tree_dir(&tree, "/proc/1/fd/");
	snprintf(name, sizeof(name), "/proc/%d/fd/3", pid);
	tree_link(&tree, name, held);
	snprintf(name, sizeof(name), "/proc/%d/cmdline", pid);
	tree_file(&tree, name, cmdline);
	snprintf(name, sizeof(name), "/proc/%d/comm", pid);
	tree_file(&tree, name, "patroni\n");
}

static void none(void **state)
{
	(void)state;
	output_open(&out, false);
	assert_int_equal(list_run(tree.root, &out.em), NODE_NEGATIVE);
	output_read(&out);
	assert_string_equal(out.text, "");
	assert_string_equal(out.errors,
			    "test: this machine has no watchdog device\n");
}

static void table(void **state)
{
	(void)state;
	fake_softdog(&tree, 0);
	fake_misc(&tree);
	fake_itco(&tree, 1);
	tree_dir(&tree, "/proc/1/fd/");
	output_open(&out, false);
	assert_int_equal(list_run(tree.root, &out.em), NODE_OK);
	output_read(&out);
	assert_string_equal(out.errors, "");
	assert_string_equal(out.text,
			    "DEVICE                           IDENTITY           DRIVER    TIMEOUT  PRE  LEFT  NOWAYOUT  STATE     BOOT  HELD BY\n"
			    "/dev/watchdog0 (=/dev/watchdog)  Software Watchdog  softdog   60 s     0 s  -     0         inactive  0x0   none\n"
			    "/dev/watchdog1                   iTCO_wdt           iTCO_wdt  30 s     -    29 s  1         active    0x20  none\n");
}

static void json(void **state)
{
	json_t *line;

	(void)state;
	fake_softdog(&tree, 0);
	fake_misc(&tree);
	tree_dir(&tree, "/proc/1/fd/");
	output_open(&out, true);
	assert_int_equal(list_run(tree.root, &out.em), NODE_OK);
	assert_int_equal(output_lines(&out), 1);
	line = output_line(&out, 0);
	expect_text(line, "event", "watchdog");
	expect_null(line, "hpet");
	expect_text(line, "device", "/dev/watchdog0");
	expect_bool(line, "is_dev_watchdog", true);
	expect_bool(line, "legacy", false);
	expect_text(line, "identity", "Software Watchdog");
	expect_text(line, "driver", "softdog");
	expect_text(line, "driver_known_by", "identity");
	expect_int(line, "timeout", 60);
	expect_int(line, "min_timeout", 1);
	expect_int(line, "max_timeout", 65535);
	expect_int(line, "pretimeout", 0);
	expect_null(line, "timeleft");
	expect_bool(line, "nowayout", false);
	expect_text(line, "state", "inactive");
	expect_int(line, "bootstatus", 0);
	assert_int_equal(json_array_size(json_object_get(line, "holders")), 0);
	assert_true(json_is_array(json_object_get(line, "holders")));
	json_decref(line);
}

/* Nothing is invented where the kernel does not tell. */
static void unknown(void **state)
{
	static const char * const keys[] = {
		"identity", "driver", "driver_known_by", "timeout",
		"min_timeout", "max_timeout", "pretimeout", "timeleft",
		"nowayout", "state", "bootstatus", "holders",
	};
	json_t *line;
	size_t i;

	(void)state;
	fake_misc(&tree);
	output_open(&out, true);
	assert_int_equal(list_run(tree.root, &out.em), NODE_OK);
	line = output_line(&out, 0);
	expect_text(line, "device", "/dev/watchdog");
	expect_bool(line, "is_dev_watchdog", true);
	expect_bool(line, "legacy", true);
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		expect_null(line, keys[i]);
	json_decref(line);
	output_close(&out);

	output_open(&out, false);
	list_run(tree.root, &out.em);
	output_read(&out);
	expect_text_with(out.text,
			 "/dev/watchdog  -         -       -        -    -     -         -      -     cannot tell");
}

static void held(void **state)
{
	json_t *line, *holder;

	(void)state;
	fake_bare(&tree, 0);
	/* /dev/null has 1:3, and may be linked to without being root */
	fake_attr(&tree, "watchdog0", "dev", "1:3\n");
	fake_proc(812, "/usr/bin/python3", "/dev/null");
	output_open(&out, true);
	assert_int_equal(list_run(tree.root, &out.em), NODE_OK);
	line = output_line(&out, 0);
	holder = json_array_get(json_object_get(line, "holders"), 0);
	expect_int(holder, "pid", 812);
	expect_text(holder, "command", "/usr/bin/python3");
	json_decref(line);
	output_close(&out);

	/* failing-case proof: another device is not taken for this one */
	fake_attr(&tree, "watchdog0", "dev", "1:5\n");
	output_open(&out, true);
	list_run(tree.root, &out.em);
	line = output_line(&out, 0);
	assert_int_equal(json_array_size(json_object_get(line, "holders")), 0);
	json_decref(line);
}

static void nasty_command_line(void **state)
{
	json_t *line, *holder;

	(void)state;
	fake_bare(&tree, 0);
	fake_attr(&tree, "watchdog0", "dev", "1:3\n");
	fake_proc(7, "\x1b[2Jevil\n\"\xff", "/dev/null");
	output_open(&out, true);
	list_run(tree.root, &out.em);
	line = output_line(&out, 0);
	holder = json_array_get(json_object_get(line, "holders"), 0);
	expect_text(holder, "command", "\x1b[2Jevil\n\"\xef\xbf\xbd");
	json_decref(line);
	output_close(&out);

	output_open(&out, false);
	list_run(tree.root, &out.em);
	output_read(&out);
	assert_null(strchr(out.text, 0x1b));
	assert_int_equal(output_lines(&out), 2);
}

static void no_command_line(void **state)
{
	const dev_t dev = makedev(1, 3);
	struct holders holders;
	char text[64];

	(void)state;
	output_open(&out, false);
	fake_proc(7, "", "/dev/null");
	holders_find(tree.root, &dev, 1, &holders);
	assert_true(holders.complete);
	holders_describe(&holders, text, sizeof(text));
	assert_string_equal(text, "pid 7 ([patroni])");
}

/* With hidepid=2 pid 1 is not even listed: "none" would be a guess. */
static void hidden_processes(void **state)
{
	const dev_t dev = makedev(1, 3);
	struct holders holders;
	char text[64];

	(void)state;
	output_open(&out, false);
	tree_dir(&tree, "/proc/500/fd/");
	holders_find(tree.root, &dev, 1, &holders);
	assert_false(holders.complete);
	holders_describe(&holders, text, sizeof(text));
	assert_non_null(strstr(text, "cannot tell"));
	/* neither without /proc nor without a device number */
	holders_find("/nonexistent", &dev, 1, &holders);
	assert_false(holders.complete);
	holders_find(tree.root, &dev, 0, &holders);
	assert_false(holders.complete);
}

static void too_many_holders(void **state)
{
	const dev_t dev = makedev(1, 3);
	struct holders holders;
	char text[32];
	int i;

	(void)state;
	output_open(&out, false);
	for (i = 0; i < HOLDERS_MAX + 1; i++)
		fake_proc(100 + i, "", "/dev/null");
	holders_find(tree.root, &dev, 1, &holders);
	assert_int_equal(holders.n, HOLDERS_MAX);
	assert_false(holders.complete);
	holders_describe(&holders, text, sizeof(text));
	assert_true(strlen(text) < sizeof(text));
}

/* The real /proc: this process holds /dev/full. */
static void real_proc(void **state)
{
	int fd = open("/dev/full", O_RDONLY | O_CLOEXEC);
	struct holders holders;
	struct stat st;
	bool found = false;
	int i;

	(void)state;
	output_open(&out, false);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	holders_find("", &st.st_rdev, 1, &holders);
	for (i = 0; i < holders.n; i++)
		found = found || holders.list[i].pid == getpid();
	assert_true(found);
	close(fd);
	holders_find("", &st.st_rdev, 1, &holders);
	for (i = 0; i < holders.n; i++)
		assert_int_not_equal(holders.list[i].pid, getpid());
}

/* Somebody who is not root cannot look into root's processes. */
static void not_root(void **state)
{
	const dev_t dev = makedev(1, 3);
	struct holders holders;
	int status;
	pid_t pid;

	(void)state;
	output_open(&out, false);
	if (geteuid()) {
		holders_find("", &dev, 1, &holders);
		assert_false(holders.complete);
		return;
	}
	pid = fork();
	if (!pid) {
		if (setgid(65534) || setuid(65534))
			_exit(2);
		holders_find("", &dev, 1, &holders);
		_exit(holders.complete);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Opening arms: listing must not, and this is how we would know. */
static void opens_no_device(void **state)
{
	char event[sizeof(struct inotify_event) + NAME_MAX + 1];
	int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	char path[64];
	int fd;

	(void)state;
	/* a character device of our own */
	assert_true(watch >= 0 && master >= 0);
	assert_int_equal(grantpt(master) | unlockpt(master), 0);
	assert_int_equal(ptsname_r(master, path, sizeof(path)), 0);
	assert_true(inotify_add_watch(watch, path, IN_OPEN) >= 0);
	tree_link(&tree, "/dev/watchdog", path);
	tree_link(&tree, "/dev/watchdog1", path);
	fake_softdog(&tree, 0);
	output_open(&out, true);
	assert_int_equal(list_run(tree.root, &out.em), NODE_OK);
	out.em.json = false;
	assert_int_equal(list_run(tree.root, &out.em), NODE_OK);
	output_read(&out);
	expect_text_with(out.text, "/dev/watchdog  ");
	assert_int_equal(read(watch, event, sizeof(event)), -1);

	/* failing-case proof: an open is noticed */
	fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_true(read(watch, event, sizeof(event)) > 0);
	close(fd);
	close(master);
	close(watch);
}

static void output_is_lost(void **state)
{
	(void)state;
	fake_softdog(&tree, 0);
	output_open(&out, true);
	close(out.em.fd);
	out.em.fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_int_equal(list_run(tree.root, &out.em), NODE_NEGATIVE);
	out.em.json = false;
	assert_int_equal(list_run(tree.root, &out.em), NODE_NEGATIVE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(none),
		TEST(table),
		TEST(json),
		TEST(unknown),
		TEST(held),
		TEST(nasty_command_line),
		TEST(no_command_line),
		TEST(hidden_processes),
		TEST(too_many_holders),
		TEST(real_proc),
		TEST(not_root),
		TEST(opens_no_device),
		TEST(output_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
