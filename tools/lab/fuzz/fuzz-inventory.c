// SPDX-License-Identifier: GPL-2.0
/*
 * An inventory of any bytes: understood or refused with one line, never more. And as
 * JSON, what a Patroni or pug-node might answer: facts, whatever it is, and none of
 * them makes a cluster fit whose machines were never asked.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inventory-facts.h"
#include "remote.h"

int fuzz_one(const uint8_t *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

static void check_good(const struct inventory *inv)
{
	static const char * const words[] = { "true", NULL };

	if (!*inv->scope || inv->n < 2)
		abort();
	for (size_t i = 0; i < inv->n; i++) {
		struct remote_command command = { &inv->members[i], true, words };
		char *line = remote_line(&command);

		/* What ssh is given is no option, and what a shell is given no second command */
		if (*inv->members[i].ssh == '-' || strpbrk(line, ";&|`$<>\n\"\\"))
			abort();
		free(line);
	}
}

static void answer(const char *adapter, const char *text, size_t size)
{
	static struct inventory inv = {
		.scope = "s", .n = 2, .members = { { .name = "a" }, { .name = "b" } },
	};
	struct inventory_wish wish = { 60000, true };
	struct reasons reasons = { NULL, 0 };
	static struct inventory_facts facts;
	json_t *json = json_loadb(text, size, JSON_DECODE_ANY, NULL);
	size_t leaders;

	inv.adapter = adapter_find(adapter);
	facts_init(&facts, inv.adapter);
	facts_repmgr(&facts, 1, text);
	facts_check(&facts, text);
	facts_list(&facts, text);
	if (json) {
		for (size_t i = 0; i < inv.n; i++)
			facts_member(&facts.members[i], json);
		facts_cluster(&facts, &inv, json);
		facts_config(&facts, json);
	}
	facts.leader = facts_find_leader(&facts, inv.n, &leaders);
	inventory_decide(&inv, &facts, &wish, &reasons);
	if (!reasons.n)
		abort();
	reasons_free(&reasons);
	json_decref(json);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	static struct inventory inv;
	char *text = malloc(size + 1), *why;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	if (!inventory_parse(&inv, "fuzz", text, size, &why))
		check_good(&inv);
	else if (!*why || strchr(why, '\n'))
		abort();
	free(why);
	answer("patroni", text, size);
	answer("repmgr", text, size);
	answer("biha", text, size);
	free(text);
	return 0;
}
