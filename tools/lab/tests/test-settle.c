// SPDX-License-Identifier: GPL-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "settle.h"
#include "util.h"

static const enum journal_event outcomes[] = {
	['a'] = JOURNAL_ACK, ['r'] = JOURNAL_REFUSED, ['u'] = JOURNAL_UNKNOWN,
};

/* A journal in short: a letter a number from 1, 'o' for a try without an end */
static void add_journal(struct settle *s, const char *client, const char *story, const char *end)
{
	char *text = NULL;
	struct journal j;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, "{\"event\":\"start\",\"client\":\"%s\",\"t_ns\":1,\"wall_ns\":1}\n", client);
	for (size_t i = 0; story[i]; i++) {
		fprintf(out, "{\"event\":\"try\",\"id\":%zu,\"t_ns\":1,\"wall_ns\":1}\n", i + 1);
		if (story[i] == 'o')
			break;
		fprintf(out, "{\"event\":\"%s\",\"id\":%zu,\"t_ns\":1,\"wall_ns\":1000000000,\"server\":\"a:1\",\"timeline\":7}\n",
			journal_event_word(outcomes[(int)story[i]]), i + 1);
	}
	fputs(end, out);
	fclose(out);
	journal_init(&j);
	journal_feed(&j, text, strlen(text));
	journal_end(&j);
	free(text);
	settle_take_journal(s, &j);
}

/* "1 2 2 5": rows of one client; the digest is the number, or what follows ':' */
static void add_rows(struct settle *s, struct settle_node *node, const char *client,
		     const char *rows)
{
	uint32_t index = settle_client(s, client);
	char *end;

	for (const char *p = rows; *p; p = end) {
		int64_t id = strtoll(p, &end, 10), digest = id;

		if (*end == ':')
			digest = strtoll(end + 1, &end, 10);
		while (*end == ' ')
			end++;
		settle_add_row(node, index, id, digest);
	}
}

static void add_node(struct settle *s, const char *name, const char *client, const char *rows)
{
	struct settle_node *node = settle_add_node(s, name);

	node->known = true;
	node->standby = s->nodes_n > 1;
	add_rows(s, node, client, rows);
}

/* "lost 2, phantom 4": what was found, in short */
static char *found(const struct settle *s)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; i < s->findings_n; i++)
		fprintf(out, "%s%s %s%lld", i ? ", " : "", settle_kind_word(s->findings[i].kind),
			s->findings[i].client ? s->clients[s->findings[i].client] : "",
			(long long)s->findings[i].id);
	fclose(out);
	return text;
}

static void check(struct settle *s, enum settle_verdict verdict, const char *wanted)
{
	char *seen;
	json_t *json;
	FILE *null;

	settle_judge(s);
	seen = found(s);
	assert_string_equal(seen, wanted);
	assert_int_equal(s->verdict, verdict);
	free(seen);
	json = settle_json(s);
	assert_non_null(json);
	json_decref(json);
	null = fopen("/dev/null", "we");
	settle_print(s, null);
	fclose(null);
	settle_free(s);
}

/* One journal, one leader */
static void check_one(const char *story, const char *rows, enum settle_verdict verdict,
		      const char *wanted)
{
	struct settle s;

	settle_init(&s);
	add_journal(&s, "c", story, "");
	add_node(&s, "a", "c", rows);
	s.leader = 0;
	check(&s, verdict, wanted);
}

static void test_one_leader(void **state)
{
	(void)state;
	check_one("aaa", "1 2 3", SETTLE_ALL_THERE, "");
	check_one("aaa", "3 1 2", SETTLE_ALL_THERE, "");
	check_one("", "", SETTLE_ALL_THERE, "");
	check_one("aaa", "1 3", SETTLE_WRONG, "lost 2");
	check_one("aaa", "", SETTLE_WRONG, "lost 1, lost 2, lost 3");
	check_one("ara", "1 3", SETTLE_ALL_THERE, "");
	check_one("auo", "1", SETTLE_ALL_THERE, "");
	check_one("auo", "1 2 3", SETTLE_ALL_THERE, "phantom 2, phantom 3");
	check_one("ara", "1 2 3", SETTLE_ALL_THERE, "phantom 2");
	check_one("aaa", "1 2 2 3", SETTLE_WRONG, "twice 2");
	check_one("aua", "1 2 2 3", SETTLE_WRONG, "twice 2, phantom 2");
	check_one("aaa", "1 2 3 4", SETTLE_WRONG, "foreign 4");
	check_one("aaa", "-1 0 1 2 3", SETTLE_WRONG, "foreign -1, foreign 0");
	check_one("aaa", "1 2 9 9", SETTLE_WRONG, "lost 3, twice 9, foreign 9");
}

static void test_clients(void **state)
{
	struct settle s;

	(void)state;
	settle_init(&s);
	add_journal(&s, "c", "aa", "");
	add_journal(&s, "d", "aa", "");
	add_node(&s, "a", "c", "1");
	add_rows(&s, &s.nodes[0], "ghost", "1");
	add_rows(&s, &s.nodes[0], "d", "1 2 2");
	s.leader = 0;
	check(&s, SETTLE_WRONG, "lost 2, twice d2, foreign ghost1");
}

static void check_two(const char *story, const char *leader, const char *other,
		      enum settle_verdict verdict, const char *wanted)
{
	struct settle s;

	settle_init(&s);
	add_journal(&s, "c", story, "");
	add_node(&s, "a", "c", leader);
	add_node(&s, "b", "c", other);
	s.leader = 0;
	check(&s, verdict, wanted);
}

static void test_two_nodes(void **state)
{
	(void)state;
	check_two("aaa", "1 2 3", "1 2 3", SETTLE_ALL_THERE, "");
	check_two("aaa", "1 2 3", "1 3", SETTLE_WRONG, "differs 2");
	/* What only the old leader has is lost, and they disagree */
	check_two("aaa", "1 3", "1 2 3", SETTLE_WRONG, "lost 2, differs 2");
	check_two("aaa", "1 2 3", "1 2 2 3", SETTLE_WRONG, "differs 2");
	check_two("aaa", "1 2 3", "1 2:99 3", SETTLE_WRONG, "differs 2");
	check_two("aaa", "1 2 3", "1 2 3 4", SETTLE_WRONG, "foreign 4, differs 4");
	/* Not acknowledged, but only on one of them */
	check_two("aau", "1 2", "1 2 3", SETTLE_WRONG, "differs 3");
	check_two("aaa", "1 2 2:5 3", "1 2:5 2 3", SETTLE_WRONG, "twice 2");
	check_two("aaa", "1 2 2 3", "1 2 2:5 3", SETTLE_WRONG, "twice 2, differs 2");
}

static void test_cannot_tell(void **state)
{
	struct settle s;

	(void)state;
	/* No leader */
	settle_init(&s);
	add_journal(&s, "c", "aaa", "");
	add_node(&s, "a", "c", "1 2 3");
	check(&s, SETTLE_CANNOT_TELL, "");
	/* A leader that can't be read */
	settle_init(&s);
	add_journal(&s, "c", "aaa", "");
	add_node(&s, "a", "c", "1");
	s.leader = 0;
	s.nodes[0].known = false;
	check(&s, SETTLE_CANNOT_TELL, "");
	/* Another node that can't: its rows don't count, but its silence does */
	settle_init(&s);
	add_journal(&s, "c", "aaa", "");
	add_node(&s, "a", "c", "1 2 3");
	add_node(&s, "b", "c", "1");
	s.leader = 0;
	s.nodes[1].known = false;
	check(&s, SETTLE_CANNOT_TELL, "");
	/* No journal */
	settle_init(&s);
	add_node(&s, "a", "c", "");
	s.leader = 0;
	check(&s, SETTLE_CANNOT_TELL, "");
}

static void test_damaged(void **state)
{
	struct settle s;

	(void)state;
	/* What is lost is lost, whatever else the journal said */
	settle_init(&s);
	add_journal(&s, "c", "aaa", "garbage\n");
	add_node(&s, "a", "c", "1 2");
	s.leader = 0;
	check(&s, SETTLE_WRONG, "lost 3");
	/* The damaged line may have been the try of row 4, so that proves nothing */
	settle_init(&s);
	add_journal(&s, "c", "aaa", "garbage\n");
	add_node(&s, "a", "c", "1 2 3 4");
	s.leader = 0;
	check(&s, SETTLE_CANNOT_TELL, "foreign 4");
	settle_init(&s);
	add_journal(&s, "c", "aaa", "garbage\n");
	add_node(&s, "a", "c", "1 2 3");
	s.leader = 0;
	check(&s, SETTLE_CANNOT_TELL, "");
	/* A line cut off is no damage */
	settle_init(&s);
	add_journal(&s, "c", "aao", "{\"event\":\"ack\",\"id");
	add_node(&s, "a", "c", "1 2 3");
	s.leader = 0;
	check(&s, SETTLE_ALL_THERE, "phantom 3");
}

static void test_report(void **state)
{
	struct settle s;
	char *words, *text;
	size_t size;
	json_t *json, *lost;
	FILE *out;

	(void)state;
	settle_init(&s);
	add_journal(&s, "c", "aaaau", "");
	add_node(&s, "a", "c", "1 4 5");
	s.leader = 0;
	settle_judge(&s);
	words = settle_words(&s);
	assert_string_equal(words, "LOST 2 of 4 acknowledged rows");
	free(words);
	json = settle_json(&s);
	assert_int_equal(json_integer_value(json_object_get(json, "acked_rows")), 4);
	assert_int_equal(json_integer_value(json_object_get(json, "present_rows")), 2);
	lost = json_array_get(json_object_get(json, "lost"), 1);
	assert_int_equal(json_integer_value(json_object_get(lost, "id")), 3);
	assert_string_equal(json_string_value(json_object_get(lost, "server")), "a:1");
	assert_int_equal(json_integer_value(json_object_get(lost, "timeline")), 7);
	json_decref(json);
	out = open_memstream(&text, &size);
	settle_print(&s, out);
	fclose(out);
	assert_non_null(strstr(text, "  c 2-3 (2 rows), acknowledged 1970-01-01T00:00:01.000Z "));
	assert_non_null(strstr(text, " to 1970-01-01T00:00:01.000Z by a:1 on timeline 7\n"));
	assert_non_null(strstr(text, "count 3, sum 10\n"));
	free(text);
	settle_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_leader),
		cmocka_unit_test(test_clients),
		cmocka_unit_test(test_two_nodes),
		cmocka_unit_test(test_cannot_tell),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_report),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
