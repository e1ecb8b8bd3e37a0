/* SPDX-License-Identifier: GPL-2.0 */
/* A drill's own schema in somebody's database. */
#ifndef PUG_INVENTORY_DB_H
#define PUG_INVENTORY_DB_H

#include "inventory.h"

#define SCHEMA_SIZE 24

void schema_name(char name[SCHEMA_SIZE]);
int schema_make(const struct inventory_member *member, const char *schema, char **why);
int schema_remove(const struct inventory_member *member, const char *schema, char **why);
char *inventory_join(const struct inventory *inv, const char *extra, char **why);
char *inventory_server(const struct inventory_member *member);

#endif
