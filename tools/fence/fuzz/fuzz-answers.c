// SPDX-License-Identifier: GPL-2.0
/*
 * Answers of any bytes from a Patroni and from a Proxmox VE API. The first byte
 * chooses who is asked. What a Patroni's answer proves must be in its words.
 */
#include <stdlib.h>
#include <string.h>

#include "patroni.h"
#include "pve.h"

int fuzz_one(const uint8_t *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

static struct config config = {
	.scope = "demo", .by_address = true, .me = 1, .n_members = 2,
	.members = { { .name = "pg1", .vm_name = "pg1" }, { .name = "pg2" } },
};

static void patroni(const char *text, size_t size)
{
	struct trouble why = { "" };
	struct patroni out;
	char leader[64];
	uint64_t timeline;

	patroni_judge(&config, &config.members[0], "1", text, size, &out);
	if ((out.fact == API_RECOVERY || out.fact == API_STOPPED) &&
	    (strcmp(out.role, "replica") && strcmp(out.role, "demoted") &&
	     strcmp(out.role, "uninitialized")))
		abort();
	if (out.fact == API_RECOVERY && strcmp(out.sysid, "1"))
		abort();
	if (!patroni_leader(&config, text, size, leader, &timeline, &why) &&
	    config_member(&config, leader) < 0)
		abort();
	patroni_members(&config, text, size, tell, NULL, &why);
}

static void tell(void *arg, int level, const char *name, const char *what)
{
	(void)arg;
	if (level < 1 || level > 2 || !name || !what)
		abort();
}

static void pve(const char *text, size_t size)
{
	struct vm_view view = { 0 };
	struct trouble why = { "" };
	json_t *answer = answer_parse(text, size, &why);
	json_t *data = json_object_get(answer, "data");
	char node[64], extra[128];

	pve_judge(data, data, "101", &view);
	backend_identity(TELLS_NAME, &config.members[0], &view);
	if (view.fact == VM_OFF && strcmp(answer_text(data, "status"), "stopped"))
		abort();
	if (!pve_find_node(data, "101", node, sizeof(node), &view) && strchr(node, '/'))
		abort();
	if (!pve_quorum(data, extra, sizeof(extra)) && !json_array_size(data))
		abort();
	if (!pve_majority(data, extra, sizeof(extra)) && !json_array_size(data))
		abort();
	pve_is_online(data, "pve1");
	pve_task(data, &why);
	pve_privileges(data, "101", extra, sizeof(extra));
	if (json_is_string(data) && pve_is_upid(json_string_value(data)) &&
	    strpbrk(json_string_value(data), "/?# %"))
		abort();
	json_decref(answer);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	char *text;

	if (!size)
		return 0;
	text = malloc(size);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	if (*data & 1)
		patroni(text, size - 1);
	else
		pve(text, size - 1);
	free(text);
	return 0;
}
