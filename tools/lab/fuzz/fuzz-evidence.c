// SPDX-License-Identifier: GPL-2.0
/*
 * Any evidence at all: the first byte chooses a cell, and what lies between
 * lines of "--" are its lab.jsonl, qmp.jsonl, console.log, agent.jsonl,
 * canary.jsonl and trace.log. There is always a verdict, always the same one, and none that
 * claims more than it can.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "evidence.h"
#include "expect.h"
#include "verdict.h"

/* What libFuzzer calls has a name that is not ours to choose. */
int fuzz_one(const uint8_t *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

#define SEPARATOR "\n--\n"

static void (*const parsers[])(struct timeline *tl, FILE *in) = {
	evidence_lab, evidence_qmp, evidence_console, evidence_agent, evidence_canary,
	evidence_trace,
};

#define N_PARSERS ARRAY_SIZE(parsers)

static struct cell choose_cell(uint8_t byte)
{
	static const char * const dogs[] = {
		"none", "i6300esb", "i6300esb-none", "softdog",
		"softdog-noboot", "itco-noreboot", "i6300esb-closed", "hangcheck-timer",
	};
	struct cell cell = { .fault = &faults[byte & 1] };

	/* Bit 4 adds four dogs, so that seeds are letters */
	cell.watchdog = watchdog_find(dogs[(byte >> 1 & 3) | (byte >> 2 & 4)]);
	cell.clock = &clocksources[0];
	cell.machine = &machines[0];
	cell.action = cell.watchdog->action;
	cell.msecs = 8000;
	cell.timeout_ms = 3000;
	cell.interval_ms = 500;
	cell.periods = 6;
	cell.settle_ms = 5000;
	cell.cpus = 1 + (byte >> 3 & 1);
	strcpy(cell.kernel, "fuzz");
	cell_name(&cell);
	return cell;
}

static void parse(struct timeline *tl, size_t parser, const char *bytes, size_t len)
{
	FILE *in = len ? fmemopen((void *)bytes, len, "r") : fopen("/dev/null", "re");

	if (!in)
		abort();
	parsers[parser](tl, in);
	fclose(in);
}

static void parse_all(struct timeline *tl, const char *bytes, size_t len)
{
	for (size_t i = 0; i < N_PARSERS; i++) {
		const char *end = memmem(bytes, len, SEPARATOR, strlen(SEPARATOR));
		size_t section = end && i + 1 < N_PARSERS ? (size_t)(end - bytes) + 1 : len;
		size_t skipped = section == len ? len : section + strlen(SEPARATOR) - 1;

		parse(tl, i, bytes, section);
		bytes += skipped;
		len -= skipped;
	}
	timeline_sort(tl);
}

static void check(const struct verdict *v, const struct cell *cell, const struct timeline *tl)
{
	struct expectation e;
	bool met;

	if (v->when >= VERDICT_NR || v->effect >= EFFECT_NR || v->protected >= PROTECTED_NR)
		abort();
	if (v->protected == PROTECTED_YES &&
	    (v->when != VERDICT_IN_FAULT || v->effect == EFFECT_NONE || !*v->by))
		abort();
	if (v->protected == PROTECTED_BY_LUCK && v->zombie_writes)
		abort();
	if (expect(&e, cell))
		abort();
	met = expect_met(&e, v);
	if (met && (v->when == VERDICT_ERROR || tl->broken[0]))
		abort();
	if (v->when == VERDICT_ERROR && !*v->reason)
		abort();
}

static void print(const struct verdict *v, const struct timeline *tl)
{
	FILE *out = fopen("/dev/null", "we");
	json_t *json = verdict_to_json(v);

	if (!out || !json || timeline_write(tl, out))
		abort();
	json_decref(json);
	fclose(out);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct timeline tl = { 0 };
	struct verdict v, again;
	struct cell cell;

	if (!size)
		return 0;
	cell = choose_cell(data[0]);
	parse_all(&tl, (const char *)data + 1, size - 1);
	verdict(&v, &cell, &tl);
	check(&v, &cell, &tl);
	print(&v, &tl);
	verdict(&again, &cell, &tl);
	if (memcmp(&v, &again, sizeof(v)))
		abort();
	timeline_free(&tl);
	return 0;
}
