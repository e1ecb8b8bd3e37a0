// SPDX-License-Identifier: GPL-2.0
/*
 * What is kept of a drill on somebody's cluster, whatever it is: inventory.json, and behind a
 * line of "--" seen.json. What is taken has a leader that is a member, and a verdict.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inventory-explain.h"

int fuzz_one(const uint8_t *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

#define SEPARATOR "\n--\n"
#define SETTLED \
	"{\"verdict\":\"all-there\",\"acked_rows\":1,\"leader\":\"b\",\"lost\":[],\"phantom\":[]," \
	"\"twice\":[],\"differs\":[],\"foreign\":[]}"

static void judge(const struct kept_drill *k)
{
	struct drill_timeline tl = { 0 };
	struct inventory_verdict v;
	json_t *json, *seen;
	int status;

	if (k->facts.leader < 0 || (size_t)k->facts.leader >= k->inv.n ||
	    k->drill.leader >= (int)k->inv.n || k->inv.n > INVENTORY_MEMBERS_MAX)
		abort();
	drill_add(&tl, MOMENT_ACK, DRILL_NODES, 1, 1, "a row");
	tl.settled = json_loads(SETTLED, 0, NULL);
	inventory_judge(&v, &k->drill, &tl);
	status = inventory_status(&v, &k->drill);
	json = inventory_result(&v, &k->drill);
	seen = inventory_seen(&k->drill);
	if (!json || !seen || v.kind >= DRILL_KINDS || status < 0 || status > 2 ||
	    (v.kind == DRILL_ERROR && !status))
		abort();
	json_decref(json);
	json_decref(seen);
	drill_timeline_free(&tl);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *cut = memmem(text, size, SEPARATOR, strlen(SEPARATOR));
	size_t first = cut ? (size_t)(cut - text) : size;
	size_t skip = cut ? first + strlen(SEPARATOR) : size;
	json_t *inventory = json_loadb(text, first, 0, NULL);
	json_t *seen = json_loadb(text + skip, size - skip, 0, NULL);
	struct kept_drill *k = calloc(1, sizeof(*k));

	if (!k)
		abort();
	if (!inventory_from_kept(k, inventory, seen))
		judge(k);
	free(k);
	json_decref(inventory);
	json_decref(seen);
	return 0;
}
