/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_ORIGIN_H
#define PUG_ORIGIN_H

#include <jansson.h>

#include "run.h"

/* In a cell's folder: what it was run with, so that it is known anywhere */
#define EVIDENCE_ORIGIN "origin.json"
#define ORIGIN_VERSION 1

int origin_sum_guest(struct guest *guest);
json_t *origin_of(const struct run *run, const struct result *result);
int origin_check(json_t *json, char *why, size_t len);
const char *origin_differs(const json_t *a, const json_t *b);
const char *origin_label(const char *name);

#endif
