// SPDX-License-Identifier: GPL-2.0
/*
 * Evidence that must be judged an error: incomplete, unreadable, contradicting
 * itself. An error says why, so each test asserts the reason.
 */
#include "fixture.h"

static struct fixture fx;

static int teardown(void **state)
{
	(void)state;
	fixture_close(&fx);
	return 0;
}

static void assert_error(const char *reason)
{
	fixture_judge(&fx);
	if (fx.seen.when != VERDICT_ERROR)
		fail_msg("%s instead of an error: %s", verdict_when_name(fx.seen.when),
			 fx.seen.reason);
	if (!strstr(fx.seen.reason, reason))
		fail_msg("the reason is '%s', not '%s'", fx.seen.reason, reason);
	assert_int_equal(fx.seen.protected, PROTECTED_NA);
	assert_false(fx.met);
}

/* --- files ------------------------------------------------------------------ */

static void empty_folder(void **state)
{
	struct cell cell;
	char why[256] = "";

	(void)state;
	fixture_open_empty(&fx);
	assert_int_equal(evidence_cell(&cell, fx.dir, why, sizeof(why)), -1);
	assert_non_null(strstr(why, EVIDENCE_CELL));

	/* It was asked for, and then nothing */
	fixture_take(&fx, "i6300esb", EVIDENCE_CELL);
	assert_error("can't be opened");
}

static void missing_file(void **state)
{
	static const char * const files[] = {
		EVIDENCE_LAB, EVIDENCE_QMP, EVIDENCE_CONSOLE, EVIDENCE_AGENT, EVIDENCE_CANARY,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		fixture_open(&fx, "i6300esb");
		fixture_remove(&fx, files[i]);
		assert_error(files[i]);
	}
}

static void emptied_file(void **state)
{
	static const struct {
		const char *file;
		const char *reason;
	} rows[] = {
		{ EVIDENCE_LAB, "did not live to the cell's end" },
		{ EVIDENCE_QMP, "did not report to the plan's end" },
		{ EVIDENCE_CONSOLE, "no trace of the fault" },
		{ EVIDENCE_AGENT, "never said that it had booted" },
		{ EVIDENCE_CANARY, "canaries of 0 of 2 CPUs" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fixture_open(&fx, "i6300esb");
		fixture_cut(&fx, rows[i].file, 0);
		assert_error(rows[i].reason);
	}
}

static void folder_in_a_files_place(void **state)
{
	char path[64];

	(void)state;
	fixture_open(&fx, "i6300esb");
	fixture_remove(&fx, EVIDENCE_QMP);
	snprintf(path, sizeof(path), "%s/%s", fx.dir, EVIDENCE_QMP);
	assert_int_equal(rmdir(fx.dir), -1);
	assert_int_equal(make_dirs(path), 0);
	fixture_judge(&fx);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(fx.seen.when, VERDICT_ERROR);
	assert_non_null(strstr(fx.seen.reason, EVIDENCE_QMP));
}

static void broken_json_in_the_middle(void **state)
{
	static const struct {
		const char *file;
		const char *before;
	} rows[] = {
		{ EVIDENCE_LAB, "\"event\":\"end\"" },
		{ EVIDENCE_QMP, "\"event\":\"WATCHDOG\"" },
		{ EVIDENCE_AGENT, "\"event\":\"freeze\"" },
		{ EVIDENCE_CANARY, "\"cpu\":1" },
	};
	static const char * const rubbish[] = {
		"{\"event\":\"keepalive\",\"hpet\":12\n", "[]\n", "null\n", "\n", "}{\n",
		"{\"event\":\"a\",\"event\":\"b\"}\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(rubbish); k++) {
			fixture_open(&fx, "i6300esb");
			fixture_insert(&fx, rows[i].file, rows[i].before, rubbish[k]);
			assert_error("is no JSON object");
			assert_non_null(strstr(fx.seen.reason, rows[i].file));
		}
	}
}

static void garbage_bytes(void **state)
{
	static const char * const files[] = {
		EVIDENCE_LAB, EVIDENCE_QMP, EVIDENCE_AGENT, EVIDENCE_CANARY,
	};
	static const char bytes[] = "\x00\xff\xfe\x80{}\n\x1b[2J\n";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		size_t len;
		char *text;

		fixture_open(&fx, "i6300esb");
		text = fixture_read(fx.dir, files[i], &len);
		text = xrealloc(text, len + sizeof(bytes) - 1);
		memmove(text + sizeof(bytes) - 1, text, len);
		memcpy(text, bytes, sizeof(bytes) - 1);
		fixture_write(fx.dir, files[i], text, len + sizeof(bytes) - 1);
		free(text);
		assert_error("is no JSON object");
	}
}

static void lines_that_are_no_evidence(void **state)
{
	(void)state;
	fixture_open(&fx, "i6300esb");
	fixture_append(&fx, EVIDENCE_QMP, "{\"event\":\"WATCHDOG\"}\n");
	assert_error("no QMP message");
	fixture_open(&fx, "i6300esb");
	fixture_append(&fx, EVIDENCE_AGENT, "{\"hpet\":1}\n");
	assert_error("without an event");
	fixture_open(&fx, "i6300esb");
	fixture_append(&fx, EVIDENCE_CANARY, "{\"event\":\"canary\",\"hpet\":null,\"cpu\":0,\"n\":1}\n");
	assert_error("without a stamp");
}

/* --- the lab's own word -------------------------------------------------------- */

static void the_lab_says_error(void **state)
{
	(void)state;
	fixture_open(&fx, "i6300esb");
	fixture_insert(&fx, EVIDENCE_LAB, "\"event\":\"end\"",
		       "{\"event\":\"error\",\"host_s\":1.0,\"why\":\"the disk is full\"}\n");
	assert_error("the disk is full");
}

static void the_lab_says_no_end(void **state)
{
	(void)state;
	fixture_open(&fx, "i6300esb");
	fixture_drop(&fx, EVIDENCE_LAB, "\"event\":\"end\"");
	assert_error("the lab did not live to the cell's end");
}

/* The reason is for people: what broke first must not hide behind what broke next */
static void the_labs_error_comes_first(void **state)
{
	(void)state;
	fixture_open(&fx, "i6300esb");
	fixture_insert(&fx, EVIDENCE_LAB, "\"event\":\"end\"",
		       "{\"event\":\"error\",\"host_s\":1.0,\"why\":\"QEMU ended by itself\"}\n");
	fixture_cut(&fx, EVIDENCE_AGENT, 0);
	fixture_append(&fx, EVIDENCE_QMP, "x\n");
	assert_error("QEMU ended by itself");
}

/* --- the guest's word ------------------------------------------------------------ */

static void the_agent_says_error(void **state)
{
	(void)state;
	fixture_open(&fx, "no-watchdog");
	fixture_insert(&fx, EVIDENCE_AGENT, "\"event\":\"done\"",
		       "{\"event\":\"error\",\"hpet\":22343968824,\"message\":\"no port\"}\n");
	assert_error("no port");
}

static void the_agent_never_booted(void **state)
{
	(void)state;
	fixture_open(&fx, "control");
	fixture_cut(&fx, EVIDENCE_AGENT, 0);
	assert_error("never said that it had booted");
	fixture_open(&fx, "control");
	fixture_drop(&fx, EVIDENCE_AGENT, "\"event\":\"boot\"");
	assert_error("outside any boot");
}

static void the_agent_is_not_done(void **state)
{
	static const char * const cells[] = { "control", "no-watchdog", "i6300esb-none" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cells); i++) {
		fixture_open(&fx, cells[i]);
		fixture_drop(&fx, EVIDENCE_AGENT, "\"event\":\"done\"");
		/* Else its power off is somebody's work */
		fixture_drop(&fx, EVIDENCE_QMP, "\"reason\":\"guest-shutdown\"");
		fixture_drop(&fx, EVIDENCE_QMP, "\"event\":\"STOP\"");
		assert_error("");
	}
}

/* A guest that thaws and says nothing more has not been seen to go on */
static void a_dud_that_does_not_go_on(void **state)
{
	(void)state;
	fixture_open(&fx, "i6300esb");
	fixture_cut_at(&fx, EVIDENCE_QMP, "\"event\":\"SHUTDOWN\"");
	fixture_append(&fx, EVIDENCE_QMP,
		       "{\"host_s\":2352.7,\"from\":\"qemu\",\"msg\":{\"return\":\"00000000fed000f0: 0x000000056dfa353c\\r\\n\",\"id\":\"hpet-watchdog\"}}\n");
	fixture_cut_at(&fx, EVIDENCE_AGENT, "\"n\":2,\"boot_id\"");
	assert_error("");
}

static void watched_too_short(void **state)
{
	(void)state;
	fixture_open(&fx, "no-watchdog");
	/* 'done' 0.1 s after the thaw instead of 6 s */
	fixture_replace(&fx, EVIDENCE_AGENT, "\"done\",\"hpet\":23744857150",
			"\"done\",\"hpet\":23152081592");
	assert_error("watched");
}

/* The control's watch counts from when the guest was up, not from power on */
static void control_watched_too_short(void **state)
{
	size_t len;
	char *text, *done;

	(void)state;
	fixture_open(&fx, "control");
	text = fixture_read(fx.dir, EVIDENCE_AGENT, &len);
	done = strstr(text, "\"event\":\"keepalive\"");
	assert_non_null(done);
	fixture_drop(&fx, EVIDENCE_AGENT, "\"event\":\"done\"");
	/* Watched to the second keepalive */
	snprintf(text, len, "{\"event\":\"done\",\"hpet\":%lld}\n",
		 strtoll(strstr(strstr(done, "\"n\":2,") - 40, "hpet\":") + 6, NULL, 10) + 1000);
	fixture_cut_at(&fx, EVIDENCE_AGENT, "\"n\":3,");
	fixture_append(&fx, EVIDENCE_AGENT, text);
	free(text);
	assert_error("watched");
}

static void boot_id_unchanged(void **state)
{
	(void)state;
	fixture_open(&fx, "i6300esb");
	fixture_replace(&fx, EVIDENCE_AGENT, "5a5e5941-3e48-42f2-bd08-48090b9564ca",
			"a10100c0-9558-46b4-9dba-ff3a76d88511");
	assert_error("boot_id did not change");
}

static void wrong_ruler(void **state)
{
	(void)state;
	fixture_open(&fx, "i6300esb");
	fixture_replace(&fx, EVIDENCE_AGENT, "\"hpet_period_fs\":10000000",
			"\"hpet_period_fs\":69841279");
	assert_error("no ruler");
}

/* --- canaries --------------------------------------------------------------------- */

static void a_cpu_whose_canary_was_silent(void **state)
{
	(void)state;
	fixture_open(&fx, "i6300esb");
	fixture_drop(&fx, EVIDENCE_CANARY, "\"cpu\":1");
	assert_error("canaries of 1 of 2 CPUs");
	fixture_open(&fx, "control");
	fixture_drop(&fx, EVIDENCE_CANARY, "\"cpu\":0");
	assert_error("canaries of 1 of 2 CPUs");
}

static void canaries_of_other_cpus_do_not_help(void **state)
{
	(void)state;
	fixture_open(&fx, "i6300esb");
	fixture_drop(&fx, EVIDENCE_CANARY, "\"cpu\":1");
	fixture_canary(&fx, fixture_freeze_ns(&fx) - NSEC_PER_MSEC, -1);
	fixture_canary(&fx, fixture_freeze_ns(&fx) - NSEC_PER_MSEC, 100000);
	assert_error("canaries of 1 of 2 CPUs");
}

static void a_canary_sang_in_the_freeze(void **state)
{
	static const char * const cells[] = { "i6300esb", "no-watchdog", "softdog" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cells); i++) {
		fixture_open(&fx, cells[i]);
		fixture_canary(&fx, fixture_freeze_ns(&fx) + 2000 * NSEC_PER_MSEC, 1);
		assert_error("it did not hold");
	}
}

/* A thaw is announced, and may come before that moment; not long before */
static void a_canary_before_the_announced_thaw(void **state)
{
	(void)state;
	fixture_open(&fx, "softdog");
	fixture_canary(&fx, fixture_freeze_ns(&fx) + 7990 * NSEC_PER_MSEC, 1);
	fixture_judge(&fx);
	assert_int_equal(fx.seen.when, VERDICT_AT_THAW);
	assert_int_equal(fx.seen.zombie_writes, 2);
	fixture_open(&fx, "softdog");
	fixture_canary(&fx, fixture_freeze_ns(&fx) + 7900 * NSEC_PER_MSEC, 1);
	assert_error("it did not hold");
}

static void a_keepalive_in_the_freeze(void **state)
{
	char line[128];

	(void)state;
	fixture_open(&fx, "i6300esb");
	snprintf(line, sizeof(line), "{\"event\":\"keepalive\",\"hpet\":%lld,\"n\":9}\n",
		 (long long)(fixture_freeze_ns(&fx) + 1000 * NSEC_PER_MSEC) / HPET_NS_PER_TICK);
	fixture_insert(&fx, EVIDENCE_AGENT, "\"n\":2,\"boot_id\"", line);
	assert_error("it did not hold");
}

/* --- console and QMP ---------------------------------------------------------------- */

static void no_freeze_line(void **state)
{
	static const char * const cells[] = {
		"no-watchdog", "i6300esb", "i6300esb-pause", "i6300esb-none", "softdog",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cells); i++) {
		fixture_open(&fx, cells[i]);
		fixture_drop(&fx, EVIDENCE_CONSOLE, "stop-machine: freeze");
		/* The agent had asked for it: gone then is not "before the fault" */
		assert_error("no trace of the fault");
	}
}

static void freeze_without_a_time(void **state)
{
	(void)state;
	fixture_open(&fx, "i6300esb");
	fixture_replace(&fx, EVIDENCE_CONSOLE, "hpet=2303", "hpet=none 2303");
	/* The agent's stamp, just before it, stands in */
	fixture_judge(&fx);
	assert_int_equal(fx.seen.when, VERDICT_IN_FAULT);
	fixture_replace(&fx, EVIDENCE_AGENT, "\"freeze\",\"hpet\":23030548796",
			"\"freeze\",\"hpet\":null");
	assert_error("no time");
}

static void unreadable_counter(void **state)
{
	static const char * const replies[] = {
		"Cannot access memory\\r\\n", "", "00000000fed000f0: \\r\\n",
		"00000000fed000f0: 0xffffffffffffffff\\r\\n", "0x000000056dfa353c",
	};
	char line[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(replies); i++) {
		fixture_open(&fx, "i6300esb");
		snprintf(line, sizeof(line), "\"return\":\"%s\"", replies[i]);
		fixture_replace(&fx, EVIDENCE_QMP,
				"\"return\":\"00000000fed000f0: 0x000000056dfa353c\\r\\n\"", line);
		assert_error("no HPET counter");
	}
}

static void counter_never_read(void **state)
{
	(void)state;
	fixture_open(&fx, "softdog");
	fixture_drop(&fx, EVIDENCE_QMP, "\"id\":\"hpet-");
	assert_error("the virtual clock was not read");
}

/* --- cut off -------------------------------------------------------------------------- */

static void a_last_line_being_written_is_fine(void **state)
{
	static const char * const partial[] = {
		"{", "{\"event\":\"lo", "{\"event\":\"error\",\"message\":\"x\"}", "\xff",
	};
	static const char * const files[] = {
		EVIDENCE_LAB, EVIDENCE_QMP, EVIDENCE_AGENT, EVIDENCE_CANARY, EVIDENCE_CONSOLE,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(partial); k++) {
			fixture_open(&fx, "softdog");
			fixture_append(&fx, files[i], partial[k]);
			fixture_judge(&fx);
			assert_int_equal(fx.seen.when, VERDICT_AT_THAW);
			assert_true(fx.met);
		}
	}
}

/*
 * However much of a file's end is missing: the verdict is an error or the one
 * that the whole gives. What lost its author is "unknown" and a surprise; a
 * guest that does not say that it armed is "unarmed". Never does another
 * watchdog get it, or another outcome pass.
 */
static bool tolerable(const struct verdict *whole, const struct verdict *part)
{
	if (part->when == VERDICT_ERROR || part->when == VERDICT_UNARMED)
		return true;
	if (!strcmp(part->by, "unknown"))
		return true;
	return part->when == whole->when && part->effect == whole->effect &&
	       !strcmp(part->by, whole->by);
}

static void cut_anywhere(const char *name, const char *file)
{
	struct verdict whole;
	size_t size;

	fixture_open(&fx, name);
	fixture_judge(&fx);
	whole = fx.seen;
	size = fixture_size(&fx, file);
	for (size_t part = 0; part < 25; part++) {
		fixture_take(&fx, name, file);
		fixture_cut(&fx, file, size * part / 25);
		fixture_judge(&fx);
		if (!tolerable(&whole, &fx.seen))
			fail_msg("%s cut at %zu of %zu bytes of %s: %s, %s by '%s': %s", name,
				 size * part / 25, size, file, verdict_when_name(fx.seen.when),
				 verdict_effect_name(fx.seen.effect), fx.seen.by, fx.seen.reason);
	}
}

static void truncated_files(void **state)
{
	static const char * const cells[] = {
		"control", "no-watchdog", "i6300esb", "i6300esb-pause", "i6300esb-none", "softdog",
	};
	static const char * const files[] = {
		EVIDENCE_LAB, EVIDENCE_QMP, EVIDENCE_AGENT, EVIDENCE_CANARY, EVIDENCE_CONSOLE,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cells); i++)
		for (size_t k = 0; k < ARRAY_SIZE(files); k++)
			cut_anywhere(cells[i], files[k]);
}

/* Who does nothing and who is not there look the same, but for his own word */
static void nobody_watches_from_outside(void **state)
{
	static const char word[] = "{\"event\":\"watching\",\"why\":\"over QMP\"}\n";

	(void)state;
	fixture_open(&fx, "no-watchdog");
	fixture_replace(&fx, EVIDENCE_CELL, "\"watchdog\": \"none\"",
			"\"watchdog\": \"pug-watch\"");
	assert_error("never said that it watches");
	fixture_write(fx.dir, EVIDENCE_WATCH, "", 0);
	assert_error("never said that it watches");
	fixture_write(fx.dir, EVIDENCE_WATCH, word, strlen(word));
	fixture_judge(&fx);
	assert_int_not_equal(fx.seen.when, VERDICT_ERROR);
}

/* --- numbers ---------------------------------------------------------------------------- */

static void a_keepalive_without_a_stamp(void **state)
{
	(void)state;
	fixture_open(&fx, "i6300esb");
	fixture_replace(&fx, EVIDENCE_AGENT, "\"keepalive\",\"hpet\":23017926627",
			"\"keepalive\",\"hpet\":null");
	/* The one before it is too early, and a sum with no time is nonsense */
	assert_error("");
}

/* Hostile numbers are unknown times, and no sum of them overflows */
static void times_beyond_all_sense(void **state)
{
	static const char * const numbers[] = {
		"562949953421312", "562949953421313", "922337203685477580", "9223372036854775807",
		"18446744073709551615", "99999999999999999999999",
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		fixture_open(&fx, "i6300esb");
		snprintf(text, sizeof(text), "hpet=%s ", numbers[i]);
		fixture_replace(&fx, EVIDENCE_CONSOLE, "hpet=2303", text);
		fixture_judge(&fx);
		fixture_open(&fx, "softdog");
		snprintf(text, sizeof(text), "hpet_due=%s ", numbers[i]);
		fixture_replace(&fx, EVIDENCE_CONSOLE, "hpet_due=", text);
		fixture_judge(&fx);
		assert_false(fx.seen.when == VERDICT_AT_THAW && fx.seen.zombie_ns > NSEC_PER_SEC);
	}
	fixture_open(&fx, "no-watchdog");
	fixture_replace(&fx, EVIDENCE_AGENT, "\"done\",\"hpet\":", "\"done\",\"hpet\":9223");
	assert_error("did not report to the plan's end");
}

#define test(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(empty_folder),
		test(missing_file),
		test(emptied_file),
		test(folder_in_a_files_place),
		test(broken_json_in_the_middle),
		test(garbage_bytes),
		test(lines_that_are_no_evidence),
		test(the_lab_says_error),
		test(the_lab_says_no_end),
		test(the_labs_error_comes_first),
		test(the_agent_says_error),
		test(the_agent_never_booted),
		test(the_agent_is_not_done),
		test(a_dud_that_does_not_go_on),
		test(watched_too_short),
		test(control_watched_too_short),
		test(boot_id_unchanged),
		test(wrong_ruler),
		test(a_cpu_whose_canary_was_silent),
		test(canaries_of_other_cpus_do_not_help),
		test(a_canary_sang_in_the_freeze),
		test(a_canary_before_the_announced_thaw),
		test(a_keepalive_in_the_freeze),
		test(no_freeze_line),
		test(freeze_without_a_time),
		test(unreadable_counter),
		test(counter_never_read),
		test(a_last_line_being_written_is_fine),
		test(truncated_files),
		test(nobody_watches_from_outside),
		test(a_keepalive_without_a_stamp),
		test(times_beyond_all_sense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
