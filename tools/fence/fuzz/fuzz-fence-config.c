// SPDX-License-Identifier: GPL-2.0
/* A configuration of any bytes: understood or refused with one line, never more. */
#include <stdlib.h>
#include <string.h>

#include "config.h"

int fuzz_one(const uint8_t *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

int fuzz_one(const uint8_t *data, size_t size)
{
	static struct config config;
	struct trouble why;
	char *text = malloc(size + 1);
	int rc;

	memcpy(text, data, size);
	rc = config_parse(&config, "fuzz", text, size, &why);
	/* What passes has at least us and another, and one line says what is wrong */
	if (!rc && (config.n_members < 2 || config.me < 0 || !config.scope[0]))
		abort();
	if (rc && (!why.text[0] || strchr(why.text, '\n')))
		abort();
	free(text);
	return 0;
}
