/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_FENCE_SECRET_H
#define PUG_FENCE_SECRET_H

#include <stddef.h>

#include "config.h"

#define SECRET_MAX	512

int secret_read(const char *path, char *out, struct trouble *why);

#endif /* PUG_FENCE_SECRET_H */
