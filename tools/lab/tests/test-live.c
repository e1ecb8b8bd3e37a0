// SPDX-License-Identifier: GPL-2.0
/* What is drawn on a terminal, byte by byte, and where it is read. */
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "compiler.h"
#include "drill-live.h"
#include "glance.h"
#include "live.h"
#include "util.h"

static char seen[65536];

/* What @draw writes to a terminal of that size */
static void on_terminal(unsigned short rows, unsigned short columns, const char *term,
			void (*draw)(void))
{
	struct winsize size = { .ws_row = rows, .ws_col = columns };
	size_t used = 0;
	ssize_t n;
	int fd;
	pid_t pid = forkpty(&fd, NULL, NULL, &size);

	if (!pid) {
		setenv("TERM", term, 1);
		unsetenv("NO_COLOR");
		live_begin(PROGRESS_AUTO);
		draw();
		_exit(0);
	}
	assert_true(pid > 0);
	while ((n = read(fd, seen + used, sizeof(seen) - 1 - used)) > 0)
		used += (size_t)n;
	seen[used] = '\0';
	close(fd);
	waitpid(pid, NULL, 0);
}

static size_t count(const char *what)
{
	size_t n = 0;

	for (const char *p = seen; (p = strstr(p, what)); p += strlen(what))
		n++;
	return n;
}

static void draw_hostile(void)
{
	const struct live_row row = { "cell", "plays", 1.5, "\033]0;mine\007\n\r\033[2J" };

	live_show("head", false, &row, 1);
}

static void test_guests_do_not_draw(void **state)
{
	(void)state;
	on_terminal(24, 80, "xterm", draw_hostile);
	assert_non_null(strstr(seen, "\\x1b]0;mine\\x07\\x0a\\x0d\\x1b[2J"));
	assert_null(strstr(seen, "\033]"));
	assert_null(strstr(seen, "\033[2J"));
}

static void draw_many(void)
{
	struct live_row rows[20];

	for (size_t i = 0; i < 20; i++)
		rows[i] = (struct live_row) { "a-cell-with-a-long-name", "plays", -1, "event" };
	live_show("head", false, rows, 20);
	live_show("head", false, rows, 20);
}

static void test_it_fits(void **state)
{
	char *save = NULL;

	(void)state;
	on_terminal(10, 40, "xterm", draw_many);
	/* Head, seven rows, and one for the rest, twice; the second over the first */
	assert_int_equal(count("a-cell"), 14);
	assert_int_equal(count("and 13 more"), 2);
	assert_int_equal(count("\033[8A"), 1);
	for (char *line = strtok_r(seen, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (strstr(line, "a-cell"))
			assert_true(strcspn(line, "\r") < 40);
	on_terminal(2, 40, "xterm", draw_many);
	assert_int_equal(count("a-cell"), 0);
	assert_int_equal(count("head"), 2);
}

static void draw_and_warn(void)
{
	const struct live_row row = { "cell", "plays", 1.5, "event" };

	live_show("head", false, &row, 1);
	warn_line("something");
	live_line("a line");
	live_show("head", true, &row, 1);
	live_clear();
}

static void test_lines_come_above(void **state)
{
	(void)state;
	on_terminal(24, 80, "xterm", draw_and_warn);
	/* The block is gone before, and not looked for after */
	assert_non_null(strstr(seen, "event\r\033[1A\033[Jpug: something\r\na line\r\n\r\033[J"));
	assert_int_equal(count("\033[33m"), 1);
	assert_non_null(strstr(seen + strlen(seen) - 9, "\033[1A\033[J"));
}

static void test_dumb(void **state)
{
	(void)state;
	on_terminal(24, 80, "dumb", draw_and_warn);
	assert_string_equal(seen, "pug: something\r\na line\r\n");
}

static void check_tail(const char *text, const char *wanted)
{
	char path[] = "/tmp/pug-test-XXXXXX", *line;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	line = glance_tail(path);
	unlink(path);
	if (wanted)
		assert_string_equal(line, wanted);
	else
		assert_null(line);
	free(line);
}

static void test_the_last_whole_line(void **state)
{
	(void)state;
	check_tail("one\ntwo\n", "two");
	check_tail("one\ntwo\nthr", "two");
	check_tail("one\n", "one");
	check_tail("on", NULL);
	check_tail("", NULL);
	assert_null(glance_tail("/nowhere"));
}

static void test_a_cell_under_way(void **state)
{
	struct glance g;

	(void)state;
	glance_reset(&g);
	glance_look(&g, "/nowhere");
	assert_int_equal(g.ns, -1);
	glance_look(&g, "tools/lab/tests/evidence/softdog");
	/* agent.jsonl is looked at last: "done", at 223.4 s of the second boot */
	assert_string_equal(g.last, "done");
	assert_int_equal(g.ns, 22343956185 * HPET_NS_PER_TICK);
	glance_note(&g, "SHUTDOWN");
	glance_look(&g, "tools/lab/tests/evidence/softdog");
	assert_string_equal(g.last, "SHUTDOWN");
}

static void test_a_drill_under_way(void **state)
{
	struct drill drill;
	struct drill_live live = { .dir = "tools/lab/tests/drills/i6300esb", .drill = &drill };
	double at;
	char *last = drill_live_node(live.dir, "alt01", &at);

	(void)state;
	assert_non_null(strstr(last, "cannot execute INSERT"));
	assert_true(at > 5874 && at < 5875);
	free(last);
	last = drill_live_node(live.dir, "alt09", &at);
	assert_null(last);
	assert_true(at < 0);
	drill_default(&drill);
	/* As grep counts them in what was recorded; counted once, not again */
	assert_int_equal(drill_live_count(&live), 32);
	assert_int_equal(drill_live_count(&live), 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guests_do_not_draw),
		cmocka_unit_test(test_it_fits),
		cmocka_unit_test(test_lines_come_above),
		cmocka_unit_test(test_dumb),
		cmocka_unit_test(test_the_last_whole_line),
		cmocka_unit_test(test_a_cell_under_way),
		cmocka_unit_test(test_a_drill_under_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
