/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_MERGE_H
#define PUG_MERGE_H

#include "compiler.h"
#include "plan.h"
#include "run.h"

/**
 * struct merge_item - a cell's folder, as some worker left it
 * @dir: the folder
 * @id: of the cell, as far as that is known
 * @cell: asked; only where it is whole
 * @origin: what it was run with, checked; the same
 * @result: stored, checked; the same
 * @lost: why it is not whole, NULL where it is
 */
struct merge_item {
	char *dir;
	char *id;
	struct cell cell;
	json_t *origin;
	json_t *result;
	char *lost;
};

/**
 * struct merge_slot - a cell of the list, and who brought it
 * @item: the one that is kept, NULL: nobody brought a whole one
 * @lost: one that is not whole, NULL without
 * @other: saw something else, NULL: nobody did
 */
struct merge_slot {
	const struct merge_item *item;
	const struct merge_item *lost;
	const struct merge_item *other;
};

/**
 * struct merge - folders that are to be one run
 * @item: what was found in them, in their order
 * @n: how many
 * @list: the cells that there should be
 * @listed: that is known from a list; else it is what was found, and that is all
 * @slot: one for each of @list
 * @folders: how many were given
 * @doubled: cells that came more than once
 * @missing: cells of the list that nobody brought
 * @disputed: cells that two saw differently
 */
struct merge {
	struct merge_item *item;
	size_t n;
	struct cells list;
	bool listed;
	struct merge_slot *slot;
	size_t folders;
	size_t doubled;
	size_t missing;
	size_t disputed;
};

int merge_read(struct merge *m, const char *path);
void merge_list(struct merge *m, const char *path);
int merge_check(const struct merge *m);
int merge_choose(struct merge *m);
const struct merge_item *merge_first(const struct merge *m, const char *kernel);
int merge_write(const struct merge *m, struct run *run);
void merge_free(struct merge *m);

#endif
