// SPDX-License-Identifier: GPL-2.0
/* Standard input of a fence agent, and what programs print, of any bytes. */
#include <stdlib.h>
#include <string.h>

#include "fenceapi.h"
#include "words.h"

int fuzz_one(const uint8_t *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

int fuzz_one(const uint8_t *data, size_t size)
{
	struct fenceapi wanted = { .action = "reboot" };
	struct trouble why = { "" };
	struct vm_view view = { 0 };
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	if (fenceapi_parse(text, size, &wanted, &why) && !why.text[0])
		abort();
	words_ssh(text, &view);
	if (view.fact == VM_OFF && !strstr(text, "state="))
		abort();
	words_libvirt(text, text, &view);
	if (view.fact == VM_OFF && !strstr(text, "shut off"))
		abort();
	words_agent(size & 3, text, text, "101", &view);
	if (view.fact == VM_OFF && !strstr(text, "OFF"))
		abort();
	free(text);
	return 0;
}
