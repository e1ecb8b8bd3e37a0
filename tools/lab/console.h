/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PUG_CONSOLE_H
#define PUG_CONSOLE_H

#include <stdbool.h>

bool console_has(const char *dir, const char *text);
bool console_panicked(const char *dir, long *read);

#endif
