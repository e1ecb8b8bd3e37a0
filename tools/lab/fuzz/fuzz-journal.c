// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as a journal, in pieces whose length the input chooses too: read
 * the same in one piece as in many, numbers ascend, and what was read can be
 * settled and reported.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "settle.h"

/* What libFuzzer calls has a name that is not ours to choose. */
int fuzz_one(const uint8_t *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

static void parse(struct journal *j, const char *bytes, size_t size, size_t piece)
{
	journal_init(j);
	for (size_t at = 0; at < size; at += piece)
		journal_feed(j, bytes + at, size - at < piece ? size - at : piece);
	journal_end(j);
}

static void check(const struct journal *j)
{
	if (j->torn + j->damaged > j->lines + 1)
		abort();
	for (size_t i = 0; i < j->n; i++) {
		if (!j->keys[i].id || (i && j->keys[i - 1].id >= j->keys[i].id))
			abort();
		if (j->keys[i].server >= j->servers_n || !j->keys[i].tries)
			abort();
	}
}

static void settle(struct journal *j)
{
	struct settle_node *node;
	struct settle s;
	json_t *json;
	FILE *null;

	settle_init(&s);
	settle_take_journal(&s, j);
	node = settle_add_node(&s, "a");
	node->known = true;
	for (size_t i = 0; i < s.journals[0].n; i += 2)
		settle_add_row(node, 0, s.journals[0].keys[i].id, 1);
	s.leader = 0;
	settle_judge(&s);
	if (s.acked != s.present + s.counts[SETTLE_LOST])
		abort();
	if (s.verdict == SETTLE_ALL_THERE && s.journals[0].damaged)
		abort();
	json = settle_json(&s);
	if (!json)
		abort();
	json_decref(json);
	null = fopen("/dev/null", "we");
	settle_print(&s, null);
	fclose(null);
	settle_free(&s);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct journal whole, pieces;

	if (size < 2)
		return 0;
	parse(&whole, (const char *)data + 1, size - 1, size - 1);
	parse(&pieces, (const char *)data + 1, size - 1, data[0] + 1u);
	check(&whole);
	if (whole.n != pieces.n || whole.lines != pieces.lines || whole.torn != pieces.torn ||
	    whole.damaged != pieces.damaged || strcmp(whole.damage, pieces.damage))
		abort();
	journal_free(&pieces);
	settle(&whole);
	return 0;
}
