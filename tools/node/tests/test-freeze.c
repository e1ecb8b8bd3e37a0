// SPDX-License-Identifier: GPL-2.0
/*
 * `pug-node freeze' on the module's files made of files: what is set, written
 * and put back. The answers of the real module are tested in a guest.
 */
#include <errno.h>
#include <sys/wait.h>

#include "freeze.h"
#include "node.h"
#include "tree.h"

#define DEBUGFS	"/sys/kernel/debug/stop-machine/"
#define MODULE	"/sys/module/stop_machine/"

static struct tree tree;
static struct output out;
static struct freeze_options opts;

static int setup(void **state)
{
	(void)state;
	memset(&opts, 0, sizeof(opts));
	opts.msecs = 1500;
	tree_make(&tree);
	output_open(&out, true);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	output_close(&out);
	tree_remove(&tree);
	return 0;
}

static void load_module(void)
{
	tree_file(&tree, DEBUGFS "freeze", "");
	tree_file(&tree, DEBUGFS "touch", "0\n");
	tree_file(&tree, DEBUGFS "limit_ms", "990451\n");
	tree_file(&tree, DEBUGFS "last",
		  "result=ok\nasked_ms=1500\ntsc_ns=1500003781\n"
		  "clocksource_before=tsc\ntouch=0\n"
		  "event=forged\nBad=x\n1=2\nrc=9\n");
	tree_file(&tree, MODULE "parameters/delay_ms", "0\n");
	tree_file(&tree, MODULE "parameters/max_ms", "600000\n");
}

static int run(void)
{
	int fd = freeze_open(tree.root, &out.em);
	int rc;

	assert_true(fd >= 0);
	rc = freeze_run(tree.root, fd, &opts, &out.em);
	close(fd);
	return rc;
}

static void hostname_is_a_must(void **state)
{
	(void)state;
	opts.hostname = "db1";
	assert_int_equal(freeze_check_hostname(&opts, "db1", &out.em), 0);
	assert_int_equal(freeze_check_hostname(&opts, "db2", &out.em), -EPERM);
	assert_int_equal(freeze_check_hostname(&opts, "db1.example.org",
					       &out.em), -EPERM);
	assert_int_equal(freeze_check_hostname(&opts, "DB1", &out.em), -EPERM);
	opts.hostname = "";
	/* a machine without a name is no reason to do it */
	assert_int_equal(freeze_check_hostname(&opts, "", &out.em), -EPERM);
	assert_int_equal(output_lines(&out), 4);
}

static void not_loaded(void **state)
{
	(void)state;
	assert_int_equal(freeze_open(tree.root, &out.em), -ENOENT);
	output_read(&out);
	expect_text_with(out.errors, "stop-machine.ko is not loaded");
}

static void no_debugfs(void **state)
{
	(void)state;
	tree_dir(&tree, MODULE);
	assert_int_equal(freeze_open(tree.root, &out.em), -ENOENT);
	output_read(&out);
	expect_text_with(out.errors, "mount -t debugfs");
}

static void freezes(void **state)
{
	json_t *line;

	(void)state;
	load_module();
	assert_int_equal(run(), NODE_OK);
	tree_expect(&tree, DEBUGFS "freeze", "1500");
	/* right as they were: not even written */
	tree_expect(&tree, DEBUGFS "touch", "0\n");
	tree_expect(&tree, MODULE "parameters/delay_ms", "0\n");
	assert_int_equal(output_lines(&out), 2);
	line = output_line(&out, 0);
	expect_text(line, "event", "freeze");
	expect_int(line, "asked_ms", 1500);
	expect_bool(line, "touch", false);
	expect_int(line, "limit_ms", 990451);
	json_decref(line);
	line = output_line(&out, 1);
	expect_text(line, "event", "thawed");
	expect_int(line, "rc", 0);
	expect_text(line, "result", "ok");
	expect_int(line, "tsc_ns", 1500003781);
	expect_text(line, "clocksource_before", "tsc");
	expect_int(line, "touch", 0);
	assert_null(json_object_get(line, "Bad"));
	assert_null(json_object_get(line, "1"));
	json_decref(line);
}

static bool text_is(const char *name, const char *text)
{
	char path[512];
	char found[16] = "";
	ssize_t n;
	int fd;

	tree_path(&tree, name, path, sizeof(path));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, found, sizeof(found) - 1);
	close(fd);
	return n > 0 && !strncmp(found, text, strlen(text));
}

/*
 * The part of the module: a pipe that is full lets go of its writer when both
 * settings are as expected, at the latest after five seconds.
 */
static pid_t start_module(int fds[2], const char *touch, const char *delay)
{
	char filler[4096] = { 0 };
	int i, seen = 0;
	pid_t pid;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(fcntl(fds[1], F_SETPIPE_SZ, 4096), 4096);
	assert_int_equal(write(fds[1], filler, 4096), 4096);
	pid = fork();
	if (pid)
		return pid;
	for (i = 0; !seen && i < 500; i++) {
		seen = text_is(DEBUGFS "touch", touch) &&
		       text_is(MODULE "parameters/delay_ms", delay);
		usleep(10000);
	}
	_exit(read(fds[0], filler, 4096) == 4096 && seen ? 0 : 1);
}

/* Return: exit status of the module's part: 0 if it saw what it expected. */
static int run_with_module(const char *touch, const char *delay)
{
	int fds[2], status;
	pid_t pid = start_module(fds, touch, delay);

	assert_int_equal(freeze_run(tree.root, fds[1], &opts, &out.em),
			 NODE_OK);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(fds[0]);
	close(fds[1]);
	return status;
}

static void touch_is_set_and_put_back(void **state)
{
	(void)state;
	load_module();
	opts.touch = true;
	assert_int_equal(run_with_module("1", "0"), 0);
	tree_expect(&tree, DEBUGFS "touch", "0\n");

	/* also the other way: what is on is off for a freeze without --touch */
	opts.touch = false;
	tree_file(&tree, DEBUGFS "touch", "1\n");
	assert_int_equal(run_with_module("0", "0"), 0);
	tree_expect(&tree, DEBUGFS "touch", "1\n");
}

/* What the administrator has set for insmod is not for us. */
static void module_delay_counts_for_nothing(void **state)
{
	(void)state;
	load_module();
	tree_file(&tree, MODULE "parameters/delay_ms", "5000\n");
	assert_int_equal(run_with_module("0", "0"), 0);
	tree_expect(&tree, MODULE "parameters/delay_ms", "5000\n");
	opts.delay_ms = 7000;
	assert_int_equal(run_with_module("0", "7000"), 0);
	tree_expect(&tree, MODULE "parameters/delay_ms", "5000\n");
}

/* Failing-case proof: the module's part does notice a setting not made. */
static void module_notices(void **state)
{
	(void)state;
	load_module();
	assert_int_not_equal(run_with_module("1", "0"), 0);
}

static void delayed(void **state)
{
	json_t *line;

	(void)state;
	load_module();
	opts.delay_ms = 3000;
	assert_int_equal(run(), NODE_OK);
	tree_expect(&tree, DEBUGFS "freeze", "1500");
	assert_int_equal(output_lines(&out), 1);
	line = output_line(&out, 0);
	expect_text(line, "event", "scheduled");
	expect_int(line, "asked_ms", 1500);
	expect_int(line, "delay_ms", 3000);
	json_decref(line);
}

static void settings_that_cannot_be_read(void **state)
{
	(void)state;
	load_module();
	tree_file(&tree, DEBUGFS "touch", "maybe\n");
	assert_int_equal(run(), NODE_USAGE);
	tree_expect(&tree, DEBUGFS "freeze", "");

	tree_file(&tree, DEBUGFS "touch", "0\n");
	tree_unlink(&tree, MODULE "parameters/delay_ms");
	opts.touch = true;
	assert_int_equal(run(), NODE_USAGE);
	tree_expect(&tree, DEBUGFS "freeze", "");
	tree_expect(&tree, DEBUGFS "touch", "0\n");
}

static void refused_by_the_module(void **state)
{
	(void)state;
	load_module();
	tree_unlink(&tree, DEBUGFS "freeze");
	/* what a write to it answers is ENOSPC: neither refused nor done */
	tree_link(&tree, DEBUGFS "freeze", "/dev/full");
	opts.touch = true;
	assert_int_equal(run(), NODE_NEGATIVE);
	tree_expect(&tree, DEBUGFS "touch", "0\n");
	output_read(&out);
	expect_text_with(out.errors, "the freeze failed");
	assert_null(strstr(out.text, "thawed"));
}

static void ended_by_the_backstop(void **state)
{
	(void)state;
	load_module();
	tree_file(&tree, DEBUGFS "last", "result=backstop\nasked_ms=1500\n");
	assert_int_equal(run(), NODE_NEGATIVE);
	output_read(&out);
	expect_text_with(out.text, "\"result\":\"backstop\"");
	expect_text_with(out.errors, "not as asked");
	/* no result at all is no "ok" either */
	tree_file(&tree, DEBUGFS "last", "");
	assert_int_equal(run(), NODE_NEGATIVE);
}

static void as_text(void **state)
{
	(void)state;
	load_module();
	tree_file(&tree, DEBUGFS "last", "result=ok\nasked_ms=1500\n");
	out.em.json = false;
	assert_int_equal(run(), NODE_OK);
	opts.delay_ms = 10;
	assert_int_equal(run(), NODE_OK);
	output_read(&out);
	assert_string_equal(out.text,
			    "freezing for 1500 ms\n"
			    "thawed\nresult=ok\nasked_ms=1500\n"
			    "freezing for 1500 ms in 10 ms; `rmmod stop-machine' cancels it\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hostname_is_a_must),
		TEST(not_loaded),
		TEST(no_debugfs),
		TEST(freezes),
		TEST(touch_is_set_and_put_back),
		TEST(module_delay_counts_for_nothing),
		TEST(module_notices),
		TEST(delayed),
		TEST(settings_that_cannot_be_read),
		TEST(refused_by_the_module),
		TEST(ended_by_the_backstop),
		TEST(as_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
