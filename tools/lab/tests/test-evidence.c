// SPDX-License-Identifier: GPL-2.0
/* The parsers of raw evidence, on what a guest or a broken disk may hand them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compiler.h"
#include "evidence.h"
#include "util.h"

static struct timeline tl;

static int setup(void **state)
{
	(void)state;
	memset(&tl, 0, sizeof(tl));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	timeline_free(&tl);
	return 0;
}

typedef void (*parser)(struct timeline *tl, FILE *in);

static void parse_bytes(parser parse, const char *bytes, size_t len)
{
	FILE *in = len ? fmemopen((void *)bytes, len, "r") : fopen("/dev/null", "r");

	assert_non_null(in);
	timeline_free(&tl);
	parse(&tl, in);
	fclose(in);
	timeline_sort(&tl);
}

static void parse_text(parser parse, const char *text)
{
	parse_bytes(parse, text, strlen(text));
}

static size_t count(enum event_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < tl.n; i++)
		n += tl.events[i].kind == kind;
	return n;
}

/* --- console ---------------------------------------------------------------- */

static void console_signatures(void **state)
{
	const struct event *event;

	(void)state;
	parse_text(evidence_console,
		   "[    0.000000] Linux version 6.1.0\r\n"
		   "[  245.439149] stop-machine: freeze asked_ms=8000 cpus=2 touch=0 clocksource=tsc hpet=22962688952\r\n"
		   "[  253.421810] stop-machine: thaw asked_ms=8000 hpet_entry=22962930219 hpet_due=23762929459\r\n"
		   "[  253.443531] softdog: Initiating system reboot\r\n"
		   "[  253.443531] softdog: Triggered - Reboot ignored\r\n"
		   "[  253.443531] Kernel panic - not syncing: softdog\r\n");
	event = timeline_first(&tl, EVENT_FREEZE, 1);
	assert_non_null(event);
	assert_int_equal(event->t_ns, 229626889520LL);
	event = timeline_first(&tl, EVENT_THAW, 1);
	assert_non_null(event);
	assert_int_equal(event->t_ns, 237629294590LL);
	assert_int_equal(json_integer_value(json_object_get(event->data, "entry_ns")),
			 229629302190LL);
	assert_int_equal(count(EVENT_DOG_FIRES), 1);
	assert_int_equal(count(EVENT_DOG_FIRES_DRY), 1);
	assert_int_equal(count(EVENT_PANIC_LINE), 1);
	/* By printk's stamps 8.004382 s behind the freeze's line, whose time is known */
	event = timeline_first(&tl, EVENT_DOG_FIRES, 0);
	assert_true(event->estimated);
	assert_true(llabs(event->t_ns - (229626889520LL + 8004382000LL)) < 1000);
	assert_string_equal(json_string_value(json_object_get(event->data, "by")), "softdog");
	assert_string_equal(tl.broken, "");
}

/* Only behind printk's own stamp, at the start of a line, does the kernel speak */
static void console_is_not_fooled(void **state)
{
	static const char * const lines[] = {
		"softdog: Initiating system reboot\n",
		" [   12.345678] softdog: Initiating system reboot\n",
		"x[   12.345678] softdog: Initiating system reboot\n",
		"[   12.345678]softdog: Initiating system reboot\n",
		"[   12.345678]  softdog: Initiating system reboot\n",
		"[   12.345678] init: softdog: Initiating system reboot\n",
		"[   12.345678] [   12.345678] softdog: Initiating system reboot\n",
		"[   twelve   ] softdog: Initiating system reboot\n",
		"[   12.345678] Softdog: initiating system reboot\n",
		"[   12.345678] softdog: Initiating system reboo\n",
		"[   12.345678",
		"[   12.345678]",
		"[   12.345678] ",
		"[",
		"\n\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		parse_text(evidence_console, lines[i]);
		if (tl.n)
			fail_msg("taken for a signature: %s", lines[i]);
	}
}

static void console_counts_boots(void **state)
{
	(void)state;
	parse_text(evidence_console,
		   "[    0.000000] Linux version 6.1.0\r\n"
		   "[    1.000000] softdog: Initiating system reboot\r\n"
		   "[    0.000000] Linux version 6.1.0\r\n"
		   "[    1.000000] Kernel panic - not syncing: x\r\n");
	assert_int_equal(timeline_first(&tl, EVENT_DOG_FIRES, 0)->boot, 1);
	assert_int_equal(timeline_first(&tl, EVENT_PANIC_LINE, 0)->boot, 2);
	/* A console whose beginning is lost is that of the first boot */
	parse_text(evidence_console, "[    1.000000] softdog: Initiating system reboot\n");
	assert_int_equal(tl.events[0].boot, 1);
}

static void console_without_a_ruler(void **state)
{
	static const char * const lines[] = {
		"[    1.000000] stop-machine: freeze asked_ms=1 hpet=none\n",
		"[    1.000000] stop-machine: freeze asked_ms=1\n",
		"[    1.000000] stop-machine: freeze hpet=\n",
		"[    1.000000] stop-machine: freeze hpet=-5\n",
		"[    1.000000] stop-machine: freeze hpet= 5\n",
		"[    1.000000] stop-machine: freeze hpet=18446744073709551615\n",
		"[    1.000000] stop-machine: freeze hpet=18446744073709551616\n",
		"[    1.000000] stop-machine: freeze hpet=99999999999999999999999999999999\n",
		"[    1.000000] stop-machine: freeze hpet=922337203685477580\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		parse_text(evidence_console, lines[i]);
		assert_int_equal(count(EVENT_FREEZE), 1);
		assert_int_equal(tl.events[0].t_ns, TIME_UNKNOWN);
	}
	parse_text(evidence_console,
		   "[    1.000000] stop-machine: thaw hpet_entry=none hpet_due=none\n");
	assert_int_equal(tl.events[0].t_ns, TIME_UNKNOWN);
	assert_null(json_object_get(tl.events[0].data, "entry_ns"));
}

/* The guest's own stamps date what has no other time, from the freeze's line on */
static void console_stamps(void **state)
{
	static const struct {
		const char *stamp;
		int64_t t_ns;
	} rows[] = {
		{ "12.500000", 4000000000LL }, { "   11.0", 2500000000LL },
		{ "9.5", 1000000000LL }, { "9.499999", TIME_UNKNOWN },
		{ "9223372036.854775807", TIME_UNKNOWN },
		{ "1844674407370955161600", TIME_UNKNOWN },
		{ "1.2.3", TIME_UNKNOWN }, { " ", TIME_UNKNOWN }, { ".", TIME_UNKNOWN },
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(text, sizeof(text),
			 "[    9.500000] stop-machine: freeze asked_ms=1 hpet=100000000\n"
			 "[%s] softdog: Initiating system reboot\n", rows[i].stamp);
		parse_text(evidence_console, text);
		assert_int_equal(count(EVENT_DOG_FIRES), 1);
		if (timeline_first(&tl, EVENT_DOG_FIRES, 1)->t_ns != rows[i].t_ns)
			fail_msg("[%s] is %lld", rows[i].stamp,
				 (long long)timeline_first(&tl, EVENT_DOG_FIRES, 1)->t_ns);
	}
}

/* What stands below the thaw's line came after it, whatever printk's clock says */
static void console_stamps_that_lag(void **state)
{
	static const struct {
		const char *stamp;
		int64_t t_ns;
	} rows[] = {
		{ "69.499000", 61000000000LL }, { "69.500000", 61000000000LL },
		{ "69.510000", 61010000000LL },
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(text, sizeof(text),
			 "[    9.500000] stop-machine: freeze asked_ms=1 hpet=100000000\n"
			 "[   69.490000] stop-machine: thaw hpet_entry=100000000 hpet_due=6100000000\n"
			 "[%s] softdog: Triggered - Reboot ignored\n", rows[i].stamp);
		parse_text(evidence_console, text);
		assert_int_equal(count(EVENT_DOG_FIRES_DRY), 1);
		assert_int_equal(timeline_first(&tl, EVENT_DOG_FIRES_DRY, 1)->t_ns, rows[i].t_ns);
	}
}

static void console_with_any_bytes(void **state)
{
	char bytes[4096];
	unsigned int seed = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		seed = seed * 1103515245 + 12345;
		bytes[i] = seed >> 16;
	}
	parse_bytes(evidence_console, bytes, sizeof(bytes));
	assert_string_equal(tl.broken, "");
	/* A signature whose tail is no UTF-8 is one all the same */
	parse_text(evidence_console, "[    1.0] softdog: Initiating system reboot\xff\xc3\x28\n");
	assert_int_equal(count(EVENT_DOG_FIRES), 1);
	/* A zero byte ends what is read of its line, not the console */
	parse_bytes(evidence_console, "a\0b\n[    1.0] softdog: Initiating system reboot\n", 48);
	assert_int_equal(count(EVENT_DOG_FIRES), 1);
}

static void console_with_endless_lines(void **state)
{
	const size_t len = 3 << 20;
	char *bytes = xcalloc(1, len);

	(void)state;
	memset(bytes, '[', len);
	parse_bytes(evidence_console, bytes, len);
	assert_int_equal(tl.n, 0);
	memset(bytes + 1, '1', len - 1);
	parse_bytes(evidence_console, bytes, len);
	assert_int_equal(tl.n, 0);
	memset(bytes, 'x', len);
	memcpy(bytes, "[    1.0] Kernel panic - not syncing: ", 38);
	parse_bytes(evidence_console, bytes, len);
	assert_int_equal(count(EVENT_PANIC_LINE), 1);
	free(bytes);
}

/* --- agent, canary, lab ------------------------------------------------------ */

#define BOOT1 "{\"event\":\"boot\",\"hpet\":100,\"hpet_period_fs\":10000000,\"n\":1,\"boot_id\":\"a\"}\n"

static void agent_lines(void **state)
{
	(void)state;
	parse_text(evidence_agent,
		   BOOT1 "{\"event\":\"armed\",\"hpet\":200}\n"
		   "{\"event\":\"never heard of\",\"hpet\":300}\n"
		   "{\"event\":\"boot\",\"hpet\":50,\"n\":2,\"boot_id\":\"b\"}\n"
		   "{\"event\":\"done\",\"hpet\":60}\n");
	assert_string_equal(tl.broken, "");
	assert_int_equal(timeline_first(&tl, EVENT_BOOT, 1)->t_ns, 1000);
	assert_int_equal(timeline_first(&tl, EVENT_ARMED, 1)->t_ns, 2000);
	assert_int_equal(count(EVENT_OTHER), 1);
	assert_int_equal(timeline_first(&tl, EVENT_DONE, 2)->t_ns, 600);
	assert_null(timeline_first(&tl, EVENT_DONE, 1));
}

static void agent_stamps(void **state)
{
	static const char * const stamps[] = {
		"null", "-1", "1.5", "\"12\"", "[]", "922337203685477580", "9223372036854775807",
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(stamps); i++) {
		snprintf(text, sizeof(text), BOOT1 "{\"event\":\"keepalive\",\"hpet\":%s}\n",
			 stamps[i]);
		parse_text(evidence_agent, text);
		assert_int_equal(timeline_first(&tl, EVENT_KEEPALIVE, 1)->t_ns, TIME_UNKNOWN);
	}
	parse_text(evidence_agent, BOOT1 "{\"event\":\"keepalive\"}\n");
	assert_int_equal(timeline_first(&tl, EVENT_KEEPALIVE, 1)->t_ns, TIME_UNKNOWN);
	/* Beyond what JSON's integers hold: no JSON, hence broken */
	parse_text(evidence_agent, BOOT1 "{\"event\":\"keepalive\",\"hpet\":99999999999999999999}\n");
	assert_string_not_equal(tl.broken, "");
}

static void agent_boots_out_of_range(void **state)
{
	static const char * const numbers[] = { "0", "-1", "1001", "9223372036854775807", "null" };
	char text[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		snprintf(text, sizeof(text), "{\"event\":\"boot\",\"hpet\":1,\"n\":%s}\n",
			 numbers[i]);
		parse_text(evidence_agent, text);
		assert_non_null(strstr(tl.broken, "outside any boot"));
	}
}

static void agent_escapes_what_it_quotes(void **state)
{
	(void)state;
	parse_text(evidence_agent,
		   BOOT1 "{\"event\":\"error\",\"hpet\":1,\"message\":\"\\u001b[2J\\n\"}\n");
	assert_null(strchr(timeline_first(&tl, EVENT_AGENT_ERROR, 1)->text, 0x1b));
	assert_null(strchr(timeline_first(&tl, EVENT_AGENT_ERROR, 1)->text, '\n'));
}

static void canary_lines(void **state)
{
	(void)state;
	parse_text(evidence_canary, "{\"event\":\"canary\",\"hpet\":5,\"cpu\":1,\"n\":1}\n"
				    "{\"hpet\":6}\n");
	assert_int_equal(count(EVENT_CANARY), 2);
	assert_int_equal(tl.events[0].t_ns, 50);
	assert_string_equal(tl.broken, "");
	parse_text(evidence_canary, "{\"event\":\"canary\",\"cpu\":1,\"n\":1}\n");
	assert_non_null(strstr(tl.broken, "without a stamp"));
}

static void lab_lines(void **state)
{
	(void)state;
	parse_text(evidence_lab, "{\"event\":\"start\"}\n{\"event\":\"error\",\"why\":\"x\"}\n"
				 "{\"event\":\"end\"}\n");
	assert_int_equal(count(EVENT_LAB_START), 1);
	assert_int_equal(count(EVENT_LAB_ERROR), 1);
	assert_int_equal(count(EVENT_LAB_END), 1);
	assert_int_equal(tl.events[0].boot, 0);
}

static void json_that_is_none(void **state)
{
	static const parser parsers[] = {
		evidence_agent, evidence_canary, evidence_lab, evidence_qmp,
	};
	static const char * const bad[] = {
		"x\n", "{}}\n", "1\n", "\"a\"\n", "[]\n", "\n", "{\"a\":\n", "{\"a\":1,\"a\":2}\n",
		"\xff\n", "{\"event\":\"\xff\"}\n", "{\"a\":\"\\u0000\"}\n", "{'a':1}\n", "NaN\n",
	};

	(void)state;
	for (size_t p = 0; p < ARRAY_SIZE(parsers); p++) {
		for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
			parse_text(parsers[p], bad[i]);
			if (!tl.broken[0])
				fail_msg("parser %zu took %s", p, bad[i]);
		}
		/* What is cut off, or empty, is not broken: it was being written */
		parse_text(parsers[p], "");
		assert_string_equal(tl.broken, "");
		parse_text(parsers[p], "{\"event\":\"sta");
		assert_string_equal(tl.broken, "");
		assert_int_equal(tl.n, 0);
	}
}

static void deep_json(void **state)
{
	const size_t depth = 1 << 20;
	char *bytes = xcalloc(1, depth + 1);

	(void)state;
	memset(bytes, '[', depth);
	bytes[depth] = '\n';
	parse_bytes(evidence_agent, bytes, depth + 1);
	assert_string_not_equal(tl.broken, "");
	free(bytes);
}

/* --- QMP ------------------------------------------------------------------------ */

#define FROM_QEMU(msg) "{\"host_s\":1.5,\"from\":\"qemu\",\"msg\":" msg "}\n"
#define FROM_LAB(msg) "{\"host_s\":1.5,\"from\":\"lab\",\"msg\":" msg "}\n"
#define EVENT(name, data) FROM_QEMU("{\"event\":\"" name "\",\"data\":{" data "}}")
#define ASK_HPET FROM_LAB("{\"execute\":\"human-monitor-command\",\"id\":\"hpet-stop\"}")
#define HPET_IS(hex)								\
	FROM_QEMU("{\"return\":\"00000000fed000f0: 0x" hex "\\r\\n\",\"id\":\"hpet-stop\"}")

static void qmp_exact_and_bound(void **state)
{
	(void)state;
	parse_text(evidence_qmp,
		   EVENT("WATCHDOG", "\"action\":\"reset\"") EVENT("STOP", "")
		   ASK_HPET HPET_IS("10"));
	assert_int_equal(timeline_first(&tl, EVENT_WATCHDOG, 1)->t_ns, 160);
	assert_false(timeline_first(&tl, EVENT_WATCHDOG, 1)->upper_bound);

	/* It ran on while its clock was read */
	parse_text(evidence_qmp,
		   EVENT("WATCHDOG", "\"action\":\"none\"") ASK_HPET HPET_IS("10"));
	assert_true(timeline_first(&tl, EVENT_WATCHDOG, 1)->upper_bound);

	/* What came after the question is not dated by its answer */
	parse_text(evidence_qmp,
		   ASK_HPET EVENT("WATCHDOG", "\"action\":\"none\"") HPET_IS("10"));
	assert_int_equal(timeline_first(&tl, EVENT_WATCHDOG, 1)->t_ns, TIME_UNKNOWN);
}

/* The exact reading behind a bound does not move it, nor the other way round */
static void qmp_the_first_reading_dates(void **state)
{
	(void)state;
	parse_text(evidence_qmp,
		   EVENT("WATCHDOG", "\"action\":\"none\"") ASK_HPET HPET_IS("10")
		   EVENT("STOP", "") ASK_HPET HPET_IS("20"));
	assert_int_equal(timeline_first(&tl, EVENT_WATCHDOG, 1)->t_ns, 160);
	assert_int_equal(timeline_first(&tl, EVENT_PAUSED, 1)->t_ns, 320);
}

static void qmp_kinds(void **state)
{
	static const struct {
		const char *line;
		enum event_kind kind;
	} rows[] = {
		{ EVENT("SHUTDOWN", "\"reason\":\"guest-reset\""), EVENT_RESET_REQUEST },
		{ EVENT("SHUTDOWN", "\"reason\":\"guest-shutdown\""), EVENT_POWEROFF },
		{ EVENT("SHUTDOWN", "\"reason\":\"guest-panic\""), EVENT_PANICKED },
		{ EVENT("SHUTDOWN", "\"reason\":\"host-qmp-quit\""), EVENT_OTHER },
		{ EVENT("SHUTDOWN", "\"reason\":\"host-signal\""), EVENT_OTHER },
		{ EVENT("SHUTDOWN", ""), EVENT_OTHER },
		{ EVENT("RESET", "\"reason\":\"guest-reset\""), EVENT_RESET_REQUEST },
		{ EVENT("RESET", "\"reason\":\"host-qmp-system-reset\""), EVENT_RESET_DONE },
		{ EVENT("GUEST_PANICKED", "\"action\":\"pause\""), EVENT_PANICKED },
		{ EVENT("STOP", ""), EVENT_PAUSED },
		{ EVENT("RESUME", ""), EVENT_OTHER },
		{ EVENT("NEVER_HEARD_OF", ""), EVENT_OTHER },
		{ FROM_QEMU("{\"event\":\"STOP\"}"), EVENT_PAUSED },
		{ FROM_QEMU("{\"event\":\"WATCHDOG\",\"data\":7}"), EVENT_WATCHDOG },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		parse_text(evidence_qmp, rows[i].line);
		assert_int_equal(tl.n, 1);
		assert_string_equal(event_kind_name(tl.events[0].kind),
				    event_kind_name(rows[i].kind));
	}
}

static void qmp_stops_that_are_somebodys_doing(void **state)
{
	(void)state;
	parse_text(evidence_qmp, EVENT("SHUTDOWN", "\"reason\":\"guest-reset\"") EVENT("STOP", ""));
	assert_int_equal(count(EVENT_PAUSED), 0);
	parse_text(evidence_qmp, EVENT("GUEST_PANICKED", "") EVENT("STOP", ""));
	assert_int_equal(count(EVENT_PAUSED), 0);
	parse_text(evidence_qmp, FROM_LAB("{\"execute\":\"stop\"}") EVENT("STOP", "")
				 EVENT("RESUME", "") EVENT("STOP", ""));
	assert_int_equal(count(EVENT_PAUSED), 1);
}

static void qmp_resets_count_boots(void **state)
{
	(void)state;
	parse_text(evidence_qmp,
		   EVENT("SHUTDOWN", "\"reason\":\"guest-reset\"") EVENT("STOP", "")
		   ASK_HPET HPET_IS("10")
		   EVENT("RESET", "\"reason\":\"host-qmp-system-reset\"")
		   EVENT("WATCHDOG", "\"action\":\"reset\"") ASK_HPET HPET_IS("05"));
	assert_null(timeline_first(&tl, EVENT_WATCHDOG, 1));
	assert_int_equal(timeline_first(&tl, EVENT_WATCHDOG, 2)->t_ns, 50);
	assert_int_equal(timeline_first(&tl, EVENT_RESET_REQUEST, 1)->t_ns, 160);
}

static void qmp_that_is_none(void **state)
{
	static const char * const bad[] = {
		"{\"event\":\"WATCHDOG\"}\n", "{\"from\":\"qemu\"}\n",
		"{\"from\":1,\"msg\":{}}\n", "{\"from\":\"qemu\",\"msg\":[]}\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		parse_text(evidence_qmp, bad[i]);
		assert_non_null(strstr(tl.broken, "no QMP message"));
	}
	/* Odd, but harmless */
	parse_text(evidence_qmp, FROM_LAB("{\"execute\":7,\"id\":{}}") FROM_QEMU("{\"event\":7}")
				 FROM_QEMU("{\"return\":{}}") FROM_QEMU("{}"));
	assert_string_equal(tl.broken, "");
	assert_int_equal(tl.n, 0);
	/* An answer that nobody asked for dates nothing */
	parse_text(evidence_qmp, EVENT("STOP", "") HPET_IS("10"));
	assert_int_equal(tl.events[0].t_ns, TIME_UNKNOWN);
}

static void hpet_replies(void **state)
{
	static const char * const bad[] = {
		"", ":", ": ", ": 0x", ": 0xg", "0x10", "10", ": 10", "Cannot access memory\r\n",
		": 0x1ffffffffffffffff", ": 0xffffffffffffffff", ": 0xcccccccccccccccd",
	};

	(void)state;
	assert_int_equal(evidence_hpet_reply("00000000fed000f0: 0x0000000012345678\r\n"),
			 0x12345678LL * 10);
	assert_int_equal(evidence_hpet_reply("fed000f0: 0x0\n"), 0);
	assert_int_equal(evidence_hpet_reply(NULL), TIME_UNKNOWN);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (evidence_hpet_reply(bad[i]) != TIME_UNKNOWN)
			fail_msg("taken for a counter: %s", bad[i]);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(console_signatures),
		test(console_is_not_fooled),
		test(console_counts_boots),
		test(console_without_a_ruler),
		test(console_stamps),
		test(console_stamps_that_lag),
		test(console_with_any_bytes),
		test(console_with_endless_lines),
		test(agent_lines),
		test(agent_stamps),
		test(agent_boots_out_of_range),
		test(agent_escapes_what_it_quotes),
		test(canary_lines),
		test(lab_lines),
		test(json_that_is_none),
		test(deep_json),
		test(qmp_exact_and_bound),
		test(qmp_the_first_reading_dates),
		test(qmp_kinds),
		test(qmp_stops_that_are_somebodys_doing),
		test(qmp_resets_count_boots),
		test(qmp_that_is_none),
		test(hpet_replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
