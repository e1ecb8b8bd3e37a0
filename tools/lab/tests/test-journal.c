// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "journal.h"
#include "ledger.h"
#include "util.h"

#define T "\"t_ns\":5,\"wall_ns\":6"
#define START "{\"event\":\"start\",\"id\":1,\"client\":\"c\"," T ",\"torn\":false}\n"
#define TORN "{\"event\":\"start\",\"id\":9,\"client\":\"c\"," T ",\"torn\":true}\n"
#define LINE(event, id) "{\"event\":\"" event "\",\"id\":" #id "," T "}\n"

static void parse(struct journal *j, const char *text)
{
	journal_init(j);
	journal_feed(j, text, strlen(text));
	journal_end(j);
}

static void test_outcomes(void **state)
{
	static const enum journal_outcome wanted[] = {
		OUTCOME_ACKED, OUTCOME_REFUSED, OUTCOME_UNKNOWN, OUTCOME_OPEN,
	};
	struct journal j;

	(void)state;
	parse(&j, START
	      LINE("try", 1) LINE("ack", 1) LINE("try", 2) LINE("refused", 2)
	      LINE("try", 3) LINE("slow", 3) LINE("unknown", 3) LINE("try", 4));
	assert_string_equal(j.client, "c");
	assert_int_equal(j.damaged, 0);
	assert_int_equal(j.torn, 0);
	assert_int_equal(j.n, 4);
	assert_false(j.stopped);
	for (size_t i = 0; i < j.n; i++) {
		assert_int_equal(j.keys[i].id, i + 1);
		assert_int_equal(j.keys[i].outcome, wanted[i]);
	}
	journal_free(&j);
}

/* What becomes of one number that is tried again and again */
static void check_retry(const char *lines, enum journal_outcome outcome, unsigned int tries)
{
	char *text = xasprintf("%s%s", START, lines);
	struct journal j;

	parse(&j, text);
	assert_int_equal(j.damaged, 0);
	assert_int_equal(j.n, 1);
	assert_int_equal(j.keys[0].outcome, outcome);
	assert_int_equal(j.keys[0].tries, tries);
	journal_free(&j);
	free(text);
}

static void test_retry(void **state)
{
	(void)state;
	check_retry(LINE("try", 1) LINE("refused", 1) LINE("try", 1) LINE("ack", 1),
		    OUTCOME_ACKED, 2);
	check_retry(LINE("try", 1) LINE("refused", 1) LINE("try", 1) LINE("refused", 1),
		    OUTCOME_REFUSED, 2);
	/* A refusal does not undo a try whose end nobody knows */
	check_retry(LINE("try", 1) LINE("unknown", 1) LINE("try", 1) LINE("refused", 1),
		    OUTCOME_UNKNOWN, 2);
	check_retry(LINE("try", 1) LINE("refused", 1) LINE("try", 1), OUTCOME_OPEN, 2);
	check_retry(LINE("try", 1) START LINE("try", 1) LINE("refused", 1), OUTCOME_UNKNOWN, 2);
}

static void test_servers(void **state)
{
	struct journal j;

	(void)state;
	parse(&j, START LINE("try", 1)
	      "{\"event\":\"ack\",\"id\":1," T ",\"server\":\"a:1\",\"system\":\"7\",\"timeline\":3}\n"
	      LINE("try", 2)
	      "{\"event\":\"ack\",\"id\":2," T ",\"server\":\"a:1\",\"system\":\"7\",\"timeline\":4}\n"
	      LINE("try", 3)
	      "{\"event\":\"ack\",\"id\":3," T ",\"server\":\"a:1\",\"system\":\"7\",\"timeline\":3}\n");
	assert_int_equal(j.damaged, 0);
	assert_int_equal(j.servers_n, 3);
	assert_int_equal(j.servers[j.keys[0].server].timeline, 3);
	assert_int_equal(j.servers[j.keys[1].server].timeline, 4);
	assert_int_equal(j.keys[2].server, j.keys[0].server);
	journal_free(&j);
}

static void check_damage(const char *lines, unsigned int damaged, unsigned int torn)
{
	struct journal j;

	parse(&j, lines);
	if (j.damaged != damaged || j.torn != torn)
		fail_msg("%s: %u damaged, %u torn: %s", lines, (unsigned int)j.damaged,
			 (unsigned int)j.torn, j.damage);
	journal_free(&j);
}

static void test_damage(void **state)
{
	(void)state;
	/* Cut off at the end; where the client went on; with nothing to excuse it */
	check_damage(START LINE("try", 1) "{\"event\":\"ack\",\"i", 0, 1);
	check_damage(START LINE("try", 1) "{\"event\":\"ack\",\"i\n" TORN, 0, 1);
	check_damage(START LINE("try", 1) "{\"event\":\"ack\",\"i\n" START, 1, 0);
	check_damage(START "{\"event\":\"ack\",\"i\n" LINE("try", 1), 1, 0);
	check_damage(START "x\ny\n" TORN, 1, 1);
	check_damage(START "x\n", 1, 0);
	check_damage(LINE("try", 1), 1, 0);
	check_damage("garbage\n", 1, 0);
	check_damage("\n", 1, 0);
	check_damage(START "[]\n", 1, 0);
	check_damage(START "{\"event\":\"party\"," T "}\n", 1, 0);
	check_damage(START "{\"event\":\"try\",\"id\":1}\n", 1, 0);
	check_damage(START LINE("try", 0), 1, 0);
	check_damage(START LINE("try", -1), 1, 0);
	check_damage(START LINE("ack", 1), 1, 0);
	check_damage(START LINE("try", 1) LINE("ack", 2), 1, 0);
	check_damage(START LINE("try", 1) LINE("try", 2), 1, 0);
	check_damage(START LINE("try", 2) LINE("ack", 2) LINE("try", 1), 1, 0);
	check_damage(START LINE("try", 1) LINE("ack", 1) LINE("try", 1), 1, 0);
	check_damage(START LINE("try", 1) LINE("ack", 1) LINE("ack", 1), 1, 0);
	check_damage(START "{\"event\":\"start\",\"client\":\"d\"," T "}\n", 1, 0);
	check_damage(START "{\"event\":\"try\",\"id\":1,\"client\":\"d\"," T "}\n", 1, 0);
	check_damage(START "{\"event\":\"try\",\"id\":1,\"client\":\"c\"," T "}\n", 0, 0);
	check_damage("{\"event\":\"start\",\"client\":\"../d\"," T "}\n", 1, 0);
	check_damage("", 0, 0);
}

static void test_long_line(void **state)
{
	char *text = xcalloc(1, 100001);
	struct journal j;

	(void)state;
	memset(text, 'x', 100000);
	text[50000] = '\n';
	parse(&j, text);
	assert_int_equal(j.lines, 1);
	assert_int_equal(j.damaged, 1);
	assert_int_equal(j.torn, 1);
	journal_free(&j);
	free(text);
}

static void test_names(void **state)
{
	char name[80];

	(void)state;
	assert_true(journal_name_is_good("haproxy-1.a_B"));
	assert_false(journal_name_is_good(""));
	assert_false(journal_name_is_good(".."));
	assert_false(journal_name_is_good("a/b"));
	assert_false(journal_name_is_good("a b"));
	snprintf(name, sizeof(name), "%064d", 1);
	assert_false(journal_name_is_good(name));
	assert_true(journal_name_is_good(name + 1));
	assert_true(ledger_table_is_good("pug_ledger"));
	assert_true(ledger_table_is_good("drill.pug_ledger"));
	assert_false(ledger_table_is_good("a.b.c"));
	assert_false(ledger_table_is_good("a."));
	assert_false(ledger_table_is_good(".a"));
	assert_false(ledger_table_is_good("1a"));
	assert_false(ledger_table_is_good("a; DROP TABLE b"));
	assert_false(ledger_table_is_good("\"a\""));
}

static int make_path(void **state)
{
	char dir[] = "/tmp/pug-journal.XXXXXX";

	if (!mkdtemp(dir))
		return -1;
	*state = path_join(dir, "c.jsonl");
	return 0;
}

static int remove_path(void **state)
{
	char *path = *state;

	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	free(path);
	return 0;
}

static void write_event(struct journal_file *file, enum journal_event event, uint64_t id)
{
	const struct journal_record record = {
		.event = event, .id = id, .error = "\"quoted\"\n\033[2J \303", .server = "a:1",
	};

	assert_int_equal(journal_write(file, &record), 0);
}

static void append(const char *path, const char *text)
{
	FILE *f = fopen(path, "ae");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

/* Written, killed, gone on with: the numbers go on, the cut off line is excused */
static void test_go_on(void **state)
{
	struct journal_file file;
	const char *path = *state;
	struct journal j;
	char *why = NULL;

	assert_int_equal(journal_open(&file, path, "c", true, &why), 1);
	for (uint64_t id = 1; id <= 3; id++) {
		write_event(&file, JOURNAL_TRY, id);
		if (id < 3)
			write_event(&file, JOURNAL_ACK, id);
	}
	close(file.fd);
	append(path, "{\"event\":\"ack\",\"id\":3,");
	assert_int_equal(journal_open(&file, path, "c", false, &why), 4);
	write_event(&file, JOURNAL_TRY, 4);
	write_event(&file, JOURNAL_REFUSED, 4);
	close(file.fd);
	assert_int_equal(journal_read(&j, path, &why), 0);
	assert_int_equal(j.damaged, 0);
	assert_int_equal(j.torn, 1);
	assert_int_equal(j.starts, 2);
	assert_int_equal(j.n, 4);
	assert_int_equal(j.keys[1].outcome, OUTCOME_ACKED);
	assert_int_equal(j.keys[2].outcome, OUTCOME_OPEN);
	assert_int_equal(j.keys[3].outcome, OUTCOME_REFUSED);
	journal_free(&j);
}

static void check_refused(const char *path, const char *client, const char *words)
{
	struct journal_file file;
	char *why = NULL;

	assert_int_equal(journal_open(&file, path, client, false, &why), -1);
	if (!strstr(why, words))
		fail_msg("'%s' is not in: %s", words, why);
	free(why);
}

static void test_refused(void **state)
{
	struct journal_file file;
	const char *path = *state;
	char *why = NULL;

	assert_int_equal(journal_is_written(path), -ENOENT);
	assert_int_equal(journal_open(&file, path, "c", false, &why), 1);
	assert_int_equal(journal_is_written(path), 1);
	check_refused(path, "c", "another client is writing it");
	close(file.fd);
	assert_int_equal(journal_is_written(path), 0);
	check_refused(path, "d", "is another client's journal");
	append(path, "garbage\n");
	check_refused(path, "c", "no journal or a damaged one");
	check_refused("/nonexistent/c.jsonl", "c", "No such file");
}

static void test_full_disk(void **state)
{
	struct journal_file file = { .fd = open("/dev/full", O_WRONLY | O_CLOEXEC) };
	const struct journal_record record = { .event = JOURNAL_TRY, .id = 1 };

	(void)state;
	assert_true(file.fd >= 0);
	assert_int_equal(journal_write(&file, &record), -ENOSPC);
	close(file.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_retry),
		cmocka_unit_test(test_servers),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_names),
		cmocka_unit_test_setup_teardown(test_go_on, make_path, remove_path),
		cmocka_unit_test_setup_teardown(test_refused, make_path, remove_path),
		cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
