/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_UTIL_H
#define PUG_UTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "compiler.h"

#define NSEC_PER_SEC 1000000000LL
#define NSEC_PER_MSEC 1000000LL

/* QEMU's HPET counts 10 ns a tick (hw/timer/hpet.c: HPET_CLK_PERIOD) */
#define HPET_NS_PER_TICK 10
#define HPET_PERIOD_FS 10000000
/* Two months: what evidence claims beyond is rubbish, and sums of it overflow */
#define HPET_TICKS_MAX (1LL << 49)

void *xrealloc(void *p, size_t size);
void *xcalloc(size_t n, size_t size);
char *xstrdup(const char *s);
char *xvasprintf(const char *fmt, va_list ap);
char *xasprintf(const char *fmt, ...) __printf(1, 2);
/* Called before anything is printed on standard error, NULL for nothing */
extern void (*before_warning)(void);

void warn_line(const char *fmt, ...) __printf(1, 2);
void warn_text(const char *text);
void warn_safe(const char *fmt, ...) __printf(1, 2);
bool wants_colour(int fd);
double now_s(void);
const char *today(char *text, size_t len);
char *path_join(const char *dir, const char *name);
int make_dirs(const char *path);
int write_text(const char *dir, const char *name, const char *text);
json_t *json_text(const char *text);
char *text_escape(const char *text);
int64_t free_bytes(const char *path);

#endif
