/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_KEEP_H
#define PUG_KEEP_H

#include <stdio.h>

#include <jansson.h>

char *keep_folder(const char *given, const char *parent);
int keep_stream(const char *dir, const char *name, int (*write)(const void *data, FILE *out),
		const void *data);
int results_write(json_t *json, const char *path);
int keep_json(const char *dir, const char *name, json_t *json);
void keep_event(FILE *out, const char *event, const char *text);

#endif
