// SPDX-License-Identifier: GPL-2.0
/*
 * A drill's evidence, whatever it is: the first byte chooses the drill, and what
 * lies between lines of "--" are lab.jsonl, and console, qmp, agent, log and rest
 * of alt01, the log of alt02, the leader key, the hypervisor, pug watch and the console
 * of alt02. There is always a verdict, always the same, and none without a fault that was
 * seen.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "drill-expect.h"

int fuzz_one(const uint8_t *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

#define SETTLED \
	"{\"verdict\":\"all-there\",\"acked_rows\":1,\"leader\":\"alt02\",\"lost\":[],\"phantom\":[]," \
	"\"twice\":[],\"differs\":[],\"nodes\":[{\"known\":true},{\"known\":true}]}"
#define SEPARATOR "\n--\n"
/* Of the first three; another is a fence's */
#define NO_SUCH_DOG 3

static const struct {
	void (*fn)(struct drill_timeline *tl, int node, FILE *in);
	int node;
} parsers[] = {
	{ drill_lab, MOMENT_LAB }, { drill_console, 0 }, { drill_qmp, 0 }, { drill_agent, 0 },
	{ drill_log, 0 }, { drill_rest, 0 }, { drill_view, 0 }, { drill_log, 1 },
	{ drill_key, 3 }, { drill_hypervisor, MOMENT_LAB }, { drill_watch, 0 },
	{ drill_console, 1 },
};

static struct drill choose(uint8_t byte)
{
	struct drill drill;

	drill_default(&drill);
	if ((byte & 0x8f) == 0x8f) {
		drill.fault = DRILL_NEW_LEADER;
		drill.dog = byte & 0x10 ? DRILL_I6300ESB : DRILL_NO_DOG;
		drill.mode = drill.dog ? DRILL_REQUIRED : DRILL_OFF;
		return drill;
	}
	if (byte & 0x80) {
		drill.fault = HANG_FIRST + (byte & 15) % (DRILL_FAULTS - HANG_FIRST);
		drill.keeper = (byte >> 4 & 7) % DRILL_KEEPERS;
		drill.alone = drill.keeper == KEEPER_PATCH;
		drill.dog = DRILL_I6300ESB;
		drill.mode = DRILL_REQUIRED;
		drill.freeze_ms = 75000;
		return drill;
	}
	drill.fault = byte & 3;
	drill.dog = (byte >> 2 & 3) % NO_SUCH_DOG;
	drill.sync = (byte >> 4 & 3) % DRILL_SYNCS;
	drill.mode = drill.dog ? DRILL_REQUIRED : DRILL_OFF;
	drill.cpus = 1 + (byte >> 6 & 1);
	if ((byte >> 2 & 3) != NO_SUCH_DOG)
		return drill;
	/* No such dog: with a fence, then */
	drill.fault = (byte & 3) + (byte & 0x40 ? DRILL_PARTITION : 0);
	drill.fence = (byte >> 4 & 3) % DRILL_FENCES;
	drill.sync = DRILL_ASYNC;
	drill.cpus = 1;
	return drill;
}

static void parse(struct drill_timeline *tl, size_t i, const char *bytes, size_t len)
{
	FILE *in = len ? fmemopen((void *)bytes, len, "r") : fopen("/dev/null", "re");

	if (!in)
		abort();
	parsers[i].fn(tl, parsers[i].node, in);
	fclose(in);
}

static void parse_all(struct drill_timeline *tl, const char *bytes, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(parsers); i++) {
		const char *end = memmem(bytes, len, SEPARATOR, strlen(SEPARATOR));
		bool more = end && i + 1 < ARRAY_SIZE(parsers);
		size_t section = more ? (size_t)(end - bytes) + 1 : len;
		size_t skipped = section == len ? len : section + strlen(SEPARATOR) - 1;

		parse(tl, i, bytes, section);
		bytes += skipped;
		len -= skipped;
	}
	/* The rows are settle's, which has a target of its own for journals */
	drill_add(tl, MOMENT_ACK, 0, 1, 1, "a row");
	tl->settled = json_loads(SETTLED, 0, NULL);
	tl->has_hypervisor = true;
	drill_sort(tl);
}

static void check(const struct drill_verdict *v, const struct drill *drill,
		  const struct drill_timeline *tl)
{
	struct drill_expectation e;

	if (v->kind >= DRILL_KINDS)
		abort();
	if (v->kind == DRILL_ERROR && !*v->reason)
		abort();
	if (v->kind != DRILL_ERROR &&
	    (tl->broken[0] || !drill_find(tl, MOMENT_FAULT, MOMENT_LAB, 0)))
		abort();
	if (v->kind == DRILL_SPLIT_BRAIN && v->two_leaders_ms <= 0)
		abort();
	if (v->healthy_stopped < 0 || v->healthy_stopped > DRILL_DATABASES ||
	    (v->healthy_stopped && !*v->stopped) || !v->right != !*v->at_promotion)
		abort();
	/* Some hangs make no sense without a keeper, and sbd is not thought through with a stop */
	if (drill_expect(&e, drill)) {
		if (drill->fault < HANG_FIRST && drill->fence != DRILL_FENCE_SBD)
			abort();
		return;
	}
	if (drill_met(&e, v) && v->kind == DRILL_ERROR)
		abort();
}

static void print(const struct drill_verdict *v, const struct drill_timeline *tl)
{
	FILE *out = fopen("/dev/null", "we");
	json_t *json = drill_verdict_to_json(v);

	if (!out || !json || drill_timeline_write(tl, out))
		abort();
	drill_timeline_print(tl, false, out);
	json_decref(json);
	fclose(out);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct drill_timeline tl = { 0 };
	struct drill_verdict v, again;
	struct drill drill;

	if (!size)
		return 0;
	drill = choose(data[0]);
	parse_all(&tl, (const char *)data + 1, size - 1);
	drill_judge(&v, &drill, &tl);
	check(&v, &drill, &tl);
	print(&v, &tl);
	drill_judge(&again, &drill, &tl);
	if (memcmp(&v, &again, sizeof(v)))
		abort();
	drill_timeline_free(&tl);
	return 0;
}
