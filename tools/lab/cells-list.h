/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_CELLS_LIST_H
#define PUG_CELLS_LIST_H

#include <jansson.h>

#include "plan.h"
#include "run.h"

/* Of the file that pug matrix --list --json writes */
#define CELLS_VERSION 1

void cells_key(char key[CELLS_KEY_LEN], const struct cell *cells, size_t n);
json_t *cells_list(const struct run *run);
int cells_from_list(struct cells *cells, json_t *json, char *why, size_t len);
int cells_read_list(struct cells *cells, const char *path);
const struct cell *cells_find(const struct cells *cells, const char *id);
bool cells_is_sound(const struct cell *cell);
bool cells_is_asked(const struct cell *a, const struct cell *b);

#endif
