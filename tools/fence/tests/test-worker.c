// SPDX-License-Identifier: GPL-2.0
/*
 * Orders to a worker that may be late, and what it leaves behind. Its hypervisor is
 * a script that takes a while to answer and writes down what it was told to do.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend.h"
#include "clock.h"
#include "io.h"
#include "worker.h"

static char folder[64];
static struct config config = {
	.scope = "demo", .n_members = 2, .me = 1, .try_ms = 20000, .poll_ms = 20,
	.pace = { .reserve_ms = 20000, .deadline_ms = 60000 },
	.members = { { .name = "pg1", .vm = "pg1", .vm_name = "pg1", .witness = NO_HYPERVISOR },
		     { .name = "pg2", .hypervisor = NO_HYPERVISOR, .witness = NO_HYPERVISOR } },
	.hypervisors = { { .name = "h", .target = "x", .command = "vm" } },
	.n_hypervisors = 1,
};

static void path_of(const char *name, char *path)
{
	snprintf(path, 128, "%s/%s", folder, name);
}

/* "ssh ... -- TARGET COMMAND ACTION VM"; @status is what comes before an answer */
static void write_script(const char *status)
{
	char path[128];
	FILE *out;

	path_of("ssh", path);
	out = fopen(path, "w");
	assert_non_null(out);
	fprintf(out, "#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done\n"
		"echo \"$4\" >>%s/did\n[ \"$4\" = status ] || exit 0\n%s\n"
		"echo name=pg1; echo state=running\n", folder, status);
	fclose(out);
	chmod(path, 0700);
	snprintf(config.hypervisors[0].ssh, sizeof(config.hypervisors[0].ssh), "%s", path);
	config.hypervisors[0].backend = backend_find("ssh-command");
}

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/test-worker.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	static const char *const names[] = { "ssh", "did", "pid" };
	char path[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		path_of(names[i], path);
		unlink(path);
	}
	return rmdir(folder);
}

static void nap(void)
{
	const struct timespec ts = { .tv_nsec = 10000000 };

	nanosleep(&ts, NULL);
}

static bool did(const char *what)
{
	char path[128], text[4096];

	path_of("did", path);
	return io_read_file(path, text, sizeof(text)) > 0 && strstr(text, what);
}

static void begin(struct worker *worker)
{
	memset(worker, 0, sizeof(*worker));
	worker->kind = WORKER_VM;
	assert_int_equal(worker_start(&config, worker, "", now_ms() + 60000), 0);
}

/* Wait for @n reports; whoever hangs is ended by the driver */
static void wait_for(struct worker *worker, int n, struct report *report)
{
	int rc;

	while (n) {
		rc = worker_read(worker, report);
		assert_int_not_equal(rc, -1);
		if (rc == 1)
			n--;
		else
			nap();
	}
}

static void an_order_is_carried_out(void **state)
{
	struct worker worker;
	struct report report;

	(void)state;
	write_script("");
	begin(&worker);
	wait_for(&worker, 1, &report);
	assert_int_equal(report.fact, VM_RUNNING);
	do {
		assert_int_equal(worker_shoot(&worker, now_ms() + 60000), 0);
		wait_for(&worker, 1, &report);
	} while (report.shot == SHOT_NONE);
	assert_int_equal(report.shot, SHOT_DONE);
	assert_true(did("stop"));
	worker_end(&worker);
}

/* Given while it asks, for longer than an order holds: it answers twice more */
static void an_old_order_is_not(void **state)
{
	struct worker worker;
	struct report report;

	(void)state;
	write_script("sleep 3.5");
	begin(&worker);
	while (!did("status"))
		nap();
	assert_int_equal(worker_shoot(&worker, now_ms() + 60000), 0);
	wait_for(&worker, 2, &report);
	assert_int_equal(report.shot, SHOT_NONE);
	assert_false(did("stop"));
	worker_end(&worker);
}

static void an_order_after_the_deadline_is_not(void **state)
{
	struct worker worker;
	struct report report;

	(void)state;
	write_script("");
	begin(&worker);
	wait_for(&worker, 1, &report);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(worker_shoot(&worker, now_ms()), 0);
		wait_for(&worker, 1, &report);
		assert_int_equal(report.shot, SHOT_NONE);
	}
	assert_false(did("stop"));
	worker_end(&worker);
}

/* A byte, an order that is cut, a report: none of them is an order */
static void nothing_else_is_an_order(void **state)
{
	const struct report report = { .magic = REPORT_MAGIC };
	struct order order = { .magic = ORDER_MAGIC + 1, .given_ms = now_ms() };
	const struct {
		const void *data;
		size_t size;
	} table[] = {
		{ "S", 1 }, { &order, sizeof(order) - 1 }, { &order, sizeof(order) },
		{ &report, sizeof(report) },
	};

	(void)state;
	order.until_ms = order.given_ms + 60000;
	write_script("");
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct worker worker;
		struct report seen;

		begin(&worker);
		wait_for(&worker, 1, &seen);
		assert_int_equal(send(worker.fd, table[i].data, table[i].size, 0), table[i].size);
		/* It ends: who speaks so is not the decision */
		while (worker_read(&worker, &seen) != -1)
			nap();
		worker_end(&worker);
	}
	assert_false(did("stop"));
}

/* Reports that are no reports are found out, too */
static void a_report_is_known_by_its_magic(void **state)
{
	struct report report = { .fact = VM_OFF };
	struct worker worker = { .pid = 0 };
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	worker.fd = fds[0];
	assert_int_equal(send(fds[1], &report, sizeof(report), 0), sizeof(report));
	assert_int_equal(worker_read(&worker, &report), -1);
	close(fds[1]);
}

static void orders_hold_for_a_while(void **state)
{
	const struct order order = { ORDER_MAGIC, 10000, 12000 };
	const struct order old = { ORDER_MAGIC, 10000, 90000 };

	(void)state;
	assert_true(worker_order_holds(&order, 10000));
	assert_true(worker_order_holds(&order, 11999));
	assert_false(worker_order_holds(&order, 12000));
	assert_true(worker_order_holds(&old, 10000 + ORDER_AGE_MS));
	assert_false(worker_order_holds(&old, 10001 + ORDER_AGE_MS));
	/* A clock that has gone back says nothing of its age */
	assert_false(worker_order_holds(&order, 9999));
}

static bool is_alive(pid_t pid)
{
	char path[64], text[512];
	const char *end;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (io_read_file(path, text, sizeof(text)) <= 0)
		return false;
	end = strrchr(text, ')');
	return end && end[2] != 'Z';
}

/* The script's child does not even end by SIGTERM */
static void nothing_is_left_behind(void **state)
{
	struct worker worker;
	char path[128], text[32];
	pid_t pid;

	(void)state;
	path_of("pid", path);
	write_script("(trap '' TERM HUP; echo $$ >/dev/null; exec sleep 1000) &\n"
		     "echo $! >${0%/*}/pid.new; mv ${0%/*}/pid.new ${0%/*}/pid; wait");
	begin(&worker);
	while (io_read_file(path, text, sizeof(text)) <= 0)
		nap();
	pid = atoi(text);
	assert_true(pid > 1 && is_alive(pid));
	worker_end(&worker);
	/* The driver's limit ends this where it is left behind */
	while (is_alive(pid))
		nap();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_order_is_carried_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_old_order_is_not, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_order_after_the_deadline_is_not,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_else_is_an_order, set_up, tear_down),
		cmocka_unit_test(a_report_is_known_by_its_magic),
		cmocka_unit_test(orders_hold_for_a_while),
		cmocka_unit_test_setup_teardown(nothing_is_left_behind, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
