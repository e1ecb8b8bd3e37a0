// SPDX-License-Identifier: GPL-2.0
/*
 * What outlives a decision: incidents and what was confirmed for them, and files
 * that somebody has put where ours will be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "io.h"
#include "state.h"

static struct config config = {
	.scope = "demo", .me = 1, .n_members = 2, .confirm_ms = 600000,
	.members = { { .name = "pg1" }, { .name = "pg2" } },
};

static int set_up(void **state)
{
	(void)state;
	strcpy(config.state_dir, "/tmp/test-state.XXXXXX");
	return mkdtemp(config.state_dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	static const char *const names[] = { "leader", "incident", "confirm.pg1", "victim" };
	char path[400];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", config.state_dir, names[i]);
		unlink(path);
	}
	return rmdir(config.state_dir);
}

static bool is_confirmed(uint64_t *timeline)
{
	char by[64];

	return state_is_confirmed(&config, "pg1", by, sizeof(by), timeline);
}

static void a_confirmation_is_for_one_timeline(void **state)
{
	struct incident first, second;
	struct trouble why = { "" };
	uint64_t timeline = 0;

	(void)state;
	assert_int_equal(state_open_incident(&config, "pg1", 5, &first, &why), 0);
	assert_int_equal(state_confirm(&config, &first, "pg1", "Anna", &why), 0);
	assert_true(is_confirmed(&timeline));
	assert_int_equal(timeline, 5);
	/* Refused again, nobody was promoted meanwhile: the same incident */
	assert_int_equal(state_open_incident(&config, "pg1 pg3", 5, &second, &why), 0);
	assert_string_equal(first.id, second.id);
	assert_true(is_confirmed(NULL));
	/* Refused on a new timeline: somebody has led meanwhile */
	assert_int_equal(state_open_incident(&config, "pg1", 6, &second, &why), 0);
	assert_string_not_equal(first.id, second.id);
	assert_false(is_confirmed(NULL));
}

static void a_confirmation_ends_with_its_incident(void **state)
{
	struct incident incident;
	struct trouble why = { "" };
	char path[400], text[64];

	(void)state;
	assert_int_equal(state_open_incident(&config, "pg1", 5, &incident, &why), 0);
	assert_int_equal(state_confirm(&config, &incident, "pg1", "Anna", &why), 0);
	state_close_incident(&config);
	assert_false(is_confirmed(NULL));
	/* A decision that has read it before cannot use it up any more */
	assert_int_equal(state_use_confirmation(&config, "pg1"), -1);
	snprintf(path, sizeof(path), "%s/confirm.pg1", config.state_dir);
	assert_true(io_read_file(path, text, sizeof(text)) < 0);
}

/* A file of the name that is written to before it is renamed */
static void nothing_is_written_to_what_was_put_there(void **state)
{
	const struct leader leader = { .name = "pg1", .timeline = 5 };
	struct trouble why = { "" };
	char victim[400], beside[400], text[64] = "";
	struct leader read;

	(void)state;
	snprintf(victim, sizeof(victim), "%s/victim", config.state_dir);
	snprintf(beside, sizeof(beside), "%s/leader.%d", config.state_dir, (int)getpid());
	fclose(fopen(victim, "w"));
	assert_int_equal(io_write_file(victim, "precious\n"), 0);
	assert_int_equal(link(victim, beside), 0);
	assert_int_equal(state_put_leader(&config, &leader, &why), 0);
	assert_true(io_read_file(victim, text, sizeof(text)) > 0);
	assert_string_equal(text, "precious\n");
	assert_int_equal(state_get_leader(&config, &read), 0);
	assert_string_equal(read.name, "pg1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_confirmation_is_for_one_timeline,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_confirmation_ends_with_its_incident,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_is_written_to_what_was_put_there,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
