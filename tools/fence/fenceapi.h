/* SPDX-License-Identifier: GPL-2.0 */
/* What a fence agent is told on standard input (FenceAgentAPI). Pure. */
#ifndef PUG_FENCE_FENCEAPI_H
#define PUG_FENCE_FENCEAPI_H

#include <stddef.h>

#include "config.h"

#define FENCEAPI_INPUT_MAX	16384

/**
 * struct fenceapi - what is wanted
 * @action: on, off, reboot, status, monitor, list, metadata, validate-all
 * @plug: a member's name
 * @config: path of the configuration
 */
struct fenceapi {
	char action[32];
	char plug[64];
	char config[256];
};

int fenceapi_parse(const char *text, size_t len, struct fenceapi *wanted, struct trouble *why);
int fenceapi_set(struct fenceapi *wanted, const char *key, size_t key_len, const char *value,
		 size_t value_len, struct trouble *why);

#endif /* PUG_FENCE_FENCEAPI_H */
