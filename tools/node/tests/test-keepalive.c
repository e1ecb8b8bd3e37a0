// SPDX-License-Identifier: GPL-2.0
/* Keepalive's logic on a watchdog, a clock and signals that are made up. */
#include "fake-keepalive.h"

static int run(void)
{
	struct keepalive keepalive = {
		.opts = &opts,
		.ops = &fake_ops,
		.self = &fake,
		.facts = &facts,
		.em = &out.em,
		.opened = { .known = true, .ticks = 42 },
	};

	return keepalive_run(&keepalive);
}

/* Whatever happens, the last thing done to an armed device is 'V' and close. */
static void expect_let_go(void)
{
	assert_int_equal(fake.magics, 1);
	assert_int_equal(fake.closes, 1);
	assert_false(fake.closed_before_magic);
}

static void expect_event(int n, const char *event)
{
	json_t *line = output_line(&out, n);

	expect_text(line, "event", event);
	json_decref(line);
}

static void normal_life(void **state)
{
	json_t *line;

	(void)state;
	assert_int_equal(run(), NODE_OK);
	expect_let_go();
	assert_int_equal(output_lines(&out), 6);
	line = output_line(&out, 0);
	expect_text(line, "event", "armed");
	expect_int(line, "hpet", 42);
	expect_text(line, "device", "/dev/watchdog9");
	assert_int_equal(json_string_length(json_object_get(line, "identity")),
			 sizeof(((struct watchdog_info *)0)->identity) - 1);
	expect_text(line, "driver", "i6300esb");
	expect_int(line, "timeout_asked", 30);
	expect_int(line, "timeout_taken", 30);
	expect_int(line, "pretimeout", 0);
	expect_bool(line, "nowayout", false);
	expect_int(line, "bootstatus", 0);
	expect_bool(line, "realtime", false);
	json_decref(line);
	line = output_line(&out, 4);
	expect_text(line, "event", "keepalive");
	expect_int(line, "n", 4);
	expect_null(line, "hpet");
	expect_null(line, "hpet_done");
	expect_int(line, "late_us", 0);
	json_decref(line);
	line = output_line(&out, 5);
	expect_text(line, "event", "disarmed");
	expect_int(line, "keepalives", 4);
	expect_bool(line, "verified", true);
	json_decref(line);
	assert_string_equal(out.errors, "");
}

static void pings_on_a_grid(void **state)
{
	int i;

	(void)state;
	fake.stop_after = 6;
	fake.late[2] = 300 * MS;
	assert_int_equal(run(), NODE_OK);
	assert_int_equal(fake.pings, 6);
	/* the late one does not shift those that follow */
	for (i = 0; i < 6; i++)
		assert_true(fake.ping_at[i] == (1000 + 10000 * i) * MS +
			    (i == 2 ? 300 * MS : 0));
}

static void frozen_in_between(void **state)
{
	json_t *line;

	(void)state;
	fake.stop_after = 5;
	fake.late[2] = 60000 * MS;
	assert_int_equal(run(), NODE_OK);
	assert_int_equal(fake.pings, 5);
	/* one at once, then a whole interval: nothing is caught up */
	assert_true(fake.ping_at[2] == 81000 * MS);
	assert_true(fake.ping_at[3] == 91000 * MS);
	assert_true(fake.ping_at[4] == 101000 * MS);
	line = output_line(&out, 3);
	expect_int(line, "late_us", 60000000);
	json_decref(line);
}

static void count_ends_it(void **state)
{
	(void)state;
	opts.count = 2;
	assert_int_equal(run(), NODE_OK);
	assert_int_equal(fake.pings, 2);
	assert_int_equal(fake.waits, 1);
	expect_let_go();
}

static void timeout_that_differs(void **state)
{
	json_t *line;

	(void)state;
	fake.taken = 28;
	fake.set_says = 30;	/* SETTIMEOUT lies, GETTIMEOUT does not */
	assert_int_equal(run(), NODE_OK);
	line = output_line(&out, 0);
	expect_int(line, "timeout_asked", 30);
	expect_int(line, "timeout_taken", 28);
	json_decref(line);
}

static void timeout_too_short_for_the_interval(void **state)
{
	(void)state;
	fake.taken = 10;
	assert_int_equal(run(), NODE_USAGE);
	assert_int_equal(fake.pings, 0);
	expect_let_go();
	expect_event(0, "armed");
	expect_event(1, "error");
	expect_event(2, "disarmed");
	expect_text_with(out.errors, "took 10 s for 30 s");
}

/* systemd#27427: a refused timeout leaves a device open that is armed. */
static void timeout_refused(void **state)
{
	(void)state;
	fake.set_rc = -EINVAL;
	fake.taken = 60;
	facts.min_timeout = 1;
	facts.max_timeout = 20;
	assert_int_equal(run(), NODE_USAGE);
	assert_int_equal(fake.pings, 0);
	expect_let_go();
	expect_event(0, "error");
	expect_event(1, "disarmed");
	expect_text_with(out.errors,
			 "refuses a timeout of 30 s (Invalid argument), it takes 1 to 20 s; its timeout is 60 s");
}

static void pretimeout_refused(void **state)
{
	(void)state;
	opts.pretimeout = 5;
	fake.pre_rc = -EOPNOTSUPP;
	assert_int_equal(run(), NODE_USAGE);
	assert_int_equal(fake.pings, 0);
	expect_let_go();
	expect_event(0, "error");
	expect_text_with(out.errors, "refuses a pretimeout of 5 s");
}

static void pretimeout_is_set(void **state)
{
	(void)state;
	opts.pretimeout = 5;
	assert_int_equal(run(), 0);
	assert_int_equal(fake.pretimeout, 5);
}

static void timeout_cannot_be_set(void **state)
{
	json_t *line;

	(void)state;
	fake.set_rc = -EOPNOTSUPP;
	fake.taken = 90;
	assert_int_equal(run(), NODE_OK);
	line = output_line(&out, 0);
	expect_int(line, "timeout_taken", 90);
	json_decref(line);
	expect_text_with(out.errors, "cannot be set");
}

static void timeout_neither_set_nor_known(void **state)
{
	(void)state;
	fake.set_rc = -EOPNOTSUPP;
	fake.get_rc = -EOPNOTSUPP;
	assert_int_equal(run(), NODE_USAGE);
	expect_let_go();
}

static void no_watchdog_at_all(void **state)
{
	(void)state;
	fake.support_rc = -ENOTTY;
	assert_int_equal(run(), NODE_USAGE);
	/* a 'V' is for watchdogs, not for whatever this is */
	assert_int_equal(fake.magics, 0);
	assert_int_equal(fake.closes, 1);
	expect_event(0, "error");
	assert_int_equal(output_lines(&out), 1);
}

/* It is a watchdog, but ill: it may well be armed. */
static void support_fails_otherwise(void **state)
{
	(void)state;
	fake.support_rc = -EIO;
	assert_int_equal(run(), NODE_USAGE);
	expect_let_go();
}

static void one_keepalive_fails(void **state)
{
	(void)state;
	fake.ping_rc = -EIO;
	fake.ping_fails_at = 2;
	assert_int_equal(run(), NODE_NEGATIVE);
	/* the next one is tried all the same */
	assert_int_equal(fake.pings, 4);
	expect_let_go();
	expect_event(2, "error");
	expect_text_with(out.errors, "keepalive 2 failed");
}

static void no_keepalive_when_not_well(void **state)
{
	(void)state;
	opts.check = "/well";
	assert_int_equal(run(), NODE_NEGATIVE);
	assert_int_equal(fake.checks, 4);
	assert_int_equal(fake.pings, 3);
	expect_let_go();
}

static void device_goes_away(void **state)
{
	(void)state;
	fake.ping_rc = -ENODEV;
	fake.magic_rc = -ENODEV;
	assert_int_equal(run(), NODE_NEGATIVE);
	assert_int_equal(fake.pings, 1);
	assert_int_equal(fake.closes, 1);
}

static void expect_still_armed(const char *why)
{
	int last = output_lines(&out) - 1;
	json_t *line = output_line(&out, last);

	expect_text(line, "event", "error");
	assert_non_null(strstr(json_string_value(json_object_get(line,
								 "message")),
			       "IS STILL ARMED"));
	assert_non_null(strstr(out.errors, why));
	assert_null(strstr(out.text, "disarmed"));
	json_decref(line);
}

static void nowayout(void **state)
{
	(void)state;
	facts.nowayout = 1;
	fake.still_active = SYSFS_UNKNOWN;
	assert_int_equal(run(), NODE_NEGATIVE);
	expect_let_go();
	expect_still_armed("nowayout is set");
}

/* nowayout need not be known beforehand: what counts is what sysfs says then. */
static void active_after_close(void **state)
{
	(void)state;
	facts.nowayout = SYSFS_UNKNOWN;
	fake.still_active = 1;
	assert_int_equal(run(), NODE_NEGATIVE);
	expect_let_go();
	expect_still_armed("the driver kept it running");
}

static void magic_cannot_be_written(void **state)
{
	(void)state;
	fake.magic_rc = -EIO;
	assert_int_equal(run(), NODE_NEGATIVE);
	assert_int_equal(fake.closes, 1);
	expect_still_armed("Input/output error");
}

static void disarmed_but_not_verified(void **state)
{
	json_t *line;

	(void)state;
	fake.still_active = SYSFS_UNKNOWN;
	facts.nowayout = SYSFS_UNKNOWN;
	assert_int_equal(run(), NODE_OK);
	line = output_line(&out, 0);
	expect_null(line, "nowayout");
	json_decref(line);
	line = output_line(&out, 5);
	expect_text(line, "event", "disarmed");
	expect_null(line, "verified");
	json_decref(line);
}

/*
 * A pipe of one page is full for poll(2) after its first line: keepalives go
 * on, their lines are dropped and counted.
 */
static void reader_that_does_not_read(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(fcntl(fds[1], F_SETPIPE_SZ, 4096), 4096);
	dup3(fds[1], out.em.fd, O_CLOEXEC);
	opts.interval_ns = 20 * MS;
	opts.count = 20;
	fake.stop_after = 0;
	alarm(20);
	assert_int_equal(run(), NODE_NEGATIVE);
	alarm(0);
	assert_int_equal(fake.pings, 20);
	expect_let_go();
	/* all but `armed' */
	assert_int_equal(out.em.dropped, 21);
	assert_int_equal(out.em.failed, 0);
	close(fds[0]);
	close(fds[1]);
}

static void dropped_lines_are_told(void **state)
{
	char text[256];
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(fcntl(fds[1], F_SETPIPE_SZ, 4096), 4096);
	dup3(fds[1], out.em.fd, O_CLOEXEC);
	out.em.patience_ms = 0;
	emit_print(&out.em, "one\n");
	emit_print(&out.em, "two\n");
	emit_print(&out.em, "three\n");
	assert_int_equal(read(fds[0], text, sizeof(text)), 4);
	emit_begin(&out.em, "next", emit_stamp(&out.em));
	emit_end(&out.em);
	assert_int_equal(out.em.dropped, 0);
	memset(text, 0, sizeof(text));
	assert_true(read(fds[0], text, sizeof(text) - 1) > 0);
	assert_string_equal(text,
			    "{\"event\":\"next\",\"hpet\":null,\"dropped\":2}\n");
	close(fds[0]);
	close(fds[1]);
}

static void output_lost_is_told(void **state)
{
	(void)state;
	close(out.em.fd);
	out.em.fd = open("/dev/full", O_RDWR | O_CLOEXEC);
	assert_int_equal(run(), NODE_NEGATIVE);
	/* the watchdog is fed all the same, and let go of */
	assert_int_equal(fake.pings, 4);
	expect_let_go();
	output_read(&out);
	expect_text_with(out.errors, "cannot write the output");
}

static void as_text(void **state)
{
	(void)state;
	out.em.json = false;
	opts.verbose = true;
	opts.count = 2;
	fake.taken = 28;
	fake.bootstatus = WDIOF_CARDRESET;
	fake.pretimeout = 5;
	assert_int_equal(run(), NODE_OK);
	output_read(&out);
	assert_string_equal(out.text,
			    "/dev/watchdog9: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx (driver i6300esb) armed\n"
			    "timeout: asked 30 s, taken 28 s  <-- differs\n"
			    "pretimeout: 5 s before the timeout\n"
			    "boot status: 0x20 (says that it reset the machine last time)\n"
			    "a keepalive every 10 s; SIGTERM disarms, SIGKILL leaves it armed\n"
			    "keepalive 1, 0 us late\n"
			    "keepalive 2, 0 us late\n"
			    "/dev/watchdog9: disarmed after 2 keepalives\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(normal_life),
		TEST(pings_on_a_grid),
		TEST(frozen_in_between),
		TEST(count_ends_it),
		TEST(timeout_that_differs),
		TEST(timeout_too_short_for_the_interval),
		TEST(timeout_refused),
		TEST(pretimeout_refused),
		TEST(pretimeout_is_set),
		TEST(timeout_cannot_be_set),
		TEST(timeout_neither_set_nor_known),
		TEST(no_watchdog_at_all),
		TEST(support_fails_otherwise),
		TEST(one_keepalive_fails),
		TEST(no_keepalive_when_not_well),
		TEST(device_goes_away),
		TEST(nowayout),
		TEST(active_after_close),
		TEST(magic_cannot_be_written),
		TEST(disarmed_but_not_verified),
		TEST(reader_that_does_not_read),
		TEST(dropped_lines_are_told),
		TEST(output_lost_is_told),
		TEST(as_text),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
