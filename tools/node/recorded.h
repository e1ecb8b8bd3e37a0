/* SPDX-License-Identifier: GPL-2.0 */
/* Device nodes of this machine, or of a recorded tree. */
#ifndef PUG_RECORDED_H
#define PUG_RECORDED_H

#include <stdbool.h>
#include <sys/stat.h>

bool node_list_exists(const char *root);
int node_stat(const char *root, const char *path, struct stat *st);

#endif /* PUG_RECORDED_H */
